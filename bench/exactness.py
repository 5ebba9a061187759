"""Random questions of all kinds, each answer compared with measuring every facility by Karney."""

import math
import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache

import numpy as np
from pyproj import Geod

from convenience.index import Index, Need

from .town import EAST, KINDS, NORTH, NOW, SOUTH, WEST, Question, Town

_EARTH = Geod(ellps="WGS84")
# facilities -> questions
_PLAN = {2_000: 50_000, 20_000: 40_000, 100_000: 10_000, 1_000_000: 200}
_QUICK = {2_000: 300, 20_000: 100}
_BATCH = 250
_NEEDS = (0, 0, 0, 1, 2, 3, 64, 65, 67, 128, 130, 192, 63, 255)
_FROM = ("town", "a facility", "the edge", "60-3,000 km away", "anywhere on earth")


def run(*, is_quick: bool) -> None:
    plan = _QUICK if is_quick else _PLAN
    start, asked, wrong = time.monotonic(), Counter[str](), 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for count, questions in plan.items():
            batches = [
                (count, seed, min(_BATCH, questions)) for seed in range(-(-questions // _BATCH))
            ]
            for faults, places in pool.map(_check, batches):
                asked += places
                wrong += len(faults)
                for fault in faults[:3]:
                    print(f"    WRONG: {fault}")
            print(f"    {count:>9,} facilities: {questions:>7,} questions")
    print(
        f"  {asked.total():,} questions, {wrong} answers differ; {time.monotonic() - start:,.0f} s"
    )
    print("  asked from " + ", ".join(f"{place}: {n:,}" for place, n in asked.items()))
    if wrong:
        raise SystemExit(1)


@lru_cache(maxsize=1)
def _town(count: int) -> tuple[Town, Index]:
    town = Town(count, seed=count)
    return town, town.index()


def _check(batch: tuple[int, int, int]) -> tuple[list[str], Counter[str]]:
    count, seed, questions = batch
    town, index = _town(count)
    chance = np.random.default_rng((count, seed))
    faults, asked = [], Counter[str]()
    now = NOW + float(chance.uniform(-43_200, 43_200)) + seed
    for _ in range(questions):
        now += float(chance.choice([0.0, 0.1, 5.0]))
        origin = str(chance.choice(_FROM, p=[0.4, 0.2, 0.2, 0.15, 0.05]))
        latitude, longitude = _place(town, chance, origin)
        kind = str(chance.choice(KINDS)) if chance.random() < 0.9 else None
        radius_m = math.inf if chance.random() < 0.6 else 10 ** float(chance.uniform(1, 5))
        question = Question("", kind, Need(int(chance.choice(_NEEDS))), radius_m=radius_m)
        k = int(chance.choice([1, 3, 10, 10, 10, 10, 50, 200]))
        found = index.nearest(
            latitude, longitude, k, kind=kind, needs=question.needs, radius_m=radius_m, now=now
        )
        if found != _brute(town, question, (latitude, longitude), k, now):
            faults.append(f"{count} {latitude!r} {longitude!r} k={k} now={now!r} {question}")
        asked[origin] += 1
    return faults, asked


def _place(town: Town, chance: np.random.Generator, origin: str) -> tuple[float, float]:
    inside = float(chance.uniform(SOUTH, NORTH)), float(chance.uniform(WEST, EAST))
    if origin == "town":
        return inside
    if origin == "a facility":
        row = int(chance.integers(town.count))
        return float(town.latitudes[row]), float(town.longitudes[row])
    if origin == "the edge":
        edges = [(SOUTH, inside[1]), (NORTH, inside[1]), (inside[0], WEST), (inside[0], EAST)]
        latitude, longitude = edges[int(chance.integers(4))]
        return latitude + float(chance.normal(0, 0.01)), longitude + float(chance.normal(0, 0.01))
    if origin == "anywhere on earth":
        return float(chance.uniform(-90, 90)), float(chance.uniform(-180, 180))
    km, turn = float(chance.uniform(60, 3000)), float(chance.uniform(0, 2 * math.pi))
    return 29.6 + km / 111 * math.sin(turn), 106.6 + km / 97 * math.cos(turn)


def _brute(
    town: Town, question: Question, here: tuple[float, float], k: int, now: float
) -> list[tuple[int, float]]:
    rows = np.flatnonzero(town.chosen(question, now))
    at = np.empty((2, len(rows)))
    at[0], at[1] = here[1], here[0]
    _, _, ways = _EARTH.inv(at[0], at[1], town.longitudes[rows], town.latitudes[rows])
    whole = np.floor(np.asarray(ways) * 1000 + 0.5).astype(np.int64)
    order = np.argsort(whole, kind="stable")[:k]
    found = zip(town.ids[rows[order]].tolist(), whole[order].tolist(), strict=True)
    return [(number, way / 1000) for number, way in found if way / 1000 <= question.radius_m]
