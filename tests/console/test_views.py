"""Signing in to the desk and out of it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import accounts
from accounts import passwords
from accounts.rules import WRONG_PASSWORDS
from tests import factories
from tests.pages import page_of, sign_in_as, submit

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def password_hash() -> str:
    return passwords.hash_of(PASSWORD)


@pytest.fixture
def username(session: Session, password_hash: str) -> str:
    staff_id = factories.a_member_of_staff(session, name="陈敏")
    member = session.get_one(accounts.Staff, staff_id)
    member.password_hash = password_hash
    session.commit()
    return member.username


def sign_in(client: FlaskClient, username: str, password: str, goal: str = "") -> TestResponse:
    page = page_of(client.get("/console/sign-in", query_string={"next": goal} if goal else {}))
    return submit(client, page.forms[0], username=username, password=password)


def test_a_stranger_is_led_to_the_sign_in_page(client: FlaskClient) -> None:
    response = client.get("/console/")
    assert response.status_code == 303
    page = page_of(client.get(response.location))
    assert page.headings == ["登录工作台"]
    assert page.forms[0].fields["next"] == "/console/"


def test_the_right_password_opens_the_desk(client: FlaskClient, username: str) -> None:
    response = sign_in(client, username, PASSWORD)
    assert (response.status_code, response.location) == (303, "/console/cases")
    cookie = next(c for c in response.headers.getlist("Set-Cookie") if c.startswith("bx_staff="))
    for word in ("HttpOnly", "SameSite=Lax", "Path=/console", "Max-Age=43200"):
        assert word in cookie
    page = page_of(client.get("/console/cases"))
    assert "陈敏" in page.text
    assert client.get("/console/").location == "/console/cases"
    assert client.get("/console/sign-in").location == "/console/cases"


def test_the_cookie_needs_https_unless_told_otherwise(
    client: FlaskClient, username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = client.application
    safe = app.extensions["baixing_settings"].model_copy(update={"cookie_secure": True})
    monkeypatch.setitem(app.extensions, "baixing_settings", safe)
    response = sign_in(client, username, PASSWORD)
    assert "Secure" in response.headers.getlist("Set-Cookie")[0]


def test_a_wrong_password_keeps_the_name_and_says_nothing_more(
    client: FlaskClient, username: str
) -> None:
    for name, typed in ((username, "wrong-password"), ("nobody", PASSWORD)):
        response = sign_in(client, name, typed)
        assert response.status_code == 403
        page = page_of(response)
        assert page.alerts == ["用户名或密码不对，请再试一次。"]
        assert page.forms[0].fields["username"] == name
        assert typed not in page.html
        assert client.get_cookie("bx_staff", path="/console") is None


def test_after_too_many_wrong_passwords_the_right_one_waits(
    client: FlaskClient, username: str
) -> None:
    for _ in range(WRONG_PASSWORDS):
        assert sign_in(client, username, "wrong-password").status_code == 403
    response = sign_in(client, username, PASSWORD)
    assert response.status_code == 429
    assert "请 15 分钟后再试" in page_of(response).alerts[0]


def test_after_signing_in_one_is_where_one_wanted_to_go(client: FlaskClient, username: str) -> None:
    wanted = client.get("/console/cases", query_string={"status": "filed", "q": "井盖"})
    page = page_of(client.get(wanted.location))
    response = submit(client, page.forms[0], username=username, password=PASSWORD)
    assert response.status_code == 303
    assert page_of(client.get(response.location)).headings[0] == "案件"
    assert "正在查找「井盖」，只看待派遣" in page_of(client.get(response.location)).text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/console/",
        "/\\evil.example",
        "/console/\\evil.example",
        "/console/\r\nSet-Cookie: x=1",
        "/reports",
        "javascript:alert(1)",
        "console/",
    ],
)
def test_signing_in_never_leads_out_of_the_desk(
    client: FlaskClient, username: str, elsewhere: str
) -> None:
    page = page_of(client.get("/console/sign-in", query_string={"next": elsewhere}))
    assert page.forms[0].fields["next"] == "/console/cases"
    response = submit(client, page.forms[0], username=username, password=PASSWORD, next=elsewhere)
    assert response.location == "/console/cases"


def test_signing_in_needs_the_forms_token(client: FlaskClient, username: str) -> None:
    response = client.post("/console/sign-in", data={"username": username, "password": PASSWORD})
    assert response.status_code == 400
    assert page_of(response).links["回到刚才的页面"] == "/console/sign-in"


@pytest.mark.parametrize(
    ("name", "password"),
    [("", ""), ("\x00", "\x00"), ("x" * 5000, "y" * 50000), ("' OR '1'='1", "x"), ("中文", "密码")],
)
def test_garbage_is_a_wrong_password(
    client: FlaskClient, session: Session, name: str, password: str
) -> None:
    response = sign_in(client, name, password)
    assert response.status_code == 403
    page_of(response)


def test_missing_fields_are_a_wrong_password(client: FlaskClient, session: Session) -> None:
    form = page_of(client.get("/console/sign-in")).forms[0]
    response = submit(client, form, username=None, password=None, next=None)
    assert response.status_code == 403


def test_signing_out_ends_the_session_for_good(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, factories.a_member_of_staff(session))
    cookie = client.get_cookie("bx_staff")
    assert cookie
    form = next(
        f for f in page_of(client.get("/console/cases")).forms if f.action == "/console/sign-out"
    )
    response = submit(client, form)
    assert (response.status_code, response.location) == (303, "/console/sign-in")
    assert "bx_staff=;" in "".join(response.headers.getlist("Set-Cookie"))
    client.set_cookie("bx_staff", cookie.value)  # somebody kept it
    assert client.get("/console/cases").status_code == 303


def test_nobody_is_signed_out_by_a_link_or_by_another_site(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, factories.a_member_of_staff(session))
    assert client.get("/console/sign-out").status_code == 405
    assert client.post("/console/sign-out").status_code == 400
    assert client.get("/console/cases").status_code == 200


def test_a_cookie_that_is_no_session_is_a_stranger(client: FlaskClient, session: Session) -> None:
    for value in ("x", "a" * 4000, "%00", "中"):
        client.set_cookie("bx_staff", value)
        assert client.get("/console/cases").status_code == 303
