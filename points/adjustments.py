"""Points moved by people: claw-back of false reports, and what needs a second person.

Nobody acts on his own wallet, and nobody approves his own proposal; both are constraints where
the database can see it.
"""

from datetime import date, timedelta
from uuid import UUID, uuid5

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

import accounts
from kernel import bus, clock

from . import award_rules, awards, ledger
from .errors import (
    BadAmount,
    IllegalMove,
    InsufficientPoints,
    LinkedElsewhere,
    NobodyFound,
    NoteRequired,
    OwnAffair,
    SecondPersonRequired,
    TransferNotFound,
)
from .events import PointsAdjusted, PointsReclaimed
from .ledger import Cause, Movement, Purse
from .models import Award, Insider, LotEntry, Proposal, Redemption, Transfer
from .rules import GRACE_DAYS, LONGEST_REASON, SHAPES, Code, Status, is_amount

BY_HAND = tuple(code for code, shape in SHAPES.items() if shape.needs_second)


def check_not_own(session: Session, *, staff_id: int, citizen_id: int) -> None:
    """Raise OwnAffair when the wallet belongs to the member of staff."""
    own = session.scalar(select(Insider.citizen_id).where(Insider.staff_id == staff_id))
    if own == citizen_id:
        raise OwnAffair


def reclaim(
    session: Session, *, case_id: int, citizen_id: int, staff_id: int, reason: str
) -> tuple[int, int]:
    """Take back what a report earned that was found false; return (taken, owed).

    What was spent already becomes a debt, which blocks redemption until it is earned back. The
    same report again changes nothing. Raises TransferNotFound when it earned nothing.
    """
    reason = kept_reason(reason)
    check_not_own(session, staff_id=staff_id, citizen_id=citizen_id)
    purse = ledger.lock(session, citizen_id)
    award = session.get(Award, (case_id, citizen_id))
    if award is None or award.transfer_id is None:
        raise TransferNotFound
    cause = Cause("case", f"{case_id}:{citizen_id}")
    done = _moved(session, cause)
    if done:
        return done.get(Code.RECLAIM, 0), done.get(Code.OWE, 0)
    taken = min(award.points, ledger.usable(session, purse.wallet))
    if taken:
        ledger.take(
            session,
            purse,
            Movement(
                id=uuid5(award.transfer_id, "reclaim"),
                code=Code.RECLAIM,
                amount=taken,
                actor_id=staff_id,
                reason=reason,
                cause=cause,
            ),
        )
    owed = award.points - taken
    if owed:
        ledger.owe(
            session,
            purse,
            Movement(
                id=uuid5(award.transfer_id, "owe"),
                code=Code.OWE,
                amount=owed,
                actor_id=staff_id,
                reason=reason,
                cause=cause,
            ),
        )
    bus.publish(
        session,
        PointsReclaimed(citizen_id, case_id, award.points, owed, reason, purse.wallet.available),
    )
    return taken, owed


def reclaim_case(session: Session, *, case_id: int, staff_id: int, reason: str) -> int:
    """Take back all that reports of a case earned, since the case counts no more; return of how many.

    People are taken in the order of their numbers. What was taken back before stays as it is.
    """
    people = session.scalars(
        select(Award.citizen_id)
        .where(Award.case_id == case_id, Award.points > 0)
        .order_by(Award.citizen_id)
    ).all()
    for citizen_id in people:
        reclaim(session, case_id=case_id, citizen_id=citizen_id, staff_id=staff_id, reason=reason)
    return len(people)


def _moved(session: Session, cause: Cause) -> dict[Code, int]:
    rows = session.execute(
        select(Transfer.code, Transfer.amount).where(
            Transfer.source_kind == cause.kind,
            Transfer.source_id == cause.id,
            Transfer.code.in_((Code.RECLAIM, Code.OWE)),
        )
    )
    return {Code(row.code): row.amount for row in rows}


def propose(
    session: Session,
    *,
    proposal_id: UUID,
    code: Code,
    citizen_id: int,
    amount: int,
    reason: str,
    staff_id: int,
    source_kind: str = "proposal",
    source_id: str | None = None,
) -> None:
    """Write down a movement by hand for a second person; the same proposal again is none.

    A refund names its redemption (`source_kind="redemption"`), a restoration its report
    (`"case"`, "case:citizen"): the same cause moves points once.
    """
    if code not in BY_HAND:
        raise IllegalMove
    if not is_amount(amount):
        raise BadAmount
    check_not_own(session, staff_id=staff_id, citizen_id=citizen_id)
    if session.get(Proposal, proposal_id) is not None:
        return
    session.add(
        Proposal(
            id=proposal_id,
            code=code,
            citizen_id=citizen_id,
            amount=amount,
            source_kind=source_kind,
            source_id=source_id or str(proposal_id),
            reason=kept_reason(reason),
            maker_id=staff_id,
        )
    )
    session.flush()


def decide(session: Session, *, proposal_id: UUID, staff_id: int, is_approved: bool) -> None:
    """Approve or refuse a proposal as the second person; the same decision again is none.

    Raises SecondPersonRequired, OwnAffair, IllegalMove (decided otherwise, or its cause moved
    points already), InsufficientPoints.
    """
    asked = session.get(Proposal, proposal_id)
    if asked is None:
        raise TransferNotFound
    purse = ledger.lock(session, asked.citizen_id)
    session.refresh(asked)
    if asked.maker_id == staff_id:
        raise SecondPersonRequired
    check_not_own(session, staff_id=staff_id, citizen_id=asked.citizen_id)
    if asked.decided_at is not None:
        if asked.is_approved != is_approved:
            raise IllegalMove
        return
    asked.checker_id, asked.is_approved, asked.decided_at = staff_id, is_approved, clock.now()
    session.flush()
    if is_approved:
        _carry_out(session, purse, asked, staff_id)


def _carry_out(session: Session, purse: Purse, asked: Proposal, checker_id: int) -> None:
    code = Code(asked.code)
    shape = SHAPES[code]
    _check_cause(session, asked, code)
    is_given = shape.is_credit
    movement = Movement(
        id=asked.id,
        code=code,
        amount=asked.amount,
        cause=Cause(asked.source_kind, asked.source_id),
        expires_on=_expiry(session, asked, code) if is_given else None,
        actor_id=asked.maker_id,
        approver_id=checker_id,
        reason=asked.reason,
    )
    if code is Code.FORGIVE:
        if purse.owed < asked.amount:
            raise InsufficientPoints
        ledger.owe(session, purse, movement)
        change = 0
    elif is_given:
        ledger.give(session, purse, movement)
        change = asked.amount
    else:
        ledger.take(session, purse, movement)
        change = -asked.amount
    bus.publish(
        session,
        PointsAdjusted(asked.citizen_id, shape.words, change, asked.reason, purse.wallet.available),
    )


def _expiry(session: Session, asked: Proposal, code: Code) -> date | None:
    """Return the date: a refund lives as long as what was spent did, or some days of grace."""
    today = ledger.today()
    if code is Code.FORGIVE:
        return None
    if code is not Code.REFUND:
        return award_rules.expiry(awards.rules_at(session, clock.now()).rules, today)
    spent = session.scalar(
        select(func.max(LotEntry.expires_on))
        .join(Redemption, Redemption.hold_id == LotEntry.transfer_id)
        .where(Redemption.id == _uuid(asked.source_id))
    )
    return max(spent or today, today + timedelta(days=GRACE_DAYS))


def _check_cause(session: Session, asked: Proposal, code: Code) -> None:
    moved = session.scalar(
        select(Transfer.id).where(
            Transfer.code == code,
            Transfer.source_kind == asked.source_kind,
            Transfer.source_id == asked.source_id,
        )
    )
    if moved is not None:
        raise IllegalMove
    if code is Code.REFUND:
        redemption = session.scalar(
            select(Redemption).where(
                Redemption.citizen_id == asked.citizen_id,
                Redemption.id == _uuid(asked.source_id),
                Redemption.status == Status.FULFILLED,
            )
        )
        if redemption is None or asked.amount > redemption.price:
            raise IllegalMove
    undoes = code is Code.RESTORE or (code is Code.FORGIVE and asked.source_kind == "case")
    cause = Cause(asked.source_kind, asked.source_id)
    if undoes and asked.amount > _returnable(session, cause):
        raise IllegalMove


def _returnable(session: Session, cause: Cause) -> int:
    """Return how much of what was taken back or made a debt has not been given back yet."""
    is_taken = Transfer.code.in_((Code.RECLAIM, Code.OWE))
    found = session.scalar(
        select(func.sum(case((is_taken, Transfer.amount), else_=-Transfer.amount))).where(
            Transfer.source_kind == cause.kind,
            Transfer.source_id == cause.id,
            Transfer.code.in_((Code.RECLAIM, Code.OWE, Code.RESTORE, Code.FORGIVE)),
        )
    )
    return int(found or 0)


def _uuid(words: str) -> UUID:
    try:
        return UUID(words)
    except ValueError:
        raise IllegalMove from None


def kept_reason(reason: str) -> str:
    """Return the words as they are kept; raise NoteRequired when there are none."""
    kept = reason.replace("\0", "").strip()[:LONGEST_REASON]
    if not kept:
        raise NoteRequired
    return kept


def mark_insider(
    session: Session, *, citizen_id: int, note: str, staff_id: int | None = None
) -> None:
    """Note that a resident works for the district or a contractor, and at which desk.

    Without a desk, the one that was noted before stays: nobody is let off by leaving it out.
    Raises NobodyFound (no such member of staff), LinkedElsewhere (the desk is another resident's).
    """
    kept = session.get(Insider, citizen_id)
    if staff_id is None:
        staff_id = kept.staff_id if kept else None
    elif not accounts.staff_names(session, [staff_id]):
        raise NobodyFound
    taken = session.scalar(select(Insider.citizen_id).where(Insider.staff_id == staff_id))
    if staff_id is not None and taken not in (None, citizen_id):
        raise LinkedElsewhere
    session.merge(Insider(citizen_id=citizen_id, staff_id=staff_id, note=kept_reason(note)))
    session.flush()
