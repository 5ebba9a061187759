"""The residents' front door, and what everybody meets when something goes wrong."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.access import staff_only
from accounts.rules import Role
from tests import factories
from tests.pages import page_of, sign_in_as

RESIDENTS_PAGES = ["/", "/reports", "/reports?no=x", "/nothing"]
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_the_home_page_says_how_to_report_and_where_to_look(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    page = page_of(response)
    assert page.links["查办理进度"] == "/reports"
    assert page.links["找最近的公厕"] == "/nearby/toilet?open_now=1"
    assert page.links["拨打 12319"] == "tel:12319"
    assert page.links["工作人员入口"] == "/console/"
    assert "重庆市江北区" in page.text
    assert "演示数据" in page.text


def test_the_demonstration_says_so_only_where_it_is_one(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    extensions = client.application.extensions
    real = extensions["baixing_settings"].model_copy(update={"is_demo": False})
    monkeypatch.setitem(extensions, "baixing_settings", real)
    for address in ("/", "/console/sign-in"):
        assert "演示" not in page_of(client.get(address)).text


@pytest.mark.parametrize("address", RESIDENTS_PAGES)
def test_residents_pages_have_a_language_one_heading_and_no_cookie(
    client: FlaskClient, address: str
) -> None:
    response = client.get(address)
    page = page_of(response)
    assert '<html lang="zh-CN">' in page.html
    assert [name for name, _ in page.tags].count("h1") == 1
    assert "Set-Cookie" not in response.headers
    assert "script" not in dict(page.tags)
    viewport = next(given for name, given in page.tags if given.get("name") == "viewport")
    assert "user-scalable" not in viewport["content"]
    assert "maximum-scale" not in viewport["content"]


@pytest.mark.parametrize("address", RESIDENTS_PAGES)
def test_residents_pages_are_light(client: FlaskClient, address: str) -> None:
    assert len(client.get(address).data) < 15 * 1024


@pytest.fixture
def faulty(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Lend a client of an application whose home page fails."""

    def fail() -> str:
        raise RuntimeError("a defect with a secret in it")

    monkeypatch.setitem(app.view_functions, "portal.home", fail)
    monkeypatch.setitem(app.view_functions, "console.sign_in", fail)
    return app.test_client()


def test_a_defect_is_a_page_that_tells_no_inside(faulty: FlaskClient) -> None:
    response = faulty.get("/", headers=BROWSER)
    assert response.status_code == 500
    page = page_of(response)
    assert page.headings[0] == "系统出了点问题"
    assert page.links["回到首页"] == "/"
    assert "secret" not in page.html
    assert "Traceback" not in page.html


def test_a_defect_at_the_desk_looks_like_the_desk(faulty: FlaskClient) -> None:
    page = page_of(faulty.get("/console/sign-in", headers=BROWSER))
    assert "工作台" in page.text
    assert page.links["回到案件列表"] == "/console/"


@pytest.mark.parametrize(
    ("method", "address", "status", "heading"),
    [
        ("GET", "/nothing", 404, "没有找到"),
        ("GET", "/%ff%fe", 404, "没有找到"),
        ("POST", "/reports", 405, "请从页面上的按钮操作"),
        ("DELETE", "/", 405, "请从页面上的按钮操作"),
    ],
)
def test_an_error_is_a_page_in_chinese_with_a_way_on(
    client: FlaskClient, method: str, address: str, status: int, heading: str
) -> None:
    response = client.open(address, method=method, headers=BROWSER)
    assert response.status_code == status
    page = page_of(response)
    assert page.headings[0] == heading
    assert page.links["查办理进度"] == "/reports"
    assert page.links["拨打 12319"]


def test_too_large_a_body_is_a_page(client: FlaskClient) -> None:
    response = client.post("/console/sign-in", data={"username": "x" * 100_000}, headers=BROWSER)
    assert response.status_code == 413
    assert page_of(response).headings == ["照片太大了"]


def test_a_member_of_staff_without_the_right_role_gets_the_desks_403(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = staff_only(Role.DISPATCHER)(lambda: "inside")
    monkeypatch.setitem(app.view_functions, "cases_desk.worklist", guarded)
    sign_in_as(client, session, factories.a_member_of_staff(session, role=Role.ACCEPTOR))
    response = client.get("/console/cases", headers=BROWSER)
    assert response.status_code == 403
    assert page_of(response).headings == ["这个页面您现在打不开"]


def test_a_program_gets_a_problem_document_instead(client: FlaskClient) -> None:
    response = client.get("/api/v1/nothing")
    assert response.mimetype == "application/problem+json"
    assert client.get("/nothing", headers={"Accept": "application/json"}).json
