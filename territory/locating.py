"""Which street, community and grid cell a point lies in: asked of the table, so always the newest.

The boxes of all active areas are indexed (GiST); the few whose box holds the point are looked at
exactly. Measured against an STRtree in the process in docs/territory.md.
"""

from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session, aliased

from . import shapes
from .models import Area


@dataclass(frozen=True)
class Place:
    """Where a point lies; None below the level that was found. Nothing at all is outside."""

    street_code: str | None = None
    community_code: str | None = None
    grid_code: str | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """From the cell up to the street."""
        found = (self.grid_code, self.community_code, self.street_code)
        return tuple(code for code in found if code is not None)


NOWHERE = Place()

_PARENT = aliased(Area)
_BOX = text(
    "box(point(territory_areas.east, territory_areas.north),"
    " point(territory_areas.west, territory_areas.south))"
    " @> box(point(:lng, :lat), point(:lng, :lat))"
)
_CANDIDATES = (
    select(Area.code, Area.level, Area.shape, Area.parent_code, _PARENT.parent_code.label("above"))
    .outerjoin(_PARENT, _PARENT.code == Area.parent_code)
    .where(Area.is_active, Area.level > 1, _BOX)
    # The innermost first; on a border the smaller code, always the same one.
    .order_by(Area.level.desc(), Area.code)
)


def place_of(session: Session, latitude: float | None, longitude: float | None) -> Place:
    """Return where the point (WGS-84 degrees) lies; nowhere for no point."""
    if latitude is None or longitude is None:
        return NOWHERE
    for row in session.execute(_CANDIDATES, {"lat": latitude, "lng": longitude}):
        if shapes.holds(row.shape, latitude, longitude):
            above = (row.code, row.parent_code, row.above)
            codes = above[: row.level - 1][::-1]  # from the street down
            return Place(*codes)
    return NOWHERE
