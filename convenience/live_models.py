"""What is under way: feeds that are fetched, imports at work, and what somebody was just shown."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, DateTime, ForeignKey, Index, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base

LONGEST_URL = 500
LONGEST_PATH = 100
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 30, 3600


class Pull(Base):
    """Where a feed that cannot push is fetched, how its JSON reads, and how the last time went."""

    __tablename__ = "convenience_pulls"

    feed_id: Mapped[int] = mapped_column(ForeignKey("convenience_feeds.id"), primary_key=True)
    url: Mapped[str]
    every_s: Mapped[int] = mapped_column(server_default=sql("60"))
    # Ways through the JSON, steps with dots between them (`data.0.lots`); empty: where one stands.
    rows_path: Mapped[str] = mapped_column(server_default=sql("''"))
    code_path: Mapped[str]
    code_prefix: Mapped[str] = mapped_column(server_default=sql("''"))
    free_path: Mapped[str]
    at_path: Mapped[str] = mapped_column(server_default=sql("''"))  # empty: the time of the answer
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    # Counted when a fetch begins and cleared when it ended well: a worker's death counts too.
    failures: Mapped[int] = mapped_column(server_default=sql("0"))
    fault: Mapped[str | None]
    fault_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    fetched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # ended well
    tally: Mapped[dict[str, object] | None] = mapped_column(
        JSONB(none_as_null=True)
    )  # of the last one with news

    __table_args__ = (
        CheckConstraint(f"length(url) <= {LONGEST_URL} AND url ~ '^https?://'", name="url"),
        CheckConstraint(
            f"every_s BETWEEN {SHORTEST_PAUSE_S} AND {LONGEST_PAUSE_S}", name="every_s"
        ),
        CheckConstraint(
            "code_path <> '' AND free_path <> '' AND"
            " greatest(length(rows_path), length(code_path), length(free_path), length(at_path),"
            f" length(code_prefix)) <= {LONGEST_PATH}",
            name="paths",
        ),
        CheckConstraint("failures >= 0", name="failures"),
        CheckConstraint("num_nulls(fault, fault_at) IN (0, 2)", name="fault_has_time"),
        Index("ix_convenience_pulls_next_at", "next_at"),
    )


class ImportTask(Base):
    """An import that a worker checks or applies.

    A row of its own, so that progress can be told while the import's row is locked.
    """

    __tablename__ = "convenience_import_tasks"

    import_id: Mapped[int] = mapped_column(ForeignKey("convenience_imports.id"), primary_key=True)
    verb: Mapped[str]
    mapping: Mapped[str | None]  # as TOML; to be checked
    wish: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    save_as: Mapped[str | None]
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    state: Mapped[str] = mapped_column(server_default=sql("'waiting'"))
    fault: Mapped[str | None]  # a sentence
    done: Mapped[int] = mapped_column(server_default=sql("0"))
    total: Mapped[int] = mapped_column(server_default=sql("0"))
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("verb IN ('check', 'apply')", name="verb"),
        CheckConstraint("state IN ('waiting', 'failed')", name="state"),
        CheckConstraint("(fault IS NOT NULL) = (state = 'failed')", name="failed_has_fault"),
        CheckConstraint(
            "num_nulls(mapping, wish) = CASE WHEN verb = 'check' THEN 0 ELSE 2 END",
            name="a_check_has_mapping",
        ),
        CheckConstraint("done >= 0 AND total >= 0 AND attempts >= 0", name="counts"),
    )


class Shown(Base):
    """The facilities that a resident was told of last, for a quarter of an hour: what 「第2个关了」 means."""

    __tablename__ = "convenience_shown"

    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"), primary_key=True)
    facility_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("cardinality(facility_ids) BETWEEN 1 AND 10", name="some"),
        Index("ix_convenience_shown_at", "at"),
    )
