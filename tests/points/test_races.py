"""Two at once, at every statement of the first; and what naive code does at the same places."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from kernel import clock
from points import adjustments, expiry, fulfilment, ledger, recharge
from points.keys import Keys
from points.redemption import Answer
from points.rules import Code, Sort
from tests import factories
from tests.points.mall import (
    an_item,
    award,
    balance,
    give,
    goods,
    redeem,
    rich_citizen,
)
from tests.points.rivals import Outcome, Sessions, Work, crowd, meetings
from tests.points.scenes import (
    last_one_twice,
    one_a_month_twice,
    redeems,
    same_points_twice,
    same_request_twice,
)

pytestmark = pytest.mark.timeout(300)


def both_answered(first: Outcome, second: Outcome) -> list[Answer]:
    for outcome in (first, second):
        if outcome.error is not None:
            raise outcome.error
    answers = [first.value, second.value]
    assert all(isinstance(answer, Answer) for answer in answers)
    return answers  # type: ignore[return-value]  # checked in the line before


def refusals(first: Outcome, second: Outcome) -> list[str]:
    return sorted(str(answer.refusal) for answer in both_answered(first, second))


def test_points_are_spent_once(racing: Sessions, keys: Keys):
    for _, first, second in meetings(racing, same_points_twice(keys)):
        assert refusals(first, second) == ["None", "insufficient_points"]


def test_the_last_one_is_sold_once(racing: Sessions, keys: Keys):
    for _, first, second in meetings(racing, last_one_twice(keys)):
        assert refusals(first, second) == ["None", "sold_out"]


def test_a_double_tap_is_one_redemption(racing: Sessions, keys: Keys):
    for _, first, second in meetings(racing, same_request_twice(keys)):
        one, other = both_answered(first, second)
        assert one == other
        assert one.redemption_id is not None


def test_one_a_month_is_one(racing: Sessions, keys: Keys):
    for _, first, second in meetings(racing, one_a_month_twice(keys)):
        assert refusals(first, second) == ["None", "limit_reached"]


def test_a_lot_expires_or_is_spent(racing: Sessions, keys: Keys):
    """Somebody redeems on the last second of a day whose expiry already runs."""

    def make(session: Session) -> tuple[Work, Work]:
        citizen_id, (item_id, site_id) = factories.a_citizen(session), goods(session)
        today = ledger.today()
        give(session, citizen_id, 100, expires_on=today)
        lot = expiry.Due(citizen_id, today)
        tomorrow = today + timedelta(days=1)
        return (
            redeems(keys, citizen_id, item_id, site_id),
            lambda s: expiry.expire_lot(s, lot, day=tomorrow),
        )

    seen = set()
    for _, first, second in meetings(racing, make):
        assert first.is_done
        assert second.is_done
        assert isinstance(first.value, Answer)
        is_spent, expired = first.value.refusal is None, second.value
        assert (is_spent, expired) in {(True, 0), (False, 100)}
        seen.add(is_spent)
    assert seen == {True, False}


def test_of_hand_over_and_cancellation_one_happens(racing: Sessions, keys: Keys):
    def make(session: Session) -> tuple[Work, Work]:
        citizen_id, (item_id, site_id) = rich_citizen(session), goods(session)
        made = redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
        pickup = fulfilment.rotate_pickup(
            session, redemption_id=made, citizen_id=citizen_id, keys=keys
        )
        staff_id, key = factories.a_member_of_staff(session), factories.key()
        return (
            lambda s: fulfilment.hand_over(
                s, no=pickup.no, code=pickup.code, staff_id=staff_id, request_key=key, keys=keys
            ),
            lambda s: fulfilment.cancel(
                s, redemption_id=made, citizen_id=citizen_id, request_key=key
            ),
        )

    for _, first, second in meetings(racing, make):
        assert [first.is_done, second.is_done].count(True) == 1
        error = first.error or second.error
        assert type(error).__name__ == "IllegalMove"


def test_of_two_who_are_first_one_is(racing: Sessions):
    def make(session: Session) -> tuple[Work, Work]:
        people = sorted(factories.a_citizen(session) for _ in range(2))
        case_id = uuid.uuid4().int % 10**9
        one, other = (lambda s, who=who: award(s, who, case_id) for who in people)
        return one, other

    for _, first, second in meetings(racing, make):
        assert first.error is None
        assert second.error is None
        assert {first.value.points, second.value.points} == {10, 1}  # type: ignore[attr-defined]  # Awarded


def test_the_same_award_twice_is_one(racing: Sessions):
    def make(session: Session) -> tuple[Work, Work]:
        who, case_id = factories.a_citizen(session), uuid.uuid4().int % 10**9
        return (lambda s: award(s, who, case_id)), (lambda s: award(s, who, case_id))

    for _, first, second in meetings(racing, make):
        assert first.error is None
        assert first.value == second.value


def test_a_cap_holds_for_two_reports_at_once(racing: Sessions):
    """Five fill the day; the fifth and the sixth come together."""

    def make(session: Session) -> tuple[Work, Work]:
        who = factories.a_citizen(session)
        start = uuid.uuid4().int % 10**9
        noon = clock.now().replace(hour=4, minute=0)
        for number in range(4):
            award(session, who, start + number, filed_at=noon + timedelta(minutes=5 * number))
        one, other = (
            lambda s, n=n: award(s, who, start + n, filed_at=noon + timedelta(minutes=5 * n))
            for n in (4, 5)
        )
        return one, other

    for _, first, second in meetings(racing, make):
        assert first.error is None
        assert second.error is None
        assert sorted((first.value.points, second.value.points)) == [0, 10]  # type: ignore[attr-defined]  # Awarded


def test_what_is_taken_back_is_not_spent_at_the_same_time(racing: Sessions, keys: Keys):
    def make(session: Session) -> tuple[Work, Work]:
        citizen_id, case_id = factories.a_citizen(session), uuid.uuid4().int % 10**9
        award(session, citizen_id, case_id)
        item_id, site_id = goods(session, price=10)
        staff_id = factories.a_member_of_staff(session)
        return redeems(keys, citizen_id, item_id, site_id), lambda s: adjustments.reclaim(
            s, case_id=case_id, citizen_id=citizen_id, staff_id=staff_id, reason="不实"
        )

    for _, first, second in meetings(racing, make):
        assert first.error is None
        is_spent = first.value.refusal is None  # type: ignore[attr-defined]  # Answer
        assert second.value == ((0, 10) if is_spent else (10, 0))


def test_a_proposal_is_decided_once(racing: Sessions):
    def make(session: Session) -> tuple[Work, Work]:
        citizen_id, chosen = rich_citizen(session, 5), uuid.uuid4()
        maker, one, other = (factories.a_member_of_staff(session) for _ in range(3))
        adjustments.propose(
            session,
            proposal_id=chosen,
            code=Code.GRANT,
            citizen_id=citizen_id,
            amount=10,
            reason="补发",
            staff_id=maker,
        )
        decide = adjustments.decide
        return (
            lambda s: decide(s, proposal_id=chosen, staff_id=one, is_approved=True),
            lambda s: decide(s, proposal_id=chosen, staff_id=other, is_approved=True),
        )

    for _, first, second in meetings(racing, make):
        assert first.error is None
        assert second.error is None


def test_an_order_is_one_workers(racing: Sessions, keys: Keys):
    def make(session: Session) -> tuple[Work, Work]:
        citizen_id = rich_citizen(session)
        item_id = an_item(session, sort=Sort.CREDIT, worth_fen=1000)
        made = redeem(session, citizen_id, item_id, keys, phone="13800138000").check()
        return (
            lambda s: recharge.claim(s, made, keys),
            lambda s: recharge.claim(s, made, keys),
        )

    for _, first, second in meetings(racing, make):
        assert first.error is None
        assert second.error is None
        assert [first.value, second.value].count(None) == 1


def test_a_crowd_buys_what_there_is_and_nobody_waits_for_ever(racing: Sessions, keys: Keys):
    with racing() as session, session.begin():
        item_id, site_id = goods(session, stock=5)
        people = [rich_citizen(session, 300) for _ in range(8)]
    works = [redeems(keys, citizen_id, item_id, site_id) for citizen_id in people for _ in range(2)]
    outcomes = crowd(racing, works)
    assert [outcome.error for outcome in outcomes] == [None] * 16
    refused = [outcome.value.refusal for outcome in outcomes]  # type: ignore[attr-defined]  # Answer
    assert refused.count(None) == 5
    assert refused.count("sold_out") == 11


def test_a_crowd_with_one_key_is_one_redemption(racing: Sessions, keys: Keys):
    with racing() as session, session.begin():
        item_id, site_id = goods(session)
        work = redeems(keys, rich_citizen(session), item_id, site_id, factories.key())
    answers = {outcome.value for outcome in crowd(racing, [work] * 12)}
    assert len(answers) == 1
    assert None not in answers


def test_opposite_orders_do_not_wait_for_each_other(racing: Sessions, keys: Keys):
    """Everybody touches the same two people and the same two items, each in his own order."""
    with racing() as session, session.begin():
        people = [rich_citizen(session, 10_000) for _ in range(2)]
        shop = [goods(session, stock=50) for _ in range(2)]

    def work(number: int) -> Work:
        who = people[number % 2]
        item_id, site_id = shop[(number // 2) % 2]

        def several(session: Session) -> object:
            answer = redeem(session, who, item_id, keys, site_id=site_id)
            if number % 3 == 0:
                fulfilment.cancel(
                    session,
                    redemption_id=answer.check(),
                    citizen_id=who,
                    request_key=factories.key(),
                )
            return answer

        return several

    outcomes = crowd(racing, [work(number) for number in range(16)])
    assert [outcome.error for outcome in outcomes] == [None] * 16
    with racing() as session:
        assert [balance(session, who)[1] % 100 for who in people] == [0, 0]
