"""Live parking: who may tell how many spaces are free, and the taking of what they tell.

A feed has a key (kept only as its hash) and, where it is set, a scope: the source whose facilities it
may speak of. Each value has its time; what is older than what is known changes nothing, so a message
may come twice, late, or in any order. Garbage is refused row by row.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock
from kernel.errors import Refusal

from . import service
from .errors import BadFeed, BadSpaces, FacilityNotFound, FeedTaken, UnknownKey
from .models import Facility, Feed
from .rules import is_code, tidy

MOST_ITEMS = 500  # in one message
_PREFIX = "bxf_"  # by which a key is known in a log or a repository that it should not be in


class Outcome(StrEnum):
    TAKEN = "taken"
    OLD = "old"  # as old as what is known, or older: nothing to do, and no fault
    REFUSED = "refused"


@dataclass(frozen=True)
class Told:
    """What became of one row; `code` and `sentence` of a refused one."""

    id: str | None
    outcome: Outcome
    code: str | None = None
    sentence: str | None = None


def add_feed(session: Session, *, name: str, source: str | None = None) -> str:
    """Add a feed and return its key, which nobody can read again; raise FeedTaken, BadFeed."""
    name, source = tidy(name), tidy(source or "") or None
    if not 1 <= len(name) <= 60 or (source and len(source) > 64):
        raise BadFeed("数据源名称 1 到 60 个字，来源不超过 64 个字。")
    key = _PREFIX + secrets.token_urlsafe(32)
    made = session.scalar(
        insert(Feed)
        .values(name=name, source=source, key_hash=_hash(key))
        .on_conflict_do_nothing()
        .returning(Feed.id)
    )
    if made is None:
        raise FeedTaken
    return key


def close_feed(session: Session, *, name: str) -> None:
    """Let a feed's key open nothing any more; raise BadFeed."""
    number = session.scalar(select(Feed.id).where(Feed.name == name))
    switch(session, number or 0, is_active=False)


def switch(session: Session, feed_id: int, *, is_active: bool) -> None:
    """Close a feed, or open it again; raise BadFeed."""
    _change(session, feed_id, is_active=is_active)


def new_key(session: Session, feed_id: int) -> str:
    """Give a feed another key, from now on the only one; raise BadFeed for one that is fetched."""
    if session.scalar(select(Feed.key_hash).where(Feed.id == feed_id)) is None:
        raise BadFeed("没有这个数据源，或者它不用密钥。")
    key = _PREFIX + secrets.token_urlsafe(32)
    _change(session, feed_id, key_hash=_hash(key))
    return key


def _change(session: Session, feed_id: int, **values: object) -> None:
    changed = session.scalar(
        update(Feed).where(Feed.id == feed_id).values(**values).returning(Feed.id)
    )
    if changed is None:
        raise BadFeed("没有这个数据源。")


def _hash(key: str) -> bytes:
    # The key is long and random: a plain hash is enough.
    return hashlib.sha256(key.encode()).digest()


def feed_of(session: Session, key: str) -> Feed:
    """Return the feed that the key opens; raise UnknownKey."""
    if not (key.startswith(_PREFIX) and key.isascii() and len(key) < 100):
        raise UnknownKey
    feed = session.scalar(select(Feed).where(Feed.key_hash == _hash(key), Feed.is_active))
    if feed is None:
        raise UnknownKey
    return feed


def take(session: Session, feed: Feed, items: Sequence[object]) -> list[Told]:
    """Take what a feed tells, row by row and in its order; raise BadFeed for too many rows."""
    if len(items) > MOST_ITEMS:
        raise BadFeed(f"一次最多 {MOST_ITEMS} 条，请分几次发送。")
    feed.last_used_at = clock.now()
    told: dict[int, Told] = {}
    read: list[tuple[str, int, int, datetime]] = []
    for at, item in enumerate(items):
        try:
            read.append(_read(item, at))
        except BadSpaces as refusal:
            told[at] = _refused(None, refusal)
    scope = _in_scope(session, feed, [code for code, *_ in read])
    # In the order of codes: two messages at once that name the same lots never wait for each other.
    for code, at, free, instant in sorted(read):
        told[at] = _taken(session, code, free, instant, is_in_scope=code in scope)
    return [told[at] for at in sorted(told)]


def _taken(session: Session, code: str, free: int, instant: datetime, *, is_in_scope: bool) -> Told:
    try:
        if not is_in_scope:
            raise FacilityNotFound
        is_news = service.record_spaces(session, code=code, free=free, at=instant)
    except Refusal as refusal:
        return _refused(code, refusal)
    return Told(code, Outcome.TAKEN if is_news else Outcome.OLD)


def _refused(code: str | None, refusal: Refusal) -> Told:
    return Told(code, Outcome.REFUSED, refusal.code, refusal.sentence)


def _in_scope(session: Session, feed: Feed, codes: Sequence[str]) -> set[str]:
    """Return those that the feed may speak of: to others it is as if they were not there."""
    query = select(Facility.code).where(Facility.code.in_(codes))
    if feed.source is not None:
        query = query.where(Facility.source == feed.source)
    return set(session.scalars(query))


def _read(item: object, at: int) -> tuple[str, int, int, datetime]:
    """Return (code, row, free, when); raise BadSpaces."""
    if not isinstance(item, dict):
        raise BadSpaces("每一条应是一个对象：id、free、at。")
    code, free, when = item.get("id"), item.get("free"), item.get("at")
    if not isinstance(code, str) or not is_code(code):
        raise BadSpaces("id 应是设施的编号。")
    if isinstance(free, bool) or not isinstance(free, int):
        raise BadSpaces("free 应是整数。")
    return code, at, free, _instant(when)


def _instant(when: object) -> datetime:
    try:
        read = datetime.fromisoformat(when) if isinstance(when, str) else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or not 1970 < read.year < 9000:
        raise BadSpaces("at 应是带时区的时间，例如 2026-11-22T08:00:00Z。")
    return read.astimezone(UTC)
