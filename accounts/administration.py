"""What an administrator does to accounts of staff. Nobody does it to his own."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.database import savepoint

from . import passwords, second_factor, signing_in, throttle
from .errors import (
    BadName,
    BodyRequired,
    NotOneself,
    StaffNotFound,
    UnknownBody,
    UsernameTaken,
)
from .models import Staff
from .rules import Role, check_password, check_username

_NAME_LENGTH = 40


def create_staff(
    session: Session,
    *,
    username: str,
    name: str,
    password: str,
    role: Role,
    body_id: int | None = None,
    must_change_password: bool = False,
) -> int:
    """Add a member of staff.

    Raises BadUsername, WeakPassword, BodyRequired, UnknownBody or UsernameTaken.
    """
    username = check_username(username)
    row = {
        "username": username,
        "name": name.strip()[:_NAME_LENGTH] or username,
        "role": role,
        "body_id": _body_of(role, body_id),
        "password_hash": passwords.hash_of(check_password(password)),
        "must_change_password": must_change_password,
    }
    with _known_body(session):
        made = session.scalar(
            insert(Staff)
            .values(row)
            .on_conflict_do_nothing(index_elements=[Staff.username])
            .returning(Staff.id)
        )
    if made is None:
        raise UsernameTaken
    return int(made)


def new_password(session: Session, staff_id: int, *, by: int) -> str:
    """Give a fresh password for one sign-in, which must be changed at once; end all sessions."""
    staff = _other(session, staff_id, by)
    password = secrets.token_urlsafe(12)
    staff.password_hash = passwords.hash_of(password)
    staff.must_change_password = True
    throttle.unlock(session, staff.username)
    signing_in.end_sessions(session, staff_id)
    return password


def change_staff(
    session: Session,
    staff_id: int,
    *,
    by: int,
    name: str,
    role: Role,
    body_id: int | None,
    is_active: bool,
) -> None:
    """Change who somebody is and what he may do; whoever is closed out is signed out at once.

    Raises StaffNotFound, NotOneself, BadName, BodyRequired or UnknownBody.
    """
    _other(session, staff_id, by)
    if not 1 <= len(name.strip()) <= _NAME_LENGTH:
        raise BadName
    changed = {
        "name": name.strip(),
        "role": role,
        "body_id": _body_of(role, body_id),
        "is_active": is_active,
    }
    with _known_body(session):
        session.execute(update(Staff).where(Staff.id == staff_id).values(changed))
    if not is_active:
        signing_in.end_sessions(session, staff_id)


def remove_second_factor(session: Session, staff_id: int, *, by: int) -> None:
    """Let somebody who lost telephone and paper sign in with a password alone."""
    second_factor.remove(session, _other(session, staff_id, by))
    signing_in.end_sessions(session, staff_id)


def _other(session: Session, staff_id: int, by: int) -> Staff:
    if staff_id == by:
        raise NotOneself
    staff = session.scalar(select(Staff).where(Staff.id == staff_id).with_for_update())
    if staff is None:
        raise StaffNotFound
    return staff


def _body_of(role: Role, body_id: int | None) -> int | None:
    if role is not Role.BODY_STAFF:
        return None
    if body_id is None:
        raise BodyRequired
    return body_id


@contextmanager
def _known_body(session: Session) -> Iterator[None]:
    """Undo what the block wrote when it named a body that there is not; raise UnknownBody."""
    try:
        with savepoint(session):
            yield
    except IntegrityError as broken:
        if "body_id" in str(broken.orig):
            raise UnknownBody from None
        raise
