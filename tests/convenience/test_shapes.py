"""Other people's JSON: rows are found by the ways that an operator wrote."""

from datetime import UTC, datetime

import pytest

from convenience.errors import BadFeed
from convenience.shapes import Shape, items

THEN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SINGAPORE = {
    "items": [
        {
            "timestamp": "2026-11-22T16:00:27+08:00",
            "carpark_data": [
                {
                    "carpark_info": [
                        {"total_lots": "105", "lot_type": "C", "lots_available": "12"}
                    ],
                    "carpark_number": "HE12",
                    "update_datetime": "2026-11-22T15:59:20",
                }
            ],
        }
    ]
}
PLAIN = Shape("", "id", "free")


def test_a_citys_nested_answer_is_read_with_its_own_time() -> None:
    shape = Shape(
        "items.0.carpark_data",
        "carpark_number",
        "carpark_info.0.lots_available",
        "update_datetime",
        "sg-hdb-",
    )
    assert list(items(SINGAPORE, shape, THEN)) == [
        {"id": "sg-hdb-HE12", "free": 12, "at": "2026-11-22T15:59:20+08:00"}
    ]


def test_without_a_time_of_its_own_a_row_is_as_old_as_the_answer() -> None:
    assert list(items([{"id": 7, "free": 3.0}], PLAIN, THEN)) == [
        {"id": "7", "free": 3, "at": THEN.isoformat()}
    ]


def test_rows_may_stand_under_their_names() -> None:
    lots = {"lots": {"p-1": {"n": 4}, "p-2": {"n": 5}, "note": "not a lot"}}
    told = list(items(lots, Shape("lots", "@", "n"), THEN))
    assert [(row["id"], row["free"]) for row in told] == [("p-1", 4), ("p-2", 5)]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (1_795_334_400, "2026-11-22T08:00:00+00:00"),
        (1_795_334_400_000, "2026-11-22T08:00:00+00:00"),
        ("1795334400", "2026-11-22T08:00:00+00:00"),
        ("2026/11/22 16:00:00", "2026-11-22T16:00:00+08:00"),
        ("2026-11-22T08:00:00Z", "2026-11-22T08:00:00+00:00"),
        ("yesterday", None),
        (True, None),
        (1e300, None),
        ({}, None),
    ],
)
def test_times_are_read_as_cities_write_them(said: object, read: str | None) -> None:
    row = {"id": "p", "free": 1, "at": said}
    assert next(items([row], Shape("", "id", "free", "at"), THEN))["at"] == read


@pytest.mark.parametrize("document", [7, "x", True, {"a": 1}, [[]]])
def test_whatever_comes_breaks_nothing(document: object) -> None:
    for rows in ("", "a", "0", "0.b.1"):
        try:
            told = list(items(document, Shape(rows, "id.0", "free.x", "@"), THEN))
        except BadFeed:
            continue
        assert all(row["id"] is None for row in told)


@pytest.mark.parametrize(
    "shape", [Shape("", "", "x"), Shape("", "id", ""), Shape("a..b", "id", "n"), Shape("a." * 9 + "a", "id", "n")]
)  # fmt: skip
def test_ways_that_cannot_be_gone_are_refused(shape: Shape) -> None:
    with pytest.raises(BadFeed):
        shape.check()
