"""Cases told to another platform, in both languages, over real HTTP; and what it says back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import cases
import reactions
from cases.rules import Status
from exchange import gateway, outbox, sending, soap
from exchange.models import Medium
from exchange.outbox_models import Handover, Message, Word
from kernel import bus, clock
from kernel.settings import Settings
from tests.exchange.asking import a_key
from tests.exchange.listening import Answering, Heard, Listener, listening
from tests.exchange.test_webhooks import run, states
from tests.factories import a_case, a_report, move_on

pytestmark = pytest.mark.usefixtures("app")

FINE = soap.answer(soap.Result(soap.OK, ""))


@pytest.fixture
def server() -> Iterator[Listener]:
    with listening() as made:
        yield made


def switched_on(settings: Settings, language: str, url: str) -> Settings:
    """Connect the bus as an application with these settings does, and return them."""
    chosen = settings.model_copy(
        update={
            "gateway": language,
            "gateway_url": url,
            "gateway_account": "500105",
            "exchange_private_addresses": True,
        }
    )
    bus.connect(reactions.subscriptions(settings.public_url, gateway_from="dispatch"))
    return chosen


@pytest.fixture
def by_soap(settings: Settings, server: Listener, session: Session) -> Settings:
    server.answer = lambda _: Answering(body=FINE)
    return switched_on(settings, "soap", f"{server.url}/services/process")


@pytest.fixture
def by_open311(settings: Settings, server: Listener, session: Session) -> Settings:
    return switched_on(settings, "open311", f"{server.url}/open311/v2/")


def calls(server: Listener) -> list[soap.Call]:
    return [soap.read_call(each.body) for each in server.heard]


def say(
    client: FlaskClient, key: str, function: str, number: str, **params: soap.Value
) -> soap.Result:
    """Call us as the other platform does."""
    sent = soap.call("另一平台", key, function, {"TaskNum": number, **params})
    answer = client.post("/exchange/soap", data=sent, content_type=soap.CONTENT_TYPE)
    assert answer.status_code == 200
    return soap.read_answer(answer.data)


def a_dispatched(session: Session, settings: Settings) -> cases.Reported:
    made = a_case(session, Status.DISPATCHED)
    run(session, settings)
    return made


def file_of(session: Session, case_id: int) -> cases.CaseFile:
    session.expire_all()
    return cases.case_file(session, case_id)


def test_without_the_setting_nothing_is_owed(session: Session) -> None:
    a_case(session, Status.CLOSED)
    assert states(session) == []


def test_a_case_is_handed_over_when_it_is_dispatched_and_its_steps_follow(
    session: Session, server: Listener, by_soap: Settings
) -> None:
    made = a_dispatched(session, by_soap)
    move_on(session, made.case_id, "dispose")
    move_on(session, made.case_id, "close")
    run(session, by_soap)
    heard = calls(server)
    assert [each.function for each in heard] == ["TaskDispatch", "StateDispatch", "StateDispatch"]
    task = heard[0].params
    assert task["TaskNum"] == made.report_no
    assert task["EventDescription"] == "路面坑洼，积水很深"
    assert (task["CoordinateX"], task["CoordinateY"]) == ("106.530000", "29.574500")
    assert len(task["DealEndTime"]) == len("2026-11-22 08:00:00")
    assert [each.params["ActDefName"] for each in heard[1:]] == ["处置完成", "结案"]
    assert heard[0].account == "500105"
    assert states(session) == ["sent"] * 3


def test_delivery_is_tried_again_and_never_moves_the_case(
    session: Session, server: Listener, by_soap: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer = lambda _: Answering(body=soap.answer(soap.Result("9", "系统忙")))
    made = a_dispatched(session, by_soap)
    move_on(session, made.case_id, "dispose")
    run(session, by_soap)
    assert states(session) == ["owed", "owed"]
    message = session.scalars(select(Message).order_by(Message.id)).first()
    assert message
    assert message.last_fault == "对方返回 9：系统忙"
    assert file_of(session, made.case_id).status is Status.DISPOSED

    now = clock.now() + timedelta(seconds=6)
    monkeypatch.setattr(clock, "now", lambda: now)
    server.answer = lambda _: Answering(body=FINE)
    run(session, by_soap)
    assert [each.function for each in calls(server)] == [
        "TaskDispatch",
        "TaskDispatch",
        "StateDispatch",
    ]


def test_what_is_dead_keeps_the_case_back_until_somebody_decides(
    session: Session, server: Listener, by_soap: Settings
) -> None:
    made = a_case(session, Status.DISPATCHED)
    move_on(session, made.case_id, "dispose")
    session.commit()
    (first,) = outbox.due(session)
    claimed = outbox.claim(session, first)
    assert claimed
    assert outbox.fail(session, claimed, "HTTP 400", is_final=True)
    run(session, by_soap)
    assert (states(session), server.heard) == (["dead", "owed"], [])
    assert outbox.drop(session, first)
    run(session, by_soap)
    assert states(session) == ["dropped", "sent"]
    # Nobody had told them of the case yet: the first that arrives hands it over.
    assert [each.function for each in calls(server)] == ["TaskDispatch"]


def test_switched_off_again_what_is_owed_is_dropped(
    session: Session, by_soap: Settings, settings: Settings
) -> None:
    a_case(session, Status.DISPATCHED)
    run(session, settings)
    assert states(session) == ["dropped"]


@pytest.mark.parametrize(
    ("function", "params", "status", "words"),
    [
        ("TaskFeedBack", {"FeedbackMemo": "补好了", "FeedbackOpter": "王伟"}, "disposed", "补好了"),
        ("TaskRollBack", {"RollbackMemo": "不归我们"}, "returned", "不归我们"),
        ("ApplyAccredit", {"ApplyFlag": "2", "ApplyMemo": "等材料"}, "asked", "挂账"),
        ("StateDispatch", {"ActDefName": "专业部门处置"}, "working", "专业部门处置"),
        ("StateDispatch", {"ActDefName": "监督中心会商"}, None, "监督中心会商"),
    ],
)
def test_what_they_say_is_kept_once_beside_the_case(
    *,
    client: FlaskClient,
    session: Session,
    by_soap: Settings,
    function: str,
    params: dict[str, str],
    status: str | None,
    words: str,
) -> None:
    made = a_dispatched(session, by_soap)
    key = a_key(session, "update", name="另一平台")
    for _ in range(2):
        assert say(client, key, function, made.report_no, **params).code == soap.OK
    known = session.scalars(select(Handover)).one()
    assert known.status == status
    if status is None:
        assert known.status_name == "监督中心会商"  # an unknown name is kept as it came
    file = file_of(session, made.case_id)
    (added,) = file.additions
    assert added.said_by == "另一平台"
    assert words in added.text
    assert file.status is Status.DISPATCHED
    assert len(session.scalars(select(Word)).all()) == 1


def test_their_photos_are_fetched_for_the_case(
    client: FlaskClient, session: Session, by_soap: Settings
) -> None:
    made = a_dispatched(session, by_soap)
    key = a_key(session, "update")
    pictures = [{"name": "1", "url": "https://a.example/1.jpg"}, {"name": "2", "url": "ftp://x/"}]
    say(client, key, "TaskFeedBack", made.report_no, FeedbackPictures=pictures)
    medium = session.scalars(select(Medium)).one()
    assert (medium.case_id, medium.url) == (made.case_id, "https://a.example/1.jpg")


def test_who_may_not_or_speaks_of_nothing_is_answered_in_the_dialect(
    client: FlaskClient, session: Session, by_soap: Settings
) -> None:
    made = a_dispatched(session, by_soap)
    stranger = a_report(session)
    key, weak = a_key(session, "update"), a_key(session, "read")
    told = {"FeedbackMemo": "好了"}
    assert say(client, "wrong" * 8, "TaskFeedBack", made.report_no, **told).code == "2"
    assert say(client, weak, "TaskFeedBack", made.report_no, **told).code == "2"
    assert say(client, key, "TaskFeedBack", stranger.report_no, **told).code == "3"
    assert say(client, key, "TaskFeedBack", "", **told).code == "3"
    assert say(client, key, "DropTables", made.report_no, **told).code == "1"
    garbage = client.post("/exchange/soap", data=b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>")
    assert soap.read_answer(garbage.data).code == "1"
    assert client.post("/exchange/soap", data=b"x" * 300_000).status_code == 413
    assert session.scalars(select(Word)).all() == []


def open311_city(number: str | None = "77", token: str | None = None, status: str = "open") -> Any:  # noqa: ANN401  # a function
    def answer(heard: Heard) -> Answering:
        if "tokens/" in heard.path:
            said = "<service_request_id>78</service_request_id>" if number else ""
        elif heard.method == "GET":
            said = f"<service_request_id>{number}</service_request_id><status>{status}</status>"
        elif "updates" in heard.path:
            said = "<update_id>1</update_id>"
        elif token:
            said = f"<token>{token}</token>"
        else:
            said = f"<service_request_id>{number}</service_request_id>"
        return Answering(
            body=f"<service_requests><request>{said}</request></service_requests>".encode()
        )

    return answer


def test_an_open311_city_is_handed_the_case_and_told_its_steps(
    session: Session, server: Listener, by_open311: Settings
) -> None:
    server.answer = open311_city()
    made = a_dispatched(session, by_open311)
    move_on(session, made.case_id, "dispose")
    run(session, by_open311)
    first, second = server.heard
    form = parse_qs(first.body.decode())
    assert first.path == "/open311/v2/requests.xml"
    assert form["service_code"] == ["other"]
    assert form["attribute[client_reference]"] == [made.report_no]
    assert form["jurisdiction_id"] == ["500105"]
    update = parse_qs(second.body.decode())
    assert second.path == "/open311/v2/servicerequestupdates.xml"
    assert (update["service_request_id"], update["status"]) == (["77"], ["IN_PROGRESS"])
    assert session.scalars(select(Handover)).one().number == "77"


def test_its_states_are_asked_for_and_unknown_names_kept(
    session: Session, server: Listener, by_open311: Settings
) -> None:
    server.answer = open311_city()
    made = a_dispatched(session, by_open311)
    for name, meant in (("open", "received"), ("pondering", None), ("closed", "ended")):
        server.answer = open311_city(status=name)
        sending.ask(by_open311)
        session.expire_all()
        known = session.scalars(select(Handover)).one()
        assert (known.status_name, known.status) == (name, meant)
        session.commit()
    count = len(server.heard)
    sending.ask(by_open311)  # it is ended
    assert len(server.heard) == count
    (row,) = gateway.handovers(session, before=None, limit=5)
    assert (row.report_no, row.words) == (made.report_no, "对方已结束")


def test_a_token_is_asked_for_its_number_before_the_next_step(
    session: Session, server: Listener, by_open311: Settings
) -> None:
    server.answer = open311_city(number=None, token="t1")
    made = a_dispatched(session, by_open311)
    move_on(session, made.case_id, "dispose")
    run(session, by_open311)
    assert states(session) == ["sent", "owed"]
    message = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert message
    assert message.last_fault == "对方还没有给出编号"
    message.next_attempt_at = clock.now()
    server.answer = open311_city()
    run(session, by_open311)
    assert states(session) == ["sent", "sent"]
    assert session.scalars(select(Handover)).one().number == "78"


@pytest.mark.parametrize(
    ("said", "state", "fault"),
    [
        (Answering(403, b"<errors><error><description>no key</description></error></errors>"), "dead", "HTTP 403：no key"),
        (Answering(500), "owed", "HTTP 500"),
        (Answering(200, b"garbage"), "owed", "XML"),
        (Answering(200, b"<x/>"), "owed", "没有编号"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_a_fault_that_the_desk_sees(
    *,
    session: Session,
    server: Listener,
    by_open311: Settings,
    administrator: FlaskClient,
    said: Answering,
    state: str,
    fault: str,
) -> None:
    server.answer = lambda _: said
    a_dispatched(session, by_open311)
    page = administrator.get(f"/console/exchange/messages?state={state}").get_data(as_text=True)
    assert fault in page
    assert "另一平台：派遣" in page


def test_the_desk_shows_what_the_other_side_calls_it(
    session: Session, client: FlaskClient, by_soap: Settings, administrator: FlaskClient
) -> None:
    made = a_dispatched(session, by_soap)
    say(client, a_key(session, "update"), "StateDispatch", made.report_no, ActDefName="会商")
    page = administrator.get("/console/exchange/handovers").get_data(as_text=True)
    assert made.report_no in page
    assert "未识别：会商" in page
