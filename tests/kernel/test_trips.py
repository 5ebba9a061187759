"""Statements that travel together, on connections that really commit, and that die."""

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from psycopg import OperationalError
from sqlalchemy import Engine, bindparam, cast, create_engine, func, literal_column, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from kernel import trips
from kernel.trips import Statement, TripFailed, Wires
from local.postgres import EmbeddedPostgres

PID = Statement("pid", select(func.pg_backend_pid()))
COUNT = Statement("count", select(func.count()).select_from(sql("noted")))
NOTE = Statement("note", sql("INSERT INTO noted VALUES (:word)").bindparams(bindparam("word")))


@pytest.fixture(scope="module")
def engine_of_its_own(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    postgres.create_database("trips")
    engine = create_engine(postgres.url("trips"))
    with engine.begin() as connection:
        connection.execute(sql("CREATE TABLE noted (word text PRIMARY KEY)"))
    yield engine
    engine.dispose()


@pytest.fixture
def noted(engine_of_its_own: Engine) -> Wires:
    with engine_of_its_own.begin() as connection:
        connection.execute(sql("TRUNCATE noted"))
    return Wires(engine_of_its_own)


def counted(wires: Wires) -> int:
    with wires.lend() as wire:
        [[(found,)]] = wire.begin((COUNT, {}))
    return int(found or 0)


def backend(wires: Wires) -> bytes | None:
    with wires.lend() as wire:
        [[(pid,)]] = wire.begin((PID, {}))
    return pid


def test_what_is_committed_stands_and_what_is_not_does_not(noted: Wires) -> None:
    with noted.lend() as wire:
        wire.begin((NOTE, {"word": "first"}))
        wire.commit((NOTE, {"word": "second"}))
    with noted.lend() as wire:
        wire.begin((NOTE, {"word": "third"}))
    assert counted(noted) == 2


def test_a_connection_is_used_again(noted: Wires) -> None:
    assert backend(noted) == backend(noted)


def test_a_statement_that_fails_undoes_the_others(noted: Wires) -> None:
    def twice() -> None:
        with noted.lend() as wire:
            wire.begin((NOTE, {"word": "first"}))
            wire.commit((NOTE, {"word": "second"}), (NOTE, {"word": "first"}))

    with pytest.raises(TripFailed, match="23505"):
        twice()
    assert counted(noted) == 0


def test_a_defect_between_the_trips_undoes_the_first(noted: Wires) -> None:
    with suppress(ZeroDivisionError), noted.lend() as wire:
        wire.begin((NOTE, {"word": "first"}))
        raise ZeroDivisionError
    assert counted(noted) == 0


def test_a_connection_that_died_is_replaced(noted: Wires, engine_of_its_own: Engine) -> None:
    pid = backend(noted)
    with engine_of_its_own.connect() as connection:
        connection.execute(select(func.pg_terminate_backend(int(pid or 0), 5000)))
    with pytest.raises((TripFailed, OperationalError)), noted.lend() as wire:
        wire.begin((PID, {}))
    assert backend(noted) != pid


def test_who_is_slow_is_not_waited_for(noted: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    nap = Statement("nap", select(func.pg_sleep(literal_column("30"))))
    monkeypatch.setattr(trips, "PATIENCE_S", 0.01)
    with pytest.raises(TripFailed, match="slow"), noted.lend() as wire:
        wire.begin((nap, {}))


def test_the_server_gives_up_what_nobody_waits_for(noted: Wires) -> None:
    said = Statement("said", select(func.current_setting(literal_column("'statement_timeout'"))))
    with noted.lend() as wire:
        assert wire.begin((said, {})) == [[(b"600ms",)]]


def test_where_nobody_listens_it_fails_and_does_not_wait() -> None:
    nowhere = Wires(create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none"))
    with pytest.raises(TripFailed, match="no connection"), nowhere.lend():
        pass


def test_connections_are_not_shared_with_a_child(
    noted: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    parents = backend(noted)
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert backend(noted) != parents


def test_values_are_written_as_the_server_reads_them(noted: Wires) -> None:
    odd = {"a": None, "b": True, "c": "]]>\\ '\U00020000", "d": [1, {"ä": 2.5}]}
    echo = Statement("echo", select(cast(bindparam("it", type_=JSONB), JSONB)))
    with noted.lend() as wire:
        [[(said,)]] = wire.begin((echo, {"it": odd}))
    assert json.loads(said or b"") == odd


def test_a_value_that_was_forgotten_is_a_defect() -> None:
    with pytest.raises(KeyError):
        NOTE.values({})
