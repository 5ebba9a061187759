"""Feeds that cannot push: when each is fetched, what is made of the answer, and how it went.

Nothing is open while the other side thinks: claim in one transaction, fetch, take in another. A claim
counts as a failure until the fetch has ended well, so that an answer which kills a worker is not asked
for again at once. After each failure the pause doubles, up to an hour.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock, jobs
from kernel.errors import Refusal

from . import feeds
from .errors import BadFeed, FeedTaken
from .fetching import Fetched, check
from .live_models import LONGEST_PATH, LONGEST_PAUSE_S, LONGEST_URL, SHORTEST_PAUSE_S, Pull
from .models import Feed
from .rules import tidy
from .shapes import Shape, items

PULL = "convenience.pull_feed"  # the job's name
LONGEST_PAUSE = timedelta(hours=1)
LEASE = timedelta(minutes=3)  # longer than a job may take
_LONGEST_FAULT = 300
_MOST_DUE = 50  # in one tick


@dataclass(frozen=True)
class Due:
    """A feed that this worker may fetch now."""

    feed_id: int
    url: str
    etag: str | None
    last_modified: str | None


def add_pull(
    session: Session, *, name: str, source: str, url: str, every_s: int, shape: Shape
) -> int:
    """Add a feed that is fetched and return its number; raise BadFeed, FeedTaken, ForbiddenAddress.

    It must have a source: whoever answers there may speak of that list's facilities alone.
    """
    name, source, url = tidy(name), tidy(source), url.strip()
    if not (1 <= len(name) <= 60 and 1 <= len(source) <= 64):
        raise BadFeed("请写名称（1 到 60 个字）和来源（1 到 64 个字）。")
    if not SHORTEST_PAUSE_S <= every_s <= LONGEST_PAUSE_S:
        raise BadFeed(f"间隔写 {SHORTEST_PAUSE_S} 到 {LONGEST_PAUSE_S} 秒。")
    ways = (shape.rows, shape.code, shape.free, shape.at, shape.code_prefix)
    if len(url) > LONGEST_URL or max(map(len, ways)) > LONGEST_PATH:
        raise BadFeed("地址或字段名太长了。")
    check(url)
    shape.check()
    made = session.scalar(
        insert(Feed)
        .values(name=name, source=source, key_hash=None)
        .on_conflict_do_nothing()
        .returning(Feed.id)
    )
    if made is None:
        raise FeedTaken
    session.add(
        Pull(
            feed_id=made,
            url=url,
            every_s=every_s,
            rows_path=shape.rows,
            code_path=shape.code,
            code_prefix=shape.code_prefix,
            free_path=shape.free,
            at_path=shape.at,
        )
    )
    session.flush()
    return int(made)


def due(session: Session) -> list[int]:
    """Return the numbers of feeds that are to be fetched now, longest due first."""
    return list(
        session.scalars(
            select(Pull.feed_id)
            .join(Feed, Feed.id == Pull.feed_id)
            .where(Pull.next_at <= clock.now(), Feed.is_active)
            .order_by(Pull.next_at)
            .limit(_MOST_DUE)
        )
    )


def claim(session: Session, feed_id: int) -> Due | None:
    """Take a feed that is due for this worker alone; None: it is not due, closed, or another's."""
    now = clock.now()
    row = session.execute(
        update(Pull)
        .where(
            Pull.feed_id == feed_id,
            Pull.next_at <= now,
            select(Feed.is_active).where(Feed.id == feed_id).scalar_subquery(),
        )
        .values(
            next_at=now + LEASE,
            failures=Pull.failures + 1,
            fault="没有取完，稍后再取。",
            fault_at=now,
        )
        .returning(Pull.url, Pull.etag, Pull.last_modified)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else Due(feed_id, row.url, row.etag, row.last_modified)


def take(session: Session, feed_id: int, fetched: Fetched) -> None:
    """Take an answer's rows and be content; raise BadFeed where it is none of what was described."""
    pull = session.get_one(Pull, feed_id, with_for_update=True, populate_existing=True)
    now = clock.now()
    if fetched.document is not None:
        pull.tally = _taken(session, pull, fetched, now)
    # Kept only now: an answer that was not taken is to be sent again.
    pull.etag, pull.last_modified = fetched.etag or pull.etag, fetched.last_modified
    pull.failures, pull.fault, pull.fault_at = 0, None, None
    pull.fetched_at, pull.next_at = now, now + timedelta(seconds=pull.every_s)
    session.flush()


def _taken(session: Session, pull: Pull, fetched: Fetched, now: datetime) -> dict[str, object]:
    feed = session.get_one(Feed, pull.feed_id)
    # A maker whose clock is ahead does not make his answer younger than it is.
    told_at = min(fetched.told_at or now, now)
    # In the order of codes, as pushed ones are taken: two at once never wait in a ring.
    rows = sorted(items(fetched.document, _shape(pull), told_at), key=lambda row: str(row["id"]))
    if not rows:
        raise BadFeed("列表是空的。")
    told = []
    for at in range(0, len(rows), feeds.MOST_ITEMS):
        told += feeds.take(session, feed, rows[at : at + feeds.MOST_ITEMS])
    refused = Counter(one.code for one in told if one.outcome is feeds.Outcome.REFUSED)
    example = next((one.sentence for one in told if one.outcome is feeds.Outcome.REFUSED), None)
    if len(told) == refused.total():
        code = next((str(row["id"]) for row in rows), "")
        raise BadFeed(f"{len(told)} 行都用不上（例如编号「{code[:40]}」）：{example}")
    outcomes = Counter(one.outcome for one in told)
    return {
        "taken": outcomes[feeds.Outcome.TAKEN],
        "old": outcomes[feeds.Outcome.OLD],
        "refused": refused.total(),
        "example": example,
    }


def _shape(pull: Pull) -> Shape:
    return Shape(pull.rows_path, pull.code_path, pull.free_path, pull.at_path, pull.code_prefix)


def fail(session: Session, feed_id: int, refusal: Refusal) -> None:
    """Note why it did not go well, and wait longer each time."""
    now = clock.now()
    pull = session.get_one(Pull, feed_id, with_for_update=True, populate_existing=True)
    # Counted already when it was claimed.
    pause = timedelta(seconds=pull.every_s) * 2 ** min(pull.failures, 7)
    pull.fault, pull.fault_at = refusal.sentence[:_LONGEST_FAULT], now
    pull.next_at = now + min(pause, LONGEST_PAUSE)
    session.flush()


def hurry(session: Session, feed_id: int) -> None:
    """Fetch it now, whatever pause it is in; raise BadFeed. One that is being fetched goes on."""
    now = clock.now()
    hurried = session.scalar(
        update(Pull)
        .where(Pull.feed_id == feed_id)
        .values(next_at=func.least(Pull.next_at, now))
        .returning(Pull.feed_id)
        .execution_options(synchronize_session=False)
    )
    if hurried is None:
        raise BadFeed("没有这个数据源。")
    jobs.enqueue(session, PULL, feed_id)


@dataclass(frozen=True)
class Watched:
    """A feed as the desk sees it; `pull` of one that is fetched."""

    feed: Feed
    pull: Pull | None


def watched(session: Session, limit: int = 200) -> list[Watched]:
    """Return the feeds, in use first, newest first."""
    rows = session.execute(
        select(Feed, Pull)
        .outerjoin(Pull, Pull.feed_id == Feed.id)
        .order_by(Feed.is_active.desc(), Feed.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [Watched(feed, pull) for feed, pull in rows]
