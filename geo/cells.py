"""Geohash cells of places: for area counts, cache keys and coarse places in logs, never ranking.

geohash2 checks nothing, knows no neighbours, and its `decode()` is off by kilometres; `encode` and
`decode_exactly` are right and are the only parts used, behind checks of what goes in. A point on the
edge of two cells belongs to the southern and western one, where other libraries take the other.
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


class NotACell(ValueError):
    """The text is no geohash."""


_LETTERS = frozenset("0123456789bcdefghjkmnpqrstuvwxyz")
_LONGEST = 12  # 37 mm x 19 mm; more letters are more than the numbers behind them hold


def bounds(geohash: str) -> tuple[float, float, float, float]:
    """Return south, west, north and east of a cell in degrees; raise NotACell."""
    latitude, longitude, half_height, half_width = _decoded(geohash)
    return (
        latitude - half_height,
        longitude - half_width,
        latitude + half_height,
        longitude + half_width,
    )


def middle(geohash: str) -> tuple[float, float]:
    """Return latitude and longitude of a cell's middle; raise NotACell."""
    latitude, longitude, _, _ = _decoded(geohash)
    return latitude, longitude


def neighbours(geohash: str) -> tuple[str, ...]:
    """Return the cells around a cell, from the south-west on; raise NotACell.

    Eight of them, also over the 180th meridian; five at a pole, beyond which there is nothing. Of
    cells a quarter of the world wide some are neighbours on both sides, and counted once.
    """
    latitude, longitude, half_height, half_width = _decoded(geohash)
    around: dict[str, None] = {}
    for north in (-1, 0, 1):
        row = latitude + north * 2 * half_height
        if not -90 < row < 90:
            continue
        for east in (-1, 0, 1):
            column = (longitude + east * 2 * half_width + 180) % 360 - 180
            around[cell(row, column, len(geohash))] = None
    around.pop(geohash, None)
    return tuple(around)


def _decoded(geohash: str) -> tuple[float, float, float, float]:
    if not 1 <= len(geohash) <= _LONGEST or not _LETTERS.issuperset(geohash):
        raise NotACell(geohash)
    latitude, longitude, half_height, half_width = geohash2.decode_exactly(geohash)
    return latitude, longitude, half_height, half_width
