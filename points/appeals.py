"""Freezing somebody's points, and what he may say against it or against a claw-back.

Who froze does not unfreeze, and who decided is not who hears the appeal: constraints say so.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import accounts
from kernel import bus, clock

from . import adjustments, ledger
from .adjustments import check_not_own, kept_reason
from .errors import AlreadyDecided, AppealNotFound, NothingToAppeal, SecondPersonRequired
from .events import AppealDecided, PointsFrozen, PointsUnfrozen
from .ledger import Purse
from .models import Account, Appeal, Freeze, Transfer
from .rules import Code

_PROPOSALS = UUID("8a0a5d0b-6f0e-5f43-9d55-0f0c8f0c2a17")


@dataclass(frozen=True)
class FreezeRow:
    id: int
    citizen_id: int
    reason: str
    staff_name: str | None
    at: datetime


@dataclass(frozen=True)
class AppealRow:
    """An appeal as desk and resident see it; `case_id` is None where it is against a freeze."""

    id: int
    citizen_id: int
    freeze_id: int | None
    case_id: int | None
    words: str
    created_at: datetime
    against_id: int | None
    against_reason: str
    decided_at: datetime | None
    is_upheld: bool | None
    answer: str | None


# -- freezing ------------------------------------------------------------------------------------


def freeze(session: Session, *, citizen_id: int, staff_id: int, reason: str) -> int:
    """Stop the points from being spent; awards still come in. Frozen already: changes nothing.

    Return the freeze's number. Raises NoteRequired.
    """
    reason = kept_reason(reason)
    purse = ledger.lock(session, citizen_id)
    found = _open(session, citizen_id)
    if found is not None:
        return found.id
    made = Freeze(citizen_id=citizen_id, reason=reason, staff_id=staff_id, at=clock.now())
    session.add(made)
    session.flush()
    _set_frozen(session, purse, is_frozen=True)
    bus.publish(session, PointsFrozen(citizen_id, made.id, reason))
    return made.id


def unfreeze(session: Session, *, citizen_id: int, staff_id: int, reason: str) -> None:
    """Let the points be spent again; nothing is frozen: changes nothing.

    Raises SecondPersonRequired (who froze), OwnAffair, NoteRequired.
    """
    reason = kept_reason(reason)
    check_not_own(session, staff_id=staff_id, citizen_id=citizen_id)
    purse = ledger.lock(session, citizen_id)
    found = _open(session, citizen_id)
    if found is not None:
        _lift(session, purse, found, staff_id, reason)


def _lift(session: Session, purse: Purse, found: Freeze, staff_id: int, reason: str) -> None:
    if found.staff_id == staff_id:
        raise SecondPersonRequired
    found.lifted_at, found.lifted_by, found.lift_reason = clock.now(), staff_id, reason
    session.flush()
    _set_frozen(session, purse, is_frozen=False)
    bus.publish(session, PointsUnfrozen(found.citizen_id, found.id, reason))


def _set_frozen(session: Session, purse: Purse, *, is_frozen: bool) -> None:
    whose = purse.wallet.citizen_id
    session.execute(update(Account).where(Account.citizen_id == whose).values(is_frozen=is_frozen))
    purse.wallet.is_frozen = is_frozen


def _open(session: Session, citizen_id: int) -> Freeze | None:
    return session.scalar(
        select(Freeze)
        .where(Freeze.citizen_id == citizen_id, Freeze.lifted_at.is_(None))
        .execution_options(populate_existing=True)
    )


def freeze_of(session: Session, citizen_id: int) -> FreezeRow | None:
    """Return why somebody's points are frozen now, or None."""
    found = _open(session, citizen_id)
    return None if found is None else _freeze_rows(session, [found])[0]


def freezes(session: Session, *, limit: int = 100) -> tuple[FreezeRow, ...]:
    """Return what is frozen now, oldest first."""
    rows = session.scalars(
        select(Freeze).where(Freeze.lifted_at.is_(None)).order_by(Freeze.at, Freeze.id).limit(limit)
    ).all()
    return _freeze_rows(session, list(rows))


def _freeze_rows(session: Session, rows: list[Freeze]) -> tuple[FreezeRow, ...]:
    names = accounts.staff_names(session, [row.staff_id for row in rows if row.staff_id])
    return tuple(
        FreezeRow(row.id, row.citizen_id, row.reason, names.get(row.staff_id or 0), row.at)
        for row in rows
    )


# -- appeals -------------------------------------------------------------------------------------


def appeal_freeze(session: Session, *, citizen_id: int, words: str) -> int:
    """Take down a resident's word against his freeze, once; return the appeal's number.

    Raises NothingToAppeal, NoteRequired.
    """
    words = kept_reason(words)
    ledger.lock(session, citizen_id)
    found = _open(session, citizen_id)
    if found is None:
        raise NothingToAppeal
    earlier = session.scalar(select(Appeal.id).where(Appeal.freeze_id == found.id))
    return earlier or _add(
        session,
        Appeal(citizen_id=citizen_id, freeze_id=found.id, words=words, against_id=found.staff_id),
    )


def appeal_reclaim(session: Session, *, citizen_id: int, case_id: int, words: str) -> int:
    """Take down a resident's word against points taken back, once; return the appeal's number.

    Raises NothingToAppeal, NoteRequired.
    """
    words = kept_reason(words)
    ledger.lock(session, citizen_id)
    moved = _reclaimed(session, case_id, citizen_id)
    if not moved:
        raise NothingToAppeal
    earlier = session.scalar(
        select(Appeal.id).where(Appeal.case_id == case_id, Appeal.citizen_id == citizen_id)
    )
    return earlier or _add(
        session,
        Appeal(
            citizen_id=citizen_id,
            case_id=case_id,
            words=words,
            against_id=next(iter(moved.values())).actor_id,
        ),
    )


def _add(session: Session, appeal: Appeal) -> int:
    appeal.created_at = clock.now()
    session.add(appeal)
    session.flush()
    return appeal.id


def _reclaimed(session: Session, case_id: int, citizen_id: int) -> dict[Code, Transfer]:
    rows = session.scalars(
        select(Transfer).where(
            Transfer.source_kind == "case",
            Transfer.source_id == f"{case_id}:{citizen_id}",
            Transfer.code.in_((Code.RECLAIM, Code.OWE)),
        )
    )
    return {Code(row.code): row for row in rows}


def decide_appeal(
    session: Session, *, appeal_id: int, staff_id: int, is_upheld: bool, answer: str
) -> None:
    """Decide an appeal; the same decision again changes nothing.

    A freeze that was wrong is lifted at once. Points that were taken wrongly are proposed to be
    given back, and come back when a second person approves (`decide`). Raises AppealNotFound,
    SecondPersonRequired, OwnAffair, AlreadyDecided, NoteRequired.
    """
    answer = kept_reason(answer)
    citizen_id = session.scalar(select(Appeal.citizen_id).where(Appeal.id == appeal_id))
    if citizen_id is None:
        raise AppealNotFound
    check_not_own(session, staff_id=staff_id, citizen_id=citizen_id)
    purse = ledger.lock(session, citizen_id)
    asked = session.get_one(Appeal, appeal_id, populate_existing=True)
    if asked.against_id == staff_id:
        raise SecondPersonRequired
    if asked.decided_at is not None:
        if asked.is_upheld != is_upheld:
            raise AlreadyDecided
        return
    asked.decided_at, asked.decided_by = clock.now(), staff_id
    asked.is_upheld, asked.answer = is_upheld, answer
    session.flush()
    if is_upheld and asked.freeze_id is not None:
        found = session.get_one(Freeze, asked.freeze_id, populate_existing=True)
        if found.lifted_at is None:
            _lift(session, purse, found, staff_id, answer)
    elif is_upheld:
        _propose_return(session, asked, staff_id, answer)
    about = "case" if asked.freeze_id is None else "freeze"
    bus.publish(session, AppealDecided(citizen_id, appeal_id, about, is_upheld, answer))


def _propose_return(session: Session, asked: Appeal, staff_id: int, answer: str) -> None:
    """Propose to give back all that was taken or owed: what is still owed is repaid from it."""
    moved = _reclaimed(session, asked.case_id or 0, asked.citizen_id)
    adjustments.propose(
        session,
        proposal_id=uuid5(_PROPOSALS, str(asked.id)),
        code=Code.RESTORE,
        citizen_id=asked.citizen_id,
        amount=sum(row.amount for row in moved.values()),
        reason=answer,
        staff_id=staff_id,
        source_kind="case",
        source_id=f"{asked.case_id}:{asked.citizen_id}",
    )


def appeals(session: Session, *, limit: int = 100) -> tuple[AppealRow, ...]:
    """Return the appeals that wait for a decision, oldest first."""
    rows = session.scalars(
        select(Appeal)
        .where(Appeal.decided_at.is_(None))
        .order_by(Appeal.created_at, Appeal.id)
        .limit(limit)
    ).all()
    return tuple(_appeal_row(session, row) for row in rows)


def appeals_of(session: Session, citizen_id: int, *, limit: int = 20) -> tuple[AppealRow, ...]:
    """Return a resident's own appeals, newest first."""
    rows = session.scalars(
        select(Appeal)
        .where(Appeal.citizen_id == citizen_id)
        .order_by(Appeal.id.desc())
        .limit(limit)
    ).all()
    return tuple(_appeal_row(session, row) for row in rows)


def _appeal_row(session: Session, row: Appeal) -> AppealRow:
    if row.freeze_id is not None:
        against = session.get_one(Freeze, row.freeze_id).reason
    else:
        moved = _reclaimed(session, row.case_id or 0, row.citizen_id)
        against = next((each.reason for each in moved.values() if each.reason), "")
    return AppealRow(
        id=row.id,
        citizen_id=row.citizen_id,
        freeze_id=row.freeze_id,
        case_id=row.case_id,
        words=row.words,
        created_at=row.created_at,
        against_id=row.against_id,
        against_reason=against,
        decided_at=row.decided_at,
        is_upheld=row.is_upheld,
        answer=row.answer,
    )
