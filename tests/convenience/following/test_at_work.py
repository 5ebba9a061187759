"""Needs that depend on the time, and processes that live on."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from convenience import following, loading
from convenience.following import Follower
from convenience.index import Index, Need
from convenience.loading import TRAITS
from convenience.rules import SPACES_LIMIT
from kernel import database
from local.postgres import EmbeddedPostgres
from tests.conftest import ROOT
from tests.convenience.following.asking import Sessions, ids, until, write_elsewhere
from tests.convenience.planting import change, plant, remove
from tests.factories import throwaway_database


@pytest.mark.parametrize("column", TRAITS)
def test_only_a_sure_yes_fulfils_a_need(town: Sessions, follower: Follower, column: str):
    with town.begin() as session:
        yes, no, _unknown = plant(session), plant(session), plant(session)
        change(session, yes, **{column: True})
        change(session, no, **{column: False})

    assert ids(follower.current(), needs=TRAITS[column]) == [yes]
    others = Need(63) & ~TRAITS[column]
    assert ids(follower.current(), needs=others) == []


def test_open_now_goes_by_the_facilitys_own_hours(town: Sessions, follower: Follower):
    with town.begin() as session:
        always = plant(session, hours="24/7")
        by_day = plant(session, hours="Mo-Su 06:00-22:00")
        plant(session)
    midnight = datetime.fromisoformat("2026-11-22T00:30:00+08:00")

    index = follower.current()

    assert ids(index, needs=Need.OPEN, now=midnight.timestamp()) == [always]
    noon = midnight + timedelta(hours=12)
    assert ids(index, needs=Need.OPEN, now=noon.timestamp()) == [always, by_day]


def test_hours_that_nobody_had_before_are_followed(town: Sessions, follower: Follower):
    with town.begin() as session:
        planted = plant(session, hours="24/7")
    noon = datetime.fromisoformat("2026-11-22T12:00:00+08:00").timestamp()
    assert ids(follower.current(), needs=Need.OPEN, now=noon) == [planted]

    with town.begin() as session:
        change(session, planted, hours="Mo-Su 13:00-14:00")
    follower.refresh()

    index = follower.current()
    assert ids(index, needs=Need.OPEN, now=noon) == []
    assert ids(index, needs=Need.OPEN, now=noon + 3600) == [planted]


def test_hours_that_come_between_two_statements_of_a_reading_are_read_by_the_next(
    town: Sessions, follower: Follower, monkeypatch: pytest.MonkeyPatch
):
    with town.begin() as session:
        planted = plant(session, hours="24/7")
    noon = datetime.fromisoformat("2026-11-22T12:00:00+08:00").timestamp()
    follower.current()
    read_hours = loading._Reading._hours
    with town() as slow:
        change(slow, planted, hours="Mo-Su 11:00-12:30")
        with town.begin() as session:
            other = plant(session)

        def interrupted(*given: Any) -> Any:  # noqa: ANN401  # only passes them on
            found = read_hours(*given)
            slow.commit()
            return found

        monkeypatch.setattr(loading._Reading, "_hours", interrupted)
        follower.refresh()
        # As it was before, not half of both: new, and its hours unknown.
        assert ids(follower.current()) == [planted, other]
        assert ids(follower.current(), needs=Need.OPEN, now=noon + 3600) == [planted]

        monkeypatch.undo()
        follower.refresh()
        assert ids(follower.current(), needs=Need.OPEN, now=noon) == [planted]
        assert ids(follower.current(), needs=Need.OPEN, now=noon + 3600) == []


def test_a_transaction_that_stays_open_does_not_make_others_be_read_again_and_again(
    town: Sessions, follower: Follower
):
    follower.current()
    with town() as slow:
        plant(slow)
        with town.begin() as session:
            planted = plant(session)
        follower.refresh()
        index = follower.current()
        assert ids(index) == [planted]

        with town.begin() as session:
            write_elsewhere(session)
        follower.refresh()
        assert follower.current() is index
        slow.rollback()


def test_free_spaces_count_while_they_are_fresh(town: Sessions, follower: Follower):
    told_at = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
    with town.begin() as session:
        free = plant(session, kind="parking", free_spaces=3, free_spaces_at=told_at)
        plant(session, kind="parking", free_spaces=0, free_spaces_at=told_at)
        plant(session, kind="parking", capacity=80)
    index = follower.current()

    def with_spaces(after: timedelta) -> list[int]:
        return ids(index, needs=Need.SPACES, now=(told_at + after).timestamp())

    assert with_spaces(timedelta(0)) == [free]
    assert with_spaces(SPACES_LIMIT) == [free]
    assert with_spaces(SPACES_LIMIT + timedelta(seconds=1)) == []


def test_the_thread_follows_by_itself(town: Sessions):
    follower = Follower(pause_s=0.01)
    try:
        assert ids(follower.current()) == []
        with town.begin() as session:
            planted = plant(session)

        until(lambda: ids(follower.current()) == [planted])
    finally:
        follower.stop()


def test_many_first_questions_at_once_read_once(
    town: Sessions, follower: Follower, monkeypatch: pytest.MonkeyPatch
):
    readings: list[object] = []
    read = loading.read

    def counted(
        session: Session, before: loading.Loaded | None, limit: timedelta
    ) -> loading.News | None:
        readings.append(before)
        return read(session, before, limit)

    monkeypatch.setattr(following, "read", counted)
    all_there = threading.Barrier(8)
    answers: list[Index] = []

    def ask() -> None:
        all_there.wait()
        answers.append(follower.current())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(readings) == 1
    assert len(answers) == 8
    assert len({id(answer) for answer in answers}) == 1


def test_nobody_is_answered_before_anything_could_be_read(follower: Follower):
    with away(), pytest.raises(OperationalError):
        follower.current()


@contextmanager
def away() -> Iterator[None]:
    """Give this process a database that does not answer."""
    before = database._sessions
    engine = create_engine("postgresql+psycopg://nobody@/none?host=/nonexistent")
    database.use(sessionmaker(engine))
    try:
        yield
    finally:
        if before is not None:
            database.use(before)
        engine.dispose()


def test_while_the_database_is_away_the_last_index_answers_and_then_goes_on(
    town: Sessions, caplog: pytest.LogCaptureFixture
):
    with town.begin() as session:
        planted = plant(session)
    follower = Follower(pause_s=0.01)
    try:
        assert ids(follower.current()) == [planted]
        with caplog.at_level(logging.INFO, "convenience.following"):
            with away():
                until(lambda: "not followed" in caplog.text)
                assert ids(follower.current()) == [planted]
            with town.begin() as session:
                second = plant(session)
            until(lambda: ids(follower.current()) == [planted, second])
            until(lambda: "followed again" in caplog.text)
        assert caplog.text.count("not followed") == 1  # once an outage
    finally:
        follower.stop()


def test_the_age_tells_how_old_an_answer_may_be(town: Sessions, follower: Follower):
    never = follower.age
    follower.current()
    young = follower.age

    assert never is None
    assert young is not None
    assert young < timedelta(seconds=30)


def test_an_eager_follower_sees_what_its_own_transaction_writes(session: Session):
    following.use(Follower(is_eager=True))
    assert ids(following.current()) == []

    planted = plant(session)
    session.commit()
    assert ids(following.current()) == [planted]

    change(session, planted, is_accessible=True)
    session.commit()
    assert ids(following.current(), needs=Need.ACCESSIBLE) == [planted]

    remove(session, planted)
    session.commit()
    assert ids(following.current()) == []
    following.use(Follower())


def test_a_row_is_not_deleted_before_everybody_saw_that_it_is_gone(town: Sessions):
    with town.begin() as session:
        remove(session, plant(session))
    with town() as session, pytest.raises(IntegrityError, match="removed_at"):
        session.execute(text("DELETE FROM convenience_facilities"))


def test_a_forked_process_follows_on_its_own(postgres: EmbeddedPostgres):
    with throwaway_database(postgres) as url:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.convenience.forking"],
            cwd=ROOT,
            env={**os.environ, "BAIXING_DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, "parent 1\nchild 2\nparent 2\n"), done.stderr
