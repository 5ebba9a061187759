"""What stands around the ledger: award rules and decisions, requests, seals, alarms."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base

from .ledger_models import SECOND
from .rules import LARGEST_AMOUNT, LONGEST_KEY, LONGEST_REASON


class RuleSet(Base):
    """The award rules as they are from an instant on; a change is a new version."""

    __tablename__ = "points_rule_sets"

    version: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), unique=True)
    body: Mapped[dict[str, object]] = mapped_column(JSONB)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Award(Base):
    """The decision on one person's report of one problem, also when it was: no points."""

    __tablename__ = "points_awards"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"), primary_key=True)
    report_no: Mapped[str]
    is_first: Mapped[bool]
    rule_version: Mapped[int] = mapped_column(ForeignKey("points_rule_sets.version"))
    filed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    filed_on: Mapped[date]  # the district's day
    points: Mapped[int]
    withheld: Mapped[str | None]  # why there are fewer points than the class is worth
    transfer_id: Mapped[UUID | None] = mapped_column(ForeignKey("points_transfers.id"), unique=True)
    request_sha: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("points >= 0", name="points"),
        CheckConstraint("(points > 0) = (transfer_id IS NOT NULL)", name="given_by_a_transfer"),
        CheckConstraint("points > 0 OR withheld IS NOT NULL", name="nothing_has_a_reason"),
        Index(
            "uq_points_awards_one_first_reporter",
            "case_id",
            unique=True,
            postgresql_where=text("is_first"),
        ),
        Index("ix_points_awards_citizen_id_filed_on", "citizen_id", "filed_on"),
    )


class Proposal(Base):
    """A movement by hand that waits for a second person; its number becomes the transfer's."""

    __tablename__ = "points_proposals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"))
    amount: Mapped[int]
    # What it is about (redemption, award), so that the same is not undone twice.
    source_kind: Mapped[str]
    source_id: Mapped[str]
    reason: Mapped[str]
    maker_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    is_approved: Mapped[bool | None]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"code IN ({SECOND})", name="code"),
        CheckConstraint(f"amount BETWEEN 1 AND {LARGEST_AMOUNT}", name="amount"),
        CheckConstraint("checker_id <> maker_id", name="seen_by_two"),
        CheckConstraint(
            "num_nulls(checker_id, is_approved, decided_at) IN (0, 3)", name="decided_wholly_or_not"
        ),
        CheckConstraint(f"length(reason) BETWEEN 1 AND {LONGEST_REASON}", name="reason_length"),
        Index(
            "ix_points_proposals_waiting",
            "created_at",
            postgresql_where=text("decided_at IS NULL"),
        ),
    )


class Insider(Base):
    """A resident who works for the district or a contractor: earns nothing by reporting."""

    __tablename__ = "points_insiders"

    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"), primary_key=True)
    # Whose own wallet it is, where he also works at the desk: he may not touch it there.
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"), unique=True)
    note: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Keeper(Base):
    """At which pick-up point a shop keeper hands goods over."""

    __tablename__ = "points_keepers"

    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("points_sites.id"), index=True)


class Request(Base):
    """What was answered to a request, also when it was: no."""

    __tablename__ = "points_requests"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_sha: Mapped[str]
    answer: Mapped[dict[str, object]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"length(key) BETWEEN 1 AND {LONGEST_KEY}", name="key_length"),
        Index("ix_points_requests_at", "at"),
    )


class Seal(Base):
    """A transfer's place in the chain, and the proof of all before it."""

    __tablename__ = "points_seals"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("points_transfers.id"), unique=True)
    transfer_no: Mapped[int]
    form: Mapped[int]  # version of the sealed bytes
    key_id: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    mac: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint("seq >= 1", name="seq"),
        CheckConstraint("length(mac) = 32", name="mac_length"),
        CheckConstraint("key_id >= 0", name="key_id"),
        Index("ix_points_seals_transfer_no", "transfer_no"),
    )


class Anchor(Base):
    """The chain's head at the end of a day, with the day's totals: to be published."""

    __tablename__ = "points_anchors"

    day: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int]
    head: Mapped[bytes] = mapped_column(LargeBinary)
    totals: Mapped[dict[str, object]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class DailyRun(Base):
    """A day's work that was done: expiry runs once a day, and days only go forward."""

    __tablename__ = "points_daily_runs"

    job: Mapped[str] = mapped_column(primary_key=True)
    business_on: Mapped[date] = mapped_column(primary_key=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("approver_id IS NULL OR approver_id <> actor_id", name="seen_by_two"),
    )


class BookCheck(Base):
    """Somebody asked for the books to be checked: how far that is, and how much does not tie."""

    __tablename__ = "points_book_checks"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    asked_by: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    done: Mapped[int]  # how many of the checks
    findings: Mapped[int]
    touched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("done >= 0 AND findings >= 0", name="counts"),
        Index(
            "uq_points_book_checks_one_at_a_time",
            text("(ended_at IS NULL)"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class Alarm(Base):
    """Something that reconciliation found; it is never healed in silence."""

    __tablename__ = "points_alarms"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    check: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]
    found_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    cleared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cleared_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    note: Mapped[str | None]

    __table_args__ = (
        Index(
            "uq_points_alarms_open",
            "check",
            "subject",
            unique=True,
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )
