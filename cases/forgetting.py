"""Photos and recordings that became part of no report: deleted with their bytes after a time.

Bytes are stored once however many photos have them. Whoever stores a photo holds its keys until his
transaction ends, and bytes are deleted only while nobody holds them and no photo has them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from kernel import blobs

from .models import Photo, Recording


@dataclass(frozen=True)
class Forgotten:
    """Which are gone, and whose bytes may be nobody's now."""

    ids: tuple[int, ...]
    keys: tuple[str, ...]


def loose_photos(
    session: Session,
    *,
    before: datetime,
    citizen_id: int | None = None,
    limit: int = 500,
) -> Sequence[int]:
    """Return photos without a case that were sent before then, of one citizen or of anybody."""
    wanted = select(Photo.id).where(Photo.case_id.is_(None), Photo.received_at < before)
    if citizen_id is not None:
        wanted = wanted.where(Photo.citizen_id == citizen_id)
    return session.scalars(wanted.order_by(Photo.received_at).limit(limit)).all()


def forget_photos(session: Session, photo_ids: Sequence[int]) -> Forgotten:
    """Delete those of the photos that are still part of no case."""
    rows = session.execute(
        delete(Photo)
        .where(Photo.id.in_(photo_ids), Photo.case_id.is_(None))
        .returning(Photo.id, Photo.blob_key, Photo.thumb_key)
    ).all()
    keys = {key for row in rows for key in (row.blob_key, row.thumb_key) if key}
    return Forgotten(tuple(row.id for row in rows), tuple(sorted(keys)))


def loose_recordings(
    session: Session, *, before: datetime, citizen_id: int | None = None, limit: int = 500
) -> Sequence[int]:
    """Return recordings without a case that were sent before then, of one citizen or of anybody."""
    wanted = select(Recording.id).where(Recording.case_id.is_(None), Recording.received_at < before)
    if citizen_id is not None:
        wanted = wanted.where(Recording.citizen_id == citizen_id)
    return session.scalars(wanted.order_by(Recording.received_at).limit(limit)).all()


def forget_recordings(session: Session, recording_ids: Sequence[int]) -> Forgotten:
    """Delete those of the recordings that are still part of no case."""
    rows = session.execute(
        delete(Recording)
        .where(Recording.id.in_(recording_ids), Recording.case_id.is_(None))
        .returning(Recording.id, Recording.blob_key)
    ).all()
    keys = {row.blob_key for row in rows if row.blob_key}
    return Forgotten(tuple(row.id for row in rows), tuple(sorted(keys)))


def forget_bytes(session: Session, key: str) -> None:
    """Delete bytes that nothing has any more; call it once their owners' deletion is committed."""
    session.execute(select(func.pg_advisory_xact_lock(_lock(key))))
    used = session.scalar(
        select(
            or_(
                exists().where(or_(Photo.blob_key == key, Photo.thumb_key == key)),
                exists().where(Recording.blob_key == key),
            )
        )
    )
    if not used:
        blobs.store().delete(key)


def hold(session: Session, *contents: bytes) -> None:
    """Keep bytes that are about to be stored from being deleted until the transaction ends."""
    for name in sorted(hashlib.sha256(content).hexdigest() for content in contents):
        session.execute(select(func.pg_advisory_xact_lock_shared(_lock(name))))


def _lock(key: str) -> int:
    """Return the lock of a key, or of the digest that the key is made of."""
    digest = key.replace("/", "").partition(".")[0]
    return int.from_bytes(bytes.fromhex(digest)[:8], "big", signed=True)
