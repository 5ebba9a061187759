"""Distances and bearings on the WGS-84 ellipsoid by Karney's method, good to nanometres.

Angles are degrees, WGS-84; lengths are metres. A distance is "as the crow flies": whoever walks
goes farther, in a hilly city with two rivers much farther.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

Floats: TypeAlias = NDArray[np.float64]

_EARTH = Geod(ellps="WGS84")

_WINDS = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")


def distance_m(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """Return the length of the shortest way between two points."""
    _, _, length = _EARTH.inv(longitude, latitude, other_longitude, other_latitude)
    return float(length)


def distances_m(latitude: float, longitude: float, latitudes: Floats, longitudes: Floats) -> Floats:
    """Return the lengths of the shortest ways from one point to many."""
    here = np.empty((2, len(latitudes)))
    here[0], here[1] = longitude, latitude
    _, _, lengths = _EARTH.inv(here[0], here[1], longitudes, latitudes)
    return np.asarray(lengths, dtype=np.float64)


def bearing_deg(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """Return the direction in which the way to the other point begins: 0 north, 90 east, < 360.

    From a point to itself it is 0; who speaks of it asks for the distance first.
    """
    azimuth, _, length = _EARTH.inv(longitude, latitude, other_longitude, other_latitude)
    return float(azimuth) % 360.0 if length else 0.0


def wind(bearing: float) -> str:
    """Say a bearing as people do: one of eight directions, 东北 for 45 degrees."""
    return _WINDS[round(bearing / 45.0) % 8]
