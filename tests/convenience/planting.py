"""Facilities put into the database, with no more said of them than a test cares for."""

import uuid
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from convenience.models import Facility, Kind
from geo.cells import cell
from kernel import clock

NORTH_GATE = (29.5745, 106.5300)


def plant(
    session: Session,
    place: tuple[float, float] = NORTH_GATE,
    *,
    kind: str = "toilet",
    **said: object,
) -> int:
    """Add a facility and return its id."""
    latitude, longitude = place
    made = Facility(
        code=uuid.uuid4().hex,
        kind=kind,
        name="北门公厕",
        latitude=latitude,
        longitude=longitude,
        cell=cell(latitude, longitude),
        **said,
    )
    session.add(made)
    session.flush()
    return made.id


def plant_kind(session: Session, code: str) -> None:
    session.add(Kind(code=code, name=code))
    session.flush()


def change(session: Session, facility_id: int, **said: object) -> None:
    session.execute(update(Facility).where(Facility.id == facility_id).values(**said))


def remove(session: Session, facility_id: int, at: datetime | None = None) -> None:
    change(session, facility_id, removed_at=at or clock.now())
