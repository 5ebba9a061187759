"""One unit of work: what runs after the commit, and what does not. Commits here are real."""

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from accounts.models import Citizen
from cases.models import Case
from kernel import database
from kernel.database import after_commit, is_reachable, savepoint, transaction
from local.postgres import EmbeddedPostgres
from tests.factories import a_citizen, committing_sessions, key, throwaway_database

Sessions = sessionmaker[Session]


class Interrupted(Exception):
    """What goes wrong in the middle of a unit of work."""


@pytest.fixture(scope="module")
def committed(postgres: EmbeddedPostgres) -> Iterator[Sessions]:
    with committing_sessions(postgres) as made:
        yield made


@pytest.fixture(autouse=True)
def connected(committed: Sessions, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """Connect the process to the module's database, and back afterwards."""
    monkeypatch.setattr(database, "_sessions", committed)
    return committed


def is_known(sessions: Sessions, openid: str) -> bool:
    """Look with another connection, which sees only what is committed."""
    query = text("SELECT count(*) FROM accounts_citizens WHERE openid = :openid")
    with sessions() as other:
        return bool(other.scalar(query, {"openid": openid}))


def test_a_unit_of_work_is_committed_at_its_end(committed: Sessions) -> None:
    openid = key()
    with transaction() as session:
        a_citizen(session, openid)
        assert not is_known(committed, openid)
    assert is_known(committed, openid)


def test_a_unit_of_work_that_fails_leaves_nothing(committed: Sessions) -> None:
    openid = key()
    with suppress(Interrupted), transaction() as session:
        a_citizen(session, openid)
        raise Interrupted
    assert not is_known(committed, openid)


def test_an_action_runs_once_the_commit_stands(committed: Sessions) -> None:
    openid, seen = key(), []
    with transaction() as session:
        after_commit(session, lambda: seen.append(is_known(committed, openid)))
        a_citizen(session, openid)
        session.flush()
        assert seen == []
    assert seen == [True]


def test_actions_run_in_their_order_and_only_once() -> None:
    done: list[int] = []
    with transaction() as session:
        for number in range(3):
            after_commit(session, lambda number=number: done.append(number))  # type: ignore[misc]  # a default binds
    with transaction():
        pass
    assert done == [0, 1, 2]


def test_after_a_rollback_no_action_runs() -> None:
    done: list[str] = []
    with suppress(Interrupted), transaction() as session:
        after_commit(session, lambda: done.append("told"))
        raise Interrupted
    assert done == []


def test_when_the_commit_itself_fails_no_action_runs() -> None:
    done: list[str] = []

    def work() -> None:
        with transaction() as session:
            # A case without its first move: the database notices when it is asked to commit.
            session.add(
                Case(
                    report_no=key(),
                    access_key="k",
                    request_key=key(),
                    status="reported",
                    source="wechat",
                    place_label="观音桥",
                )
            )
            session.flush()
            after_commit(session, lambda: done.append("told"))
            done.append("flushed")

    with pytest.raises(IntegrityError, match="status_is_last_move"):
        work()
    assert done == ["flushed"]


def test_what_a_savepoint_undoes_runs_no_action() -> None:
    openid, other, done = key(), key(), []
    with transaction() as session:
        after_commit(session, lambda: done.append("before"))
        with suppress(Interrupted), savepoint(session):
            after_commit(session, lambda: done.append("undone"))
            a_citizen(session, openid)
            raise Interrupted
        with savepoint(session):
            after_commit(session, lambda: done.append("kept"))
            a_citizen(session, other)
        after_commit(session, lambda: done.append("after"))
    assert done == ["before", "kept", "after"]
    with transaction() as session:
        found = session.scalars(select(Citizen.openid).where(Citizen.openid.in_([openid, other])))
        assert found.all() == [other]


def test_savepoints_within_savepoints_undo_what_is_theirs() -> None:
    done: list[str] = []
    with transaction() as session:
        with suppress(Interrupted), savepoint(session):
            after_commit(session, lambda: done.append("outer"))
            with savepoint(session):
                after_commit(session, lambda: done.append("inner"))
            raise Interrupted
        after_commit(session, lambda: done.append("last"))
    assert done == ["last"]


def test_a_statement_that_fails_in_a_savepoint_does_not_spoil_the_rest(
    committed: Sessions,
) -> None:
    openid = key()
    with transaction() as session:
        a_citizen(session, openid)
        with pytest.raises(IntegrityError), savepoint(session):
            session.execute(text("INSERT INTO accounts_citizens (openid) VALUES ('')"))
    assert is_known(committed, openid)


def test_an_action_that_fails_hides_neither_success_nor_the_other_actions(
    committed: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    openid, done = key(), []

    def fail() -> None:
        raise ConnectionError("no broker")

    with caplog.at_level(logging.ERROR), transaction() as session:
        a_citizen(session, openid)
        after_commit(session, fail)
        after_commit(session, lambda: done.append("next"))

    assert is_known(committed, openid)
    assert done == ["next"]
    assert [record.message for record in caplog.records] == ["after-commit action failed"]
    assert caplog.records[0].exc_info is not None


def test_an_action_may_do_a_unit_of_work_of_its_own(committed: Sessions) -> None:
    openid = key()

    def more() -> None:
        with transaction() as another:
            a_citizen(another, openid)

    with transaction() as session:
        after_commit(session, more)
    assert is_known(committed, openid)


def test_without_a_connection_one_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_sessions", None)

    with pytest.raises(RuntimeError, match="connect"), transaction():
        pass
    assert not is_reachable()


def test_a_database_that_answers_is_reachable() -> None:
    assert is_reachable()


def test_a_database_that_is_gone_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    monkeypatch.setattr(database, "_sessions", sessionmaker(dead))

    assert not is_reachable()


@pytest.mark.parametrize("trusted_s", [0.0, 60.0])
def test_a_connection_that_died_is_replaced_before_it_is_used(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, trusted_s: float
) -> None:
    """Whether it is asked because it was idle, or its end is there to be read."""
    monkeypatch.setattr(database, "_sessions", None)
    monkeypatch.setattr(database, "_TRUSTED_S", trusted_s)
    with throwaway_database(postgres, is_empty=True) as url:
        engine = database.connect(url, pool_size=1)
        with transaction() as session:
            first = session.scalar(text("SELECT pg_backend_pid()"))
        with postgres.connect("postgres") as server:
            server.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
        with transaction() as session:
            assert session.scalar(text("SELECT pg_backend_pid()")) != first
        engine.dispose()


def test_the_database_speaks_utc(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_sessions", None)
    with throwaway_database(postgres, is_empty=True) as url:
        engine = database.connect(url)
        with transaction() as session:
            assert session.scalar(text("SHOW timezone")) == "UTC"
        engine.dispose()


def test_questions_sent_at_once_are_answered_each(committed: Sessions) -> None:
    one, two = text("SELECT CAST(:n AS int) AS n"), text("SELECT x FROM generate_series(1, :n) x")
    with committed() as session:
        (first,), rest = database.ask_together(session, (one, {"n": 7}), (two, {"n": 3}))
        assert first.n == 7
        assert [row.x for row in rest] == [1, 2, 3]
        assert session.scalar(text("SELECT 8")) == 8


def test_a_question_sent_with_another_sees_what_was_committed_while_that_one_waited(
    committed: Sessions,
) -> None:
    openid = key()
    with committed() as session, session.begin():
        session.add(Citizen(openid=openid))
    lock = text("SELECT id FROM accounts_citizens WHERE openid = :openid FOR UPDATE")
    look = text("SELECT count(*) FROM accounts_citizens WHERE openid = :openid || '!'")
    answers: list[list[Any]] = []

    def ask() -> None:
        with committed() as session:
            answers.extend(
                database.ask_together(
                    session, (lock, {"openid": openid}), (look, {"openid": openid})
                )
            )

    asking = threading.Thread(target=ask)
    with committed() as holder, holder.begin():
        holder.execute(lock, {"openid": openid})
        asking.start()
        with committed() as looking:
            while not looking.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                looking.rollback()
        holder.add(Citizen(openid=openid + "!"))
    asking.join(20)
    assert answers[1][0].count == 1


def test_a_question_that_fails_is_an_error_like_any_other(committed: Sessions) -> None:
    with committed() as session:
        with pytest.raises(DataError):
            database.ask_together(
                session,
                (text("SELECT 1"), {}),
                (text("SELECT 1 / CAST(:n AS int)"), {"n": 0}),
                (text("SELECT 2"), {}),
            )
        session.rollback()
        assert session.scalar(text("SELECT 1")) == 1


def test_a_connection_that_dies_under_questions_is_given_up(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_sessions", None)
    with throwaway_database(postgres, is_empty=True) as url:
        engine = database.connect(url, pool_size=1)

        def ask_after_death() -> None:
            with transaction() as session:
                pid = session.scalar(text("SELECT pg_backend_pid()"))
                with postgres.connect("postgres") as server:
                    server.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
                database.ask_together(session, (text("SELECT 1"), {}), (text("SELECT 2"), {}))

        with pytest.raises(OperationalError):
            ask_after_death()
        with transaction() as session:
            assert session.scalar(text("SELECT 1")) == 1
        engine.dispose()
