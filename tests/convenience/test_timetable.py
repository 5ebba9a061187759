"""What is open at an instant: right at every instant, worked out as seldom as possible."""

import random
from collections.abc import Sequence
from datetime import datetime

from convenience.timetable import UNKNOWN, Timetable
from tests.convenience.naive import is_open, read_spans

NOON = 1_790_000_000
HOUR = 3600


def at(timetable: Timetable, now: float) -> list[bool]:
    return [bool(one) for one in timetable.at(now).is_open]


def test_each_is_open_from_its_first_second_until_just_before_its_last() -> None:
    timetable = Timetable([f"{NOON}-{NOON + HOUR}"], read_spans)

    assert at(timetable, NOON - 0.001) == [False, False]
    assert at(timetable, NOON) == [True, False]
    assert at(timetable, NOON + HOUR - 0.001) == [True, False]
    assert at(timetable, NOON + HOUR) == [False, False]


def test_unknown_hours_are_never_surely_open() -> None:
    timetable = Timetable([f"{NOON}-{NOON + HOUR}"], read_spans)
    assert not timetable.at(NOON).is_open[UNKNOWN]
    assert at(Timetable([], read_spans), NOON) == [False]


def test_at_any_instant_and_in_any_order_the_answer_is_that_of_the_hours() -> None:
    chance = random.Random(3)
    texts = []
    for _ in range(40):
        start = NOON + chance.randrange(-3 * 24 * HOUR, 6 * 24 * HOUR, 600)
        texts.append(f"{start}-{start + chance.randrange(600, 30 * HOUR, 600)}")
    timetable = Timetable(texts, read_spans)

    for _ in range(500):
        now = NOON + chance.randrange(-2 * 24 * HOUR, 5 * 24 * HOUR, 300)
        expected = [is_open(text, now) for text in timetable.texts]
        found = timetable.at(now)
        assert [bool(one) for one in found.is_open[:-1]] == expected
        assert found.since <= now < found.until
        # It holds for as long as it says.
        for later in (found.since, (now + found.until) / 2, found.until - 0.001):
            assert [is_open(text, later) for text in timetable.texts] == expected


def test_hours_are_read_once_a_day_and_not_at_each_question() -> None:
    read: list[datetime] = []

    def counted(hours: str, since: datetime, days: int) -> Sequence[tuple[float, float]]:
        read.append(since)
        return read_spans(hours, since, days)

    timetable = Timetable([f"{NOON}-{NOON + 9 * 24 * HOUR}"], counted)
    for minute in range(0, 3 * 24 * 60, 7):
        assert at(timetable, NOON + minute * 60) == [True, False]

    assert len(read) == 3


def test_more_hours_leave_the_numbers_of_the_others_and_read_only_the_new() -> None:
    read: list[str] = []

    def counted(hours: str, since: datetime, days: int) -> Sequence[tuple[float, float]]:
        read.append(hours)
        return read_spans(hours, since, days)

    morning, evening = f"{NOON - HOUR}-{NOON}", f"{NOON}-{NOON + HOUR}"
    timetable = Timetable([morning], counted)
    assert at(timetable, NOON) == [False, False]

    wider = timetable.including([evening, morning, evening])

    assert (wider.number_of(morning), wider.number_of(evening)) == (0, 1)
    assert at(wider, NOON) == [False, True, False]
    assert at(wider, NOON - 60) == [True, False, False]
    assert read.count(morning) == 2  # an instant before the first reading asks for another
    assert at(timetable, NOON) == [False, False]
    assert timetable.including([morning]) is timetable
