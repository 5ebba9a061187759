"""How a case is moved on. The caller opens the transaction and commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

import accounts
import territory
from kernel import clock

from . import facts, history, limits, rules, stages
from .classes import check_class
from .errors import (
    CaseNotFound,
    IllegalMove,
    KeyReused,
    NoSuchTarget,
    NoteRequired,
    NoteTooLong,
    NotYourCase,
    NotYourMove,
    PhotoRequired,
    StaleCase,
    UnknownBody,
    UnknownCondition,
    UnknownReason,
)
from .history import Reported, tidy
from .models import Case, CaseMove, Photo
from .photos import attach
from .pictures import Picture
from .voice_models import Follower, Permit
from .workflow import OPEN, STEPS, Move, Status, may

_PURPOSES = {"dispose": "disposal", "handle": "disposal", "verified": "verify"}
_BODY_STAFF = accounts.Role.BODY_STAFF


@dataclass(frozen=True, kw_only=True)
class With:
    """What comes with a move."""

    note: str | None = None
    body_id: int | None = None
    photos: Sequence[Picture] = ()
    condition: str | None = None
    class_code: str | None = None
    reason: str | None = None
    into_id: int | None = None


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
    condition: str | None = None,
    class_code: str | None = None,
    reason: str | None = None,
) -> None:
    """Move a case on; the same `request_key` again does nothing.

    `seen_version` is the version that the person had before his eyes: when somebody else moved
    the case since then, StaleCase is raised and nothing happens. Who may make which move, and what
    it needs, is the table of `workflow.py`; the role and body are read from the member of staff.
    `condition` and `class_code` belong to filing, `reason` (a key of REFUSE_REASONS) to refusing.

    Also raises CaseNotFound, IllegalMove, NotYourMove, NotYourCase, NoteRequired, NoteTooLong,
    PhotoRequired, UnknownBody, UnknownClass, UnknownCondition, UnknownReason, KeyReused.
    """
    case = locked(session, case_id)
    step = STEPS.get((name, Status(case.status)))
    needs_body = any("body" in each.needs for (other, _), each in STEPS.items() if other == name)
    given = With(
        note=tidy(note),
        body_id=body_id if needs_body else None,
        photos=photos,
        condition=condition,
        class_code=class_code,
        reason=reason,
    )
    if is_repeated(session, request_key, case_id=case_id, name=name, given=given):
        return
    if case.version != seen_version:
        raise StaleCase
    if step is None or step.by_request or "case" in step.needs:
        raise IllegalMove
    check_actor(session, staff_id, case, step)
    advance(session, case, step, staff_id=staff_id, request_key=request_key, given=given)


def advance(
    session: Session,
    case: Case,
    step: Move,
    *,
    staff_id: int | None,
    request_key: str,
    given: With,
) -> None:
    """Make the move on a locked case, with all that follows from it inside this package."""
    _check_needs(session, step, given)
    at = clock.now()
    another_body = given.body_id is not None and given.body_id != case.body_id
    before = stages.running(session, case.id)
    # The row of the case is written once, with all that the move makes of it.
    with session.no_autoflush:
        _write(session, case, step, given)
        _settle_requests(session, case, step, staff_id, at)
        case.status = step.to
        case.version += 1
        case.updated_at = at
        history.append(
            session,
            case.id,
            seq=case.version,
            name=step.name,
            origin=step.origin,
            to=step.to,
            request_key=request_key,
            staff_id=staff_id,
            body_id=given.body_id,
            note=given.note,
            at=at,
        )
        clocks = stages.turn(session, case, name=step.name, seq=case.version, at=at, running=before)
        facts.note(
            session,
            case,
            name=step.name,
            at=at,
            clocks=clocks,
            before=before,
            is_another_body=another_body,
        )
        attach(
            session,
            case_id=case.id,
            move_seq=case.version,
            purpose=_PURPOSES.get(step.name, "check"),
            origin=f"desk:{request_key}",
            pictures=given.photos,
        )
    session.flush()
    history.tell(
        session,
        name=step.name,
        seq=case.version,
        reported=Reported(case.id, case.report_no, case.access_key),
        citizen_id=case.citizen_id,
        body_id=case.body_id,
        note=given.note,
    )


def _write(session: Session, case: Case, step: Move, given: With) -> None:
    """Keep on the case what belongs to it rather than to the move."""
    case.body_id = given.body_id or case.body_id
    if step.name == "file":
        place = territory.place_of(session, case.latitude, case.longitude)
        case.street_code, case.community_code = place.street_code, place.community_code
        case.grid_code = place.grid_code
    if "condition" in step.needs:
        case.class_code = check_class(given.class_code) or case.class_code
        found = limits.condition(case.class_code, given.condition, is_urgent=case.is_urgent)
        if found is None:
            raise UnknownCondition
        case.condition = found.code
    if step.name == "refuse":
        case.refuse_reason = given.reason or rules.OTHER_REASON
    if step.name == "split" and case.citizen_id is not None:
        session.execute(
            delete(Follower).where(
                Follower.case_id == case.merged_into, Follower.citizen_id == case.citizen_id
            )
        )
    case.merged_into = given.into_id if step.to is Status.MERGED else None


def _settle_requests(
    session: Session, case: Case, step: Move, staff_id: int | None, at: datetime
) -> None:
    """Answer the requests that the move leaves without a meaning."""
    if step.origin is Status.SUSPENDED:
        session.execute(
            update(Permit)
            .where(
                Permit.case_id == case.id, Permit.kind == "suspension", Permit.ended_at.is_(None)
            )
            .values(ended_at=at)
        )
    if step.origin is Status.DISPATCHED and staff_id is not None and not step.by_request:
        session.execute(
            update(Permit)
            .where(Permit.case_id == case.id, Permit.state.in_(("asked", "endorsed")))
            .values(
                state="refused",
                decided_by=staff_id,
                decided_at=at,
                decision="案件已经往下办理，申请不再需要。",
            )
        )


def check_actor(session: Session, staff_id: int, case: Case, step: Move) -> None:
    """Raise NotYourMove or NotYourCase unless this member of staff may make the move."""
    staff = session.get(accounts.Staff, staff_id)
    if staff is None or not staff.is_active:
        raise NotYourMove
    if staff.role == _BODY_STAFF and (case.body_id is None or staff.body_id != case.body_id):
        raise NotYourCase
    if not may(staff.role, step):
        raise NotYourMove


def locked(session: Session, case_id: int) -> Case:
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


def is_repeated(
    session: Session, request_key: str, *, case_id: int, name: str, given: With
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
    sent = [picture.sha256 for picture in given.photos]
    asked = (case_id, name, given.body_id, given.note, sent)
    if asked != (earlier.case_id, earlier.name, earlier.body_id, earlier.note, list(kept)):
        raise KeyReused
    return True


def _check_needs(session: Session, step: Move, given: With) -> None:
    if "body" in step.needs and (
        given.body_id is None or territory.body_name(session, given.body_id) is None
    ):
        raise UnknownBody
    if "note" in step.needs and not given.note:
        raise NoteRequired
    if given.note and len(given.note) > rules.LONGEST_NOTE:
        raise NoteTooLong
    if "photo" in step.needs and not given.photos:
        raise PhotoRequired
    if given.reason is not None and given.reason not in rules.REFUSE_REASONS:
        raise UnknownReason
    if "case" in step.needs:
        _check_target(session, given.into_id)


def _check_target(session: Session, case_id: int | None) -> None:
    status = session.scalar(select(Case.status).where(Case.id == case_id))
    if status is None or Status(status) not in OPEN:
        raise NoSuchTarget
