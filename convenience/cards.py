"""What is shown of facilities, kept in this process so that an answer needs no database.

The index says which facilities are nearest; this says what they are called. A card is read when
first wanted and thrown away when its row changes: every few seconds whoever asks first looks which
rows the last look did not see (the rule is that of `following.py`: no late commit is missed).
When the database is away, cards that are here stay good.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from kernel import clock

from .finding import Entry, Finder
from .models import Facility, Kind

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=2)
MOST_CARDS = 100_000  # some 1.5 kB each
# More changes than this at once are an import: then everything is read anew.
_MANY = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """A facility as its row has it. Two cards of one facility are two: identity is the version."""

    id: int
    code: str
    kind: str
    name: str
    street: str | None
    address: str | None
    latitude: float
    longitude: float
    hours: str | None
    hours_fault: str | None
    fee: str | None
    is_free: bool | None
    is_accessible: bool | None
    has_family_room: bool | None
    has_nursing_room: bool | None
    has_paper: bool | None
    is_indoor: bool | None
    gender: str | None
    phone: str | None
    keeper: str | None
    capacity: int | None
    photo_key: str | None
    verified_on: date | None
    source: str | None
    is_demo: bool
    is_doubtful: bool
    free_spaces: int | None
    free_spaces_at: datetime | None
    updated_at: datetime
    removed_at: datetime | None
    removal_reason: str | None

    @property
    def flags(self) -> dict[str, bool | None]:
        return {
            "is_free": self.is_free,
            "is_accessible": self.is_accessible,
            "has_family_room": self.has_family_room,
            "has_nursing_room": self.has_nursing_room,
            "has_paper": self.has_paper,
            "is_indoor": self.is_indoor,
        }


@dataclass(frozen=True, slots=True)
class KindRow:
    code: str
    name: str
    aliases: tuple[str, ...]
    is_rated: bool

    @property
    def words(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


CARD_COLUMNS = tuple(getattr(Facility, name) for name in Card.__slots__)
_ENTRY_COLUMNS = tuple(getattr(Facility, name) for name in Entry.__slots__)


class Cards:
    """The cards of this process. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # held while looking for changes, by one thread
        self._cards: dict[int, Card] = {}
        self._kinds: dict[str, KindRow] = {}
        self._entries: dict[int, Entry] = {}
        self._finder: Finder | None = None
        self._seen: str | None = None  # the snapshot of the last look
        self._looked_at = datetime.min.replace(tzinfo=UTC)

    def of(
        self,
        session: Session,
        ids: Sequence[int],
        *,
        ahead: Callable[[], Iterable[int]] = tuple,
    ) -> list[Card | None]:
        """Return the cards of these facilities, in this order; None for what was deleted.

        When one must be read, so are those that `ahead` names: who asks next stands near by.
        """
        self._look(session)
        cards = self._cards
        missing = [wanted for wanted in ids if wanted not in cards]
        if missing:
            wanted_soon = [soon for soon in ahead() if soon not in cards]
            read = self._read(session, [*missing, *wanted_soon])
            if len(cards) + len(read) > MOST_CARDS:
                self._cards = cards = {}
                read.update(self._read(session, [i for i in ids if i not in read]))
            cards.update(read)
            return [cards.get(wanted) or read.get(wanted) for wanted in ids]
        return [cards.get(wanted) for wanted in ids]

    def at_hand(self, ids: Sequence[int]) -> list[Card] | None:
        """Return the same without the database; None when a card is missing or a look is due."""
        if not self.is_fresh:
            return None
        cards = self._cards
        try:
            return [cards[wanted] for wanted in ids]
        except KeyError:
            return None

    @property
    def is_fresh(self) -> bool:
        """Tell whether the last look is recent enough to answer by."""
        return clock.now() - self._looked_at < LOOK_AGAIN

    @property
    def kinds_at_hand(self) -> dict[str, KindRow]:
        """The kinds as of the last look."""
        return self._kinds

    def kinds(self, session: Session) -> dict[str, KindRow]:
        """Return the kinds in use by code, in the order in which pages show them."""
        self._look(session)
        return self._kinds

    def finder(self, session: Session) -> Finder:
        """Return what finds facilities by words, as new as the last look."""
        self._look(session)
        found = self._finder
        if found is not None:
            return found
        with self._lock:
            if self._finder is None:
                self._entries = {entry.id: entry for entry in _entries(session, None)}
                self._finder = self._made_finder()
            return self._finder

    def forget(self) -> None:
        """Begin anew with the next question."""
        self.__init__()  # type: ignore[misc]  # there is nothing else in it

    @staticmethod
    def _read(session: Session, ids: Sequence[int]) -> dict[int, Card]:
        rows = session.execute(select(*CARD_COLUMNS).where(Facility.id.in_(ids)))
        return {row.id: Card(*row) for row in rows}

    # -- following the database ----------------------------------------------------------------

    def _look(self, session: Session) -> None:
        now = clock.now()
        if now - self._looked_at < LOOK_AGAIN or not self._lock.acquire(blocking=not self._kinds):
            return
        try:
            if now - self._looked_at >= LOOK_AGAIN:
                self._take_changes(session)
                self._looked_at = now
        except SQLAlchemyError as failure:
            if not self._kinds:
                raise
            self._looked_at = now  # what is here is as good as anything for a while
            log.warning("facilities are shown as last read: %s", type(failure).__name__)
        finally:
            self._lock.release()

    def _take_changes(self, session: Session) -> None:
        snapshot = session.scalar(select(sql("pg_current_snapshot()::text")))
        kinds = {
            row.code: KindRow(row.code, row.name, tuple(row.aliases), row.is_rated)
            for row in session.execute(
                select(Kind.code, Kind.name, Kind.aliases, Kind.is_rated)
                .where(Kind.is_active)
                .order_by(Kind.position, Kind.code)
            )
        }
        is_new_language = kinds != self._kinds
        if self._seen is not None:
            changed = _changed_since(session, self._seen)
            is_new_language |= self._apply(session, changed)
        self._kinds, self._seen = kinds, snapshot
        if is_new_language and self._finder is not None:
            self._finder = self._made_finder()

    def _apply(self, session: Session, changed: Sequence[int]) -> bool:
        """Throw away cards; tell whether the words of anything changed."""
        if len(changed) > _MANY:
            self._cards, self._finder = {}, None
            return False
        for facility in changed:
            self._cards.pop(facility, None)
        if self._finder is None or not changed:
            return False
        entries = {entry.id: entry for entry in _entries(session, changed)}
        is_changed = False
        for facility in changed:
            entry = entries.get(facility)
            is_changed |= self._entries.get(facility) != entry
            if entry is None:
                self._entries.pop(facility, None)
            else:
                self._entries[facility] = entry
        return is_changed

    def _made_finder(self) -> Finder:
        return Finder(
            self._entries.values(), {code: kind.words for code, kind in self._kinds.items()}
        )


def _changed_since(session: Session, snapshot: str) -> list[int]:
    """Return the ids of rows whose last writer the snapshot did not see; more than _MANY end it."""
    is_unseen = sql(
        "NOT pg_visible_in_snapshot(changed_in::text::xid8, CAST(:seen AS pg_snapshot))"
    ).bindparams(seen=snapshot)
    query = select(Facility.id).where(Facility.changed_in >= _xmin(snapshot), is_unseen)
    return list(session.scalars(query.limit(_MANY + 1)))


def _xmin(snapshot: str) -> int:
    """Return the oldest transaction that was running: the first number of `xmin:xmax:…`."""
    return int(snapshot.partition(":")[0])


def _entries(session: Session, ids: Iterable[int] | None) -> list[Entry]:
    query = select(*_ENTRY_COLUMNS).where(Facility.removed_at.is_(None))
    if ids is not None:
        query = query.where(Facility.id.in_(list(ids)))
    return [Entry(*row) for row in session.execute(query.order_by(Facility.id))]


CARDS = Cards()
os.register_at_fork(after_in_child=CARDS.forget)  # its lock may be held by a thread left behind
