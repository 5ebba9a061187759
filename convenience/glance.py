"""Facilities at a glance: how many wait for somebody to look, and where they stand."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .models import Correction, Facility
from .rules import Settled

MOST_POINTS = 500


@dataclass(frozen=True)
class Standing:
    """A facility's place; WGS-84 degrees."""

    code: str
    name: str
    latitude: float
    longitude: float


def corrections_waiting(session: Session) -> int:
    """Count what residents say is wrong and nobody has looked at."""
    return session.scalar(select(func.count()).where(Correction.state == Settled.OPEN)) or 0


def doubtful(session: Session) -> int:
    """Count facilities of which somebody says that something changed."""
    return (
        session.scalar(
            select(func.count()).where(Facility.is_doubtful, Facility.removed_at.is_(None))
        )
        or 0
    )


def standing(session: Session, limit: int = MOST_POINTS) -> tuple[Standing, ...]:
    """Return facilities for a map, the first ones registered."""
    rows = session.execute(
        select(Facility.code, Facility.name, Facility.latitude, Facility.longitude)
        .where(Facility.removed_at.is_(None))
        .order_by(Facility.id)
        .limit(limit)
    )
    return tuple(Standing(*row) for row in rows)
