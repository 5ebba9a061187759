"""Keys of other systems, and how often each may ask. Nobody can read a key again."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from . import rules
from .errors import BadKey, BadName, KeyRequired, NameTaken, NoSuchKey, OutOfScope, TooFast
from .models import Key, Meter
from .rules import Scope

_PREFIX = "bxo_"  # by which a key is known in a log or a repository that it should not be in
_SHORTEST, _LONGEST = 20, 200
# The last use is written no more often than this: a busy key's row would be a queue.
_USE_IS_NOTED_EACH = timedelta(minutes=1)


@dataclass(frozen=True)
class Caller:
    """Who asks: a key, or nobody whom we know (`id` None)."""

    id: int | None = None
    name: str = ""
    source: str = "open311"
    scopes: frozenset[str] = frozenset()

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def must(self, scope: Scope) -> int:
        """Return the key's id; raise KeyRequired or OutOfScope."""
        if self.id is None:
            raise KeyRequired
        if not self.may(scope):
            raise OutOfScope
        return self.id


NOBODY = Caller()


@dataclass(frozen=True)
class KeyRow:
    """A key as the desk sees it."""

    id: int
    name: str
    source: str
    scopes: Sequence[str]
    per_minute: int
    created_at: datetime
    last_used_at: datetime | None
    ended_at: datetime | None


def add_key(
    session: Session,
    *,
    name: str,
    source: str = "open311",
    scopes: Iterable[str] = (Scope.REPORT,),
    per_minute: int = rules.PER_MINUTE,
    key: str | None = None,
    staff_id: int | None = None,
) -> str:
    """Add a key and return it; `key` is one that was chosen elsewhere.

    Raises BadName, NameTaken, BadKey.
    """
    name, wanted = name.replace("\0", "").strip(), sorted(set(scopes))
    if not 1 <= len(name) <= 60:
        raise BadName
    key = key or _PREFIX + secrets.token_urlsafe(32)
    is_fit = key.isascii() and key.isprintable() and _SHORTEST <= len(key) <= _LONGEST
    is_known = source in rules.SOURCES and wanted and set(wanted) <= set(Scope)
    if not is_fit or not is_known or not 1 <= per_minute <= 100_000:
        raise BadKey
    made = session.scalar(
        insert(Key)
        .values(
            name=name,
            source=source,
            scopes=wanted,
            key_hash=_hash(key),
            per_minute=per_minute,
            made_by=staff_id,
        )
        .on_conflict_do_nothing()
        .returning(Key.id)
    )
    if made is None:
        raise NameTaken
    return key


def end_key(session: Session, *, key_id: int) -> str:
    """Let a key open nothing any more; return its name; raise NoSuchKey."""
    name: str | None = session.scalar(
        update(Key)
        .where(Key.id == key_id)
        .values(ended_at=func.coalesce(Key.ended_at, clock.now()))
        .returning(Key.name)
    )
    if name is None:
        raise NoSuchKey
    return name


def key_named(session: Session, name: str) -> int | None:
    """Return the id of the key with this name, or None."""
    return session.scalar(select(Key.id).where(Key.name == name))


def all_keys(session: Session) -> tuple[KeyRow, ...]:
    """Return all keys, those in use first."""
    columns = [getattr(Key, name) for name in KeyRow.__dataclass_fields__]
    rows = session.execute(select(*columns).order_by(Key.ended_at.is_not(None), Key.id.desc()))
    return tuple(KeyRow(*row) for row in rows)


def caller(session: Session, key: str) -> Caller:
    """Return whose key it is, having counted the use; raise KeyRequired, TooFast."""
    found = None
    if key.isascii() and len(key) <= _LONGEST:
        found = session.scalar(
            select(Key).where(Key.key_hash == _hash(key), Key.ended_at.is_(None))
        )
    if found is None:
        raise KeyRequired
    now = clock.now()
    if found.last_used_at is None or now - found.last_used_at > _USE_IS_NOTED_EACH:
        found.last_used_at = now
    _count(session, found.id, found.per_minute)
    return Caller(found.id, found.name, found.source, frozenset(found.scopes))


def _count(session: Session, key_id: int, most: int) -> None:
    minute = clock.now().replace(second=0, microsecond=0)
    row = insert(Meter).values(key_id=key_id, minute=minute, used=1)
    is_same = Meter.minute == row.excluded.minute
    used = session.scalar(
        row.on_conflict_do_update(
            index_elements=[Meter.key_id],
            set_={
                "minute": row.excluded.minute,
                "used": case((is_same, Meter.used + 1), else_=1),
            },
        ).returning(Meter.used)
    )
    if used is not None and used > most:
        raise TooFast


def _hash(key: str) -> bytes:
    # A key is long and random: a plain hash is enough.
    return hashlib.sha256(key.encode()).digest()
