"""How a notice finds its way: window, consent, template, or the page."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock, database
from tests.wechat.residents import BOTH, NONE, TEMPLATE, Resident, notice, passes, report
from tests.wechat.sim import CONSENTED, Sim
from wechat import notices, telling, ways
from wechat.client import Client
from wechat.models import Consent, Notice, Window


def test_inside_the_window_it_is_a_message(account: Client, li: Resident, session: Session) -> None:
    li.writes()
    told = li.is_owed("路灯修好了")
    telling.tell(told, account, BOTH)
    assert li.shown() == [("custom", "路灯修好了")]
    assert (notice(session, told).state, notice(session, told).way) == ("sent", "text")


def test_five_messages_and_then_the_consent_and_then_the_template(
    account: Client, li: Resident
) -> None:
    li.writes()
    li.agrees()
    for number in range(8):
        telling.tell(li.is_owed(f"n{number}", topic=f"case:{number}"), account, BOTH)
    assert [via for via, _ in li.shown()] == ["custom"] * 5 + ["subscription"] + ["template"] * 2


def test_the_ledger_alone_knows_that_the_window_is_used_up(
    account: Client, li: Resident, sim: Sim
) -> None:
    li.writes()
    for number in range(6):
        telling.tell(li.is_owed(f"n{number}", topic=f"case:{number}"), account, NONE)
    used = {each["endpoint"]: each["used"] for each in sim.get("quotas")["items"]}
    assert used["cgi-bin/message/custom/send"] == 5


def test_without_any_way_it_waits_for_the_resident_to_write(
    account: Client, li: Resident, session: Session
) -> None:
    told = li.is_owed("已立案")
    telling.tell(told, account, NONE)
    assert notice(session, told).state == "parked"
    li.writes()
    assert notice(session, told).state == "owed"
    telling.tell(told, account, NONE)
    assert li.shown() == [("custom", "已立案")]


def test_a_window_that_the_platform_closed_early_corrects_the_ledger(
    account: Client, li: Resident, sim: Sim, session: Session
) -> None:
    li.writes()
    sim.post("clock", {"offset_s": 3 * 86400})
    told = li.is_owed("已立案")
    telling.tell(told, account, TEMPLATE)
    assert [via for via, _ in li.shown()] == ["template"]
    assert session.scalars(select(Window)).all() == []


def test_a_consent_that_the_platform_knows_nothing_of_is_dropped(
    account: Client, li: Resident, session: Session
) -> None:
    li.chooses("accept")
    told = li.is_owed("已立案")
    telling.tell(told, account, BOTH)
    assert [via for via, _ in li.shown()] == ["template"]
    assert session.scalars(select(Consent.left_over)).all() == [0]


def test_a_consent_withdrawn_is_none(account: Client, li: Resident, session: Session) -> None:
    li.agrees(2)
    li.chooses("reject", event="change")
    assert session.scalars(select(Consent.left_over)).all() == [0]
    li.chooses("reject", key="later")
    assert session.scalars(select(Consent.left_over)).all() == [0]


def test_refusing_once_takes_nothing_back_that_was_given(li: Resident, session: Session) -> None:
    li.agrees(2)
    li.chooses("reject", key="no")
    assert session.scalars(select(Consent.left_over)).all() == [2]


def test_a_lasting_consent_is_not_used_up(
    account: Client, li: Resident, sim: Sim, session: Session
) -> None:
    sim.post(
        "templates",
        {
            "template_id": CONSENTED,
            "title": "进度",
            "content": "{{thing4.DATA}}",
            "kind": "lasting",
        },
    )
    li.agrees()
    for number in range(3):
        told = li.is_owed(f"n{number}", topic=f"case:{number}")
        telling.tell(told, account, replace(BOTH, is_lasting=True))
    assert [via for via, _ in li.shown()] == ["subscription"] * 3
    assert session.scalars(select(Consent.left_over)).all() == [1]


def test_the_days_quota_closes_the_way_for_everybody_until_midnight(
    account: Client, li: Resident, sim: Sim, session: Session
) -> None:
    li.writes()
    sim.post("quotas", {"endpoint": "cgi-bin/message/custom/send", "daily": 0})
    first, second = li.is_owed("a"), li.is_owed("b", topic="case:2")
    telling.tell(first, account, NONE)
    telling.tell(second, account, NONE)
    used = {each["endpoint"]: each["used"] for each in sim.get("quotas")["items"]}
    assert used.get("cgi-bin/message/custom/send", 0) == 0
    for told in (first, second):
        kept = notice(session, told)
        assert kept.state == "owed"
        wait = kept.next_attempt_at - clock.now()
        assert abs(wait - clock.until_midnight()) < timedelta(seconds=5)
    # The window was not used: what surely was not sent does not count.
    assert session.scalars(select(Window.used)).all() == [0]
    assert ways.paused_ways(session).keys() == {"text"}


def test_a_quota_of_one_way_leaves_the_others_open(account: Client, li: Resident, sim: Sim) -> None:
    li.writes()
    sim.post("quotas", {"endpoint": "cgi-bin/message/custom/send", "daily": 0})
    telling.tell(li.is_owed("a"), account, TEMPLATE)
    assert [via for via, _ in li.shown()] == ["template"]


@pytest.mark.parametrize("errcode", [40037, 47003])
def test_a_broken_template_is_not_tried_again_with_every_notice(
    account: Client, li: Resident, sim: Sim, session: Session, errcode: int
) -> None:
    sim.fault("cgi-bin/message/template/send", "errcode", errcode=errcode, times=100)
    for number in range(3):
        telling.tell(li.is_owed(f"n{number}", topic=f"case:{number}"), account, TEMPLATE)
    with database.transaction() as mine:
        assert ways.paused_ways(mine).keys() == {"template"}
    states = session.scalars(select(Notice.state)).all()
    assert set(states) <= {"owed", "parked"}
    assert li.shown() == []


@pytest.mark.parametrize("fault", ["busy", "http502", "html", "reset", "truncated"])
def test_a_platform_in_trouble_is_asked_again_later_and_pauses_grow(
    account: Client, li: Resident, sim: Sim, session: Session, fault: str
) -> None:
    li.writes()
    told = li.is_owed("已立案")
    waits = []
    for _ in range(3):
        sim.fault("cgi-bin/message/custom/send", fault)
        telling.tell(told, account, NONE)
        kept = notice(session, told)
        assert kept.state == "owed"
        assert kept.last_fault
        waits.append(kept.next_attempt_at - clock.now())
        passes(session, waits[-1] + timedelta(minutes=5))
    assert waits == sorted(waits)
    telling.tell(told, account, NONE)
    assert notice(session, told).state == "sent"


def test_an_answer_that_was_lost_costs_a_template_no_second_showing(
    account: Client, li: Resident, sim: Sim, session: Session
) -> None:
    sim.fault("cgi-bin/message/template/send", "http502", takes_effect=True)
    told = li.is_owed("已立案")
    telling.tell(told, account, TEMPLATE)
    assert notice(session, told).is_uncertain
    passes(session, timedelta(minutes=5))
    telling.tell(told, account, TEMPLATE)
    assert notice(session, told).state == "sent"
    assert len(li.shown()) == 1


def test_an_answer_that_was_lost_costs_a_one_time_consent_no_second_showing(
    account: Client, li: Resident, sim: Sim, session: Session
) -> None:
    li.agrees()
    sim.fault("cgi-bin/message/subscribe/bizsend", "http502", takes_effect=True)
    told = li.is_owed("已立案")
    telling.tell(told, account, BOTH)
    assert notice(session, told).is_uncertain
    passes(session, timedelta(minutes=5))
    telling.tell(told, account, BOTH)
    assert notice(session, told).state == "sent"
    assert [via for via, _ in li.shown()] == ["subscription"]


def test_who_blocks_notices_is_told_when_he_writes(
    account: Client, li: Resident, sim: Sim, session: Session
) -> None:
    sim.post(f"users/{li.openid}/settings", {"blocks_notices": True})
    told = li.is_owed("已立案")
    telling.tell(told, account, TEMPLATE)
    sent = notice(session, told)
    assert sent.state == "sent"
    assert sent.msg_id
    report(li, sent.msg_id, "failed:user block")
    assert notice(session, told).state == "parked"
    li.writes()
    telling.tell(told, account, TEMPLATE)
    assert li.shown() == [("custom", "已立案")]


def test_a_report_that_is_quicker_than_our_note_is_not_lost(li: Resident, session: Session) -> None:
    told = li.is_owed("已立案")
    with database.transaction() as mine:
        notices.claim(mine, told)
    report(li, "4711", "failed:user block")
    with database.transaction() as mine:
        notices.settle(mine, told, msg_id="4711")
    assert notice(session, told).state == "parked"


@pytest.mark.parametrize("msg_id", ["", "x" * 500, "unknown"])
def test_reports_of_notices_that_are_not_ours_do_no_harm(li: Resident, msg_id: str) -> None:
    report(li, msg_id, "failed:user block")
