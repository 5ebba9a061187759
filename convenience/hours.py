"""Opening hours: OSM's syntax, evaluated by opening-hours-py in the city's local time.

What the library does not know is rewritten before it sees an expression:

- Public holidays are those of the State Council (chinesecalendar), not only the one legal day of
  each feast: a rule for `PH` is followed by the same rule for the holidays' dates. On the weekend
  days that are worked instead, an expression with `PH` is read as on a Friday. In years that are not
  announced yet the library's own few days hold.
- Hours past midnight belong to the day on which they begin: `06:00-02:00; Mo off` is open on Monday
  until two and not on Tuesday before six. The library takes it the other way round; on a clock that
  is two hours slow, nothing passes midnight.

An answer is True, False or None: unknown, which is neither.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

import chinese_calendar
from opening_hours import (  # type: ignore[attr-defined]  # its stubs forget the error
    OpeningHours,
    ParserError,
    State,
)

import territory
from kernel import clock

from .hours_in_words import Unreadable, from_words
from .rules import LONGEST_TEXT, tidy

ALWAYS = "24/7"

DAY_NAMES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = "|".join(DAY_NAMES)
_ITEM = rf"(?:(?:PH|SH|{_DAY})(?:-(?:{_DAY}))?(?:\[[^\]]*\])?(?: [+-]\d+ days)?)"
_DAYS = re.compile(rf"(?<![A-Za-z]){_ITEM}(?:,{_ITEM})*(?![A-Za-z])")
_FORGOTTEN_BLANK = re.compile(rf"(\d),(?=(?:{_DAY}|PH)\b)")
_BETWEEN_RULES = re.compile(r"(; |, | \|\| )")
_CLOCK = re.compile(r"(\d{2}):(\d{2})")
_SPAN = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})(?![\d:+/])")
_DAY_MINUTES = 24 * 60
_LONGEST_WAIT_DAYS = 366  # a change later than this is none


def read(text: str) -> str:
    """Return hours as OSM writes them, from OSM's syntax or from words; raise Unreadable.

    Nothing is guessed: what could be meant in two ways is unreadable.
    """
    text = tidy(text)
    if not text or len(text) > LONGEST_TEXT:
        raise Unreadable(text)
    # Times alone are read as people mean them: to the grammar 9:00-5:00 ends in
    # the next morning, and of 8:00-12:00;14:00-18:00 only the last half holds.
    is_grammar = text.isascii() and re.search(r"[A-Za-z/+]", text)
    expression = _as_osm(text) if is_grammar else None
    if expression is None:
        expression = _as_osm(from_words(text))
    if expression is None or len(expression) > LONGEST_TEXT:
        raise Unreadable(text)
    return expression


def _as_osm(text: str) -> str | None:
    # A bare number is a year to the grammar, and nobody's opening hours.
    if not re.search(r"[A-Za-z:/]", text):
        return None
    # Between two rules stands a comma and a blank; often the blank is forgotten.
    text = _FORGOTTEN_BLANK.sub(r"\1, ", text.replace("00:00-23:59", "00:00-24:00"))
    try:
        parsed = OpeningHours(text)
    except ParserError:
        return None
    canonical = str(parsed)
    # Words alone ("by appointment") say nothing about the time.
    if re.fullmatch(r'24/7 (unknown ?)?".*"', canonical):
        return None
    return ALWAYS if str(parsed.normalize()) == ALWAYS else canonical


def is_open(hours: str | None, instant: datetime) -> bool | None:
    """Tell whether it is open at the instant; None when that is unknown."""
    if hours is None:
        return None
    table = _table(hours, clock.in_city(instant).year)
    return table.is_open(instant)


def next_change(hours: str | None, instant: datetime) -> datetime | None:
    """Return when it opens or closes next, or None: never, unknown, or not within a year."""
    if hours is None:
        return None
    return _table(hours, clock.in_city(instant).year).next_change(instant)


def intervals(
    hours: str | None, from_instant: datetime, days: int = 2
) -> tuple[tuple[int, int], ...]:
    """Return when it is surely open, as (from, to) in Unix seconds, in order and apart.

    Begins at `from_instant` and ends `days` later. Unknown hours give nothing.
    """
    if hours is None:
        return ()
    until = from_instant + timedelta(days=days)
    if hours == ALWAYS:
        return ((int(from_instant.timestamp()), int(until.timestamp())),)
    table = _table(hours, clock.in_city(from_instant).year)
    return tuple(table.open_between(from_instant, until))


# -- evaluation ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """An expression made ready for a year and its neighbours, on a clock that is `slow`."""

    hours: OpeningHours
    slow: timedelta
    has_fallback: bool

    def is_open(self, instant: datetime) -> bool | None:
        state, comment = self.hours.state(self._local(instant))
        # What comes after `||` is advice (a telephone number): neither open nor closed.
        if state is State.UNKNOWN or (self.has_fallback and (state is State.CLOSED or comment)):
            return None
        return state is State.OPEN

    def next_change(self, instant: datetime) -> datetime | None:
        change = self.hours.next_change(self._local(instant))
        if change is None or change.year > clock.in_city(instant).year + 1:
            return None
        return (change + self.slow).astimezone(instant.tzinfo)

    def open_between(self, start: datetime, end: datetime) -> Iterable[tuple[int, int]]:
        spans = self.hours.intervals(self._local(start), self._local(end))
        for since, until, state, comment in spans:
            if state is State.OPEN and not (self.has_fallback and comment):
                yield int((since + self.slow).timestamp()), int((until + self.slow).timestamp())

    def _local(self, instant: datetime) -> datetime:
        return clock.in_city(instant) - self.slow


@lru_cache(maxsize=16384)
def _table(hours: str, year: int) -> _Table:
    expression, slow = _on_slow_clock(_with_holidays(hours, year))
    return _Table(
        hours=OpeningHours(
            expression,
            timezone=clock.CITY,
            country="CN",
            coords=territory.centre(),  # for sunrise
            max_interval_days=_LONGEST_WAIT_DAYS,
        ),
        slow=timedelta(minutes=slow),
        has_fallback="||" in hours,
    )


# -- holidays ------------------------------------------------------------------------------


def _with_holidays(hours: str, year: int) -> str:
    """Put the dates of holidays, and of the weekends worked for them, beside `PH`."""
    if "PH" not in hours or '"' in hours or "||" in hours:
        return hours
    free, worked = _calendar(year)
    if not free:
        return hours
    rules = _rules(hours)
    lines: list[tuple[str, str]] = []
    for mark, rule in rules:
        lines.append((mark, rule))
        days = _DAYS.search(rule)
        if days and "PH" in days.group().split(","):
            dates = _within(rule[: days.start()], free)
            if dates:
                lines.append((mark, f"{_dates(dates)}{rule[days.end() :]}"))
    lines += _as_on_friday(rules, worked)
    return "".join(mark + rule for mark, rule in lines).removeprefix("; ")


def _rules(hours: str) -> list[tuple[str, str]]:
    """Return the rules, each with the mark before it; the first is a rule of its own."""
    parts = ["; ", *_BETWEEN_RULES.split(hours)]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _as_on_friday(rules: list[tuple[str, str]], worked: list[date]) -> list[tuple[str, str]]:
    """Return rules that make the days worked like a Friday, or none where that is unclear."""
    if not worked or any("[" in rule or "days" in rule for _, rule in rules):
        return []
    lines = [("; ", f"{_dates(worked)} closed")]
    for mark, rule in rules:
        days = _DAYS.search(rule)
        if days and "Fr" not in _named(days.group()):
            continue
        wide, rest = (rule[: days.start()], rule[days.end() :]) if days else _parted(rule)
        dates = _within(wide, worked)
        if dates:
            lines.append((mark, f"{_dates(dates)} {rest.strip()}".rstrip()))
    return lines


def _parted(rule: str) -> tuple[str, str]:
    """Return what a rule without weekdays says of the time of the year, and of the day."""
    begin = re.search(r"\d{2}:\d{2}|sunrise|sunset|dawn|dusk|\(|closed|open|unknown|24/7", rule)
    return (rule[: begin.start()], rule[begin.start() :]) if begin else (rule, "")


def _named(days: str) -> set[str]:
    """Return the weekdays of a list such as Mo-Fr,Su."""
    named: set[str] = set()
    for item in days.split(","):
        first, _, last = item.partition("-")
        if first not in DAY_NAMES:
            continue
        start = DAY_NAMES.index(first)
        length = (DAY_NAMES.index(last) - start) % 7 if last in DAY_NAMES else 0
        named |= {DAY_NAMES[(start + step) % 7] for step in range(length + 1)}
    return named


def _within(wide: str, days: list[date]) -> list[date]:
    """Return those of the days that a rule's season (`Apr-Sep`) holds."""
    if not wide.strip():
        return days
    season = OpeningHours(wide.strip())
    return [day for day in days if season.is_open(datetime(day.year, day.month, day.day, 12))]  # noqa: DTZ001  # a day, in whichever zone


def _dates(days: list[date]) -> str:
    """Write days as the grammar does, runs of them as ranges."""
    runs = [[days[0], days[0]]]
    for before, day in pairwise(days):
        if day - before == timedelta(days=1):
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return ",".join(
        _date(first) if first == last else f"{_date(first)}-{_date(last)}" for first, last in runs
    )


def _date(day: date) -> str:
    return f"{day.year} {MONTHS[day.month - 1]} {day.day}"


@lru_cache(maxsize=16)
def _calendar(year: int) -> tuple[list[date], list[date]]:
    """Return the holidays, and the weekend days worked, of a year and its neighbours."""
    free: list[date] = []
    worked: list[date] = []
    day, end = date(year - 1, 1, 1), date(year + 1, 12, 31)
    while day <= end:
        try:
            is_free, feast = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:  # not announced yet
            day = date(day.year + 1, 1, 1)
            continue
        if feast is not None:
            (free if is_free else worked).append(day)
        day += timedelta(days=1)
    return free, worked


# -- past midnight -------------------------------------------------------------------------


def _on_slow_clock(hours: str) -> tuple[str, int]:
    """Return the expression on a clock so many minutes slow that nothing passes midnight."""
    spans = [tuple(map(int, found)) for found in _SPAN.findall(hours)]
    tails = [_tail(*span) for span in spans]
    slow = max(tails, default=0)
    if not slow or '"' in hours or len(spans) * 2 != len(_CLOCK.findall(hours)):
        return hours, 0
    starts = [hour * 60 + minute for hour, minute, _, _ in spans]
    # A whole day open begins at midnight, wherever the clock stands.
    has_whole_days = any(
        not _CLOCK.search(rule) and not rule.endswith("closed") for _, rule in _rules(hours)
    )
    if min(starts) < slow or has_whole_days:
        return hours, 0
    return _SPAN.sub(lambda span: _slower(span, slow), hours), slow


def _tail(start_hour: int, start_minute: int, end_hour: int, end_minute: int) -> int:
    """Return how many minutes of a span lie after midnight."""
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if end > _DAY_MINUTES:
        return end - _DAY_MINUTES
    return end if end <= start else 0


def _slower(span: re.Match[str], slow: int) -> str:
    start_hour, start_minute, end_hour, end_minute = map(int, span.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if end <= start:
        end += _DAY_MINUTES
    return "-".join(f"{(m - slow) // 60:02}:{(m - slow) % 60:02}" for m in (start, end))
