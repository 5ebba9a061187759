"""Signing staff in and out: a password, then the code of a second factor where one is set up."""

import secrets
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kernel import clock

from . import keys, passwords, second_factor, throttle
from .errors import (
    BadCode,
    BadCredentials,
    BadUsername,
    PasswordsDiffer,
    SamePassword,
    SignInExpired,
)
from .models import Staff, StaffSession
from .queries import token_hash
from .rules import TICKET_LASTS, check_password, check_username


class CodeRequired(Exception):
    """The password was right; the ticket and a code of the second factor open the door."""

    def __init__(self, ticket: str) -> None:
        super().__init__("a code of the second factor is required")
        self.ticket = ticket


def sign_in(
    session: Session,
    *,
    username: str,
    password: str,
    hours: int,
    network: str = "",
    client: str = "",
) -> str:
    """Open a session and return its token; raise BadCredentials, LockedOut or CodeRequired.

    `network` is the caller's address, `client` names the browser to its owner. The count of
    wrong passwords must survive the refusal, so the caller commits also when this raises:
    `sign_in` is called inside `kernel.database.transaction()` by a view that catches the refusal
    within it.
    """
    name = username.strip().lower()
    throttle.check(session, name, network)
    staff = _of_name(session, name)
    if not passwords.fits(password[:1024], staff.password_hash if staff else passwords.NOBODY):
        throttle.count(session, name, network)
        raise BadCredentials
    if staff is None or not staff.is_active:
        throttle.count(session, name, network)
        raise BadCredentials
    if staff.totp_secret is not None:
        raise CodeRequired(_tickets().dumps([staff.id, _mark_of(staff)]))
    throttle.forgive(session, name, network)
    return _open(session, staff, hours=hours, client=client)


def sign_in_with_code(
    session: Session, *, ticket: str, code: str, hours: int, network: str = "", client: str = ""
) -> str:
    """Open a session after CodeRequired; raise BadCode, LockedOut or SignInExpired.

    Called as `sign_in` is: the count of wrong codes survives the refusal.
    """
    try:
        staff_id, mark = _tickets().loads(ticket, max_age=int(TICKET_LASTS.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        raise SignInExpired from None
    staff = _locked(session, Staff.id == staff_id)
    if staff is None or not staff.is_active or _mark_of(staff) != mark:
        raise SignInExpired
    throttle.check(session, staff.username, network)
    try:
        second_factor.check(session, staff, code[:64])
    except BadCode:
        throttle.count(session, staff.username, network)
        raise
    throttle.forgive(session, staff.username, network)
    return _open(session, staff, hours=hours, client=client)


def sign_out(session: Session, token: str) -> None:
    """End the session; nothing happens when there is none."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash(token)))


def end_session(session: Session, staff_id: int, number: int) -> None:
    """End one session of this person, on whatever computer; nothing happens when it is gone."""
    session.execute(
        delete(StaffSession).where(StaffSession.number == number, StaffSession.staff_id == staff_id)
    )


def end_sessions(session: Session, staff_id: int, *, but: str = "") -> None:
    """End all sessions of this person, except the one whose token is given."""
    session.execute(
        delete(StaffSession).where(
            StaffSession.staff_id == staff_id, StaffSession.token_hash != token_hash(but)
        )
    )


def change_password(
    session: Session, *, staff_id: int, old: str, new: str, again: str, token: str, network: str
) -> None:
    """Take a new password and end all other sessions.

    Raises BadCredentials, LockedOut, PasswordsDiffer, SamePassword or WeakPassword; called as
    `sign_in` is.
    """
    staff = _locked(session, Staff.id == staff_id)
    if staff is None:
        raise BadCredentials
    throttle.check(session, staff.username, network)
    if not passwords.fits(old[:1024], staff.password_hash):
        throttle.count(session, staff.username, network)
        raise BadCredentials
    if new != again:
        raise PasswordsDiffer
    if new == old:
        raise SamePassword
    staff.password_hash = passwords.hash_of(check_password(new))
    staff.must_change_password = False
    end_sessions(session, staff_id, but=token)


def enrol(
    session: Session, *, staff_id: int, secret: str, code: str, password: str, network: str
) -> list[str]:
    """Set up the second factor of one's own; return the paper codes, shown this once.

    The password is asked again: a computer left open must not lock its owner out. Raises
    BadCredentials, BadCode or LockedOut; called as `sign_in` is.
    """
    staff = _locked(session, Staff.id == staff_id)
    if staff is None or not second_factor.is_secret(secret):
        raise BadCode
    throttle.check(session, staff.username, network)
    if not passwords.fits(password[:1024], staff.password_hash):
        throttle.count(session, staff.username, network)
        raise BadCredentials
    return second_factor.enrol(session, staff, secret, code.strip())


def _open(session: Session, staff: Staff, *, hours: int, client: str) -> str:
    now, token = clock.now(), secrets.token_urlsafe(32)
    session.execute(delete(StaffSession).where(StaffSession.expires_at < now))
    session.add(
        StaffSession(
            token_hash=token_hash(token),
            staff_id=staff.id,
            client=client,
            expires_at=now + timedelta(hours=hours),
        )
    )
    return token


def _of_name(session: Session, name: str) -> Staff | None:
    try:
        known = check_username(name)
    except BadUsername:
        return None
    return _locked(session, Staff.username == known)


def _locked(session: Session, condition: object) -> Staff | None:
    """Return the member of staff, and nobody else's until the transaction ends."""
    return session.scalar(
        select(Staff)
        .where(condition)  # type: ignore[arg-type]  # a comparison of one of Staff's columns
        .with_for_update()
        # What this session read before it had the lock may be old.
        .execution_options(populate_existing=True)
    )


def _tickets() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys.current().tickets, salt="sign-in")


def _mark_of(staff: Staff) -> str:
    """Return what changes with the password and the second factor: an old ticket then is void."""
    factor = staff.totp_secret or b""
    return keys.current().lookup("mark", staff.password_hash, factor.hex()).hex()[:16]
