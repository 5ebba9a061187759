"""What we may still send, to whom, by which way: our own books about the platform's rules."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base

Way = Literal["text", "subscription", "template"]


class Window(Base):
    """What a resident did last of one kind, and how many messages it still entitles us to."""

    __tablename__ = "wechat_windows"

    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    closes_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    room: Mapped[int]
    used: Mapped[int] = mapped_column(server_default=sql("0"))

    __table_args__ = (
        CheckConstraint("kind IN ('message', 'click', 'follow', 'scan')", name="kind"),
        CheckConstraint("used BETWEEN 0 AND room", name="used_within_room"),
        CheckConstraint("opened_at < closes_at", name="closes_later"),
        Index("ix_wechat_windows_closes_at", "closes_at"),
    )


class Consent(Base):
    """How many subscription notices of a template a resident has agreed to and not been sent."""

    __tablename__ = "wechat_consents"

    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"), primary_key=True)
    template_id: Mapped[str] = mapped_column(primary_key=True)
    left_over: Mapped[int] = mapped_column(server_default=sql("0"))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("left_over >= 0", name="not_overdrawn"),
        CheckConstraint("length(template_id) BETWEEN 1 AND 128", name="template_id_length"),
    )


class Pause(Base):
    """A way that is closed for everybody for a while: the day's quota is used up, or it is broken."""

    __tablename__ = "wechat_pauses"

    way: Mapped[Way] = mapped_column(String, primary_key=True)
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    fault: Mapped[str]

    __table_args__ = (CheckConstraint("way IN ('text', 'subscription', 'template')", name="way"),)


class Receipt(Base):
    """The platform's word, after its "ok", that a notice did not reach the phone."""

    __tablename__ = "wechat_receipts"

    msg_id: Mapped[str] = mapped_column(primary_key=True)
    fault: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )

    __table_args__ = (
        CheckConstraint("length(msg_id) BETWEEN 1 AND 64", name="msg_id_length"),
        Index("ix_wechat_receipts_received_at", "received_at"),
    )
