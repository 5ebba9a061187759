"""From the mall to the goods: twice, with garbage, with somebody else's."""

import re
from uuid import UUID, uuid4

import pytest
from flask import g
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import points
from points import keys as points_keys
from points.models import Redemption
from points.rules import Sort
from tests import factories
from tests.pages import Form, page_of
from tests.points.mall import (
    an_item,
    balance,
    goods,
    rich_citizen,
)
from tests.points.pages import SignedIn, look, redemption_id, send, the_form


def test_from_the_mall_to_the_goods(browser: FlaskClient, rich: int, session: Session):
    item_id, site_id = goods(session)
    session.commit()
    assert any("搪瓷杯" in words for words in look(browser, "/points/mall").links)
    page = look(browser, f"/points/mall/{item_id}")
    page = look(browser, page.links["在这里领"])
    assert "换完还有 900 分" in page.text
    assert "拨打 12319" in page.links  # the layout's own words are there
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
