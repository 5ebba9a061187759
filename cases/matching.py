"""Which rule speaks for a case: the most special one. Plain Python.

A rule names a class or its group, a place, a source and a time of day, or leaves them open. The
class counts most (the very class, its group, components or events), then the place (cell, community,
street), then a source, then a time. Of two that are equally special the smaller number speaks;
`clash` tells of them before they are written.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel import clock

DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Line:
    """One rule; None means any. Minutes are the city's, until before `to_minute`."""

    no: int
    body_id: int
    class_key: str | None = None
    area_code: str | None = None
    source: str | None = None
    from_minute: int | None = None
    to_minute: int | None = None

    def is_meant(self, source: str, minute: int) -> bool:
        """Tell whether it speaks for this source at this minute of the day."""
        return self.source in (None, source) and minute in self

    def __contains__(self, minute: int) -> bool:
        if self.from_minute is None or self.to_minute is None:
            return True
        if self.from_minute < self.to_minute:
            return self.from_minute <= minute < self.to_minute
        return minute >= self.from_minute or minute < self.to_minute


@dataclass(frozen=True)
class Matter:
    """What rules look at: `places` from the cell up to the street; `at`: when it is dispatched."""

    class_code: str | None
    places: tuple[str, ...]
    source: str
    at: datetime

    @property
    def minute(self) -> int:
        there = clock.in_city(self.at)
        return there.hour * 60 + there.minute


class Book:
    """Rules by what they name, so that a thousand of them are no slower than ten."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = tuple(sorted(lines, key=lambda line: line.no))
        self._by: defaultdict[tuple[str | None, str | None], list[Line]] = defaultdict(list)
        for line in self.lines:
            self._by[line.class_key, line.area_code].append(line)

    def decide(self, matter: Matter) -> Line | None:
        """Return the rule that speaks for the matter."""
        return next(iter(self.ranked(matter)), None)

    def ranked(self, matter: Matter) -> Sequence[Line]:
        """Return all rules that are meant, the most special one first."""
        found: list[Line] = []
        for class_key in keys_of(matter.class_code):
            for area in (*matter.places, None):
                meant = [
                    line
                    for line in self._by.get((class_key, area), ())
                    if line.is_meant(matter.source, matter.minute)
                ]
                found += sorted(
                    meant,
                    key=lambda line: (line.source is None, line.from_minute is None, line.no),
                )
        return found


def keys_of(class_code: str | None) -> tuple[str | None, ...]:
    """Return what names the class, from itself to everything: C0101, C01, C, None."""
    if class_code is None:
        return (None,)
    return class_code, class_code[:3], class_code[:1], None


def clash(line: Line, others: Iterable[Line]) -> Line | None:
    """Return a rule that is exactly as special and may be meant at the same time."""
    alike = (line.class_key, line.area_code, line.source)
    for other in others:
        if other.no == line.no or (other.class_key, other.area_code, other.source) != alike:
            continue
        if (other.from_minute is None) != (line.from_minute is None):
            continue  # the one with a time is more special
        if any(minute in line and minute in other for minute in (_first(line), _first(other))):
            return other
    return None


def _first(line: Line) -> int:
    return line.from_minute or 0
