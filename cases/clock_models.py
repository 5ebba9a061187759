"""The clocks of cases: stages with their due times, reminders, and the days that differ."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .calendars import Unit
from .limits import STAGE_WORDS


class Stage(Base):
    """One stage of a case with its clock. Due times are computed once and kept.

    A paused clock keeps what is left of it (`left_s`: seconds of the limit's own kind of time).
    """

    __tablename__ = "cases_stages"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"), primary_key=True)
    begun_seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stage: Mapped[str] = mapped_column(primary_key=True)
    body_id: Mapped[int | None] = mapped_column(ForeignKey("territory_bodies.id"))
    limit_value: Mapped[int]
    limit_unit: Mapped[str]
    whole_s: Mapped[int]  # seconds of the limit, extensions included
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    warn_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    paused_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    left_s: Mapped[float | None]
    ended_seq: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "begun_seq"], ["cases_moves.case_id", "cases_moves.seq"]),
        ForeignKeyConstraint(
            ["case_id", "ended_seq"],
            ["cases_moves.case_id", "cases_moves.seq"],
            name="fk_cases_stages_ended_by",
        ),
        CheckConstraint(f"stage IN ({listed(STAGE_WORDS)})", name="stage"),
        CheckConstraint(f"limit_unit IN ({listed(Unit)})", name="unit"),
        CheckConstraint("limit_value > 0 AND whole_s > 0", name="limit_is_some"),
        CheckConstraint("warn_at <= due_at", name="yellow_before_red"),
        CheckConstraint("num_nulls(paused_at, left_s) IN (0, 2)", name="paused_keeps_the_rest"),
        CheckConstraint("num_nulls(ended_seq, ended_at) IN (0, 2)", name="ended_by_a_move"),
        CheckConstraint("ended_at IS NULL OR paused_at IS NULL", name="ended_is_not_paused"),
        Index(
            "ix_cases_stages_running",
            "case_id",
            "stage",
            unique=True,
            postgresql_where=sql("ended_at IS NULL"),
        ),
        Index(
            "ix_cases_stages_turning_yellow",
            "warn_at",
            postgresql_where=sql("ended_at IS NULL AND paused_at IS NULL"),
        ),
    )


class Reminder(Base):
    """Said once: a stage reached a threshold of its limit."""

    __tablename__ = "cases_reminders"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begun_seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stage: Mapped[str] = mapped_column(primary_key=True)
    percent: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "begun_seq", "stage"],
            ["cases_stages.case_id", "cases_stages.begun_seq", "cases_stages.stage"],
        ),
        CheckConstraint("percent IN (80, 100)", name="percent"),
        Index("ix_cases_reminders_made_at", "made_at"),
    )


class SpecialDay(Base):
    """A day on which this district works otherwise than the State Council's calendar says."""

    __tablename__ = "cases_special_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    slots: Mapped[str]  # `09:00-12:00 14:00-18:00`; empty: a day off
    note: Mapped[str]

    __table_args__ = (CheckConstraint("length(note) BETWEEN 1 AND 100", name="note_length"),)


class OfficeHours(Base):
    """The working slots of a usual day: one row."""

    __tablename__ = "cases_office_hours"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slots: Mapped[str]

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)


class Facts(Base):
    """What the indicators count of a case: a narrow row, written with each move."""

    __tablename__ = "cases_facts"

    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases_cases.id"), primary_key=True, autoincrement=False
    )
    reported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    source: Mapped[str]
    class_code: Mapped[str | None]
    body_id: Mapped[int | None] = mapped_column(ForeignKey("territory_bodies.id"))
    street_code: Mapped[str | None]
    status: Mapped[str]
    bodies: Mapped[int] = mapped_column(server_default=sql("0"))  # different ones it was sent to
    reworks: Mapped[int] = mapped_column(server_default=sql("0"))
    filed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    file_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    verify_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dispatched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dispatch_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disposed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dispose_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    check_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answer_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stars: Mapped[int | None]

    __table_args__ = (
        Index("ix_cases_facts_reported_at", "reported_at"),
        Index("ix_cases_facts_body_id_reported_at", "body_id", "reported_at"),
        Index(
            "ix_cases_facts_closed_at", "closed_at", postgresql_where=sql("closed_at IS NOT NULL")
        ),
        Index("ix_cases_facts_street_code_reported_at", "street_code", "reported_at"),
    )
