"""Knowing citizens; signing staff in and out."""

import secrets
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from . import passwords
from .errors import BadCredentials, BadUsername, BodyRequired, LockedOut, UsernameTaken
from .models import Citizen, CitizenSession, Staff, StaffSession
from .queries import token_hash
from .rules import (
    CITIZEN_SESSION,
    LOCK,
    WRONG_PASSWORDS,
    Role,
    check_password,
    check_username,
)


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


def create_staff(
    session: Session,
    *,
    username: str,
    name: str,
    password: str,
    role: Role,
    body_id: int | None = None,
) -> int:
    """Add a member of staff; raise BadUsername, WeakPassword, BodyRequired or UsernameTaken."""
    username = check_username(username)
    if role is Role.BODY_STAFF and body_id is None:
        raise BodyRequired
    row = session.scalar(
        insert(Staff)
        .values(
            username=username,
            name=name.strip()[:40] or username,
            role=role,
            body_id=body_id,
            password_hash=passwords.hash_of(check_password(password)),
        )
        .on_conflict_do_nothing()
        .returning(Staff.id)
    )
    if row is None:
        raise UsernameTaken
    return int(row)


def sign_in(session: Session, *, username: str, password: str, hours: int) -> str:
    """Open a session and return its token; raise BadCredentials or LockedOut.

    The count of wrong passwords must survive the refusal, so the caller commits also when this
    raises: `sign_in` is called inside `kernel.database.transaction()` by a view that catches the
    refusal within it.
    """
    now = clock.now()
    staff = _locked(session, username)
    if staff is not None and staff.locked_until is not None and staff.locked_until > now:
        raise LockedOut
    if not passwords.fits(password[:1024], staff.password_hash if staff else passwords.NOBODY):
        if staff is not None:
            _count_wrong_password(staff)
        raise BadCredentials
    if staff is None or not staff.is_active:
        raise BadCredentials
    staff.wrong_passwords = 0
    staff.locked_until = None
    token = secrets.token_urlsafe(32)
    session.execute(delete(StaffSession).where(StaffSession.expires_at < now))
    session.add(
        StaffSession(
            token_hash=token_hash(token), staff_id=staff.id, expires_at=now + timedelta(hours=hours)
        )
    )
    return token


def _locked(session: Session, username: str) -> Staff | None:
    """Return the member of staff of this name, and nobody else's until the transaction ends."""
    try:
        name = check_username(username)
    except BadUsername:
        return None
    return session.scalar(
        select(Staff)
        .where(Staff.username == name)
        .with_for_update()
        # What this session read before it had the lock may be old.
        .execution_options(populate_existing=True)
    )


def _count_wrong_password(staff: Staff) -> None:
    staff.wrong_passwords += 1
    if staff.wrong_passwords >= WRONG_PASSWORDS:
        staff.wrong_passwords = 0
        staff.locked_until = clock.now() + LOCK


def sign_out(session: Session, token: str) -> None:
    """End the session; nothing happens when there is none."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash(token)))
