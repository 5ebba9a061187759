"""Jobs: they leave after the commit, and a broker that is gone costs a log line."""

import base64
import gc
import json
import logging
import time
from collections.abc import Iterator

import pytest
from celery import Celery
from kombu.connection import Connection
from sqlalchemy.orm import Session, sessionmaker

from kernel import broker, database, jobs
from kernel.database import savepoint, transaction
from kernel.logs import request_id
from local.postgres import EmbeddedPostgres
from tests.factories import a_citizen, committing_sessions, key

# kombu's own tables are written in a way that SQLAlchemy 2.2 will no longer take.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


class Interrupted(Exception):
    """What goes wrong in the middle of a unit of work."""


@pytest.fixture(scope="module")
def own(postgres: EmbeddedPostgres) -> Iterator[sessionmaker[Session]]:
    """Lend a database that is also the broker, as in the embedded mode."""
    with committing_sessions(postgres) as made:
        broker.create_tables(url_of(made))
        yield made
        gc.collect()  # channels that nobody closed


def url_of(sessions: sessionmaker[Session]) -> str:
    engine = sessions.kw["bind"]
    return "sqla+" + str(engine.url.render_as_string(hide_password=False))


@pytest.fixture
def queue(own: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch) -> "Iterator[Queue]":
    """Connect this process to the database and its queue, and back afterwards."""
    monkeypatch.setattr(database, "_sessions", own)
    monkeypatch.setattr(jobs, "app", Celery("tests", set_as_current=False))
    jobs.connect(url_of(own))
    waiting = Queue(url_of(own))
    waiting.take_all()
    yield waiting
    jobs.app.close()


class Queue:
    """The queue as a worker sees it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def take_all(self) -> list[tuple[str, list[int | str]]]:
        """Take and return what waits: names and arguments of jobs."""
        found: list[tuple[str, list[int | str]]] = []
        with Connection(self.url) as connection:  # type: ignore[no-untyped-call]  # no types
            waiting = connection.SimpleQueue("celery")
            while True:
                try:
                    message = waiting.get_nowait()
                except waiting.Empty:
                    return found
                body = message.payload
                found.append((message.headers["task"], list(body[0])))
                message.ack()


def dead_app(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(jobs, "app", Celery("tests", set_as_current=False))
    jobs.connect(url)


def test_a_job_is_known_by_its_name_and_can_simply_be_called() -> None:
    done: list[int] = []
    name = f"tests.{key()}"

    def remember(number: int) -> None:
        done.append(number)

    made = jobs.job(name)(remember)
    try:
        made(7)
        assert done == [7]
        assert jobs.registered()[name] is made
        assert made.task.name == name  # a worker finds it
    finally:
        del jobs._jobs[name]
        jobs.app.tasks.pop(name, None)


def test_what_a_job_logs_says_which_job_and_row_but_nobodys_name() -> None:
    seen: list[str] = []
    name = f"tests.{key()}"

    def look(_row: int, _openid: str) -> None:
        seen.append(request_id.get())
        raise Interrupted

    made = jobs.job(name)(look)
    try:
        for call in (made, made.task):
            with pytest.raises(Interrupted):
                call(7, "oSomebody")
    finally:
        del jobs._jobs[name]
        jobs.app.tasks.pop(name, None)

    assert seen == [f"{name} 7"] * 2
    assert request_id.get() == "-"


def test_a_job_leaves_when_the_commit_stands(queue: Queue) -> None:
    with transaction() as session:
        jobs.enqueue(session, "tests.fetch", 7, "thumb")
        session.flush()
        assert queue.take_all() == []
    assert queue.take_all() == [("tests.fetch", [7, "thumb"])]


def test_jobs_leave_in_their_order(queue: Queue) -> None:
    with transaction() as session:
        for number in range(5):
            jobs.enqueue(session, "tests.fetch", number)
    assert [args for _, args in queue.take_all()] == [[n] for n in range(5)]


def test_a_job_of_what_was_rolled_back_never_leaves(queue: Queue) -> None:
    def work() -> None:
        with transaction() as session:
            jobs.enqueue(session, "tests.fetch", 7)
            raise Interrupted

    with pytest.raises(Interrupted):
        work()
    assert queue.take_all() == []


def test_a_job_of_an_undone_savepoint_never_leaves(queue: Queue) -> None:
    def part(session: Session) -> None:
        with savepoint(session):
            jobs.enqueue(session, "tests.fetch", 7)
            raise Interrupted

    with transaction() as session:
        with pytest.raises(Interrupted):
            part(session)
        jobs.enqueue(session, "tests.fetch", 8)
    assert queue.take_all() == [("tests.fetch", [8])]


def test_what_travels_is_json_with_ids_and_nothing_else(
    queue: Queue, postgres: EmbeddedPostgres
) -> None:
    jobs.send("tests.fetch", 7)

    name = jobs.app.conf.broker_url.rpartition("/")[2].partition("?")[0]
    with postgres.connect(name) as connection:
        rows = connection.execute("SELECT payload FROM kombu_message WHERE visible").fetchall()
    sent = json.loads(str(rows[0][0]))
    assert sent["content-type"] == "application/json"
    assert json.loads(base64.b64decode(sent["body"]))[:2] == [[7], {}]
    queue.take_all()


@pytest.mark.parametrize(
    "url",
    [
        "amqp://guest:guest@127.0.0.1:9//",
        "sqla+postgresql+psycopg://nobody@127.0.0.1:9/none",
    ],
)
def test_a_dead_broker_costs_a_log_line_and_not_the_commit(
    own: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    url: str,
) -> None:
    monkeypatch.setattr(database, "_sessions", own)
    dead_app(monkeypatch, url)
    openid, begun = key(), time.monotonic()

    with caplog.at_level(logging.WARNING), transaction() as session:
        citizen = a_citizen(session, openid)
        jobs.enqueue(session, "tests.fetch", 7)
        jobs.enqueue(session, "tests.fetch", 8)

    with own() as other:
        assert a_citizen(other, openid) == citizen
    fault = "QueueUnavailable" if jobs.is_own(url) else "OperationalError"
    assert len(caplog.records) == 2
    for record in caplog.records:
        # The queue's own fault each time, and not that of something broken by the first one.
        assert record.message == f"job tests.fetch not queued ({fault}); its sweeper will come"
    # Somebody waits for the page, and the platform for an answer within 5 seconds.
    assert time.monotonic() - begun < 2


def test_when_the_broker_comes_back_jobs_leave_again(
    queue: Queue, postgres: EmbeddedPostgres, caplog: pytest.LogCaptureFixture
) -> None:
    jobs.send("tests.fetch", 1)
    assert queue.take_all() == [("tests.fetch", [1])]

    name = jobs.app.conf.broker_url.rpartition("/")[2].partition("?")[0]
    with postgres.connect("postgres") as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
        jobs.send("tests.fetch", 2)
        jobs.send("tests.fetch", 3)
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert caplog.text.count("not queued") == 2

    jobs.send("tests.fetch", 4)
    assert queue.take_all()[-1:] == [("tests.fetch", [4])]
    assert caplog.text.count("not queued") == 2


def test_delivered_messages_are_cleared_and_waiting_ones_stay(
    queue: Queue, own: sessionmaker[Session], postgres: EmbeddedPostgres
) -> None:
    for number in range(3):
        jobs.send("tests.fetch", number)
    queue.take_all()
    jobs.send("tests.fetch", 9)
    name = jobs.app.conf.broker_url.rpartition("/")[2].partition("?")[0]
    with postgres.connect(name) as connection:
        before = connection.execute("SELECT count(*) FROM kombu_message").fetchone()
        jobs.clear_queue()
        after = connection.execute("SELECT count(*) FROM kombu_message").fetchone()
    assert before is not None
    assert int(str(before[0])) > 1
    assert after == (1,)
    assert queue.take_all() == [("tests.fetch", [9])]


def test_with_another_broker_there_is_nothing_to_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_sessions", None)
    dead_app(monkeypatch, "redis://queue.sqla.example/0")

    jobs.clear_queue()


def test_a_tick_that_nobody_took_is_stale_when_the_next_one_comes() -> None:
    app = jobs.connect("memory://", timetable={"often": ("tests.sweep", 5.0)})

    assert app.conf.beat_schedule == {
        "often": {"task": "tests.sweep", "schedule": 5.0, "options": {"expires": 5.0}}
    }


def test_a_worker_that_dies_leaves_its_job_to_the_next_one() -> None:
    app = jobs.connect("memory://")

    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.accept_content == ["json"]
