"""Reads for the desk: each transfer with its cause, what waits for a second person, sums."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

import accounts

from .models import Account, Proposal, Redemption, RedemptionMove, Transfer
from .queries import transfer_words
from .rules import FIRST_PERSONAL, SHAPES, Code, Phase


@dataclass(frozen=True)
class TransferRow:
    """A transfer as the explorer shows it, with its cause."""

    id: UUID
    no: int
    at: datetime
    account_id: int
    citizen_id: int
    code: Code
    phase: Phase
    words: str
    amount: int
    debit_id: int
    credit_id: int
    available_after: int
    held_after: int
    source_kind: str
    source_id: str
    rule_version: int | None
    actor_name: str | None
    approver_name: str | None
    reason: str | None


@dataclass(frozen=True)
class ProposalRow:
    id: UUID
    code: Code
    words: str
    citizen_id: int
    amount: int
    reason: str
    maker_id: int
    maker_name: str | None
    created_at: datetime


@dataclass(frozen=True)
class SheetRow:
    """What one member of staff did on one day."""

    staff_name: str
    move: str
    count: int
    points: int


def explore(
    session: Session,
    *,
    citizen_id: int | None = None,
    source: tuple[str, str] | None = None,
    before_no: int | None = None,
    limit: int = 100,
) -> tuple[TransferRow, ...]:
    """Return transfers newest first, of one person or one cause or all."""
    wanted = select(Transfer, Account.citizen_id).join(Account, Account.id == Transfer.account_id)
    if citizen_id is not None:
        wanted = wanted.where(Account.citizen_id == citizen_id)
    if source is not None:
        wanted = wanted.where(
            Transfer.code.in_(list(Code)),
            Transfer.source_kind == source[0],
            Transfer.source_id == source[1],
        )
    if before_no is not None:
        wanted = wanted.where(Transfer.no < before_no)
    rows = session.execute(wanted.order_by(Transfer.no.desc()).limit(limit)).all()
    people = {row.actor_id for row, _ in rows} | {row.approver_id for row, _ in rows}
    names = accounts.staff_names(session, [each for each in people if each is not None])
    return tuple(_transfer_row(row, owner, names) for row, owner in rows)


def _transfer_row(row: Transfer, citizen_id: int, names: dict[int, str]) -> TransferRow:
    code, phase = Code(row.code), Phase(row.phase)
    return TransferRow(
        id=row.id,
        no=row.no,
        at=row.at,
        account_id=row.account_id,
        citizen_id=citizen_id,
        code=code,
        phase=phase,
        words=transfer_words(code, phase),
        amount=row.amount,
        debit_id=row.debit_id,
        credit_id=row.credit_id,
        available_after=row.available_after,
        held_after=row.held_after,
        source_kind=row.source_kind,
        source_id=row.source_id,
        rule_version=row.rule_version,
        actor_name=names.get(row.actor_id or 0),
        approver_name=names.get(row.approver_id or 0),
        reason=row.reason,
    )


def proposals(session: Session, *, limit: int = 100) -> tuple[ProposalRow, ...]:
    """Return what waits for a second person, oldest first."""
    rows = session.scalars(
        select(Proposal)
        .where(Proposal.decided_at.is_(None))
        .order_by(Proposal.created_at, Proposal.id)
        .limit(limit)
    ).all()
    names = accounts.staff_names(session, [row.maker_id for row in rows])
    return tuple(
        ProposalRow(
            id=row.id,
            code=Code(row.code),
            words=SHAPES[Code(row.code)].words,
            citizen_id=row.citizen_id,
            amount=row.amount,
            reason=row.reason,
            maker_id=row.maker_id,
            maker_name=names.get(row.maker_id),
            created_at=row.created_at,
        )
        for row in rows
    )


def daily_sheet(session: Session, *, begins: datetime, ends: datetime) -> tuple[SheetRow, ...]:
    """Return what each member of staff did with redemptions between two instants."""
    rows = session.execute(
        select(
            RedemptionMove.staff_id,
            RedemptionMove.name,
            func.count(),
            func.sum(Redemption.price),
        )
        .join(Redemption, Redemption.id == RedemptionMove.redemption_id)
        .where(
            RedemptionMove.staff_id.is_not(None),
            RedemptionMove.at >= begins,
            RedemptionMove.at < ends,
        )
        .group_by(RedemptionMove.staff_id, RedemptionMove.name)
        .order_by(RedemptionMove.staff_id, RedemptionMove.name)
    ).all()
    names = accounts.staff_names(session, [row[0] for row in rows if row[0] is not None])
    return tuple(
        SheetRow(names.get(staff_id or 0, ""), name, count, int(points))
        for staff_id, name, count, points in rows
    )


def totals(session: Session) -> dict[str, int]:
    """Return what the house gave and took in all, by its accounts' numbers (`rules.House`)."""
    is_given = Transfer.debit_id < FIRST_PERSONAL
    house = case((is_given, Transfer.debit_id), else_=Transfer.credit_id)
    rows = session.execute(
        select(house, func.sum(case((is_given, Transfer.amount), else_=-Transfer.amount)))
        .where(Transfer.phase.in_((Phase.SINGLE, Phase.POST)))
        .group_by(house)
        .order_by(house)
    )
    return {str(number): int(amount) for number, amount in rows}
