"""The schematic map: north is up, everything is in the picture, lengths are true."""

import re

import pytest

from convenience.drawing import WIDTH, draw
from geo.geodesic import distance_m

HERE = (29.5745, 106.5300)
RING = [(29.5, 106.4), (29.5, 106.7), (29.7, 106.7), (29.7, 106.4), (29.5, 106.4)]


def test_north_is_up_and_east_is_right() -> None:
    drawing = draw([], [(29.58, 106.53), (29.5745, 106.54)], HERE)
    assert drawing.here is not None
    north, east = drawing.marks
    assert north.y < drawing.here[1]
    assert north.x == pytest.approx(drawing.here[0])
    assert east.x > drawing.here[0]
    assert east.y == pytest.approx(drawing.here[1])


@pytest.mark.parametrize("reach", [0.00001, 0.001, 0.1, 10.0])
def test_everything_is_in_the_picture(reach: float) -> None:
    places = [(HERE[0] + reach, HERE[1]), (HERE[0], HERE[1] - reach), HERE]
    drawing = draw([RING], places, HERE)
    for mark in drawing.marks:
        assert 13 <= mark.x <= WIDTH - 13
        assert 13 <= mark.y <= WIDTH - 13
    assert [mark.number for mark in drawing.marks] == [1, 2, 3]


def test_the_bar_is_as_long_as_it_says() -> None:
    far = (29.5925, 106.53)
    drawing = draw([], [far], HERE)
    assert drawing.here is not None
    units = drawing.here[1] - drawing.marks[0].y
    assert drawing.bar / units == pytest.approx(drawing.bar_m / distance_m(*HERE, *far), rel=0.02)
    assert drawing.bar_words == "500 米"


def test_one_place_alone_is_shown_in_the_whole_outline() -> None:
    drawing = draw([RING], [HERE], None)
    corners = [float(number) for number in re.findall(r"-?\d+", drawing.outline)]
    assert min(corners) >= 0
    assert max(corners) <= WIDTH
    assert drawing.here is None
    assert re.fullmatch(r"M(\d+ \d+L?){5}Z", drawing.outline)
    alone = draw([], [HERE], None)
    assert (alone.marks[0].x, alone.marks[0].y) == (WIDTH / 2, WIDTH / 2)
