"""The district's outline: which places are ours."""

import json
from functools import cache
from pathlib import Path

from geo.areas import Area

_FILE = Path(__file__).with_name("outline.geojson")


@cache
def district() -> Area:
    """Return the district as an area (`make_outline.py` says where its outline comes from)."""
    feature = json.loads(_FILE.read_text("utf-8"))
    return Area.of_geojson(feature["geometry"])


def centre() -> tuple[float, float]:
    """Return the middle of the district as (latitude, longitude)."""
    return district().centre
