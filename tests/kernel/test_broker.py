"""A queue whose database is gone is asked less and less often, and said so once."""

import logging
from queue import Empty
from typing import Self

import pytest
from sqlalchemy.exc import OperationalError

from kernel import broker, jobs
from kernel.broker import Patience, QueueUnavailable

AWAY = OperationalError("SELECT 1", {}, Exception("away"))


class Closed:
    """A session that died with its server."""

    def close(self) -> None:
        raise AWAY


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(broker, "time", made)
    return made


def test_pauses_double_up_to_ten_seconds_and_begin_anew(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    patience = Patience()
    for _ in range(8):
        patience.fail(QueueUnavailable("OperationalError"))
        patience.sit_out()
    assert clock.slept == [0.5, 1, 2, 4, 8, 10, 10, 10]
    patience.succeed()
    patience.fail(QueueUnavailable("OperationalError"))
    patience.sit_out()
    assert clock.slept[-1] == 0.5
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(" (")[0] for line in lines] == [
        "the queue's database does not answer",
        "the queue's database answers again after 8 tries",
        "the queue's database does not answer",
    ]


def test_a_poller_asks_the_dead_database_a_few_times_a_minute(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def dead(_channel: object, _queue: str) -> None:
        asked.append(clock.now)
        raise AWAY

    monkeypatch.setattr(broker._Channel, "_get", dead)
    channel = object.__new__(broker.Channel)
    channel._patience = Patience()
    monkeypatch.setattr(broker.Channel, "session", Closed())
    for _ in range(300):  # a minute of polling, five times a second
        with pytest.raises(Empty):
            channel._get("celery")
        clock.now += 0.2
    assert len(asked) < 12
    assert len(caplog.records) == 1


def test_waiting_for_the_queue_ends_when_the_database_answers(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([AWAY, AWAY, None])

    class Engine:
        def connect(self) -> "Engine":
            failure = next(answers)
            if failure is not None:
                raise failure
            return self

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            return

    monkeypatch.setattr(broker, "create_engine", lambda *_a, **_k: Engine())
    broker.wait("sqla+postgresql://nowhere/x")
    assert clock.slept == [0.5, 1]


def test_a_job_whose_database_is_away_says_so_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    def away() -> None:
        raise AWAY

    jobs.Job("kernel.test_away", away)()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.exc_info is None


def test_beat_says_in_one_line_that_a_tick_was_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise AWAY
    except OperationalError:
        logging.getLogger("celery.beat").exception("Message Error: %s\n%s", AWAY, ["stack"] * 50)
    (record,) = caplog.records
    assert record.getMessage() == "a tick was not sent: (builtins.Exception) away"
    assert record.exc_info is None
