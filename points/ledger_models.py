"""The ledger. What must not happen has no representation:

- A transfer names one account that it debits and one that it credits, and one amount: it balances
  by construction. One of the two is a person's (number 1000 and up), the other the house's.
- Each transfer of an account starts where the one before ended: (account, previous number,
  balances before, instant before) refers to that transfer's (…, balances after, instant). The
  balances before are computed by the database from those after; so no balance can be lost,
  invented or go below nothing, and of two writers who saw the same balance one fails.
- An account's balances are its last transfer's, by foreign key.
- A hold is resolved once, by a transfer of the same accounts and the same amount.
- Points lie in lots by date of expiry. A lot's free points are chained like an account's, and a
  deferred trigger (in the migration) sees that what a transfer did to the lots is what it did to
  the balance, and that a void gives back to the lots it came from.
- Transfers, lot entries, seals and anchors are appended: triggers refuse all else.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .rules import (
    FIRST_PERSONAL,
    LARGEST_AMOUNT,
    LARGEST_BALANCE,
    LONGEST_KEY,
    LONGEST_REASON,
    SHAPES,
    House,
    Kind,
)

_HOUSE = ", ".join(str(house.value) for house in House)
_PERSONAL = "GREATEST(debit_id, credit_id)"
_SHAPES = ", ".join(
    f"('{code}', {shape.house.value}, {str(shape.is_credit).lower()}, {str(shape.is_two_phase).lower()})"
    for code, shape in SHAPES.items()
)
SECOND = listed(code for code, shape in SHAPES.items() if shape.needs_second)
_OF_DEBTS = listed(code for code, shape in SHAPES.items() if shape.kind is Kind.DEBT)
_CHANGE_OF_AVAILABLE = (
    f"CASE phase WHEN 'single' THEN CASE WHEN debit_id < {FIRST_PERSONAL} THEN amount"
    " ELSE -amount END WHEN 'pending' THEN -amount WHEN 'void' THEN amount ELSE 0 END"
)
_CHANGE_OF_HELD = "CASE phase WHEN 'single' THEN 0 WHEN 'pending' THEN amount ELSE -amount END"


class Account(Base):
    """A person's account; its row is the mutex for all that happens to this person's points."""

    __tablename__ = "points_accounts"

    id: Mapped[int] = mapped_column(Identity(always=True, start=FIRST_PERSONAL), primary_key=True)
    kind: Mapped[str]
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"))
    seq: Mapped[int] = mapped_column(server_default=text("0"))
    available: Mapped[int] = mapped_column(server_default=text("0"))
    held: Mapped[int] = mapped_column(server_default=text("0"))
    last_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_seq: Mapped[int | None] = mapped_column(Computed("NULLIF(seq, 0)", persisted=True))
    is_frozen: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        UniqueConstraint("citizen_id", "kind", name="uq_points_accounts_one_of_a_kind"),
        UniqueConstraint("id", "kind", name="uq_points_accounts_id_kind"),
        CheckConstraint(f"kind IN ({listed(Kind)})", name="kind"),
        CheckConstraint(f"id >= {FIRST_PERSONAL}", name="number_is_personal"),
        CheckConstraint(f"available BETWEEN 0 AND {LARGEST_BALANCE}", name="available"),
        CheckConstraint(f"held BETWEEN 0 AND {LARGEST_BALANCE}", name="held"),
        CheckConstraint("kind = 'wallet' OR held = 0", name="debts_hold_nothing"),
        CheckConstraint(
            "CASE WHEN seq = 0 THEN available = 0 AND held = 0 AND last_at IS NULL"
            " ELSE seq > 0 AND last_at IS NOT NULL END",
            name="begins_with_nothing",
        ),
        ForeignKeyConstraint(
            ["id", "last_seq", "available", "held", "last_at"],
            [
                "points_transfers.account_id",
                "points_transfers.account_seq",
                "points_transfers.available_after",
                "points_transfers.held_after",
                "points_transfers.at",
            ],
            name="fk_points_accounts_balance_is_last_transfers",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
    )


class Transfer(Base):
    """One movement of points; `id` is chosen by who asks for it, before asking."""

    __tablename__ = "points_transfers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # For the sealer, which looks for new rows: commits may come in another order.
    no: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    debit_id: Mapped[int]
    credit_id: Mapped[int]
    amount: Mapped[int]
    code: Mapped[str]
    phase: Mapped[str]
    pending_id: Mapped[UUID | None]
    pending_phase: Mapped[str | None] = mapped_column(
        Computed("CASE WHEN pending_id IS NOT NULL THEN 'pending' END", persisted=True)
    )
    # What caused it: the natural key, which stops a repetition even when its request is forgotten.
    source_kind: Mapped[str]
    source_id: Mapped[str]
    rule_version: Mapped[int | None] = mapped_column(ForeignKey("points_rule_sets.version"))
    account_id: Mapped[int] = mapped_column(Computed(_PERSONAL, persisted=True))
    account_kind: Mapped[str] = mapped_column(
        Computed(
            f"CASE WHEN code IN ({_OF_DEBTS}) THEN 'debt' ELSE 'wallet' END",
            persisted=True,
        )
    )
    account_seq: Mapped[int]
    available_after: Mapped[int]
    held_after: Mapped[int]
    previous_seq: Mapped[int | None] = mapped_column(
        Computed("CASE WHEN account_seq > 1 THEN account_seq - 1 END", persisted=True)
    )
    available_before: Mapped[int] = mapped_column(
        Computed(f"available_after - ({_CHANGE_OF_AVAILABLE})", persisted=True)
    )
    held_before: Mapped[int] = mapped_column(
        Computed(f"held_after - ({_CHANGE_OF_HELD})", persisted=True)
    )
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    previous_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    business_on: Mapped[date]
    expires_on: Mapped[date | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint(f"amount BETWEEN 1 AND {LARGEST_AMOUNT}", name="amount"),
        CheckConstraint(
            f"LEAST(debit_id, credit_id) IN ({_HOUSE}) AND {_PERSONAL} >= {FIRST_PERSONAL}",
            name="between_house_and_person",
        ),
        CheckConstraint("phase IN ('single', 'pending', 'post', 'void')", name="phase"),
        CheckConstraint("(phase IN ('post', 'void')) = (pending_id IS NOT NULL)", name="resolves"),
        CheckConstraint(
            f"(code, LEAST(debit_id, credit_id), debit_id < {FIRST_PERSONAL}, phase <> 'single')"
            f" IN ({_SHAPES})",
            name="is_legal",
        ),
        CheckConstraint(
            f"code NOT IN ({SECOND}) OR (actor_id IS NOT NULL AND approver_id IS NOT NULL"
            " AND actor_id <> approver_id AND reason IS NOT NULL)",
            name="seen_by_two",
        ),
        CheckConstraint("approver_id IS NULL OR approver_id <> actor_id", name="not_own_approver"),
        CheckConstraint(
            "code <> 'reclaim' OR (actor_id IS NOT NULL AND reason IS NOT NULL)",
            name="reclaimed_by_somebody",
        ),
        CheckConstraint(
            f"(expires_on IS NOT NULL) = (debit_id < {FIRST_PERSONAL} AND code NOT IN ({_OF_DEBTS}))",
            name="what_is_given_has_a_date",
        ),
        CheckConstraint("account_seq >= 1", name="seq"),
        CheckConstraint("(account_seq = 1) = (previous_at IS NULL)", name="first_has_no_previous"),
        CheckConstraint(
            "account_seq > 1 OR (available_before = 0 AND held_before = 0)",
            name="first_begins_with_nothing",
        ),
        CheckConstraint("previous_at IS NULL OR previous_at < at", name="time_rises"),
        CheckConstraint("available_after >= 0 AND held_after >= 0", name="never_below_nothing"),
        CheckConstraint(
            f"length(source_kind) BETWEEN 1 AND 40 AND length(source_id) BETWEEN 1 AND {LONGEST_KEY}",
            name="source_length",
        ),
        CheckConstraint(f"length(reason) BETWEEN 1 AND {LONGEST_REASON}", name="reason_length"),
        UniqueConstraint("account_id", "account_seq", name="uq_points_transfers_account_seq"),
        UniqueConstraint(
            "account_id",
            "account_seq",
            "available_after",
            "held_after",
            "at",
            name="uq_points_transfers_state_after",
        ),
        UniqueConstraint("pending_id", name="uq_points_transfers_resolved_once"),
        UniqueConstraint("pending_id", "phase", name="uq_points_transfers_resolution"),
        UniqueConstraint(
            "id", "phase", "debit_id", "credit_id", "amount", name="uq_points_transfers_hold"
        ),
        UniqueConstraint(
            "code", "source_kind", "source_id", "phase", name="uq_points_transfers_cause"
        ),
        # A day's transfers lie side by side; this costs nearly nothing to keep.
        Index("ix_points_transfers_at", "at", postgresql_using="brin"),
        ForeignKeyConstraint(
            ["account_id", "account_kind"],
            ["points_accounts.id", "points_accounts.kind"],
            name="fk_points_transfers_account",
        ),
        ForeignKeyConstraint(
            ["pending_id", "pending_phase", "debit_id", "credit_id", "amount"],
            [
                "points_transfers.id",
                "points_transfers.phase",
                "points_transfers.debit_id",
                "points_transfers.credit_id",
                "points_transfers.amount",
            ],
            name="fk_points_transfers_resolves_a_hold",
        ),
        ForeignKeyConstraint(
            ["account_id", "previous_seq", "available_before", "held_before", "previous_at"],
            [
                "points_transfers.account_id",
                "points_transfers.account_seq",
                "points_transfers.available_after",
                "points_transfers.held_after",
                "points_transfers.at",
            ],
            name="fk_points_transfers_starts_where_the_last_ended",
        ),
    )


class Lot(Base):
    """A wallet's points of one date of expiry. They can be used up to and on that day."""

    __tablename__ = "points_lots"

    account_id: Mapped[int] = mapped_column(ForeignKey("points_accounts.id"), primary_key=True)
    expires_on: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int]
    free: Mapped[int]

    __table_args__ = (
        CheckConstraint("free >= 0", name="free"),
        ForeignKeyConstraint(
            ["account_id", "expires_on", "seq", "free"],
            [
                "points_lot_entries.account_id",
                "points_lot_entries.expires_on",
                "points_lot_entries.seq",
                "points_lot_entries.free_after",
            ],
            name="fk_points_lots_free_is_last_entrys",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index(
            "ix_points_lots_to_expire",
            "expires_on",
            "account_id",
            postgresql_where=text("free > 0"),
        ),
    )


class LotEntry(Base):
    """What one transfer took from a lot or put into it."""

    __tablename__ = "points_lot_entries"

    account_id: Mapped[int] = mapped_column(primary_key=True)
    expires_on: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("points_transfers.id"))
    change: Mapped[int]
    free_after: Mapped[int]
    previous_seq: Mapped[int | None] = mapped_column(
        Computed("CASE WHEN seq > 1 THEN seq - 1 END", persisted=True)
    )
    free_before: Mapped[int] = mapped_column(Computed("free_after - change", persisted=True))

    __table_args__ = (
        CheckConstraint("change <> 0", name="changes_something"),
        CheckConstraint("free_after >= 0", name="free_after"),
        CheckConstraint("seq > 1 OR (seq = 1 AND free_after = change)", name="begins_with_nothing"),
        UniqueConstraint(
            "account_id",
            "expires_on",
            "seq",
            "free_after",
            name="uq_points_lot_entries_state_after",
        ),
        UniqueConstraint(
            "transfer_id", "expires_on", name="uq_points_lot_entries_once_per_transfer"
        ),
        ForeignKeyConstraint(
            ["account_id", "expires_on"],
            ["points_lots.account_id", "points_lots.expires_on"],
            name="fk_points_lot_entries_lot",
        ),
        ForeignKeyConstraint(
            ["account_id", "expires_on", "previous_seq", "free_before"],
            [
                "points_lot_entries.account_id",
                "points_lot_entries.expires_on",
                "points_lot_entries.seq",
                "points_lot_entries.free_after",
            ],
            name="fk_points_lot_entries_starts_where_the_last_ended",
        ),
    )
