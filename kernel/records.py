"""Reads JSON records of places: GeoJSON features, and what Overpass gives of OSM.

Each record becomes a row: its properties or tags, with `geo:lat` and `geo:lng` in front, so that a
row can be written into a table, corrected there and imported again by the same mapping.
"""

import json
import re
from collections.abc import Callable, Generator, Iterator
from typing import Any

from .errors import EmptyFile, FileTooLarge, UnreadableFile
from .readers import MOST_COLUMNS, Document, Limits, Progress, Row, Source

LATITUDE, LONGITUDE, ID = "geo:lat", "geo:lng", "geo:id"
OSM_TYPE, OSM_ID = "osm:type", "osm:id"

_BROKEN = "这份 JSON 文件不完整或写错了，请重新导出再上传。"
_SPACE = re.compile(r"[ \t\n\r]*")
_EPSG = re.compile(r"EPSG:{1,2}(?:[\d.]*:)?(\d+)$")
Record = dict[str, Any]


def open_records(document: Document, limits: Limits) -> Source:
    """Understand a FeatureCollection or Overpass answer; raise UnreadableFile, EmptyFile."""
    with document.open() as file:
        data = file.read(limits.size + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise UnreadableFile("JSON 文件应是 UTF-8 编码，请重新导出再上传。") from fault
    del data
    top: dict[str, Any] = {}
    names, count = _columns(text, top, limits)

    def rows(progress: Progress | None) -> Iterator[Row]:
        for number, record in enumerate(_records(text, {}), 1):
            flat = _flat(record)
            yield number, [flat.get(name, "") for name in names]
            if progress and number % 2000 == 0:
                progress(number, count)

    is_overpass = OSM_TYPE in names
    return Source(
        format="overpass" if is_overpass else "geojson",
        columns=names,
        rows=rows,
        is_open=True,
        datum="wgs84" if is_overpass else _stated(top.get("crs")),
    )


def _columns(text: str, top: dict[str, Any], limits: Limits) -> tuple[tuple[str, ...], int]:
    """Return all keys of all records, in the order of their first use, and how many records."""
    columns: dict[str, None] = {}
    count = 0
    for count, record in enumerate(_records(text, top), 1):
        if count > limits.rows:
            raise FileTooLarge(f"这份文件超过 {limits.rows:,} 条，请拆成几份再导入。")
        columns.update(dict.fromkeys(_flat(record)))
        if len(columns) > 20 * MOST_COLUMNS:
            raise UnreadableFile("这份文件的属性名太多，不像一份名单。")
    if not count:
        raise EmptyFile
    return tuple(columns), count


def _stated(crs: object) -> str:
    """Return what the older form of GeoJSON says of its datum; the newer says nothing."""
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) else None
    if not isinstance(name, str):
        return ""
    if name.endswith("CRS84"):
        return "wgs84"
    found = _EPSG.search(name)
    return f"EPSG:{found.group(1)}" if found else ""


def _records(text: str, top: dict[str, Any]) -> Iterator[Record]:
    """Give the members of `features` or `elements` one after the other; fill `top` with the rest.

    The standard library's parser stops at a depth; a streaming one was killed by a file of
    opening brackets.
    """
    decoder = json.JSONDecoder(parse_constant=_no_number)
    try:
        at = _after(text, _space(text, 0), "{")
        while (at := _space(text, at)) < len(text) and text[at] != "}":
            key, at = decoder.raw_decode(text, at)
            at = _space(text, _after(text, _space(text, at), ":"))
            if key in ("features", "elements") and text[at] == "[":
                at = yield from _members(text, at, decoder.raw_decode)
            else:
                top[str(key)], at = decoder.raw_decode(text, at)
            at = _space(text, at)
            if text[at] == ",":
                at += 1
        _after(text, at, "}")
    except (ValueError, RecursionError, IndexError) as fault:
        raise UnreadableFile(_BROKEN) from fault
    if top.get("type") == "Feature":
        yield top


def _members(
    text: str, at: int, decode: Callable[[str, int], tuple[Any, int]]
) -> Generator[Record, None, int]:
    at = _space(text, at + 1)
    while text[at] != "]":
        member, at = decode(text, at)
        if not isinstance(member, dict):
            raise ValueError(member)  # noqa: TRY004  # a fault of the text, as the parser's own
        yield member
        at = _space(text, at)
        if text[at] == ",":
            at = _space(text, at + 1)
        elif text[at] != "]":
            raise ValueError(text[at])
    return at + 1


def _no_number(name: str) -> None:
    raise ValueError(name)


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _after(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise ValueError(sign)
    return at + 1


def _flat(record: Record) -> dict[str, str]:
    if "tags" in record or ("type" in record and record["type"] in ("node", "way", "relation")):
        return _flat_element(record)
    latitude, longitude = _middle(record.get("geometry"))
    flat = {LATITUDE: latitude, LONGITUDE: longitude}
    if "id" in record:
        flat[ID] = _text(record["id"])
    return {**_texts(record.get("properties")), **flat}


def _flat_element(element: Record) -> dict[str, str]:
    place = element.get("center") or element
    bounds = element.get("bounds")
    if "lat" not in place and isinstance(bounds, dict):
        place = {
            "lat": (_number(bounds.get("minlat")) + _number(bounds.get("maxlat"))) / 2,
            "lon": (_number(bounds.get("minlon")) + _number(bounds.get("maxlon"))) / 2,
        }
    return {
        **_texts(element.get("tags")),
        OSM_TYPE: _text(element.get("type")),
        OSM_ID: _text(element.get("id")),
        LATITUDE: _text(place.get("lat")) if isinstance(place, dict) else "",
        LONGITUDE: _text(place.get("lon")) if isinstance(place, dict) else "",
    }


def _texts(values: object) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    return {str(key): _text(value) for key, value in values.items()}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _middle(geometry: object) -> tuple[str, str]:
    """Return latitude and longitude of a point, or of the middle of what is drawn."""
    if not isinstance(geometry, dict):
        return "", ""
    corners = _corners(geometry.get("coordinates"))
    if not corners:
        return "", ""
    if len(corners) == 1:
        return _text(corners[0][1]), _text(corners[0][0])
    lng, lat = _centroid(corners)
    return repr(lat), repr(lng)


def _corners(coordinates: object) -> list[tuple[float, float]]:
    """Return the corners of the first line or ring in nested lists of positions."""
    while isinstance(coordinates, list) and coordinates:
        first = coordinates[0]
        if isinstance(first, int | float) and not isinstance(first, bool):
            return [(coordinates[0], coordinates[1])] if len(coordinates) > 1 else []
        if isinstance(first, list) and first and not isinstance(first[0], list):
            pairs = [c for c in coordinates if isinstance(c, list) and len(c) > 1]
            return [(_number(c[0]), _number(c[1])) for c in pairs]
        coordinates = first
    return []


def _centroid(corners: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the centre of gravity of a ring, or the mean of points that enclose nothing."""
    origin_x, origin_y = corners[0]
    area = x = y = 0.0
    # Near the origin: far from it the products lose the digits that the area is made of.
    near = [(lng - origin_x, lat - origin_y) for lng, lat in corners]
    for (x_a, y_a), (x_b, y_b) in zip(near, near[1:] + near[:1], strict=True):
        cross = x_a * y_b - x_b * y_a
        area += cross
        x += (x_a + x_b) * cross
        y += (y_a + y_b) * cross
    if abs(area) < 1e-15:
        count = len(corners)
        return sum(c[0] for c in corners) / count, sum(c[1] for c in corners) / count
    return origin_x + x / (3 * area), origin_y + y / (3 * area)
