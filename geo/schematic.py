"""A schematic view of a piece of the earth: where a point is drawn, and what point was tapped. Pure.

North is up, and a metre is as long to the east as to the north in the middle of the view: good for
a district, wrong near the poles and across the 180th meridian.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere: finer than a finger


@dataclass(frozen=True, slots=True)
class View:
    """A picture of `width` by `height` units around a WGS-84 point in degrees."""

    latitude: float
    longitude: float
    metres_across: float
    width: int
    height: int

    @property
    def _unit(self) -> tuple[float, float]:
        """Return degrees of latitude and of longitude of one unit."""
        up = self.metres_across / self.width / METRES_PER_DEGREE
        return up, up / math.cos(math.radians(self.latitude))

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return (x, y) of a point, to a tenth of a unit; y counts downwards."""
        up, right = self._unit
        return (
            round(self.width / 2 + (longitude - self.longitude) / right, 1),
            round(self.height / 2 - (latitude - self.latitude) / up, 1),
        )

    def where(self, x: float, y: float) -> tuple[float, float]:
        """Return the point that is drawn at (x, y)."""
        up, right = self._unit
        return (
            self.latitude + (self.height / 2 - y) * up,
            self.longitude + (x - self.width / 2) * right,
        )

    def holds(self, latitude: float, longitude: float) -> bool:
        """Tell whether a point is drawn inside the picture."""
        x, y = self.place(latitude, longitude)
        return 0 <= x <= self.width and 0 <= y <= self.height

    def path(self, rings: Iterable[Sequence[tuple[float, float]]]) -> str:
        """Return closed rings of (latitude, longitude) as an SVG path."""
        return "".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in (self.place(*c) for c in ring)) + "Z"
            for ring in rings
        )
