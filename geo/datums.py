"""WGS-84 (what we store), GCJ-02 (what Chinese maps and WeChat speak), BD-09 (Baidu).

The GCJ-02 offset is the widely published formula (Krasovsky 1940 ellipsoid); against a map
provider's own converter it is good to a metre or two in Chongqing, so no inverse can be better
against the real thing. The inverse here is exact against the formula: three fixed-point steps
leave 15 µm in the district.

All angles are degrees, as floats or as arrays of them. Nothing is exempted as "outside China": the
service converts for one district and refuses far-away input instead.
"""

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Degrees = TypeVar("Degrees", float, NDArray[np.float64])

_A = 6378245.0  # semi-major axis, metres, Krasovsky 1940
_EE = 0.00669342162296594323  # first eccentricity squared
_BD_PI = math.pi * 3000.0 / 180.0
_STEPS = 3


def wgs84_to_gcj02(latitude: Degrees, longitude: Degrees) -> tuple[Degrees, Degrees]:
    """Return (latitude, longitude) in GCJ-02 of a point in WGS-84."""
    d_lat, d_lng = _offset(latitude, longitude)
    return latitude + d_lat, longitude + d_lng


def gcj02_to_wgs84(latitude: Degrees, longitude: Degrees) -> tuple[Degrees, Degrees]:
    """Return (latitude, longitude) in WGS-84 of a point in GCJ-02, to well under a millimetre."""
    lat, lng = latitude, longitude
    for _ in range(_STEPS):
        d_lat, d_lng = _offset(lat, lng)
        lat, lng = latitude - d_lat, longitude - d_lng
    return lat, lng


def gcj02_to_bd09(latitude: Degrees, longitude: Degrees) -> tuple[Degrees, Degrees]:
    """Return (latitude, longitude) in BD-09 of a point in GCJ-02."""
    m = _mathematics(latitude)
    radius = m.hypot(longitude, latitude) + 0.00002 * m.sin(latitude * _BD_PI)
    angle = m.atan2(latitude, longitude) + 0.000003 * m.cos(longitude * _BD_PI)
    return radius * m.sin(angle) + 0.006, radius * m.cos(angle) + 0.0065


def bd09_to_gcj02(latitude: Degrees, longitude: Degrees) -> tuple[Degrees, Degrees]:
    """Return (latitude, longitude) in GCJ-02 of a point in BD-09, to well under a millimetre."""
    lat, lng = latitude - 0.006, longitude - 0.0065
    for _ in range(_STEPS):
        there_lat, there_lng = gcj02_to_bd09(lat, lng)
        lat, lng = lat + latitude - there_lat, lng + longitude - there_lng
    return lat, lng


def _offset(latitude: Degrees, longitude: Degrees) -> tuple[Degrees, Degrees]:
    m = _mathematics(latitude)
    x, y = longitude - 105.0, latitude - 35.0
    wave = (20.0 * m.sin(6.0 * x * math.pi) + 20.0 * m.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * m.sqrt(abs(x))
    north += wave
    north += (20.0 * m.sin(y * math.pi) + 40.0 * m.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * m.sin(y / 12.0 * math.pi) + 320.0 * m.sin(y * math.pi / 30.0)) * 2 / 3
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * m.sqrt(abs(x))
    east += wave
    east += (20.0 * m.sin(x * math.pi) + 40.0 * m.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * m.sin(x / 12.0 * math.pi) + 300.0 * m.sin(x / 30.0 * math.pi)) * 2 / 3
    phi = m.radians(latitude)
    magic = 1 - _EE * m.sin(phi) ** 2
    meridian = _A * (1 - _EE) / (magic * m.sqrt(magic))
    parallel = _A / m.sqrt(magic) * m.cos(phi)
    return m.degrees(north / meridian), m.degrees(east / parallel)


def _mathematics(angle: object) -> Any:  # noqa: ANN401  # two modules that know the same functions
    """Return what computes with such numbers: for one, math is ten times as fast as NumPy."""
    return np if isinstance(angle, np.ndarray) else math
