"""Guessing passwords is slow: wrong sign-ins are counted for names and addresses alike.

Whether a name exists makes no difference: an unknown one is counted and locked as a known one.
"""

from datetime import datetime

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from . import keys
from .errors import LockedOut
from .models import WrongSignIn
from .rules import (
    LOCK,
    WRONG_FORGOTTEN,
    WRONG_OF_A_NAME,
    WRONG_OF_AN_ADDRESS,
    WRONG_PASSWORDS,
)


def check(session: Session, name: str, network: str) -> None:
    """Raise LockedOut while this name or this address has to wait.

    Tries of one name come one after the other until the transaction ends: many at once would
    all be looked at before the first is counted.
    """
    lock = int.from_bytes(keys.current().lookup("lock", name)[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(lock)))
    until = session.scalar(
        select(func.max(WrongSignIn.locked_until)).where(
            WrongSignIn.lookup.in_([lookup for lookup, _ in _counters(name, network)])
        )
    )
    if until is not None and until > clock.now():
        raise LockedOut


def count(session: Session, name: str, network: str) -> None:
    """Count a wrong sign-in."""
    now = clock.now()
    for lookup, limit in _counters(name, network):
        _count(session, lookup, limit, now)
    session.execute(delete(WrongSignIn).where(WrongSignIn.last_at < now - WRONG_FORGOTTEN))


def _count(session: Session, lookup: bytes, limit: int, now: datetime) -> None:
    row = insert(WrongSignIn).values(lookup=lookup, count=1, last_at=now)
    # At the limit the lock begins, and the count begins anew behind it.
    is_full = WrongSignIn.count + 1 >= limit
    session.execute(
        row.on_conflict_do_update(
            index_elements=[WrongSignIn.lookup],
            set_={
                "count": case((is_full, 0), else_=WrongSignIn.count + 1),
                "last_at": now,
                "locked_until": case((is_full, now + LOCK), else_=WrongSignIn.locked_until),
            },
        )
    )


def forgive(session: Session, name: str, network: str) -> None:
    """Forget what this name's owner mistyped from here; what others tried stays counted."""
    session.execute(delete(WrongSignIn).where(WrongSignIn.lookup == _of_both(name, network)))


def unlock(session: Session, name: str) -> None:
    """Let a name sign in again from where it is not locked by itself (an administrator asked)."""
    session.execute(delete(WrongSignIn).where(WrongSignIn.lookup == _of_name(name)))


def _counters(name: str, network: str) -> tuple[tuple[bytes, int], ...]:
    return (
        (_of_both(name, network), WRONG_PASSWORDS),
        (_of_name(name), WRONG_OF_A_NAME),
        (keys.current().lookup("network", network), WRONG_OF_AN_ADDRESS),
    )


def _of_both(name: str, network: str) -> bytes:
    return keys.current().lookup("both", name, network)


def _of_name(name: str) -> bytes:
    return keys.current().lookup("name", name)
