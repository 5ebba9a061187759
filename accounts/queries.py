"""Reads about citizens and staff."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock

from .models import Citizen, CitizenSession, Staff, StaffSession
from .rules import Role


@dataclass(frozen=True)
class StaffMember:
    id: int
    username: str
    name: str
    role: Role
    body_id: int | None = None


def token_hash(token: str) -> bytes:
    """Hash a session token; it is long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def staff_member(session: Session, token: str) -> StaffMember | None:
    """Return whose session the token opens, unless it has ended or the account is closed."""
    row = session.execute(
        select(Staff.id, Staff.username, Staff.name, Staff.role, Staff.body_id)
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(
            StaffSession.token_hash == token_hash(token),
            StaffSession.expires_at > clock.now(),
            Staff.is_active,
        )
    ).one_or_none()
    if row is None:
        return None
    return StaffMember(row.id, row.username, row.name, Role(row.role), row.body_id)


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


def staff_with_role(session: Session, role: Role) -> tuple[StaffMember, ...]:
    """Return whoever works in this role now, by name."""
    rows = session.execute(
        select(Staff.id, Staff.username, Staff.name, Staff.body_id)
        .where(Staff.role == role, Staff.is_active)
        .order_by(Staff.name, Staff.id)
    )
    return tuple(StaffMember(row.id, row.username, row.name, role, row.body_id) for row in rows)


def citizen_openid(session: Session, citizen_id: int) -> str | None:
    """Return the platform's name of a citizen, or None when he has left the account."""
    return session.scalar(
        select(Citizen.openid).where(Citizen.id == citizen_id, Citizen.is_following)
    )
