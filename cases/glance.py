"""Today at a glance: what came, what is usual, where it is. Counted from indexes of open cases and days.

"Usual" is the average of the same weekday of the last four weeks, until the same time of day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import extract, func, select
from sqlalchemy.orm import Session

from kernel import clock

from .models import Case, CaseMove
from .workflow import OPEN

USUAL_WEEKS = 4
TOP = 10


@dataclass(frozen=True)
class Compared:
    """Today's count, and the usual one at this time of day."""

    today: int
    usual: float


@dataclass(frozen=True)
class Glance:
    reported: Compared
    filed: Compared
    urgent: int
    hours: tuple[int, ...]  # reports of today, by hour of the city
    usual_hours: tuple[float, ...]
    bodies: tuple[tuple[int, int, int], ...]  # body, open cases, late ones: the most late first
    classes: tuple[tuple[str, int], ...]  # reports of the last seven days


def day_begin(at: datetime) -> datetime:
    """Return the beginning of the city's day."""
    return datetime.combine(clock.city_day(at), time(), clock.CITY)


def glance(session: Session, now: datetime) -> Glance:
    """Count what the duty desk looks at."""
    begin = day_begin(now)
    hours, usual = _hours(session, begin, now)
    return Glance(
        reported=Compared(sum(hours), _usual_reports(session, begin, now)),
        filed=_filed(session, begin, now),
        urgent=session.scalar(
            select(func.count()).select_from(Case).where(Case.is_urgent, Case.status.in_(OPEN))
        )
        or 0,
        hours=hours,
        usual_hours=usual,
        bodies=_bodies(session, now),
        classes=_classes(session, begin - timedelta(days=6)),
    )


def _days_like(begin: datetime) -> list[datetime]:
    """Return the beginnings of the same weekday's last days; the city has no summer time."""
    return [begin - timedelta(weeks=weeks) for weeks in range(1, USUAL_WEEKS + 1)]


def _usual_reports(session: Session, begin: datetime, now: datetime) -> float:
    passed = now - begin
    counted = (
        session.scalar(
            select(func.count()).where(Case.reported_at >= day, Case.reported_at < day + passed)
        )
        for day in _days_like(begin)
    )
    return sum(each or 0 for each in counted) / USUAL_WEEKS


def _filed(session: Session, begin: datetime, now: datetime) -> Compared:
    passed = now - begin
    days = (begin, *_days_like(begin))
    today, *before = (
        session.scalar(
            select(func.count()).where(
                CaseMove.name == "file", CaseMove.at >= day, CaseMove.at < day + passed
            )
        )
        or 0
        for day in days
    )
    return Compared(today, sum(before) / USUAL_WEEKS)


def _hours(
    session: Session, begin: datetime, now: datetime
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    hour = extract("hour", func.timezone(clock.CITY.key, Case.reported_at))

    def of(first: datetime, last: datetime) -> Sequence[int]:
        rows = session.execute(
            select(hour, func.count())
            .where(Case.reported_at >= first, Case.reported_at < last)
            .group_by(hour)
        )
        found = {int(row[0]): row[1] for row in rows}
        return [found.get(each, 0) for each in range(24)]

    usual = [of(day, day + timedelta(days=1)) for day in _days_like(begin)]
    return (
        tuple(of(begin, now + timedelta(seconds=1))),
        tuple(sum(each) / USUAL_WEEKS for each in zip(*usual, strict=True)),
    )


def _bodies(session: Session, now: datetime) -> tuple[tuple[int, int, int], ...]:
    late = func.count().filter(Case.stage_due_at < now)
    rows = session.execute(
        select(Case.body_id, func.count(), late)
        .where(Case.status.in_(OPEN), Case.body_id.is_not(None))
        .group_by(Case.body_id)
        .order_by(late.desc(), func.count().desc(), Case.body_id)
        .limit(TOP)
    )
    return tuple((body or 0, count, red) for body, count, red in rows)


def _classes(session: Session, since: datetime) -> tuple[tuple[str, int], ...]:
    rows = session.execute(
        select(Case.class_code, func.count())
        .where(Case.reported_at >= since, Case.class_code.is_not(None))
        .group_by(Case.class_code)
        .order_by(func.count().desc(), Case.class_code)
        .limit(TOP)
    )
    return tuple((code or "", count) for code, count in rows)
