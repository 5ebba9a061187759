"""What a process keeps of the signs: the directory and the counter, and the thread that tends both.

The directory is at most a second behind the database; while that is away, the last one answers and
counts wait in memory. Safe for threads and forks.
"""

import atexit
import logging
import os
import threading
import weakref

from kernel.database import transaction

from . import scans
from .directory import Directory
from .scans import Counter

log = logging.getLogger(__name__)

PAUSE_S = 0.4


class Keeper:
    """The signs and the counts of a process.

    `is_eager` reads before each answer and writes at once, without a thread: for commands, and for
    tests whose one transaction no other connection sees.
    """

    def __init__(self, *, pause_s: float = PAUSE_S, is_eager: bool = False) -> None:
        self.counter = Counter()
        self._pause_s = pause_s
        self._is_eager = is_eager
        self._directory: Directory | None = None
        self.begin_anew()
        _keepers.add(self)

    def begin_anew(self) -> None:
        """Be without a thread: in a forked process locks may be held by threads that are not here."""
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()
        self._entrance = threading.Lock()
        self._turn = threading.Lock()

    def forget_counts(self) -> None:
        """Leave the counts to the process that this one was forked from."""
        self.counter = Counter()

    def directory(self) -> Directory:
        """Return the signs; the first time in a process, wait until they are read."""
        if self._thread is None:
            self._start()
        if self._directory is None:
            raise RuntimeError("started without a directory")
        return self._directory

    def counted(self) -> None:
        """Say that something was counted."""
        if self._is_eager:
            self.flush()

    def flush(self) -> None:
        """Write the counts now; what cannot be written waits."""
        with self._turn:
            if self.counter.is_empty:
                return
            taken = self.counter.take()
            try:
                with transaction() as session:
                    scans.write(session, taken)
            except BaseException:
                self.counter.put_back(taken)
                raise

    def look(self) -> None:
        """Read what changed."""
        with self._turn, transaction() as session:
            before = self._directory
            self._directory = before.followed(session) if before else Directory.read(session)

    def stop(self) -> None:
        """End the thread with everything written; the next question starts it again."""
        self._is_over.set()
        thread = self._thread
        if thread is not None:
            thread.join()
        self.begin_anew()

    def _start(self) -> None:
        with self._entrance:
            if self._is_running():  # another thread was first
                return
            try:
                self.look()
            except Exception:
                # In a forked process the parent's directory is good, however old.
                if self._directory is None or self._is_eager:
                    raise
                log.exception("the signs could not be read")
            if not self._is_eager:
                thread = threading.Thread(
                    target=self._tend, args=(self._is_over,), name="signs", daemon=True
                )
                thread.start()
                self._thread = thread

    def _is_running(self) -> bool:
        return self._thread is not None

    def _tend(self, is_over: threading.Event) -> None:
        is_away = False
        while True:
            is_last = is_over.wait(self._pause_s)
            try:
                self.flush()
                if is_last:
                    return
                self.look()
            except Exception as error:  # whatever it was, the next turn tries again
                if not is_away:
                    log.warning("signs are neither followed nor counted", exc_info=error)
                is_away = True
                if is_last:
                    return
            else:
                if is_away:
                    log.info("signs are followed and counted again")
                is_away = False


_keepers: "weakref.WeakSet[Keeper]" = weakref.WeakSet()


def _after_fork() -> None:
    for kept in list(_keepers):
        kept.begin_anew()
        kept.forget_counts()


def _at_exit() -> None:
    for kept in list(_keepers):
        if kept._thread is not None:  # noqa: SLF001  # of this module
            kept.stop()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)

_keeper = Keeper()


def current() -> Keeper:
    """Return the keeper of this process."""
    return _keeper


def use(kept: Keeper) -> None:
    """Let this one keep (tests give one that is eager)."""
    global _keeper  # noqa: PLW0603  # one a process
    _keeper = kept
