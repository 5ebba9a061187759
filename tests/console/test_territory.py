"""The desk's pages of the district: reading, closing a body, and files checked before they count."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import territory
from accounts import Role
from tests.factories import a_body, a_member_of_staff
from tests.pages import page_of, sign_in_as
from tests.territory.grounds import TREE, bring_in, collection, feature, planted

IMPORTS = "/console/territory/imports"


@pytest.fixture
def editor(client: FlaskClient, session: Session) -> FlaskClient:
    sign_in_as(client, session, a_member_of_staff(session, role=Role.DATA_EDITOR))
    return client


def sent(client: FlaskClient, data: bytes, **more: str) -> TestResponse:
    token = page_of(client.get(IMPORTS)).forms[-1].fields["csrf_token"]
    fields = {"csrf_token": token, "datum": "wgs84", "file": (BytesIO(data), "网格.geojson")} | more
    answer = client.post(IMPORTS, data=fields)
    answer.request.environ["wsgi.input"].close()
    return answer


def confirmed(client: FlaskClient, address: str) -> TestResponse:
    form = page_of(client.get(address)).forms[-1]
    return client.post(address, data=form.fields)


def test_a_file_is_checked_looked_at_and_only_then_imported(
    editor: FlaskClient, session: Session
) -> None:
    address = sent(editor, TREE).location
    assert "新增 9" in page_of(editor.get(address)).text
    assert territory.streets(session) == ()
    session.commit()

    assert confirmed(editor, address).status_code == 303
    assert len(territory.streets(session)) == 2
    session.commit()
    assert "已导入" in page_of(editor.get(address)).text
    form = page_of(editor.get(IMPORTS)).forms[-1]
    again = editor.post(address, data=form.fields)
    assert again.status_code == 409
    page = page_of(editor.get("/console/territory/areas/500105001"))
    assert "甲社区" in page.headings


def test_what_would_do_something_else_by_now_is_shown_anew(
    editor: FlaskClient, session: Session
) -> None:
    address = sent(editor, TREE).location
    planted(session)
    session.commit()
    answer = confirmed(editor, address)
    assert answer.status_code == 409
    page = page_of(answer)
    assert "检查之后数据有了变化" in page.alerts[0]
    assert "不变 9" in page.text
    assert confirmed(editor, address).status_code == 303


def test_rows_that_cannot_be_leave_no_button_to_press(editor: FlaskClient) -> None:
    page = page_of(editor.get(sent(editor, collection(feature("5", "district"))).location))
    assert "编码「5」不合" in page.text
    assert not [form for form in page.forms if form.action.startswith(IMPORTS)]


@pytest.mark.parametrize(
    ("data", "more", "status"),
    [
        (b"", {}, 422),
        (b"\x00\xff" * 50, {}, 422),
        (TREE, {"datum": "moon"}, 422),
        (TREE, {"file": ""}, 422),
    ],
)
def test_what_is_no_file_is_turned_away_with_the_page(
    editor: FlaskClient, data: bytes, more: dict[str, str], status: int
) -> None:
    answer = sent(editor, data, **more)
    assert answer.status_code == status
    assert page_of(answer).alerts


def test_a_body_is_closed_and_opened_again(editor: FlaskClient, session: Session) -> None:
    body = a_body(session, "市政所")
    session.commit()
    for word, is_there in (("停用", False), ("启用", True)):
        page = page_of(editor.get("/console/territory/bodies?kind=street"))
        form = next(form for form in page.forms if form.action.endswith(f"/bodies/{body}"))
        act = "open" if is_there else "close"
        assert editor.post(form.action, data={**form.fields, "act": act}).status_code == 303
        assert f"已{word}市政所" in page_of(editor.get("/console/territory/bodies")).text
        assert (territory.body_name(session, body) is not None) == is_there
        session.commit()


def test_people_are_shown_with_their_telephones_to_the_desk(
    editor: FlaskClient, session: Session
) -> None:
    planted(session)
    bring_in(session, "地域,职责,姓名,电话\n500105001,负责人,甲,02366666666\n".encode())
    session.commit()
    page = page_of(editor.get("/console/territory/areas/500105001"))
    assert page.links["02366666666"] == "tel:02366666666"
    for address in ("/areas/500105009", "/areas/%00", f"/imports/{2**62}"):
        assert editor.get(f"/console/territory{address}").status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "edits"),
    [
        (Role.DATA_EDITOR, 200, 200),
        (Role.DISPATCHER, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.BODY_STAFF, 403, 403),
        (Role.SHOP_KEEPER, 403, 403),
    ],
)
def test_who_reads_and_who_edits(
    client: FlaskClient, session: Session, role: Role, reads: int, edits: int
) -> None:
    planted(session)
    body = a_body(session)
    staff = a_member_of_staff(session, role=role, body_id=body if role is Role.BODY_STAFF else None)
    sign_in_as(client, session, staff)
    for address in ("", "areas/500105", "bodies"):
        assert client.get(f"/console/territory/{address}").status_code == reads
    assert client.get(IMPORTS).status_code == edits
