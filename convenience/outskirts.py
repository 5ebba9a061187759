"""How far outside the district somebody stands."""

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import territory
from geo import geodesic

# Nearer to the district than this, nobody needs to be told that he is not in it.
FAR_M = 3_000.0
# Up to here the earth is flat enough for plane arithmetic.
_FLAT_M = 50_000.0
_DEGREE_M = 111_195.0  # of latitude


def outside_m(latitude: float, longitude: float) -> float:
    """Return how far from the district a place is; 0 inside and near it."""
    outline = _outline()
    if outline.holds_in_box(latitude, longitude):
        return 0.0
    away = outline.distance_m(latitude, longitude, enough_m=FAR_M)
    if away > _FLAT_M:  # there flat arithmetic ends
        away = min(
            float(geodesic.distances_m(latitude, longitude, ring[:, 0], ring[:, 1]).min())
            for ring in territory.district().rings
        )
    return away if away > FAR_M else 0.0


@dataclass(frozen=True, slots=True)
class _Outline:
    """The district for one point at a time: a hundred sides are too few for arrays to pay."""

    box: tuple[float, float, float, float]
    across: float  # metres of a degree of longitude
    sides: tuple[tuple[float, float, float, float], ...]  # metres: y, x, and to the other end

    def holds_in_box(self, latitude: float, longitude: float) -> bool:
        south, west, north, east = self.box
        return south <= latitude <= north and west <= longitude <= east

    def distance_m(self, latitude: float, longitude: float, *, enough_m: float) -> float:
        """Return how far the nearest side is; of what is nearer than `enough_m`, only that it is."""
        y, x = latitude * _DEGREE_M, longitude * self.across
        least, enough = math.inf, enough_m * enough_m
        for side_y, side_x, d_y, d_x in self.sides:
            to_y, to_x = y - side_y, x - side_x
            share = (to_y * d_y + to_x * d_x) / (d_y * d_y + d_x * d_x or 1.0)
            share = 0.0 if share < 0 else min(share, 1.0)
            off_y, off_x = to_y - share * d_y, to_x - share * d_x
            away = off_y * off_y + off_x * off_x
            if away < least:
                least = away
                if least < enough:
                    break
        return math.sqrt(least)


@cache
def _outline() -> _Outline:
    area = territory.district()
    across = _DEGREE_M * math.cos(math.radians(area.centre[0]))
    sides: list[tuple[float, float, float, float]] = []
    for ring in area.rings:
        corners = [(lat * _DEGREE_M, lng * across) for lat, lng in ring.tolist()]
        sides += [(y, x, b - y, a - x) for (y, x), (b, a) in pairwise(corners)]
    return _Outline(area.box, across, tuple(sides))
