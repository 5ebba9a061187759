"""The same problem reported twice: found by place, class and words; merged, and followed.

Merging keeps every reporter: each is told what becomes of the case that goes on. The first reporter
of a problem and those who came later are told apart (`Reporter.is_first`), for the points.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from rapidfuzz import fuzz
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo import cells
from geo.geodesic import distance_m

from .classes import classes
from .errors import CaseNotFound, IllegalMove, NoSuchTarget, StaleCase
from .history import tidy
from .models import Case
from .service import With, advance, check_actor, is_repeated, locked
from .voice_models import Follower
from .workflow import OPEN, STEPS, Status

NEAR_M = 150.0  # as far as one cell of seven letters, whose neighbours are looked at too
_SAME_PLACE_M = 30.0
_ALIKE = 0.45  # share of words in common from which texts may mean the same
_MOST_LOOKED_AT = 300


@dataclass(frozen=True)
class Similar:
    """An open case that may be the same problem. `text` and `place_label` are for the desk only."""

    case_id: int
    report_no: str
    status: Status
    class_code: str | None
    class_name: str | None
    distance_m: float
    reported_at: datetime
    text: str | None
    place_label: str | None
    score: float  # 0 to 1


@dataclass(frozen=True)
class Reporter:
    """A resident who wants to hear of a case, with the number and key of his own report of it.

    A mere follower has the case's number and no key: the details are not his.
    """

    citizen_id: int
    report_no: str
    access_key: str | None
    is_first: bool


def similar(
    session: Session,
    latitude: float | None,
    longitude: float | None,
    class_code: str | None = None,
    text: str | None = None,
    *,
    limit: int = 5,
    except_id: int | None = None,
) -> tuple[Similar, ...]:
    """Return open cases within 150 m that may be the same problem, the likeliest first.

    Coordinates are WGS-84 degrees; without a place on earth nothing is similar.
    """
    if latitude is None or longitude is None:
        return ()
    try:
        here = cells.cell(latitude, longitude, 7)
    except cells.NotOnEarth:
        return ()
    near = session.scalars(
        select(Case)
        .where(
            func.left(Case.cell, 7).in_([here, *cells.neighbours(here)]),
            Case.status.in_(OPEN),
            Case.id != (except_id or 0),
        )
        .order_by(Case.id.desc())
        .limit(_MOST_LOOKED_AT)
    )
    judged = (_judge(case, latitude, longitude, class_code, text) for case in near)
    found = [each for each in judged if each is not None]
    return tuple(sorted(found, key=lambda each: (-each.score, each.case_id))[:limit])


def _judge(
    case: Case, latitude: float, longitude: float, class_code: str | None, text: str | None
) -> Similar | None:
    if case.latitude is None or case.longitude is None:
        return None
    distance = distance_m(latitude, longitude, case.latitude, case.longitude)
    if distance > NEAR_M:
        return None
    words = fuzz.token_set_ratio(_pairs(text), _pairs(case.text)) / 100 if text and case.text else 0
    is_same_class = class_code is not None and class_code == case.class_code
    is_other_class = None not in (class_code, case.class_code) and not is_same_class
    if is_other_class and words < _ALIKE:
        return None
    if not (is_same_class or words >= _ALIKE or distance <= _SAME_PLACE_M):
        return None
    score = 0.4 * (1 - distance / NEAR_M) + 0.3 * is_same_class + 0.3 * words
    known = classes().get(case.class_code or "")
    return Similar(
        case_id=case.id,
        report_no=case.report_no,
        status=Status(case.status),
        class_code=case.class_code,
        class_name=known.name if known else None,
        distance_m=round(distance, 1),
        reported_at=case.reported_at,
        text=case.text,
        place_label=case.place_label,
        score=round(score, 3),
    )


def _pairs(text: str | None) -> str:
    """Return a Chinese sentence as its pairs of characters, so that words in common are found."""
    letters = [letter for letter in text or "" if letter.isalnum()]
    return " ".join(a + b for a, b in pairwise(letters)) or "".join(letters)


def merge(
    session: Session,
    *,
    case_id: int,
    into_id: int,
    staff_id: int,
    request_key: str,
    seen_version: int,
    note: str | None = None,
) -> None:
    """Make a case part of another that is open; the same `request_key` again does nothing.

    Its reporter and followers follow the other from now on. Raises CaseNotFound, IllegalMove,
    StaleCase, NoSuchTarget, NotYourMove, NoteTooLong, KeyReused.
    """
    if case_id == into_id:
        raise NoSuchTarget
    case, into = _both(session, case_id, into_id)
    given = With(note=tidy(note), into_id=into_id)
    if is_repeated(session, request_key, case_id=case_id, name="merge", given=given):
        return
    if case.version != seen_version:
        raise StaleCase
    step = STEPS.get(("merge", Status(case.status)))
    if step is None:
        raise IllegalMove
    check_actor(session, staff_id, case, step)
    if Status(into.status) not in OPEN:
        raise NoSuchTarget
    # Told while they still belong to it; what was merged into it earlier moves along.
    advance(session, case, step, staff_id=staff_id, request_key=request_key, given=given)
    session.execute(update(Case).where(Case.merged_into == case_id).values(merged_into=into_id))
    for citizen_id in {each.citizen_id for each in reporters_of(session, case_id)}:
        follow(session, into_id, citizen_id)


def _both(session: Session, case_id: int, into_id: int) -> tuple[Case, Case]:
    """Lock both, always in one order: two who merge crosswise must not wait for ever."""
    held = {}
    for each in sorted((case_id, into_id)):
        try:
            held[each] = locked(session, each)
        except CaseNotFound as fault:
            raise (CaseNotFound if each == case_id else NoSuchTarget) from fault
    return held[case_id], held[into_id]


def follow(session: Session, case_id: int, citizen_id: int) -> None:
    """Let a resident hear what becomes of a case; twice is once; his own he follows anyway."""
    own = select(Case.id).where(Case.id == case_id, Case.citizen_id == citizen_id)
    if session.scalar(own) is None:
        session.execute(
            insert(Follower).values(case_id=case_id, citizen_id=citizen_id).on_conflict_do_nothing()
        )


def unfollow(session: Session, case_id: int, citizen_id: int) -> None:
    """Let a resident hear no more of somebody else's case."""
    session.execute(
        delete(Follower).where(Follower.case_id == case_id, Follower.citizen_id == citizen_id)
    )


def reporters_of(session: Session, case_id: int) -> tuple[Reporter, ...]:
    """Return all who are to be told of a case, each once: its reporter, merged ones', followers."""
    own = session.execute(
        select(Case.citizen_id, Case.report_no, Case.access_key, Case.id)
        .where((Case.id == case_id) | (Case.merged_into == case_id))
        .order_by(Case.id != case_id, Case.id)
    ).all()
    found: dict[int, Reporter] = {}
    for row in own:
        if row.citizen_id is not None and row.citizen_id not in found:
            is_first = row.id == case_id
            found[row.citizen_id] = Reporter(
                row.citizen_id, row.report_no, row.access_key, is_first
            )
    number = next((row.report_no for row in own if row.id == case_id), None)
    followers = session.scalars(
        select(Follower.citizen_id)
        .where(Follower.case_id == case_id)
        .order_by(Follower.followed_at, Follower.citizen_id)
    )
    for citizen_id in followers:
        if number is not None and citizen_id not in found:
            found[citizen_id] = Reporter(citizen_id, number, None, is_first=False)
    return tuple(found.values())
