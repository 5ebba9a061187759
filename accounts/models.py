"""Citizens are known by the openid that the platform gives them; staff by name and password."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
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
    # He left it himself, so that the desk can ask him about his reports.
    phone: Mapped[str | None]
    wants_notices: Mapped[bool] = mapped_column(server_default=text("true"))

    __table_args__ = (
        CheckConstraint("length(openid) BETWEEN 1 AND 64", name="openid_length"),
        CheckConstraint("length(phone) BETWEEN 3 AND 32", name="phone_length"),
    )


class Choice(Base):
    """What a resident chose about his own data, and when. Appended; a trigger refuses to change it.

    No value that is itself personal: that he left a number, not which.
    """

    __tablename__ = "accounts_choices"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("accounts_citizens.id"))
    about: Mapped[str]
    is_given: Mapped[bool]
    version: Mapped[str | None]  # of the text that he read
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint(
            "about IN ('privacy', 'notices', 'phone', 'export', 'erasure')", name="about"
        ),
        CheckConstraint("(about = 'privacy') = (version IS NOT NULL)", name="version_of_privacy"),
        CheckConstraint("length(version) BETWEEN 1 AND 20", name="version_length"),
        Index("ix_accounts_choices_citizen_id_id", "citizen_id", "id"),
    )


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
    # Somebody else chose the password: it opens nothing but the page that changes it.
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    totp_secret: Mapped[bytes | None]  # encrypted (keys)
    # The newest time step whose code was taken: no code opens the door twice.
    totp_step: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"role IN ({_ROLES})", name="role"),
        CheckConstraint(
            f"role <> '{Role.BODY_STAFF}' OR body_id IS NOT NULL", name="body_staff_has_a_body"
        ),
        CheckConstraint("num_nulls(totp_secret, totp_step) IN (0, 2)", name="totp_wholly_or_not"),
        CheckConstraint("username = lower(username)", name="username_lower"),
        CheckConstraint("length(name) BETWEEN 1 AND 40", name="name_length"),
    )


class StaffSession(Base):
    """A sign-in; the cookie's token is kept as a hash, so that the table opens no door."""

    __tablename__ = "accounts_staff_sessions"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    # Names a session where it is shown to its owner, and opens nothing.
    number: Mapped[int] = mapped_column(Identity(always=True))
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))
    client: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint("number"),
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


class WrongSignIn(Base):
    """How often a sign-in failed lately, for a name, an address, or both: found by a keyed hash."""

    __tablename__ = "accounts_wrong_sign_ins"

    lookup: Mapped[bytes] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("count >= 0", name="count"),
        Index("ix_accounts_wrong_sign_ins_last_at", "last_at"),
    )


class RecoveryCode(Base):
    """A code on paper that opens the door once when the telephone is lost; kept as a hash."""

    __tablename__ = "accounts_recovery_codes"

    lookup: Mapped[bytes] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("accounts_staff.id"))

    __table_args__ = (Index("ix_accounts_recovery_codes_staff_id", "staff_id"),)


class AuditLine(Base):
    """Who called which page of the desk when: written before the page does anything, for good.

    A trigger (in the migration) refuses to change a line, and to delete one that is younger than
    180 days.
    """

    __tablename__ = "accounts_audit"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_staff.id"))
    action: Mapped[str]  # the view's endpoint, or what happened at the sign-in
    method: Mapped[str]
    path: Mapped[str]
    query: Mapped[str | None]
    is_allowed: Mapped[bool]
    request_id: Mapped[str]
    network: Mapped[str]  # the caller's address

    __table_args__ = (
        CheckConstraint("length(path) <= 300", name="path_length"),
        CheckConstraint("length(query) <= 300", name="query_length"),
        Index("ix_accounts_audit_staff_id_id", "staff_id", "id"),
        Index(
            "ix_accounts_audit_path_id", "path", "id", postgresql_ops={"path": "text_pattern_ops"}
        ),
        Index("ix_accounts_audit_at", "at", postgresql_using="brin"),
    )
