"""Scans of all signs today, hour by hour, without programs."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .models import Scans
from .rules import Client


def hours_of_day(session: Session, day: date) -> tuple[int, ...]:
    """Return scans by hour of the city's day."""
    rows = session.execute(
        select(Scans.hour, func.sum(Scans.scans))
        .where(Scans.day == day, Scans.client != Client.BOT)
        .group_by(Scans.hour)
    )
    found = {hour: int(scans) for hour, scans in rows}
    return tuple(found.get(hour, 0) for hour in range(24))
