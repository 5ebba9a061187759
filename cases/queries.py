"""Reads for pages: frozen rows, always in a stated order, with work that does not grow."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

import accounts
import territory

from .errors import CaseNotFound, NotYourCase, PhotoNotFound
from .models import Addition, Case, CaseMove, Photo, Recording
from .rules import tidy_report_number
from .workflow import MOVE_WORDS, OPEN, Status, allowed

# A search in the words of reports looks at this many of the newest.
SEARCH_DEPTH = 5000


@dataclass(frozen=True)
class CaseRow:
    id: int
    report_no: str
    status: Status
    text: str | None
    place_label: str | None
    is_located: bool
    is_urgent: bool
    is_supervised: bool
    version: int
    stage_warn_at: datetime | None
    stage_due_at: datetime | None
    body_name: str | None
    photo_count: int
    thumb_photo_id: int | None
    reported_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Page:
    """One page of cases, newest first; `next_before_id` asks for the next."""

    items: tuple[CaseRow, ...]
    next_before_id: int | None


@dataclass(frozen=True)
class PhotoRow:
    id: int
    purpose: str
    state: str
    width: int | None
    height: int | None
    move_seq: int


@dataclass(frozen=True)
class MoveRow:
    seq: int
    name: str
    words: str
    from_status: Status | None
    to_status: Status
    at: datetime
    actor_name: str | None
    body_name: str | None
    note: str | None
    photo_ids: tuple[int, ...]


@dataclass(frozen=True)
class AdditionRow:
    """Words that the resident added after sending, or that another system said."""

    at: datetime
    text: str
    said_by: str | None


@dataclass(frozen=True)
class RecordingRow:
    id: int
    kind: str
    state: str


@dataclass(frozen=True)
class CaseFile:
    """All that the desk knows of a case. Coordinates are WGS-84 degrees."""

    id: int
    report_no: str
    access_key: str
    version: int
    status: Status
    source: str
    text: str | None
    place_label: str | None
    latitude: float | None
    longitude: float | None
    place: territory.Place
    is_urgent: bool
    reported_at: datetime
    body_id: int | None
    body_name: str | None
    class_code: str | None
    condition: str | None
    contact_phone: str | None
    merged_into: int | None
    is_supervised: bool
    urges: int
    due_at: datetime | None
    photos: tuple[PhotoRow, ...]
    additions: tuple[AdditionRow, ...]
    recordings: tuple[RecordingRow, ...]
    moves: tuple[MoveRow, ...]
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """A report in one line of the chat."""

    report_no: str
    access_key: str
    status: Status
    reported_at: datetime
    text: str | None


def worklist(
    session: Session,
    *,
    status: Status | None = None,
    search: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
    body_id: int | None = None,
) -> Page:
    """Return cases newest first; `search` is a report number or words of the report."""
    wanted = select(Case).order_by(Case.id.desc()).limit(limit + 1)
    if status is not None:
        wanted = wanted.where(Case.status == status)
    if body_id is not None:
        wanted = wanted.where(Case.body_id == body_id)
    if before_id is not None:
        wanted = wanted.where(Case.id < before_id)
    if search and search.strip():
        wanted = wanted.where(matches(session, search.strip()[:100]))
    return page_of_cases(session, wanted, limit)


def page_of_cases(session: Session, wanted: Select[Case], limit: int) -> Page:
    """Return the page that the statement asks for; it asks for one case more than is shown."""
    found = session.scalars(wanted).all()
    shown = found[:limit]
    photos = _thumbs(session, [case.id for case in shown])
    names = territory.body_names(session, [case.body_id for case in shown if case.body_id])
    return Page(
        items=tuple(_row(case, photos[case.id], names) for case in shown),
        next_before_id=shown[-1].id if len(found) > limit else None,
    )


def matches(session: Session, search: str) -> ColumnElement[bool]:
    """Return what makes a case one that somebody looks for: its number, or words of the newest."""
    number = tidy_report_number(search)
    if number is not None:
        return Case.report_no == number
    newest = session.scalar(select(func.max(Case.id))) or 0
    pattern = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return (Case.id > newest - SEARCH_DEPTH) & or_(
        Case.report_no.ilike(pattern), Case.text.ilike(pattern), Case.place_label.ilike(pattern)
    )


def _thumbs(session: Session, case_ids: Iterable[int]) -> defaultdict[int, list[Photo]]:
    photos: defaultdict[int, list[Photo]] = defaultdict(list)
    for photo in session.scalars(_photos_of(case_ids).where(Photo.purpose == "report")):
        if photo.case_id is not None:
            photos[photo.case_id].append(photo)
    return photos


def _photos_of(case_ids: Iterable[int]) -> Select[Photo]:
    return select(Photo).where(Photo.case_id.in_(list(case_ids))).order_by(Photo.id)


def _row(case: Case, photos: list[Photo], names: dict[int, str]) -> CaseRow:
    return CaseRow(
        id=case.id,
        report_no=case.report_no,
        status=Status(case.status),
        text=case.text,
        place_label=case.place_label,
        is_located=case.latitude is not None,
        is_urgent=case.is_urgent,
        is_supervised=case.is_supervised,
        version=case.version,
        stage_warn_at=case.stage_warn_at,
        stage_due_at=case.stage_due_at,
        body_name=names.get(case.body_id or 0),
        photo_count=len(photos),
        thumb_photo_id=next((photo.id for photo in photos if photo.state == "stored"), None),
        reported_at=case.reported_at,
        updated_at=case.updated_at,
    )


def counts_by_status(session: Session, *, body_id: int | None = None) -> dict[Status, int]:
    """Count the open cases by status. Ended ones are not counted: they grow for ever."""
    wanted = select(Case.status, func.count()).where(Case.status.in_(OPEN)).group_by(Case.status)
    if body_id is not None:
        wanted = wanted.where(Case.body_id == body_id)
    rows = session.execute(wanted)
    counted = {Status(status): count for status, count in rows}
    return {status: counted.get(status, 0) for status in OPEN}


def case_file(session: Session, case_id: int, *, body_id: int | None = None) -> CaseFile:
    """Return all about a case; raise CaseNotFound, or NotYourCase when it is another body's."""
    case = session.get(Case, case_id)
    if case is None:
        raise CaseNotFound
    if body_id is not None and case.body_id != body_id:
        raise NotYourCase
    photos = photo_rows(session, case.id)
    names = territory.body_names(session, [case.body_id] if case.body_id else [])
    return CaseFile(
        id=case.id,
        report_no=case.report_no,
        access_key=case.access_key,
        version=case.version,
        status=Status(case.status),
        source=case.source,
        text=case.text,
        place_label=case.place_label,
        latitude=case.latitude,
        longitude=case.longitude,
        place=territory.Place(case.street_code, case.community_code, case.grid_code),
        is_urgent=case.is_urgent,
        reported_at=case.reported_at,
        body_id=case.body_id,
        body_name=names.get(case.body_id or 0),
        class_code=case.class_code,
        condition=case.condition,
        contact_phone=case.contact_phone or accounts.privacy.phone_of(session, case.citizen_id),
        merged_into=case.merged_into,
        is_supervised=case.is_supervised,
        urges=case.urges,
        due_at=case.due_at,
        photos=photos,
        additions=_addition_rows(session, case.id),
        recordings=_recording_rows(session, case.id),
        moves=move_rows(session, case.id, photos),
        allowed=allowed(Status(case.status)),
    )


def _addition_rows(session: Session, case_id: int) -> tuple[AdditionRow, ...]:
    rows = session.execute(
        select(Addition.at, Addition.text, Addition.said_by)
        .where(Addition.case_id == case_id)
        .order_by(Addition.id)
    )
    return tuple(AdditionRow(row.at, row.text, row.said_by) for row in rows)


def _recording_rows(session: Session, case_id: int) -> tuple[RecordingRow, ...]:
    rows = session.execute(
        select(Recording.id, Recording.kind, Recording.state)
        .where(Recording.case_id == case_id)
        .order_by(Recording.id)
    )
    return tuple(RecordingRow(row.id, row.kind, row.state) for row in rows)


def recording_blob(session: Session, recording_id: int) -> str:
    """Return the blob key of a stored recording; raise CaseNotFound for any other."""
    key = session.scalar(
        select(Recording.blob_key).where(
            Recording.id == recording_id,
            Recording.case_id.is_not(None),
            Recording.state == "stored",
        )
    )
    if key is None:
        raise CaseNotFound
    return key


def photo_rows(session: Session, case_id: int) -> tuple[PhotoRow, ...]:
    return tuple(
        PhotoRow(
            id=photo.id,
            purpose=photo.purpose,
            state=photo.state,
            width=photo.width,
            height=photo.height,
            move_seq=photo.move_seq or 1,
        )
        for photo in session.scalars(_photos_of([case_id]))
    )


def move_rows(session: Session, case_id: int, photos: tuple[PhotoRow, ...]) -> tuple[MoveRow, ...]:
    moves = session.scalars(
        select(CaseMove).where(CaseMove.case_id == case_id).order_by(CaseMove.seq)
    ).all()
    actors = accounts.staff_names(session, [move.staff_id for move in moves if move.staff_id])
    names = territory.body_names(session, [move.body_id for move in moves if move.body_id])
    return tuple(
        MoveRow(
            seq=move.seq,
            name=move.name,
            words=MOVE_WORDS[move.name],
            from_status=Status(move.from_status) if move.from_status else None,
            to_status=Status(move.to_status),
            at=move.at,
            actor_name=actors.get(move.staff_id or 0),
            body_name=names.get(move.body_id or 0),
            note=move.note,
            photo_ids=tuple(photo.id for photo in photos if photo.move_seq == move.seq),
        )
        for move in moves
    )


def id_of(session: Session, report_no: str) -> int | None:
    """Return the id of the case with this number, however it was typed."""
    number = tidy_report_number(report_no)
    return session.scalar(select(Case.id).where(Case.report_no == number)) if number else None


def photo_blob(
    session: Session, photo_id: int, *, thumb: bool = False, body_id: int | None = None
) -> str:
    """Return the blob key of a stored photo, of a body's case if one is named; raise PhotoNotFound."""
    column = Photo.thumb_key if thumb else Photo.blob_key
    wanted = select(column).where(Photo.id == photo_id)
    if body_id is not None:
        wanted = wanted.join(Case, Case.id == Photo.case_id).where(Case.body_id == body_id)
    key = session.scalar(wanted)
    if key is None:
        raise PhotoNotFound
    return key


def progress(session: Session, citizen_id: int, *, limit: int = 3) -> tuple[Progress, ...]:
    """Return the citizen's newest reports."""
    cases = session.scalars(
        select(Case).where(Case.citizen_id == citizen_id).order_by(Case.id.desc()).limit(limit)
    )
    return tuple(_progress(case) for case in cases)


def progress_of(session: Session, citizen_id: int, report_no: str) -> Progress | None:
    """Return one report of this citizen, or None when it is nobody's or another's."""
    number = tidy_report_number(report_no)
    case = session.scalar(
        select(Case).where(Case.report_no == number, Case.citizen_id == citizen_id)
    )
    return None if case is None else _progress(case)


def _progress(case: Case) -> Progress:
    return Progress(
        case.report_no, case.access_key, Status(case.status), case.reported_at, case.text
    )
