"""Two transactions on two connections, the second at a chosen statement of the first.

No sleeping and no chance: the first stops before its n-th statement, the rival starts and runs
until it has committed or waits for a lock that the first holds; then the first goes on.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session, sessionmaker

Work = Callable[[Session], object]
Sessions = sessionmaker[Session]


@dataclass
class Outcome:
    """What came of a transaction: what it returned, or what it died of."""

    value: object = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.error is None


@dataclass
class Rival:
    """A transaction in a thread of its own."""

    sessions: Sessions
    work: Work
    outcome: Outcome = field(default_factory=Outcome)
    pid: int | None = None

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.outcome = run(self.sessions, self._noting_pid)

    def _noting_pid(self, session: Session) -> object:
        self.pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        return self.work(session)

    def run_until_it_waits(self) -> None:
        """Return once it has ended or stands before a lock."""
        self._thread.start()
        with self.sessions() as looking:
            while self._thread.is_alive() and not self._waits(looking):
                self._thread.join(0.002)

    def _waits(self, looking: Session) -> bool:
        found = looking.execute(
            text("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = :pid"),
            {"pid": self.pid},
        ).scalar_one_or_none()
        looking.rollback()
        return bool(found)

    def join(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive(), "the rival never came to an end"


def run(sessions: Sessions, work: Work) -> Outcome:
    """Run one transaction and commit it; an error is an outcome."""
    try:
        with sessions() as session, session.begin():
            return Outcome(work(session))
    except Exception as error:  # noqa: BLE001  # whatever it was is looked at by the test
        return Outcome(error=error)


@contextmanager
def _before_statement(sessions: Sessions, number: int, act: Callable[[], None]) -> Iterator[None]:
    """Call `act` before this thread's statement of this number; the commit is the last one."""
    thread, count = threading.get_ident(), 0

    def look(*_args: Any) -> None:  # noqa: ANN401  # SQLAlchemy's event has many
        nonlocal count
        if threading.get_ident() != thread:
            return
        count += 1
        if count == number:
            count += 1000  # what `act` itself executes is not counted
            act()

    def look_at_commit(_connection: Connection) -> None:
        look()

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", look)
    event.listen(engine, "commit", look_at_commit)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", look)
        event.remove(engine, "commit", look_at_commit)


def meet(
    sessions: Sessions, first: Work, second: Work, *, at: int
) -> tuple[Outcome, Outcome] | None:
    """Let the rival come before the first's statement `at`; None when it has fewer."""
    rival = Rival(sessions, second)
    has_met = False

    def come() -> None:
        nonlocal has_met
        has_met = True
        rival.run_until_it_waits()

    with _before_statement(sessions, at, come):
        outcome = run(sessions, first)
    if not has_met:
        return None
    rival.join()
    return outcome, rival.outcome


Make = Callable[[Session], tuple[Work, Work]]


def meetings(sessions: Sessions, make: Make) -> Iterator[tuple[int, Outcome, Outcome]]:
    """Set up anew (`make`) for each statement of the first, and let the rival come there."""
    for at in range(1, 200):
        with sessions() as session, session.begin():
            first, second = make(session)
        outcomes = meet(sessions, first, second, at=at)
        if outcomes is None:
            assert at > 2, "the first had nothing to do"
            return
        yield at, *outcomes
    raise AssertionError("no end of statements")


def crowd(sessions: Sessions, works: list[Work]) -> list[Outcome]:
    """Run all at once, each in a thread, from a common start."""
    start = threading.Barrier(len(works))

    def begin(work: Work) -> Work:
        def wait_and_work(session: Session) -> object:
            session.execute(text("SELECT 1"))
            start.wait(20)
            return work(session)

        return wait_and_work

    rivals = [Rival(sessions, begin(work)) for work in works]
    for rival in rivals:
        rival._thread.start()
    deadline = time.monotonic() + 60
    for rival in rivals:
        rival._thread.join(max(0.1, deadline - time.monotonic()))
    assert not any(rival._thread.is_alive() for rival in rivals), "somebody waits for ever"
    return [rival.outcome for rival in rivals]
