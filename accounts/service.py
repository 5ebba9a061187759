"""Knowing citizens, and the browsers that are theirs."""

import secrets
from datetime import datetime

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


def citizen_of_browser(session: Session, openid: str) -> int:
    """Return the id of the citizen whose browser the platform vouched for, made now if he is new.

    Who opens a page need not follow: what is known of that stays as it is.
    """
    session.execute(
        insert(Citizen).values(openid=openid, is_following=False).on_conflict_do_nothing()
    )
    return session.scalars(select(Citizen.id).where(Citizen.openid == openid)).one()


def mark_unfollowed(session: Session, citizen_id: int) -> None:
    """Remember that the resident left; what need not be kept is deleted by a job."""
    session.execute(
        update(Citizen)
        .where(Citizen.id == citizen_id)
        .values(is_following=False, unfollowed_at=clock.now())
    )


def forget_openid(session: Session, citizen_id: int, *, left_before: datetime) -> bool:
    """Forget who this was, unless he came back meanwhile: only a number is left.

    No platform's openid has a colon (`wechat.parsing`), so nobody is ever taken for him.
    """
    forgotten = session.execute(
        update(Citizen)
        .where(
            Citizen.id == citizen_id,
            Citizen.is_following.is_(False),
            Citizen.unfollowed_at < left_before,
        )
        .values(openid=f"gone:{citizen_id}", phone=None)
        .returning(Citizen.id)
        .execution_options(synchronize_session=False)
    )
    return forgotten.one_or_none() is not None


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
