"""The complaint desk, the second person, appeals, signs of fraud."""

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.orm import Session

import accounts
import points
from points import keys as keyring
from points import overview, references
from points.rules import Sort
from tests import factories
from tests.pages import Form, Page, page_of
from tests.points.counter import Case
from tests.points.desk import Desk, form_with
from tests.points.mall import an_item, award, balance, redeem, rich_citizen


@pytest.fixture
def desk(app: Flask, session: Session) -> Desk:
    return Desk(app, session)


@pytest.fixture
def rich(app: Flask, session: Session) -> int:
    made = rich_citizen(session)
    session.commit()
    return made


def ref(citizen_id: int) -> str:
    return references.reference_of(citizen_id, keyring.current())


def person(desk: Desk, citizen_id: int) -> Page:
    return desk.look(f"/people/{ref(citizen_id)}")


def act_form(page: Page, act: str) -> Form:
    return form_with(page, act=act)


def test_a_person_is_found_by_each_number_that_he_may_say(app: Flask, desk: Desk, session: Session):
    case = Case(session, keyring.current())
    report = factories.a_report(session, citizen_id=case.citizen_id)
    session.commit()
    for typed in (ref(case.citizen_id), ref(case.citizen_id).replace("-", " "), str(case.no)):
        assert desk.get(f"/people?q={typed}").location.endswith(ref(case.citizen_id))
    for typed in (report.report_no, report.report_no.lower()):
        assert desk.get(f"/people?q={typed}").location.endswith(ref(case.citizen_id))


@pytest.mark.parametrize("typed", ["1234-5678-9012", "o-openid", "99999", "JB261122-0000000"])
def test_nobody_else_is_found_and_nobody_by_openid(desk: Desk, session: Session, typed: str):
    factories.a_citizen(session, "o-openid")
    session.commit()
    page = desk.look(f"/people?q={typed}", 404)
    assert page.alerts == ["没有找到。请核对积分号、上报编号或兑换编号。匿名上报查不到人。"]


def test_a_person_s_address_is_his_whole_reference(desk: Desk, rich: int):
    for typed in (str(rich), "1", ref(rich).replace("-", ""), "x" * 300):
        assert desk.get(f"/people/{typed}").status_code == 404


def test_a_person_s_page_shows_where_his_points_come_from(desk: Desk, session: Session, app: Flask):
    case = Case(session, keyring.current())
    award(session, case.citizen_id, 5)
    session.commit()
    words = person(desk, case.citizen_id).text
    for part in ("可用910", "兑换冻结100", "JB5", "搪瓷杯"):
        assert part in words
    assert "openid" not in words


def test_a_false_report_is_taken_back_as_a_debt(desk: Desk, session: Session, app: Flask):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 6)
    item_id = an_item(session, sort=Sort.DONATION, price=4)
    redeem(session, citizen_id, item_id, keyring.current()).check()
    session.commit()
    form = act_form(person(desk, citizen_id), "reclaim")
    assert desk.send(form, case_id="", note="x").status_code == 404
    assert desk.send(form, case_id="6", note="  ").status_code == 422
    for _ in range(2):
        said = desk.done(desk.send(form, case_id="6", note="现场没有"))
        assert "已收回 6 分，记欠 4 分" in said
    (row,) = overview.taken_back(session, citizen_id)
    assert (row.points, row.owed) == (10, 4)


def test_a_grant_needs_a_second_person(app: Flask, desk: Desk, session: Session, rich: int):
    form = act_form(person(desk, rich), "propose")
    given = {"code": "grant", "amount": "50", "note": "志愿活动"}
    for _ in range(2):
        assert "另一位同事复核" in desk.done(desk.send(form, **given))
    assert balance(session, rich) == (1000, 0)
    page = desk.look("/proposals")
    assert "您提交的，要由另一位同事复核" in page.text
    assert not [f for f in page.forms if "proposal_id" in f.fields]
    colleague = Desk(app, session, name="吴敏")
    form = next(f for f in colleague.look("/proposals").forms if "proposal_id" in f.fields)
    mine = Form("/console/points/proposals", "post", form.fields)
    token = act_form(person(desk, rich), "propose").fields["csrf_token"]
    answer = desk.send(mine, csrf_token=token, verdict="yes")
    assert answer.status_code == 403
    assert page_of(answer).alerts == ["这一步要由另一位同事复核。"]
    for _ in range(2):
        assert "已复核通过" in colleague.done(colleague.send(form, verdict="yes"))
    assert balance(session, rich) == (1050, 0)
    assert colleague.send(form, verdict="no").status_code == 409


def test_a_refund_names_its_redemption(app: Flask, desk: Desk, session: Session):
    case = Case(session, keyring.current())
    case.hand_over(case.pickup().code).check()
    session.commit()
    form = act_form(person(desk, case.citizen_id), "propose")
    given = {"code": "refund", "amount": "100", "note": "杯子是破的"}
    assert desk.send(form, **given).status_code == 404
    desk.done(desk.send(form, **given, redemption_no=str(case.no)))
    colleague = Desk(app, session, name="吴敏")
    form = next(f for f in colleague.look("/proposals").forms if "proposal_id" in f.fields)
    colleague.done(colleague.send(form, verdict="yes"))
    assert balance(session, case.citizen_id) == (1000, 0)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"code": "award"}, 409),
        ({"code": ""}, 409),
        ({"amount": "0"}, 422),
        ({"amount": "-5"}, 422),
        ({"amount": "1000001"}, 422),
        ({"note": " \x00"}, 422),
        ({"request_key": "x"}, 422),
        ({"act": "nonsense"}, 409),
    ],
)
def test_garbage_proposes_nothing(desk: Desk, rich: int, changed: dict[str, str], status: int):
    form = act_form(person(desk, rich), "propose")
    given = {"code": "grant", "amount": "5", "note": "志愿活动", **changed}
    assert desk.send(form, **given).status_code == status
    assert "没有等复核的" in desk.look("/proposals").text


def test_nobody_acts_on_himself(desk: Desk, session: Session, rich: int):
    points.mark_insider(session, citizen_id=rich, staff_id=desk.staff_id, note="积分管理员")
    award(session, rich, 9)
    session.commit()
    page = person(desk, rich)
    for act, given in (
        ("propose", {"code": "grant", "amount": "5", "note": "x"}),
        ("freeze", {"note": "x"}),
    ):
        assert desk.send(act_form(page, act), **given).status_code == 403


def test_frozen_by_one_and_unfrozen_by_another(app: Flask, desk: Desk, session: Session, rich: int):
    desk.done(desk.send(act_form(person(desk, rich), "freeze"), note="兑换异常"))
    page = person(desk, rich)
    assert "已冻结" in page.headings[0]
    assert desk.send(act_form(page, "unfreeze"), note="没事").status_code == 403
    assert ref(rich) in desk.look("/review").links
    colleague = Desk(app, session, name="吴敏")
    form = act_form(person(colleague, rich), "unfreeze")
    assert "已解冻" in colleague.done(colleague.send(form, note="核对无误"))
    assert "没有。" in desk.look("/review").text


def test_an_appeal_is_decided_by_somebody_else(app: Flask, desk: Desk, session: Session, rich: int):
    desk.done(desk.send(act_form(person(desk, rich), "freeze"), note="兑换异常"))
    points.appeals.appeal_freeze(session, citizen_id=rich, words="都是我自己报的")
    session.commit()
    page = desk.look("/proposals")
    assert "原处理是您办的" in page.text
    colleague = Desk(app, session, name="吴敏")
    form = next(f for f in colleague.look("/proposals").forms if "appeal_id" in f.fields)
    assert colleague.send(form, verdict="yes", answer=" ").status_code == 422
    assert colleague.send(form, verdict="yes", answer="x", appeal_id="99").status_code == 404
    for _ in range(2):
        assert "申诉已办结" in colleague.done(colleague.send(form, verdict="yes", answer="无误"))
    assert not points.balance(session, rich).is_frozen


def test_a_decision_about_nothing_is_not_found(desk: Desk):
    for given in ({"proposal_id": "x"}, {"proposal_id": str(uuid4())}, {}):
        assert desk.post("/proposals", verdict="yes", **given).status_code == 404
    assert desk.post("/appeals", verdict="yes", answer="x").status_code == 404


def test_whoever_is_marked_earns_nothing_more(desk: Desk, session: Session, rich: int):
    desk.done(desk.send(act_form(person(desk, rich), "insider"), note="环卫公司"))
    assert award(session, rich, 11).points == 0
    assert "环卫公司" in person(desk, rich).text


def test_signs_of_fraud_name_references_and_no_device(desk: Desk, session: Session):
    people = [factories.a_citizen(session) for _ in range(3)]
    for each in people:
        points.traces.see(
            session,
            citizen_id=each,
            keys=keyring.current(),
            device="d" * 32,
            network="203.0.113.9",
        )
    for number in range(5):
        points.traces.see_report(
            session,
            citizen_id=people[0],
            report_no=f"JB{number}",
            spot="wm7b",
            keys=keyring.current(),
        )
    session.commit()
    page = desk.look("/review")
    assert "同一台设备" in page.text
    assert "5 件，1 人" in page.text
    assert ref(people[0]) in page.links
    assert "203.0.113.9" not in page.html


def test_a_wallet_is_linked_to_who_works_at_the_desk_and_is_out_of_his_reach(
    app: Flask, desk: Desk, session: Session, rich: int
):
    other = Desk(app, session, name="王磊")
    username = session.get_one(accounts.Staff, other.staff_id).username
    form = act_form(person(desk, rich), "insider")
    assert desk.send(form, note="坐席", username="nobody").status_code == 404
    given = {"note": "坐席", "username": username}
    assert "不能经手自己的积分" in desk.done(desk.send(form, **given))
    assert "坐席。在本平台是王磊" in person(desk, rich).text

    grant = act_form(person(other, rich), "propose")
    refused = other.send(grant, code="grant", amount="5", note="补发")
    assert page_of(refused).alerts == ["不能经手自己的积分。"] or refused.status_code == 403
    let_off = other.send(act_form(person(other, rich), "insider"), note="不是我", username="")
    assert let_off.status_code == refused.status_code

    desk.done(desk.send(form, note="调到别处", username=""))  # a note without an account
    assert "调到别处。在本平台是王磊" in person(desk, rich).text
    stranger = rich_citizen(session)
    session.commit()
    taken = desk.send(act_form(person(desk, stranger), "insider"), **given)
    assert taken.status_code == 409
    assert "已经记在另一位居民名下" in page_of(taken).alerts[0]
