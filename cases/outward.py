"""Cases as other systems read them: lists with filters and the course, each by bounded queries.

Who may see words, places and photos is decided by whoever asks (`exchange`); here is only what a
case holds. Lists are cut to a span of time, so that an answer costs what the span holds and not
what is stored.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

import territory

from .models import Case, CaseMove, Photo
from .rules import tidy_report_number
from .workflow import Status

_EARTH_M = 6_371_008.8  # mean radius (IUGG), metres
_METRES_A_DEGREE = 111_000.0  # a little less than any: the box holds the circle


@dataclass(frozen=True)
class OutwardCase:
    """A case with all that another system may be told; coordinates are WGS-84 degrees."""

    id: int
    version: int
    report_no: str
    status: Status
    source: str
    class_code: str | None
    text: str | None
    place_label: str | None
    latitude: float | None
    longitude: float | None
    body_name: str | None
    refuse_reason: str | None
    note: str | None  # of the last move
    reported_at: datetime
    updated_at: datetime
    due_at: datetime | None
    photo_id: int | None  # the first stored photo of the report


@dataclass(frozen=True)
class OutwardMove:
    """One step of a case's course."""

    case_id: int
    seq: int
    report_no: str
    name: str
    status: Status
    at: datetime
    note: str | None
    refuse_reason: str | None
    photo_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a list is asked for; a span is half open, [first, second).

    `around` is latitude, longitude (WGS-84 degrees) and radius in metres. `class_codes` may hold
    None: cases without a class.
    """

    reported: tuple[datetime, datetime] | None = None
    updated: tuple[datetime, datetime] | None = None
    statuses: Sequence[Status] = ()
    class_codes: Sequence[str | None] = ()
    around: tuple[float, float, float] | None = None


def outward_cases(
    session: Session, wanted: Wanted, *, limit: int, offset: int = 0
) -> tuple[OutwardCase, ...]:
    """Return the newest cases first that fit; without any span nothing does."""
    if wanted.reported is None and wanted.updated is None:
        return ()
    query = _within(select(Case), wanted)
    order = Case.reported_at if wanted.reported else Case.updated_at
    query = query.order_by(order.desc(), Case.id.desc()).limit(limit).offset(offset)
    return _rows(session, session.scalars(query).all())


def outward_named(session: Session, report_nos: Iterable[str]) -> tuple[OutwardCase, ...]:
    """Return the cases of these numbers, however they were typed, newest first."""
    numbers = {tidy_report_number(number) for number in report_nos} - {None}
    found = select(Case).where(Case.report_no.in_(numbers)).order_by(Case.id.desc())
    return _rows(session, session.scalars(found).all())


def outward_case(session: Session, case_id: int) -> OutwardCase | None:
    """Return one case, or None."""
    return next(iter(_rows(session, session.scalars(select(Case).where(Case.id == case_id)))), None)


def outward_moves(
    session: Session,
    span: tuple[datetime, datetime],
    *,
    only: Select[int] | None,
    limit: int,
) -> tuple[OutwardMove, ...]:
    """Return the steps made within the span (half open), oldest first.

    `only` selects the ids of the cases that are meant; None: all.
    """
    query = (
        select(CaseMove, Case.report_no, Case.refuse_reason)
        .join(Case, Case.id == CaseMove.case_id)
        .where(CaseMove.at >= span[0], CaseMove.at < span[1])
        .order_by(CaseMove.at, CaseMove.case_id, CaseMove.seq)
        .limit(limit)
    )
    if only is not None:
        query = query.where(CaseMove.case_id.in_(only))
    rows = session.execute(query).all()
    photos = _photos(session, [(row.CaseMove.case_id, row.CaseMove.seq) for row in rows])
    return tuple(
        OutwardMove(
            case_id=move.case_id,
            seq=move.seq,
            report_no=report_no,
            name=move.name,
            status=Status(move.to_status),
            at=move.at,
            note=move.note,
            refuse_reason=reason if move.to_status == Status.REFUSED else None,
            photo_ids=tuple(photos[move.case_id, move.seq]),
        )
        for move, report_no, reason in rows
    )


def case_id_of(session: Session, report_no: str) -> int | None:
    """Return the id of the case with this number, however it was typed, or None."""
    return session.scalar(select(Case.id).where(Case.report_no == tidy_report_number(report_no)))


def report_numbers(session: Session, case_ids: Iterable[int]) -> dict[int, str]:
    """Return the numbers of cases: {id: number}."""
    rows = session.execute(select(Case.id, Case.report_no).where(Case.id.in_(list(case_ids))))
    return {row.id: row.report_no for row in rows}


def _within(query: Select[Case], wanted: Wanted) -> Select[Case]:
    for column, span in ((Case.reported_at, wanted.reported), (Case.updated_at, wanted.updated)):
        if span is not None:
            query = query.where(column >= span[0], column < span[1])
    if wanted.statuses:
        query = query.where(Case.status.in_(wanted.statuses))
    if wanted.class_codes:
        named = [code for code in wanted.class_codes if code is not None]
        is_one: ColumnElement[bool] = Case.class_code.in_(named)
        query = query.where(
            is_one | Case.class_code.is_(None) if None in wanted.class_codes else is_one
        )
    return query if wanted.around is None else query.where(*_around(*wanted.around))


def _around(latitude: float, longitude: float, radius_m: float) -> tuple[ColumnElement[bool], ...]:
    """Say that a place is within a circle: a box first, then the great circle's way."""
    shrunk = max(
        math.cos(math.radians(latitude)), 0.01
    )  # towards the poles degrees of longitude are short
    high, wide = radius_m / _METRES_A_DEGREE, radius_m / _METRES_A_DEGREE / shrunk
    there, north = func.radians(Case.latitude), func.radians(latitude)
    half = func.power(func.sin((there - north) / 2), 2) + func.cos(there) * func.cos(
        north
    ) * func.power(func.sin((func.radians(Case.longitude) - func.radians(longitude)) / 2), 2)
    return (
        Case.latitude.between(latitude - high, latitude + high),
        Case.longitude.between(longitude - wide, longitude + wide),
        2 * _EARTH_M * func.asin(func.sqrt(func.least(1.0, half))) <= radius_m,
    )


def _rows(session: Session, cases: Iterable[Case]) -> tuple[OutwardCase, ...]:
    found = tuple(cases)
    names = territory.body_names(session, [case.body_id for case in found if case.body_id])
    notes = _last_notes(session, found)
    photos = _photos(session, [(case.id, 1) for case in found])
    return tuple(
        OutwardCase(
            id=case.id,
            version=case.version,
            report_no=case.report_no,
            status=Status(case.status),
            source=case.source,
            class_code=case.class_code,
            text=case.text,
            place_label=case.place_label,
            latitude=case.latitude,
            longitude=case.longitude,
            body_name=names.get(case.body_id or 0),
            refuse_reason=case.refuse_reason if case.status == Status.REFUSED else None,
            note=notes.get(case.id),
            reported_at=case.reported_at,
            updated_at=case.updated_at,
            due_at=case.due_at,
            photo_id=next(iter(photos[case.id, 1]), None),
        )
        for case in found
    )


def _last_notes(session: Session, cases: Iterable[Case]) -> dict[int, str | None]:
    last = [(case.id, case.version) for case in cases]
    rows = session.execute(
        select(CaseMove.case_id, CaseMove.note).where(
            tuple_(CaseMove.case_id, CaseMove.seq).in_(last)
        )
    )
    return {row.case_id: row.note for row in rows}


def _photos(
    session: Session, moves: Iterable[tuple[int, int]]
) -> defaultdict[tuple[int, int], list[int]]:
    found: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    rows = session.execute(
        select(Photo.case_id, Photo.move_seq, Photo.id)
        .where(tuple_(Photo.case_id, Photo.move_seq).in_(list(moves)), Photo.state == "stored")
        .order_by(Photo.id)
    )
    for case_id, seq, photo_id in rows:
        if case_id is not None and seq is not None:  # as the statement has it
            found[case_id, seq].append(photo_id)
    return found
