"""What the door keeps: messages and their answers, dialogues, media to fetch, notices to send."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base

from .ledger_models import Consent, Pause, Receipt, Way, Window
from .tokens import WeChatToken

__all__ = [
    "Consent",
    "Media",
    "Message",
    "Notice",
    "Pause",
    "Receipt",
    "Talk",
    "WeChatToken",
    "Window",
]


class Message(Base):
    """A message from the platform, and the answer that every delivery of it gets."""

    __tablename__ = "wechat_messages"

    key: Mapped[str] = mapped_column(primary_key=True)
    openid: Mapped[str]
    kind: Mapped[str]
    # Kept until handled for sure, then for some days to look into complaints: personal data.
    raw: Mapped[str | None]
    state: Mapped[str]
    reply: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    fault: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )

    __table_args__ = (
        CheckConstraint("state IN ('done', 'failed', 'deferred')", name="state"),
        CheckConstraint("reply IS NOT NULL OR state = 'deferred'", name="answered"),
        # Rows come in this order: a few pages of index for millions of messages.
        Index("ix_wechat_messages_age", "received_at", postgresql_using="brin"),
        Index(
            "ix_wechat_messages_with_raw",
            "received_at",
            postgresql_where=sql("raw IS NOT NULL"),
        ),
        Index(
            "ix_wechat_messages_not_done",
            "state",
            "received_at",
            postgresql_where=sql("state <> 'done'"),
        ),
        # What a resident's next message must wait for, found without looking at anybody else's.
        Index(
            "ix_wechat_messages_deferred_of",
            "openid",
            "received_at",
            postgresql_where=sql("state = 'deferred'"),
        ),
    )


class Talk(Base):
    """Where the conversation with a resident stands: his unfinished report, or none."""

    __tablename__ = "wechat_talks"

    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"), primary_key=True)
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    # The last report sent: for some minutes, what comes without a draft is added to it.
    sent_report_no: Mapped[str | None]
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # Photos that came directly after it, in a row: 「新问题」 makes them a report of their own.
    added_photos: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=sql("'{}'"))
    # The draft's classes are still to be sent as buttons.
    owes_buttons: Mapped[bool] = mapped_column(server_default=sql("false"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        Index("ix_wechat_talks_drafts", "updated_at", postgresql_where=sql("draft IS NOT NULL")),
        CheckConstraint("num_nulls(sent_report_no, sent_at) IN (0, 2)", name="sent_wholly_or_not"),
        CheckConstraint(
            "sent_report_no IS NOT NULL OR cardinality(added_photos) = 0",
            name="added_to_what_was_sent",
        ),
        Index(
            "ix_wechat_talks_owes_buttons",
            "updated_at",
            postgresql_where=sql("owes_buttons"),
        ),
    )


class Media(Base):
    """A file to be fetched from the platform, which keeps it for three days."""

    __tablename__ = "wechat_media"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("cases_photos.id"), unique=True)
    recording_id: Mapped[int | None] = mapped_column(ForeignKey("cases_recordings.id"), unique=True)
    media_id: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=sql("'pending'"))
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    last_fault: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'done', 'given_up')", name="state"),
        CheckConstraint("num_nonnulls(photo_id, recording_id) = 1", name="of_one_thing"),
        Index(
            "ix_wechat_media_pending", "next_attempt_at", postgresql_where=sql("state = 'pending'")
        ),
    )


class Notice(Base):
    """Something that a resident must be told; one topic's notices are told in order."""

    __tablename__ = "wechat_notices"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"))
    # What it is about: "case:12" or "talk:7".
    topic: Mapped[str]
    # The fact it tells: told once, however often the fact is announced.
    fact: Mapped[str] = mapped_column(unique=True)
    # For a template's short fields: the number it is about (ASCII, 32 at most), and a word or two.
    subject: Mapped[str | None]
    title: Mapped[str]
    text: Mapped[str]
    url: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=sql("'owed'"))
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    last_fault: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # A worker has it in hand until then, and nobody else may touch it.
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # How it went, or was last tried; the platform's number of it.
    way: Mapped[Way | None] = mapped_column(String)
    msg_id: Mapped[str | None]
    # The platform was asked and its answer was lost: it may have been shown.
    is_uncertain: Mapped[bool] = mapped_column(server_default=sql("false"))

    __table_args__ = (
        # parked: the platform lets us write only after the resident writes; superseded: a newer
        # one of its topic tells more; given_up: never.
        CheckConstraint(
            "state IN ('owed', 'sent', 'parked', 'superseded', 'given_up')", name="state"
        ),
        CheckConstraint("way IN ('text', 'subscription', 'template')", name="way"),
        Index("ix_wechat_notices_state_id", "state", "id"),
        Index("ix_wechat_notices_created_at", "created_at"),
        Index("ix_wechat_notices_citizen_id", "citizen_id"),
        Index("ix_wechat_notices_msg_id", "msg_id", postgresql_where=sql("msg_id IS NOT NULL")),
        CheckConstraint("length(title) BETWEEN 1 AND 5", name="title_fits_a_phrase"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        Index("ix_wechat_notices_owed", "next_attempt_at", postgresql_where=sql("state = 'owed'")),
        Index(
            "ix_wechat_notices_topic_unsent",
            "topic",
            "id",
            postgresql_where=sql("state IN ('owed', 'parked')"),
        ),
        Index(
            "ix_wechat_notices_citizen_parked",
            "citizen_id",
            postgresql_where=sql("state = 'parked'"),
        ),
    )
