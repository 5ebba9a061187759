"""The end of points: what is free of a lot goes after the lot's day, and only that.

Held points stay held. A run that is late changes nothing: nobody can use a lot past its date.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from kernel import bus, clock

from . import ledger
from .errors import ClockDoubted, SecondPersonRequired
from .events import PointsExpireSoon
from .models import Account, DailyRun, Lot

JOB = "expiry"
MOST_DAYS_AWAY = 3  # a long weekend without power; more looks like a wrong clock
WARNED_DAYS_BEFORE = (30, 7)


@dataclass(frozen=True)
class Due:
    citizen_id: int
    expires_on: date


def begin_day(
    session: Session,
    *,
    job: str = JOB,
    is_careful: bool = True,
    actor_id: int | None = None,
    approver_id: int | None = None,
) -> tuple[date, bool]:
    """Take today as the business day of a daily job; tell the day and whether it is new.

    Days go forward, and not by more than `MOST_DAYS_AWAY` without two people who looked at the
    clock: a server that believes it is next year must not expire everybody's points. Raises
    ClockDoubted, unless the job is one that does no harm on a wrong day (`is_careful` false).
    """
    if actor_id is not None and actor_id == approver_id:
        raise SecondPersonRequired
    today = clock.city_day(clock.now())
    last = session.scalar(select(func.max(DailyRun.business_on)).where(DailyRun.job == job))
    if last == today:
        return today, False
    is_confirmed = actor_id is not None and approver_id is not None
    if not is_careful and last is not None and today < last:
        return last, False
    if (
        is_careful
        and last is not None
        and (today < last or (today > last + timedelta(days=MOST_DAYS_AWAY) and not is_confirmed))
    ):
        raise ClockDoubted
    session.execute(
        insert(DailyRun).values(
            job=job, business_on=today, actor_id=actor_id, approver_id=approver_id
        )
    )
    return today, True


def due(session: Session, *, day: date, limit: int = 1000) -> tuple[Due, ...]:
    """Return lots whose day was before this one and that have free points."""
    rows = session.execute(
        select(Account.citizen_id, Lot.expires_on)
        .join(Account, Account.id == Lot.account_id)
        .where(Lot.free > 0, Lot.expires_on < day, ~Account.is_frozen)
        .order_by(Lot.expires_on, Lot.account_id)
        .limit(limit)
    )
    return tuple(Due(row.citizen_id, row.expires_on) for row in rows)


def expire_lot(session: Session, lot: Due, *, day: date) -> int:
    """Expire what is free of the lot now; return how much that was."""
    purse = ledger.lock(session, lot.citizen_id)
    if lot.expires_on >= day or purse.wallet.is_frozen:
        return 0
    free = ledger.free_of(session, purse.wallet, lot.expires_on)
    if free:
        ledger.expire(session, purse, lot.expires_on, free, cause=f"{day}")
    return free


def warn(session: Session, *, day: date) -> int:
    """Tell people whose points end in a month or in a week; return how many were told."""
    days = [day + timedelta(days=ahead) for ahead in WARNED_DAYS_BEFORE]
    rows = session.execute(
        select(Account.citizen_id, Lot.expires_on, Lot.free)
        .join(Account, Account.id == Lot.account_id)
        .where(Lot.free > 0, Lot.expires_on.in_(days))
        .order_by(Lot.account_id, Lot.expires_on)
    ).all()
    for row in rows:
        bus.publish(session, PointsExpireSoon(row.citizen_id, row.free, row.expires_on))
    return len(rows)
