"""Photos that clients named by their address: fetched by a job, a few times, then given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import cases
from kernel import clock

from .models import Key, Medium

LEASE = timedelta(seconds=90)  # longer than a fetch may take
MOST_ATTEMPTS = 6
_FIRST_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True)
class Wanted:
    id: int
    case_id: int
    url: str
    attempts: int
    said_by: str


def claim(session: Session, medium_id: int) -> Wanted | None:
    """Take the photo for a while, unless it is done, taken or not due."""
    row = session.execute(
        update(Medium)
        .where(
            Medium.id == medium_id, Medium.state == "owed", Medium.next_attempt_at <= clock.now()
        )
        .values(attempts=Medium.attempts + 1, next_attempt_at=clock.now() + LEASE)
        .returning(Medium.id, Medium.case_id, Medium.url, Medium.attempts, Medium.key_id)
    ).one_or_none()
    if row is None:
        return None
    name = session.scalar(select(Key.name).where(Key.id == row.key_id)) or ""
    return Wanted(row.id, row.case_id, row.url, row.attempts, name)


def keep(session: Session, wanted: Wanted, picture: cases.Picture) -> None:
    """Give the photo to its case."""
    cases.add_from_elsewhere(
        session,
        case_id=wanted.case_id,
        said_by=wanted.said_by,
        request_key=f"open311:medium:{wanted.id}",
        pictures=[picture],
    )
    session.execute(update(Medium).where(Medium.id == wanted.id).values(state="done", fault=None))


def fail(session: Session, wanted: Wanted, fault: str, *, is_final: bool) -> None:
    """Try again later, or never."""
    gives_up = is_final or wanted.attempts >= MOST_ATTEMPTS
    session.execute(
        update(Medium)
        .where(Medium.id == wanted.id)
        .values(
            state="given_up" if gives_up else "owed",
            fault=fault[:200],
            next_attempt_at=clock.now() + _FIRST_PAUSE * 4 ** min(wanted.attempts - 1, 5),
        )
    )


def due(session: Session, *, limit: int = 100) -> Sequence[int]:
    """Return photos that could be fetched now: what the sweeper looks for."""
    return session.scalars(
        select(Medium.id)
        .where(Medium.state == "owed", Medium.next_attempt_at <= func.now())
        .order_by(Medium.next_attempt_at)
        .limit(limit)
    ).all()
