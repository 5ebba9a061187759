"""WGS-84 (what we store), GCJ-02 (what Chinese maps and WeChat speak), BD-09 (Baidu).

The GCJ-02 offset is the widely published formula (Krasovsky 1940 ellipsoid); against a map
provider's own converter it is good to a metre or two in Chongqing, so no inverse can be better
against the real thing. The inverse here is exact against the formula: three fixed-point steps
leave 15 µm in the district.

All angles are degrees. Nothing is exempted as "outside China": the service converts for one
district and refuses far-away input instead.
"""

import math

_A = 6378245.0  # semi-major axis, metres, Krasovsky 1940
_EE = 0.00669342162296594323  # first eccentricity squared
_BD_PI = math.pi * 3000.0 / 180.0
_STEPS = 3


def wgs84_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """Return (latitude, longitude) in GCJ-02 of a point in WGS-84."""
    d_lat, d_lng = _offset(latitude, longitude)
    return latitude + d_lat, longitude + d_lng


def gcj02_to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """Return (latitude, longitude) in WGS-84 of a point in GCJ-02, to well under a millimetre."""
    lat, lng = latitude, longitude
    for _ in range(_STEPS):
        d_lat, d_lng = _offset(lat, lng)
        lat, lng = latitude - d_lat, longitude - d_lng
    return lat, lng


def gcj02_to_bd09(latitude: float, longitude: float) -> tuple[float, float]:
    """Return (latitude, longitude) in BD-09 of a point in GCJ-02."""
    radius = math.hypot(longitude, latitude) + 0.00002 * math.sin(latitude * _BD_PI)
    angle = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * _BD_PI)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


def bd09_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """Return (latitude, longitude) in GCJ-02 of a point in BD-09, to well under a millimetre."""
    lat, lng = latitude - 0.006, longitude - 0.0065
    for _ in range(_STEPS):
        there_lat, there_lng = gcj02_to_bd09(lat, lng)
        lat, lng = lat + latitude - there_lat, lng + longitude - there_lng
    return lat, lng


def _offset(latitude: float, longitude: float) -> tuple[float, float]:
    x, y = longitude - 105.0, latitude - 35.0
    wave = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += wave
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2 / 3
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += wave
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2 / 3
    phi = math.radians(latitude)
    magic = 1 - _EE * math.sin(phi) ** 2
    meridian = _A * (1 - _EE) / (magic * math.sqrt(magic))
    parallel = _A / math.sqrt(magic) * math.cos(phi)
    return math.degrees(north / meridian), math.degrees(east / parallel)
