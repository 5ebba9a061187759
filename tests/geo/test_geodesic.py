"""Distances and bearings: published values, and words for directions."""

import math

import numpy as np
import pytest

from geo.geodesic import bearing_deg, distance_m, distances_m, wind


def degrees(whole: int, minutes: int, seconds: float) -> float:
    return math.copysign(abs(whole) + minutes / 60 + seconds / 3600, whole)


@pytest.mark.parametrize(
    ("here", "there", "metres", "bearing"),
    [
        # GeographicLib, GeodSolve(1): from New York's airport to London's
        ((40.6, -73.8), (51.6, -0.5), 5551759.4003, 51.198882845579),
        # Geoscience Australia, GDA94 technical manual: from Flinders Peak to Buninyong
        (
            (degrees(-37, 57, 3.72030), degrees(144, 25, 29.52440)),
            (degrees(-37, 39, 10.15610), degrees(143, 55, 35.38390)),
            54972.271,
            degrees(306, 52, 5.37),
        ),
        # Half a meridian of WGS-84
        ((-90.0, 0.0), (90.0, 0.0), 20003931.4586, None),
    ],
)
def test_distance_and_bearing_are_the_published_ones(
    here: tuple[float, float], there: tuple[float, float], metres: float, bearing: float | None
) -> None:
    assert distance_m(*here, *there) == pytest.approx(metres, abs=0.001)
    if bearing is not None:
        assert bearing_deg(*here, *there) == pytest.approx(bearing, abs=1e-5)


def test_many_distances_are_those_of_each() -> None:
    latitudes, longitudes = np.array([29.57, -1.0, 90.0]), np.array([106.53, 179.9, 0.0])

    many = distances_m(29.6, 106.6, latitudes, longitudes)

    each = [
        distance_m(29.6, 106.6, lat, lng)
        for lat, lng in zip(latitudes.tolist(), longitudes.tolist(), strict=True)
    ]
    assert many.tolist() == each


def test_from_a_place_to_itself_nobody_has_to_go() -> None:
    assert distance_m(29.57, 106.53, 29.57, 106.53) == 0
    assert bearing_deg(29.57, 106.53, 29.57, 106.53) == 0


@pytest.mark.parametrize(
    ("bearing", "said"),
    [
        (0.0, "北"),
        (22.4, "北"),
        (22.6, "东北"),
        (90.0, "东"),
        (135.0, "东南"),
        (180.0, "南"),
        (225.0, "西南"),
        (270.0, "西"),
        (315.0, "西北"),
        (337.6, "北"),
        (359.9, "北"),
    ],
)
def test_a_bearing_is_said_as_people_do(bearing: float, said: str) -> None:
    assert wind(bearing) == said


def test_westward_is_no_negative_bearing() -> None:
    assert bearing_deg(29.57, 106.53, 29.57, 106.52) == pytest.approx(270, abs=0.01)
