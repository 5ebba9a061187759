"""What is no longer true is not told; order, dying workers, and the ledger of windows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import accounts
from kernel import clock, database
from tests.wechat.messages import HOUSE, click, text
from tests.wechat.residents import BOTH, DAY, NONE, TEMPLATE, Resident, notice, passes
from wechat import notices, service, telling, windows
from wechat.client import Client
from wechat.models import Notice, Window


def test_who_left_is_told_nothing_and_who_may_still_follow_is(
    account: Client, li: Resident, session: Session
) -> None:
    told = li.is_owed("a")
    with database.transaction() as mine:
        accounts.mark_unfollowed(mine, li.id)
        reader = accounts.citizen_of_browser(mine, "o-reader")
        notices.owe(mine, citizen_id=reader, topic="case:9", fact="r", title="t", text="t")
    other = session.scalars(select(Notice.id).where(Notice.fact == "r")).one()
    telling.tell(told, account, BOTH)
    telling.tell(other, account, BOTH)
    assert (notice(session, told).state, notice(session, other).state) == ("given_up", "parked")


def test_after_two_days_only_the_newest_is_told(
    account: Client, li: Resident, session: Session
) -> None:
    facts = ["已立案", "已派遣", "已处置", "已办结"]
    for fact in facts:
        telling.tell(li.is_owed(fact), account, NONE)
    other = li.is_owed("别的事", topic="case:2")
    telling.tell(other, account, NONE)
    passes(session, 2 * DAY)
    li.writes()
    for told in session.scalars(select(Notice.id).order_by(Notice.id)).all():
        telling.tell(told, account, NONE)
    assert li.shown() == [("custom", "已办结"), ("custom", "别的事")]
    states = session.scalars(select(Notice.state).order_by(Notice.id)).all()
    assert states == ["superseded"] * 3 + ["sent", "sent"]


def test_what_is_late_by_seconds_is_told_in_order(account: Client, li: Resident) -> None:
    li.writes()
    facts = [li.is_owed(fact) for fact in ("已立案", "已派遣", "已处置")]
    for told in facts:
        telling.tell(told, account, NONE)
    assert [words for _, words in li.shown()] == ["已立案", "已派遣", "已处置"]


def test_an_outdated_notice_that_a_worker_has_in_hand_keeps_its_turn(
    account: Client, li: Resident, session: Session
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


def test_what_was_withdrawn_is_not_told(account: Client, li: Resident, session: Session) -> None:
    told = li.is_owed("已立案")
    with database.transaction() as mine:
        notices.withdraw(mine, "case:1")
    telling.tell(told, account, TEMPLATE)
    assert notice(session, told).state == "superseded"
    assert li.shown() == []


def test_a_notice_told_twice_by_two_workers_is_shown_once(account: Client, li: Resident) -> None:
    li.writes()
    told = li.is_owed("已立案")
    telling.tell(told, account, NONE)
    telling.tell(told, account, NONE)
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


def test_a_worker_killed_after_sending_tells_twice_at_worst_and_counts_both(
    account: Client, li: Resident, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    li.writes()
    told = li.is_owed("已立案")
    really = account.send_text

    def dies(openid: str, content: str) -> None:
        really(openid, content)
        raise SystemExit

    with monkeypatch.context() as deadly:
        deadly.setattr(account, "send_text", dies)
        with pytest.raises(SystemExit):
            telling.tell(told, account, NONE)
    assert notice(session, told).state == "owed"
    telling.tell(told, account, NONE)  # somebody has it in hand still
    assert len(li.shown()) == 1
    passes(session, notices.LEASE + timedelta(seconds=5))
    telling.tell(told, account, NONE)
    assert notice(session, told).state == "sent"
    assert len(li.shown()) == 2
    assert session.scalars(select(Window.used)).all() == [2]


def test_a_worker_killed_before_sending_loses_nothing(
    account: Client, li: Resident, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    li.writes()
    told = li.is_owed("已立案")

    def dies(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as deadly:
        deadly.setattr(account, "send_text", dies)
        with pytest.raises(SystemExit):
            telling.tell(told, account, NONE)
    passes(session, notices.LEASE + timedelta(seconds=5))
    telling.tell(told, account, NONE)
    assert len(li.shown()) == 1
