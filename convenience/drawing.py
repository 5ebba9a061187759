"""A schematic map: the district's outline, where one is, and the places found. No tiles, no names.

North is up. Metres are true in the middle of the picture: enough to see on which side of oneself a
place lies, and no way to walk by.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kernel.words import gettext

_METRES_PER_DEGREE = 111_195.0
WIDTH = 360  # units of the drawing; below it is a strip for the scale and the north
_MARGIN = 30  # units around what must be seen
_LEAST_SPAN_M = 300.0  # nearer than this nothing is told apart better
# Lengths for the scale's bar, of which the longest that fits a third of the picture is drawn.
_BARS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)

Point = tuple[float, float]  # latitude, longitude: degrees, WGS-84


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a place stands in the drawing, and the number that the list gives it."""

    x: float
    y: float
    number: int


@dataclass(frozen=True, slots=True)
class Drawing:
    outline: str  # an SVG path
    marks: tuple[Mark, ...]
    here: tuple[float, float] | None
    bar: float  # units
    bar_m: int

    @property
    def bar_words(self) -> str:
        if self.bar_m < 1000:
            return gettext("%(count)s 米", count=self.bar_m)
        return gettext("%(count)s 公里", count=self.bar_m // 1000)


@dataclass(frozen=True, slots=True)
class _View:
    """Degrees to units, around a middle."""

    latitude: float
    longitude: float
    units_per_m: float

    @classmethod
    def around(cls, points: Sequence[Point]) -> "_View":
        south, north = min(p[0] for p in points), max(p[0] for p in points)
        west, east = min(p[1] for p in points), max(p[1] for p in points)
        latitude, longitude = (south + north) / 2, (west + east) / 2
        across = _METRES_PER_DEGREE * math.cos(math.radians(latitude))
        span = max(_LEAST_SPAN_M, (north - south) * _METRES_PER_DEGREE, (east - west) * across)
        return cls(latitude, longitude, (WIDTH - 2 * _MARGIN) / span)

    def place(self, point: Point) -> tuple[float, float]:
        across = _METRES_PER_DEGREE * math.cos(math.radians(self.latitude))
        x = (point[1] - self.longitude) * across * self.units_per_m
        y = (self.latitude - point[0]) * _METRES_PER_DEGREE * self.units_per_m
        return round(WIDTH / 2 + x, 1), round(WIDTH / 2 + y, 1)


def draw(rings: Iterable[Sequence[Point]], places: Sequence[Point], here: Point | None) -> Drawing:
    """Draw places, at least one of them or `here`, in their order, on the outline.

    One place alone is shown in the whole outline: beside nothing it would be nowhere.
    """
    rings = [list(ring) for ring in rings]
    seen = [*places, *([here] if here else [])]
    if len(seen) == 1:
        seen += [corner for ring in rings for corner in ring]
    view = _View.around(seen)
    metres = next(bar for bar in reversed(_BARS) if bar == _BARS[0] or _fits(bar, view))
    return Drawing(
        outline="".join(_path(view, ring) for ring in rings),
        marks=tuple(Mark(*view.place(point), number) for number, point in enumerate(places, 1)),
        here=view.place(here) if here else None,
        bar=round(metres * view.units_per_m, 1),
        bar_m=metres,
    )


def _fits(metres: int, view: _View) -> bool:
    return metres * view.units_per_m <= WIDTH / 3


def _path(view: _View, ring: Sequence[Point]) -> str:
    corners = (view.place(point) for point in ring)
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in corners) + "Z"
