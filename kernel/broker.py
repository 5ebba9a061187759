"""Celery's queue in our own PostgreSQL: kombu's SQLAlchemy transport, made to survive restarts.

As it comes, the transport asks once a second, and after the database was gone it raises errors
that Celery does not take for a lost connection, so that a worker dies instead of reconnecting.
"""

from kombu.connection import Connection
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.sqlalchemy import Transport as _Transport
from sqlalchemy.exc import SQLAlchemyError

SCHEME = "sqla"  # as kombu calls it: importing this module puts our transport in its place
TABLES = ("kombu_queue", "kombu_message")


class Transport(_Transport):
    """The transport, with the errors of a lost database known as such."""

    polling_interval = 0.2  # seconds
    connection_errors = (SQLAlchemyError, OSError)  # type: ignore[assignment]  # wider on purpose


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


def create_tables(url: str) -> None:
    """Create kombu's tables once, before many processes would all try to."""
    with Connection(url) as connection:  # type: ignore[no-untyped-call]  # kombu has no types
        connection.SimpleQueue("celery").close()
