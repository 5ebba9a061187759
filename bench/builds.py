"""The same ways as `nearest`: how long each takes to be there and to follow a change, and its weight.

All car parks of the town. Who cannot change is made anew, so that a change takes as long as the making.
"""

import gc
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TypeVar

import numpy as np

from .engines import Engine, Ids, Ours, in_process
from .rounds import resident_mb
from .servers import Postgres, RedisGeo, all_servers
from .town import QUESTIONS, Floats, Town

_PARKING = QUESTIONS[0]
_TIMES = 7
T = TypeVar("T")
_NOBODY = np.empty(0, dtype=np.int64)


def run(*, is_quick: bool) -> None:
    with ExitStack() as stack:
        servers = stack.enter_context(all_servers(lambda line: print(f"   {line}")))
        for count in (20_000,) if is_quick else (20_000, 1_000_000):
            town = Town(count)
            rows = np.flatnonzero(town.chosen(_PARKING))
            print(f"\n  {len(rows):,} car parks of {count:,} facilities")
            columns = town.ids[rows], town.latitudes[rows], town.longitudes[rows]
            _ours(town)
            for engine in [*in_process(town)[1:], *servers]:
                _one(engine, *columns)


def _ours(town: Town) -> None:
    parking = town.facilities["parking"]
    built, grown, index = _made(town.index)
    index.nearest(29.57, 106.53, 10, kind="parking")
    one = parking.at(np.array([0]))
    moved = replace(one, latitudes=one.latitudes + 0.001)
    change = _median(lambda: index.changed({"parking": moved}, _NOBODY))
    _say(f"{Ours.name} (all kinds, all columns)", built, grown, change)


def _one(engine: Engine, ids: Ids, latitudes: Floats, longitudes: Floats) -> None:
    built, grown, ask = _made(lambda: engine.prepare(_PARKING, ids, latitudes, longitudes))
    ask(29.57, 106.53)
    change = built * 1000
    if isinstance(engine, (Postgres, RedisGeo)):
        grown = engine.weight_mb()
        place = float(latitudes[0]) + 0.001, float(longitudes[0])
        change = _median(lambda: engine.move(int(ids[0]), *place))
    _say(engine.name, built, grown, change)


def _made(make: Callable[[], T]) -> tuple[float, float, T]:
    gc.collect()
    before, start = resident_mb(), time.perf_counter()
    made = make()
    taken = time.perf_counter() - start
    return taken, resident_mb() - before, made


def _median(do: Callable[[], object]) -> float:
    taken = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        do()
        taken.append((time.perf_counter() - start) * 1000)
    return float(np.median(taken))


def _say(name: str, built_s: float, weight_mb: float, change_ms: float) -> None:
    print(f"    {name:<34}{built_s:>8.2f} s{weight_mb:>8.0f} MB{change_ms:>11.2f} ms a change")
