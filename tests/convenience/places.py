"""Facilities for tests, around one corner of 观音桥."""

import itertools
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from convenience.models import Facility
from geo.cells import cell

HERE = (29.5745, 106.5300)  # WGS-84
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # Monday 12:00 in the city
NIGHT = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)  # Monday 03:00
DAYTIME = "Mo-Su 08:00-22:00"

_numbers = itertools.count(1)


def a_facility(
    session: Session, name: str = "观音桥步行街公厕", *, north_m: float = 100.0, **facts: object
) -> Facility:
    """Add a facility so many metres north of HERE, unless told otherwise."""
    number = next(_numbers)
    given = {
        "code": f"t-{number}",
        "kind": "toilet",
        "name": name,
        "latitude": HERE[0] + north_m / 110_852,
        "longitude": HERE[1],
        **facts,
    }
    made = Facility(**given)
    made.cell = cell(made.latitude, made.longitude)
    session.add(made)
    session.commit()
    return made
