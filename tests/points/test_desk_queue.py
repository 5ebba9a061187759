"""The queue, one redemption, and the counter."""

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

import points
from accounts import Role
from points import keys as keyring
from points import lookups
from points.keys import Keys
from points.models import Redemption
from tests.pages import page_of
from tests.points.counter import Case
from tests.points.desk import Desk, form_with


@pytest.fixture
def keys() -> Keys:
    return keyring.current()


@pytest.fixture
def case(app: Flask, session: Session, keys: Keys) -> Case:
    made = Case(session, keys, needs_approval=True)
    session.commit()
    return made


@pytest.fixture
def ready(app: Flask, session: Session, keys: Keys) -> Case:
    made = Case(session, keys)
    session.commit()
    return made


def status(session: Session, case: Case) -> str:
    session.expire_all()
    return session.get_one(Redemption, case.id).status


PAGES = (
    "",
    "/queue.xlsx",
    "/items",
    "/stock.xlsx",
    "/sites",
    "/people",
    "/proposals",
    "/review",
    "/rules",
    "/sheet",
    "/sheet.xlsx",
    "/ledger",
    "/ledger.xlsx",
    "/books",
)


@pytest.mark.parametrize("path", PAGES)
def test_who_may_see_what(app: Flask, session: Session, path: str):
    for role, allowed in (
        (Role.POINTS_OPERATOR, 200),
        (Role.AUDITOR, 200),
        (Role.ADMINISTRATOR, 200),
        (Role.SHOP_KEEPER, 403),
        (Role.ACCEPTOR, 403),
        (Role.DISPATCHER, 403),
    ):
        assert Desk(app, session, role).get(path).status_code == allowed, role


def test_auditors_read_and_change_nothing(app: Flask, session: Session, case: Case):
    desk = Desk(app, session, Role.AUDITOR)
    page = desk.look(f"/redemptions/{case.no}")
    assert [form for form in page.forms if form.method == "post"] == [
        form for form in page.forms if form.action.endswith("sign-out")
    ]
    for path in (
        f"/redemptions/{case.no}",
        "/counter",
        "/items/new",
        f"/items/{case.item_id}",
        f"/items/{case.item_id}/listing",
        f"/items/{case.item_id}/receipts",
        f"/items/{case.item_id}/stocktaking",
        f"/items/{case.item_id}/codes",
        "/sites",
        "/keepers",
        "/people/1",
        "/proposals",
        "/appeals",
        "/rules",
        "/books",
    ):
        assert desk.post(path).status_code == 403, path


def test_the_queue_shows_what_is_due_and_what_is_late(app: Flask, session: Session, case: Case):
    desk = Desk(app, session)
    page = desk.look("")
    assert str(case.no) in page.links
    assert "超期" not in page.text
    session.execute(text("UPDATE points_redemptions SET due_at = now() - interval '1 hour'"))
    session.commit()
    assert "超期" in desk.look("").text
    assert "没有待领取的兑换" in desk.look("?status=ready").text
    assert "没有待审核的兑换" in desk.look("?site_id=999999").text
    for odd in ("?status=%00", "?site_id=x", "?status=fulfilled", "?site_id=" + "9" * 50):
        desk.look(odd)


def test_approved_it_waits_for_the_resident(app: Flask, session: Session, case: Case):
    desk = Desk(app, session)
    form = form_with(desk.look(f"/redemptions/{case.no}"), move="approve")
    for _ in range(2):
        assert "已通过" in desk.done(desk.send(form))
    assert status(session, case) == "ready"
    again = desk.send(form, request_key=uuid4().hex)
    assert again.status_code == 409


def test_refused_it_says_why_and_gives_the_points_back(app: Flask, session: Session, case: Case):
    desk = Desk(app, session)
    form = form_with(desk.look(f"/redemptions/{case.no}"), move="refuse")
    assert desk.send(form).status_code == 422
    assert desk.send(form, reason="other", note="  ").status_code == 422
    assert desk.send(form, reason="nonsense", note="x").status_code == 422
    assert desk.send(form, reason="stock", request_key="x").status_code == 422
    assert "已退回" in desk.done(desk.send(form, reason="stock", note="下周到货"))
    assert status(session, case) == "refused"
    words = desk.look(f"/redemptions/{case.no}").text
    assert "商品缺货或有破损。下周到货" in words


def test_what_is_sent_needs_a_number(app: Flask, session: Session, ready: Case):
    desk = Desk(app, session)
    form = form_with(desk.look(f"/redemptions/{ready.no}"), move="ship")
    assert desk.send(form, carrier="顺丰", tracking_no="").status_code == 422
    assert "已记为寄出" in desk.done(desk.send(form, carrier="顺丰", tracking_no="SF12345"))
    assert status(session, ready) == "fulfilled"


def test_nobody_decides_on_his_own(app: Flask, session: Session, case: Case):
    desk = Desk(app, session)
    form = form_with(desk.look(f"/redemptions/{case.no}"), move="approve")
    points.mark_insider(
        session, citizen_id=case.citizen_id, staff_id=desk.staff_id, note="积分管理员"
    )
    session.commit()
    answer = desk.send(form)
    assert answer.status_code == 403
    assert page_of(answer).alerts == ["不能办理自己的积分，请交给同事。"]
    assert status(session, case) == "requested"


def test_a_number_that_is_nobodys_is_not_found(app: Flask, session: Session):
    desk = Desk(app, session)
    desk.look("/redemptions/99999", 404)
    assert desk.get("/redemptions/0").status_code == 404
    assert desk.get("/redemptions/" + "9" * 30).status_code == 404


def test_without_a_token_nothing_is_decided(app: Flask, session: Session, case: Case):
    desk = Desk(app, session)
    form = form_with(desk.look(f"/redemptions/{case.no}"), move="approve")
    assert desk.send(form, csrf_token=None).status_code == 400
    assert status(session, case) == "requested"


# -- the counter -------------------------------------------------------------------------------


def a_keeper(app: Flask, session: Session, site_id: int | None) -> Desk:
    desk = Desk(app, session, Role.SHOP_KEEPER, "刘芳")
    if site_id is not None:
        lookups.place_keeper(session, staff_id=desk.staff_id, site_id=site_id)
    session.commit()
    return desk


def test_what_is_scanned_is_handed_over(app: Flask, session: Session, ready: Case):
    desk = a_keeper(app, session, ready.site_id)
    code = ready.pickup()
    session.commit()
    page = desk.look("/counter")
    assert f"{ready.no} 搪瓷杯" in page.text
    assert code.code not in page.html
    form = form_with(page, scanned="")
    for _ in range(2):  # a double click
        said = desk.done(desk.send(form, scanned=code.words))
        assert f"请交付：搪瓷杯（兑换编号 {ready.no}）" in said
    assert status(session, ready) == "fulfilled"


def test_number_and_code_may_be_typed(app: Flask, session: Session, ready: Case):
    desk = Desk(app, session)
    code = ready.pickup().code
    session.commit()
    form = form_with(desk.look("/counter"), scanned="")
    said = desk.done(desk.send(form, no=str(ready.no), code=f"{code[:4]} {code[4:]}"))
    assert "核销成功" in said


def test_a_keeper_hands_over_what_lies_with_him_only(app: Flask, session: Session, ready: Case):
    other = points.catalogue.add_site(session, name="别的地方", address="洋河一路")
    desk = a_keeper(app, session, other)
    code = ready.pickup()
    session.commit()
    answer = desk.send(form_with(desk.look("/counter"), scanned=""), scanned=code.words)
    assert answer.status_code == 422
    assert "不在您的领取点" in page_of(answer).alerts[0]
    assert status(session, ready) == "ready"


def test_a_keeper_without_a_point_is_told_whom_to_ask(app: Flask, session: Session, ready: Case):
    desk = a_keeper(app, session, None)
    assert "还没有给您安排领取点" in desk.look("/counter").text
    answer = desk.post("/counter", request_key=uuid4().hex, no=str(ready.no), code="12345678")
    assert answer.status_code == 403


def test_wrong_codes_are_counted_and_lock(app: Flask, session: Session, ready: Case):
    desk = a_keeper(app, session, ready.site_id)
    right = ready.pickup().code
    session.commit()
    wrong = f"{(int(right) + 1) % 10**8:08}"
    for left in (4, 3, 2, 1):
        form = form_with(desk.look("/counter"), scanned="")
        answer = desk.send(form, no=str(ready.no), code=wrong)
        assert answer.status_code == 422
        assert f"还可以试 {left} 次" in page_of(answer).text
        assert f"还可以试 {left} 次" in page_of(desk.send(form, no=str(ready.no), code=wrong)).text
    for code in (wrong, right):
        form = form_with(desk.look("/counter"), scanned="")
        answer = desk.send(form, no=str(ready.no), code=code)
    assert answer.status_code == 409
    assert "输错次数太多" in page_of(answer).alerts[0]
    assert status(session, ready) == "ready"


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"scanned": "BX1:1"},
        {"scanned": "https://example.com/"},
        {"scanned": "BX1:" + "9" * 40 + ":12345678"},
        {"no": "x", "code": "12345678"},
        {"no": "1", "code": "１２３４５６７８"},
        {"no": "1", "code": "1234"},
        {"no": "\x00", "code": "\x00"},
        {"scanned": "y" * 50_000},
    ],
)
def test_garbage_at_the_counter_is_no_try(
    app: Flask, session: Session, ready: Case, typed: dict[str, str]
):
    desk = Desk(app, session)
    ready.pickup()
    session.commit()
    form = form_with(desk.look("/counter"), scanned="")
    answer = desk.send(form, **typed)
    assert answer.status_code == 422
    assert page_of(answer).alerts == ["请扫居民手机上的取货码，或输入兑换编号和 8 位取货码。"]
    left = session.execute(text("SELECT tries_left FROM points_pickup_codes")).scalar_one()
    assert left == 5


def test_the_counter_is_for_those_who_stand_at_it(app: Flask, session: Session):
    assert Desk(app, session, Role.AUDITOR).get("/counter").status_code == 403
    assert Desk(app, session, Role.ACCEPTOR).get("/counter").status_code == 403
