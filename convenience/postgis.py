"""The k nearest facilities out of PostGIS: for so many that no process should hold them.

The answers are those of `convenience.index`, to the millimetre and in the same order. PostGIS finds by
a distance on a sphere, which is off from the ellipsoid's by a bounded share: whatever path one takes,
each metre of it on the sphere is 0.9944 to 1.0045 metres on the ellipsoid (the radii of curvature,
6,335,439 to 6,399,594 m, by the sphere's 6,371,009 m). So the k nearest on the sphere give a length
within which the k nearest surely lie; whoever is within it is measured by Karney's method.

A question costs one statement, seldom two: some hundred microseconds. From far outside, where all are
nearly as far, the second reads many.
"""

import math
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.cells import NotOnEarth
from geo.geodesic import distances_m
from kernel.database import transaction

from .index import Need
from .loading import TRAITS, HoursRead, read_hours
from .rules import SPACES_LIMIT
from .timetable import Timetable

LOOK_AGAIN_S = 1.0
_LEAST_SHARE = 0.9944
_SPARE = 8
_LEEWAY_M = 0.01  # more than rounding to millimetres and PostGIS's own
_PLACE = "(ST_Point(longitude, latitude, 4326)::geography)"
_HERE = "ST_Point(:longitude, :latitude, 4326)::geography"
_INDEX = "ix_convenience_facilities_place"

_Rows = Sequence[Any]


def prepare(session: Session) -> None:
    """Make the extension and the index, where they are missing; takes minutes for tens of millions."""
    session.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    session.execute(
        text(
            f"CREATE INDEX IF NOT EXISTS {_INDEX} ON convenience_facilities"
            f" USING gist ({_PLACE}) WHERE removed_at IS NULL"
        )
    )


class PostgisEngine:
    """Facilities as they are in the database at each question; hours as of one reading."""

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable

    def nearest(
        self,
        latitude: float,
        longitude: float,
        k: int,
        *,
        kind: str | Sequence[str] | None = None,
        needs: Need | int = Need.NOTHING,
        radius_m: float = math.inf,
        now: float = 0.0,
    ) -> list[tuple[int, float]]:
        """Return (id, metres) of the k nearest: see Index.nearest, also for what is raised."""
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise NotOnEarth(f"{latitude}, {longitude}")
        if k < 1:
            return []
        where, given = self._where(kind, Need(int(needs)), now)
        given |= {"latitude": latitude, "longitude": longitude, "most": k + _SPARE}
        with transaction() as session:
            rows = session.execute(text(_NEAREST.format(where=where)), given).all()
            found = _measured(latitude, longitude, rows)[:k]
            if len(rows) == k + _SPARE:
                # Nobody who is not among the rows is nearer than this.
                sure_m = rows[-1].way * _LEAST_SHARE - _LEEWAY_M
                farthest_m = min(found[-1][0] / 1000, radius_m)
                if farthest_m >= sure_m:
                    given["reach"] = farthest_m / _LEAST_SHARE + _LEEWAY_M
                    rows = session.execute(text(_WITHIN.format(where=where)), given).all()
                    found = _measured(latitude, longitude, rows)[:k]
        return [(number, way / 1000) for way, number in found if way / 1000 <= radius_m]

    def _where(
        self, kind: str | Sequence[str] | None, needs: Need, now: float
    ) -> tuple[str, dict[str, object]]:
        parts, given = ["removed_at IS NULL"], dict[str, object]()
        if kind is not None:
            parts.append("kind = ANY(:kinds)")
            given["kinds"] = [kind] if isinstance(kind, str) else list(kind)
        parts += [name for name, need in TRAITS.items() if needs & need]
        if needs & Need.OPEN:
            is_open = self.timetable.at(now).is_open
            parts.append("hours = ANY(:hours)")
            given["hours"] = [t for n, t in enumerate(self.timetable.texts) if is_open[n]]
        if needs & Need.SPACES:
            parts.append("free_spaces >= 1 AND extract(epoch FROM free_spaces_at) + :limit >= :now")
            given |= {"limit": SPACES_LIMIT.total_seconds(), "now": now}
        return " AND ".join(parts), given


_NEAREST = f"""
SELECT id, latitude, longitude, {_PLACE} <-> {_HERE} AS way FROM convenience_facilities
WHERE {{where}} ORDER BY way LIMIT :most
"""  # noqa: S608  # of our own words only
_WITHIN = f"""
SELECT id, latitude, longitude FROM convenience_facilities
WHERE {{where}} AND ST_DWithin({_PLACE}, {_HERE}, :reach, false)
"""  # noqa: S608  # as above


def _measured(latitude: float, longitude: float, rows: _Rows) -> list[tuple[int, int]]:
    """Return (millimetres, id) in their order."""
    if not rows:
        return []
    there = np.array([(row.latitude, row.longitude) for row in rows], dtype=np.float64).T
    ways = np.floor(distances_m(latitude, longitude, there[0], there[1]) * 1000 + 0.5)
    return sorted(zip(ways.astype(np.int64).tolist(), [row.id for row in rows], strict=True))


class Postgis:
    """Gives the engine, another one whenever something was committed; looks once a second."""

    def __init__(self, *, look_again_s: float = LOOK_AGAIN_S) -> None:
        self._look_again_s = look_again_s
        self._looked_at = -math.inf
        self._read: HoursRead | None = None
        self._engine: PostgisEngine | None = None
        self._entrance = threading.Lock()

    def current(self) -> PostgisEngine:
        """Return the engine; raises what the database raises."""
        engine = self._engine
        if engine is not None and time.monotonic() - self._looked_at < self._look_again_s:
            return engine
        with self._entrance:
            with transaction() as session:
                read = read_hours(session, self._read)
            self._looked_at = time.monotonic()
            if self._engine is None or read is not self._read:
                self._engine = PostgisEngine(read.timetable)
            self._read = read
            return self._engine
