"""Distances, walks, places free and prices, as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from convenience import wording

NOW = datetime(2026, 11, 23, 4, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (0, "不到 10 米"),
        (9.4, "不到 10 米"),
        (9.6, "10 米"),
        (344, "340 米"),
        (994, "990 米"),
        (996, "1.0 公里"),
        (1249, "1.2 公里"),
        (9_940, "9.9 公里"),
        (9_960, "10 公里"),
        (1_436_900, "1437 公里"),
    ],
)
def test_a_distance_in_words(metres: float, words: str) -> None:
    assert wording.distance(metres) == words


def test_nobody_is_told_to_walk_for_hours() -> None:
    assert wording.walk(65) == "步行约 1 分钟"
    assert wording.walk(1000) == "步行约 21 分钟"
    assert wording.walk(5000) is None


def test_what_is_beside_one_has_no_direction() -> None:
    assert wording.towards(3, "东") == "就在旁边"
    assert wording.towards(350, "东北") == "往东北 350 米"


@pytest.mark.parametrize(
    ("free", "minutes_old", "capacity", "words"),
    [
        (23, 3, 200, "空位 23 个（3 分钟前），共 200 个"),
        (0, 0, 200, "没有空位（刚刚），共 200 个"),
        (23, 3, None, "空位 23 个（3 分钟前）"),
        (23, 16, 200, "共 200 个车位，空位不详"),
        (23, 60 * 24, None, "空位不详"),
        (None, 0, 200, "共 200 个车位"),
        (None, 0, None, None),
    ],
)
def test_old_news_of_free_places_is_no_news(
    free: int | None, minutes_old: int, capacity: int | None, words: str | None
) -> None:
    at = None if free is None else NOW - timedelta(minutes=minutes_old)
    assert wording.spaces(free, at, capacity, now=NOW) == words


def test_a_price_says_when_nobody_knows() -> None:
    assert wording.price(True, None) == "免费"
    assert wording.price(False, None) == "收费"
    assert wording.price(False, "首小时 5 元") == "收费：首小时 5 元"
    assert wording.price(None, None) == "收费不详"
    assert wording.price(True, "首小时 5 元") == "免费"


def test_unknown_is_neither_there_nor_lacking() -> None:
    flags = {"is_accessible": None, "has_paper": True, "is_free": True}
    assert wording.features(flags) == ["有厕纸"]
    assert wording.lacking(flags) == []
    assert wording.lacking({"is_accessible": False}) == ["没有无障碍设施"]


def test_opening_is_said_of_the_minute() -> None:
    closes = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 22:00 in the city
    before = wording.opening("Mo-Su 08:00-22:00", closes - timedelta(microseconds=1))
    after = wording.opening("Mo-Su 08:00-22:00", closes)
    assert (before.is_open, after.is_open) == (True, False)
    assert before.words == "现在开放，到 22:00"
    assert wording.opening(None, closes) == wording.Opening(None, "开放时间不详")


def test_hours_that_nobody_can_read_are_shown_as_they_came() -> None:
    assert wording.hours_in_full(None, "看天气") == "看天气（以现场为准）"
    assert wording.hours_in_full(None, None) is None
