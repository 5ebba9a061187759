"""Celery's queue in our own PostgreSQL: kombu's SQLAlchemy transport, made to survive restarts.

As it comes, the transport asks once a second, and once its database was gone it stays broken:
a worker dies, and beat goes on with a producer that will never send again. Here a fault of the
database costs the message at hand and nothing else: the next call begins with a new session.
Senders hear of it and log it; who polls finds an empty queue until the database is back.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty
from typing import Any

from kombu.connection import Connection
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import sqlalchemy as kombu_sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

SCHEME = "sqla"  # as kombu calls it: importing this module puts our transport in its place
TABLES = ("kombu_queue", "kombu_message")


# kombu has no types: what is built on it is checked from here on only.
_Channel: Any = kombu_sqlalchemy.Channel
_Transport: Any = kombu_sqlalchemy.Transport


class QueueUnavailable(Exception):
    """The database that holds the queue did not answer."""


class Channel(_Channel):  # type: ignore[misc]  # see above
    """A channel whose session never outlives a fault."""

    def _get(self, queue: str) -> Any:  # noqa: ANN401  # as kombu has it: a decoded message
        try:
            with self._fresh_after_fault():
                return super()._get(queue)
        except QueueUnavailable as fault:
            raise Empty from fault

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
