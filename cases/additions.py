"""What is added to a report that was sent: words, photos, recordings, a class."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from . import photos, recordings, rules
from .classes import check_class
from .errors import CaseNotFound, TextTooLong, TooMuchAdded
from .history import tidy
from .models import Addition, Case, Photo, Recording
from .pictures import Picture
from .rules import OPEN

# Nobody reads more than this, and a finger that sticks must not fill the disk.
MOST_NOTES, MOST_PHOTOS, MOST_RECORDINGS = 20, 27, 9
MOST_FROM_ELSEWHERE = 100  # notes of other systems: they have a counter of their own


def add_to_report(
    session: Session,
    *,
    citizen_id: int,
    report_no: str,
    request_key: str,
    note: str | None = None,
    photo_ids: Sequence[int] = (),
    recording_ids: Sequence[int] = (),
    class_code: str | None = None,
    is_urgent: bool = False,
) -> bool:
    """Add to the citizen's own report; the same `request_key` again adds no note twice.

    False, and nothing is done, where the case is closed or refused. A class is taken only where
    the case has none. Raises CaseNotFound for a number that is not the citizen's, TextTooLong,
    TooMuchAdded, UnknownClass.
    """
    note = tidy(note)
    if note and len(note) > rules.LONGEST_TEXT:
        raise TextTooLong
    number = rules.tidy_report_number(report_no)
    case = session.scalar(
        select(Case)
        .where(Case.report_no == number, Case.citizen_id == citizen_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if case is None:
        raise CaseNotFound
    if case.status not in OPEN:
        return False  # it is decided: more words belong into a new report
    if note:
        session.execute(
            insert(Addition)
            .values(case_id=case.id, citizen_id=citizen_id, text=note, request_key=request_key)
            .on_conflict_do_nothing()
        )
    photos.adopt(
        session,
        case_id=case.id,
        move_seq=1,
        photo_ids=photos.loose(session, citizen_id, photo_ids),
    )
    theirs = recordings.loose(session, citizen_id, recording_ids)
    recordings.adopt(session, case_id=case.id, recording_ids=theirs)
    _check_amount(session, case.id)
    case.class_code = case.class_code or check_class(class_code)
    case.is_urgent = case.is_urgent or is_urgent
    session.flush()
    return True


def add_from_elsewhere(
    session: Session,
    *,
    case_id: int,
    said_by: str,
    request_key: str,
    text: str | None = None,
    pictures: Sequence[Picture] = (),
) -> None:
    """Add what another system says of a case, in whatever state; the same key again is once.

    Words that are too long are cut: what is left out would otherwise be lost with the rest. Raises
    CaseNotFound, TooMuchAdded.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CaseNotFound
    seen = select(Photo.id).where(Photo.origin.startswith(f"elsewhere:{request_key}:"))
    said = tidy(text)
    if said:
        session.execute(
            insert(Addition)
            .values(
                case_id=case.id,
                said_by=said_by,
                text=said[: rules.LONGEST_TEXT],
                request_key=request_key,
            )
            .on_conflict_do_nothing()
        )
    if pictures and session.scalar(seen.limit(1)) is None:
        photos.attach(
            session,
            case_id=case.id,
            move_seq=1,
            purpose="report",
            origin=f"elsewhere:{request_key}",
            pictures=pictures,
        )
        session.flush()
    _check_amount(session, case.id)


def take_back_photos(
    session: Session, *, citizen_id: int, report_no: str, photo_ids: Sequence[int]
) -> bool:
    """Take photos that the citizen added to his report out of it: they belong to another problem.

    Only all of them, and only while nobody has looked at the report: False, and nothing is done,
    where it was filed or decided, or where a photo is not there.
    """
    case = session.scalar(
        select(Case)
        .where(
            Case.report_no == rules.tidy_report_number(report_no),
            Case.citizen_id == citizen_id,
            Case.status == rules.Status.REPORTED,
        )
        .with_for_update()
    )
    if case is None:
        return False
    theirs = (Photo.id.in_(photo_ids), Photo.case_id == case.id, Photo.purpose == "report")
    if session.scalar(select(func.count()).where(*theirs)) != len(photo_ids):
        return False
    session.execute(update(Photo).where(*theirs).values(case_id=None, move_seq=None))
    return True


def _check_amount(session: Session, case_id: int) -> None:
    for mine, most in (
        ((Addition.case_id == case_id) & Addition.said_by.is_(None), MOST_NOTES),
        ((Addition.case_id == case_id) & Addition.said_by.is_not(None), MOST_FROM_ELSEWHERE),
        (Photo.case_id == case_id, MOST_PHOTOS),
        (Recording.case_id == case_id, MOST_RECORDINGS),
    ):
        if (session.scalar(select(func.count()).where(mine)) or 0) > most:
            raise TooMuchAdded
