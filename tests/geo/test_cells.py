"""Geohash cells: published values, and nothing that is no place on earth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.cells import COARSE, PRECISION, NotOnEarth, cell

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
