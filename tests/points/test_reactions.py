"""What a resident earns and is told when something happens to his report or his points."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import cases
import points
from cases.rules import Status
from kernel import bus, clock
from points import fulfilment, wording
from points.events import PointsExpireSoon
from points.keys import Keys
from points.models import Award
from points.rules import Sort
from tests import factories
from tests.points.counter import Case
from tests.points.mall import an_item, balance, redeem, rich_citizen
from wechat.models import Notice


def notices(session: Session, citizen_id: int) -> list[tuple[str, str]]:
    rows = session.execute(
        select(Notice.title, Notice.text)
        .where(Notice.citizen_id == citizen_id, Notice.fact.not_like("case:%"))
        .order_by(Notice.id)
    )
    return [(row.title, row.text) for row in rows]


def test_a_filed_report_earns_points_and_the_resident_is_told(session: Session):
    citizen_id = factories.a_citizen(session)
    made = factories.a_case(session, Status.FILED, citizen_id=citizen_id)
    award = session.get_one(Award, (made.case_id, citizen_id))
    assert award.points > 0
    assert award.is_first
    assert balance(session, citizen_id) == (award.points, 0)
    ((title, words),) = notices(session, citizen_id)
    assert title == "积分到账"
    assert made.report_no in words
    assert f"奖励 {award.points} 分" in words


def test_a_report_that_only_came_in_earns_nothing_yet(session: Session):
    citizen_id = factories.a_citizen(session)
    factories.a_case(session, Status.REPORTED, citizen_id=citizen_id)
    factories.a_case(session, Status.REFUSED, citizen_id=citizen_id)
    assert balance(session, citizen_id) == (0, 0)
    assert notices(session, citizen_id) == []


def test_later_steps_earn_nothing_more(session: Session):
    citizen_id = factories.a_citizen(session)
    made = factories.a_case(session, Status.CLOSED, citizen_id=citizen_id)
    assert (
        balance(session, citizen_id)[0] == session.get_one(Award, (made.case_id, citizen_id)).points
    )


def test_what_was_decided_stays_when_the_case_is_filed_again_under_another_class(session: Session):
    citizen_id = factories.a_citizen(session)
    made = factories.a_case(session, Status.FILED, citizen_id=citizen_id)
    before = balance(session, citizen_id)
    session.execute(
        text("UPDATE cases_cases SET class_code = 'E0101' WHERE id = :id"), {"id": made.case_id}
    )
    bus.publish(
        session,
        cases.CaseFiled(made.case_id, 2, made.report_no, made.access_key, citizen_id, None, None),
    )
    assert balance(session, citizen_id) == before


def merged(session: Session, citizen_id: int, into_id: int) -> cases.Reported:
    made = factories.a_report(session, citizen_id=citizen_id)
    cases.merge(
        session,
        case_id=made.case_id,
        into_id=into_id,
        staff_id=factories.a_member_of_staff(session),
        request_key=factories.key(),
        seen_version=cases.case_file(session, made.case_id).version,
    )
    return made


@pytest.mark.parametrize("is_merged_first", [True, False])
def test_who_reports_the_same_after_somebody_else_gets_a_token(
    session: Session, *, is_merged_first: bool
):
    first, second = factories.a_citizen(session), factories.a_citizen(session)
    main = factories.a_report(session, citizen_id=first)
    if is_merged_first:
        merged(session, second, main.case_id)
        factories.move_on(session, main.case_id, "file")
    else:
        factories.move_on(session, main.case_id, "file")
        merged(session, second, main.case_id)

    full = session.get_one(Award, (main.case_id, first))
    token = session.get_one(Award, (main.case_id, second))
    assert full.is_first
    assert not token.is_first
    assert 0 < token.points < full.points
    assert balance(session, second) == (token.points, 0)


def test_whoever_reports_the_same_twice_gets_points_once(session: Session):
    citizen_id = factories.a_citizen(session)
    main = factories.a_case(session, Status.FILED, citizen_id=citizen_id)
    before = balance(session, citizen_id)

    merged(session, citizen_id, main.case_id)

    assert balance(session, citizen_id) == before


def test_what_a_case_earned_is_taken_back_when_it_is_void(session: Session):
    first, second = factories.a_citizen(session), factories.a_citizen(session)
    main = factories.a_case(session, Status.FILED, citizen_id=first)
    merged(session, second, main.case_id)
    assert min(balance(session, first)[0], balance(session, second)[0]) > 0

    factories.move_on(session, main.case_id, "void")

    for citizen_id in (first, second):
        assert balance(session, citizen_id) == (0, 0)
        words = dict(notices(session, citizen_id))["积分收回"]
        assert "案件已作废" in words
        assert "申诉" in words


def test_a_case_that_earned_nobody_anything_is_void_all_the_same(session: Session):
    citizen_id = factories.a_citizen(session)
    points.mark_insider(session, citizen_id=citizen_id, note="环卫公司")
    factories.a_case(session, Status.VOIDED, citizen_id=citizen_id)
    assert balance(session, citizen_id) == (0, 0)


def test_an_anonymous_report_counts_and_earns_nobody_anything(session: Session):
    made = cases.report(
        session,
        request_key=factories.key(),
        prefix=factories.PREFIX,
        source="sign",
        sign_code="A1",
        citizen_id=None,
        text="井盖破了",
        place_label="建新东路",
    )
    factories.move_on(session, made.case_id, "file")
    assert session.scalars(select(Award)).all() == []


def test_whoever_works_for_the_district_is_told_kindly(session: Session):
    citizen_id = factories.a_citizen(session)
    points.mark_insider(session, citizen_id=citizen_id, note="环卫公司")
    factories.a_case(session, Status.FILED, citizen_id=citizen_id)
    assert balance(session, citizen_id) == (0, 0)
    ((title, words),) = notices(session, citizen_id)
    assert title == "不计积分"
    assert "工作人员上报不计积分" in words
    assert "照常办理" in words


def test_points_and_case_are_committed_together_or_not(session: Session):
    citizen_id = factories.a_citizen(session)
    made = factories.a_report(session, citizen_id=citizen_id)
    step = session.begin_nested()
    factories.move_on(session, made.case_id, "file")
    step.rollback()
    assert balance(session, citizen_id) == (0, 0)
    assert notices(session, citizen_id) == []


def test_what_is_taken_back_is_told_with_the_debt_and_the_way_to_appeal(
    session: Session, keys: Keys
):
    citizen_id = factories.a_citizen(session)
    made = factories.a_case(session, Status.FILED, citizen_id=citizen_id)
    redeem(session, citizen_id, an_item(session, sort=Sort.DONATION, price=1), keys).check()
    points.reclaim(
        session,
        case_id=made.case_id,
        citizen_id=citizen_id,
        staff_id=factories.a_member_of_staff(session),
        reason="照片是网上找的",
    )
    title, words = notices(session, citizen_id)[-1]
    assert title == "积分收回"
    for part in ("照片是网上找的", "其中 1 分已经用掉，记为欠分", "申诉"):
        assert part in words


def test_every_step_of_a_redemption_is_told_in_order(session: Session, keys: Keys):
    case = Case(session, keys, needs_approval=True)
    case.approve()
    case.hand_over(case.pickup().code).check()
    assert [title for title, _ in notices(session, case.citizen_id)] == [
        "兑换提交",
        "兑换可领",
        "兑换完成",
    ]
    refused = Case(session, keys, needs_approval=True)
    refused.refuse("缺货")
    assert "没有通过：缺货。100 分已退回" in notices(session, refused.citizen_id)[-1][1]


def test_a_resident_is_told_before_points_expire(session: Session):
    citizen_id = rich_citizen(session)
    event = PointsExpireSoon(citizen_id, 30, clock.city_day(clock.now()))
    bus.publish(session, event)
    bus.publish(session, event)
    ((title, words),) = notices(session, citizen_id)
    assert title == "积分到期"
    assert "30 分" in words


def test_adjustments_of_the_same_size_are_told_each(session: Session):
    citizen_id = rich_citizen(session)
    for _ in range(2):
        bus.publish(session, points.PointsAdjusted(citizen_id, "人工发放", 5, "志愿活动", 5))
    assert len(notices(session, citizen_id)) == 2


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("kind", list(wording._STEPS))
def test_every_notice_fits_the_platform(sort: Sort, kind: type[points.RedemptionEvent]):
    event = kind(
        redemption_id="0" * 36,
        no=1,
        seq=1,
        citizen_id=1,
        item_name="杯" * 60,
        sort=sort,
        price=1_000_000,
        note="因" * 500,
        site_name="点" * 60,
        lapses_at=clock.now(),
    )
    said = wording.said(event)
    assert len(said.title) <= 5
    assert len(said.text.encode()) < 2048
    assert said.path.startswith("/points/redemptions/")


def test_what_is_shipped_is_told_with_its_number(session: Session, keys: Keys):
    case = Case(session, keys)
    fulfilment.ship(
        session,
        redemption_id=case.id,
        staff_id=case.staff_id,
        carrier="顺丰",
        tracking_no="SF123456",
        request_key=factories.key(),
    )
    assert "已寄出：顺丰 SF123456" in notices(session, case.citizen_id)[-1][1]
