"""The audit log: every call of the desk leaves a line, which nobody changes."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from accounts import Role, audit
from accounts.audit import Wanted
from accounts.models import AuditLine
from kernel import clock
from tests.factories import a_member_of_staff
from tests.pages import sign_in_as


def a_line(
    session: Session, *, staff_id: int | None = None, days_ago: int = 0, **changed: str
) -> int:
    row = {
        "at": clock.now() - timedelta(days=days_ago),
        "staff_id": staff_id,
        "action": "cases_desk.show_case",
        "method": "GET",
        "path": "/console/cases/1",
        "is_allowed": True,
        "request_id": "r",
        "network": "192.0.2.1",
    } | changed
    return session.execute(insert(AuditLine).values(row).returning(AuditLine.id)).scalar_one()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_audit SET network = ''",
        "DELETE FROM accounts_audit",
        "TRUNCATE accounts_audit",
    ],
)
def test_the_database_refuses_to_forget(session: Session, statement: str) -> None:
    a_line(session)

    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))


def test_only_what_is_old_enough_is_forgotten(session: Session) -> None:
    young, old = a_line(session, days_ago=179), a_line(session, days_ago=401)
    middle = a_line(session, days_ago=300)

    assert audit.forget(session, days=400) == 1

    assert {line.id for line in audit.lines(session, Wanted())} == {young, middle}
    assert old not in {young, middle}


def test_a_line_is_found_by_person_page_and_day(session: Session) -> None:
    lina = a_member_of_staff(session)
    mine = a_line(session, staff_id=lina, path="/console/cases/12", days_ago=3)
    move = a_line(session, staff_id=lina, method="POST", path="/console/cases/1_")
    other = a_line(session)

    def found(wanted: Wanted) -> list[int]:
        return [line.id for line in audit.lines(session, wanted)]

    assert found(Wanted()) == [other, move, mine]
    assert found(Wanted(staff_id=lina)) == [move, mine]
    assert found(Wanted(path="/console/cases/1_")) == [move]
    assert found(Wanted(path="/console/cases/12")) == [mine]
    assert found(Wanted(changes_only=True)) == [move]
    three_days_ago = clock.city_day(clock.now() - timedelta(days=3))
    assert found(Wanted(day=three_days_ago)) == [mine]
    assert [line.id for line in audit.lines(session, Wanted(), before_id=move)] == [mine]


def test_a_look_leaves_a_line_with_who_and_what(client: FlaskClient, session: Session) -> None:
    lina = a_member_of_staff(session)
    sign_in_as(client, session, lina)

    client.get("/console/cases?q=井盖", headers={"X-Request-ID": "abcdefgh1234"})

    line = audit.lines(session, Wanted(staff_id=lina))[0]
    assert (line.action, line.method) == ("cases_desk.worklist", "GET")
    assert line.path == "/console/cases"
    assert line.request_id == "abcdefgh1234"
    assert line.staff_name == "李娜"


def test_what_a_role_may_not_do_is_written_down_too(client: FlaskClient, session: Session) -> None:
    lina = a_member_of_staff(session)
    sign_in_as(client, session, lina)

    assert client.get("/console/audit").status_code == 403

    line = audit.lines(session, Wanted(staff_id=lina))[0]
    assert (line.action, line.is_allowed) == ("console.audit_log", False)


def test_no_line_no_action(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in_as(client, session, a_member_of_staff(session))
    monkeypatch.setattr(audit, "record", lambda *_args, **_named: 1 / 0)

    assert client.get("/console/cases").status_code == 500


@pytest.mark.parametrize("path", ["/console/" + "x" * 5000, "/console/%00", "/console/%FF%FE"])
def test_whatever_is_asked_for_can_be_written_down(
    client: FlaskClient, session: Session, path: str
) -> None:
    sign_in_as(client, session, a_member_of_staff(session, role=Role.AUDITOR))

    assert client.get(path).status_code == 404
    assert (
        client.get(
            "/console/audit?path=%00&staff=x&day=never&before=99999999999999999999&q=" + "y" * 5000
        ).status_code
        == 200
    )


def test_every_page_of_the_desk_is_written_down(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    boss = a_member_of_staff(session, role=Role.ADMINISTRATOR)
    sign_in_as(client, session, boss)
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/console/")
        and "GET" in (rule.methods or set())
        and not rule.arguments
        and rule.endpoint != "console.sign_in"
    }
    for endpoint in pages:
        with app.test_request_context():
            address = app.url_for(endpoint)
        client.get(address)

    written = {line.action for line in audit.lines(session, Wanted(staff_id=boss))}
    assert pages
    assert pages <= written


def test_the_log_is_given_as_a_table(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, a_member_of_staff(session, role=Role.AUDITOR))
    a_line(session, path="/console/cases/7")

    table = client.get("/console/audit.csv?path=/console/cases/7")

    assert table.content_type == "text/csv; charset=utf-8"
    assert "attachment" in table.headers["Content-Disposition"]
    rows = table.get_data(as_text=True).splitlines()
    assert len(rows) == 2
    assert "看案件" in rows[1]
