"""WGS-84 to GCJ-02, as a phone in China does before it sends a place."""

import math

_AXIS = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323


def from_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """Return latitude and longitude in GCJ-02; meant for places inside China."""
    x, y = longitude - 105.0, latitude - 35.0
    shared = 20.0 * (math.sin(6.0 * math.pi * x) + math.sin(2.0 * math.pi * x)) * 2.0 / 3.0
    north = (
        -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * math.sqrt(abs(x))
        + shared
        + (20.0 * math.sin(math.pi * y) + 40.0 * math.sin(math.pi / 3.0 * y)) * 2.0 / 3.0
        + (160.0 * math.sin(math.pi / 12.0 * y) + 320.0 * math.sin(math.pi / 30.0 * y)) * 2.0 / 3.0
    )
    east = (
        300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * math.sqrt(abs(x))
        + shared
        + (20.0 * math.sin(math.pi * x) + 40.0 * math.sin(math.pi / 3.0 * x)) * 2.0 / 3.0
        + (150.0 * math.sin(math.pi / 12.0 * x) + 300.0 * math.sin(math.pi / 30.0 * x)) * 2.0 / 3.0
    )
    phi = math.radians(latitude)
    flattening = 1.0 - _ECCENTRICITY2 * math.sin(phi) ** 2
    meridian = math.radians(_AXIS * (1.0 - _ECCENTRICITY2) / flattening**1.5)
    parallel = math.radians(_AXIS / math.sqrt(flattening) * math.cos(phi))
    return latitude + north / meridian, longitude + east / parallel
