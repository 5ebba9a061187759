"""How a notice finds its way: window, consent, template, or the page; and what is no longer true."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import accounts
from kernel import clock, database
from tests.wechat.messages import HOUSE, click, text
from tests.wechat.sim import CONSENTED, NOTICE, Sim, platform
from wechat import hearing, notices, service, telling, ways, windows
from wechat.client import Client
from wechat.inbound import NoticeChoice, NoticeDelivered, NoticesChosen
from wechat.models import Consent, Notice, Window
from wechat.ways import Templates

FIELDS = ("character_string1", "phrase2", "time3", "thing4")
NONE = Templates()
TEMPLATE = Templates(template_id=NOTICE, fields=FIELDS)
BOTH = replace(TEMPLATE, subscription_id=CONSENTED, subscription_fields=FIELDS)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with platform(tmp_path_factory.mktemp("sim"), callback_url="http://127.0.0.1:9/wechat") as made:
        yield made


@pytest.fixture
def client(app: Flask, sim: Sim, request: pytest.FixtureRequest) -> Iterator[Client]:
    sim.post("reset")
    made = sim.client(request.node.name)
    yield made
    made.close()


class Resident:
    """Somebody with a phone whom we know."""

    def __init__(self, sim: Sim, session: Session) -> None:
        self.sim, self.session = sim, session
        body = sim.post("users?wait=0", {"name": "李", "follow": False})
        self.openid = str(body["openid"])
        sim.post(f"users/{self.openid}/follow?wait=0")
        with database.transaction() as mine:
            self.id = accounts.citizen_for(mine, self.openid)

    def writes(self) -> None:
        """Write something, at the platform and at our door."""
        self.sim.post(f"users/{self.openid}/text?wait=0", {"text": "你好"})
        service.accept(text("你好", openid=self.openid), HOUSE)

    def is_owed(self, fact: str, *, topic: str = "case:1", subject: str | None = "JB1") -> int:
        with database.transaction() as mine:
            notices.owe(
                mine,
                citizen_id=self.id,
                topic=topic,
                fact=fact,
                title="已立案",
                text=fact,
                subject=subject,
                url="http://city.test/reports/JB1",
            )
        return self.session.scalars(select(Notice.id).where(Notice.fact == fact)).one()

    def agrees(self, count: int = 1) -> None:
        for number in range(count):
            self.sim.post(f"users/{self.openid}/consent?wait=0", {"answer": "accept"})
            self.chooses("accept", key=f"consent-{number}")

    def chooses(self, answer: str, *, event: str = "popup", key: str = "k") -> None:
        chosen = NoticesChosen(
            to_user="gh",
            openid=self.openid,
            created_at=1,
            key=key,
            raw="<xml/>",
            event=f"subscribe_msg_{event}_event",
            choices=(NoticeChoice(template_id=CONSENTED, status=answer),),
        )
        with database.transaction() as mine:
            hearing.note(mine, chosen)

    def shown(self) -> list[tuple[str, str]]:
        return [
            (each["via"], each["text"].split("\n")[0])
            for each in self.sim.shown(self.openid)
            if each["via"] != "passive"
        ]


@pytest.fixture
def li(client: Client, sim: Sim, session: Session) -> Resident:
    return Resident(sim, session)


def notice(session: Session, notice_id: int) -> Notice:
    session.expire_all()
    return session.get_one(Notice, notice_id)


def passes(session: Session, time: timedelta) -> None:
    """Let time pass for everything that is owed."""
    session.execute(
        update(Notice).values(
            created_at=Notice.created_at - time,
            next_attempt_at=Notice.next_attempt_at - time,
            claimed_until=Notice.claimed_until - time,
        )
    )
    session.commit()


def test_inside_the_window_it_is_a_message(client: Client, li: Resident, session: Session) -> None:
    li.writes()
    told = li.is_owed("路灯修好了")
    telling.tell(told, client, BOTH)
    assert li.shown() == [("custom", "路灯修好了")]
    assert (notice(session, told).state, notice(session, told).way) == ("sent", "text")


def test_five_messages_and_then_the_consent_and_then_the_template(
    client: Client, li: Resident
) -> None:
    li.writes()
    li.agrees()
    for number in range(8):
        telling.tell(li.is_owed(f"n{number}", topic=f"case:{number}"), client, BOTH)
    assert [via for via, _ in li.shown()] == ["custom"] * 5 + ["subscription"] + ["template"] * 2


def test_the_ledger_alone_knows_that_the_window_is_used_up(
    client: Client, li: Resident, sim: Sim
) -> None:
    li.writes()
    for number in range(6):
        telling.tell(li.is_owed(f"n{number}", topic=f"case:{number}"), client, NONE)
    used = {each["endpoint"]: each["used"] for each in sim.get("quotas")["items"]}
    assert used["cgi-bin/message/custom/send"] == 5


def test_without_any_way_it_waits_for_the_resident_to_write(
    client: Client, li: Resident, session: Session
) -> None:
    told = li.is_owed("已立案")
    telling.tell(told, client, NONE)
    assert notice(session, told).state == "parked"
    li.writes()
    assert notice(session, told).state == "owed"
    telling.tell(told, client, NONE)
    assert li.shown() == [("custom", "已立案")]


def test_a_window_that_the_platform_closed_early_corrects_the_ledger(
    client: Client, li: Resident, sim: Sim, session: Session
) -> None:
    li.writes()
    sim.post("clock", {"offset_s": 3 * 86400})
    told = li.is_owed("已立案")
    telling.tell(told, client, TEMPLATE)
    assert [via for via, _ in li.shown()] == ["template"]
    assert session.scalars(select(Window)).all() == []


def test_a_consent_that_the_platform_knows_nothing_of_is_dropped(
    client: Client, li: Resident, session: Session
) -> None:
    li.chooses("accept")
    told = li.is_owed("已立案")
    telling.tell(told, client, BOTH)
    assert [via for via, _ in li.shown()] == ["template"]
    assert session.scalars(select(Consent.left_over)).all() == [0]


def test_a_consent_withdrawn_is_none(client: Client, li: Resident, session: Session) -> None:
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
    client: Client, li: Resident, sim: Sim, session: Session
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
        telling.tell(told, client, replace(BOTH, is_lasting=True))
    assert [via for via, _ in li.shown()] == ["subscription"] * 3
    assert session.scalars(select(Consent.left_over)).all() == [1]


def test_the_days_quota_closes_the_way_for_everybody_until_midnight(
    client: Client, li: Resident, sim: Sim, session: Session
) -> None:
    li.writes()
    sim.post("quotas", {"endpoint": "cgi-bin/message/custom/send", "daily": 0})
    first, second = li.is_owed("a"), li.is_owed("b", topic="case:2")
    telling.tell(first, client, NONE)
    telling.tell(second, client, NONE)
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


def test_a_quota_of_one_way_leaves_the_others_open(client: Client, li: Resident, sim: Sim) -> None:
    li.writes()
    sim.post("quotas", {"endpoint": "cgi-bin/message/custom/send", "daily": 0})
    telling.tell(li.is_owed("a"), client, TEMPLATE)
    assert [via for via, _ in li.shown()] == ["template"]


@pytest.mark.parametrize("errcode", [40037, 47003])
def test_a_broken_template_is_not_tried_again_with_every_notice(
    client: Client, li: Resident, sim: Sim, session: Session, errcode: int
) -> None:
    sim.fault("cgi-bin/message/template/send", "errcode", errcode=errcode, times=100)
    for number in range(3):
        telling.tell(li.is_owed(f"n{number}", topic=f"case:{number}"), client, TEMPLATE)
    with database.transaction() as mine:
        assert ways.paused_ways(mine).keys() == {"template"}
    states = session.scalars(select(Notice.state)).all()
    assert set(states) <= {"owed", "parked"}
    assert li.shown() == []


@pytest.mark.parametrize("fault", ["busy", "http502", "html", "reset", "truncated"])
def test_a_platform_in_trouble_is_asked_again_later_and_pauses_grow(
    client: Client, li: Resident, sim: Sim, session: Session, fault: str
) -> None:
    li.writes()
    told = li.is_owed("已立案")
    waits = []
    for _ in range(3):
        sim.fault("cgi-bin/message/custom/send", fault)
        telling.tell(told, client, NONE)
        kept = notice(session, told)
        assert kept.state == "owed"
        assert kept.last_fault
        waits.append(kept.next_attempt_at - clock.now())
        passes(session, waits[-1] + timedelta(minutes=5))
    assert waits == sorted(waits)
    telling.tell(told, client, NONE)
    assert notice(session, told).state == "sent"


def test_an_answer_that_was_lost_costs_a_template_no_second_showing(
    client: Client, li: Resident, sim: Sim, session: Session
) -> None:
    sim.fault("cgi-bin/message/template/send", "http502", takes_effect=True)
    told = li.is_owed("已立案")
    telling.tell(told, client, TEMPLATE)
    assert notice(session, told).is_uncertain
    passes(session, timedelta(minutes=5))
    telling.tell(told, client, TEMPLATE)
    assert notice(session, told).state == "sent"
    assert len(li.shown()) == 1


def test_an_answer_that_was_lost_costs_a_one_time_consent_no_second_showing(
    client: Client, li: Resident, sim: Sim, session: Session
) -> None:
    li.agrees()
    sim.fault("cgi-bin/message/subscribe/bizsend", "http502", takes_effect=True)
    told = li.is_owed("已立案")
    telling.tell(told, client, BOTH)
    assert notice(session, told).is_uncertain
    passes(session, timedelta(minutes=5))
    telling.tell(told, client, BOTH)
    assert notice(session, told).state == "sent"
    assert [via for via, _ in li.shown()] == ["subscription"]


def test_who_blocks_notices_is_told_when_he_writes(
    client: Client, li: Resident, sim: Sim, session: Session
) -> None:
    sim.post(f"users/{li.openid}/settings", {"blocks_notices": True})
    told = li.is_owed("已立案")
    telling.tell(told, client, TEMPLATE)
    sent = notice(session, told)
    assert sent.state == "sent"
    assert sent.msg_id
    report(li, sent.msg_id, "failed:user block")
    assert notice(session, told).state == "parked"
    li.writes()
    telling.tell(told, client, TEMPLATE)
    assert li.shown() == [("custom", "已立案")]


def report(li: Resident, msg_id: str, status: str) -> None:
    with database.transaction() as mine:
        hearing.note(
            mine,
            NoticeDelivered(
                to_user="gh",
                openid=li.openid,
                created_at=1,
                key=f"r{msg_id}",
                raw="<xml/>",
                msg_id=msg_id,
                status=status,
            ),
        )


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


def test_who_left_is_told_nothing_and_who_may_still_follow_is(
    client: Client, li: Resident, session: Session
) -> None:
    told = li.is_owed("a")
    with database.transaction() as mine:
        accounts.mark_unfollowed(mine, li.id)
        reader = accounts.citizen_of_browser(mine, "o-reader")
        notices.owe(mine, citizen_id=reader, topic="case:9", fact="r", title="t", text="t")
    other = session.scalars(select(Notice.id).where(Notice.fact == "r")).one()
    telling.tell(told, client, BOTH)
    telling.tell(other, client, BOTH)
    assert (notice(session, told).state, notice(session, other).state) == ("given_up", "parked")


def test_after_two_days_only_the_newest_is_told(
    client: Client, li: Resident, session: Session
) -> None:
    facts = ["已立案", "已派遣", "已处置", "已办结"]
    for fact in facts:
        telling.tell(li.is_owed(fact), client, NONE)
    other = li.is_owed("别的事", topic="case:2")
    telling.tell(other, client, NONE)
    passes(session, 2 * DAY)
    li.writes()
    for told in session.scalars(select(Notice.id).order_by(Notice.id)).all():
        telling.tell(told, client, NONE)
    assert li.shown() == [("custom", "已办结"), ("custom", "别的事")]
    states = session.scalars(select(Notice.state).order_by(Notice.id)).all()
    assert states == ["superseded"] * 3 + ["sent", "sent"]


def test_what_is_late_by_seconds_is_told_in_order(client: Client, li: Resident) -> None:
    li.writes()
    facts = [li.is_owed(fact) for fact in ("已立案", "已派遣", "已处置")]
    for told in facts:
        telling.tell(told, client, NONE)
    assert [words for _, words in li.shown()] == ["已立案", "已派遣", "已处置"]


def test_an_outdated_notice_that_a_worker_has_in_hand_keeps_its_turn(
    client: Client, li: Resident, session: Session
) -> None:
    first = li.is_owed("已立案")
    passes(session, timedelta(minutes=11))
    with database.transaction() as mine:
        assert notices.claim(mine, first) is not None
    second = li.is_owed("已办结")
    with database.transaction() as mine:
        assert notices.claim(mine, second) is None
        notices.settle(mine, first)
        assert notices.claim(mine, second) is not None


def test_what_was_withdrawn_is_not_told(client: Client, li: Resident, session: Session) -> None:
    told = li.is_owed("已立案")
    with database.transaction() as mine:
        notices.withdraw(mine, "case:1")
    telling.tell(told, client, TEMPLATE)
    assert notice(session, told).state == "superseded"
    assert li.shown() == []


def test_a_notice_told_twice_by_two_workers_is_shown_once(client: Client, li: Resident) -> None:
    li.writes()
    told = li.is_owed("已立案")
    telling.tell(told, client, NONE)
    telling.tell(told, client, NONE)
    assert len(li.shown()) == 1


def test_a_click_opens_a_short_window_of_three(li: Resident, session: Session) -> None:
    service.accept(click("HELP", openid=li.openid), HOUSE)
    found = session.scalars(select(Window)).one()
    assert (found.kind, found.room, found.used) == ("click", 3, 0)
    assert found.closes_at - found.opened_at < timedelta(minutes=1)
    assert [windows.spend(session, li.id) for _ in range(4)] == [True, True, True, False]


def test_a_tap_on_a_message_menu_is_a_click_and_no_message() -> None:
    assert windows.kind_of(replace(text("是"), menu_id="1")) == "click"
    assert windows.kind_of(text("是")) == "message"


def test_a_message_counts_in_every_open_window_and_goes_while_one_has_room(
    li: Resident, session: Session
) -> None:
    service.accept(click("HELP", openid=li.openid), HOUSE)
    service.accept(text("你好", openid=li.openid), HOUSE)
    assert [windows.spend(session, li.id) for _ in range(6)] == [True] * 5 + [False]


def test_an_older_message_that_was_handled_late_renews_nothing(
    li: Resident, session: Session
) -> None:
    now = int(clock.now().timestamp())
    windows.note(session, li.id, replace(text("a"), created_at=now))
    assert windows.spend(session, li.id)
    windows.note(session, li.id, replace(text("b"), created_at=now - 60))
    assert session.scalars(select(Window.used)).one() == 1
    windows.note(session, li.id, replace(text("c"), created_at=now + 1))
    session.expire_all()
    assert session.scalars(select(Window.used)).one() == 0
