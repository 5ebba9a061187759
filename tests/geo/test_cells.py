"""Geohash cells: published values, and nothing that is no place on earth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import cells
from geo.cells import COARSE, PRECISION, NotACell, NotOnEarth, cell, middle, neighbours

_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        # Wikipedia, "Geohash": the article's examples.
        (57.64911, 10.40744, "u4pruydqqvj"),
        (42.605, -5.603, "ezs42"),
        (-25.382708, -49.265506, "6gkzwgjzn820"),
        # A corner of the world.
        (-90.0, -180.0, "000000000000"),
    ],
)
def test_a_cell_is_the_published_geohash(latitude: float, longitude: float, expected: str) -> None:
    assert cell(latitude, longitude, len(expected)) == expected


@given(st.floats(-90, 90), st.floats(-180, 180, exclude_max=True), st.integers(1, 12))
def test_a_cell_contains_its_point(latitude: float, longitude: float, precision: int) -> None:
    south, north, west, east = bounds(cell(latitude, longitude, precision))
    # The poles' and the date line's own edge belongs to the last cell.
    assert south <= latitude <= north
    assert west <= longitude <= east


def bounds(geohash: str) -> tuple[float, float, float, float]:
    """Decode a geohash independently of the library, whose own decoder is off by kilometres."""
    edges = {"lat": [-90.0, 90.0], "lng": [-180.0, 180.0]}
    is_longitude = True
    for letter in geohash:
        value = _ALPHABET.index(letter)
        for bit in (16, 8, 4, 2, 1):
            pair = edges["lng" if is_longitude else "lat"]
            pair[0 if value & bit else 1] = sum(pair) / 2
            is_longitude = not is_longitude
    return (*edges["lat"], *edges["lng"])  # type: ignore[return-value]  # two pairs are four


def test_the_usual_cell_is_a_street_corner_and_the_coarse_one_a_quarter() -> None:
    fine, coarse = cell(29.5745, 106.53), cell(29.5745, 106.53, COARSE)

    assert len(fine) == PRECISION
    assert fine.startswith(coarse)
    south, north, west, east = bounds(fine)
    assert (north - south) * 111_195 == pytest.approx(19, abs=1)
    assert (east - west) * 111_195 * math.cos(math.radians(29.57)) == pytest.approx(33, abs=6)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (math.nan, 106.5),
        (29.5, math.nan),
        (math.inf, 106.5),
        (29.5, -math.inf),
        (90.000001, 0.0),
        (-91.0, 0.0),
        (0.0, 180.0),
        (0.0, -180.1),
        (106.53, 29.57),  # the two exchanged
    ],
)
def test_what_is_no_place_on_earth_is_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(NotOnEarth):
        cell(latitude, longitude)


geohashes = st.text(_ALPHABET, min_size=1, max_size=12)


@given(geohashes)
def test_the_bounds_of_a_cell_are_what_its_letters_say(geohash: str) -> None:
    south, north, west, east = bounds(geohash)
    assert cells.bounds(geohash) == (south, west, north, east)


@given(geohashes)
def test_the_middle_of_a_cell_lies_in_it(geohash: str) -> None:
    assert cell(*middle(geohash), len(geohash)) == geohash


def test_neighbours_are_the_published_ones() -> None:
    # ngeohash, README
    published = "dqcjw dqcjx dqcjr dqcjp dqcjn dqcjj dqcjm dqcjt"
    assert sorted(neighbours("dqcjq")) == sorted(published.split())


def test_on_the_edge_through_the_district_neighbours_have_little_in_common() -> None:
    # Two centimetres apart at 106.5234375 east.
    assert "wm7b2" in neighbours("wm78r")


@given(st.text(_ALPHABET, min_size=2, max_size=12))
def test_who_is_my_neighbour_has_me_for_a_neighbour(geohash: str) -> None:
    for neighbour in neighbours(geohash):
        assert geohash in neighbours(neighbour)


@given(st.text(_ALPHABET, min_size=2, max_size=12))
def test_cell_and_neighbours_touch_and_do_not_overlap(geohash: str) -> None:
    south, north, west, east = bounds(geohash)
    height, width = north - south, east - west
    around = neighbours(geohash)

    assert len(set(around)) == (5 if north == 90 or south == -90 else 8)
    for neighbour in around:
        there = bounds(neighbour)
        assert abs(there[0] - south) in {0, height}
        assert (there[2] - west) % 360 in {0, width, 360 - width}


def test_cells_of_an_eighth_of_the_world_have_neighbours_too() -> None:
    assert len(neighbours("s")) == 8
    assert len(neighbours("z")) == 5


@pytest.mark.parametrize("text", ["", "wm7a", "WM7", "wm7 ", "重庆", "0" * 13])
def test_what_is_no_geohash_is_refused(text: str) -> None:
    for ask in (cells.bounds, middle, neighbours):
        with pytest.raises(NotACell):
            ask(text)
