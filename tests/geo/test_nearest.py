"""The nearest of many points: the same as measuring them all, in every corner of the world."""

import math
import os
import random
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo import nearest
from geo.earth import LocalFrame
from geo.nearest import Choice, Mask, PointTree, Seeker
from tests.conftest import ROOT

Point = tuple[float, float]
Hit = tuple[int, int]

_EARTH = Geod(ellps="WGS84")


def brute(
    points: Sequence[Point],
    here: Point,
    k: int,
    within_m: float = math.inf,
    is_chosen: Mask | None = None,
) -> list[Hit]:
    """Measure every point by Karney's method; millimetres, then rows, tell the order."""
    measured = []
    for row, (latitude, longitude) in enumerate(points):
        _, _, way = _EARTH.inv(here[1], here[0], longitude, latitude)
        if is_chosen is None or is_chosen[row]:
            measured.append((math.floor(way * 1000 + 0.5), row))
    return [hit for hit in sorted(measured) if hit[0] / 1000 <= within_m][:k]


def tree_of(points: Sequence[Point]) -> PointTree:
    latitudes, longitudes = (
        np.array(column, dtype=np.float64) for column in zip(*points, strict=True)
    )
    return PointTree(latitudes, longitudes, LocalFrame.at(*points[len(points) // 2]))


def search(
    tree: PointTree,
    here: Point,
    k: int,
    within_m: float = math.inf,
    is_chosen: Mask | None = None,
) -> list[Hit]:
    ways, rows = Choice(tree, is_chosen).nearest(Seeker(tree.frame, *here), k, within_m)
    return list(zip(ways, rows.tolist(), strict=True))


district = st.tuples(st.floats(29.5, 29.75), st.floats(106.4, 106.9))
# A street corner in steps of 10 m: many at one place, many as far as each other.
corner = st.tuples(
    st.integers(0, 5).map(lambda n: 29.57 + n / 10000),
    st.integers(0, 5).map(lambda n: 106.53 + n / 10000),
)
anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
at_the_pole = st.tuples(st.floats(89.99, 90), st.floats(-180, 180))
at_the_date_line = st.tuples(st.floats(-1, 1), st.sampled_from([-180.0, 180.0, 179.999, -179.999]))
sort_of_town = st.sampled_from([district, corner, anywhere, at_the_pole, at_the_date_line])
towns = sort_of_town.flatmap(lambda place: st.lists(place, min_size=1, max_size=40))


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Point], Point, int, float, Mask | None]:
    """Give points, a place to look from, how many, how far, and who may be found."""
    points = draw(towns)
    here = draw(st.one_of(st.sampled_from(points), sort_of_town.flatmap(lambda place: place)))
    k = draw(st.integers(0, 45))
    within_m = draw(st.one_of(st.just(math.inf), st.floats(0, 30_000), st.floats(0, 3e7)))
    chosen = st.lists(st.booleans(), min_size=len(points), max_size=len(points))
    is_chosen = draw(st.one_of(st.none(), chosen.map(np.array)))
    return points, here, k, within_m, is_chosen


@settings(max_examples=500, deadline=None)
@given(questions())
def test_the_nearest_are_those_that_measuring_all_finds(
    question: tuple[list[Point], Point, int, float, Mask | None],
) -> None:
    points, here, k, within_m, is_chosen = question

    found = search(tree_of(points), here, k, within_m, is_chosen)

    assert found == brute(points, here, k, within_m, is_chosen)


@settings(max_examples=300, deadline=None)
@given(questions())
def test_block_by_block_the_same_are_found(
    question: tuple[list[Point], Point, int, float, Mask | None],
) -> None:
    points, here, k, within_m, is_chosen = question
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "_MOST", 0)
        patch.setattr(nearest, "_LEAST_BLOCK", 2)
        patch.setattr(nearest, "_FIRST_BLOCKS", 1)

        found = search(tree_of(points), here, k, within_m, is_chosen)

    assert found == brute(points, here, k, within_m, is_chosen)


@pytest.mark.parametrize("step", [0.00001, 0.001, 0.1, 3.0])
@pytest.mark.parametrize("numbers", [(0, 1), (1, 0)])
def test_as_far_to_the_east_as_to_the_west_is_told_by_number(
    step: float, numbers: tuple[int, int]
) -> None:
    sides = ((29.57, 106.53 + step), (29.57, 106.53 - step))
    points = [sides[numbers[0]], sides[numbers[1]]]

    found = search(tree_of([*points, (0.0, 0.0)]), (29.57, 106.53), 2)

    assert [row for _, row in found] == [0, 1]
    assert found[0][0] == found[1][0]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [700, 3000])
def test_hundreds_wanted_and_other_continents_take_the_slow_road_to_the_same_end(
    seed: int, count: int
) -> None:
    chance = random.Random(seed)
    points = [(chance.uniform(29.5, 29.75), chance.uniform(106.4, 106.9)) for _ in range(count)]
    points += chance.choices(points, k=50)
    tree = tree_of(points)
    is_chosen = np.array([chance.random() < 0.7 for _ in points])
    others = [(-29.6, -73.4), (40.7, -74.0), (90.0, 0.0), (-33.9, 18.4)]

    for here in (*others, (29.6, 106.5)):
        for k in (1, 10, 1100, 10**9):
            for chosen in (None, is_chosen):
                assert search(tree, here, k, is_chosen=chosen) == brute(
                    points, here, k, is_chosen=chosen
                )


def test_all_at_one_place_are_found_by_number() -> None:
    points = [(29.57, 106.53)] * 5000
    tree = tree_of(points)

    assert search(tree, (29.57, 106.53), 3) == [(0, 0), (0, 1), (0, 2)]
    far = search(tree, (29.58, 106.54), 10_000)
    assert [row for _, row in far] == list(range(5000))


def test_of_many_at_one_place_those_that_are_chosen_are_found() -> None:
    tree = tree_of([(29.57, 106.53)] * 2000)
    is_chosen = np.zeros(2000, dtype=np.bool_)
    is_chosen[[5, 1200, 1999]] = True
    is_chosen[300:800] = True

    assert [row for _, row in search(tree, (29.5, 106.5), 2, is_chosen=is_chosen)] == [5, 300]
    found = search(tree, (29.5, 106.5), 900, is_chosen=is_chosen)
    assert [row for _, row in found] == [5, *range(300, 800), 1200, 1999]


def test_one_chosen_among_many_nearer_ones_is_found() -> None:
    chance = random.Random(1)
    points = [(chance.uniform(29.5, 29.6), chance.uniform(106.4, 106.5)) for _ in range(5000)]
    points.append((29.75, 106.9))
    is_chosen = np.zeros(len(points), dtype=np.bool_)
    is_chosen[-1] = True

    ((way, row),) = search(tree_of(points), (29.5, 106.4), 10, is_chosen=is_chosen)

    assert row == 5000
    assert 55_000_000 < way < 57_000_000


def test_nobody_chosen_is_nobody_found() -> None:
    points = [(29.57, 106.53), (29.58, 106.53)]
    nobody = np.zeros(2, dtype=np.bool_)

    assert search(tree_of(points), (29.57, 106.53), 10, is_chosen=nobody) == []


def test_a_radius_holds_who_is_exactly_as_far() -> None:
    points = [(29.57, 106.53), (29.58, 106.53)]
    tree = tree_of(points)
    ((way, _),) = search(tree, (29.56, 106.53), 1)

    assert len(search(tree, (29.56, 106.53), 5, way / 1000)) == 1
    assert search(tree, (29.56, 106.53), 5, way / 1000 - 0.001) == []


def test_a_search_starts_no_threads_whatever_the_machine_is_told() -> None:
    script = (
        "import psutil, numpy as np\n"
        "from geo.earth import LocalFrame\n"
        "from geo.nearest import Choice, PointTree, Seeker\n"
        "frame = LocalFrame.at(29.5, 106.5)\n"
        "tree = PointTree(np.linspace(29, 30, 999), np.linspace(106, 107, 999), frame)\n"
        "before = psutil.Process().num_threads()\n"
        "ways, rows = Choice(tree, None).nearest(Seeker(frame, 29.5, 106.5), 10)\n"
        "assert len(ways) == len(rows) == 10\n"
        "print(psutil.Process().num_threads() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "4"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0\n"
