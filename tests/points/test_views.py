"""Residents' pages: what they say, and what they do when somebody presses twice."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import g
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import points
from kernel import clock
from points import keys as points_keys
from points.models import Redemption
from points.rules import Period, Sort
from tests import factories
from tests.pages import Form, Page, page_of, submit
from tests.points.mall import (
    an_item,
    award,
    balance,
    give,
    goods,
    redeem,
    rich_citizen,
)

SignedIn = Callable[[int], FlaskClient]
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def rich(session: Session) -> int:
    return rich_citizen(session)


@pytest.fixture
def browser(rich: int, resident_client: SignedIn) -> FlaskClient:
    return resident_client(rich)


def look(client: FlaskClient, path: str, status: int = 200) -> Page:
    answer = client.get(path, headers=BROWSER, base_url="http://city.test")
    assert answer.status_code == status, answer.status
    return page_of(answer)


def send(client: FlaskClient, form: Form, **changed: object) -> TestResponse:
    with_host = Form(f"http://city.test{form.action}", form.method, form.fields)
    return submit(client, with_host, **changed)


def the_form(page: Page, action: str) -> Form:
    return next(form for form in page.forms if form.action.endswith(action))


def redemption_id(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    found = re.fullmatch(r"/points/redemptions/([0-9a-f-]{36})", answer.location)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "path",
    [
        "/points",
        "/points/history",
        "/points/mall",
        "/points/mall/1",
        "/points/mall/1/confirm",
        "/points/redemptions",
        f"/points/redemptions/{uuid4()}",
        f"/points/redemptions/{uuid4()}/pickup",
    ],
)
def test_whoever_is_not_signed_in_is_led_to_the_platform(client: FlaskClient, path: str):
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=/points")
    assert client.get(path, headers={"Accept": "application/json"}).status_code == 401


def test_the_account_says_what_there_is_and_when_it_goes(
    browser: FlaskClient, rich: int, session: Session
):
    soon = clock.city_day(clock.now()) + timedelta(days=9)
    give(session, rich, 30, expires_on=soon)
    award(session, rich, 5)
    session.commit()
    page = look(browser, "/points")
    assert f"30 分，{soon.year}年{soon.month}月{soon.day}日前用" in page.text
    assert "看这件上报 JB5" in page.links
    assert "上报奖励" in page.text


def test_an_empty_account_says_how_to_begin(session: Session, resident_client: SignedIn):
    page = look(resident_client(factories.a_citizen(session)), "/points")
    assert "0 分可以用" in page.text
    assert "立案以后，就会有积分" in page.text


def test_a_frozen_account_says_what_to_do(browser: FlaskClient, rich: int, session: Session):
    session.execute(
        text("UPDATE points_accounts SET is_frozen = true WHERE citizen_id = :id"), {"id": rich}
    )
    session.commit()
    page = look(browser, "/points")
    assert "暂时不能用" in page.text
    assert "申诉" in page.text


def test_a_debt_is_explained_with_its_report(session: Session, resident_client: SignedIn):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 6)
    keys = points_keys.current()
    redeem(session, citizen_id, an_item(session, sort=Sort.DONATION, price=1), keys).check()
    points.reclaim(
        session,
        case_id=6,
        citizen_id=citizen_id,
        staff_id=factories.a_member_of_staff(session),
        reason="现场没有问题",
    )
    session.commit()
    page = look(resident_client(citizen_id), "/points")
    assert "您还欠 1 分" in page.text
    assert "现场没有问题" in page.text


def test_an_appeal_is_taken_down_once_and_shown(browser: FlaskClient, rich: int, session: Session):
    staff_id = factories.a_member_of_staff(session)
    points.appeals.freeze(session, citizen_id=rich, staff_id=staff_id, reason="兑换异常")
    session.commit()
    page = look(browser, "/points")
    assert "原因：兑换异常" in page.text
    form = the_form(page, "/appeals")
    assert send(browser, form, words=" \x00 ").status_code == 422
    assert send(browser, form, words="字" * 90_000).status_code == 413
    for _ in range(2):
        assert send(browser, form, words="都是我自己上报的").status_code == 303
    page = look(browser, "/points")
    assert "您的申诉：都是我自己上报的" in page.text
    assert not page.forms
    (asked,) = points.appeals.appeals(session)
    points.appeals.decide_appeal(
        session,
        appeal_id=asked.id,
        staff_id=factories.a_member_of_staff(session),
        is_upheld=True,
        answer="核对无误",
    )
    session.commit()
    assert "暂时不能用" not in look(browser, "/points").text


def test_nobody_appeals_against_what_is_anothers_or_nothing(browser: FlaskClient, session: Session):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    award(session, factories.a_citizen(session), 8)
    session.commit()
    for case_id in ("", "8", "999", "9" * 40, "x"):
        answer = send(
            browser, Form("/points/appeals", "post", form.fields), case_id=case_id, words="不对"
        )
        assert answer.status_code == 404


def test_two_accounts_of_one_browser_leave_the_same_trace(
    browser: FlaskClient, session: Session, resident_client: SignedIn
):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    redemption_id(send(browser, form))
    kept = browser.get_cookie("bx_device", domain="city.test", path="/points")
    assert kept
    assert len(kept.value) == 32
    rows = session.execute(text("SELECT sort, length(mark) FROM points_traces ORDER BY sort"))
    assert [tuple(row) for row in rows] == [("device", 32), ("network", 32)]


def test_the_mall_says_of_each_thing_whether_it_can_be_had(browser: FlaskClient, session: Session):
    an_item(session, name="太贵了", price=5000)
    an_item(session, name="换完了", stock=0)
    an_item(session, name="没上架", is_listed=False)
    an_item(session, name="还早", opens_at=clock.now() + timedelta(days=2))
    an_item(session, name="过了", closes_at=clock.now() - timedelta(days=2))
    an_item(session, name="正好", limit_count=2, limit_period=Period.MONTH)
    session.commit()
    words = look(browser, "/points/mall").text
    assert "还差 4000 分" in words
    assert "已换完" in words
    assert "每月限换 2 次" in words
    assert "没上架" not in words
    assert "过了" not in words


def test_a_mall_with_nothing_in_it_is_kind(browser: FlaskClient):
    assert "过些日子再来看看" in look(browser, "/points/mall").text


def test_from_the_mall_to_the_goods(browser: FlaskClient, rich: int, session: Session):
    item_id, site_id = goods(session)
    session.commit()
    assert any("搪瓷杯" in words for words in look(browser, "/points/mall").links)
    page = look(browser, f"/points/mall/{item_id}")
    page = look(browser, page.links["在这里领"])
    assert "换完还有 900 分" in page.text
    made = redemption_id(send(browser, the_form(page, "/redemptions")))
    page = look(browser, f"/points/redemptions/{made}")
    assert page.headings[0] == "待领取"
    page = look(browser, page.links["打开取货码"])
    shown = re.search(r"取货码(\d{4} \d{4})", page.text)
    assert shown
    done = points.hand_over(
        session,
        no=session.get_one(Redemption, UUID(made)).no,
        code=shown[1],
        staff_id=factories.a_member_of_staff(session),
        request_key=factories.key(),
        keys=points_keys.current(),
        site_id=site_id,
    )
    done.check()
    session.commit()
    answer = browser.get(f"/points/redemptions/{made}/pickup", base_url="http://city.test")
    assert answer.location == f"/points/redemptions/{made}"
    assert look(browser, answer.location).headings[0] == "已完成"
    assert balance(session, rich) == (900, 0)


def test_the_same_form_twice_is_one_redemption(browser: FlaskClient, rich: int, session: Session):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    first, again = (redemption_id(send(browser, form)) for _ in range(2))
    assert first == again
    assert balance(session, rich) == (900, 100)


def test_a_form_that_was_changed_after_it_was_sent_is_refused(
    browser: FlaskClient, session: Session
):
    (item_id, site_id), (other, _) = goods(session), goods(session, name="雨伞")
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    redemption_id(send(browser, form))
    assert send(browser, form, item_id=str(other)).status_code == 409


def test_without_the_forms_token_nothing_happens(browser: FlaskClient, rich: int, session: Session):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    assert send(browser, form, csrf_token="x").status_code == 400
    assert balance(session, rich) == (1000, 0)


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("item_id", "", 404),
        ("item_id", "0", 404),
        ("item_id", "99999999", 404),
        ("item_id", "9" * 30, 404),
        ("item_id", "１", 404),
        ("version", "x", 404),
        ("version", "7", 409),
        ("site_id", "", 422),
        ("site_id", "999999", 422),
        ("site_id", "'; DROP TABLE points_items; --", 422),
        ("request_key", "", 422),
        ("request_key", "not a key", 422),
        ("request_key", "\x00" * 32, 422),
        ("phone", "13800000000", 422),
    ],
)
def test_garbage_in_the_form_moves_nothing(  # noqa: PLR0917  # fixtures and a table's columns
    browser: FlaskClient, rich: int, session: Session, field: str, value: str, status: int
):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    answer = send(browser, form, **{field: value})
    assert answer.status_code == status
    assert balance(session, rich) == (1000, 0)
    assert page_of(answer).headings


def test_a_form_that_is_far_too_long_is_turned_away(browser: FlaskClient, session: Session):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    assert send(browser, form, phone="1" * 200_000).status_code == 413


def test_what_changed_meanwhile_is_shown_before_it_counts(
    browser: FlaskClient, rich: int, session: Session
):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    points.catalogue.change_item(
        session,
        item_id=item_id,
        terms=points.Terms(name="搪瓷杯", price=200),
        staff_id=factories.a_member_of_staff(session),
    )
    session.commit()
    answer = send(browser, form)
    assert answer.status_code == 409
    page = page_of(answer)
    assert page.alerts == ["商品信息刚刚有变化，请看过最新内容再兑换。"]
    assert "用 200 分" in page.text
    redemption_id(send(browser, the_form(page, "ions")))
    assert balance(session, rich) == (800, 200)


def test_phone_credit_wants_a_number(browser: FlaskClient, session: Session):
    item_id = an_item(session, sort=Sort.CREDIT, name="话费 10 元", worth_fen=1000)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm"), "ions")
    for typed in ("", "123", "1380000000a", "+8613800000000000"):
        answer = send(browser, form, phone=typed)
        assert answer.status_code == 422
        assert page_of(answer).alerts == ["请填写 11 位手机号码。"]
    made = redemption_id(send(browser, form, phone=" 138-0000 0000 "))
    page = look(browser, f"/points/redemptions/{made}")
    assert "正在充值" in page.text
    assert "13800000000" not in page.html


def test_a_vouchers_code_is_shown_once_it_is_unlocked(browser: FlaskClient, session: Session):
    item_id = an_item(session, sort=Sort.VOUCHER, keys=points_keys.current())
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm"), "ions")
    made = redemption_id(send(browser, form))
    page = look(browser, f"/points/redemptions/{made}")
    assert f"V{item_id}-1" not in page.html
    answer = send(browser, the_form(page, "/voucher"))
    assert answer.status_code == 303
    for _ in range(2):
        page = look(browser, f"/points/redemptions/{made}")
        assert f"V{item_id}-1" in page.text
    assert not [form for form in page.forms if form.action.endswith("/cancel")]


def test_whoever_changes_his_mind_gets_his_points_back(
    browser: FlaskClient, rich: int, session: Session
):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    made = redemption_id(send(browser, form))
    form = the_form(look(browser, f"/points/redemptions/{made}"), "/cancel")
    for _ in range(2):
        assert send(browser, form).status_code == 303
    assert balance(session, rich) == (1000, 0)
    assert look(browser, f"/points/redemptions/{made}").headings[0] == "已取消"
    other = Form(form.action, "post", {**form.fields, "request_key": uuid4().hex})
    assert send(browser, other).status_code == 409


def test_nobody_sees_or_touches_what_is_another_s(
    browser: FlaskClient, session: Session, resident_client: SignedIn
):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    made = redemption_id(send(browser, form))
    mine = the_form(look(browser, f"/points/redemptions/{made}"), "/cancel")
    stranger = resident_client(rich_citizen(session))
    look(stranger, f"/points/redemptions/{made}", 404)
    look(stranger, f"/points/redemptions/{made}/pickup", 404)
    g.pop("csrf_token")  # the tests' one context remembers the other browser's
    token = the_form(look(stranger, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    for path in ("cancel", "voucher", "pickup"):
        form = Form(f"/points/redemptions/{made}/{path}", "post", {**mine.fields})
        answer = send(stranger, form, csrf_token=token.fields["csrf_token"])
        assert answer.status_code == 404
    assert "还没有换过东西" in look(stranger, "/points/redemptions").text


def test_five_wrong_codes_lock_the_page_until_the_resident_renews_it(
    browser: FlaskClient, session: Session
):
    item_id, site_id = goods(session)
    session.commit()
    form = the_form(look(browser, f"/points/mall/{item_id}/confirm?site_id={site_id}"), "ions")
    made = redemption_id(send(browser, form))
    look(browser, f"/points/redemptions/{made}/pickup")
    no = session.scalars(select(Redemption.no)).one()
    staff_id = factories.a_member_of_staff(session)
    for _ in range(5):
        points.hand_over(
            session,
            no=no,
            code="nonsense",
            staff_id=staff_id,
            request_key=factories.key(),
            keys=points_keys.current(),
        )
    session.commit()
    page = look(browser, f"/points/redemptions/{made}/pickup")
    assert page.alerts == ["取货码输错了五次，先停用了。"]
    assert send(browser, the_form(page, "/pickup")).status_code == 303
    assert "请给工作人员扫一扫" in look(browser, f"/points/redemptions/{made}/pickup").text


def test_old_pages_of_the_lists_end(browser: FlaskClient):
    assert "没有更早的记录" in look(browser, "/points/history?before=1").text
    for typed in ("x", "-1", "9" * 40, "%00"):
        look(browser, f"/points/history?before={typed}")
        look(browser, f"/points/redemptions?before={typed}")


def test_a_picture_is_served_to_everybody_and_nothing_else_is(
    client: FlaskClient, session: Session
):
    item_id = an_item(session)
    session.commit()
    for path in (f"{item_id}/pictures/1", "999/pictures/1", f"{item_id}/pictures/9999"):
        assert client.get(f"/points/mall/{path}").status_code == 404


def test_the_home_page_leads_here(client: FlaskClient):
    assert page_of(client.get("/")).links["我的积分和兑换"] == "/points"
