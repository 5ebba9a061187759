"""Requests beside the main line: more time (延期) and putting off (挂账), granted in two steps.

The body asks, the dispatcher endorses, the shift leader decides. An extension gives one original
limit more, at most twice, and only before the limit is over; a case is put off once, for a year at
most, and goes on by itself when the day has come. The caller opens the transaction and commits.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import accounts
from kernel import clock

from . import rules, stages
from .errors import (
    AlreadyAsked,
    IllegalMove,
    NoMorePermits,
    NoSuchPermit,
    NoteRequired,
    NoteTooLong,
    NotYourMove,
    PermitTooLate,
    UnfitDay,
)
from .history import tidy
from .limits import LONGEST_SUSPENSION_DAYS, MOST_EXTENSIONS, Stages
from .models import Case
from .service import With, advance, check_actor, locked
from .voice_models import Permit
from .workflow import ADMINISTRATOR, STEPS, Status

MOVE_OF = {"extension": "extend", "suspension": "suspend"}
_ENDORSERS = frozenset({"dispatcher", "shift_leader", ADMINISTRATOR})
_DECIDERS = frozenset({"shift_leader", ADMINISTRATOR})


def ask_permit(
    session: Session,
    *,
    case_id: int,
    kind: str,
    staff_id: int,
    request_key: str,
    reason: str,
    until: datetime | None = None,
) -> int:
    """Ask for an `extension`, or a `suspension` until an instant; return the request's id.

    The same `request_key` again gives the same request. Raises CaseNotFound, NotYourMove,
    NotYourCase, IllegalMove, NoteRequired, NoteTooLong, AlreadyAsked, NoMorePermits,
    PermitTooLate, UnfitDay.
    """
    case, words = locked(session, case_id), tidy(reason)
    earlier = session.scalar(select(Permit.id).where(Permit.request_key == request_key))
    if earlier is not None:
        return earlier
    if case.status != Status.DISPATCHED or kind not in MOVE_OF:
        raise IllegalMove
    # Whoever may dispose may ask.
    check_actor(session, staff_id, case, STEPS["dispose", Status.DISPATCHED])
    if not words:
        raise NoteRequired
    if len(words) > rules.LONGEST_NOTE:
        raise NoteTooLong
    _check_permitted(session, case, kind, until)
    made = Permit(
        case_id=case.id,
        kind=kind,
        reason=words,
        until=until if kind == "suspension" else None,
        asked_by=staff_id,
        asked_at=clock.now(),
        request_key=request_key,
    )
    session.add(made)
    session.flush()
    return made.id


def _check_permitted(session: Session, case: Case, kind: str, until: datetime | None) -> None:
    now = clock.now()
    pending = select(Permit.id).where(
        Permit.case_id == case.id, Permit.state.in_(("asked", "endorsed"))
    )
    if session.scalar(pending) is not None:
        raise AlreadyAsked
    granted = session.scalar(
        select(func.count()).where(
            Permit.case_id == case.id, Permit.kind == kind, Permit.state == "granted"
        )
    )
    if (granted or 0) >= (MOST_EXTENSIONS if kind == "extension" else 1):
        raise NoMorePermits
    running = stages.running(session, case.id).get(Stages.DISPOSE)
    if kind == "extension" and (running is None or running.due_at <= now):
        raise PermitTooLate
    furthest = now + timedelta(days=LONGEST_SUSPENSION_DAYS)
    if kind == "suspension" and (until is None or not now < until <= furthest):
        raise UnfitDay


def endorse_permit(session: Session, *, permit_id: int, staff_id: int) -> None:
    """Pass a request on to the shift leader (first step); again by the same person does nothing."""
    permit, _ = _permit(session, permit_id, staff_id, _ENDORSERS)
    if permit.state == "endorsed" and permit.endorsed_by == staff_id:
        return
    if permit.state != "asked":
        raise IllegalMove
    permit.state, permit.endorsed_by, permit.endorsed_at = "endorsed", staff_id, clock.now()
    session.flush()


def decide_permit(
    session: Session,
    *,
    permit_id: int,
    staff_id: int,
    is_granted: bool,
    note: str | None = None,
) -> None:
    """Grant an endorsed request, or refuse one with a reason (second step).

    Whoever asked or endorsed cannot grant. Granting is a move of the case. Raises NoSuchPermit,
    NotYourMove, IllegalMove, NoteRequired.
    """
    permit, case = _permit(session, permit_id, staff_id, _DECIDERS)
    wanted = "granted" if is_granted else "refused"
    if permit.state == wanted and permit.decided_by == staff_id:
        return
    if permit.state not in {"asked", "endorsed"} or (is_granted and permit.state != "endorsed"):
        raise IllegalMove
    if is_granted and staff_id in {permit.asked_by, permit.endorsed_by}:
        raise NotYourMove
    words = tidy(note)
    if not is_granted and not words:
        raise NoteRequired
    number = 1 + (
        session.scalar(select(func.max(Permit.number)).where(Permit.case_id == case.id)) or 0
    )
    permit.state, permit.decision = wanted, words
    permit.decided_by, permit.decided_at = staff_id, clock.now()
    if is_granted and permit.kind == "extension":
        permit.number = number
    session.flush()
    if is_granted:
        _grant(session, permit, case, staff_id)


def _grant(session: Session, permit: Permit, case: Case, staff_id: int) -> None:
    step = STEPS.get((MOVE_OF[permit.kind], Status(case.status)))
    if step is None:
        raise IllegalMove
    advance(
        session,
        case,
        step,
        staff_id=staff_id,
        request_key=f"permit:{permit.id}",
        given=With(note=permit.reason),
    )


def _permit(
    session: Session, permit_id: int, staff_id: int, roles: frozenset[str]
) -> tuple[Permit, Case]:
    """Return the request and its case, locked, if one of these roles asks for them."""
    case_id = session.scalar(select(Permit.case_id).where(Permit.id == permit_id))
    if case_id is None:
        raise NoSuchPermit
    staff = session.get(accounts.Staff, staff_id)
    if staff is None or not staff.is_active or staff.role not in roles:
        raise NotYourMove
    case = locked(session, case_id)
    permit = session.get_one(Permit, permit_id, populate_existing=True)
    return permit, case


def resume_due(session: Session, *, limit: int = 100) -> int:
    """Let cases go on whose day has come (a job calls it); return how many."""
    due = session.scalars(
        select(Permit)
        .where(
            Permit.kind == "suspension",
            Permit.state == "granted",
            Permit.ended_at.is_(None),
            Permit.until <= clock.now(),
        )
        .order_by(Permit.until)
        .limit(limit)
    ).all()
    for permit in due:
        case = locked(session, permit.case_id)
        step = STEPS.get(("resume", Status(case.status)))
        if step is not None:
            advance(
                session,
                case,
                step,
                staff_id=None,
                request_key=f"resume:{permit.id}",
                given=With(note="暂缓期满，自动恢复处置。"),
            )
        permit.ended_at = permit.ended_at or clock.now()
    return len(due)
