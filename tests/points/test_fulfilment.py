"""From the request to the end: who may do what, and where the points are afterwards."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from points import adjustments, fulfilment
from points.errors import (
    CodeLocked,
    IllegalMove,
    KeyReused,
    NoteRequired,
    OwnAffair,
    RedemptionNotFound,
    WrongCode,
)
from points.events import RedemptionFulfilled, RedemptionLapsed, RedemptionRefused
from points.keys import Keys
from points.pickup import HandOver
from points.rules import Period
from tests import factories
from tests.points import invariants
from tests.points.conftest import Clock
from tests.points.counter import Case
from tests.points.mall import balance, give, goods, redeem, settle


@pytest.fixture
def case(session: Session, time: Clock, keys: Keys) -> Case:
    return Case(session, keys)


def test_whoever_shows_the_code_gets_the_goods(case: Case, heard: list[object]):
    case.hand_over(case.pickup().code, site_id=case.site_id).check()
    assert (case.status, case.balance) == ("fulfilled", (900, 0))
    assert isinstance(heard[-1], RedemptionFulfilled)
    settle(case.session)
    assert invariants.broken(case.session) == []


def test_the_words_of_the_qr_code_hold_number_and_code(case: Case):
    pickup = case.pickup()
    assert pickup.words == f"BX1:{case.no}:{pickup.code}"
    assert len(pickup.code) == 8


def test_nothing_is_handed_over_without_the_code(case: Case):
    assert case.hand_over("00000000") == HandOver(WrongCode.code, None)
    assert case.status == "ready"


def test_five_wrong_codes_lock_it_until_a_fresh_code_is_made(case: Case):
    right = case.pickup().code
    wrong = "1" * 8 if right != "1" * 8 else "2" * 8
    assert [case.hand_over(wrong).tries_left for _ in range(5)] == [4, 3, 2, 1, 0]
    with pytest.raises(CodeLocked):
        case.hand_over(right).check()
    assert case.status == "ready"
    case.hand_over(case.pickup().code).check()


def test_the_same_try_twice_counts_once(case: Case):
    case.pickup()
    first, again = (case.hand_over("nonsense", key="a try" * 3) for _ in range(2))
    assert first == again == HandOver(WrongCode.code, 4)


def test_a_code_opens_once(case: Case):
    code = case.pickup().code
    case.hand_over(code, key="a try" * 3).check()
    case.hand_over(code, key="a try" * 3).check()  # the page was sent twice
    with pytest.raises(IllegalMove):
        case.hand_over(code)


def test_a_code_that_was_rotated_opens_nothing(case: Case):
    old, new = case.pickup().code, case.pickup().code
    with pytest.raises(WrongCode):
        case.hand_over(old).check()
    case.hand_over(new).check()


def test_a_code_dies_after_half_an_hour(case: Case, time: Clock):
    code = case.pickup().code
    time.forward(minutes=31)
    with pytest.raises(WrongCode):
        case.hand_over(code).check()
    assert case.status == "ready"


def test_a_code_of_another_redemption_opens_nothing(case: Case):
    other = Case(case.session, case.keys)
    case.pickup()
    with pytest.raises(WrongCode):
        case.hand_over(other.pickup().code).check()


def test_the_code_is_nowhere_in_the_database(case: Case):
    code = case.pickup().code
    case.hand_over(code)
    rows = case.session.execute(
        text(
            "SELECT p::text FROM points_pickup_codes p UNION ALL SELECT r::text FROM points_requests r"
        )
    )
    assert all(code not in str(row) for row in rows)


def test_goods_wait_at_their_own_site(case: Case):
    _, elsewhere = goods(case.session)
    with pytest.raises(IllegalMove):
        case.hand_over(case.pickup().code, site_id=elsewhere)


def test_nobody_asks_for_another_persons_code(case: Case):
    stranger = factories.a_citizen(case.session)
    with pytest.raises(RedemptionNotFound):
        fulfilment.rotate_pickup(
            case.session, redemption_id=case.id, citizen_id=stranger, keys=case.keys
        )
    with pytest.raises(RedemptionNotFound):
        fulfilment.cancel(
            case.session, redemption_id=case.id, citizen_id=stranger, request_key=factories.key()
        )


def test_nobody_at_the_desk_deals_with_his_own(case: Case):
    adjustments.mark_insider(
        case.session, citizen_id=case.citizen_id, note="坐席", staff_id=case.staff_id
    )
    for act in (case.approve, case.refuse, lambda: case.hand_over("12345678")):
        with pytest.raises(OwnAffair):
            act()


def test_a_cancelled_redemption_gives_everything_back(case: Case):
    case.cancel()
    assert (case.status, case.balance, case.free_units()) == ("cancelled", (1000, 0), 5)
    settle(case.session)
    assert invariants.broken(case.session) == []


def test_a_repeated_cancellation_does_nothing(case: Case):
    case.cancel(key="a tap" * 3)
    case.cancel(key="a tap" * 3)
    with pytest.raises(IllegalMove):
        case.cancel()
    assert case.balance == (1000, 0)


def test_a_key_that_did_something_else_is_refused(case: Case):
    case.cancel(key="a tap" * 3)
    with pytest.raises(KeyReused):
        case.refuse(key="a tap" * 3)


def test_what_was_handed_over_cannot_be_cancelled_or_refused(case: Case):
    case.hand_over(case.pickup().code).check()
    for act in (case.cancel, case.refuse, case.approve):
        with pytest.raises(IllegalMove):
            act()
    assert case.balance == (900, 0)


def test_a_refusal_has_a_reason_and_gives_everything_back(case: Case, heard: list[object]):
    with pytest.raises(NoteRequired):
        case.refuse("  ")
    # the edge would have rolled back; the key above is new each time
    case.refuse("杯子破损")
    assert (case.status, case.balance, case.free_units()) == ("refused", (1000, 0), 5)
    event = heard[-1]
    assert isinstance(event, RedemptionRefused)
    assert event.note == "杯子破损"


def test_what_needs_approval_is_approved_once(session: Session, time: Clock, keys: Keys):
    case = Case(session, keys, needs_approval=True)
    with pytest.raises(IllegalMove):
        case.pickup()
    case.approve()
    with pytest.raises(IllegalMove):
        case.approve()
    case.hand_over(case.pickup().code).check()


def test_what_nobody_picks_up_lapses(case: Case, time: Clock, heard: list[object]):
    assert fulfilment.lapsing(case.session) == ()
    assert not fulfilment.lapse(case.session, redemption_id=case.id)
    time.forward(days=15)
    assert case.id in fulfilment.lapsing(case.session)
    assert fulfilment.lapse(case.session, redemption_id=case.id)
    assert not fulfilment.lapse(case.session, redemption_id=case.id)
    assert (case.status, case.balance, case.free_units()) == ("lapsed", (1000, 0), 5)
    assert isinstance(heard[-1], RedemptionLapsed)


def test_an_undone_redemption_frees_its_place_within_the_limit(
    session: Session, time: Clock, keys: Keys
):
    case = Case(session, keys, limit_count=1, limit_period=Period.EVER)
    again = redeem(session, case.citizen_id, case.item_id, keys, site_id=case.site_id)
    assert again.refusal == "limit_reached"
    case.cancel()
    assert redeem(session, case.citizen_id, case.item_id, keys, site_id=case.site_id).check()


def test_points_that_come_back_late_by_our_fault_get_days_of_grace(
    session: Session, time: Clock, keys: Keys
):
    case = Case(session, keys, needs_approval=True)
    poor = factories.a_citizen(session)
    give(session, poor, 60, expires_on=date(2026, 11, 20))
    give(session, poor, 40, expires_on=date(2026, 12, 31))
    made = redeem(session, poor, case.item_id, keys, site_id=case.site_id).check()
    time.forward(days=10)
    fulfilment.refuse(
        session,
        redemption_id=made,
        staff_id=case.staff_id,
        note="停办",
        request_key=factories.key(),
    )
    assert balance(session, poor) == (100, 0)
    lots = session.execute(
        text(
            "SELECT expires_on, free FROM points_lots WHERE free > 0 AND account_id ="
            " (SELECT id FROM points_accounts WHERE citizen_id = :c) ORDER BY 1"
        ),
        {"c": poor},
    ).all()
    assert [tuple(lot) for lot in lots] == [(date(2026, 12, 26), 60), (date(2026, 12, 31), 40)]
    settle(session)
    assert invariants.broken(session) == []


def test_who_cancels_late_himself_gets_no_grace(session: Session, time: Clock, keys: Keys):
    item_id, site_id = goods(session)
    poor = factories.a_citizen(session)
    give(session, poor, 100, expires_on=date(2026, 11, 20))
    made = redeem(session, poor, item_id, keys, site_id=site_id).check()
    time.forward(days=10)
    fulfilment.cancel(session, redemption_id=made, citizen_id=poor, request_key=factories.key())
    assert redeem(session, poor, item_id, keys, site_id=site_id).refusal == "insufficient_points"
