"""Webhooks: told in order, signed, tried again, given up and sent again."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

import cases
from cases.rules import Status
from exchange import outbox, sending, webhooks
from exchange.errors import BadAddress, BadName, NameTaken, NothingToTell
from exchange.outbox_models import Hook, Message
from kernel import clock
from kernel.settings import Settings
from tests.exchange.listening import Answering, Listener, listening
from tests.factories import a_case, a_report, move_on

# The application connects the queue; nobody takes jobs out of it here.
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def server() -> Iterator[Listener]:
    with listening() as made:
        yield made


@pytest.fixture
def open_settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"exchange_private_addresses": True})


def subscribe(session: Session, url: str, *events: str, name: str = "区大屏") -> str:
    made = webhooks.subscribe(
        session,
        name=name,
        url=url,
        events=events or [webhooks.ALL],
        pepper="s" * 40,
        may_be_private=True,
    )
    session.commit()
    return made


def run(session: Session, settings: Settings) -> None:
    """Do what the worker and its sweeper would, until nothing can be sent now."""
    session.commit()
    while due := outbox.due(session):
        session.commit()
        for message_id in due:
            sending.deliver(message_id, settings)
    session.expire_all()


def states(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(Message.state).order_by(Message.id)))


def test_every_step_is_told_signed_and_in_order(
    session: Session, server: Listener, open_settings: Settings
) -> None:
    secret = subscribe(session, f"{server.url}/hook")
    made = a_case(session, Status.FILED)
    run(session, open_settings)
    told = [json.loads(each.body) for each in server.heard]
    assert [each["type"] for each in told] == ["case.reported", "case.filed"]
    assert told[1]["data"]["report_no"] == made.report_no
    assert (told[1]["data"]["status"], told[1]["data"]["step"]) == ("filed", 2)
    for each in server.heard:
        Webhook(secret).verify(each.body, each.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(each.body + b" ", each.headers)
    assert states(session) == ["sent", "sent"]


def test_no_words_of_people_leave_the_house(
    session: Session, server: Listener, open_settings: Settings
) -> None:
    subscribe(session, server.url)
    made = a_report(session, text="张三家门口", place_label="3号楼", contact_phone="13812345678")
    move_on(session, made.case_id, "refuse", note="不归我们")
    run(session, open_settings)
    told = " ".join(each.body.decode() for each in server.heard)
    assert made.report_no in told
    for secret in ("张三", "3号楼", "13812345678", "不归我们", made.access_key, "29.57"):
        assert secret not in told


def test_only_what_was_asked_for_is_told(
    session: Session, server: Listener, open_settings: Settings
) -> None:
    subscribe(session, server.url, "case.filed")
    a_case(session, Status.FILED)
    run(session, open_settings)
    assert [json.loads(each.body)["type"] for each in server.heard] == ["case.filed"]


def test_a_message_goes_with_its_fact_or_not_at_all(
    session: Session, sessions: sessionmaker[Session], server: Listener
) -> None:
    subscribe(session, server.url)
    a_report(session)
    session.rollback()
    assert states(session) == []


def test_what_is_away_keeps_back_what_comes_after_it_in_its_case_alone(
    session: Session,
    server: Listener,
    open_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subscribe(session, server.url)
    first = a_case(session, Status.FILED)
    second = a_report(session)
    session.commit()
    server.answer = lambda heard: Answering(503 if first.report_no in heard.body.decode() else 204)
    run(session, open_settings)
    assert states(session) == ["owed", "owed", "sent"]
    assert len(server.heard) == 2
    assert second.report_no in server.heard[1].body.decode()

    now = clock.now() + timedelta(seconds=6)
    monkeypatch.setattr(clock, "now", lambda: now)
    server.answer = lambda _: Answering(204)
    run(session, open_settings)
    assert states(session) == ["sent"] * 3
    steps = [json.loads(each.body)["data"]["step"] for each in server.heard[2:]]
    assert steps == [1, 2]
    # The same message has the same number: who got it twice can tell.
    assert server.heard[0].headers["webhook-id"] == server.heard[2].headers["webhook-id"]


def test_after_three_days_it_is_dead_with_its_fault_and_can_be_sent_again(
    session: Session,
    server: Listener,
    open_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subscribe(session, server.url)
    a_report(session)
    server.answer = lambda _: Answering(500)
    begun = now = clock.now()
    for _ in range(len(outbox.PAUSES) + 1):
        run(session, open_settings)
        now += timedelta(days=1)
        monkeypatch.setattr(clock, "now", lambda at=now: at)
    assert states(session) == ["dead"]
    assert len(server.heard) == len(outbox.PAUSES) + 1
    assert timedelta(days=3) < sum(outbox.PAUSES, timedelta()) < timedelta(days=4)
    message = session.scalars(select(Message)).one()
    assert (message.last_fault, message.created_at < begun + timedelta(minutes=1)) == (
        "HTTP 500",
        True,
    )

    server.answer = lambda _: Answering(200)
    assert outbox.send_again(session, message.id)
    run(session, open_settings)
    assert states(session) == ["sent"]


def test_a_server_that_asks_to_wait_is_waited_for(
    session: Session, server: Listener, open_settings: Settings
) -> None:
    subscribe(session, server.url)
    a_report(session)
    server.answer = lambda _: Answering(429, headers={"Retry-After": "900"})
    run(session, open_settings)
    message = session.scalars(select(Message)).one()
    assert message.next_attempt_at > clock.now() + timedelta(minutes=14)


def test_who_is_gone_is_told_nothing_more(
    session: Session, server: Listener, open_settings: Settings
) -> None:
    subscribe(session, server.url)
    a_case(session, Status.FILED)
    server.answer = lambda _: Answering(410)
    run(session, open_settings)
    assert states(session) == ["dead", "dropped"]
    assert session.scalars(select(Hook)).one().ended_at is not None
    a_report(session)
    assert states(session) == ["dead", "dropped"]


def test_a_redirect_is_a_fault_and_nobody_is_called_where_it_leads(
    session: Session, server: Listener, open_settings: Settings
) -> None:
    subscribe(session, server.url)
    a_report(session)
    server.answer = lambda _: Answering(302, headers={"Location": f"{server.url}/in"})
    run(session, open_settings)
    assert (states(session), len(server.heard)) == (["owed"], 1)


def test_a_private_address_is_not_called_unless_that_is_allowed(
    session: Session, server: Listener, settings: Settings
) -> None:
    subscribe(session, server.url)
    a_report(session)
    run(session, settings)
    message = session.scalars(select(Message)).one()
    assert (message.state, message.last_fault) == ("owed", "地址不在公网上")
    assert server.heard == []


def test_a_worker_that_died_leaves_its_message_to_be_claimed_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(session, "https://a.example/")
    a_report(session)
    (message_id,) = outbox.due(session)
    assert outbox.claim(session, message_id) is not None
    assert outbox.claim(session, message_id) is None
    assert not outbox.send_again(session, message_id)  # somebody is at it
    now = clock.now() + outbox.LEASE
    monkeypatch.setattr(clock, "now", lambda: now)
    assert outbox.due(session) == [message_id]
    assert outbox.claim(session, message_id) is not None


def test_settled_messages_are_forgotten_in_time(
    session: Session, server: Listener, open_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(session, server.url)
    a_report(session)
    run(session, open_settings)
    assert outbox.forget(session) == 0
    now = clock.now() + timedelta(days=outbox.KEPT_DAYS + 1)
    monkeypatch.setattr(clock, "now", lambda: now)
    assert outbox.forget(session) == 1


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"name": ""}, BadName),
        ({"name": "区大屏"}, NameTaken),
        ({"url": "http://a.example/"}, BadAddress),
        ({"url": "https://127.0.0.1/"}, BadAddress),
        ({"url": "https://[::1]/"}, BadAddress),
        ({"url": "https://u:p@a.example/"}, BadAddress),
        ({"url": "javascript:alert(1)"}, BadAddress),
        ({"url": "https://a.example/" + "x" * 2000}, BadAddress),
        ({"events": []}, NothingToTell),
        ({"events": ["case.vanished"]}, NothingToTell),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(
    session: Session, changed: dict[str, object], refusal: type[Exception]
) -> None:
    subscribe(session, "https://a.example/")
    values: dict[str, object] = {
        "name": "另一个",
        "url": "https://b.example/",
        "events": ["case.filed"],
        "pepper": "p",
        "may_be_private": False,
    }
    with pytest.raises(refusal):
        webhooks.subscribe(session, **(values | changed))  # type: ignore[arg-type]  # on purpose


def test_every_step_has_an_event_with_words() -> None:
    assert len(webhooks.EVENTS) == len(cases.OF_MOVE)
    assert webhooks.EVENTS["case.fed_back"] == "单位反馈"


def test_subscriptions_by_command(app: Flask, session: Session) -> None:
    run_ = app.test_cli_runner().invoke
    line = ["webhooks", "add", "区大屏", "https://a.example/hook", "--event", "case.filed"]
    made = run_(args=line)
    assert made.exit_code == 0, made.output
    assert made.output.split()[-1].startswith("whsec_")
    assert run_(args=line).exit_code == 1
    assert "case.filed\t在用" in run_(args=["webhooks", "list"]).output
    assert run_(args=["webhooks", "end", "区大屏"]).exit_code == 0
    assert run_(args=["webhooks", "end", "没有"]).exit_code == 1
    assert "已停用" in run_(args=["webhooks", "list"]).output


def test_subscriptions_and_messages_at_the_desk(
    administrator: FlaskClient, session: Session
) -> None:
    page = administrator.get("/console/exchange/hooks").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"csrf_token": token[1], "name": "区大屏", "url": "https://a.example/h"}
    made = administrator.post("/console/exchange/hooks", data=form).get_data(as_text=True)
    assert re.search(r"<code>whsec_[^<]+</code>", made)
    assert administrator.post("/console/exchange/hooks", data=form).status_code == 409
    a_report(session)
    message = session.scalars(select(Message)).one()
    message.state, message.settled_at, message.last_fault = "dead", clock.now(), "HTTP 500"
    session.commit()
    listed = administrator.get("/console/exchange/messages").get_data(as_text=True)
    assert "区大屏：上报" in listed
    assert "HTTP 500" in listed
    again = f"/console/exchange/messages/{message.id}/again"
    assert administrator.post(again, data=form).status_code == 303
    assert states(session) == ["owed"]
    dropped = administrator.post(again.replace("again", "drop"), data=form, follow_redirects=True)
    assert "请刷新页面" in dropped.get_data(as_text=True)
    hook = session.scalars(select(Hook)).one()
    assert (
        administrator.post(f"/console/exchange/hooks/{hook.id}/end", data=form).status_code == 303
    )
    assert states(session) == ["dropped"]
    assert administrator.get("/console/exchange/messages?state=none").status_code == 404
    assert administrator.get("/console/exchange/messages?state=dropped&before=x").status_code == 200
