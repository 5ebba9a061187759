"""Who may ask at the Open311 door, and what came through it."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base, listed

from .rules import SOURCES, Scope


class Key(Base):
    """Somebody's key; only its hash is kept. It is ended, never deleted: reports name it."""

    __tablename__ = "exchange_keys"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]  # what its reports count as
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    key_hash: Mapped[bytes] = mapped_column(unique=True)  # SHA-256
    per_minute: Mapped[int]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="name_length"),
        CheckConstraint(f"source IN ({listed(SOURCES)})", name="source"),
        CheckConstraint(
            f"cardinality(scopes) > 0 AND scopes <@ ARRAY[{listed(Scope)}]::varchar[]",
            name="scopes",
        ),
        CheckConstraint("length(key_hash) = 32", name="key_hash_length"),
        CheckConstraint("per_minute BETWEEN 1 AND 100000", name="per_minute"),
    )


class Meter(Base):
    """How often a key was used in the last minute in which it was."""

    __tablename__ = "exchange_meters"

    key_id: Mapped[int] = mapped_column(ForeignKey("exchange_keys.id"), primary_key=True)
    minute: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used: Mapped[int]


class Receipt(Base):
    """A request that a key handed in: the same again finds its case."""

    __tablename__ = "exchange_receipts"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"), primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("exchange_keys.id"))
    reference: Mapped[str | None]  # the client's own name of it
    fingerprint: Mapped[bytes]  # of the content
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        UniqueConstraint("key_id", "reference"),
        CheckConstraint("length(reference) BETWEEN 1 AND 200", name="reference_length"),
        CheckConstraint("length(fingerprint) = 32", name="fingerprint_length"),
        Index("ix_exchange_receipts_fingerprint", "key_id", "fingerprint", "at"),
    )


class Update(Base):
    """What a key said of a case, by its own number of it: the same again is once."""

    __tablename__ = "exchange_updates"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("exchange_keys.id"))
    update_id: Mapped[str]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"))
    status: Mapped[str | None]  # in the client's words
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        UniqueConstraint("key_id", "update_id"),
        CheckConstraint("length(update_id) BETWEEN 1 AND 200", name="update_id_length"),
        CheckConstraint("length(status) BETWEEN 1 AND 60", name="status_length"),
        Index("ix_exchange_updates_case_id", "case_id"),
    )


class Medium(Base):
    """A photo that a client named by its address, fetched by a job."""

    __tablename__ = "exchange_media"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"))
    key_id: Mapped[int] = mapped_column(ForeignKey("exchange_keys.id"))
    url: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=sql("'owed'"))
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    fault: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("state IN ('owed', 'done', 'given_up')", name="state"),
        CheckConstraint("length(url) BETWEEN 1 AND 2000", name="url_length"),
        UniqueConstraint("case_id", "url"),
        Index("ix_exchange_media_due", "next_attempt_at", postgresql_where=sql("state = 'owed'")),
    )
