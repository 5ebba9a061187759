"""How long it takes until an index is there and until it is up to date, and what it weighs."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count as counting

import numpy as np
import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

import app  # noqa: F401  # all models
from convenience.following import Follower
from convenience.index import Facilities, Index, Need
from kernel import database
from local.postgres import temporary_postgres
from tests.conftest import migrate

from .rounds import resident_mb
from .town import KINDS, NOW, Town

_NOBODY = np.empty(0, dtype=np.int64)


def run(*, is_quick: bool) -> None:
    for count in (20_000,) if is_quick else (20_000, 1_000_000):
        town = Town(count)
        print(f"{count:,} facilities")
        _in_memory(town)
        _from_the_database(town)


def _in_memory(town: Town) -> None:
    gc.collect()
    facilities, before = town.facilities, resident_mb()
    start = time.perf_counter()
    index = town.index()
    built = time.perf_counter() - start
    grown = resident_mb() - before
    weight = index.nbytes / len(index)
    print(
        f"  made of columns in {built:.2f} s; {weight:.0f} bytes a facility, the process grew {grown:.0f} MB"
    )
    parking = facilities["parking"]
    some = np.arange(0, len(parking), max(1, len(parking) // 5))[:5]
    told = replace(parking.at(some), spaces_until=np.full(len(some), NOW + 900.0))
    _timed("5 car parks tell their free spaces", lambda: index.changed({"parking": told}, _NOBODY))
    open_to_all = replace(parking.at(some), traits=np.full(len(some), 63, dtype=np.uint8))
    _timed("5 become step-free", lambda: index.changed({"parking": open_to_all}, _NOBODY))
    moved = replace(parking.at(some), latitudes=parking.latitudes[some] + 0.001)
    _timed("5 move", lambda: index.changed({"parking": moved}, _NOBODY))
    _timed("5 go", lambda: index.changed({}, parking.ids[some]))
    aside = index.changed({"parking": moved}, _NOBODY)
    if not aside.is_tidy:
        _timed("tidied afterwards", aside.tidied, times=3)
    _first_question(index, told)


def _first_question(index: Index, told: Facilities) -> None:
    def ask(made: Index) -> None:
        made.nearest(29.57, 106.53, 10, kind="parking", needs=Need.OPEN | Need.ACCESSIBLE, now=NOW)

    fresh = (index.changed({"parking": told.at(np.array([n % 5]))}, _NOBODY) for n in counting())
    _timed("the first question with needs afterwards", lambda: ask(next(fresh)), is_lazy=True)


def _timed(what: str, do: Callable[[], object], times: int = 15, *, is_lazy: bool = False) -> None:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        do()
        taken.append((time.perf_counter() - start) * 1000)
    note = " (with the change)" if is_lazy else ""
    print(f"    {what:<44}{statistics.median(taken):>9.2f} ms{note}")


def _from_the_database(town: Town) -> None:
    with temporary_postgres(is_durable=False) as server:
        server.create_database("bench")
        migrate(server.url("bench"))
        with server.connect("bench") as connection:
            _fill(connection, town)
        engine = create_engine(server.url("bench"))
        database.use(sessionmaker(engine, expire_on_commit=False))
        follower = Follower(pause_s=3600)
        start = time.perf_counter()
        index = follower.current()
        print(f"  read from the database in {time.perf_counter() - start:.2f} s: {len(index):,}")

        def after(statement: str | None) -> Callable[[], None]:
            def write_and_look() -> None:
                if statement:
                    with engine.begin() as writing:
                        writing.execute(text(statement))
                follower.refresh()

            return write_and_look

        _timed("a look when nothing was committed", after(None))
        _timed("a look after something else was", after(_ELSEWHERE))
        _timed("one row changed and followed", after(_TOLD.format(1)))
        _timed("1,000 rows changed and followed", after(_TOLD.format(1000)), 5)
        follower.stop()
        engine.dispose()


_ELSEWHERE = "UPDATE convenience_kinds SET position = position + 1 WHERE code = 'toilet'"
_TOLD = """
UPDATE convenience_facilities SET free_spaces = 5, free_spaces_at = now() WHERE id IN
(SELECT id FROM convenience_facilities WHERE kind = 'parking' ORDER BY id LIMIT {})
"""


def _fill(connection: psycopg.Connection[tuple[object, ...]], town: Town) -> None:
    columns = "code, kind, name, latitude, longitude, cell, hours, is_accessible, is_free"
    statement = f"COPY convenience_facilities ({columns}) FROM STDIN"
    rows = zip(
        town.ids.tolist(),
        town.kinds.tolist(),
        town.latitudes.tolist(),
        town.longitudes.tolist(),
        town.hours.tolist(),
        town.traits.tolist(),
        strict=True,
    )
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for number, kind, lat, lng, hours, traits in rows:
            opens, minutes = hours % 12, hours % 60
            opened = None if hours < 0 else f"Mo-Su {opens:02}:00-{opens + 12:02}:{minutes:02}"
            facts = (f"b{number}", KINDS[kind], "某处", lat, lng, "wm7b2h80", opened)
            copy.write_row((*facts, traits & 1 > 0, traits & 2 > 0))
    connection.execute("ANALYZE convenience_facilities")
