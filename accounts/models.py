"""Citizens are known by the openid that the platform gives them; staff by name and password."""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.database import Base

from .rules import Role

_ROLES = ", ".join(f"'{role}'" for role in Role)


class Citizen(Base):
    """A resident who wrote to the account or follows it."""

    __tablename__ = "accounts_citizens"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    openid: Mapped[str] = mapped_column(unique=True)
    is_following: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    unfollowed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (CheckConstraint("length(openid) BETWEEN 1 AND 64", name="openid_length"),)


class Staff(Base):
    """Somebody who works at the desk."""

    __tablename__ = "accounts_staff"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    # Whose cases a member of staff of a responsible body sees and moves.
    body_id: Mapped[int | None] = mapped_column(ForeignKey("territory_bodies.id"))
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    wrong_passwords: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"role IN ({_ROLES})", name="role"),
        CheckConstraint(
            f"role <> '{Role.BODY_STAFF}' OR body_id IS NOT NULL", name="body_staff_has_a_body"
        ),
        CheckConstraint("username = lower(username)", name="username_lower"),
        CheckConstraint("length(name) BETWEEN 1 AND 40", name="name_length"),
    )


class StaffSession(Base):
    """A sign-in; the cookie's token is kept as a hash, so that the table opens no door."""

    __tablename__ = "accounts_staff_sessions"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_accounts_staff_sessions_staff_id", "staff_id"),
        Index("ix_accounts_staff_sessions_expires_at", "expires_at"),
    )


class CitizenSession(Base):
    """A resident's browser, known by the platform's word; only the token's hash is kept."""

    __tablename__ = "accounts_citizen_sessions"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_accounts_citizen_sessions_citizen_id", "citizen_id"),
        Index("ix_accounts_citizen_sessions_expires_at", "expires_at"),
    )
