"""The mall: what is offered, what there is of it, and who took what. All by constraint:

- An item's terms are versions; a redemption refers to the one it was made under.
- A unit, and a person's number within a limit, has one live redemption: oversell has no form.
- A redemption's status is its last move's outcome; where it has ended its hold is resolved.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .rules import (
    COUNTED,
    LONGEST_REASON,
    MOVES,
    REQUEST,
    UNDONE,
    By,
    House,
    Period,
    Sort,
    Status,
)

_INSTANT = DateTime(timezone=True)
_LIVE = f"status NOT IN ({listed(UNDONE)})"
_RESOLUTION = (
    f"CASE WHEN status = 'fulfilled' THEN 'post' WHEN status IN ({listed(UNDONE)}) THEN 'void' END"
)
_LEGAL = ", ".join(
    f"('{move.name}', '{move.origin}', '{move.to}', '{by}')"
    for move in MOVES.values()
    if move is not REQUEST
    for by in move.by
)
_NOTED = listed(move.name for move in MOVES.values() if move.needs_note)


class Site(Base):
    """Where goods are picked up."""

    __tablename__ = "points_sites"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    hours: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="name_length"),
        CheckConstraint("length(address) BETWEEN 1 AND 200", name="address_length"),
    )


class Item(Base):
    __tablename__ = "points_items"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    sort: Mapped[str]
    version: Mapped[int]
    is_listed: Mapped[bool] = mapped_column(server_default=text("false"))
    is_frozen: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        UniqueConstraint("id", "sort", name="uq_points_items_id_sort"),
        CheckConstraint(f"sort IN ({listed(Sort)})", name="sort"),
        ForeignKeyConstraint(
            ["id", "version"],
            ["points_item_versions.item_id", "points_item_versions.version"],
            name="fk_points_items_version",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
    )


class ItemVersion(Base):
    __tablename__ = "points_item_versions"

    item_id: Mapped[int] = mapped_column(ForeignKey("points_items.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    description: Mapped[str]
    terms: Mapped[str]
    picture_key: Mapped[str | None]
    price: Mapped[int]  # points
    worth_fen: Mapped[int | None]  # what a top-up of phone credit is ordered at
    limit_count: Mapped[int | None]
    limit_period: Mapped[str | None]
    opens_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closes_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    pickup_days: Mapped[int]
    needs_approval: Mapped[bool]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        UniqueConstraint("item_id", "version", "price", name="uq_points_item_versions_price"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("price BETWEEN 1 AND 1000000", name="price"),
        CheckConstraint("worth_fen IS NULL OR worth_fen > 0", name="worth"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="name_length"),
        CheckConstraint("num_nulls(limit_count, limit_period) IN (0, 2)", name="limit_whole"),
        CheckConstraint("limit_count BETWEEN 1 AND 1000", name="limit_count"),
        CheckConstraint(f"limit_period IN ({listed(Period)})", name="limit_period"),
        CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),
        CheckConstraint("pickup_days BETWEEN 1 AND 365", name="pickup_days"),
    )


class Unit(Base):
    """One thing that was received; `is_free` is a hint for the search, the truth is `Redemption`."""

    __tablename__ = "points_units"

    item_id: Mapped[int] = mapped_column(ForeignKey("points_items.id"), primary_key=True)
    unit_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("points_sites.id"))
    is_free: Mapped[bool] = mapped_column(server_default=text("true"))
    # Broken, lost or given back to the supplier: found missing by stocktaking.
    written_off_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    written_off_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    note: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    received_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))

    __table_args__ = (
        CheckConstraint("unit_no >= 1", name="unit_no"),
        CheckConstraint("written_off_at IS NULL OR NOT is_free", name="gone_is_not_free"),
        CheckConstraint(
            "written_off_at IS NULL OR (written_off_by IS NOT NULL AND note IS NOT NULL)",
            name="written_off_by_somebody",
        ),
        Index(
            "ix_points_units_free",
            "item_id",
            "site_id",
            "unit_no",
            postgresql_where=text("is_free"),
        ),
    )


class VoucherCode(Base):
    """The code of a unit, encrypted; `mac` finds the same code imported twice."""

    __tablename__ = "points_voucher_codes"

    item_id: Mapped[int] = mapped_column(primary_key=True)
    unit_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    mac: Mapped[bytes] = mapped_column(LargeBinary, unique=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["item_id", "unit_no"],
            ["points_units.item_id", "points_units.unit_no"],
            name="fk_points_voucher_codes_unit",
        ),
    )


class Redemption(Base):
    __tablename__ = "points_redemptions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(Identity(always=True), unique=True)  # what people say
    hold_id: Mapped[UUID] = mapped_column(unique=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"))
    account_id: Mapped[int]
    item_id: Mapped[int]
    sort: Mapped[str]
    item_version: Mapped[int]
    price: Mapped[int]
    hold_phase: Mapped[str] = mapped_column(Computed("'pending'", persisted=True))
    house_id: Mapped[int] = mapped_column(Computed(str(House.REDEEMED.value), persisted=True))
    unit_no: Mapped[int | None]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("points_sites.id"))
    limit_count: Mapped[int | None]
    limit_period: Mapped[str | None]  # the period's name: 2026-11, or "ever"
    limit_no: Mapped[int | None]
    status: Mapped[str]
    version: Mapped[int]
    resolution: Mapped[str | None] = mapped_column(Computed(_RESOLUTION, persisted=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    lapses_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint(f"status IN ({listed(Status)})", name="status"),
        CheckConstraint(
            f"(unit_no IS NOT NULL) = (sort IN ({listed(COUNTED)}))", name="counted_has_a_unit"
        ),
        CheckConstraint("(site_id IS NOT NULL) = (sort = 'goods')", name="goods_have_a_site"),
        CheckConstraint(
            "num_nulls(limit_count, limit_period, limit_no) IN (0, 3)", name="limit_whole"
        ),
        CheckConstraint("limit_no BETWEEN 1 AND limit_count", name="within_limit"),
        ForeignKeyConstraint(
            ["item_id", "sort"],
            ["points_items.id", "points_items.sort"],
            name="fk_points_redemptions_item",
        ),
        ForeignKeyConstraint(
            ["item_id", "item_version", "price"],
            [
                "points_item_versions.item_id",
                "points_item_versions.version",
                "points_item_versions.price",
            ],
            name="fk_points_redemptions_price_is_the_versions",
        ),
        ForeignKeyConstraint(
            ["item_id", "unit_no"],
            ["points_units.item_id", "points_units.unit_no"],
            name="fk_points_redemptions_unit",
        ),
        ForeignKeyConstraint(
            ["hold_id", "hold_phase", "account_id", "house_id", "price"],
            [
                "points_transfers.id",
                "points_transfers.phase",
                "points_transfers.debit_id",
                "points_transfers.credit_id",
                "points_transfers.amount",
            ],
            name="fk_points_redemptions_holds_its_price",
        ),
        ForeignKeyConstraint(
            ["hold_id", "resolution"],
            ["points_transfers.pending_id", "points_transfers.phase"],
            name="fk_points_redemptions_ended_is_resolved",
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(
            ["id", "version", "status"],
            [
                "points_redemption_moves.redemption_id",
                "points_redemption_moves.seq",
                "points_redemption_moves.to_status",
            ],
            name="fk_points_redemptions_status_is_last_move",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index(
            "uq_points_redemptions_a_unit_once",
            "item_id",
            "unit_no",
            unique=True,
            postgresql_where=text(_LIVE),
        ),
        Index(
            "uq_points_redemptions_within_limit",
            "citizen_id",
            "item_id",
            "limit_period",
            "limit_no",
            unique=True,
            postgresql_where=text(_LIVE),
        ),
        Index("ix_points_redemptions_citizen_id_no", "citizen_id", "no"),
        Index(
            "ix_points_redemptions_open",
            "status",
            "due_at",
            postgresql_where=text("status IN ('requested', 'ready')"),
        ),
        Index("ix_points_redemptions_item_id_no", "item_id", "no"),
    )


class RedemptionMove(Base):
    __tablename__ = "points_redemption_moves"

    redemption_id: Mapped[UUID] = mapped_column(
        ForeignKey("points_redemptions.id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous_seq: Mapped[int | None] = mapped_column(
        Computed("CASE WHEN seq > 1 THEN seq - 1 END", persisted=True)
    )
    name: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    by: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("points_sites.id"))
    note: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint(
            "redemption_id", "seq", "to_status", name="uq_points_redemption_moves_outcome"
        ),
        ForeignKeyConstraint(
            ["redemption_id", "previous_seq", "from_status"],
            [
                "points_redemption_moves.redemption_id",
                "points_redemption_moves.seq",
                "points_redemption_moves.to_status",
            ],
            name="fk_points_redemption_moves_starts_where_the_last_ended",
        ),
        CheckConstraint(
            f"(seq = 1 AND name = '{REQUEST.name}' AND from_status IS NULL"
            f" AND to_status = '{REQUEST.to}' AND by = '{By.CITIZEN}')"
            " OR (seq > 1 AND from_status IS NOT NULL"
            f" AND (name, from_status, to_status, by) IN ({_LEGAL}))",
            name="is_legal",
        ),
        CheckConstraint("(by = 'staff') = (staff_id IS NOT NULL)", name="staff_is_named"),
        CheckConstraint(f"name NOT IN ({_NOTED}) OR note IS NOT NULL", name="no_has_a_reason"),
        CheckConstraint(f"length(note) BETWEEN 1 AND {LONGEST_REASON}", name="note_length"),
        Index(
            "ix_points_redemption_moves_of_staff",
            "at",
            postgresql_where=text("staff_id IS NOT NULL"),
        ),
    )


class PickupCode(Base):
    """The seed of the codes for goods that wait (`pickup`); without our key it tells nothing."""

    __tablename__ = "points_pickup_codes"

    redemption_id: Mapped[UUID] = mapped_column(
        ForeignKey("points_redemptions.id"), primary_key=True
    )
    mac: Mapped[bytes] = mapped_column(LargeBinary)
    valid_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    tries_left: Mapped[int]

    __table_args__ = (CheckConstraint("tries_left BETWEEN 0 AND 5", name="tries"),)


class Recharge(Base):
    """An order of phone credit at the provider: one number for ever."""

    __tablename__ = "points_recharges"

    redemption_id: Mapped[UUID] = mapped_column(
        ForeignKey("points_redemptions.id"), primary_key=True
    )
    order_no: Mapped[str] = mapped_column(unique=True)
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    fen: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=text("'owed'"))
    asked: Mapped[int] = mapped_column(server_default=text("0"))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("state IN ('owed', 'sent', 'done', 'failed')", name="state"),
        CheckConstraint("(state = 'owed') = (sent_at IS NULL)", name="sent_once"),
        CheckConstraint("fen > 0", name="fen"),
        Index(
            "ix_points_recharges_next_at",
            "next_at",
            postgresql_where=text("state IN ('owed', 'sent')"),
        ),
    )


class ProviderEvent(Base):
    """A message of the provider that was acted on; the same one again is not."""

    __tablename__ = "points_provider_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_no: Mapped[str]
    outcome: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
