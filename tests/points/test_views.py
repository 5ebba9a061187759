"""Residents' pages: what they say, and what they do when somebody presses twice."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

import points
from kernel import clock
from points import keys as points_keys
from points.rules import Period, Sort
from tests import factories
from tests.pages import Form
from tests.points.mall import (
    an_item,
    award,
    give,
    goods,
    redeem,
)
from tests.points.pages import BROWSER, SignedIn, look, redemption_id, send, the_form


@pytest.mark.parametrize(
    "path",
    [
        "/points",
        "/points/history",
        "/points/mall",
        "/points/mall/1",
        "/points/mall/1/confirm",
        "/points/redemptions",
        f"/points/redemptions/{UUID(int=7)}",
        f"/points/redemptions/{UUID(int=7)}/pickup",
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
