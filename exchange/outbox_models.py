"""What other systems are to be told, and what came of it; cases that another platform has, too.

One outbox serves webhooks and the gateway: a message is written with the fact that it tells, in the
same transaction, once for each addressee and step of a case.
"""

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

STATES = ("owed", "sent", "dead", "dropped")
FUNCTIONS = ("TaskFeedBack", "TaskRollBack", "ApplyAccredit", "StateDispatch", "status")


class Hook(Base):
    """Somebody's address that is told of cases. Its secret is derived, not stored (`webhooks`)."""

    __tablename__ = "exchange_hooks"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(String))
    salt: Mapped[bytes]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="name_length"),
        CheckConstraint("url ~ '^https?://' AND length(url) <= 2000", name="url"),
        CheckConstraint("cardinality(events) BETWEEN 1 AND 50", name="events"),
        CheckConstraint("length(salt) = 16", name="salt_length"),
    )


class Message(Base):
    """One step of one case, owed to one addressee: a webhook, or (without one) the gateway."""

    __tablename__ = "exchange_messages"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    hook_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_hooks.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"))
    seq: Mapped[int]  # the step
    event: Mapped[str]
    body: Mapped[str]  # JSON, as it is signed
    state: Mapped[str] = mapped_column(server_default=sql("'owed'"))
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    last_fault: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint(
            "hook_id",
            "case_id",
            "seq",
            name="uq_exchange_messages_once",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(f"state IN ({listed(STATES)})", name="state"),
        CheckConstraint("(state = 'owed') = (settled_at IS NULL)", name="settled"),
        CheckConstraint("length(last_fault) BETWEEN 1 AND 200", name="fault_length"),
        Index(
            "ix_exchange_messages_due", "next_attempt_at", postgresql_where=sql("state = 'owed'")
        ),
        Index(
            "ix_exchange_messages_waiting",
            "case_id",
            "hook_id",
            "id",
            postgresql_where=sql("state IN ('owed', 'dead')"),
        ),
        Index("ix_exchange_messages_state", "state", "id"),
        Index("ix_exchange_messages_settled", "settled_at"),
        Index("ix_exchange_messages_case_id", "case_id"),
    )


class Handover(Base):
    """A case that the other platform has, and what it calls the state of it."""

    __tablename__ = "exchange_handovers"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"), primary_key=True)
    number: Mapped[str | None]  # theirs
    token: Mapped[str | None]  # stands for a number that is still to come
    status_name: Mapped[str | None]  # in their words, whatever they are
    status: Mapped[str | None]  # in ours, where we know what they mean
    status_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    handed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("num_nonnulls(number, token) >= 1", name="is_named"),
        CheckConstraint("length(number) BETWEEN 1 AND 200", name="number_length"),
        CheckConstraint("length(token) BETWEEN 1 AND 200", name="token_length"),
        CheckConstraint("length(status_name) BETWEEN 1 AND 60", name="status_name_length"),
        Index("ix_exchange_handovers_number", "number"),
        Index(
            "ix_exchange_handovers_asked_at",
            sql("asked_at NULLS FIRST"),
            postgresql_where=sql("status IS DISTINCT FROM 'ended'"),
        ),
    )


class Word(Base):
    """What the other platform said of a case. Appended; the same again is once."""

    __tablename__ = "exchange_words"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases_cases.id"))
    function: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(unique=True)
    status_name: Mapped[str | None]
    status: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"function IN ({listed(FUNCTIONS)})", name="function"),
        CheckConstraint("length(fingerprint) = 32", name="fingerprint_length"),
        CheckConstraint("length(status_name) BETWEEN 1 AND 60", name="status_name_length"),
        Index("ix_exchange_words_case_id", "case_id"),
    )
