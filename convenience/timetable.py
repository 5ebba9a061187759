"""Which of many opening hours are open at an instant: worked out once for as long as it holds.

A district has thousands of facilities and some hundred different opening hours. Each is read for
two days ahead; between one opening or closing and the next, nothing changes.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

# (hours, from an instant, for so many days) -> the times when surely open, in Unix seconds
Reader: TypeAlias = Callable[[str, datetime, int], Sequence[tuple[float, float]]]

UNKNOWN = -1  # the number of hours that nobody knows: never surely open

_DAYS = 2
_AHEAD_S = 24 * 3600.0  # read anew when less than this is left
_Floats: TypeAlias = NDArray[np.float64]


class OpenNow(NamedTuple):
    """`is_open[number]` of each hours, right from `since` until just before `until`."""

    is_open: NDArray[np.bool_]
    since: float
    until: float


class _Spans(NamedTuple):
    """When each is open, as far as they were read."""

    numbers: NDArray[np.int32]
    starts: _Floats
    ends: _Floats
    since: float
    until: float

    def joined(self, other: "_Spans") -> "_Spans":
        return _Spans(
            np.concatenate((self.numbers, other.numbers)),
            np.concatenate((self.starts, other.starts)),
            np.concatenate((self.ends, other.ends)),
            self.since,
            self.until,
        )


class Timetable:
    """Numbered opening hours. Hours are added by a new timetable, so that numbers never change."""

    def __init__(self, texts: Sequence[str], read: Reader) -> None:
        self.texts = tuple(texts)
        self._read = read
        self._numbers = {text: number for number, text in enumerate(self.texts)}
        self._spans: _Spans | None = None
        self._open_now: OpenNow | None = None

    def number_of(self, text: str) -> int:
        return self._numbers[text]

    def including(self, texts: Sequence[str]) -> "Timetable":
        """Return a timetable that knows these hours too; the numbers of the others stay."""
        new = [text for text in dict.fromkeys(texts) if text not in self._numbers]
        if not new:
            return self
        wider = Timetable((*self.texts, *new), self._read)
        if self._spans is not None:
            wider._spans = self._spans.joined(wider._read_from(self._spans.since, len(self.texts)))
        return wider

    def at(self, now: float) -> OpenNow:
        """Return what is open at the instant (Unix seconds) and for how long that holds."""
        found = self._open_now
        if found is None or not found.since <= now < found.until:
            found = self._open_now = self._work_out(now)
        return found

    def _work_out(self, now: float) -> OpenNow:
        spans = self._spans
        if spans is None or not spans.since <= now < spans.until - _AHEAD_S:
            spans = self._spans = self._read_from(float(int(now)))
        is_on = (spans.starts <= now) & (now < spans.ends)
        # One more than there are hours, never open: the last one is number UNKNOWN.
        is_open = np.zeros(len(self.texts) + 1, dtype=np.bool_)
        is_open[spans.numbers[is_on]] = True
        edges = np.concatenate((spans.starts, spans.ends))
        before, after = edges[edges <= now], edges[edges > now]
        return OpenNow(
            is_open,
            since=max(float(before.max(initial=spans.since)), spans.since),
            until=min(float(after.min(initial=spans.until)), spans.until - _AHEAD_S),
        )

    def _read_from(self, since: float, first: int = 0) -> _Spans:
        """Read the hours from this number on, for two days from the instant."""
        instant = datetime.fromtimestamp(since, UTC)
        read = [
            (number, start, end)
            for number, text in enumerate(self.texts[first:], first)
            for start, end in self._read(text, instant, _DAYS)
        ]
        numbers, starts, ends = zip(*read, strict=True) if read else ((), (), ())
        return _Spans(
            np.array(numbers, dtype=np.int32),
            np.array(starts, dtype=np.float64),
            np.array(ends, dtype=np.float64),
            since,
            since + _DAYS * 24 * 3600.0,
        )
