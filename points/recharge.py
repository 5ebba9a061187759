"""Phone credit: ordered once under one number for ever, and asked about until it is known.

That an order is on its way is committed before it leaves, so that a crash in between finds it
"sent" and asks. Only the provider's definite word posts or voids the points.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from . import fulfilment
from .errors import RedemptionNotFound
from .keys import Keys
from .models import Alarm, ProviderEvent, Recharge, Redemption
from .provider import Outcome, Provider, Unsure
from .rules import By, Status

log = logging.getLogger(__name__)

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
_CLAIM = timedelta(minutes=2)  # longer than any call: nobody else asks meanwhile
_MOVES = {Outcome.DONE: ("fulfil", "done"), Outcome.FAILED: ("fail", "failed")}


@dataclass(frozen=True)
class Order:
    """Something to order, or (`is_new` false) to ask about."""

    order_no: str
    phone: str
    fen: int
    is_new: bool


def due(session: Session, *, limit: int = 200) -> tuple[UUID, ...]:
    """Return orders that must be made or asked about now."""
    found = session.scalars(
        select(Recharge.redemption_id)
        .join(Redemption, Redemption.id == Recharge.redemption_id)
        .where(
            Recharge.state.in_(("owed", "sent")),
            Recharge.next_at <= clock.now(),
            Redemption.status == Status.READY,
        )
        .order_by(Recharge.next_at)
        .limit(limit)
    )
    return tuple(found)


def claim(session: Session, redemption_id: UUID, keys: Keys) -> Order | None:
    """Take an order for this process; commit before calling. None: not due, or somebody has it."""
    kept = session.scalar(
        select(Recharge)
        .join(Redemption, Redemption.id == Recharge.redemption_id)
        .where(
            Recharge.redemption_id == redemption_id,
            Recharge.state.in_(("owed", "sent")),
            Recharge.next_at <= clock.now(),
            Redemption.status == Status.READY,
        )
        .with_for_update(of=Recharge, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if kept is None:
        return None
    is_new = kept.state == "owed"
    if is_new:
        kept.state, kept.sent_at = "sent", clock.now()
    kept.next_at = clock.now() + _CLAIM
    session.flush()
    phone = keys.decrypt(kept.phone_sealed, place=f"recharge:{kept.order_no}")
    return Order(kept.order_no, phone, kept.fen, is_new)


def call(provider: Provider, order: Order) -> Outcome:
    """Order or ask, with no transaction open; not knowing is an outcome too."""
    try:
        if order.is_new:
            return provider.order(order_no=order.order_no, phone=order.phone, fen=order.fen)
        return provider.ask(order.order_no)
    except Unsure as trouble:
        log.warning("order %s: %s", order.order_no, trouble)
        return Outcome.WAITING


def settle(session: Session, order_no: str, outcome: Outcome) -> None:
    """Act on what is known of an order; the same again does nothing.

    A definite word against an earlier definite word raises an alarm and changes nothing.
    """
    redemption_id = session.scalar(
        select(Recharge.redemption_id).where(Recharge.order_no == order_no)
    )
    if redemption_id is None:
        raise RedemptionNotFound
    purse, redemption = fulfilment.locked(session, redemption_id)
    kept = session.get_one(Recharge, redemption_id, populate_existing=True)
    if outcome not in _MOVES:
        kept.asked += 1
        kept.next_at = clock.now() + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(kept.asked, 10))
        return
    move, state = _MOVES[outcome]
    if kept.state == state:
        return
    if kept.state != "sent":
        _alarm(session, kept, outcome)
        return
    kept.state = state
    fulfilment.move(session, purse, redemption, move, by=By.HOUSE)


def hear(session: Session, *, event_id: str, order_no: str, outcome: Outcome) -> bool:
    """Act on a message of the provider, whose signature was checked; tell whether it was new."""
    made = session.scalar(
        insert(ProviderEvent)
        .values(id=event_id, order_no=order_no, outcome=outcome)
        .on_conflict_do_nothing()
        .returning(ProviderEvent.id)
    )
    if made is None:
        return False
    settle(session, order_no, outcome)
    return True


def compare(
    session: Session, statement: Mapping[str, Outcome], *, first: date, last: date
) -> tuple[str, ...]:
    """Compare the provider's statement of some days with our orders; return what differs.

    An order that we did not know the end of ends as the statement says. All else that differs
    rings and moves nothing: both sides have said something else before.
    """
    begins, ends = (
        datetime.combine(day, time(), clock.CITY) for day in (first, last + timedelta(days=1))
    )
    ours = {
        kept.order_no: kept
        for kept in session.scalars(
            select(Recharge).where(
                or_(
                    and_(Recharge.sent_at >= begins, Recharge.sent_at < ends),
                    Recharge.order_no.in_(statement),
                )
            )
        )
    }
    differences = [f"{number}: not ours" for number in sorted(statement.keys() - ours.keys())]
    for number, kept in sorted(ours.items()):
        said = statement.get(number)
        if said in _MOVES and kept.state == "sent":
            settle(session, number, said)
        elif (said or Outcome.UNHEARD) != _SAID_OF.get(kept.state, Outcome.WAITING):
            _alarm(session, kept, said or Outcome.UNHEARD)
            differences.append(f"{number}: {kept.state} here, {said or 'not there'}")
    return tuple(differences)


_SAID_OF = {"done": Outcome.DONE, "failed": Outcome.FAILED}


def _alarm(session: Session, kept: Recharge, outcome: Outcome) -> None:
    log.error("order %s is %s here and %s at the provider", kept.order_no, kept.state, outcome)
    session.execute(
        insert(Alarm)
        .values(
            check="provider",
            subject=f"redemption:{kept.redemption_id}",
            detail=f"order {kept.order_no} is {kept.state} here, {outcome} at the provider",
        )
        .on_conflict_do_nothing()
    )
