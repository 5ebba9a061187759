"""Areas on the ground: which points lie inside, and how far outside the others are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere: margins need no ellipsoid


@dataclass(frozen=True)
class Area:
    """Rings of (latitude, longitude) in degrees, WGS-84, each closed; a ring in a ring is a hole.

    Good for areas that neither hold a pole nor cross the 180th meridian.
    """

    rings: tuple[Floats, ...]

    @classmethod
    def of_box(cls, south: float, west: float, north: float, east: float) -> "Area":
        corners = [(south, west), (south, east), (north, east), (north, west), (south, west)]
        return cls((np.array(corners),))

    @classmethod
    def of_geojson(cls, geometry: dict[str, Any]) -> "Area":
        """Make an area of a Polygon or MultiPolygon, whose points are (longitude, latitude)."""
        polygons = (
            [geometry["coordinates"]]
            if geometry["type"] == "Polygon"
            else list(geometry["coordinates"])
        )
        return cls(tuple(np.array(ring)[:, 1::-1] for rings in polygons for ring in rings))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """South, west, north, east."""
        points = np.vstack(self.rings)
        (south, west), (north, east) = points.min(axis=0), points.max(axis=0)
        return float(south), float(west), float(north), float(east)

    @property
    def centre(self) -> tuple[float, float]:
        south, west, north, east = self.box
        return (south + north) / 2, (west + east) / 2

    def holds(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """Tell for each point whether it lies inside (a ray to the east crosses oddly many sides)."""
        inside = np.zeros(latitudes.shape, dtype=np.bool_)
        for ring in self.rings:
            for (lat_a, lng_a), (lat_b, lng_b) in pairwise(ring):
                if lat_a == lat_b:
                    continue
                is_between = (lat_a > latitudes) != (lat_b > latitudes)
                crossing = (lng_b - lng_a) * (latitudes - lat_a) / (lat_b - lat_a) + lng_a
                inside ^= is_between & (longitudes < crossing)
        return inside

    def metres_outside(self, latitudes: Floats, longitudes: Floats) -> Floats:
        """Return how far each point is from the area, 0 inside; good to a per cent near the area."""
        distances = np.full(latitudes.shape, np.inf)
        across = _METRES_PER_DEGREE * math.cos(math.radians(self.centre[0]))
        x, y = longitudes * across, latitudes * _METRES_PER_DEGREE
        for ring in self.rings:
            corners = ring * (_METRES_PER_DEGREE, across)
            for (y_a, x_a), (y_b, x_b) in pairwise(corners):
                distances = np.minimum(distances, _to_side(x, y, (x_a, y_a), (x_b, y_b)))
        distances[self.holds(latitudes, longitudes)] = 0.0
        return distances


def _to_side(x: Floats, y: Floats, a: tuple[float, float], b: tuple[float, float]) -> Floats:
    (x_a, y_a), (x_b, y_b) = a, b
    d_x, d_y = x_b - x_a, y_b - y_a
    square = d_x * d_x + d_y * d_y
    share = np.zeros_like(x) if square == 0 else ((x - x_a) * d_x + (y - y_a) * d_y) / square
    share = np.clip(share, 0.0, 1.0)
    away: Floats = np.hypot(x - (x_a + share * d_x), y - (y_a + share * d_y))
    return away


def simplified(
    ring: Sequence[tuple[float, float]], tolerance_m: float
) -> list[tuple[float, float]]:
    """Leave out corners of a closed ring of (latitude, longitude) that stray less (Douglas-Peucker)."""
    points = np.array(ring)
    across = math.cos(math.radians(float(points[:, 0].mean())))
    metres = points * (_METRES_PER_DEGREE, _METRES_PER_DEGREE * across)
    # A closed ring has no ends: the corner farthest from the first is the second anchor.
    far = int(np.hypot(*(metres - metres[0]).T).argmax())
    kept = {0, far, len(ring) - 1}
    parts = [(0, far), (far, len(ring) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        between = metres[first + 1 : last]
        (y_a, x_a), (y_b, x_b) = metres[first], metres[last]
        strays = _to_side(between[:, 1], between[:, 0], (x_a, y_a), (x_b, y_b))
        worst = int(strays.argmax())
        if strays[worst] > tolerance_m:
            corner = first + 1 + worst
            kept.add(corner)
            parts += [(first, corner), (corner, last)]
    return [ring[index] for index in sorted(kept)]
