"""Microseconds for the ten nearest, with what people need, and how often the answer is right."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
from pyproj import Geod

from .engines import Ask, Engine, Ids, K, in_process
from .rounds import Place, in_turns, median_and_p99, ratio
from .servers import all_servers
from .town import QUESTIONS, Floats, Question, Town

_EARTH = Geod(ellps="WGS84")
_CHECKED = 40  # answers of each way to each question
_SAME_M = 0.001


def run(*, is_quick: bool) -> None:
    ask_all(20_000, QUESTIONS[:: 3 if is_quick else 1], rounds=2 if is_quick else 7)


def ask_all(count: int, questions: Sequence[Question], *, rounds: int) -> None:
    """Print what each way takes for each question."""
    with ExitStack() as stack:
        servers = stack.enter_context(all_servers(lambda line: print(f"   {line}")))
        town = Town(count)
        engines = [*in_process(town), *servers]
        print(f"\n{count:,} facilities; us per question, median / 99th percentile")
        for question in questions:
            _compare(town, question, engines, rounds)


def _compare(town: Town, question: Question, engines: Sequence[Engine], rounds: int) -> None:
    rows = np.flatnonzero(town.chosen(question))
    ids, latitudes, longitudes = town.ids[rows], town.latitudes[rows], town.longitudes[rows]
    ways = {one.name: one.prepare(question, ids, latitudes, longitudes) for one in engines}
    places = town.places(question, 7000, seed=len(rows))
    truth = Truth(ids, latitudes, longitudes, question.radius_m)
    verdicts = {name: truth.verdict(ask, places[:_CHECKED]) for name, ask in ways.items()}
    taken = in_turns(ways, places, rounds)
    print(f"\n  {question.name}: {len(rows):,} of them")
    medians = {}
    for name, of_rounds in taken.items():
        medians[name], p99 = median_and_p99(of_rounds)
        times = ratio(of_rounds, taken[engines[0].name])
        print(
            f"    {name:<32}{medians[name]:>11,.1f} /{p99:>11,.1f}  x{times:>8,.1f}"
            f"   order {verdicts[name].in_order:>4.0%}, metres to {verdicts[name].off_m:,.4f}"
        )
    exact = [name for name, verdict in verdicts.items() if verdict.is_exact]
    print(f"    fastest of the exact ones: {min(exact, key=lambda name: medians[name])}")


class Verdict(NamedTuple):
    """How many answers name who is nearest, in that order, and how wrong their metres are at worst."""

    in_order: float
    off_m: float

    @property
    def is_exact(self) -> bool:
        return self.in_order == 1 and self.off_m <= _SAME_M


class Truth:
    """The nearest by Karney's method over all that any chord lets come into question."""

    def __init__(self, ids: Ids, latitudes: Floats, longitudes: Floats, radius_m: float) -> None:
        self._latitudes, self._longitudes = latitudes, longitudes
        self._row_of = {number: row for row, number in enumerate(ids.tolist())}
        self._radius_m = radius_m
        self._points = _geocentric(latitudes, longitudes)

    def verdict(self, ask: Ask, places: Sequence[Place]) -> Verdict:
        right, off_m = 0, 0.0
        for place in places:
            found, expected = ask(*place), self._nearest(place)
            rows = np.array([self._row_of[number] for number, _ in found], dtype=np.int64)
            if len(rows):
                told = np.array([way for _, way in found])
                off_m = max(off_m, float(np.abs(told - self._measured(place, rows)).max()))
            if len(rows) == len(expected) and len(set(rows.tolist())) == len(rows):
                right += bool(np.all(np.abs(self._measured(place, rows) - expected) < _SAME_M))
        return Verdict(right / len(places), off_m)

    def _nearest(self, place: Place) -> Floats:
        here = _geocentric(np.array([place[0]]), np.array([place[1]]))
        chords = np.sqrt(((self._points - here) ** 2).sum(axis=1))
        k = min(K, len(chords))
        # Up to 5,000 km a way is between its chord and 1.03 of it, and of two ways the order by
        # chord errs by less than a thousandth.
        edge = np.partition(chords, k - 1)[k - 1] * 1.001 + 0.01
        ways = np.sort(self._measured(place, np.flatnonzero(chords <= edge)))[:k]
        return ways[ways <= self._radius_m]

    def _measured(self, place: Place, rows: Ids) -> Floats:
        here = np.empty((2, len(rows)))
        here[0], here[1] = place[1], place[0]
        _, _, ways = _EARTH.inv(here[0], here[1], self._longitudes[rows], self._latitudes[rows])
        return np.asarray(ways)


def _geocentric(latitudes: Floats, longitudes: Floats) -> Floats:
    phi, lam, e2 = np.radians(latitudes), np.radians(longitudes), 0.0066943799901413165
    vertical = 6378137.0 / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    outward = vertical * np.cos(phi)
    return np.column_stack(
        (outward * np.cos(lam), outward * np.sin(lam), vertical * (1 - e2) * np.sin(phi))
    )
