"""Files that residents sent: to be fetched before the platform forgets them after three days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock, jobs

from .models import Media

FETCH = "wechat.fetch_media"  # the job's name

LEASE = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=30)
KEPT_BY_PLATFORM = timedelta(days=3)


@dataclass(frozen=True)
class Wanted:
    """A file that this worker may fetch now."""

    id: int
    photo_id: int | None
    recording_id: int | None
    media_id: str
    received_at: datetime


def want(
    session: Session,
    *,
    media_id: str,
    photo_id: int | None = None,
    recording_id: int | None = None,
) -> None:
    """Promise to fetch the bytes of a photo or of a recording."""
    row = session.scalar(
        insert(Media)
        .values(photo_id=photo_id, recording_id=recording_id, media_id=media_id)
        .on_conflict_do_nothing()
        .returning(Media.id)
    )
    if row is not None:
        jobs.enqueue(session, FETCH, row)


def claim(session: Session, media_row: int) -> Wanted | None:
    """Take the file for half a minute, unless it is fetched, taken or not due."""
    row = session.execute(
        update(Media)
        .where(Media.id == media_row, Media.state == "pending", Media.next_attempt_at <= func.now())
        .values(attempts=Media.attempts + 1, next_attempt_at=func.now() + LEASE)
        .returning(Media.id, Media.photo_id, Media.recording_id, Media.media_id, Media.received_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else Wanted(*row)


def settle(session: Session, media_row: int, *, state: str, fault: str | None = None) -> None:
    """Mark the file as `done` or `given_up`."""
    session.execute(
        update(Media).where(Media.id == media_row).values(state=state, last_fault=fault)
    )


def postpone(session: Session, media_row: int, *, fault: str) -> bool:
    """Try again after a pause that doubles; False when the platform has forgotten the file."""
    row = session.get_one(Media, media_row)
    if clock.now() - row.received_at > KEPT_BY_PLATFORM:
        return False
    doubled = FIRST_PAUSE * 2 ** min(row.attempts, 10)
    row.next_attempt_at = clock.now() + min(doubled, LONGEST_PAUSE)
    row.last_fault = fault
    return True


def due(session: Session, *, limit: int = 200) -> Sequence[int]:
    """Return files that could be fetched now: what the sweeper looks for."""
    return session.scalars(
        select(Media.id)
        .where(Media.state == "pending", Media.next_attempt_at <= func.now())
        .order_by(Media.next_attempt_at)
        .limit(limit)
    ).all()
