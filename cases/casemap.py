"""A schematic map of the district with points on it: an outline and circles, no tiles. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

WIDTH = 960  # units of the drawing
_MARGIN = 12


class Placed(Protocol):
    """What has a place: WGS-84 degrees."""

    @property
    def latitude(self) -> float: ...
    @property
    def longitude(self) -> float: ...


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    outline: str  # an SVG path
    parts: tuple[tuple[str, str], ...]  # (key, SVG path) of what the outline is made of
    marks: tuple[tuple[float, float], ...]  # in the order of the points


def draw(
    rings: Iterable[Sequence[tuple[float, float]]],
    points: Sequence[Placed],
    parts: Mapping[str, Iterable[Sequence[tuple[float, float]]]] = MappingProxyType({}),
) -> Drawing:
    """Draw the whole outline ((latitude, longitude) corners), its parts, and the points in it."""
    rings = [list(ring) for ring in rings]
    corners = [corner for ring in rings for corner in ring]
    south, north = min(c[0] for c in corners), max(c[0] for c in corners)
    west, east = min(c[1] for c in corners), max(c[1] for c in corners)
    across = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * _MARGIN) / ((east - west) * across)

    def place(latitude: float, longitude: float) -> tuple[float, float]:
        x = _MARGIN + (longitude - west) * across * scale
        y = _MARGIN + (north - latitude) * scale
        return round(x, 1), round(y, 1)

    def path(ring: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{x} {y}" for x, y in (place(*corner) for corner in ring)) + "Z"

    return Drawing(
        WIDTH,
        math.ceil((north - south) * scale) + 2 * _MARGIN,
        "".join(path(ring) for ring in rings),
        tuple((key, "".join(path(ring) for ring in its)) for key, its in parts.items()),
        tuple(place(point.latitude, point.longitude) for point in points),
    )
