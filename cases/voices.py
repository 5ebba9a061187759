"""What reporters, leaders and campaigns say to a case without moving it.

A reporter urges (once a day), rates the result, and asks for another decision: against a refusal
(objection), or to reopen what is not solved. Leaders supervise (督办); campaigns (专项) are tags.
"""

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import accounts
from kernel import bus, clock

from . import rules
from .clock_models import Facts
from .errors import (
    CaseNotFound,
    IllegalMove,
    NotADecision,
    NoteRequired,
    NoteTooLong,
    NotYourMove,
    RatedAlready,
    RatingWindowOver,
    StarsWanted,
)
from .events import CaseRated, CaseUrged, PleaMade
from .history import tidy
from .models import Case, CaseMove
from .public import RATING_WINDOW, opens
from .service import With, advance, check_actor, locked
from .voice_models import Campaign, Plea, Rating, Supervision, Tag, Urge
from .workflow import ADMINISTRATOR, OPEN, STEPS, Status

DISSATISFIED = 2  # stars, and fewer: the page offers to ask for reopening
SUPERVISORS = frozenset({"supervisor", "shift_leader", ADMINISTRATOR})
_ENDINGS = {
    Status.CLOSED: "reopening",
    Status.FORCE_CLOSED: "reopening",
    Status.REFUSED: "objection",
    Status.VOIDED: "objection",
}
_ANSWERS = {"reopening": "reopen", "objection": "readmit"}


def urge(session: Session, report_no: str, key: str | None) -> bool:
    """Ask how long it will take, by the link's key; tell whether it is today's first time."""
    case = by_key(session, report_no, key)
    if Status(case.status) not in OPEN:
        raise IllegalMove
    is_new = session.scalar(
        insert(Urge)
        .values(case_id=case.id, day=clock.city_day(clock.now()))
        .on_conflict_do_nothing()
        .returning(Urge.case_id)
    )
    if is_new is None:
        return False
    case.urges += 1
    bus.publish(session, CaseUrged(case.id, case.report_no))
    return True


def rate(
    session: Session,
    report_no: str,
    key: str | None,
    *,
    stars: int,
    reason: str | None = None,
    wants_reopening: bool = False,
) -> None:
    """Rate the result with one to five stars, once per closing, within 15 days.

    With `wants_reopening` (two stars or fewer, and a reason) the operator is asked to reopen.
    Raises CaseNotFound, IllegalMove, StarsWanted, RatedAlready, RatingWindowOver, NoteRequired,
    NoteTooLong.
    """
    case = by_key(session, report_no, key)
    if case.status not in {Status.CLOSED, Status.FORCE_CLOSED}:
        raise IllegalMove
    words = _words(reason)
    if not 1 <= stars <= 5:
        raise StarsWanted
    asks = wants_reopening and stars <= DISSATISFIED
    if asks and not words:
        raise NoteRequired
    ended = _ended(session, case)
    if clock.now() - ended.at > RATING_WINDOW:
        raise RatingWindowOver
    made = session.scalar(
        insert(Rating)
        .values(case_id=case.id, seq=ended.seq, stars=stars, reason=words)
        .on_conflict_do_nothing()
        .returning(Rating.seq)
    )
    if made is None:
        raise RatedAlready
    session.execute(update(Facts).where(Facts.case_id == case.id).values(stars=stars))
    bus.publish(session, CaseRated(case.id, case.report_no, case.citizen_id, stars))
    if asks and words:
        _plead(session, case, ended.seq, words)


def object_to(session: Session, report_no: str, key: str | None, *, reason: str) -> None:
    """Object to a refusal (or a voided case), once per decision, within 15 days."""
    case = by_key(session, report_no, key)
    if case.status not in {Status.REFUSED, Status.VOIDED}:
        raise IllegalMove
    words = _words(reason)
    if not words:
        raise NoteRequired
    ended = _ended(session, case)
    if clock.now() - ended.at > RATING_WINDOW:
        raise RatingWindowOver
    if not _plead(session, case, ended.seq, words):
        raise RatedAlready


def _plead(session: Session, case: Case, seq: int, reason: str) -> bool:
    kind = _ENDINGS[Status(case.status)]
    made = session.scalar(
        insert(Plea)
        .values(case_id=case.id, seq=seq, kind=kind, reason=reason)
        .on_conflict_do_nothing()
        .returning(Plea.seq)
    )
    if made is not None:
        bus.publish(session, PleaMade(case.id, case.report_no, kind))
    return made is not None


def answer_plea(
    session: Session,
    *,
    case_id: int,
    seq: int,
    staff_id: int,
    is_granted: bool,
    answer: str | None = None,
) -> None:
    """Grant a plea, which moves the case (reopen, readmit), or decline it with words.

    Raises CaseNotFound, NotADecision, NotYourMove, NoteRequired, NoteTooLong.
    """
    case = locked(session, case_id)
    plea = session.get(Plea, (case_id, seq), populate_existing=True)
    step = STEPS.get((_ANSWERS[plea.kind], Status(case.status))) if plea else None
    if plea is None or plea.state != "asked" or step is None:
        raise NotADecision
    check_actor(session, staff_id, case, step)
    words = _words(answer)
    if not is_granted and not words:
        raise NoteRequired
    plea.state = "granted" if is_granted else "declined"
    plea.answered_by, plea.answered_at, plea.answer = staff_id, clock.now(), words
    session.flush()
    if is_granted:
        advance(
            session,
            case,
            step,
            staff_id=staff_id,
            request_key=f"plea:{case_id}:{seq}",
            given=With(note=words or plea.reason),
        )


def supervise(session: Session, *, case_id: int, staff_id: int, note: str) -> None:
    """Watch over a case (督办); once at a time. Raises CaseNotFound, NotYourMove, NoteRequired."""
    case, words = locked(session, case_id), _words(note)
    _check_supervisor(session, staff_id)
    if not words:
        raise NoteRequired
    if not case.is_supervised:
        session.add(Supervision(case_id=case_id, staff_id=staff_id, note=words, at=clock.now()))
        case.is_supervised = True
        session.flush()


def lift_supervision(session: Session, *, case_id: int, staff_id: int) -> None:
    """Watch no longer."""
    case = locked(session, case_id)
    _check_supervisor(session, staff_id)
    session.execute(
        update(Supervision)
        .where(Supervision.case_id == case_id, Supervision.lifted_at.is_(None))
        .values(lifted_by=staff_id, lifted_at=clock.now())
    )
    case.is_supervised = False


def _check_supervisor(session: Session, staff_id: int) -> None:
    staff = session.get(accounts.Staff, staff_id)
    if staff is None or not staff.is_active or staff.role not in SUPERVISORS:
        raise NotYourMove


def add_campaign(session: Session, name: str) -> int:
    """Return the campaign of this name, made now if there is none (30 characters at most)."""
    words = (tidy(name) or "")[:30]
    if not words:
        raise NoteRequired
    session.execute(insert(Campaign).values(name=words).on_conflict_do_nothing())
    return session.scalars(select(Campaign.id).where(Campaign.name == words)).one()


def tag(session: Session, *, case_id: int, campaign_id: int, staff_id: int) -> None:
    """Count a case as part of a campaign (专项); twice is once."""
    locked(session, case_id)
    session.execute(
        insert(Tag)
        .values(case_id=case_id, campaign_id=campaign_id, staff_id=staff_id)
        .on_conflict_do_nothing()
    )


def _ended(session: Session, case: Case) -> CaseMove:
    """Return the move by which the case came to its end (a call-back afterwards is none)."""
    return session.scalars(
        select(CaseMove)
        .where(CaseMove.case_id == case.id, CaseMove.from_status != CaseMove.to_status)
        .order_by(CaseMove.seq.desc())
        .limit(1)
    ).one()


def _words(text: str | None) -> str | None:
    words = tidy(text)
    if words and len(words) > rules.LONGEST_NOTE:
        raise NoteTooLong
    return words


def by_key(session: Session, report_no: str, key: str | None) -> Case:
    """Return the report's case, locked, to who holds its key; raise CaseNotFound."""
    number = rules.tidy_report_number(report_no)
    case = session.scalar(
        select(Case)
        .where(Case.report_no == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if case is None or not opens(case, key):
        raise CaseNotFound
    return case


def tag_counts(session: Session) -> tuple[tuple[int, str, int], ...]:
    """Return (id, name, number of cases) of the active campaigns."""
    rows = session.execute(
        select(Campaign.id, Campaign.name, func.count(Tag.case_id))
        .outerjoin(Tag, Tag.campaign_id == Campaign.id)
        .where(Campaign.is_active)
        .group_by(Campaign.id)
        .order_by(Campaign.id)
    )
    return tuple((row[0], row[1], row[2]) for row in rows)
