"""The three lists and the month: what is in them, of whom, and who may read whose."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from accounts import Role
from cases import duties
from cases.duties import Month
from cases.matching import Line
from cases.rules import Status
from kernel import clock
from tests.cases.booking import in_force
from tests.factories import a_body, a_member_of_staff, a_report, move_on
from tests.pages import page_of, sign_in_as


@pytest.fixture
def two_bodies(session: Session) -> tuple[int, int]:
    """Give two bodies: one with a solved case and one put off, one with a case to solve."""
    one, other = a_body(session, "市政所"), a_body(session, "环卫所")
    in_force(session, Line(0, one, "C01"), Line(0, other, "E"))
    for body, road in ((one, "dispose"), (one, "suspend"), (other, "")):
        made = a_report(session, class_code="C0101")
        move_on(session, made.case_id, "file")
        move_on(session, made.case_id, "dispatch", body_id=body)
        if road:
            move_on(session, made.case_id, road)
    session.commit()
    return one, other


def test_each_list_holds_its_own(session: Session, two_bodies: tuple[int, int]) -> None:
    one, other = two_bodies
    month = Month.now()
    assert [row.reason for row in duties.upkeep(session, one)] == ["C01 公用设施（整类）"]
    assert len(duties.upkeep(session)) == 2
    assert {each.status for each in duties.rectifications(session, month, one)} == {
        Status.DISPOSED,
        Status.SUSPENDED,
    }
    assert len(duties.rectifications(session, month)) == 3
    (put_off,) = duties.works(session, month, one)
    assert put_off.reason == "已经看过现场"
    assert duties.works(session, month, other) == ()
    lines = dict(duties.monthly(session, month))
    assert {name: line.reports for name, line in lines.items()} == {"市政所": 2, "环卫所": 1}


def test_another_month_is_another_list(session: Session, two_bodies: tuple[int, int]) -> None:
    month = Month.now()
    assert duties.rectifications(session, month.before) == ()
    assert duties.works(session, month.before) == ()
    assert len(duties.works(session, month.next)) == 1  # it is still put off
    assert month.next.before == month
    assert month.since <= clock.now() < month.since + timedelta(days=32)


@pytest.mark.parametrize("typed", ["", "2026", "2026-13", "2026-1-1", "x" * 999, "1999-01"])
def test_what_is_no_month_is_none(typed: str) -> None:
    assert Month.of(typed) is None


def test_the_lists_are_a_page_and_files(
    client: FlaskClient, session: Session, two_bodies: tuple[int, int]
) -> None:
    sign_in_as(client, session, a_member_of_staff(session, role=Role.SUPERVISOR))
    page = page_of(client.get("/console/duties/"))
    assert {"日常管护", "问题整改", "项目建设", "月度数据"} <= set(page.headings)
    for name in ("upkeep", "rectification", "works", "monthly"):
        csv = client.get(f"/console/duties/{name}.csv?body={two_bodies[0]}").get_data(as_text=True)
        assert "市政所" in csv
        assert "环卫所" not in csv
        book = CalamineWorkbook.from_filelike(
            BytesIO(client.get(f"/console/duties/{name}.xlsx").data)
        )
        assert len(book.get_sheet_by_index(0).to_python()) > 1
    for address in ("none.csv", "works.exe", "works.csv/.."):
        assert client.get(f"/console/duties/{address}").status_code == 404
    assert client.get("/console/duties/?month=nonsense&body='").status_code == 200


def test_a_bodys_staff_read_their_own_and_no_others(
    client: FlaskClient, session: Session, two_bodies: tuple[int, int]
) -> None:
    one, other = two_bodies
    sign_in_as(client, session, a_member_of_staff(session, role=Role.BODY_STAFF, body_id=one))
    for address in (
        f"?body={other}",
        f"monthly.csv?body={other}",
        f"rectification.csv?body={other}",
    ):
        said = client.get(f"/console/duties/{address}").get_data(as_text=True)
        assert "市政所" in said
        assert "环卫所" not in said


def test_others_do_not_read_them(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, a_member_of_staff(session, role=Role.SHOP_KEEPER))
    assert client.get("/console/duties/").status_code == 403
