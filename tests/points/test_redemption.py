"""Residents redeem: one answer for one request, nothing oversold, nothing beyond the limit."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel import clock
from points import appeals, catalogue
from points.errors import (
    BadKey,
    BadPhone,
    InsufficientPoints,
    KeyReused,
    SoldOut,
    UnknownSite,
)
from points.events import RedemptionFulfilled, RedemptionReady, RedemptionRequested
from points.keys import Keys
from points.models import Redemption
from points.rules import Period, Sort
from tests import factories
from tests.points import invariants
from tests.points.conftest import Clock
from tests.points.mall import (
    MUG,
    an_item,
    award,
    balance,
    give,
    goods,
    one,
    redeem,
    rich_citizen,
    settle,
)


def test_a_redemption_holds_the_price_and_a_unit(
    session: Session, time: Clock, keys: Keys, heard: list[object]
):
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
    redemption_id = redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
    assert balance(session, citizen_id) == (900, 100)
    made = session.get_one(Redemption, redemption_id)
    assert (made.unit_no, made.price, made.status) == (1, 100, "ready")
    (event,) = heard
    assert isinstance(event, RedemptionReady)
    assert (event.no, event.item_name) == (made.no, MUG.name)
    settle(session)
    assert invariants.broken(session) == []


def test_a_repeated_request_gets_the_first_answer(
    session: Session, time: Clock, keys: Keys, heard: list[object]
):
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
    first, again = (
        redeem(session, citizen_id, item_id, keys, site_id=site_id, request_key="a tap" * 3)
        for _ in range(2)
    )
    assert first == again
    assert balance(session, citizen_id) == (900, 100)
    assert len(heard) == 1


def test_a_key_that_asked_for_something_else_is_refused(session: Session, time: Clock, keys: Keys):
    citizen_id, (mug, site_id) = rich_citizen(session), goods(session)
    other = an_item(session, site_id=site_id)
    redeem(session, citizen_id, mug, keys, site_id=site_id, request_key="a tap" * 3)
    with pytest.raises(KeyReused):
        redeem(session, citizen_id, other, keys, site_id=site_id, request_key="a tap" * 3)
    assert balance(session, citizen_id) == (900, 100)


def test_the_same_key_of_another_person_is_another_request(
    session: Session, time: Clock, keys: Keys
):
    item_id, site_id = goods(session)
    for citizen_id in (rich_citizen(session), rich_citizen(session)):
        answer = redeem(session, citizen_id, item_id, keys, site_id=site_id, request_key="tap" * 3)
        assert answer.check()


@pytest.mark.parametrize("request_key", ["", "short", "x" * 101, "with\nnewline"])
def test_a_key_that_is_none_is_refused(session: Session, time: Clock, keys: Keys, request_key: str):
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
    with pytest.raises(BadKey):
        redeem(session, citizen_id, item_id, keys, site_id=site_id, request_key=request_key)


def test_a_no_stays_a_no_under_its_key(session: Session, time: Clock, keys: Keys):
    """Points that come in later do not make a redemption out of an old tap."""
    citizen_id, (item_id, site_id) = rich_citizen(session, 99), goods(session)
    first = redeem(session, citizen_id, item_id, keys, site_id=site_id, request_key="a tap" * 3)
    with pytest.raises(InsufficientPoints):
        first.check()
    give(session, citizen_id, 100)
    again = redeem(session, citizen_id, item_id, keys, site_id=site_id, request_key="a tap" * 3)
    assert again == first
    assert redeem(session, citizen_id, item_id, keys, site_id=site_id).check()


def test_a_forgotten_request_is_still_stopped_by_the_limit(
    session: Session, time: Clock, keys: Keys
):
    citizen_id = rich_citizen(session)
    item_id, site_id = goods(session, limit_count=1, limit_period=Period.EVER)
    redeem(session, citizen_id, item_id, keys, site_id=site_id, request_key="a tap" * 3).check()
    session.execute(text("DELETE FROM points_requests"))
    again = redeem(session, citizen_id, item_id, keys, site_id=site_id, request_key="a tap" * 3)
    assert again.refusal == "limit_reached"


def test_a_forgotten_award_is_still_stopped_by_its_cause(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 1)
    session.execute(text("DELETE FROM points_requests"))
    award(session, citizen_id, 1)
    assert balance(session, citizen_id) == (10, 0)


def test_exactly_the_stock_is_sold(session: Session, time: Clock, keys: Keys):
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session, stock=2)
    answers = [redeem(session, citizen_id, item_id, keys, site_id=site_id) for _ in range(3)]
    assert [answer.refusal for answer in answers] == [None, None, SoldOut.code]
    assert balance(session, citizen_id) == (800, 200)
    assert invariants.broken(session) == []


def test_a_refusal_leaves_nothing_behind(session: Session, time: Clock, keys: Keys):
    citizen_id, (item_id, site_id) = rich_citizen(session, 99), goods(session)
    redeem(session, citizen_id, item_id, keys, site_id=site_id)
    assert (
        one(session, "SELECT count(*) FROM points_units WHERE item_id = :i AND is_free", i=item_id)
        == 5
    )
    assert balance(session, citizen_id) == (99, 0)


def test_goods_of_another_site_are_not_here(session: Session, time: Clock, keys: Keys):
    citizen_id, (item_id, _) = rich_citizen(session), goods(session)
    _, elsewhere = goods(session)
    assert redeem(session, citizen_id, item_id, keys, site_id=elsewhere).refusal == "sold_out"


@pytest.mark.parametrize("period", [Period.DAY, Period.MONTH, Period.YEAR, Period.EVER])
def test_a_limit_holds_for_its_period(session: Session, time: Clock, keys: Keys, period: Period):
    citizen_id = rich_citizen(session)
    item_id, site_id = goods(session, limit_count=2, limit_period=period)

    def refusal() -> str | None:
        return redeem(session, citizen_id, item_id, keys, site_id=site_id).refusal

    assert [refusal(), refusal(), refusal()] == [None, None, "limit_reached"]
    time.forward(days={Period.DAY: 1, Period.MONTH: 16, Period.YEAR: 60, Period.EVER: 60}[period])
    assert refusal() == ("limit_reached" if period is Period.EVER else None)


@pytest.mark.parametrize(
    ("hours", "refusal"),
    [((-1, 1), None), ((1, 2), "not_offered"), ((-2, -1), "not_offered"), ((-1, None), None)],
)
def test_an_item_opens_and_closes(
    session: Session, time: Clock, keys: Keys, hours: tuple[int, int | None], refusal: str | None
):
    opens, closes = (None if h is None else clock.now() + timedelta(hours=h) for h in hours)
    citizen_id = rich_citizen(session)
    item_id, site_id = goods(session, opens_at=opens, closes_at=closes)
    assert redeem(session, citizen_id, item_id, keys, site_id=site_id).refusal == refusal


def test_what_is_not_listed_is_not_offered(session: Session, time: Clock, keys: Keys):
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
    catalogue.set_listed(session, item_id=item_id, is_listed=False)
    assert redeem(session, citizen_id, item_id, keys, site_id=site_id).refusal == "not_offered"
    assert redeem(session, citizen_id, 10**9, keys, site_id=None).refusal == "unknown_item"


def test_a_frozen_wallet_redeems_nothing(session: Session, time: Clock, keys: Keys):
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
    one, other = (factories.a_member_of_staff(session) for _ in range(2))
    appeals.freeze(session, citizen_id=citizen_id, staff_id=one, reason="核实")
    assert redeem(session, citizen_id, item_id, keys, site_id=site_id).refusal == "wallet_frozen"
    appeals.unfreeze(session, citizen_id=citizen_id, staff_id=other, reason="无误")
    assert redeem(session, citizen_id, item_id, keys, site_id=site_id).check()


def test_a_price_that_changed_meanwhile_must_be_confirmed(
    session: Session, time: Clock, keys: Keys
):
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
    staff_id = factories.a_member_of_staff(session)
    early = redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
    version = catalogue.change_item(
        session, item_id=item_id, terms=replace(MUG, price=500, name="新杯"), staff_id=staff_id
    )
    assert redeem(session, citizen_id, item_id, keys, site_id=site_id).refusal == "item_changed"
    late = redeem(session, citizen_id, item_id, keys, site_id=site_id, seen_version=version).check()
    prices = [session.get_one(Redemption, made).price for made in (early, late)]
    assert prices == [100, 500]
    settle(session)
    assert invariants.broken(session) == []


def test_a_site_must_be_chosen_for_goods_and_for_nothing_else(
    session: Session, time: Clock, keys: Keys
):
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
    voucher = an_item(session, sort=Sort.VOUCHER, keys=keys)
    for wrong_item, wrong_site in ((item_id, None), (item_id, 10**9), (voucher, site_id)):
        with pytest.raises(UnknownSite):
            redeem(session, citizen_id, wrong_item, keys, site_id=wrong_site)


@pytest.mark.parametrize("phone", [None, "1380013800", "238001380000", "13800138000x"])
def test_phone_credit_needs_a_mobile_number(
    session: Session, time: Clock, keys: Keys, phone: str | None
):
    citizen_id = rich_citizen(session)
    item_id = an_item(session, sort=Sort.CREDIT, worth_fen=1000)
    with pytest.raises(BadPhone):
        redeem(session, citizen_id, item_id, keys, phone=phone)


def test_a_donation_is_made_at_once(session: Session, time: Clock, keys: Keys, heard: list[object]):
    citizen_id = rich_citizen(session)
    item_id = an_item(session, sort=Sort.DONATION)
    redeem(session, citizen_id, item_id, keys).check()
    assert balance(session, citizen_id) == (900, 0)
    assert isinstance(heard[-1], RedemptionFulfilled)
    settle(session)
    assert invariants.broken(session) == []


def test_what_needs_approval_waits(session: Session, time: Clock, keys: Keys, heard: list[object]):
    citizen_id = rich_citizen(session)
    item_id, site_id = goods(session, needs_approval=True)
    redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
    assert isinstance(heard[-1], RedemptionRequested)
