"""A town of facilities, the same at every run: clusters and scattered ones, as districts have them.

Seven of ten stand in 80 clusters of unlike size, the others anywhere in the box of the district. Three
of four are car parks, 15 % toilets, 8 % car washes, 2 % police kiosks. Coordinates have 6 decimals.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from convenience.index import Facilities, Index, Need
from convenience.timetable import UNKNOWN, Timetable

SOUTH, NORTH, WEST, EAST = 29.5, 29.75, 106.4, 106.9
NOW = 1_795_320_000.0  # an afternoon in the city
KINDS = ("parking", "toilet", "car_wash", "police_kiosk")
SHARES = (0.75, 0.15, 0.08, 0.02)
HOUR = 3600.0

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Question:
    """Something that people ask for; `radius_m` limits how far."""

    name: str
    kind: str | None
    needs: Need = Need.NOTHING
    is_far: bool = False
    radius_m: float = float("inf")


QUESTIONS = (
    Question("car parks (75 %)", "parking"),
    Question("toilets (15 %)", "toilet"),
    Question("toilets open now, step-free", "toilet", Need.OPEN | Need.ACCESSIBLE),
    Question("toilets open, step-free, free, 2 km", "toilet", Need(67), radius_m=2000.0),
    Question("car parks with free spaces", "parking", Need.SPACES),
    Question("police kiosks (2 %), open now", "police_kiosk", Need.OPEN),
    Question("toilets, from 60-1,500 km away", "toilet", is_far=True),
)


class Town:
    def __init__(self, count: int, seed: int = 6) -> None:
        chance = self._chance = np.random.default_rng(seed)
        self.count = count
        self.ids = np.arange(1, count + 1, dtype=np.int64) * 7
        self.latitudes, self.longitudes = self._points()
        self.kinds = chance.choice(len(KINDS), count, p=SHARES)
        traits = (chance.random((6, count)) < [[0.3], [0.6], [0.1], [0.1], [0.5], [0.4]]).astype(
            np.uint8
        )
        self.traits = (traits << np.arange(6, dtype=np.uint8)[:, None]).sum(axis=0).astype(np.uint8)
        self.texts = self._hours()
        self.hours = chance.integers(0, len(self.texts), count).astype(np.int32)
        self.hours[chance.random(count) < 0.2] = UNKNOWN
        is_told = chance.random(count) < 0.05  # who has a gate that counts
        until = NOW + chance.uniform(-100, 900, count)
        self.spaces_until = np.where(is_told & (chance.random(count) < 0.8), until, 0.0)

    def _points(self) -> tuple[Floats, Floats]:
        chance, clustered = self._chance, int(self.count * 0.7)
        centres = chance.uniform((SOUTH, WEST), (NORTH, EAST), (80, 2))
        weights = chance.pareto(1.2, 80) + 0.1
        at = chance.choice(80, clustered, p=weights / weights.sum())
        points = np.concatenate(
            (
                centres[at] + chance.normal(0, 0.006, (clustered, 2)),
                chance.uniform((SOUTH, WEST), (NORTH, EAST), (self.count - clustered, 2)),
            )
        )
        points = np.round(chance.permutation(points), 6)
        return points[:, 0].copy(), points[:, 1].copy()

    def _hours(self) -> tuple[str, ...]:
        """Return 200 different hours: `start-end` in seconds after midnight, every day."""
        starts = self._chance.integers(0, 12, 200) * HOUR
        ends = starts + self._chance.integers(6, 19, 200) * HOUR
        return tuple(
            f"{start:.0f}-{end:.0f}-{n}"
            for n, (start, end) in enumerate(zip(starts, ends, strict=True))
        )

    # -- as ours takes them --------------------------------------------------------------------

    @cached_property
    def facilities(self) -> dict[str, Facilities]:
        found = {}
        for number, kind in enumerate(KINDS):
            rows = np.flatnonzero(self.kinds == number)
            found[kind] = Facilities(
                self.ids[rows],
                self.latitudes[rows],
                self.longitudes[rows],
                self.traits[rows],
                self.hours[rows],
                self.spaces_until[rows],
            )
        return found

    def index(self) -> Index:
        return Index.of(self.facilities, self.timetable())

    def timetable(self) -> Timetable:
        return Timetable(self.texts, read_spans)

    # -- as others get them: sorted out beforehand -----------------------------------------------

    def chosen(self, question: Question, now: float = NOW) -> Mask:
        """Tell who answers a question, worked out apart from ours."""
        mask = np.ones(self.count, dtype=np.bool_)
        if question.kind is not None:
            mask &= self.kinds == KINDS.index(question.kind)
        lasting = int(question.needs) & 63
        mask &= (self.traits & lasting) == lasting
        if question.needs & Need.OPEN:
            mask &= np.append([is_open(text, now) for text in self.texts], False)[self.hours]
        if question.needs & Need.SPACES:
            mask &= self.spaces_until >= now
        return mask

    def places(self, question: Question, count: int, seed: int = 0) -> list[tuple[float, float]]:
        """Return places to ask from: near some facility, in the box, or far outside."""
        chance = np.random.default_rng(seed)
        if question.is_far:
            km, turn = chance.uniform(60, 1500, count), chance.uniform(0, 2 * np.pi, count)
            points = np.column_stack(
                (29.6 + km / 111 * np.sin(turn), 106.6 + km / 97 * np.cos(turn))
            )
        else:
            rows = chance.integers(0, self.count, count)
            points = np.column_stack((self.latitudes[rows], self.longitudes[rows]))
            points += chance.normal(0, 0.003, (count, 2))
            anywhere = chance.uniform((SOUTH, WEST), (NORTH, EAST), (count, 2))
            points = np.where(chance.random((count, 1)) < 0.5, points, anywhere)
        return [(float(lat), float(lng)) for lat, lng in points]


def read_spans(text: str, since: datetime, days: int) -> list[tuple[float, float]]:
    """Read the hours of this town, as a timetable asks for them."""
    start, end, _ = map(float, text.split("-"))
    midnight = since.timestamp() // 86400 * 86400
    return [
        (midnight + day * 86400 + start, midnight + day * 86400 + end)
        for day in range(-1, days + 1)
    ]


def is_open(text: str, now: float) -> bool:
    start, end, _ = map(float, text.split("-"))
    seconds = now % 86400
    return start <= seconds < end or start <= seconds + 86400 < end
