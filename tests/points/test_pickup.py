"""The code that changes every minute."""

import pytest
from sqlalchemy.orm import Session

import points
from points import fulfilment, pickup
from points.errors import CodeLocked, IllegalMove, NoteRequired, OwnAffair, WrongCode
from points.events import RedemptionFulfilled
from points.keys import Keys
from points.models import PickupCode
from tests import factories
from tests.points.conftest import Clock
from tests.points.counter import Case


@pytest.fixture
def case(session: Session, time: Clock, keys: Keys) -> Case:
    return Case(session, keys)


def show(case: Case) -> pickup.Pickup:
    return fulfilment.show_pickup(
        case.session, redemption_id=case.id, citizen_id=case.citizen_id, keys=case.keys
    )


def test_two_open_pages_show_the_same(case: Case):
    assert show(case) == show(case)


def test_it_changes_every_minute_and_the_one_before_still_opens(case: Case, time: Clock):
    first = show(case)
    time.forward(seconds=60)
    assert show(case).code != first.code
    case.hand_over(first.code).check()


def test_a_screenshot_opens_nothing_after_two_minutes(case: Case, time: Clock):
    first = show(case)
    time.forward(seconds=120)
    show(case)
    assert first.valid_until <= time.instant
    with pytest.raises(WrongCode):
        case.hand_over(first.code).check()


def test_a_code_opens_as_long_as_it_says(case: Case, time: Clock):
    first = show(case)
    time.instant = first.valid_until
    time.forward(milliseconds=-50)
    case.hand_over(first.code).check()


def test_nobody_has_a_code_whose_page_was_never_open(case: Case):
    code = show(case).code
    case.session.delete(case.session.get_one(PickupCode, case.id))
    case.session.flush()
    with pytest.raises(WrongCode):
        case.hand_over(code).check()


def test_the_page_stays_locked_after_five_wrong_codes_until_another_is_asked_for(case: Case):
    shown = show(case)
    wrong = f"{(int(shown.code) + 1) % 10**8:08}"
    for _ in range(pickup.TRIES):
        case.hand_over(wrong)
    with pytest.raises(CodeLocked):
        show(case)
    fresh = case.pickup()
    assert show(case) == fresh
    case.hand_over(fresh.code).check()


def test_what_the_database_holds_makes_no_code_without_our_key(case: Case, keys: Keys):
    shown = show(case)
    seed = case.session.get_one(PickupCode, case.id).mac
    step = int(shown.valid_until.timestamp()) // 60 - 2
    assert pickup._code(keys, case.id, seed, step) == shown.code
    other = Keys.of("another secret that is long enough for this")
    assert pickup._code(other, case.id, seed, step) != shown.code


@pytest.mark.parametrize("typed", ["", "x", "1" * 9, "１２３４５６７８", "'; --", "9" * 5000])
def test_garbage_is_a_wrong_code(case: Case, typed: str):
    show(case)
    assert case.hand_over(typed).tries_left == 4


def ship(case: Case, *, key: str | None = None, tracking_no: str = "SF1234567890") -> None:
    fulfilment.ship(
        case.session,
        redemption_id=case.id,
        staff_id=case.staff_id,
        carrier="顺丰",
        tracking_no=tracking_no,
        request_key=key or factories.key(),
    )


def test_goods_that_are_sent_are_fulfilled_with_their_number(case: Case, heard: list[object]):
    ship(case, key="a key to ship")
    ship(case, key="a key to ship")
    assert (case.status, case.balance) == ("fulfilled", (900, 0))
    (told,) = (each for each in heard if isinstance(each, RedemptionFulfilled))
    assert told.note == "已寄出：顺丰 SF1234567890"
    with pytest.raises(IllegalMove):
        ship(case)


def test_nothing_is_sent_without_a_number_or_to_oneself(case: Case):
    with pytest.raises(NoteRequired):
        ship(case, tracking_no="  ")
    points.mark_insider(
        case.session, citizen_id=case.citizen_id, staff_id=case.staff_id, note="兑换点人员"
    )
    with pytest.raises(OwnAffair):
        ship(case)
