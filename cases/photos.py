"""A photo's way into a case: noted when it is sent, stored when its bytes are there."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import blobs, bus

from .events import PhotoUnusable
from .forgetting import hold
from .models import Case, Photo
from .pictures import Picture
from .rules import MOST_PHOTOS


def receive_photo(session: Session, *, citizen_id: int | None, origin: str) -> int:
    """Take note of a photo whose bytes are on their way; the same origin again is one photo."""
    photo_id = session.scalar(
        insert(Photo)
        .values(origin=origin, citizen_id=citizen_id, purpose="report", state="pending")
        .on_conflict_do_nothing()
        .returning(Photo.id)
    )
    if photo_id is None:
        photo_id = session.scalar(select(Photo.id).where(Photo.origin == origin))
    if photo_id is None:
        raise RuntimeError("a photo that exists was not found")
    return photo_id


def store_photo(session: Session, *, photo_id: int, picture: Picture) -> None:
    """Give a pending photo its bytes; nothing happens when it has them already."""
    session.execute(
        update(Photo)
        .where(Photo.id == photo_id, Photo.state == "pending")
        .values(state="stored", **_stored(session, picture))
    )


def give_up_photo(session: Session, *, photo_id: int, state: str) -> None:
    """Mark a pending photo as `refused` (no picture) or `lost` (gone at the platform)."""
    row = session.execute(
        update(Photo)
        .where(Photo.id == photo_id, Photo.state == "pending")
        .values(state=state)
        .returning(Photo.citizen_id, Photo.case_id)
    ).one_or_none()
    if row is not None:
        number = session.scalar(select(Case.report_no).where(Case.id == row.case_id))
        bus.publish(session, PhotoUnusable(photo_id, row.citizen_id, number))


def attach(
    session: Session,
    *,
    case_id: int,
    move_seq: int,
    purpose: str,
    origin: str,
    pictures: Sequence[Picture],
) -> None:
    """Add pictures whose bytes are at hand to a move of a case."""
    for position, picture in enumerate(pictures):
        session.add(
            Photo(
                origin=f"{origin}:{position}",
                case_id=case_id,
                move_seq=move_seq,
                purpose=purpose,
                state="stored",
                **_stored(session, picture),
            )
        )


def adopt(session: Session, *, case_id: int, move_seq: int, photo_ids: Sequence[int]) -> None:
    """Give loose photos to a move of a case; one that a case has already stays where it is."""
    if photo_ids:
        session.execute(
            update(Photo)
            .where(Photo.id.in_(photo_ids), Photo.case_id.is_(None))
            .values(case_id=case_id, move_seq=move_seq)
        )


def loose(session: Session, citizen_id: int | None, photo_ids: Sequence[int]) -> Sequence[int]:
    """Return those of the photos that the citizen sent and that belong to no case yet."""
    if citizen_id is None or not photo_ids:
        return ()  # nobody's photos are anybody's
    return session.scalars(
        select(Photo.id).where(
            Photo.id.in_(photo_ids), Photo.citizen_id == citizen_id, Photo.case_id.is_(None)
        )
    ).all()


def hold_pictures(
    session: Session, *, draft_key: str, citizen_id: int | None, pictures: Sequence[Picture]
) -> tuple[str, ...]:
    """Keep the photos of a report that is still being written, in place of those kept before.

    `draft_key` is a secret of whoever writes it: `report` with the same key takes them. Returns
    keys of bytes that may be nobody's now, for `forget_bytes` after the commit. What a case has
    already stays with it.
    """
    origins = [f"draft:{draft_key}:{position}" for position in range(MOST_PHOTOS)]
    before = session.execute(
        select(Photo.blob_key, Photo.thumb_key)
        .where(Photo.origin.in_(origins), Photo.case_id.is_(None))
        .with_for_update()
    ).all()
    for origin, picture in zip(origins, pictures, strict=False):
        values = {"citizen_id": citizen_id, **_stored(session, picture)}
        session.execute(
            insert(Photo)
            .values(origin=origin, purpose="report", state="stored", **values)
            .on_conflict_do_update(
                index_elements=["origin"], set_=values, where=Photo.case_id.is_(None)
            )
        )
    session.execute(
        delete(Photo).where(Photo.origin.in_(origins[len(pictures) :]), Photo.case_id.is_(None))
    )
    return tuple(sorted({key for row in before for key in row if key}))


def held_pictures(session: Session, draft_key: str) -> Sequence[int]:
    """Return the photos kept for a report that is still being written, in their order."""
    origins = [f"draft:{draft_key}:{position}" for position in range(MOST_PHOTOS)]
    return session.scalars(
        select(Photo.id)
        .where(Photo.origin.in_(origins), Photo.case_id.is_(None))
        .order_by(Photo.origin)
    ).all()


def _stored(session: Session, picture: Picture) -> dict[str, object]:
    """Put the bytes into the blob store; return the columns of a stored photo.

    Bytes go first: a row without bytes would be a broken promise, bytes without a row are only
    litter.
    """
    hold(session, picture.jpeg, picture.thumb)
    return {
        "blob_key": blobs.store().put(picture.jpeg, "jpg"),
        "thumb_key": blobs.store().put(picture.thumb, "jpg"),
        "sha256": picture.sha256,
        "width": picture.width,
        "height": picture.height,
    }
