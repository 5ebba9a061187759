"""The books checked because somebody asked: how far it is, and what came of it.

The row is the truth: whoever works on it notes after each check how far he is, and who finds a row
that nobody has touched for minutes goes on from there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import accounts
from kernel import clock
from kernel.jobs import enqueue

from . import reconciliation
from .models import BookCheck

_DEAD_AFTER = timedelta(minutes=5)  # longer than one check may take
_NAMES = tuple(reconciliation.CHECKS)


@dataclass(frozen=True)
class BookCheckRow:
    """A check that was asked for; `ended_at` is None while it goes on."""

    asked_at: datetime
    asked_by: str | None
    done: int
    total: int
    findings: int
    ended_at: datetime | None


def ask(session: Session, *, staff_id: int) -> None:
    """Let the books be checked soon; where that goes on already, this is the same."""
    session.execute(
        insert(BookCheck)
        .values(asked_by=staff_id, asked_at=clock.now(), done=0, findings=0)
        .on_conflict_do_nothing()
    )
    enqueue(session, "points.check_books")


def claim(session: Session) -> int | None:
    """Take a check that nobody works on; None: there is none."""
    now = clock.now()
    found = session.scalar(
        select(BookCheck)
        .where(
            BookCheck.ended_at.is_(None),
            or_(BookCheck.touched_at.is_(None), BookCheck.touched_at < now - _DEAD_AFTER),
        )
        .with_for_update(skip_locked=True)
        .limit(1)
    )
    if found is None:
        return None
    found.touched_at = now
    return found.id


def go_on(session: Session, run_id: int) -> bool:
    """Do the next check of a run; tell whether there are more."""
    run = session.get_one(BookCheck, run_id, with_for_update=True, populate_existing=True)
    if run.ended_at is not None:
        return False
    if run.done < len(_NAMES):
        run.findings += len(reconciliation.check(session, _NAMES[run.done]))
        run.done += 1
    run.touched_at = clock.now()
    if run.done >= len(_NAMES):
        run.ended_at = clock.now()
    return run.ended_at is None


def newest(session: Session) -> BookCheckRow | None:
    """Return the check that was asked for last, how far it is, and what it found."""
    run = session.scalar(select(BookCheck).order_by(BookCheck.id.desc()).limit(1))
    if run is None:
        return None
    names = accounts.staff_names(session, [run.asked_by])
    return BookCheckRow(
        asked_at=run.asked_at,
        asked_by=names.get(run.asked_by),
        done=run.done,
        total=len(_NAMES),
        findings=run.findings,
        ended_at=run.ended_at,
    )
