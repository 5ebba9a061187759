"""What a resident sees of his points, in short and line by line."""

import itertools
from datetime import timedelta

from sqlalchemy.orm import Session

import points
from kernel import clock
from points import adjustments, overview, references
from points.keys import Keys
from points.rules import Sort
from tests import factories
from tests.points.conftest import Clock
from tests.points.counter import Case
from tests.points.mall import an_item, award, give, redeem, rich_citizen


def test_whoever_has_nothing_is_told_so(session: Session):
    seen = points.summary(session, factories.a_citizen(session))
    assert seen == points.Summary(0, 0, 0, False, None, ())


def test_the_summary_names_what_goes_first_and_what_waits(
    session: Session, time: Clock, keys: Keys
):
    citizen_id = rich_citizen(session, 100)
    soon = clock.city_day(clock.now()) + timedelta(days=3)
    give(session, citizen_id, 30, expires_on=soon)
    item_id = an_item(session, sort=Sort.VOUCHER, keys=keys, price=10)
    waiting = redeem(session, citizen_id, item_id, keys).check()
    ended = redeem(session, citizen_id, item_id, keys).check()
    points.cancel(session, redemption_id=ended, citizen_id=citizen_id, request_key=factories.key())
    seen = points.summary(session, citizen_id)
    assert (seen.usable, seen.held) == (120, 10)
    assert seen.next_expiry
    assert (seen.next_expiry.on, seen.next_expiry.points) == (soon, 20)
    assert [row.id for row in seen.open_redemptions] == [waiting]


def test_each_line_of_the_statement_names_its_report_or_redemption(session: Session, keys: Keys):
    case = Case(session, keys)
    award(session, case.citizen_id, 77)
    lines = overview.statement(session, case.citizen_id)
    assert [(each.report_no, each.item_name, each.redemption_id) for each in lines] == [
        ("JB77", None, None),
        (None, "搪瓷杯", case.id),
        (None, None, None),
    ]


def test_a_report_that_earned_nothing_says_why(session: Session):
    citizen_id = factories.a_citizen(session)
    adjustments.mark_insider(session, citizen_id=citizen_id, note="环卫公司")
    award(session, citizen_id, 78)
    assert [(row.report_no, row.why) for row in overview.unrewarded(session, citizen_id)] == [
        ("JB78", "工作人员上报不计积分")
    ]


def test_what_was_taken_back_shows_the_debt_too(session: Session, keys: Keys):
    citizen_id = factories.a_citizen(session)
    earned = award(session, citizen_id, 79).points
    item_id = an_item(session, sort=Sort.DONATION, price=1)
    redeem(session, citizen_id, item_id, keys).check()
    points.reclaim(
        session,
        case_id=79,
        citizen_id=citizen_id,
        staff_id=factories.a_member_of_staff(session),
        reason="现场没有问题",
    )
    (row,) = overview.taken_back(session, citizen_id)
    assert (row.report_no, row.points, row.owed, row.reason) == ("JB79", earned, 1, "现场没有问题")
    assert overview.taken_back(session, rich_citizen(session)) == ()


def test_a_reference_is_read_back_however_it_is_written(keys: Keys):
    made = references.reference_of(4711, keys)
    assert len(made) == 14
    for written in (made, made.replace("-", ""), f" {made.replace('-', ' ')} "):
        assert references.citizen_of(written, keys) == 4711


def test_references_cannot_be_counted_through(keys: Keys):
    made = [references.reference_of(number, keys) for number in range(1, 1000)]
    assert len(set(made)) == len(made)
    near = sum(abs(int(a[:4]) - int(b[:4])) < 10 for a, b in itertools.pairwise(made))
    assert near < 20
    mistyped = [f"{int(each.replace('-', '')) ^ 1:012}" for each in made]
    assert sum(references.citizen_of(each, keys) is not None for each in mistyped) < 20


def test_what_is_no_reference_is_nobody(keys: Keys):
    for words in ("", "1234", "x" * 12, "1" * 13, "１２３４５６７８９０１２", "o-abcdefghijkl"):
        assert references.citizen_of(words, keys) is None
