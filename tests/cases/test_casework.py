"""What the desk does beside moving a case, by the forms of its page; and the working hours."""

from datetime import date, timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import cases
from accounts import Role
from cases.clock_models import SpecialDay
from cases.office import calendar
from cases.voice_models import Permit
from cases.workflow import Status
from kernel import clock
from tests import factories
from tests.cases.conftest import Desk, now_in, status_of
from tests.pages import Form, page_of, sign_in_as, submit


def form_to(desk: Desk, case_id: int, ending: str) -> Form:
    return next(form for form in desk.case(case_id).forms if form.action.endswith(ending))


def permit_form(desk: Desk, case_id: int, permit: int) -> Form:
    return form_to(desk, case_id, f"/permits/{permit}")


def test_an_extension_goes_through_the_hands_of_three(at_desk: Desk, session: Session) -> None:
    case_id = factories.a_case(session, Status.DISPATCHED).case_id
    leaders = [factories.a_member_of_staff(session) for _ in range(2)]
    session.commit()
    ask = form_to(at_desk, case_id, "/permits")
    for _ in range(2):  # twice by a nervous finger
        answer = submit(at_desk.client, ask, kind="extension", note="材料没到货")
    assert "申请已提交" in page_of(at_desk.client.get(answer.location)).text
    permit = session.scalars(select(Permit.id)).one()
    session.commit()

    for leader, choice, words in (
        (leaders[0], "endorse", "待值班长审批"),
        (leaders[0], "grant", "不归您的岗位办理"),
        (leaders[1], "grant", "已批准"),
    ):
        sign_in_as(at_desk.client, session, leader)
        answer = submit(at_desk.client, permit_form(at_desk, case_id, permit), answer=choice)
        assert words in page_of(at_desk.client.get(answer.location)).text
    assert now_in(session, case_id).moves[-1].name == "extend"


class Wrong(NamedTuple):
    kind: str
    until: str
    sentence: str


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong("suspension", "", "请选择今天以后"),
        Wrong("suspension", "2020-01-01", "请选择今天以后"),
        Wrong("suspension", "9999-12-31", "请选择今天以后"),
        Wrong("suspension", "x", "请选择今天以后"),
        Wrong("holiday", "", "案件现在不能这样办理"),
    ],
)
def test_a_request_that_cannot_be_is_refused_in_words(
    at_desk: Desk, session: Session, wrong: Wrong
) -> None:
    case_id = factories.a_case(session, Status.DISPATCHED).case_id
    session.commit()
    form = form_to(at_desk, case_id, "/permits")
    answer = submit(at_desk.client, form, kind=wrong.kind, until=wrong.until, note="雨季")
    assert wrong.sentence in page_of(at_desk.client.get(answer.location)).text
    assert session.scalars(select(Permit.id)).all() == []


def test_a_case_is_put_off_until_a_day(at_desk: Desk, session: Session) -> None:
    case_id = factories.a_case(session, Status.DISPATCHED).case_id
    session.commit()
    day = clock.city_day(clock.now()) + timedelta(days=10)
    form = form_to(at_desk, case_id, "/permits")
    submit(at_desk.client, form, kind="suspension", until=str(day), note="雨季")
    until = session.scalars(select(Permit.until)).one()
    assert until
    assert f"{clock.in_city(until):%Y-%m-%d %H:%M}" == f"{day} 18:00"


def test_a_duplicate_near_by_is_shown_and_merged(at_desk: Desk, session: Session) -> None:
    main, other = factories.a_report(session), factories.a_report(session)
    session.commit()
    page = at_desk.case(other.case_id)
    assert "附近可能是同一个问题" in page.text
    assert main.report_no in page.text
    form = form_to(at_desk, other.case_id, "/merge")
    wrong = submit(at_desk.client, form, into="JB000000-0000000")
    assert "请选择一个正在办理的案件" in page_of(at_desk.client.get(wrong.location)).text
    submit(at_desk.client, form, into=main.report_no.lower())
    assert status_of(session, other.case_id) is Status.MERGED
    assert main.report_no in at_desk.case(other.case_id).text
    assert "共有 2 位居民在等结果" in at_desk.case(main.case_id).text


def test_a_case_is_watched_and_tagged(at_desk: Desk, session: Session) -> None:
    case_id = factories.a_report(session).case_id
    session.commit()
    submit(at_desk.client, form_to(at_desk, case_id, "/supervision"), note="三天内办结")
    submit(at_desk.client, form_to(at_desk, case_id, "/tags"), name="防汛抗旱")
    text = at_desk.case(case_id).text
    assert "督办 三天内办结" in text
    assert "专项：防汛抗旱" in text
    submit(at_desk.client, form_to(at_desk, case_id, "/supervision"), answer="lift")
    assert not now_in(session, case_id).is_supervised


@pytest.mark.parametrize(
    ("ending", "role"),
    [
        ("/permits", Role.ACCEPTOR),
        ("/permits/1", Role.BODY_STAFF),
        ("/pleas/1", Role.DISPATCHER),
        ("/merge", Role.INSPECTOR),
        ("/supervision", Role.DISPATCHER),
        ("/tags", Role.SHOP_KEEPER),
    ],
)
def test_a_role_that_may_not_is_turned_away(
    client: FlaskClient, session: Session, ending: str, role: Role
) -> None:
    case_id = factories.a_case(session, Status.DISPATCHED).case_id
    body = factories.a_body(session)
    staff = factories.a_member_of_staff(
        session, role=role, body_id=body if role is Role.BODY_STAFF else None
    )
    session.commit()
    sign_in_as(client, session, staff)
    token = page_of(client.get("/console/cases")).forms[0].fields["csrf_token"]
    sent = {"csrf_token": token, "request_key": factories.key(), "note": "x"}
    assert client.post(f"/console/cases/{case_id}{ending}", data=sent).status_code == 403


def test_the_page_shows_clocks_with_their_lamps(at_desk: Desk, session: Session) -> None:
    case_id = factories.a_case(session, Status.DISPATCHED).case_id
    session.commit()
    text = " ".join(at_desk.case(case_id).text.split())
    assert "处置 5 工作日" in text
    assert "答复上报人 15 工作日" in text
    assert "受理立案 15 分钟" in text


def test_the_promised_day_is_on_the_residents_page(client: FlaskClient, session: Session) -> None:
    made = factories.a_case(session, Status.DISPATCHED)
    session.commit()
    text = page_of(client.get(f"/reports/{made.report_no}?k={made.access_key}")).text
    promised = cases.case_file(session, made.case_id).due_at
    assert promised
    assert f"预计 {clock.spoken(promised)} 前处理好" in " ".join(text.split())


# -- working hours --------------------------------------------------------------------------


def test_hours_and_days_are_set_by_commands(app: Flask, session: Session) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["cases", "hours", "08:00-12:00 14:00-18:00"]).exit_code == 0
    day = ["cases", "day", "2026-11-23", "", "--note", "区庆放假"]
    for _ in range(2):
        assert runner.invoke(args=day).exit_code == 0
    found = calendar(session, clock.now())
    assert found.day_length == timedelta(hours=8)
    assert found.slots_of(date(2026, 11, 23)) == ()
    assert len(session.scalars(select(SpecialDay)).all()) == 1


@pytest.mark.parametrize("slots", ["9", "12:00-09:00", "x"])
def test_hours_that_make_no_sense_are_refused(app: Flask, slots: str) -> None:
    answer = app.test_cli_runner().invoke(args=["cases", "hours", slots])
    assert answer.exit_code == 2
    assert "请写成" in answer.output
