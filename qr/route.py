"""The order in which somebody visits places: always the nearest that is left."""

from collections.abc import Sequence

import numpy as np

from geo.geodesic import distances_m


def nearest_first(
    start: tuple[float, float], places: Sequence[tuple[float, float]], *, most: int
) -> list[tuple[int, float]]:
    """Return (place in the list, metres from the one before) of up to `most` stops.

    Degrees, WGS-84. Not the shortest of all ways, but one that nobody on foot has to be told the
    reason of; of equally near places the first in the list comes first.
    """
    if not places:
        return []
    latitudes, longitudes = np.array(places, dtype=np.float64).T
    here, left = start, np.ones(len(places), dtype=np.bool_)
    stops: list[tuple[int, float]] = []
    for _ in range(min(most, len(places))):
        ways = np.where(left, distances_m(*here, latitudes, longitudes), np.inf)
        nearest = int(ways.argmin())
        stops.append((nearest, float(ways[nearest])))
        left[nearest] = False
        here = places[nearest]
    return stops
