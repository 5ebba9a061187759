"""A map of somebody else's tiles, where a setting says whose: what its script and the policy need.

Loaded on tap alone: the host of the tiles learns where somebody looks, so a page asks it for nothing
before he wants to see the map. Decision 0019.
"""

import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from geo import datums
from kernel.settings import Settings

_DIGITS = 6  # of a degree: a tenth of a metre
_IMAGES = "img-src 'self'"

Point = tuple[float, float]  # latitude, longitude: degrees, WGS-84


def as_json(chosen: Settings, places: Sequence[tuple[Point, str]], here: Point | None) -> str:
    """Return what the script draws: tiles, and named points in the tiles' datum."""

    def put(point: Point) -> list[float]:
        drawn = datums.wgs84_to_gcj02(*point) if chosen.map_tiles_datum == "gcj02" else point
        return [round(each, _DIGITS) for each in drawn]

    said = {
        "tiles": chosen.map_tiles,
        "credit": chosen.map_tiles_credit,
        "here": put(here) if here else None,
        "places": [[*put(point), name] for point, name in places],
    }
    return json.dumps(said, ensure_ascii=False)


def content_policy(policy: str, url: str) -> str:
    """Return the page's policy with pictures of the tiles' host let in, and nothing else."""
    parts = urlsplit(url)
    return policy.replace(_IMAGES, f"{_IMAGES} {parts.scheme}://{parts.netloc}")
