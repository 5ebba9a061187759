"""The supervisor sees which notices wait and why, and tries them again."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import accounts
from accounts.rules import Role
from tests import factories
from tests.pages import page_of, sign_in_as
from wechat import notices, ways
from wechat.models import Notice


def an_owed_notice(session: Session, fact: str = "f1", **values: object) -> int:
    citizen = factories.a_citizen(session)
    notices.owe(
        session,
        citizen_id=citizen,
        topic=f"case:{fact}",
        fact=fact,
        title="已立案",
        text="words for the resident alone",
        subject="JB261122-0000017",
    )
    made = session.scalars(select(Notice).where(Notice.fact == fact)).one()
    for name, value in values.items():
        setattr(made, name, value)
    session.commit()
    return made.id


@pytest.fixture
def supervisor(client: FlaskClient, session: Session) -> FlaskClient:
    sign_in_as(client, session, factories.a_member_of_staff(session, role=Role.SUPERVISOR))
    return client


def test_what_waits_is_listed_with_its_last_fault(
    supervisor: FlaskClient, session: Session
) -> None:
    an_owed_notice(
        session, last_fault="45009 reach max api daily quota limit", attempts=3, way="text"
    )
    page = page_of(supervisor.get("/console/notices"))
    assert "45009 reach max" in page.text
    assert "JB261122-0000017" in page.text
    assert "试过 3 次" in page.text
    assert "resident alone" not in page.text


@pytest.mark.parametrize("state", ["owed", "parked", "given_up", "superseded"])
def test_each_state_has_its_list(supervisor: FlaskClient, session: Session, state: str) -> None:
    an_owed_notice(session, state=state)
    assert "JB261122-0000017" in supervisor.get(f"/console/notices?state={state}").text
    assert "JB261122-0000017" not in supervisor.get("/console/notices?state=sent").text


def test_a_retry_is_due_at_once(supervisor: FlaskClient, session: Session) -> None:
    told = an_owed_notice(session, state="given_up", last_fault="x")
    answer = supervisor.post(f"/console/notices/{told}/retry", data=form(supervisor))
    assert answer.status_code == 303
    assert notices.due(session) == [told]


def test_what_is_sent_is_not_sent_again(supervisor: FlaskClient, session: Session) -> None:
    told = an_owed_notice(session)
    notices.settle(session, told)
    session.commit()
    page = supervisor.post(
        f"/console/notices/{told}/retry", data=form(supervisor), follow_redirects=True
    )
    assert "不用再试" in page.text
    assert session.scalars(select(Notice.state)).one() == "sent"


def test_a_paused_way_is_shown_and_can_be_opened_again(
    supervisor: FlaskClient, session: Session
) -> None:
    ways.pause(session, "template", lasts=ways.MINUTE, fault="40037 invalid template_id")
    session.commit()
    assert "40037 invalid template_id" in supervisor.get("/console/notices").text
    supervisor.post("/console/notices/ways/template/reopen", data=form(supervisor))
    assert ways.paused_ways(session) == {}


def test_a_long_list_is_read_page_by_page(supervisor: FlaskClient, session: Session) -> None:
    ids = [an_owed_notice(session, f"f{number:03}") for number in range(53)]
    page = page_of(supervisor.get("/console/notices"))
    further = page.links["更早的通知"]
    assert further.endswith(f"before={ids[3]}")
    assert supervisor.get(further).text.count("现在再试</button>") == 3


@pytest.mark.parametrize("query", ["?state=x", "?state=%00", "?state="])
def test_states_that_do_not_exist_are_not_found(supervisor: FlaskClient, query: str) -> None:
    assert supervisor.get(f"/console/notices{query}").status_code == 404


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 30, "1e3", "\u0663"])
def test_garbage_for_a_page_is_the_first_page(supervisor: FlaskClient, before: str) -> None:
    assert supervisor.get("/console/notices", query_string={"before": before}).status_code == 200


@pytest.mark.parametrize("notice_id", [0, 999999, 2**63, 10**30])
def test_a_notice_that_does_not_exist_is_not_tried(supervisor: FlaskClient, notice_id: int) -> None:
    answer = supervisor.post(f"/console/notices/{notice_id}/retry", data=form(supervisor))
    assert answer.status_code == 303


def test_others_at_the_desk_may_not_look(client: FlaskClient, session: Session) -> None:
    acceptor = factories.a_member_of_staff(session, role=accounts.Role.ACCEPTOR)
    sign_in_as(client, session, acceptor)
    assert client.get("/console/notices").status_code == 403


def form(client: FlaskClient) -> dict[str, str]:
    """Return what the sign-out form of every page brings along."""
    page = page_of(client.get("/console/notices"))
    return {"csrf_token": page.forms[0].fields["csrf_token"]}
