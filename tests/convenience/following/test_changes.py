"""The index follows the database: whole, soon, and without losing what was committed late."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from convenience.following import Follower
from convenience.index import Index, Need
from tests.convenience.following.asking import (
    EVERYTHING,
    SOUTH_GATE,
    Sessions,
    ids,
    write_elsewhere,
)
from tests.convenience.planting import NORTH_GATE, change, plant, plant_kind, remove


def test_the_first_answer_waits_for_all_that_is_there(town: Sessions, follower: Follower):
    with town.begin() as session:
        planted = [plant(session), plant(session, SOUTH_GATE, kind="parking")]

    assert ids(follower.current()) == planted
    assert ids(follower.current(), kind="parking") == planted[1:]


def test_no_facilities_are_an_answer(town: Sessions, follower: Follower):
    assert ids(follower.current()) == []


def test_what_comes_changes_moves_and_goes_is_followed(town: Sessions, follower: Follower):
    with town.begin() as session:
        stays, moves, goes = plant(session), plant(session), plant(session)
    assert ids(follower.current()) == [stays, moves, goes]

    with town.begin() as session:
        comes = plant(session, SOUTH_GATE)
        change(session, stays, is_free=True)
        change(session, moves, latitude=SOUTH_GATE[0], longitude=SOUTH_GATE[1])
        remove(session, goes)
    follower.refresh()

    index = follower.current()
    assert [number for number, _ in index.nearest(*NORTH_GATE, 3)] == [stays, moves, comes]
    assert ids(index, needs=Need.FREE) == [stays]


def test_a_facility_may_change_its_kind_even_to_a_new_one(town: Sessions, follower: Follower):
    with town.begin() as session:
        planted = plant(session)
    assert ids(follower.current(), kind="toilet") == [planted]

    with town.begin() as session:
        plant_kind(session, "drinking_water")
        change(session, planted, kind="drinking_water")
    follower.refresh()

    assert ids(follower.current(), kind="toilet") == []
    assert ids(follower.current(), kind="drinking_water") == [planted]


def test_a_removed_facility_comes_back(town: Sessions, follower: Follower):
    with town.begin() as session:
        planted = plant(session)
        remove(session, planted)
    assert ids(follower.current()) == []

    with town.begin() as session:
        change(session, planted, removed_at=None)
    follower.refresh()

    assert ids(follower.current()) == [planted]


def test_what_a_slow_transaction_commits_after_a_quick_one_is_not_missed(
    town: Sessions, follower: Follower
):
    follower.current()
    with town() as slow, town() as reader:
        early = plant(slow)  # its transaction has the smaller number
        with town.begin() as quick:
            late = plant(quick)
        follower.refresh()
        assert ids(follower.current()) == [late]
        highest = numbers_after(reader, 0)[-1]

        slow.commit()
        follower.refresh()

        assert ids(follower.current()) == [early, late]
        # The control: who remembers the highest number that he saw never hears of it.
        assert numbers_after(reader, highest) == []


def numbers_after(session: Session, number: int) -> list[int]:
    query = "SELECT changed_in FROM convenience_facilities WHERE changed_in > :n ORDER BY 1"
    found = list(session.scalars(text(query), {"n": number}))
    session.rollback()
    return found


def test_what_is_rolled_back_never_was(town: Sessions, follower: Follower):
    follower.current()
    with town() as session:
        plant(session)
        follower.refresh()
        session.rollback()
    follower.refresh()

    assert ids(follower.current()) == []


@pytest.mark.parametrize("seed", range(4))
def test_however_transactions_overlap_the_index_equals_the_database(
    town: Sessions, follower: Follower, seed: int
):
    chance = random.Random(seed)
    follower.current()
    open_ones: list[Session] = []
    for _ in range(60):
        if len(open_ones) < 4 and chance.random() < 0.5:
            open_ones.append(town())
        if not open_ones:
            continue
        session = chance.choice(open_ones)
        if chance.random() < 0.6:
            do_something(session, chance)
        else:
            open_ones.remove(session)
            session.commit() if chance.random() < 0.8 else session.rollback()
            session.close()
        if chance.random() < 0.7:
            follower.refresh()
            assert contents(follower.current()) == contents(Follower(is_eager=True).current())
    for session in open_ones:
        session.commit()
        session.close()
    follower.refresh()

    assert contents(follower.current()) == contents(Follower(is_eager=True).current())


def do_something(session: Session, chance: random.Random) -> None:
    where = (chance.uniform(29.5, 29.6), chance.uniform(106.5, 106.6))
    known = text(
        "SELECT id FROM convenience_facilities ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    planted = session.scalar(known)
    if planted is None or chance.random() < 0.4:
        plant(session, where, kind=chance.choice(["toilet", "parking"]))
    elif chance.random() < 0.3:
        remove(session, planted)
    elif chance.random() < 0.5:
        change(session, planted, latitude=where[0], longitude=where[1], removed_at=None)
    else:
        change(session, planted, is_free=chance.random() < 0.5, kind="car_wash")


def contents(index: Index) -> list[list[tuple[int, float]]]:
    questions = [{}, {"kind": "toilet"}, {"kind": "car_wash"}, {"needs": Need.FREE}]
    return [index.nearest(*NORTH_GATE, EVERYTHING, **asked) for asked in questions]  # type: ignore[arg-type]  # questions by keywords


def test_nothing_new_is_the_same_index(town: Sessions, follower: Follower):
    with town.begin() as session:
        plant(session)
    index = follower.current()

    follower.refresh()
    assert follower.current() is index

    with town.begin() as session:  # something else was written
        write_elsewhere(session)
    follower.refresh()
    assert follower.current() is index


def test_rows_that_came_from_another_servers_dump_are_read_once_and_followed(
    town: Sessions, follower: Follower
):
    with town.begin() as session:
        planted = plant(session)
        session.execute(text("ALTER TABLE convenience_facilities DISABLE TRIGGER USER"))
        session.execute(
            text("UPDATE convenience_facilities SET changed_in = 1000000000000 WHERE id = :id"),
            {"id": planted},
        )
        session.execute(text("ALTER TABLE convenience_facilities ENABLE TRIGGER USER"))
    index = follower.current()
    assert ids(index) == [planted]

    with town.begin() as session:
        write_elsewhere(session)
    follower.refresh()
    assert follower.current() is index

    with town.begin() as session:
        change(session, planted, is_free=True)
    follower.refresh()
    assert ids(follower.current(), needs=Need.FREE) == [planted]


def test_a_database_that_was_restored_on_another_server_is_read_anew(
    town: Sessions, follower: Follower
):
    follower.current()
    loaded = follower._loaded
    assert loaded is not None
    later = replace(loaded.seen, snapshot="900000000000:900000000000:")
    follower._loaded = replace(loaded, seen=later)
    with town.begin() as session:
        planted = plant(session)

    follower.refresh()

    assert ids(follower.current()) == [planted]
