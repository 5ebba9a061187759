"""What chords prove about ways, tried on pairs of points of all kinds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geo.earth import (
    ARC,
    ARC_DOUBT,
    NEAR_M,
    R_MAX,
    R_MIN,
    ROUNDING_M,
    LocalFrame,
    longest_chord,
    longest_way,
)
from geo.geodesic import distance_m

Point = tuple[float, float]

anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
# A step in degrees: from nothing to the other side of the earth.
step = st.floats(-8, 2.2).map(lambda power: 10.0**power)
turn = st.floats(0, 2 * math.pi)


def chord(frame: LocalFrame, here: Point, there: Point) -> float:
    return math.dist(frame.point(*here), frame.point(*there))


def beside(point: Point, step: float, turn: float) -> Point:
    latitude = point[0] + step * math.sin(turn)
    longitude = point[1] + step * math.cos(turn)
    return max(-90.0, min(90.0, latitude)), (longitude + 180) % 360 - 180


@settings(max_examples=400)
@given(anywhere, anywhere, step, turn)
def test_a_chord_bounds_the_way_and_a_way_the_chord(
    origin: Point, here: Point, step: float, turn: float
) -> None:
    there = beside(here, step, turn)
    straight = chord(LocalFrame.at(*origin), here, there)
    way = distance_m(*here, *there)

    assert straight <= longest_chord(way)
    assert way <= longest_way(straight)


@settings(max_examples=400)
@given(anywhere, st.floats(-8, -0.5).map(lambda power: 10.0**power), turn)
def test_up_to_thirty_kilometres_the_chord_tells_the_way(
    here: Point, step: float, turn: float
) -> None:
    there = beside(here, step, turn)
    straight = chord(LocalFrame.at(*here), here, there)
    if straight > NEAR_M:
        return
    doubt = ARC_DOUBT * straight**3 + ROUNDING_M

    assert distance_m(*here, *there) == pytest.approx(straight + ARC * straight**3, abs=doubt)


def test_the_doubt_of_a_walk_is_micrometres_and_of_thirty_kilometres_below_half_a_millimetre() -> (
    None
):
    assert ARC_DOUBT * 1000**3 < 1e-7
    assert ARC_DOUBT * NEAR_M**3 < 0.0003


def test_the_radii_of_curvature_are_those_of_the_ellipsoid() -> None:
    # Of a meridian at the equator, and at the poles (NIMA TR8350.2).
    assert pytest.approx(6335439.3273) == R_MIN
    assert pytest.approx(6399593.6258) == R_MAX


@given(anywhere, anywhere)
def test_a_frame_is_a_rotation_of_the_earth_with_its_own_place_at_zero(
    origin: Point, point: Point
) -> None:
    frame = LocalFrame.at(*origin)
    centred = Transformer.from_crs(4979, 4978, always_xy=True)
    x_0, y_0, z_0 = centred.transform(origin[1], origin[0], 0.0)
    x, y, z = centred.transform(point[1], point[0], 0.0)

    assert frame.point(*origin) == pytest.approx((0, 0, 0), abs=1e-8)
    assert math.hypot(*frame.point(*point)) == pytest.approx(
        math.dist((x, y, z), (x_0, y_0, z_0)), abs=1e-7
    )


def test_one_point_and_many_are_put_at_the_same_place() -> None:
    frame = LocalFrame.at(29.57, 106.53)
    latitudes, longitudes = np.array([29.6, -33.9, 90.0]), np.array([106.6, -180.0, 12.0])

    many = frame.points(latitudes, longitudes)

    for row, lat, lng in zip(many.tolist(), latitudes.tolist(), longitudes.tolist(), strict=True):
        assert row == pytest.approx(frame.point(lat, lng), abs=1e-8)


def test_east_north_and_up_are_where_they_belong() -> None:
    east, north, up = LocalFrame.at(29.57, 106.53).point(29.58, 106.55)

    assert east == pytest.approx(1937, abs=2)
    assert north == pytest.approx(1109, abs=2)
    assert -1 < up < 0
