"""What the report's page shows: the course to everybody, the details to who holds the key."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kernel import clock

from .errors import CaseNotFound, PhotoNotFound
from .models import Case, Photo
from .queries import MoveRow, PhotoRow, move_rows, photo_blob, photo_rows
from .rules import tidy_report_number
from .voice_models import Follower, Plea, Rating
from .workflow import OPEN, Status

# So long after its end a case can be rated, and its decision objected to.
RATING_WINDOW = timedelta(days=15)


@dataclass(frozen=True)
class Step:
    """A move as the resident sees it."""

    name: str
    status: Status
    at: datetime
    body_name: str | None
    note: str | None


@dataclass(frozen=True)
class PublicCase:
    """A case as its page shows it: the details only to who holds the resident's link."""

    report_no: str
    status: Status
    reported_at: datetime
    steps: tuple[Step, ...]
    is_owner: bool
    text: str | None
    place_label: str | None
    photos: tuple[PhotoRow, ...]
    promised_at: datetime | None = None  # when the body is to be done
    answer_due_at: datetime | None = None  # the law's, at the latest
    can_urge: bool = False
    can_rate: bool = False
    can_object: bool = False
    stars: int | None = None
    plea: str | None = None  # asked, granted or declined
    plea_answer: str | None = None
    # The case that it goes on in, as everybody sees it.
    main: "PublicCase | None" = None


def public_case(session: Session, report_no: str, key: str | None) -> PublicCase:
    """Return what the report's page shows; raise CaseNotFound.

    Without the right key that is status and timeline: no words, place, photo or note, which
    may speak of persons.
    """
    case = _by_number(session, report_no)
    is_owner = opens(case, key)
    photos = photo_rows(session, case.id) if is_owner else ()
    moves = move_rows(session, case.id, photos)
    status, ended = Status(case.status), _ended(moves)
    rating = session.get(Rating, (case.id, ended.seq)) if ended else None
    plea = session.get(Plea, (case.id, ended.seq)) if ended else None
    is_fresh = ended is not None and clock.now() - ended.at <= RATING_WINDOW
    return PublicCase(
        report_no=case.report_no,
        status=Status(case.status),
        reported_at=case.reported_at,
        steps=tuple(
            Step(m.name, m.to_status, m.at, m.body_name, m.note if is_owner else None)
            for m in moves
        ),
        is_owner=is_owner,
        text=case.text if is_owner else None,
        place_label=case.place_label if is_owner else None,
        photos=photos,
        promised_at=case.due_at if status in OPEN else None,
        answer_due_at=case.answer_due_at if status in OPEN else None,
        can_urge=is_owner and status in OPEN,
        can_rate=is_owner
        and is_fresh
        and rating is None
        and status in {Status.CLOSED, Status.FORCE_CLOSED},
        can_object=is_owner
        and is_fresh
        and plea is None
        and status in {Status.REFUSED, Status.VOIDED},
        stars=rating.stars if rating and is_owner else None,
        plea=plea.state if plea and is_owner else None,
        plea_answer=plea.answer if plea and is_owner else None,
        main=_main(session, case),
    )


@dataclass(frozen=True)
class Mine:
    """A report of a resident's own, or one that he follows (without a key: its details are not his)."""

    id: int
    report_no: str
    access_key: str | None
    status: Status
    reported_at: datetime
    text: str | None


_PAGE = 20


def mine(
    session: Session, citizen_id: int, *, is_open: bool | None = None, before_id: int | None = None
) -> tuple[tuple[Mine, ...], int | None]:
    """Return a page of the resident's reports, newest first, and the id that the next is before."""
    wanted = select(Case).where(Case.citizen_id == citizen_id)
    if before_id is not None:
        wanted = wanted.where(Case.id < before_id)
    rows = session.scalars(
        _narrowed(wanted, is_open=is_open).order_by(Case.id.desc()).limit(_PAGE + 1)
    )
    found = [
        Mine(x.id, x.report_no, x.access_key, Status(x.status), x.reported_at, x.text) for x in rows
    ]
    return tuple(found[:_PAGE]), found[_PAGE - 1].id if len(found) > _PAGE else None


def followed_by(
    session: Session, citizen_id: int, *, is_open: bool | None = None
) -> tuple[Mine, ...]:
    """Return the cases of others that the resident follows, newest first."""
    wanted = (
        select(Case)
        .join(Follower, Follower.case_id == Case.id)
        .where(Follower.citizen_id == citizen_id)
    )
    rows = session.scalars(_narrowed(wanted, is_open=is_open).order_by(Case.id.desc()).limit(_PAGE))
    return tuple(Mine(x.id, x.report_no, None, Status(x.status), x.reported_at, None) for x in rows)


def _narrowed(wanted: Select[Case], *, is_open: bool | None) -> Select[Case]:
    if is_open is None:
        return wanted
    return wanted.where(Case.status.in_(OPEN) if is_open else Case.status.not_in(OPEN))


def _ended(moves: tuple[MoveRow, ...]) -> MoveRow | None:
    """Return the move that brought the case where it is (a call-back afterwards is none)."""
    return next((m for m in reversed(moves) if m.from_status is not m.to_status), None)


def _main(session: Session, case: Case) -> PublicCase | None:
    """Return the case that this one was merged into, to whoever may see the course of this one."""
    number = session.scalar(select(Case.report_no).where(Case.id == (case.merged_into or 0)))
    return public_case(session, number, None) if number else None


def _by_number(session: Session, report_no: str) -> Case:
    number = tidy_report_number(report_no)
    case = session.scalar(select(Case).where(Case.report_no == number)) if number else None
    if case is None:
        raise CaseNotFound
    return case


def opens(case: Case, key: str | None) -> bool:
    """Tell whether the key is the report's, in a time that says nothing of how wrong it is."""
    return key is not None and hmac.compare_digest(
        key.encode("utf-8", "replace"), case.access_key.encode()
    )


def public_photo_blob(
    session: Session, report_no: str, photo_id: int, key: str | None, *, thumb: bool = False
) -> str:
    """Return the blob key of a photo of this report to who holds its key; raise PhotoNotFound."""
    case = _by_number(session, report_no)
    belongs = session.scalar(select(Photo.id).where(Photo.id == photo_id, Photo.case_id == case.id))
    if belongs is None or not opens(case, key):
        raise PhotoNotFound
    return photo_blob(session, photo_id, thumb=thumb)
