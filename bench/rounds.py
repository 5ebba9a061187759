"""Measuring several ways side by side: in turns, so that whatever else the machine does hits all."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

Place = tuple[float, float]
Call = Callable[[float, float], object]

ROUNDS = 7
_BUDGET_S = 0.08  # of one way in one round
_LEAST, _MOST = 5, 1000
_WARM_UP = 20


def in_turns(
    ways: Mapping[str, Call], places: Sequence[Place], rounds: int = ROUNDS
) -> dict[str, list[list[float]]]:
    """Return microseconds of each call, by way and round; every round asks from other places."""
    taken: dict[str, list[list[float]]] = {name: [] for name in ways}
    for call in ways.values():
        for place in places[: _WARM_UP if _is_quick(call, places[0]) else 2]:
            call(*place)
    names = list(ways)
    for turn in range(rounds):
        start = turn * _MOST
        some = [places[(start + n) % len(places)] for n in range(_MOST)]
        for name in names if turn % 2 == 0 else reversed(names):
            taken[name].append(_measured(ways[name], some))
    return taken


def _is_quick(call: Call, place: Place) -> bool:
    start = time.perf_counter()
    call(*place)
    return time.perf_counter() - start < _BUDGET_S / _WARM_UP


def _measured(call: Call, places: Sequence[Place]) -> list[float]:
    taken = []
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + _BUDGET_S
        for count, (latitude, longitude) in enumerate(places):
            start = time.perf_counter_ns()
            call(latitude, longitude)
            taken.append((time.perf_counter_ns() - start) / 1000)
            if count >= _LEAST and time.perf_counter() > end:
                break
    finally:
        gc.enable()
    return taken


def median_and_p99(rounds: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the median of the rounds' medians, and of their 99th percentiles."""
    medians = [float(np.median(one)) for one in rounds]
    tails = [float(np.percentile(one, 99)) for one in rounds]
    return float(np.median(medians)), float(np.median(tails))


def ratio(rounds: Sequence[Sequence[float]], ours: Sequence[Sequence[float]]) -> float:
    """Return how many times as long it takes as ours: the median over the rounds."""
    pairs = zip(rounds, ours, strict=True)
    return float(np.median([np.median(one) / np.median(base) for one, base in pairs]))


def resident_mb() -> float:
    """Return this process's memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
