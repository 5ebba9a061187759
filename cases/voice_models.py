"""What people say to a case beside its moves: requests, followers, ratings, pleas, tags, views."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base

from .limits import MOST_EXTENSIONS
from .rules import LONGEST_NOTE


class Permit(Base):
    """A body's request for more time (延期) or for putting off (挂账): asked, endorsed, decided."""

    __tablename__ = "cases_permits"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=sql("'asked'"))
    reason: Mapped[str]
    until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    number: Mapped[int | None]  # which of the case's granted extensions
    asked_by: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    endorsed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    endorsed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decision: Mapped[str | None]  # why it was refused
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    request_key: Mapped[str] = mapped_column(unique=True)

    __table_args__ = (
        CheckConstraint("kind IN ('extension', 'suspension')", name="kind"),
        CheckConstraint("state IN ('asked', 'endorsed', 'granted', 'refused')", name="state"),
        CheckConstraint("(kind = 'suspension') = (until IS NOT NULL)", name="suspended_until"),
        CheckConstraint(
            "(kind = 'extension' AND state = 'granted') = (number IS NOT NULL)", name="is_numbered"
        ),
        CheckConstraint(f"number BETWEEN 1 AND {MOST_EXTENSIONS}", name="most_extensions"),
        CheckConstraint(
            "(state = 'asked') = (endorsed_by IS NULL AND decided_by IS NULL)", name="asked"
        ),
        CheckConstraint(
            "(state IN ('granted', 'refused')) = (decided_by IS NOT NULL)", name="decided"
        ),
        CheckConstraint(
            "num_nulls(endorsed_by, endorsed_at) IN (0, 2)"
            " AND num_nulls(decided_by, decided_at) IN (0, 2)",
            name="signed_and_dated",
        ),
        # Two steps by two people, and nobody grants what he asked for.
        CheckConstraint(
            "state <> 'granted' OR (endorsed_by IS NOT NULL AND decided_by <> endorsed_by"
            " AND decided_by <> asked_by)",
            name="granted_by_two",
        ),
        CheckConstraint(f"length(reason) BETWEEN 1 AND {LONGEST_NOTE}", name="reason_length"),
        Index(
            "ix_cases_permits_pending",
            "case_id",
            unique=True,
            postgresql_where=sql("state IN ('asked', 'endorsed')"),
        ),
        Index(
            "ix_cases_permits_one_suspension",
            "case_id",
            unique=True,
            postgresql_where=sql("kind = 'suspension' AND state = 'granted'"),
        ),
        Index(
            "ix_cases_permits_extensions",
            "case_id",
            "number",
            unique=True,
            postgresql_where=sql("number IS NOT NULL"),
        ),
        Index(
            "ix_cases_permits_until",
            "until",
            postgresql_where=sql("kind = 'suspension' AND state = 'granted' AND ended_at IS NULL"),
        ),
        Index("ix_cases_permits_case_id", "case_id"),
    )


class Follower(Base):
    """A resident who wants to hear of somebody else's case (he came later, or follows it)."""

    __tablename__ = "cases_followers"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"), primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"), primary_key=True)
    followed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )

    __table_args__ = (Index("ix_cases_followers_citizen_id", "citizen_id"),)


class Rating(Base):
    """What the reporter thinks of the result: one of each closing (`seq` is the closing move's)."""

    __tablename__ = "cases_ratings"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stars: Mapped[int]
    reason: Mapped[str | None]
    rated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "seq"], ["cases_moves.case_id", "cases_moves.seq"]),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint(f"length(reason) BETWEEN 1 AND {LONGEST_NOTE}", name="reason_length"),
    )


class Plea(Base):
    """A reporter asks for another decision: about a refusal, or about a result that is none."""

    __tablename__ = "cases_pleas"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=sql("'asked'"))
    reason: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answer: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "seq"], ["cases_moves.case_id", "cases_moves.seq"]),
        CheckConstraint("kind IN ('objection', 'reopening')", name="kind"),
        CheckConstraint("state IN ('asked', 'granted', 'declined')", name="state"),
        CheckConstraint(
            "num_nulls(answered_by, answered_at) = CASE WHEN state = 'asked' THEN 2 ELSE 0 END",
            name="answered",
        ),
        CheckConstraint("state <> 'declined' OR answer IS NOT NULL", name="declined_with_reason"),
        CheckConstraint(f"length(reason) BETWEEN 1 AND {LONGEST_NOTE}", name="reason_length"),
        Index("ix_cases_pleas_waiting", "asked_at", postgresql_where=sql("state = 'asked'")),
    )


class Urge(Base):
    """A reporter asks how long it will take (催办): once a day."""

    __tablename__ = "cases_urges"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Supervision(Base):
    """Somebody watches that the case gets done (督办)."""

    __tablename__ = "cases_supervisions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    note: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("num_nulls(lifted_by, lifted_at) IN (0, 2)", name="lifted"),
        CheckConstraint(f"length(note) BETWEEN 1 AND {LONGEST_NOTE}", name="note_length"),
        Index(
            "ix_cases_supervisions_open",
            "case_id",
            unique=True,
            postgresql_where=sql("lifted_at IS NULL"),
        ),
        Index("ix_cases_supervisions_case_id", "case_id"),
    )


class Campaign(Base):
    """A special topic (专项) with its own count: flood season, three-wheelers, slopes."""

    __tablename__ = "cases_campaigns"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    is_active: Mapped[bool] = mapped_column(server_default=sql("true"))

    __table_args__ = (CheckConstraint("length(name) BETWEEN 1 AND 30", name="name_length"),)


class Tag(Base):
    """A case belongs to a campaign."""

    __tablename__ = "cases_tags"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("cases_campaigns.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (Index("ix_cases_tags_case_id", "case_id"),)


class SavedView(Base):
    """A work list that a member of staff wants again, under a name of his."""

    __tablename__ = "cases_saved_views"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    name: Mapped[str]
    query: Mapped[str]

    __table_args__ = (
        UniqueConstraint("staff_id", "name"),
        CheckConstraint("length(name) BETWEEN 1 AND 20", name="name_length"),
        CheckConstraint("length(query) <= 500", name="query_length"),
    )
