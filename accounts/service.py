"""Knowing citizens, and the browsers that are theirs."""

import secrets

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from .models import Citizen, CitizenSession
from .queries import token_hash
from .rules import CITIZEN_SESSION


def citizen_for(session: Session, openid: str, *, lock: bool = False) -> int:
    """Return the id of the citizen with this openid, made now if he is new.

    Whoever writes is following. With `lock`, the row stays locked until the transaction ends:
    the messages of one resident are handled one after the other.
    """
    wanted = select(Citizen.id, Citizen.is_following).where(Citizen.openid == openid)
    if lock:
        wanted = wanted.with_for_update()
    row = session.execute(wanted).one_or_none()
    if row is None:
        session.execute(insert(Citizen).values(openid=openid).on_conflict_do_nothing())
        row = session.execute(wanted).one()
    if not row.is_following:
        session.execute(
            update(Citizen)
            .where(Citizen.id == row.id)
            .values(is_following=True, unfollowed_at=None)
        )
    citizen_id: int = row.id
    return citizen_id


def mark_unfollowed(session: Session, citizen_id: int) -> None:
    """Remember that the resident left; what need not be kept is deleted by a job."""
    session.execute(
        update(Citizen)
        .where(Citizen.id == citizen_id)
        .values(is_following=False, unfollowed_at=clock.now())
    )


def open_citizen_session(session: Session, citizen_id: int) -> str:
    """Let a resident's browser read his pages, and return its token."""
    now, token = clock.now(), secrets.token_urlsafe(32)
    session.execute(delete(CitizenSession).where(CitizenSession.expires_at < now))
    session.add(
        CitizenSession(
            token_hash=token_hash(token), citizen_id=citizen_id, expires_at=now + CITIZEN_SESSION
        )
    )
    return token


def close_citizen_sessions(session: Session, citizen_id: int) -> None:
    """End all sessions of a resident: he left, or asked for it."""
    session.execute(delete(CitizenSession).where(CitizenSession.citizen_id == citizen_id))
