"""Jobs of points. Each finds its own work in the rows, so that each is its own sweeper."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from kernel import clock
from kernel.database import transaction
from kernel.jobs import job, send

from . import (
    book_checks,
    expiry,
    fulfilment,
    keys,
    provider,
    recharge,
    reconciliation,
    requests,
    sealing,
    traces,
)
from .errors import ClockDoubted

log = logging.getLogger(__name__)

ANSWERS_KEPT_DAYS = 90
T = TypeVar("T")


@job("points.seal")
def seal() -> None:
    """Seal new transfers, every few seconds. No sweeper: the next run finds the rest."""
    while _in_transaction(lambda session: sealing.seal(session, keys.current())) == sealing.BATCH:
        pass


@job("points.lapse_redemptions")
def lapse_redemptions() -> None:
    """End what nobody picked up. No sweeper: the next run finds the rest."""
    for redemption_id in _in_transaction(fulfilment.lapsing):
        with transaction() as session:
            fulfilment.lapse(session, redemption_id=redemption_id)


@job("points.recharge")
def recharge_due() -> None:
    """Find orders of phone credit to make or to ask about. No sweeper: it is one."""
    if provider.connected() is None:
        return
    for redemption_id in _in_transaction(recharge.due):
        send("points.order_credit", str(redemption_id))


@job("points.order_credit")
def order_credit(redemption_id: str) -> None:
    """Make one order, or ask about it. Sweeper: `points.recharge`."""
    connected = provider.connected()
    if connected is None:
        return
    with transaction() as session:
        order = recharge.claim(session, UUID(redemption_id), keys.current())
    if order is not None:
        outcome = recharge.call(connected, order)
        with transaction() as session:
            recharge.settle(session, order.order_no, outcome)


@job("points.expire")
def expire() -> None:
    """Expire what is past its date, and warn of what soon is; runs hourly, works once a day.

    No sweeper: the next run finds the rest. A clock that jumped stops it with an alarm in the log.
    """
    try:
        with transaction() as session:
            day, is_new = expiry.begin_day(session)
            if is_new:
                expiry.warn(session, day=day)
    except ClockDoubted:
        log.exception("expiry stopped: the date jumped; flask points confirm-day")
        return
    while lots := _in_transaction(lambda session: expiry.due(session, day=day)):
        for lot in lots:
            with transaction() as session:
                expiry.expire_lot(session, lot, day=day)


@job("points.close_day")
def close_day() -> None:
    """Seal stragglers, anchor yesterday, check the chain's last week, reconcile; once a day.

    No sweeper: runs hourly, and the next run does what this one could not.
    """
    with transaction() as session:
        _, is_new = expiry.begin_day(session, job="close", is_careful=False)
    if not is_new:
        return
    while _in_transaction(lambda s: sealing.seal(s, keys.current(), everything=True)):
        pass
    with transaction() as session:
        sealing.anchor(session, day=clock.city_day(clock.now()) - timedelta(days=1))
        verdict = sealing.verify(session, keys.current(), start=sealing.week_ago(session))
        reconciliation.reconcile(session)
        requests.forget(session, days=ANSWERS_KEPT_DAYS)
        traces.forget(session)
    if not verdict.is_whole:
        log.error("the chain is broken at %s: %s", verdict.first_broken, verdict.why)


@job("points.check_books")
def check_books() -> None:
    """Check the books where somebody asked for it, check by check, so that the desk sees how far.

    No sweeper: it is one. The next run goes on where a dead worker left.
    """
    while (run_id := _in_transaction(book_checks.claim)) is not None:
        while _in_transaction(partial(book_checks.go_on, run_id=run_id)):
            pass


def _in_transaction(work: Callable[[Session], T]) -> T:
    with transaction() as session:
        return work(session)
