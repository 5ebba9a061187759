"""What a review of fraud looks at and leaves behind: traces, freezes, appeals."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
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

from .rules import LONGEST_REASON, Mark


class Trace(Base):
    """That somebody was seen at a device, a network or a spot.

    Only a keyed hash of it is kept, for weeks: enough to tell that two were at the same, and
    useless to whoever has the table without the key.
    """

    __tablename__ = "points_traces"

    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"), primary_key=True)
    sort: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    seen_on: Mapped[date] = mapped_column(primary_key=True)
    # The report that a spot is about: two of them at one spot are two.
    report_no: Mapped[str] = mapped_column(primary_key=True, server_default=text("''"))

    __table_args__ = (
        CheckConstraint(f"sort IN ({listed(Mark)})", name="sort"),
        CheckConstraint("length(mark) = 32", name="mark_is_a_hash"),
        CheckConstraint("(sort = 'spot') = (report_no <> '')", name="spots_have_a_report"),
        Index("ix_points_traces_seen_on", "seen_on", "sort"),
    )


class Freeze(Base):
    """Why a person's points cannot be spent; `staff_id` is nobody where the books did not tie."""

    __tablename__ = "points_freezes"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"))
    reason: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    lift_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("id", "citizen_id", name="uq_points_freezes_whose"),
        CheckConstraint(f"length(reason) BETWEEN 1 AND {LONGEST_REASON}", name="reason_length"),
        CheckConstraint(
            f"length(lift_reason) BETWEEN 1 AND {LONGEST_REASON}", name="lift_reason_length"
        ),
        CheckConstraint(
            "num_nulls(lifted_at, lifted_by, lift_reason) IN (0, 3)", name="lifted_wholly_or_not"
        ),
        CheckConstraint("lifted_by <> staff_id", name="another_lifts"),
        Index(
            "uq_points_freezes_open",
            "citizen_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )


class Appeal(Base):
    """A resident's word against a freeze or against points taken back; decided by another."""

    __tablename__ = "points_appeals"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    citizen_id: Mapped[int]
    freeze_id: Mapped[int | None] = mapped_column(unique=True)
    case_id: Mapped[int | None]
    words: Mapped[str]
    # Who decided what is appealed against: he does not decide this.
    against_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    is_upheld: Mapped[bool | None]
    answer: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("case_id", "citizen_id", name="uq_points_appeals_a_report_once"),
        CheckConstraint("num_nonnulls(freeze_id, case_id) = 1", name="about_one_thing"),
        CheckConstraint(f"length(words) BETWEEN 1 AND {LONGEST_REASON}", name="words_length"),
        CheckConstraint(f"length(answer) BETWEEN 1 AND {LONGEST_REASON}", name="answer_length"),
        CheckConstraint(
            "num_nulls(decided_at, decided_by, is_upheld, answer) IN (0, 4)",
            name="decided_wholly_or_not",
        ),
        CheckConstraint("decided_by <> against_id", name="another_decides"),
        ForeignKeyConstraint(
            ["freeze_id", "citizen_id"],
            ["points_freezes.id", "points_freezes.citizen_id"],
            name="fk_points_appeals_freeze",
        ),
        ForeignKeyConstraint(
            ["case_id", "citizen_id"],
            ["points_awards.case_id", "points_awards.citizen_id"],
            name="fk_points_appeals_award",
        ),
        Index(
            "ix_points_appeals_waiting",
            "created_at",
            postgresql_where=text("decided_at IS NULL"),
        ),
    )
