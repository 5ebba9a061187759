"""The work list: filters, saved views, many at once; and what a body's staff may see."""

from datetime import timedelta
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

import cases
from accounts import Role
from cases.models import Case
from cases.workflow import OPEN, Status
from kernel import clock
from tests import factories
from tests.cases.conftest import Desk, status_of
from tests.pages import Form, Page, page_of, sign_in_as, submit


def rows(page: Page) -> list[str]:
    return [tag["href"].rpartition("/")[2] for name, tag in page.tags if "data-row" in tag]


class Lot(NamedTuple):
    plain: int
    special: int
    body: int
    campaign: int


@pytest.fixture
def lot(session: Session) -> Lot:
    """Make one case that meets every filter, and one that meets none."""
    plain = factories.a_case(session, Status.CLOSED).case_id
    body = factories.a_body(session)
    made = factories.a_report(session, class_code="C0137", source="sensor")
    factories.move_on(session, made.case_id, "file")
    factories.move_on(session, made.case_id, "dispatch", body_id=body)
    staff = factories.a_member_of_staff(session)
    cases.supervise(session, case_id=made.case_id, staff_id=staff, note="快办")
    campaign = cases.add_campaign(session, "防汛抗旱")
    cases.tag(session, case_id=made.case_id, campaign_id=campaign, staff_id=staff)
    now = clock.now()
    session.execute(
        update(Case)
        .where(Case.id == made.case_id)
        .values(
            is_urgent=True,
            stage_warn_at=now - timedelta(days=2),
            stage_due_at=now - timedelta(days=1),
        )
    )
    session.commit()
    return Lot(plain, made.case_id, body, campaign)


@pytest.mark.parametrize(
    "query",
    [
        "class=C0137",
        "source=sensor",
        "late=red",
        "urgent=1",
        "supervised=1",
        "open=1",
        "status=dispatched&late=red&urgent=1&class=C0137",
        "body={body}",
        "campaign={campaign}",
    ],
)
def test_a_filter_leaves_what_meets_it(at_desk: Desk, lot: Lot, query: str) -> None:
    page = at_desk.page(f"/console/cases?{query.format(**lot._asdict())}")
    assert rows(page) == [str(lot.special)]


@pytest.mark.parametrize("query", ["late=yellow", "plea=1", "until=2020-01-01", "since=2099-01-01"])
def test_a_filter_that_nothing_meets_says_so(at_desk: Desk, lot: Lot, query: str) -> None:
    page = at_desk.page(f"/console/cases?{query}")
    assert rows(page) == []
    assert "列表已筛选" in page.text


@pytest.mark.parametrize(
    "query",
    [
        "class=X",
        "source=fax",
        "late=blue",
        "body=x",
        "campaign=-1",
        "since=x",
        "counted=x.n",
        "q=%00",
    ],
)
def test_what_makes_no_sense_in_an_address_narrows_nothing(
    at_desk: Desk, lot: Lot, query: str
) -> None:
    assert len(rows(at_desk.page(f"/console/cases?{query}"))) == 2


def form_to(page: Page, action: str) -> Form:
    return next(form for form in page.forms if form.action.endswith(action))


def test_a_list_is_kept_under_a_name_found_again_and_forgotten(
    at_desk: Desk, lot: Lot, session: Session
) -> None:
    page = at_desk.page("/console/cases?late=red&class=C0137")
    kept = submit(at_desk.client, form_to(page, "/views"), name="路灯超时")
    assert rows(page_of(at_desk.client.get(kept.location))) == [str(lot.special)]
    link = at_desk.page("/console/cases").links["路灯超时"]
    assert rows(at_desk.page(link)) == [str(lot.special)]

    other = factories.a_member_of_staff(session)
    sign_in_as(at_desk.client, session, other)
    assert "路灯超时" not in at_desk.page("/console/cases").links
    sign_in_as(at_desk.client, session, at_desk.staff_id)

    forget = next(
        f
        for f in at_desk.page("/console/cases").forms
        if "forget" in f.fields or (f.action.endswith("/views") and "name" not in f.fields)
    )
    view_id = at_desk.page("/console/cases").html.partition('name="forget" value="')[2]
    submit(at_desk.client, forget, forget=view_id.partition('"')[0])
    assert "路灯超时" not in at_desk.page("/console/cases").links


def test_a_kept_address_leads_to_a_list_and_nowhere_else(at_desk: Desk) -> None:
    form = form_to(at_desk.page("/console/cases"), "/views")
    for evil in ("//evil.test", "a=b\r\nSet-Cookie: x=1", "late=red&next=//evil.test", "x" * 9000):
        answer = submit(at_desk.client, form, name="x", query=evil)
        assert answer.location.partition("?")[0] == "/console/cases"
        assert "evil" not in answer.location


def test_many_are_dispatched_at_once_and_one_that_changed_stops_no_other(
    at_desk: Desk, session: Session
) -> None:
    made = [factories.a_case(session, Status.FILED).case_id for _ in range(3)]
    body = factories.a_body(session, "环卫处")
    session.commit()
    form = form_to(at_desk.page("/console/cases?status=filed"), "/cases/dispatch")
    chosen = [f"{case_id}:{2 if case_id != made[1] else 1}" for case_id in made]

    answer = submit(at_desk.client, form, case=chosen, body_id=body)

    assert [status_of(session, each) for each in made] == ["dispatched", "filed", "dispatched"]
    told = page_of(at_desk.client.get(answer.location)).text
    assert "已派遣 2 件" in told
    assert "有 1 件没有派遣" in told
    submit(at_desk.client, form, case=chosen, body_id=body)  # the same form again
    assert len(cases.case_file(session, made[0]).moves) == 3


@pytest.mark.parametrize("chosen", [[], ["x"], [":"], ["9" * 99 + ":1"], ["0:0", "-1:-1"]])
def test_a_spoilt_choice_dispatches_nothing(
    at_desk: Desk, session: Session, chosen: list[str]
) -> None:
    case_id = factories.a_case(session, Status.FILED).case_id
    session.commit()
    form = form_to(at_desk.page("/console/cases?status=filed"), "/cases/dispatch")
    assert submit(at_desk.client, form, case=chosen, body_id="1").status_code == 303
    assert status_of(session, case_id) is Status.FILED


# -- a body's staff -----------------------------------------------------------------------


def test_a_body_sees_its_own_cases_and_no_others_anywhere(
    client: FlaskClient, session: Session
) -> None:
    own_body, other_body = factories.a_body(session), factories.a_body(session)
    citizen = factories.a_citizen(session)
    made = []
    for body in (own_body, other_body):
        photo = factories.a_photo(session, citizen)
        case = factories.a_report(session, citizen_id=citizen, photo_ids=(photo,))
        factories.move_on(session, case.case_id, "file")
        factories.move_on(session, case.case_id, "dispatch", body_id=body)
        made.append((case, photo))
    staff = factories.a_member_of_staff(session, role=Role.BODY_STAFF, body_id=own_body)
    session.commit()
    sign_in_as(client, session, staff)
    (own, own_photo), (other, other_photo) = made

    for query in ("", f"?body={other_body}", f"?q={other.report_no}"):
        found = rows(page_of(client.get(f"/console/cases{query}")))
        assert found == ([] if "q=" in query else [str(own.case_id)])
    assert client.get(f"/console/cases/{own.case_id}").status_code == 200
    assert other.report_no not in client.get(f"/console/cases/{own.case_id}").get_data(as_text=True)
    assert client.get(f"/console/cases/{other.case_id}").status_code == 404
    assert client.get(f"/console/photos/{own_photo}?size=thumb").status_code == 200
    assert client.get(f"/console/photos/{other_photo}").status_code == 404
    page = page_of(client.get("/console/map"))
    assert own.report_no in page.html
    assert other.report_no not in page.html
    assert "处置中 1" in page_of(client.get("/console/board")).text
    assert "上报 1 件" in page_of(client.get(f"/console/figures?body={other_body}")).text
    assert client.get("/console/refusals").status_code == 403


@pytest.mark.parametrize("role", Role)
def test_each_role_is_offered_what_it_may_do(
    client: FlaskClient, session: Session, role: Role
) -> None:
    body = factories.a_body(session)
    made = factories.a_report(session)
    factories.move_on(session, made.case_id, "file")
    factories.move_on(session, made.case_id, "dispatch", body_id=body)
    factories.move_on(session, made.case_id, "dispose")
    staff = factories.a_member_of_staff(
        session, role=role, body_id=body if role is Role.BODY_STAFF else None
    )
    session.commit()
    sign_in_as(client, session, staff)
    page = page_of(client.get(f"/console/cases/{made.case_id}"))
    assert ("check" in page.moves()) == (role in {"inspector", "shift_leader", "administrator"})
    assert ("close" in page.moves()) == (role in {"acceptor", "shift_leader", "administrator"})


def test_the_board_counts_what_is_late(at_desk: Desk, lot: Lot) -> None:
    page = at_desk.page("/console/board")
    assert "处置中 1" in page.text
    assert page.links["超时 1"] == "/console/cases?status=dispatched&late=red"
    assert "防汛抗旱 1 件" in page.text
    assert len([1 for status in OPEN if f"status={status}" in page.html]) == len(OPEN)


def test_refusals_are_shown_by_reason(at_desk: Desk, session: Session) -> None:
    for reason in ("unclear", "unclear", "elsewhere"):
        made = factories.a_report(session)
        cases.move(
            session,
            case_id=made.case_id,
            name="refuse",
            staff_id=at_desk.staff_id,
            request_key=factories.key(),
            seen_version=1,
            note="说明",
            reason=reason,
        )
    cases.object_to(session, made.report_no, made.access_key, reason="就在江北")
    session.commit()
    text = at_desk.page("/console/refusals").text
    assert "请补充后重新上报20" in text  # two of them, nobody objected
    assert "请拨打 1234511" in text  # one, and one objection
