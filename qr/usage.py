"""How signs are used: counts, habits, silence. Figures without anybody in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from kernel import clock

from . import rules
from .models import Alarm, Code, FarReport, Heat, Plate, Scans, Site, Usage
from .rules import FAR_COUNTS, HANGING


def hours_of(session: Session, codes: Sequence[str], today: date) -> dict[tuple[int, int], int]:
    """Return scans of these codes in the last weeks by (weekday from 1, hour), without programs."""
    rows = session.execute(
        select(func.extract("isodow", Scans.day), Scans.hour, func.sum(Scans.scans))
        .where(
            Scans.code.in_(codes),
            Scans.day > today - timedelta(days=rules.HABIT_DAYS),
            Scans.client != rules.Client.BOT,
        )
        .group_by(func.extract("isodow", Scans.day), Scans.hour)
    )
    return {(int(day), hour): int(scans) for day, hour, scans in rows}


def clients_of(session: Session, codes: Sequence[str], today: date) -> dict[str, int]:
    """Return scans of these codes in the last weeks by kind of client."""
    rows = session.execute(
        select(Scans.client, func.sum(Scans.scans))
        .where(Scans.code.in_(codes), Scans.day > today - timedelta(days=rules.HABIT_DAYS))
        .group_by(Scans.client)
    )
    return {client: int(scans) for client, scans in rows}


def heat(session: Session) -> dict[tuple[int, int], int]:
    """Return scans of all signs in the last weeks by (weekday from 1, hour)."""
    rows = session.execute(select(Heat.weekday, Heat.hour, Heat.scans))
    return {(row.weekday, row.hour): row.scans for row in rows}


@dataclass(frozen=True, slots=True)
class Used:
    code: str
    number: str
    name: str
    scans_7d: int
    scans_28d: int
    habit_per_day: float
    last_scan_at: datetime | None


def most_used(session: Session, limit: int = 10) -> list[Used]:
    """Return the signs that were scanned most in the last weeks."""
    return _used(session, select_by=None, order=Usage.scans_28d.desc(), limit=limit)


def silent(session: Session, limit: int = 50) -> list[Used]:
    """Return signs that have gone silent against their habit, the busiest first."""
    return _used(
        session, select_by=Usage.is_silent.is_(True), order=Usage.habit_per_day.desc(), limit=limit
    )


def _used(
    session: Session,
    *,
    select_by: ColumnElement[bool] | None,
    order: ColumnElement[Any],
    limit: int,
) -> list[Used]:
    query = (
        select(
            Usage.code,
            Site.number,
            Site.name,
            Usage.scans_7d,
            Usage.scans_28d,
            Usage.habit_per_day,
            Usage.last_scan_at,
        )
        .join(Code, Code.code == Usage.code)
        .join(Site, Site.id == Code.site_id)
        .order_by(order, Usage.code)
        .limit(limit)
    )
    if select_by is not None:
        query = query.where(select_by)
    return [Used(*row) for row in session.execute(query)]


def never_used(session: Session) -> int:
    """Return how many hanging signs nobody scanned in the last weeks."""
    used = select(Usage.code).where(Usage.code == Plate.code, Usage.scans_28d > 0)
    query = select(func.count()).where(Plate.state.in_(HANGING), ~used.correlate(Plate).exists())
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Far:
    number: str
    name: str
    reports: int
    farthest_m: int


def far(session: Session, limit: int = 50) -> list[Far]:
    """Return signs with reports made elsewhere, those with most first."""
    rows = session.execute(
        select(Site.number, Site.name, func.count(), func.max(FarReport.distance_m))
        .join(Code, Code.code == FarReport.code)
        .join(Site, Site.id == Code.site_id)
        .where(FarReport.at > clock.now() - FAR_COUNTS, FarReport.settled_at.is_(None))
        .group_by(Site.number, Site.name)
        .order_by(func.count().desc(), Site.number)
        .limit(limit)
    )
    return [Far(*row) for row in rows]


def open_alarm(session: Session) -> Alarm | None:
    """Return the alarm about guessed codes that nobody has looked at yet."""
    return session.scalar(select(Alarm).where(Alarm.cleared_at.is_(None)))
