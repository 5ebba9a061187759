"""Geohash cells of places: for area counts, cache keys and coarse places in logs, never ranking.

geohash2 checks nothing and its `decode()` is off by kilometres; its `encode` is right and is the
only part used, behind a check of the input.
"""

import geohash2

PRECISION = 8  # about 38 m x 19 m at the district's latitude
COARSE = 5  # about 4.9 km x 4.9 km: what a log line may say of a place


class NotOnEarth(ValueError):
    """The numbers are no latitude and longitude in degrees."""


def cell(latitude: float, longitude: float, precision: int = PRECISION) -> str:
    """Return the geohash of a WGS-84 point; raise NotOnEarth."""
    # A comparison with NaN is false, so the order of the test matters.
    if not (-90 <= latitude <= 90 and -180 <= longitude < 180):
        raise NotOnEarth(f"{latitude}, {longitude}")
    encoded: str = geohash2.encode(latitude, longitude, precision)
    return encoded
