"""Counting time as limits count it: hours that run on, hours and days of work, days of the calendar.

Units after a city's published rules (docs/cases.md): an urgent hour (紧急工作时) and a calendar day
(自然日) run through night and holiday; a working hour (工作时) runs inside the working slots of
working days only; a working day (工作日) is as many working hours as a usual day has. A start
outside a slot counts from the next one. The statutory answer is counted in whole working days,
the day of the start left out.

Plain Python: instants are aware, working times are the city's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TypeAlias
from zoneinfo import ZoneInfo

import chinese_calendar

Slot: TypeAlias = tuple[time, time]

# Two public hotlines of Chongqing keep these hours (docs/cases.md); a table of ours changes them.
USUAL_SLOTS: tuple[Slot, ...] = ((time(9), time(12)), (time(14), time(18)))

_FURTHEST = 4000  # days; a calendar without work must not be searched for ever


class Unit(StrEnum):
    MINUTE = "minute"
    URGENT_HOUR = "urgent_hour"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"


UNIT_WORDS = {
    Unit.MINUTE: "分钟",
    Unit.URGENT_HOUR: "紧急工作时",
    Unit.WORK_HOUR: "工作时",
    Unit.WORK_DAY: "工作日",
    Unit.NATURAL_DAY: "自然日",
}
_RUNS_ON = {
    Unit.MINUTE: timedelta(minutes=1),
    Unit.URGENT_HOUR: timedelta(hours=1),
    Unit.NATURAL_DAY: timedelta(days=1),
}


class NeverWorking(ValueError):
    """The calendar has too little work in years: its overrides must be wrong."""


@dataclass(frozen=True, order=True)
class Limit:
    value: int
    unit: Unit

    @property
    def words(self) -> str:
        return f"{self.value} {UNIT_WORDS[self.unit]}"

    @property
    def runs_on(self) -> bool:
        """Tell whether the limit runs through night and holiday."""
        return self.unit in _RUNS_ON


@dataclass(frozen=True)
class Calendar:
    """Working slots of a usual day, and the days that differ (empty: nobody works)."""

    zone: ZoneInfo
    slots: tuple[Slot, ...] = USUAL_SLOTS
    special: Mapping[date, tuple[Slot, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def slots_of(self, day: date) -> tuple[Slot, ...]:
        """Return the day's working slots: ours, else the State Council's, else the week's."""
        if day in self.special:
            return self.special[day]
        return self.slots if is_working(day) else ()

    @cached_property
    def day_length(self) -> timedelta:
        """The working time of a usual day."""
        return sum((_length(slot) for slot in self.slots), timedelta())

    def length(self, limit: Limit) -> timedelta:
        """Return how much time of its own kind a limit is."""
        if limit.unit in _RUNS_ON:
            return limit.value * _RUNS_ON[limit.unit]
        if limit.unit is Unit.WORK_DAY:
            return limit.value * self.day_length
        return timedelta(hours=limit.value)

    def add(self, start: datetime, length: timedelta, *, runs_on: bool) -> datetime:
        """Return the instant when so much time has run since `start`."""
        if runs_on or length <= timedelta():
            return start + length
        left = length
        for opening, end in self._slots_from(start):
            begin = max(opening, start)
            if end - begin >= left:
                return begin + left
            left -= end - begin
        raise NeverWorking(start)

    def between(self, start: datetime, end: datetime, *, runs_on: bool) -> timedelta:
        """Return how much time ran from `start` to `end`; nothing where the end is not later."""
        if end <= start:
            return timedelta()
        if runs_on:
            return end - start
        total = timedelta()
        for begin, stop in self._slots_from(start):
            if begin >= end:
                break
            total += min(stop, end) - max(begin, start)
        return total

    def end_of_working_day(self, start: datetime, days: int) -> datetime:
        """Return the end of the last slot of the so-manieth working day after the day of `start`."""
        day = start.astimezone(self.zone).date()
        for _ in range(_FURTHEST):
            day += timedelta(days=1)
            slots = self.slots_of(day)
            if slots:
                days -= 1
                if days <= 0:
                    return self._at(day, slots[-1][1])
        raise NeverWorking(start)

    def _slots_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the slots that end after the instant, in their order, in UTC."""
        first = start.astimezone(self.zone).date()
        for ahead in range(_FURTHEST):
            day = first + timedelta(days=ahead)
            for begin, end in self.slots_of(day):
                stop = self._at(day, end)
                if stop > start:
                    yield self._at(day, begin), stop

    def _at(self, day: date, when: time) -> datetime:
        return datetime.combine(day, when, self.zone).astimezone(UTC)


@dataclass(frozen=True)
class Due:
    """When a lamp turns yellow (four fifths of the limit) and red (all of it)."""

    warn_at: datetime
    at: datetime


def due(calendar: Calendar, start: datetime, limit: Limit) -> Due:
    """Return the due times of a limit that begins now."""
    whole = calendar.length(limit)
    return due_with(calendar, start, left=whole, whole=whole, runs_on=limit.runs_on)


def due_with(
    calendar: Calendar, at: datetime, *, left: timedelta, whole: timedelta, runs_on: bool
) -> Due:
    """Return the due times when at this instant so much of a whole limit is left."""
    until_yellow = max(timedelta(), left - whole / 5)
    return Due(
        warn_at=calendar.add(at, until_yellow, runs_on=runs_on),
        at=calendar.add(at, left, runs_on=runs_on),
    )


@lru_cache(maxsize=4096)  # the list's own look-up walks through all its years each time
def is_working(day: date) -> bool:
    """Tell whether people work that day: the State Council's list, or the week's beyond it."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # not announced yet
        return day.isoweekday() <= 5


class BadSlots(ValueError):
    """Working hours that cannot be read, or that go backwards."""


def read_slots(text: str) -> tuple[Slot, ...]:
    """Read `09:00-12:00 14:00-18:00`, or nothing for a day off; raise BadSlots."""
    try:
        slots = tuple(_slot(part) for part in text.split())
    except ValueError as fault:
        raise BadSlots(text) from fault
    edges = [edge for slot in slots for edge in slot]
    if edges != sorted(set(edges)):
        raise BadSlots(text)
    return slots


def write_slots(slots: Sequence[Slot]) -> str:
    """Write slots as `read_slots` reads them."""
    return " ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in slots)


def _slot(text: str) -> Slot:
    begin, end = text.split("-")
    return time.fromisoformat(begin), time.fromisoformat(end)


def _length(slot: Slot) -> timedelta:
    begin, end = (datetime.combine(date.min, edge) for edge in slot)
    return end - begin
