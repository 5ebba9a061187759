"""The index of this process follows the database, and misses nothing that was committed late.

What the table must have (the migration makes it, models.py maps `changed_in` as a plain int):

    ALTER TABLE convenience_facilities
        ADD COLUMN changed_in bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint);
    CREATE INDEX ix_convenience_facilities_changed_in ON convenience_facilities (changed_in);

    CREATE FUNCTION convenience_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.changed_in := pg_current_xact_id()::text::bigint;
        RETURN NEW;
    END $$;
    CREATE TRIGGER convenience_facilities_note_change
        BEFORE INSERT OR UPDATE ON convenience_facilities
        FOR EACH ROW EXECUTE FUNCTION convenience_note_change();

    -- A row leaves by `removed_at`; a tombstone may be deleted once everybody has seen it.
    CREATE FUNCTION convenience_keep_tombstones() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a facility is removed by removed_at, not deleted'
            USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER convenience_facilities_keep_tombstones
        BEFORE DELETE ON convenience_facilities
        FOR EACH ROW
        WHEN (OLD.removed_at IS NULL OR OLD.removed_at > now() - interval '1 hour')
        EXECUTE FUNCTION convenience_keep_tombstones();

`changed_in` is the number of the transaction that wrote the row last: bigint and not xid8, which
SQLAlchemy cannot reflect. Nothing else may write it. It is no order of commits: a transaction with
a small number may commit last. So a reader remembers the snapshot of its last reading and asks for
the rows whose transaction that snapshot did not see (`pg_visible_in_snapshot`), however small the
number.

What this promises to its readers: no answer before everything was read once; afterwards an answer
at once from whole indexes only, at most some two seconds behind; while the database is away, from
the last one.
"""

import logging
import math
import os
import threading
import weakref
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from kernel import clock
from kernel.database import transaction

from .index import Index, Need
from .loading import Loaded, read
from .rules import SPACES_LIMIT

log = logging.getLogger(__name__)

PAUSE_S = 1.0
# Nothing changed for so many readings: time to make the index tidy.
_QUIET_READINGS = 20


class Engine(Protocol):
    """What finds the nearest: `convenience.index.Index`, or another to the same letter.

    Another one stands for other data: who keeps what was made of an engine's answers compares it.
    """

    def nearest(
        self,
        latitude: float,
        longitude: float,
        k: int,
        *,
        kind: str | Sequence[str] | None = None,
        needs: Need | int = Need.NOTHING,
        radius_m: float = math.inf,
        now: float = 0.0,
    ) -> list[tuple[int, float]]: ...


class Source(Protocol):
    """Where the engine of the moment comes from."""

    def current(self) -> Engine: ...


class Follower:
    """An index, and a thread that lets it follow the database. Safe for threads and forks.

    `is_eager` reads before each answer, without a thread: for commands, and for tests whose one
    transaction no other connection sees.
    """

    def __init__(
        self,
        *,
        pause_s: float = PAUSE_S,
        is_eager: bool = False,
        spaces_limit: timedelta = SPACES_LIMIT,
    ) -> None:
        self._pause_s = pause_s
        self._is_eager = is_eager
        self._spaces_limit = spaces_limit
        self._loaded: Loaded | None = None
        self._read_at: datetime | None = None
        self._quiet = 0
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()
        self._entrance = threading.Lock()
        self._turn = threading.Lock()
        _followers.add(self)

    def current(self) -> Index:
        """Return the index; the first time in a process, wait until it is read.

        Raises what the database raises when nothing was ever read.
        """
        if self._thread is None:
            self._start()
        loaded = self._loaded
        if loaded is None:
            raise RuntimeError("started without an index")
        return loaded.index

    @property
    def age(self) -> timedelta | None:
        """How long ago the database was last heard; None before the first time."""
        read_at = self._read_at
        return None if read_at is None else clock.now() - read_at

    def refresh(self) -> None:
        """Read what was committed since the last reading. One thread at a time, others wait."""
        with self._turn:
            before = self._loaded
            with transaction() as session:
                news = read(session, before, self._spaces_limit)
            loaded = news.applied_to(before) if news else before
            is_quiet = before is not None and loaded is not None and loaded.index is before.index
            self._quiet = self._quiet + 1 if is_quiet else 0
            if loaded and self._quiet >= _QUIET_READINGS and not loaded.index.is_tidy:
                loaded = replace(loaded, index=loaded.index.tidied())
            self._loaded = loaded
            self._read_at = clock.now()

    def stop(self) -> None:
        """End the thread; the next question starts it again."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
        self.begin_anew()

    def _start(self) -> None:
        with self._entrance:
            if self._is_running():  # another thread was first
                return
            try:
                self.refresh()
            except Exception:
                # In a forked process the parent's index is good, however old.
                if self._loaded is None or self._is_eager:
                    raise
                log.exception("the facilities could not be read")
            if not self._is_eager:
                thread = threading.Thread(
                    target=self._follow, args=(self._is_over,), name="facilities", daemon=True
                )
                thread.start()
                self._thread = thread

    def _is_running(self) -> bool:
        return self._thread is not None

    def _follow(self, is_over: threading.Event) -> None:
        is_away = False
        while not is_over.wait(self._pause_s):
            try:
                self.refresh()
                self._prepare()
            except Exception as error:  # whatever it was, the last good index answers on
                if not is_away:
                    log.warning("the facilities are not followed", exc_info=error)
                is_away = True
            else:
                if is_away:
                    log.info("the facilities are followed again")
                is_away = False

    def _prepare(self) -> None:
        """Read hours again, once a day, before somebody has to wait for it."""
        if self._loaded is not None:
            self._loaded.index.timetable.at(clock.now().timestamp())

    def begin_anew(self) -> None:
        """Be without a thread; in a forked process locks may be held by threads that are not here."""
        self._thread = None
        self._is_over = threading.Event()
        self._entrance = threading.Lock()
        self._turn = threading.Lock()


_followers: "weakref.WeakSet[Follower]" = weakref.WeakSet()


def _forget_threads() -> None:
    for follower in list(_followers):
        follower.begin_anew()


os.register_at_fork(after_in_child=_forget_threads)

_source: Source = Follower()


def current() -> Engine:
    """Return what finds the nearest in this process: see Follower.current."""
    return _source.current()


def use(source: Source) -> None:
    """Take the engine from here (tests give a follower that is eager)."""
    global _source  # noqa: PLW0603  # one index a process
    _source = source
