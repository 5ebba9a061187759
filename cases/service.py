"""How a case is moved on. The caller opens the transaction and commits."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

import territory
from kernel import clock

from . import history, rules
from .errors import (
    CaseNotFound,
    IllegalMove,
    KeyReused,
    NoteRequired,
    NoteTooLong,
    PhotoRequired,
    StaleCase,
    UnknownBody,
)
from .history import Reported, tidy
from .models import Case, CaseMove, Photo
from .photos import attach
from .pictures import Picture
from .rules import MOVES, Move


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
    step, note = MOVES.get(name), tidy(note)
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
    history.append(
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
    attach(
        session,
        case_id=case.id,
        move_seq=case.version,
        purpose="disposal",
        origin=f"desk:{request_key}",
        pictures=photos,
    )
    history.tell(
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
