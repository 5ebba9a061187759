"""Outlines of areas: read from GeoJSON, checked, kept as WKB in WGS-84. Only this module speaks Shapely.

Squares are measured on a plane through the shape's middle: good to a few per mille in a district.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo import datums

from .errors import BadShape
from .rules import MOST_SHAPE_BYTES

Shape = BaseGeometry
Floats = NDArray[np.float64]

DATUMS = {
    "wgs84": "WGS-84（GPS）",
    "cgcs2000": "CGCS2000（天地图、测绘部门）",
    "gcj02": "GCJ-02（高德、腾讯）",
    "bd09": "BD-09（百度）",
}
_METRES_PER_DEGREE = 111_195.0


def _from_bd09(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    return datums.gcj02_to_wgs84(*datums.bd09_to_gcj02(latitude, longitude))


_TO_WGS84: Mapping[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "gcj02": datums.gcj02_to_wgs84,
    "bd09": _from_bd09,
}


def of_geojson(geometry: object, datum: str = "wgs84") -> Shape:
    """Return a valid MultiPolygon in WGS-84; raise BadShape with what is wrong with it.

    CGCS2000 is taken for WGS-84: they differ by less than a metre.
    """
    polygons = _polygons(geometry)
    try:
        shape = shapely.MultiPolygon([_polygon(rings, datum) for rings in polygons])
    except (ValueError, TypeError, LookupError, shapely.errors.ShapelyError) as fault:
        raise BadShape(
            "图形的坐标不完整：每一圈至少四个点，首尾相同，每点是 [经度, 纬度]。"
        ) from fault
    west, south, east, north = shape.bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadShape("图形的坐标不在地球上：应当是 [经度, 纬度]，单位是度。")
    if not shape.is_valid:
        raise BadShape(f"图形自己交叉或重叠（{shapely.is_valid_reason(shape)}），请修正后再导出。")
    if len(as_bytes(shape)) > MOST_SHAPE_BYTES:
        raise BadShape("图形的点太多，请先简化。")
    return shape


def _polygons(geometry: object) -> list[Any]:
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise BadShape("图形应当是 Polygon 或 MultiPolygon。")
    rings = geometry.get("coordinates")
    if not isinstance(rings, list) or not rings:
        raise BadShape("图形没有坐标。")
    return [rings] if geometry["type"] == "Polygon" else rings


def _polygon(rings: Sequence[Any], datum: str) -> shapely.Polygon:
    outer, *holes = [_ring(ring, datum) for ring in rings]
    return shapely.Polygon(outer, holes)


def _ring(points: Sequence[Any], datum: str) -> Floats:
    found = np.array([(point[0], point[1]) for point in points], dtype=np.float64)
    if len(found) < 4 or not np.isfinite(found).all() or (found[0] != found[-1]).any():
        raise ValueError("no ring")
    if datum in _TO_WGS84:
        latitude, longitude = _TO_WGS84[datum](found[:, 1], found[:, 0])
        found = np.column_stack([longitude, latitude])
    return found


def as_bytes(shape: Shape) -> bytes:
    """Return the shape as the table keeps it."""
    made: bytes = shapely.to_wkb(shape, byte_order=1)
    return made


def of_bytes(kept: bytes) -> Shape:
    return shapely.from_wkb(kept)


def box(shape: Shape) -> dict[str, float]:
    """Return west, south, east and north."""
    return dict(zip(("west", "south", "east", "north"), map(float, shape.bounds), strict=True))


def holds(kept: bytes, latitude: float, longitude: float) -> bool:
    """Tell whether the point lies in the shape or on its border."""
    return bool(shapely.intersects_xy(of_bytes(kept), longitude, latitude))


def square_metres(shape: Shape) -> float:
    """Return the shape's area."""
    middle = (shape.bounds[1] + shape.bounds[3]) / 2
    return float(shape.area) * _METRES_PER_DEGREE**2 * math.cos(math.radians(middle))


def overlaps(shapes: Sequence[Shape]) -> Iterable[tuple[int, int, float]]:
    """Give the pairs that overlap, and by what share of the smaller one."""
    tree = shapely.STRtree(list(shapes))
    pairs = tree.query(list(shapes), predicate="intersects")
    for one, other in pairs.T:
        if one >= other:
            continue
        common = shapely.intersection(shapes[one], shapes[other]).area
        smaller = min(shapes[one].area, shapes[other].area)
        if common > 0:
            yield int(one), int(other), float(common / smaller)


def share_outside(shape: Shape, whole: Shape) -> float:
    """Return what share of the shape lies outside the whole."""
    return float(shapely.difference(shape, whole).area / shape.area)


def rings(kept: bytes, *, tolerance_m: float = 0.0) -> list[list[tuple[float, float]]]:
    """Return the shape's rings as corners of (latitude, longitude), for drawing."""
    shape = of_bytes(kept)
    if tolerance_m:
        shape = shapely.simplify(shape, tolerance_m / _METRES_PER_DEGREE)
    return [
        [(float(lat), float(lng)) for lng, lat in shapely.get_coordinates(ring)]
        for polygon in shapely.get_parts(shape)
        for ring in (polygon.exterior, *polygon.interiors)
    ]
