"""The database: one engine a process, one unit of work an edge, jobs and calls after the commit."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from select import POLLIN, poll
from time import monotonic
from typing import Any, ClassVar

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    MetaData,
    TextClause,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from .trips import Wire, Wires

log = logging.getLogger(__name__)

AfterCommit = Callable[[], None]
Question = tuple[TextClause, Mapping[str, object]]

_TRUSTED_S = 1.0  # how long a connection is taken for alive after its last use


class Base(DeclarativeBase):
    """Base of all models. Every constraint has a name, so that a migration can speak of it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # A district's ledger outgrows 32 bits; nobody then wants to rewrite a table.
    type_annotation_map: ClassVar = {int: BigInteger()}


def listed(values: Iterable[str]) -> str:
    """Return our own words as SQL lists them: 'a', 'b'. Not for what somebody typed."""
    return ", ".join(f"'{value}'" for value in values)


_sessions: sessionmaker[Session] | None = None
_wires: Wires | None = None


def connect(url: str, *, pool_size: int = 5) -> Engine:
    """Connect this process to the database; the composition root calls it once."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=10,
        # Parameters are what residents wrote: no business of an error's text.
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c jit=off"},
    )
    _replace_dead_connections(engine)
    use(sessionmaker(engine, expire_on_commit=False))
    return engine


def _replace_dead_connections(engine: Engine) -> None:
    """Replace a connection that died with its server before it is used, without a ping each time.

    A server that goes says so on its connections, or the kernel closes them: there is something to
    be read where nothing was asked. Only what lay idle is asked too, since a network between us
    and the server may have gone without a word.
    """

    def lie(_connection: object, entry: ConnectionPoolEntry) -> None:
        entry.info["idle_since"] = monotonic()

    def wake(
        connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        idle_s = monotonic() - entry.info.get("idle_since", monotonic())
        try:
            if idle_s >= _TRUSTED_S or _has_words(connection.fileno()):
                engine.dialect.do_ping(connection)
        except psycopg.Error:
            raise DisconnectionError("it died while nobody used it") from None

    event.listen(engine, "checkin", lie)
    event.listen(engine, "checkout", wake)


def _has_words(number: int) -> bool:
    """Tell whether there is something to be read from this file; a closed one counts."""
    looking = poll()
    looking.register(number, POLLIN)
    return bool(looking.poll(0))


def use(sessions: sessionmaker[Session]) -> None:
    """Take sessions from here (tests give one that is bound to a savepoint)."""
    global _sessions, _wires  # noqa: PLW0603  # one database a process
    _sessions = sessions
    _wires = Wires(sessions.kw["bind"])


@contextmanager
def trips() -> Iterator[Wire]:
    """Lend a connection for statements that travel together; what is not committed is undone.

    Only for an edge that has the ordinary way to fall back upon: see `kernel.trips`.
    """
    if _wires is None:
        raise RuntimeError("kernel.database.connect() was not called")
    with _wires.lend() as wire:
        yield wire


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: commits at the end, rolls back on any exception.

    Only the edges (views, tasks, commands) open one. What was registered by `after_commit` runs
    once the commit stands, and never otherwise.
    """
    if _sessions is None:
        raise RuntimeError("kernel.database.connect() was not called")
    with _sessions() as session:
        with session.begin():
            yield session
        _run_after_commit(session)


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Undo rows and after-commit actions of the block together when it raises."""
    actions: list[AfterCommit] = session.info.setdefault("after_commit", [])
    length = len(actions)
    try:
        with session.begin_nested():
            yield
    except BaseException:
        del actions[length:]
        raise


def ask_together(session: Session, *questions: Question) -> list[list[Any]]:
    """Send several statements at once and return the rows of each: one round trip for all.

    They run one after the other, and each sees what was committed before it began: what follows a
    statement that waited for a lock sees what the lock's holder did. Where somebody watches
    statements (tests do, to stop between two of them), each is sent by itself.
    """
    connection = session.connection()
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection) or connection.dispatch.before_cursor_execute:
        return [list(session.execute(*question).all()) for question in questions]
    try:
        with driver.pipeline():
            cursors = [
                driver.cursor(row_factory=namedtuple_row).execute(_plain(statement), values)
                for statement, values in questions
            ]
            return [cursor.fetchall() for cursor in cursors]
    except psycopg.Error as error:
        raise _wrapped(connection, error) from error


@lru_cache(maxsize=100)
def _plain(statement: TextClause) -> bytes:
    """Return a statement as the driver reads it."""
    return str(statement.compile(dialect=_DIALECT)).encode()


_DIALECT = psycopg_dialect()  # type: ignore[no-untyped-call]  # its maker has no types


def _wrapped(connection: Connection, error: psycopg.Error) -> Exception:
    """Make of the driver's error what SQLAlchemy makes of it, and leave a dead connection."""
    driver = connection.connection.driver_connection
    if driver is not None and driver.closed:
        connection.invalidate(error)
    made = DBAPIError.instance(
        None, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
    )
    return made if isinstance(made, Exception) else error


def after_commit(session: Session, action: AfterCommit) -> None:
    """Run the action once the session's transaction has been committed."""
    session.info.setdefault("after_commit", []).append(action)


def _run_after_commit(session: Session) -> None:
    actions: list[AfterCommit] = session.info.pop("after_commit", [])
    for action in actions:
        try:
            action()
        except Exception:
            # The commit stands, so the caller must hear success. The sweepers in */tasks.py
            # find the rows whose action was lost here.
            log.exception("after-commit action failed")


def is_reachable() -> bool:
    """Ask the database for a sign of life."""
    try:
        with transaction() as session:
            return bool(session.scalar(text("SELECT 1")))
    except Exception:  # noqa: BLE001  # whatever it was, the answer is no
        return False
