"""Points for filed reports: decided once, by the rules of their time, and never too many."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from kernel import clock
from points import adjustments, awards
from points.award_rules import AwardRules, Withheld
from points.awards import Awarded
from points.errors import BadRules, KeyReused
from points.events import PointsAwarded
from tests import factories
from tests.points import invariants
from tests.points.conftest import Clock
from tests.points.mall import award, balance, settle

RULES = AwardRules(points={"": 10}, daily_cap=50, monthly_cap=60, kept_months=12)


def in_force(session: Session, time: Clock, rules: AwardRules = RULES) -> None:
    staff_id = factories.a_member_of_staff(session)
    awards.change_rules(
        session, rules, valid_from=clock.now() + timedelta(hours=1), staff_id=staff_id
    )
    time.forward(hours=2)


def test_a_filed_report_earns_points_and_says_so(
    session: Session, time: Clock, heard: list[object]
):
    citizen_id = factories.a_citizen(session)
    assert award(session, citizen_id, 1) == Awarded(10, None, is_first=True)
    assert balance(session, citizen_id) == (10, 0)
    (event,) = heard
    assert isinstance(event, PointsAwarded)
    assert (event.points, event.balance, event.report_no) == (10, 10, "JB1")
    settle(session)
    assert invariants.broken(session) == []


def test_the_same_report_earns_once(session: Session, time: Clock, heard: list[object]):
    citizen_id = factories.a_citizen(session)
    first = award(session, citizen_id, 1)
    assert award(session, citizen_id, 1) == first
    assert balance(session, citizen_id) == (10, 0)
    assert len(heard) == 1


def test_the_same_report_with_other_arguments_is_refused(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 1)
    with pytest.raises(KeyReused):
        award(session, citizen_id, 1, transfer_key="case:1:again")


def test_a_key_cannot_earn_for_two_reports(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    in_force(session, time)
    award(session, citizen_id, 1, transfer_key="the key")
    with pytest.raises(KeyReused):
        award(session, citizen_id, 2, transfer_key="the key")


def test_the_first_gets_all_and_each_follower_a_token(session: Session, time: Clock):
    first, second, third = (factories.a_citizen(session) for _ in range(3))
    assert award(session, first, 1).points == 10
    assert award(session, second, 1, is_first=False).points == 1
    assert award(session, third, 1, is_first=True) == Awarded(1, None, is_first=False)


def test_an_anonymous_report_counts_and_earns_nothing(session: Session, time: Clock):
    assert award(session, None, 1) == Awarded(0, Withheld.ANONYMOUS, is_first=True)


def test_staff_and_contractors_earn_nothing(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    adjustments.mark_insider(session, citizen_id=citizen_id, note="环卫公司")
    assert award(session, citizen_id, 1) == Awarded(0, Withheld.INSIDER, is_first=True)
    assert balance(session, citizen_id) == (0, 0)
    assert award(session, citizen_id, 1).withheld is Withheld.INSIDER


def test_a_day_and_a_month_have_their_caps(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    in_force(session, time)
    assert [award(session, citizen_id, case).points for case in range(1, 8)] == [10] * 5 + [0] * 2
    time.forward(days=1)
    assert [award(session, citizen_id, case).points for case in (8, 9)] == [10, 0]
    time.forward(days=20)
    assert award(session, citizen_id, 10).points == 10


def test_a_day_is_the_districts_day(session: Session, time: Clock):
    """The clock shows 14:00; eleven hours later it is tomorrow here, and still today in UTC."""
    citizen_id = factories.a_citizen(session)
    in_force(session, time)
    for case in range(1, 6):
        award(session, citizen_id, case)
    time.forward(hours=11)
    assert award(session, citizen_id, 6).points == 10


def test_two_reports_in_a_moment_earn_once(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    assert award(session, citizen_id, 1).points == 10
    time.forward(minutes=1)
    assert award(session, citizen_id, 2).withheld is Withheld.INTERVAL
    time.forward(minutes=2)
    assert award(session, citizen_id, 3).points == 10


def test_the_rules_of_the_time_of_filing_count(session: Session, time: Clock):
    citizen_id, then = factories.a_citizen(session), clock.now()
    in_force(session, time, AwardRules(points={"": 3}, daily_cap=9, monthly_cap=9))
    assert award(session, citizen_id, 1, filed_at=then).points == 10
    assert award(session, citizen_id, 2).points == 0  # the old ten fill the new cap
    assert award(session, factories.a_citizen(session), 3).points == 3


def test_rules_begin_in_the_future(session: Session, time: Clock):
    staff_id = factories.a_member_of_staff(session)
    soon = clock.now() + timedelta(hours=1)
    awards.change_rules(session, RULES, valid_from=soon, staff_id=staff_id)
    for begins in (clock.now() - timedelta(hours=1), soon):
        with pytest.raises(BadRules):
            awards.change_rules(session, RULES, valid_from=begins, staff_id=staff_id)
