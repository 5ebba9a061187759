"""Celery's queue in our own PostgreSQL: kombu's SQLAlchemy transport, made to survive restarts.

As it comes, the transport asks once a second, and once its database was gone it stays broken:
a worker dies, and beat goes on with a producer that will never send again. Here a fault of the
database costs the message at hand and nothing else: the next call begins with a new session.
Senders hear of it and log it; who polls finds an empty queue until the database is back, asks less
and less often meanwhile, and says so in one line when it goes and one when it is back.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty
from typing import Any

from kombu.connection import Connection
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import sqlalchemy as kombu_sqlalchemy
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

log = logging.getLogger(__name__)

SCHEME = "sqla"  # as kombu calls it: importing this module puts our transport in its place
TABLES = ("kombu_queue", "kombu_message")


# kombu has no types: what is built on it is checked from here on only.
_Channel: Any = kombu_sqlalchemy.Channel
_Transport: Any = kombu_sqlalchemy.Transport


class QueueUnavailable(Exception):
    """The database that holds the queue did not answer."""


class Patience:
    """How long a poller leaves a database alone that did not answer."""

    FIRST_S = 0.5
    LONGEST_S = 10.0

    def __init__(self) -> None:
        self._faults = 0
        self._until = 0.0

    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def sit_out(self) -> None:
        time.sleep(max(self._until - time.monotonic(), 0))

    def fail(self, fault: QueueUnavailable) -> None:
        """Wait twice as long as the last time, up to ten seconds."""
        pause_s = min(self.FIRST_S * 2 ** min(self._faults, 10), self.LONGEST_S)
        self._until = time.monotonic() + pause_s
        self._faults += 1
        if self._faults == 1:
            log.warning("the queue's database does not answer (%s); asking again", fault)

    def succeed(self) -> None:
        if self._faults:
            log.warning("the queue's database answers again after %s tries", self._faults)
        self._faults, self._until = 0, 0.0


class Channel(_Channel):  # type: ignore[misc]  # see above
    """A channel whose session never outlives a fault."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self._patience = Patience()

    def _get(self, queue: str) -> Any:  # noqa: ANN401  # as kombu has it: a decoded message
        if not self._patience.is_over():
            raise Empty
        try:
            with self._fresh_after_fault():
                found = super()._get(queue)
        except QueueUnavailable as fault:
            self._patience.fail(fault)
            raise Empty from fault
        except Empty:
            self._patience.succeed()
            raise
        self._patience.succeed()
        return found

    def _put(self, queue: str, payload: object, **options: object) -> None:
        with self._fresh_after_fault():
            super()._put(queue, payload, **options)

    def _new_queue(self, queue: str, **options: object) -> None:
        with self._fresh_after_fault():
            super()._new_queue(queue, **options)

    def _size(self, queue: str) -> int:
        with self._fresh_after_fault():
            return int(super()._size(queue))

    def _purge(self, queue: str) -> int:
        with self._fresh_after_fault():
            return int(super()._purge(queue))

    @contextmanager
    def _fresh_after_fault(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as fault:
            with suppress(SQLAlchemyError):
                self.session.close()
            self._session = None
            # Not an error of the connection in kombu's sense: it would give the channel up.
            raise QueueUnavailable(type(fault).__name__) from fault


class Transport(_Transport):  # type: ignore[misc]  # see above
    Channel = Channel
    polling_interval = 0.2  # seconds
    connection_errors = ()


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


def create_tables(url: str) -> None:
    """Create kombu's tables once, before many processes would all try to."""
    with Connection(url) as connection:  # type: ignore[no-untyped-call]  # kombu has no types
        connection.SimpleQueue("celery").close()


def wait(url: str) -> None:
    """Return once the queue's database answers: a worker that starts without it would die of it."""
    engine = create_engine(url.removeprefix(f"{SCHEME}+"), poolclass=NullPool)
    patience = Patience()
    while True:
        try:
            with engine.connect():
                patience.succeed()
                return
        except SQLAlchemyError as fault:
            patience.fail(QueueUnavailable(type(fault).__name__))
        patience.sit_out()
