"""Reads for the desk: each transfer with its cause, what waits for a second person, sums."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

import accounts

from .models import (
    Account,
    Anchor,
    DailyRun,
    Item,
    ItemVersion,
    Proposal,
    Redemption,
    RedemptionMove,
    Site,
    Transfer,
)
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


@dataclass(frozen=True)
class DayTotal:
    words: str
    count: int
    points: int


@dataclass(frozen=True)
class HandedOver:
    """Goods that a member of staff gave out; whose they were is the redemption's to say."""

    at: datetime
    no: int
    item_name: str
    points: int
    site_name: str | None
    staff_name: str


@dataclass(frozen=True)
class AnchorRow:
    """What may be published of a day: the chain's place and head, and the house's totals."""

    day: date
    seq: int
    head: str
    totals: dict[str, int]


@dataclass(frozen=True)
class Condition:
    closed_on: date | None
    expired_on: date | None
    frozen_wallets: int
    frozen_items: tuple[int, ...]
    anchors: tuple[AnchorRow, ...]


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


def day_totals(session: Session, *, begins: datetime, ends: datetime) -> tuple[DayTotal, ...]:
    """Return what moved between two instants, by kind: how often, and how many points."""
    rows = session.execute(
        select(Transfer.code, Transfer.phase, func.count(), func.sum(Transfer.amount))
        .where(Transfer.at >= begins, Transfer.at < ends)
        .group_by(Transfer.code, Transfer.phase)
        .order_by(Transfer.code, Transfer.phase)
    )
    return tuple(
        DayTotal(_phase_words(Code(code), Phase(phase)), count, int(points))
        for code, phase, count, points in rows
    )


def _phase_words(code: Code, phase: Phase) -> str:
    """Say what a transfer of two phases did: 兑换冻结, 兑换支出, 兑换退回."""
    ending = {Phase.SINGLE: "", Phase.PENDING: "冻结", Phase.POST: "支出", Phase.VOID: "解冻退回"}
    return f"{SHAPES[code].words}{ending[phase]}"


def handed_over(
    session: Session, *, begins: datetime, ends: datetime, limit: int = 5000
) -> tuple[HandedOver, ...]:
    """Return what was given out between two instants by people, in its order."""
    rows = session.execute(
        select(
            RedemptionMove.at,
            Redemption.no,
            ItemVersion.name,
            Redemption.price,
            Site.name.label("site_name"),
            RedemptionMove.staff_id,
        )
        .join(Redemption, Redemption.id == RedemptionMove.redemption_id)
        .join(
            ItemVersion,
            (ItemVersion.item_id == Redemption.item_id)
            & (ItemVersion.version == Redemption.item_version),
        )
        .outerjoin(Site, Site.id == Redemption.site_id)
        .where(
            RedemptionMove.staff_id.is_not(None),
            RedemptionMove.name == "fulfil",
            RedemptionMove.at >= begins,
            RedemptionMove.at < ends,
        )
        .order_by(RedemptionMove.at, Redemption.no)
        .limit(limit)
    ).all()
    names = accounts.staff_names(session, [row.staff_id for row in rows])
    return tuple(HandedOver(*row[:5], names.get(row.staff_id, "")) for row in rows)


def redemption_numbers(session: Session, rows: Iterable[TransferRow]) -> dict[str, int]:
    """Return the numbers that people say of the redemptions that caused these transfers."""
    ids = {UUID(row.source_id) for row in rows if row.source_kind == "redemption"}
    found = session.execute(select(Redemption.id, Redemption.no).where(Redemption.id.in_(ids)))
    return {str(row.id): row.no for row in found}


def condition(session: Session) -> Condition:
    """Return when the books were closed last, and how many people's points and items are stopped."""
    return Condition(
        closed_on=session.scalar(
            select(func.max(DailyRun.business_on)).where(DailyRun.job == "close")
        ),
        expired_on=session.scalar(
            select(func.max(DailyRun.business_on)).where(DailyRun.job == "expiry")
        ),
        frozen_wallets=session.scalar(
            select(func.count()).select_from(Account).where(Account.is_frozen)
        )
        or 0,
        frozen_items=tuple(
            session.scalars(select(Item.id).where(Item.is_frozen).order_by(Item.id))
        ),
        anchors=anchors(session, limit=7),
    )


def anchors(session: Session, *, before: date | None = None, limit: int) -> tuple[AnchorRow, ...]:
    """Return the anchors of days before a day, newest first; none of the day that is not over."""
    wanted = select(Anchor).order_by(Anchor.day.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Anchor.day < before)
    return tuple(
        AnchorRow(row.day, row.seq, row.head.hex(), {k: int(str(v)) for k, v in row.totals.items()})
        for row in session.scalars(wanted)
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
