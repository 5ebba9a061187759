"""Reads about citizens and staff."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal_column, select, tuple_
from sqlalchemy.orm import Session

from kernel import clock

from .models import AuditLine, Citizen, CitizenSession, Staff, StaffSession
from .rules import Role


@dataclass(frozen=True)
class StaffMember:
    id: int
    username: str
    name: str
    role: Role
    body_id: int | None = None
    must_change_password: bool = False
    has_second_factor: bool = False


@dataclass(frozen=True)
class StaffRow:
    """A member of staff as administrators see one."""

    id: int
    username: str
    name: str
    role: Role
    body_id: int | None
    is_active: bool
    has_second_factor: bool
    last_signed_in_at: datetime | None


@dataclass(frozen=True)
class OpenSession:
    number: int
    client: str
    created_at: datetime
    expires_at: datetime
    is_this: bool


def token_hash(token: str) -> bytes:
    """Hash a session token; it is long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def staff_member(session: Session, token: str) -> StaffMember | None:
    """Return whose session the token opens, unless it has ended or the account is closed."""
    row = session.execute(
        select(
            Staff.id,
            Staff.username,
            Staff.name,
            Staff.role,
            Staff.body_id,
            Staff.must_change_password,
            Staff.totp_secret.is_not(None).label("has_second_factor"),
        )
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(
            StaffSession.token_hash == token_hash(token),
            StaffSession.expires_at > clock.now(),
            Staff.is_active,
        )
    ).one_or_none()
    if row is None:
        return None
    return StaffMember(**row._asdict() | {"role": Role(row.role)})


def citizen_of(session: Session, token: str) -> int | None:
    """Return the id of the resident whose session the token opens, unless it has ended."""
    return session.scalar(
        select(CitizenSession.citizen_id).where(
            CitizenSession.token_hash == token_hash(token),
            CitizenSession.expires_at > clock.now(),
        )
    )


def staff_names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return the names of these members of staff."""
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(set(ids))))
    return {row.id: row.name for row in rows}


@dataclass(frozen=True)
class Left:
    """Somebody who left the account, and when."""

    id: int
    openid: str
    unfollowed_at: datetime


def has_left(session: Session, citizen_id: int) -> bool:
    """Tell whether the citizen followed the account once and does no more."""
    found = session.scalar(
        select(Citizen.id).where(
            Citizen.id == citizen_id,
            Citizen.is_following.is_(False),
            Citizen.unfollowed_at.is_not(None),
        )
    )
    return found is not None


def staff_with_role(session: Session, role: Role) -> tuple[StaffMember, ...]:
    """Return whoever works in this role now, by name."""
    rows = session.execute(
        select(Staff.id, Staff.username, Staff.name, Staff.body_id)
        .where(Staff.role == role, Staff.is_active)
        .order_by(Staff.name, Staff.id)
    )
    return tuple(StaffMember(row.id, row.username, row.name, role, row.body_id) for row in rows)


def left_before(
    session: Session, before: datetime, *, after: tuple[datetime, int] | None, limit: int
) -> list[Left]:
    """Return citizens who left before then and whose openid is known still, longest gone first.

    `after` is the position (unfollowed_at, id) to go on from.
    """
    wanted = select(Citizen.id, Citizen.openid, Citizen.unfollowed_at).where(
        Citizen.unfollowed_at.is_not(None),
        Citizen.openid.not_like(literal_column("'gone:%'")),
        Citizen.is_following.is_(False),
        Citizen.unfollowed_at < before,
    )
    if after is not None:
        wanted = wanted.where(tuple_(Citizen.unfollowed_at, Citizen.id) > after)
    rows = session.execute(wanted.order_by(Citizen.unfollowed_at, Citizen.id).limit(limit))
    return [
        Left(row.id, row.openid, row.unfollowed_at) for row in rows if row.unfollowed_at is not None
    ]


def citizen_openid(session: Session, citizen_id: int) -> str | None:
    """Return the platform's name of a citizen, or None when he has left the account."""
    return session.scalar(
        select(Citizen.openid).where(Citizen.id == citizen_id, Citizen.is_following)
    )


def all_staff(session: Session) -> list[StaffRow]:
    """Return everybody, those who may sign in first."""
    newest = (
        select(func.max(AuditLine.at))
        .where(AuditLine.staff_id == Staff.id, AuditLine.action == "sign_in")
        .scalar_subquery()
    )
    rows = session.execute(select(Staff, newest).order_by(Staff.is_active.desc(), Staff.username))
    return [
        StaffRow(
            staff.id,
            staff.username,
            staff.name,
            Role(staff.role),
            staff.body_id,
            staff.is_active,
            staff.totp_secret is not None,
            last,
        )
        for staff, last in rows
    ]


def open_sessions(session: Session, staff_id: int, token: str) -> list[OpenSession]:
    """Return where this person is signed in, the newest first."""
    rows = session.scalars(
        select(StaffSession)
        .where(StaffSession.staff_id == staff_id, StaffSession.expires_at > clock.now())
        .order_by(StaffSession.created_at.desc())
    )
    this = token_hash(token)
    return [
        OpenSession(r.number, r.client, r.created_at, r.expires_at, r.token_hash == this)
        for r in rows
    ]
