"""The end of points, and a clock that cannot be trusted."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kernel import clock
from points import appeals, expiry, fulfilment
from points.errors import ClockDoubted, SecondPersonRequired
from points.events import PointsExpireSoon
from points.keys import Keys
from points.models import DailyRun
from points.rules import Sort
from tests import factories
from tests.points import invariants
from tests.points.conftest import Clock
from tests.points.mall import an_item, balance, give, redeem, rich_citizen, settle

TODAY = date(2026, 11, 16)


def expire_all(session: Session, day: date) -> int:
    return sum(expiry.expire_lot(session, lot, day=day) for lot in expiry.due(session, day=day))


def test_points_expire_after_their_day_and_not_before(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, 50, expires_on=TODAY)
    assert expire_all(session, TODAY) == 0
    assert expire_all(session, TODAY + timedelta(days=1)) == 50
    assert expire_all(session, TODAY + timedelta(days=1)) == 0
    assert balance(session, citizen_id) == (0, 0)
    settle(session)
    assert invariants.broken(session) == []


def test_held_points_stay_held(session: Session, time: Clock, keys: Keys):
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, 150, expires_on=TODAY)
    item_id = an_item(session, sort=Sort.VOUCHER, keys=keys)
    redeem(session, citizen_id, item_id, keys).check()
    assert expire_all(session, TODAY + timedelta(days=1)) == 50
    assert balance(session, citizen_id) == (0, 100)


def test_a_lot_that_gets_points_back_expires_again(session: Session, time: Clock, keys: Keys):
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, 150, expires_on=TODAY)
    item_id = an_item(session, sort=Sort.VOUCHER, keys=keys)
    made = redeem(session, citizen_id, item_id, keys).check()
    time.forward(days=1)
    assert expire_all(session, TODAY + timedelta(days=1)) == 50
    fulfilment.cancel(
        session, redemption_id=made, citizen_id=citizen_id, request_key=factories.key()
    )
    assert expire_all(session, TODAY + timedelta(days=1)) == 100
    settle(session)
    assert invariants.broken(session) == []


def test_frozen_points_wait(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, 50, expires_on=TODAY)
    staff_id = factories.a_member_of_staff(session)
    appeals.freeze(session, citizen_id=citizen_id, staff_id=staff_id, reason="核实")
    assert expire_all(session, TODAY + timedelta(days=1)) == 0


def test_a_day_begins_once(session: Session, time: Clock):
    assert expiry.begin_day(session) == (TODAY, True)
    assert expiry.begin_day(session) == (TODAY, False)
    time.forward(days=1)
    assert expiry.begin_day(session) == (TODAY + timedelta(days=1), True)


@pytest.mark.parametrize("days", [-1, -366, 4, 365])
def test_a_clock_that_jumped_stops_the_day(session: Session, time: Clock, days: int):
    expiry.begin_day(session)
    time.forward(days=days)
    with pytest.raises(ClockDoubted):
        expiry.begin_day(session)


def test_two_people_may_confirm_a_day_that_is_far_ahead_but_not_one_that_is_over(
    session: Session, time: Clock
):
    expiry.begin_day(session)
    one, other = (factories.a_member_of_staff(session) for _ in range(2))
    time.forward(days=30)
    with pytest.raises(SecondPersonRequired):
        expiry.begin_day(session, actor_id=one, approver_id=one)
    with pytest.raises(ClockDoubted):
        expiry.begin_day(session, actor_id=one)
    assert expiry.begin_day(session, actor_id=one, approver_id=other)[1]
    time.forward(days=-60)
    with pytest.raises(ClockDoubted):
        expiry.begin_day(session, actor_id=one, approver_id=other)
    session.add(DailyRun(job="x", business_on=TODAY, actor_id=one, approver_id=one))
    with pytest.raises(DBAPIError, match="seen_by_two"):
        session.flush()


def test_a_long_weekend_is_no_jump(session: Session, time: Clock):
    expiry.begin_day(session)
    time.forward(days=3)
    assert expiry.begin_day(session)[1]


def test_points_are_given_a_date_that_no_clock_moves(session: Session, time: Clock):
    """The date is in the lot: going back and forth changes nothing of it."""
    citizen_id = rich_citizen(session)
    for days in (400, -800, 400):
        time.forward(days=days)
        give(session, citizen_id, 1)
    assert expire_all(session, clock.city_day(clock.now())) == 0
    settle(session)
    assert invariants.broken(session) == []


def test_people_are_told_a_month_and_a_week_before(
    session: Session, time: Clock, heard: list[object]
):
    for ahead in (30, 7, 8, 29):
        give(session, factories.a_citizen(session), ahead, expires_on=TODAY + timedelta(days=ahead))
    assert expiry.warn(session, day=TODAY) == 2
    told = [event for event in heard if isinstance(event, PointsExpireSoon)]
    assert sorted(event.points for event in told) == [7, 30]
