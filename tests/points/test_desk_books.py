"""Rules with a preview, the daily sheet, the ledger, the condition of the books."""

import io
from datetime import date, datetime, timedelta

import pytest
import python_calamine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

import points
from cases.rules import Status
from kernel import clock
from points import keys as keyring
from points import references
from tests import factories
from tests.pages import Form, page_of
from tests.points.counter import Case
from tests.points.desk import Desk, form_with
from tests.points.mall import award


@pytest.fixture
def desk(app: Flask, session: Session) -> Desk:
    return Desk(app, session)


def rules_form(desk: Desk) -> Form:
    form = next(f for f in desk.look("/rules").forms if "points" in f.fields)
    form.fields.pop("excluded", None)
    return form


def tomorrow() -> date:
    return clock.city_day(clock.now()) + timedelta(days=1)


def test_new_rules_begin_on_a_day_to_come(desk: Desk, session: Session):
    form = rules_form(desk)
    assert form.fields["points"].strip() == "其他 10"
    given = {"points": "c01 5\nE0203 8\n其他 2", "valid_from": f"{tomorrow()}", "act": "save"}
    assert "新规则已保存" in desk.done(desk.send(form, **given))
    begins = datetime.combine(tomorrow(), datetime.min.time(), clock.CITY)
    made = points.rules_at(session, begins)
    assert dict(made.rules.points) == {"": 2, "C01": 5, "E0203": 8}
    before = points.rules_at(session, begins - timedelta(seconds=1))
    assert dict(before.rules.points) == {"": 10}
    assert "未生效" in desk.look("/rules").text
    assert desk.send(form, **given).status_code == 422  # another version begins then


@pytest.mark.parametrize(
    "changed",
    [
        {"points": ""},
        {"points": "C01 5"},
        {"points": "其他 x"},
        {"points": "其他 1\n其他 2"},
        {"points": "其他 10 分"},
        {"points": "<b> 5\n其他 1"},
        {"points": "其他 1\n" + "\n".join(f"C{n:04} 1" for n in range(500))},
        {"points": "其他 9999999"},
        {"daily_cap": "600"},
        {"daily_cap": "-1"},
        {"follower_points": ""},
        {"kept_months": "0"},
        {"excluded": "share"},
        {"valid_from": ""},
        {"valid_from": "2020-01-01"},
        {"valid_from": "x"},
    ],
)
def test_rules_that_make_no_sense_are_refused(desk: Desk, changed: dict[str, str]):
    form = rules_form(desk)
    given = {"valid_from": f"{tomorrow()}", "act": "save", **changed}
    answer = desk.send(form, **given)
    assert answer.status_code == 422
    assert page_of(answer).alerts


def test_a_preview_says_what_last_month_would_have_earned(desk: Desk, session: Session, app: Flask):
    first = clock.city_day(clock.now()).replace(day=1)
    for _ in range(2):
        factories.a_case(session, Status.FILED)
    anonymous = factories.a_case(session, Status.FILED)
    session.execute(
        text("UPDATE cases_cases SET citizen_id = NULL WHERE id = :id"), {"id": anonymous.case_id}
    )
    now = factories.a_case(session, Status.FILED)
    last = datetime.combine(first - timedelta(days=3), datetime.min.time(), clock.CITY)
    session.execute(text("ALTER TABLE cases_moves DISABLE TRIGGER USER"))
    session.execute(
        text("UPDATE cases_moves SET at = :at WHERE case_id <> :now"),
        {"at": last, "now": now.case_id},
    )
    session.execute(text("ALTER TABLE cases_moves ENABLE TRIGGER USER"))
    session.commit()
    answer = desk.send(rules_form(desk), points="其他 3", act="preview")
    assert answer.status_code == 200
    page = page_of(answer)
    assert "发放积分206" in page.text.replace(" ", "")
    assert "上报件数22" in page.text.replace(" ", "")


def test_a_day_shows_what_moved_and_who_did_what(desk: Desk, session: Session, app: Flask):
    case = Case(session, keyring.current())
    case.staff_id = desk.staff_id
    case.hand_over(case.pickup().code).check()
    session.commit()
    words = desk.look("/sheet").text
    for part in ("上报奖励11000", "兑换支出1100", "周洁已交付1100", "搪瓷杯"):
        assert part in words.replace(" ", "")
    assert "这一天没有变动" in desk.look("/sheet?day=2020-01-01").text
    assert "这一天没有变动" not in desk.look("/sheet?day=2999-01-01").text
    desk.look("/sheet?day=yesterday", 422)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(desk.get("/sheet.xlsx").data))
    (_, row) = book.get_sheet_by_index(0).to_python()
    assert row[1:4] == [case.no, "搪瓷杯", 100]
    assert row[5] == "周洁"


def test_the_ledger_shows_each_transfer_with_its_cause(desk: Desk, session: Session, app: Flask):
    case = Case(session, keyring.current())
    award(session, case.citizen_id, 5)
    session.commit()
    page = desk.look("/ledger")
    assert page.links[f"兑换 {case.no}"] == f"/console/points/redemptions/{case.no}"
    assert page.links["案件 5"] == "/console/cases/5"
    assert "规则第 1 版" in page.text
    mine = references.reference_of(case.citizen_id, keyring.current())
    assert mine in page.links
    other = factories.a_citizen(session)
    session.commit()
    theirs = references.reference_of(other, keyring.current())
    assert "没有流水" in desk.look(f"/ledger?q={theirs}").text
    desk.look("/ledger?q=nobody", 404)
    assert "没有流水" in desk.look("/ledger?before=1").text
    book = python_calamine.CalamineWorkbook.from_filelike(
        io.BytesIO(desk.get(f"/ledger.xlsx?q={mine}").data)
    )
    rows = book.get_sheet_by_index(0).to_python()
    assert [row[3] for row in rows[1:]] == ["上报奖励", "兑换", "上报奖励"]
    assert desk.get("/ledger.xlsx?q=nobody").status_code == 404


def test_what_rings_is_looked_into_and_cleared(desk: Desk, session: Session):
    assert "账目相符" in desk.look("/books").text
    session.execute(
        text(
            'INSERT INTO points_alarms ("check", subject, detail)'
            " VALUES ('balance', 'account:1000', 'has 1+0, its transfers say 2+0')"
        )
    )
    session.commit()
    form = form_with(desk.look("/books"), note="")
    assert desk.send(form, note=" ").status_code == 422
    assert "已记下" in desk.done(desk.send(form, note="恢复备份时漏了一条"))
    assert desk.send(form, note="再来").status_code == 409
    assert desk.send(form, note="再来", alarm_id="x").status_code == 409
    assert "账目相符" in desk.look("/books").text
