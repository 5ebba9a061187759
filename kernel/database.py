"""The database: one engine a process, one unit of work an edge, jobs and calls after the commit."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from sqlalchemy import BigInteger, Engine, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from .trips import Wire, Wires

log = logging.getLogger(__name__)

AfterCommit = Callable[[], None]


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
        # A connection that died with its server is replaced before it is used, not after.
        pool_pre_ping=True,
        # Parameters are what residents wrote: no business of an error's text.
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c jit=off"},
    )
    use(sessionmaker(engine, expire_on_commit=False))
    return engine


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
