"""The desk's pages of rules, and the proposal on the dispatcher's page."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import territory
from accounts import Role
from cases import editing, rulebooks
from cases.matching import Line
from cases.rules import Status
from tests.cases.booking import drafted, in_force
from tests.cases.conftest import Desk, now_in, status_of
from tests.factories import a_body, a_case, a_member_of_staff
from tests.pages import Form, Page, page_of, sign_in_as, submit


def taking(page: Page) -> Form:
    """Return the form of the proposal."""
    button = next(n for n, (tag, given) in enumerate(page.tags) if "data-take" in given)
    return page.forms[sum(tag == "form" for tag, _ in page.tags[:button]) - 1]


def test_the_dispatcher_takes_the_proposal_with_one_form(at_desk: Desk, session: Session) -> None:
    body = a_body(session, "市政所")
    in_force(session, Line(0, body))
    case = a_case(session, Status.FILED)
    session.commit()
    page = at_desk.case(case.case_id)
    assert "建议派给：市政所" in page.headings
    assert "理由：所有案件" in page.text

    assert submit(at_desk.client, taking(page)).status_code == 303
    assert now_in(session, case.case_id).body_id == body
    assert "建议派给" not in at_desk.case(case.case_id).text


def test_the_dispatcher_is_told_of_a_broken_rule_and_chooses_himself(
    at_desk: Desk, session: Session
) -> None:
    body = a_body(session, "市政所")
    in_force(session, Line(0, body))
    territory.set_body_active(session, body, is_active=False)
    case = a_case(session, Status.FILED)
    session.commit()
    page = at_desk.case(case.case_id)
    assert any("坏了：责任单位已停用" in alert for alert in page.alerts)
    assert not any("data-take" in given for _, given in page.tags)
    assert "坏了：责任单位已停用" in at_desk.page("/console/rules/").text


def test_many_cases_go_each_to_its_proposed_body(at_desk: Desk, session: Session) -> None:
    body = a_body(session)
    in_force(session, Line(0, body, source="wechat"))
    found = [a_case(session, Status.FILED) for _ in range(2)]
    session.commit()
    page = at_desk.page("/console/cases?status=filed")
    form = next(form for form in page.forms if "bulk_key" in form.fields)
    chosen = [f"{each.case_id}:{now_in(session, each.case_id).version}" for each in found]
    submit(at_desk.client, form, case=chosen, body_id="rules")
    assert {status_of(session, each.case_id) for each in found} == {Status.DISPATCHED}


def test_rules_are_drafted_tried_and_put_in_force(at_desk: Desk, session: Session) -> None:
    body = a_body(session, "市政所")
    case = a_case(session, Status.FILED)
    session.commit()
    client = at_desk.client
    (begin,) = [f for f in at_desk.page("/console/rules/").forms if f.action == "/console/rules/"]
    assert submit(client, begin).location == "/console/rules/draft"

    def form(act: str) -> Form:
        page = at_desk.page("/console/rules/draft")
        return next(form for form in page.forms if form.fields.get("act") == act)

    typed = {"class_key": "", "area_code": "", "from": "22:00", "to": "06:00", "body_id": body}
    assert submit(client, form("save"), **{**typed, "to": "25:00"}).status_code == 422
    assert submit(client, form("save"), **typed, note="夜里").status_code == 303
    assert submit(client, form("save"), **typed).status_code == 409  # the same question again
    page = at_desk.page("/console/rules/draft?no=1")
    edit = next(form for form in page.forms if form.action and form.fields.get("act") == "save")
    assert edit.fields["note"] == "夜里"
    assert edit.fields["from"] == "22:00"
    assert submit(client, edit, **{"from": "", "to": ""}).status_code == 303

    trial = at_desk.page("/console/rules/draft/trial")
    assert "共 1 件" in trial.text
    assert "没有建议 → 市政所：1 件" in trial.text
    live = next(f for f in trial.forms if f.action == "/console/rules/draft/trial")
    assert submit(client, live, note="试行").location == "/console/rules/"
    page = at_desk.page("/console/rules/")
    assert "陈敏" in page.text
    assert "试行" in page.text
    assert "建议派给：市政所" in at_desk.case(case.case_id).headings


def test_a_stale_page_and_a_missing_draft_are_met_kindly(at_desk: Desk, session: Session) -> None:
    session.commit()
    for address in ("/console/rules/draft", "/console/rules/draft/trial"):
        assert at_desk.client.get(address).location == "/console/rules/"
    drafted(session, [Line(0, a_body(session))])
    session.commit()
    page = at_desk.page("/console/rules/draft")
    drop = next(form for form in page.forms if form.fields.get("act") == "drop")
    assert submit(at_desk.client, drop).status_code == 303
    answer = submit(at_desk.client, drop)
    assert answer.status_code == 409
    assert "刚刚被别人改过" in page_of(answer).alerts[0]
    assert submit(at_desk.client, drop, seen_revision="x").status_code == 409
    discard = next(
        form
        for form in at_desk.page("/console/rules/draft").forms
        if form.fields.get("act") == "discard"
    )
    assert submit(at_desk.client, discard).location == "/console/rules/"
    session.expire_all()
    assert rulebooks.draft_book(session) is None


@pytest.mark.parametrize(
    ("role", "reads", "edits"),
    [
        (Role.SUPERVISOR, 200, 200),
        (Role.SHIFT_LEADER, 200, 200),
        (Role.DISPATCHER, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.BODY_STAFF, 403, 403),
        (Role.INSPECTOR, 403, 403),
        (Role.SHOP_KEEPER, 403, 403),
    ],
)
def test_who_reads_and_who_edits_rules(
    client: FlaskClient, session: Session, role: Role, reads: int, edits: int
) -> None:
    body = a_body(session)
    version = in_force(session, Line(0, body))
    editing.begin_draft(session, None)
    staff = a_member_of_staff(session, role=role, body_id=body if role is Role.BODY_STAFF else None)
    sign_in_as(client, session, staff)
    for address in ("/console/rules/", f"/console/rules/versions/{version}"):
        assert client.get(address).status_code == reads
    for address in ("/console/rules/draft", "/console/rules/draft/trial"):
        assert client.get(address).status_code == edits


def test_list_figures_and_map_narrow_to_a_street(at_desk: Desk, session: Session) -> None:
    from tests.cases.test_routing import filed  # noqa: PLC0415
    from tests.territory.grounds import planted  # noqa: PLC0415

    planted(session)
    ours, theirs = filed(session, column=0), filed(session, column=2)
    session.commit()
    page = at_desk.page("/console/cases?street=500105001")
    assert f'"/console/cases/{ours}"' in page.html
    assert f'"/console/cases/{theirs}"' not in page.html
    assert "甲街道" in at_desk.case(ours).text

    figures = at_desk.page("/console/figures?by=street")
    assert "甲街道" in figures.text
    assert "street=500105001" in figures.html
    assert "上报 1 件" in at_desk.page("/console/figures?street=500105002").text
    assert "甲街道" in at_desk.client.get("/console/figures/csv?by=street").get_data(as_text=True)
    drawn = at_desk.page("/console/map?street=500105001")
    assert "共 1 件" in drawn.text
    assert sum("map__part--chosen" in given.get("class", "") for _, given in drawn.tags) == 1
    for garbage in ("'", "5001", "x" * 5000):
        assert at_desk.client.get(f"/console/cases?street={garbage}").status_code == 200
