"""Rules that propose a body, in books: one draft at most, and what went live never changes.

Triggers (in the migration) refuse any change to a live book and to its rules.
"""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .rules import SOURCES


class RuleBook(Base):
    """One version of all rules. The newest live one is in force."""

    __tablename__ = "cases_rule_books"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    state: Mapped[str] = mapped_column(server_default=sql("'draft'"))
    # Counts the changes; the last one that was tried out. Only what was tried may go live.
    revision: Mapped[int] = mapped_column(server_default=sql("0"))
    tried_revision: Mapped[int | None]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    live_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    live_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("state IN ('draft', 'live')", name="state"),
        CheckConstraint("(state = 'live') = (live_at IS NOT NULL)", name="live_since"),
        CheckConstraint(
            "state <> 'live' OR coalesce(tried_revision, -1) = revision", name="tried_before_live"
        ),
        CheckConstraint("length(note) BETWEEN 1 AND 200", name="note_length"),
        Index(
            "ix_cases_rule_books_one_draft",
            "state",
            unique=True,
            postgresql_where=sql("state = 'draft'"),
        ),
    )


class Rule(Base):
    """Cases of a class or group, of a place, source or time of day go to a body; NULL means any."""

    __tablename__ = "cases_rules"

    book_id: Mapped[int] = mapped_column(ForeignKey("cases_rule_books.id"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # kept from book to book
    class_key: Mapped[str | None]  # C0101, its group C01, or C: all components
    area_code: Mapped[str | None] = mapped_column(ForeignKey("territory_areas.code"))
    source: Mapped[str | None]
    # Minutes after the city's midnight; until before `to_minute`, over midnight if it is smaller.
    from_minute: Mapped[int | None]
    to_minute: Mapped[int | None]
    body_id: Mapped[int] = mapped_column(ForeignKey("territory_bodies.id"))
    note: Mapped[str | None]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        UniqueConstraint(
            "book_id",
            "class_key",
            "area_code",
            "source",
            "from_minute",
            "to_minute",
            name="uq_cases_rules_one_answer",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("no > 0", name="no"),
        CheckConstraint("class_key ~ '^[CE]([0-9]{2}){0,2}$'", name="class_key"),
        CheckConstraint(f"source IN ({listed(SOURCES)})", name="source"),
        CheckConstraint("num_nulls(from_minute, to_minute) IN (0, 2)", name="from_and_to"),
        CheckConstraint(
            "from_minute BETWEEN 0 AND 1439 AND to_minute BETWEEN 0 AND 1439"
            " AND from_minute <> to_minute",
            name="minutes",
        ),
        CheckConstraint("length(note) BETWEEN 1 AND 100", name="note_length"),
    )
