"""Limits counted by the calendar's arithmetic, and minute by minute: the same instants."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.calendars import (
    BadSlots,
    Calendar,
    Limit,
    NeverWorking,
    Unit,
    due,
    due_with,
    is_working,
    read_slots,
    write_slots,
)
from kernel.clock import CITY
from tests.cases import slowly

EIGHT_HOURS = read_slots("08:00-12:00 14:00-18:00")
USUAL = Calendar(CITY)
YUNCHENG = Calendar(CITY, EIGHT_HOURS)


def at(text: str) -> datetime:
    """Return an instant by the city's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def said(instant: datetime) -> str:
    return f"{instant.astimezone(CITY):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "value", "unit", "expected"),
    [
        # 2026-11-20 is a Friday.
        ("2026-11-20 17:30", 4, Unit.WORK_HOUR, "2026-11-23 11:30"),
        ("2026-11-20 12:30", 1, Unit.WORK_HOUR, "2026-11-20 15:00"),  # inside the lunch break
        ("2026-11-20 08:00", 4, Unit.WORK_HOUR, "2026-11-20 12:00"),  # due at the slot's end
        ("2026-11-20 03:00", 1, Unit.WORK_HOUR, "2026-11-20 09:00"),
        ("2026-11-21 10:00", 1, Unit.WORK_DAY, "2026-11-23 18:00"),  # on a Saturday
        ("2026-11-20 10:00", 1, Unit.WORK_DAY, "2026-11-23 10:00"),
        # 2026-02-14 and 02-28 are Saturdays worked for the spring festival, 02-15 to 02-23 are off.
        ("2026-02-14 10:00", 2, Unit.WORK_HOUR, "2026-02-14 12:00"),
        ("2026-02-14 17:00", 2, Unit.WORK_HOUR, "2026-02-24 09:00"),
        # The eve of the National Day: hours that run on do.
        ("2026-09-30 23:30", 2, Unit.URGENT_HOUR, "2026-10-01 01:30"),
        ("2026-09-30 23:30", 2, Unit.NATURAL_DAY, "2026-10-02 23:30"),
        ("2026-09-30 23:50", 15, Unit.MINUTE, "2026-10-01 00:05"),
    ],
)
def test_a_limit_is_due_when_the_city_would_say(
    start: str, value: int, unit: Unit, expected: str
) -> None:
    assert said(due(YUNCHENG, at(start), Limit(value, unit)).at) == expected


def test_a_working_day_is_as_long_as_this_districts_day() -> None:
    assert USUAL.length(Limit(1, Unit.WORK_DAY)) == timedelta(hours=7)
    assert said(due(USUAL, at("2026-11-20 09:00"), Limit(1, Unit.WORK_DAY)).at) == (
        "2026-11-20 18:00"
    )


def test_a_day_of_our_own_goes_before_the_state_councils() -> None:
    ours = Calendar(CITY, EIGHT_HOURS, {date(2026, 11, 20): (), date(2026, 11, 21): EIGHT_HOURS})

    assert said(due(ours, at("2026-11-19 17:00"), Limit(2, Unit.WORK_HOUR)).at) == (
        "2026-11-21 09:00"
    )


def test_days_that_nobody_has_announced_yet_go_by_the_week() -> None:
    assert [is_working(date(2090, 1, day)) for day in range(2, 9)] == [True] * 5 + [False] * 2


def test_the_statutory_answer_is_due_at_the_end_of_the_fifteenth_working_day() -> None:
    # Accepted on a Friday, which does not count; three weeks later it is Friday again.
    assert said(USUAL.end_of_working_day(at("2026-11-20 10:00"), 15)) == "2026-12-11 18:00"
    # Over the National Day (10-01 to 10-07 off, 10-10 worked).
    assert said(USUAL.end_of_working_day(at("2026-09-30 10:00"), 2)) == "2026-10-09 18:00"


def test_a_calendar_without_work_is_noticed() -> None:
    empty = Calendar(CITY, ())

    with pytest.raises(NeverWorking):
        empty.add(at("2026-11-20 10:00"), timedelta(hours=1), runs_on=False)
    with pytest.raises(NeverWorking):
        empty.end_of_working_day(at("2026-11-20 10:00"), 1)


@pytest.mark.parametrize("text", ["", "09:00-12:00", "09:00-12:00 14:00-18:00"])
def test_slots_are_written_as_they_are_read(text: str) -> None:
    assert write_slots(read_slots(text)) == text


@pytest.mark.parametrize(
    "text", ["9-12", "12:00-09:00", "09:00-12:00 11:00-18:00", "09:00", "09:00-09:00", "x-y"]
)
def test_slots_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(BadSlots):
        read_slots(text)


# -- against the slow count ---------------------------------------------------------------

_times = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))


def _slots(edges: set[time]) -> tuple[tuple[time, time], ...]:
    ordered = sorted(edges)
    return tuple(zip(ordered[::2], ordered[1::2], strict=False))


slots = st.sets(_times, min_size=2, max_size=6).map(_slots)
FIRST = date(2026, 1, 20)
special: st.SearchStrategy[Mapping[date, tuple[tuple[time, time], ...]]] = st.dictionaries(
    st.integers(0, 60).map(lambda n: FIRST + timedelta(days=n)),
    slots | st.just(()),
    max_size=6,
)
calendars = st.builds(Calendar, st.just(CITY), slots, special)
starts = st.integers(0, 40 * 24 * 60).map(
    lambda n: datetime(2026, 1, 20, tzinfo=UTC) + timedelta(minutes=n)
)
few = settings(max_examples=60, deadline=None)


@few
@given(calendar=calendars, start=starts, minutes=st.integers(0, 600), runs_on=st.booleans())
def test_adding_is_counting_minutes(
    *, calendar: Calendar, start: datetime, minutes: int, runs_on: bool
) -> None:
    fast = calendar.add(start, timedelta(minutes=minutes), runs_on=runs_on)

    assert fast == slowly.add(calendar, start, minutes, runs_on=runs_on)


@few
@given(
    calendar=calendars,
    start=starts,
    minutes=st.integers(-600, 3 * 24 * 60),
    runs_on=st.booleans(),
)
def test_what_lies_between_is_what_is_counted(
    *, calendar: Calendar, start: datetime, minutes: int, runs_on: bool
) -> None:
    end = start + timedelta(minutes=minutes)

    counted = slowly.between(calendar, start, end, runs_on=runs_on)
    assert calendar.between(start, end, runs_on=runs_on) == timedelta(minutes=counted)


@few
@given(starts, st.integers(1, 5))
def test_the_end_of_a_working_day_is_where_the_minutes_end(start: datetime, days: int) -> None:
    assert USUAL.end_of_working_day(start, days) == slowly.end_of_working_day(USUAL, start, days)


@few
@given(calendars, starts, st.integers(1, 20), st.sampled_from(Unit))
def test_yellow_comes_at_four_fifths(
    calendar: Calendar, start: datetime, value: int, unit: Unit
) -> None:
    limit = Limit(value, unit)
    whole = calendar.length(limit)

    found = due(calendar, start, limit)

    used = calendar.between(start, found.warn_at, runs_on=limit.runs_on)
    assert used == whole * 4 / 5
    assert calendar.between(start, found.at, runs_on=limit.runs_on) == whole


@few
@given(
    calendar=calendars,
    start=starts,
    used=st.integers(0, 300),
    paused=st.integers(0, 3000),
    runs_on=st.booleans(),
)
def test_a_pause_moves_the_end_and_takes_nothing_from_the_limit(
    *, calendar: Calendar, start: datetime, used: int, paused: int, runs_on: bool
) -> None:
    whole = timedelta(minutes=300)
    first = due_with(calendar, start, left=whole, whole=whole, runs_on=runs_on)
    pause = calendar.add(start, timedelta(minutes=used), runs_on=runs_on)
    left = calendar.between(pause, first.at, runs_on=runs_on)
    again = pause + timedelta(minutes=paused)

    second = due_with(calendar, again, left=left, whole=whole, runs_on=runs_on)

    assert second.at == slowly.add(
        calendar, again, round(left.total_seconds() / 60), runs_on=runs_on
    )
    assert second.at >= first.at or left == timedelta()
