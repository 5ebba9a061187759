"""The nearest facilities with what somebody needs: the same as looking at every single one."""

import math
import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from convenience import index as index_module
from convenience.following import Engine
from convenience.index import Index, Need
from convenience.timetable import Timetable
from geo.cells import NotOnEarth
from tests.convenience.naive import Brute, Place, columns, read_spans, wanted

NOON = 1_790_000_000
HOUR = 3600
HERE = (29.5745, 106.5300)
EVERYTHING = 10**9

NEEDS = [
    Need.NOTHING,
    Need.ACCESSIBLE,
    Need.FREE,
    Need.ACCESSIBLE | Need.FREE,
    Need.OPEN,
    Need.OPEN | Need.ACCESSIBLE,
    Need.SPACES,
    Need.SPACES | Need.OPEN | Need.FREE,
    Need.NURSING_ROOM | Need.PAPER | Need.INDOOR | Need.FAMILY_ROOM,
    Need(255),
]


def index_of(places: Iterable[Place]) -> Index:
    places = list(places)
    timetable = Timetable([], read_spans).including([p.hours for p in places if p.hours])
    return Index.of(columns(places, timetable), timetable)


def changed(index: Index, places: Iterable[Place], gone: Iterable[int] = ()) -> Index:
    places = list(places)
    timetable = index.timetable.including([p.hours for p in places if p.hours])
    return index.changed(
        columns(places, timetable), np.array(sorted(gone), dtype=np.int64), timetable
    )


def ids(index: Engine, **asked: object) -> list[int]:
    return [number for number, _ in index.nearest(*HERE, EVERYTHING, **asked)]  # type: ignore[arg-type]  # a question by keywords


class Town:
    """Random places, some in clusters, some at the same corner."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._centres = [self._anywhere() for _ in range(12)]

    def _anywhere(self) -> tuple[float, float]:
        return self.chance.uniform(29.5, 29.75), self.chance.uniform(106.4, 106.9)

    def where(self) -> tuple[float, float]:
        luck = self.chance.random()
        if luck < 0.3:
            return self._anywhere()
        latitude, longitude = self.chance.choice(self._centres)
        if luck < 0.4:
            return latitude, longitude
        return latitude + self.chance.gauss(0, 0.005), longitude + self.chance.gauss(0, 0.005)

    def hours(self) -> str | None:
        if self.chance.random() < 0.3:
            return None
        start = NOON + self.chance.randrange(-30 * HOUR, 30 * HOUR, 600)
        length = self.chance.choice([600, HOUR, 10 * HOUR, 60 * HOUR])
        return f"{start}-{start + length},{start + length + HOUR}-{start + length + 2 * HOUR}"

    def place(self, number: int) -> Place:
        latitude, longitude = self.where()
        told = self.chance.choice([0.0, 0.0, NOON + self.chance.uniform(-900, 900)])
        return Place(
            id=number,
            kind=self.chance.choices(
                ["parking", "toilet", "car_wash", "police_kiosk"], [75, 15, 8, 2]
            )[0],
            latitude=latitude,
            longitude=longitude,
            traits=self.chance.choice([0, 0, 1, 2, 3, self.chance.randrange(64)]),
            hours=self.hours(),
            spaces_until=told,
        )

    def asks_from(self, places: list[Place]) -> tuple[float, float]:
        """Give a place to ask from: in town, at a facility, at the edge, or far away."""
        luck = self.chance.random()
        if luck < 0.4:
            latitude, longitude = self.where()
            return latitude + self.chance.gauss(0, 0.003), longitude + self.chance.gauss(0, 0.003)
        if luck < 0.6 and places:
            place = self.chance.choice(places)
            return place.latitude, place.longitude
        if luck < 0.8:
            return self.chance.choice(
                [
                    (29.5, self.chance.uniform(106.3, 107.0)),
                    (29.76, self.chance.uniform(106.3, 107.0)),
                    (self.chance.uniform(29.4, 29.8), 106.39),
                    (self.chance.uniform(29.4, 29.8), 106.91),
                ]
            )
        if luck < 0.95:
            return self.chance.uniform(20, 45), self.chance.uniform(90, 125)
        return self.chance.uniform(-90, 90), self.chance.uniform(-180, 180)

    def radius_m(self) -> float:
        return self.chance.choice([math.inf, math.inf, 10 ** self.chance.uniform(1, 5)])


def compare(index: Index, brute: Brute, town: Town, now: float) -> None:
    chance = town.chance
    here = town.asks_from(brute.places)
    kind = chance.choice(["toilet", "parking", "car_wash", "police_kiosk", None, "fountain"])
    needs = chance.choice(NEEDS)
    k = chance.choice([1, 3, 10, 10, 10, 50, 800])
    radius_m = town.radius_m()

    found = index.nearest(*here, k, kind=kind, needs=needs, radius_m=radius_m, now=now)

    is_wanted = wanted(kind, needs, now)
    assert found == brute.nearest(*here, k, is_wanted=is_wanted, radius_m=radius_m)


@pytest.mark.parametrize(
    ("count", "questions"), [(40, 1500), (1_000, 1000), (6_000, 500)], ids=["few", "some", "many"]
)
def test_thousands_of_questions_are_answered_as_by_measuring_all(
    count: int, questions: int
) -> None:
    town = Town(count)
    places = [town.place(number) for number in range(1, count + 1)]
    index, brute = index_of(places), Brute(places)
    now = float(NOON)
    for _ in range(questions):
        now += town.chance.choice([0, 0.3, 20, 400])
        compare(index, brute, town, now)


@pytest.mark.parametrize("is_large", [False, True], ids=["rebuilt at once", "changed aside"])
@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_the_answers_are_those_of_a_new_index(
    monkeypatch: pytest.MonkeyPatch, seed: int, *, is_large: bool
) -> None:
    if is_large:
        monkeypatch.setattr(index_module, "_SMALL", 0)
        monkeypatch.setattr(index_module, "_SHARE", 4)
    town = Town(seed)
    chance = town.chance
    places = {number: town.place(number) for number in range(1, 300)}
    index = index_of(places.values())
    numbers = iter(range(1000, 10_000))
    now = float(NOON)
    for _ in range(40):
        news, gone = some_changes(town, places, numbers, now)
        places = {n: p for n, p in (places | news).items() if n not in gone}
        index = changed(index, news.values(), gone)
        brute = Brute(places.values())
        assert len(index) == len(places)
        for _ in range(12):
            now += chance.choice([0, 30])
            compare(index, brute, town, now)
        if chance.random() < 0.1:
            index = index.tidied()
            assert index.is_tidy


def some_changes(
    town: Town, places: dict[int, Place], numbers: Iterator[int], now: float
) -> tuple[dict[int, Place], set[int]]:
    """Return places that are new, or changed in one thing or all, and the numbers of others gone."""
    chance = town.chance
    news: dict[int, Place] = {}
    gone: set[int] = set()
    for _ in range(chance.choice([0, 1, 2, 20])):
        known = chance.choice([*places.values(), town.place(next(numbers))])
        versions = [
            replace(known, spaces_until=now + 500),
            replace(known, traits=chance.randrange(64)),
            replace(known, hours=town.hours()),
            replace(town.place(known.id), kind=known.kind),
            town.place(known.id),
        ]
        if chance.random() < 0.2:
            gone.add(known.id)
        else:
            news[known.id] = chance.choice(versions)
    return {number: place for number, place in news.items() if number not in gone}, gone


def test_an_older_index_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "_SMALL", 0)
    places = [Place(number, "toilet", *HERE, traits=1) for number in range(1, 200)]
    before = index_of(places)
    assert ids(before, needs=Need.ACCESSIBLE) == list(range(1, 200))

    after = changed(before, [replace(places[0], traits=0), Place(500, "toilet", *HERE)], [7])

    assert 1 not in ids(after, needs=Need.ACCESSIBLE)
    assert 500 in ids(after)
    assert 7 not in ids(after)
    assert ids(before, needs=Need.ACCESSIBLE) == list(range(1, 200))


def test_equally_far_ones_come_by_their_number() -> None:
    around = [(0.001, 0.0), (-0.001, 0.0), (0.001, 0.0), (0.0, 0.0), (0.0, 0.0)]
    places = [
        Place(number, "toilet", HERE[0] + north, HERE[1] + east)
        for number, (north, east) in zip((9, 4, 2, 8, 3), around, strict=True)
    ]
    found = index_of(places).nearest(*HERE, 10)

    assert [number for number, _ in found[:2]] == [3, 8]
    assert [number for number, way in found if way == found[-1][1]] == sorted(
        number for number, way in found if way == found[-1][1]
    )
    assert found == sorted(found, key=lambda one: (one[1], one[0]))


def test_a_million_at_one_place_or_all_but_one_are_no_trouble() -> None:
    count = 100_000
    places = [
        Place(number, "parking", *HERE, traits=number == count) for number in range(count + 1)
    ]
    index = index_of(places)

    assert [number for number, way in index.nearest(*HERE, 3) if way == 0] == [0, 1, 2]
    assert index.nearest(29.6, 106.6, 10, needs=Need.ACCESSIBLE)[0][0] == count
    assert len(index.nearest(29.6, 106.6, 10, needs=Need.FREE)) == 0


@pytest.mark.parametrize("k", [0, -1])
def test_none_wanted_is_none_found(k: int) -> None:
    assert index_of([Place(1, "toilet", *HERE)]).nearest(*HERE, k) == []


def test_more_wanted_than_there_are_is_all_of_them() -> None:
    places = [Place(number, "toilet", *HERE) for number in (1, 2, 3)]
    assert ids(index_of(places)) == [1, 2, 3]


def test_an_empty_index_answers_and_can_be_filled() -> None:
    empty = index_of([])
    assert len(empty) == 0
    assert empty.nearest(*HERE, 10) == []

    assert ids(changed(empty, [Place(1, "toilet", *HERE)])) == [1]


def test_what_becomes_empty_answers() -> None:
    index = changed(index_of([Place(1, "toilet", *HERE)]), [], [1])
    assert ids(index) == []
    assert ids(changed(index, [Place(2, "toilet", *HERE)])) == [2]


def test_over_the_180th_meridian_the_near_side_is_near() -> None:
    places = [Place(1, "toilet", -17.0, 179.99), Place(2, "toilet", -17.0, -179.95)]
    assert [n for n, _ in index_of(places).nearest(-17.0, -179.999, 2)] == [1, 2]


def test_at_a_pole_every_longitude_is_near() -> None:
    places = [Place(1, "toilet", 89.99, 0.0), Place(2, "toilet", 89.995, 180.0 - 1e-9)]
    assert [n for n, _ in index_of(places).nearest(90.0, 77.0, 2)] == [2, 1]


def test_several_kinds_may_be_asked_for_at_once() -> None:
    places = [
        Place(1, "toilet", HERE[0] + 0.002, HERE[1]),
        Place(2, "parking", HERE[0] + 0.001, HERE[1]),
        Place(3, "car_wash", *HERE),
    ]
    index = index_of(places)

    assert ids(index) == [3, 2, 1]
    assert ids(index, kind="toilet") == [1]
    assert ids(index, kind=["toilet", "parking", "fountain"]) == [2, 1]
    assert ids(index, kind="fountain") == []


@pytest.mark.parametrize(
    "place",
    [
        (math.nan, 106.5),
        (29.5, math.nan),
        (math.inf, 106.5),
        (90.1, 0.0),
        (0.0, 180.1),
        (106.5, 29.5),
    ],
)
def test_what_is_no_place_on_earth_is_refused(place: tuple[float, float]) -> None:
    with pytest.raises(NotOnEarth):
        index_of([Place(1, "toilet", *HERE)]).nearest(*place, 10)


def test_a_free_space_counts_until_its_time_is_over_and_not_a_moment_longer() -> None:
    places = [
        Place(number, "parking", HERE[0], HERE[1] + number / 1000, spaces_until=NOON + number)
        for number in range(1, 60)
    ]
    index = index_of(places)

    for now in range(NOON, NOON + 62, 3):
        fresh = [p.id for p in places if p.spaces_until >= now]
        assert ids(index, needs=Need.SPACES, now=float(now)) == fresh
    # Somebody else's clock is a little behind.
    assert ids(index, needs=Need.SPACES, now=float(NOON)) == [p.id for p in places]


def test_threads_may_ask_at_once_while_time_and_needs_change() -> None:
    town = Town(5)
    places = [town.place(number) for number in range(1, 600)]
    index, brute = index_of(places), Brute(places)
    faults: list[BaseException] = []

    def ask(seed: int) -> None:
        one = Town(5)
        one.chance = random.Random(seed)
        try:
            for step in range(60):
                compare(index, brute, one, NOON + step * 10.0)
        except BaseException as fault:  # noqa: BLE001  # a thread's assertion is told to the test
            faults.append(fault)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []


def test_many_different_needs_are_not_all_kept() -> None:
    index = index_of([Place(number, "toilet", *HERE, traits=63) for number in range(50)])
    for needs in range(64):
        assert len(ids(index, needs=needs)) == 50

    ((shelf,),) = index._shelves.values()
    assert len(shelf._ready) <= 24


def test_memory_is_known() -> None:
    town = Town(1)
    index = index_of(replace(town.place(number), kind="toilet") for number in range(1000))
    assert 80 < index.nbytes / 1000 < 110
