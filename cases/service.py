"""What may be done to cases. The caller opens the transaction and commits."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import territory
from geo import cells
from kernel import blobs, bus, clock

from . import rules
from .errors import (
    CaseNotFound,
    EmptyReport,
    IllegalMove,
    KeyReused,
    NoteRequired,
    NoteTooLong,
    PhotoRequired,
    StaleCase,
    TextTooLong,
    UnknownBody,
)
from .events import OF_MOVE, PhotoUnusable
from .models import Case, CaseMove, Photo
from .pictures import Picture
from .rules import MOVES, REPORT, Move, Status

# Six random digits a day: even at 100,000 reports a day nine tries fail once in a billion.
_NUMBER_TRIES = 9


@dataclass(frozen=True)
class Reported:
    """A report's number, and the key that opens its details."""

    case_id: int
    report_no: str
    access_key: str


def report(
    session: Session,
    *,
    request_key: str,
    prefix: str,
    source: str,
    citizen_id: int | None,
    text: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    place_label: str | None = None,
    photo_ids: Sequence[int] = (),
    is_urgent: bool = False,
) -> Reported:
    """Make a case of a report; the same `request_key` again gives the same case.

    Coordinates are WGS-84 degrees; what is no place on earth counts as none. A photo is named by
    the id that `receive_photo` gave; its bytes may still be on their way; another citizen's, or
    one that a case has already, is left where it is. Raises EmptyReport or TextTooLong.
    """
    earlier = _reported(session, request_key)
    if earlier is not None:
        return earlier
    text, place_label = _tidy(text), _tidy(place_label)
    cell = _cell(latitude, longitude)
    theirs = _loose_photos(session, citizen_id, photo_ids)
    if not rules.is_complete(text=text, photos=theirs, has_place=bool(cell or place_label)):
        raise EmptyReport
    if text and len(text) > rules.LONGEST_TEXT:
        raise TextTooLong
    values = {
        "status": Status.REPORTED,
        "source": source,
        "citizen_id": citizen_id,
        "text": text,
        "place_label": place_label[: rules.LONGEST_LABEL] if place_label else None,
        "latitude": latitude if cell else None,
        "longitude": longitude if cell else None,
        "cell": cell,
        "is_urgent": is_urgent,
    }
    made, is_new = _insert(session, prefix, request_key, values)
    if not is_new:
        return made
    _append(session, made.case_id, seq=1, name=REPORT, to=Status.REPORTED, request_key=request_key)
    session.execute(
        update(Photo)
        .where(Photo.id.in_(theirs), Photo.case_id.is_(None))
        .values(case_id=made.case_id, move_seq=1)
    )
    _tell(session, name=REPORT, seq=1, reported=made, citizen_id=citizen_id)
    return made


def _insert(
    session: Session, prefix: str, request_key: str, values: Mapping[str, object]
) -> tuple[Reported, bool]:
    """Insert under a fresh number; tell whether it is new, or the same request's of this moment."""
    for _ in range(_NUMBER_TRIES):
        number = rules.report_number(
            prefix, clock.city_day(clock.now()), secrets.randbelow(1_000_000)
        )
        access_key = secrets.token_urlsafe(12)
        case_id = session.scalar(
            insert(Case)
            .values(report_no=number, access_key=access_key, request_key=request_key, **values)
            .on_conflict_do_nothing()
            .returning(Case.id)
        )
        if case_id is not None:
            return Reported(case_id, number, access_key), True
        same = _reported(session, request_key)
        if same is not None:
            return same, False
    raise RuntimeError("no free report number found")


def _reported(session: Session, request_key: str) -> Reported | None:
    row = session.execute(
        select(Case.id, Case.report_no, Case.access_key).where(Case.request_key == request_key)
    ).one_or_none()
    return None if row is None else Reported(row.id, row.report_no, row.access_key)


def _cell(latitude: float | None, longitude: float | None) -> str | None:
    """Return the place's cell, or None where there are no coordinates, or none on earth."""
    if latitude is None or longitude is None:
        return None
    try:
        return cells.cell(latitude, longitude)
    except cells.NotOnEarth:
        return None


def _loose_photos(
    session: Session, citizen_id: int | None, photo_ids: Sequence[int]
) -> Sequence[int]:
    """Return those of the photos that the citizen sent and that belong to no case yet."""
    return session.scalars(
        select(Photo.id).where(
            Photo.id.in_(photo_ids), Photo.citizen_id == citizen_id, Photo.case_id.is_(None)
        )
    ).all()


def move(
    session: Session,
    *,
    case_id: int,
    name: str,
    staff_id: int,
    request_key: str,
    seen_version: int,
    note: str | None = None,
    body_id: int | None = None,
    photos: Sequence[Picture] = (),
) -> None:
    """Move a case on; the same `request_key` again does nothing.

    `seen_version` is the version that the person had before his eyes: when somebody else moved
    the case since then, StaleCase is raised and nothing happens. Also raises CaseNotFound,
    IllegalMove, NoteRequired, NoteTooLong, PhotoRequired, UnknownBody, KeyReused.
    """
    case = _locked(session, case_id)
    step, note = MOVES.get(name), _tidy(note)
    body_id = body_id if step and "body" in step.needs else None
    if _is_repeated(
        session,
        request_key,
        case_id=case_id,
        name=name,
        body_id=body_id,
        note=note,
        photos=photos,
    ):
        return
    if case.version != seen_version:
        raise StaleCase
    if step is None or step.origin != case.status:
        raise IllegalMove
    _check_needs(session, step, note=note, body_id=body_id, photos=photos)
    case.body_id = body_id or case.body_id
    case.status = step.to
    case.version += 1
    case.updated_at = clock.now()
    _append(
        session,
        case.id,
        seq=case.version,
        name=name,
        origin=step.origin,
        to=step.to,
        request_key=request_key,
        staff_id=staff_id,
        body_id=body_id,
        note=note,
    )
    for position, picture in enumerate(photos):
        _add_disposal_photo(session, case, f"{request_key}:{position}", picture)
    _tell(
        session,
        name=name,
        seq=case.version,
        reported=Reported(case.id, case.report_no, case.access_key),
        citizen_id=case.citizen_id,
        body_id=case.body_id,
        note=note,
    )


def _locked(session: Session, case_id: int) -> Case:
    """Return the case as it is now, and nobody else's until the transaction ends."""
    case = session.scalar(
        select(Case)
        .where(Case.id == case_id)
        .with_for_update()
        # What this session read before it had the lock may be old.
        .execution_options(populate_existing=True)
    )
    if case is None:
        raise CaseNotFound
    return case


def _is_repeated(
    session: Session,
    request_key: str,
    *,
    case_id: int,
    name: str,
    body_id: int | None,
    note: str | None,
    photos: Sequence[Picture],
) -> bool:
    """Tell whether the move was made already; raise KeyReused when the key made another one."""
    earlier = session.scalar(select(CaseMove).where(CaseMove.request_key == request_key))
    if earlier is None:
        return False
    kept = session.scalars(
        select(Photo.sha256)
        .where(Photo.case_id == earlier.case_id, Photo.move_seq == earlier.seq)
        .order_by(Photo.id)
    ).all()
    asked = (case_id, name, body_id, note, [picture.sha256 for picture in photos])
    if asked != (earlier.case_id, earlier.name, earlier.body_id, earlier.note, list(kept)):
        raise KeyReused
    return True


def _check_needs(
    session: Session,
    step: Move,
    *,
    note: str | None,
    body_id: int | None,
    photos: Sequence[Picture],
) -> None:
    if "body" in step.needs and (body_id is None or territory.body_name(session, body_id) is None):
        raise UnknownBody
    if "note" in step.needs and not note:
        raise NoteRequired
    if note and len(note) > rules.LONGEST_NOTE:
        raise NoteTooLong
    if "photo" in step.needs and not photos:
        raise PhotoRequired


def _append(
    session: Session,
    case_id: int,
    *,
    seq: int,
    name: str,
    to: Status,
    request_key: str,
    origin: Status | None = None,
    staff_id: int | None = None,
    body_id: int | None = None,
    note: str | None = None,
) -> None:
    session.add(
        CaseMove(
            case_id=case_id,
            seq=seq,
            name=name,
            from_status=origin,
            to_status=to,
            request_key=request_key,
            staff_id=staff_id,
            body_id=body_id,
            note=note,
        )
    )
    # The photos that come with the move refer to it.
    session.flush()


def _add_disposal_photo(session: Session, case: Case, origin: str, picture: Picture) -> None:
    session.add(
        Photo(
            origin=f"desk:{origin}",
            case_id=case.id,
            move_seq=case.version,
            purpose="disposal",
            state="stored",
            **_stored(picture),
        )
    )


def _stored(picture: Picture) -> dict[str, object]:
    """Put the bytes into the blob store; return the columns of a stored photo.

    Bytes go first: a row without bytes would be a broken promise, bytes without a row are only
    litter.
    """
    return {
        "blob_key": blobs.store().put(picture.jpeg, "jpg"),
        "thumb_key": blobs.store().put(picture.thumb, "jpg"),
        "sha256": picture.sha256,
        "width": picture.width,
        "height": picture.height,
    }


def receive_photo(session: Session, *, citizen_id: int, origin: str) -> int:
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
        .values(state="stored", **_stored(picture))
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


def _tell(
    session: Session,
    *,
    name: str,
    seq: int,
    reported: Reported,
    citizen_id: int | None,
    body_id: int | None = None,
    note: str | None = None,
) -> None:
    names = territory.body_names(session, [body_id] if body_id is not None else [])
    bus.publish(
        session,
        OF_MOVE[name](
            case_id=reported.case_id,
            seq=seq,
            report_no=reported.report_no,
            access_key=reported.access_key,
            citizen_id=citizen_id,
            body_name=names.get(body_id or 0),
            note=note,
        ),
    )


def _tidy(text: str | None) -> str | None:
    """Return text that PostgreSQL can keep, without surrounding space; None for nothing."""
    if text is None:
        return None
    kept = text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8").strip()
    return kept or None
