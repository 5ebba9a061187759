"""The control of the index: every facility measured and looked at, one by one."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
from pyproj import Geod

from convenience.index import Facilities, Need
from convenience.timetable import UNKNOWN, Timetable

_EARTH = Geod(ellps="WGS84")

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Place:
    id: int
    kind: str
    latitude: float
    longitude: float
    traits: int = 0
    hours: str | None = None
    spaces_until: float = 0.0


@cache
def spans_of(hours: str) -> Spans:
    """Read hours of the tests: `a-b` is open from a to b in Unix seconds, `a-b,c-d` twice."""
    pairs = [span.split("-") for span in hours.split(",")]
    return tuple((float(start), float(end)) for start, end in pairs)


def read_spans(hours: str, since: datetime, days: int) -> Spans:
    """Give what a timetable asks for: the times open from an instant on."""
    first, last = since.timestamp(), since.timestamp() + days * 86400
    return tuple(
        (max(a, first), min(b, last)) for a, b in spans_of(hours) if b > first and a < last
    )


def is_open(hours: str | None, now: float) -> bool:
    return hours is not None and any(start <= now < end for start, end in spans_of(hours))


def columns(places: Iterable[Place], timetable: Timetable) -> dict[str, Facilities]:
    """Return the places as the index takes them, and their hours by the timetable's numbers."""
    kinds: dict[str, list[Place]] = {}
    for place in sorted(places, key=lambda place: place.id):
        kinds.setdefault(place.kind, []).append(place)
    return {kind: _columns(some, timetable) for kind, some in kinds.items()}


def _columns(some: list[Place], timetable: Timetable) -> Facilities:
    hours = [UNKNOWN if p.hours is None else timetable.number_of(p.hours) for p in some]
    return Facilities(
        ids=np.array([p.id for p in some], dtype=np.int64),
        latitudes=np.array([p.latitude for p in some], dtype=np.float64),
        longitudes=np.array([p.longitude for p in some], dtype=np.float64),
        traits=np.array([p.traits for p in some], dtype=np.uint8),
        hours=np.array(hours, dtype=np.int32),
        spaces_until=np.array([p.spaces_until for p in some], dtype=np.float64),
    )


class Brute:
    """All places, measured by Karney's method; lengths in whole millimetres, then ids."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = sorted(places, key=lambda place: place.id)
        self._latitudes = np.array([p.latitude for p in self.places])
        self._longitudes = np.array([p.longitude for p in self.places])

    def nearest(
        self,
        latitude: float,
        longitude: float,
        k: int,
        *,
        is_wanted: Callable[[Place], bool] = lambda _place: True,
        radius_m: float = math.inf,
    ) -> list[tuple[int, float]]:
        if not self.places or k < 1:
            return []
        here = np.full((2, len(self.places)), [[longitude], [latitude]])
        _, _, ways = _EARTH.inv(here[0], here[1], self._longitudes, self._latitudes)
        millimetres = np.floor(np.asarray(ways) * 1000 + 0.5).astype(np.int64)
        found: list[tuple[int, float]] = []
        for row in np.argsort(millimetres, kind="stable").tolist():  # rows are in the order of ids
            way = int(millimetres[row]) / 1000
            if way > radius_m or len(found) == k:
                break
            if is_wanted(self.places[row]):
                found.append((self.places[row].id, way))
        return found


def wanted(kind: str | None, needs: Need, now: float) -> Callable[[Place], bool]:
    """Return whether a place has what is needed, told one by one."""
    lasting = int(needs) & 63
    is_open_wanted, are_spaces_wanted = bool(needs & Need.OPEN), bool(needs & Need.SPACES)

    def is_wanted(place: Place) -> bool:
        if kind is not None and place.kind != kind:
            return False
        if place.traits & lasting != lasting:
            return False
        if is_open_wanted and not is_open(place.hours, now):
            return False
        return not are_spaces_wanted or place.spaces_until >= now

    return is_wanted
