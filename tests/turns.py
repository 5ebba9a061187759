"""Two people at once, made to take turns: each has a connection and a thread of his own.

What one does may have to wait for the other in the database; `wait_until_blocked` sees that by
PostgreSQL's own account, so that no test sleeps and hopes.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

Result = TypeVar("Result")

_PATIENCE_S = 10


class Person:
    """One of the two: a session with one transaction, used by one thread."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._thread = ThreadPoolExecutor(1)
        self._session = sessions()
        self._pid = self.do(lambda session: session.scalar(text("SELECT pg_backend_pid()")))

    def begin(self, work: Callable[[Session], Result]) -> Future[Result]:
        """Begin something that may have to wait."""
        return self._thread.submit(work, self._session)

    def do(self, work: Callable[[Session], Result]) -> Result:
        """Do something to its end."""
        return self.begin(work).result(_PATIENCE_S)

    def commit(self) -> None:
        self.do(lambda session: session.commit())

    def rollback(self) -> None:
        self.do(lambda session: session.rollback())

    def wait_until_blocked(self) -> None:
        """Return once the database says that this person waits for somebody's lock."""
        deadline = time.monotonic() + _PATIENCE_S
        query = text("SELECT cardinality(pg_blocking_pids(:pid)) > 0")
        with self._sessions() as watcher:
            while not watcher.scalar(query, {"pid": self._pid}):
                if time.monotonic() > deadline:
                    raise TimeoutError("nobody is blocked")
                time.sleep(0.005)

    def leave(self) -> None:
        self._thread.submit(self._session.close).result(_PATIENCE_S)
        self._thread.shutdown()


class Turns:
    """Lend two people on two connections."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._stack = ExitStack()

    def __enter__(self) -> tuple[Person, Person]:
        people = Person(self._sessions), Person(self._sessions)
        for person in people:
            self._stack.callback(person.leave)
        return people

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, value, trace)
