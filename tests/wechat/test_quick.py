"""The quick way does what the long way does, or leaves it to the long way."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import accounts
import convenience
from kernel import clock
from tests.wechat.messages import HOUSE, click, photo, place, text
from wechat import notices, quick, service
from wechat.handlers import House
from wechat.inbound import Inbound
from wechat.models import Message, Notice, Talk, Window
from wechat.replies import Reply, TextReply

pytestmark = pytest.mark.usefixtures("sessions", "at_hand")

DAY = clock.now().replace(hour=4)


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know the kinds of facilities, as a process does that was asked a second ago."""
    monkeypatch.setattr(convenience, "kinds_at_hand", dict)
    monkeypatch.setattr(clock, "now", lambda: DAY)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note of each message whether the quick way answered it."""
    noted: list[bool] = []
    answer = quick.answer

    def noting(message: Inbound, house: House) -> Reply | None:
        reply = answer(message, house)
        noted.append(reply is not None)
        return reply

    monkeypatch.setattr(quick, "answer", noting)
    return noted


@pytest.fixture
def li(session: Session) -> int:
    with session.begin():
        return accounts.citizen_for(session, "o-li")


def tell(*messages: Inbound) -> list[Reply]:
    return [service.accept(message, HOUSE) for message in messages]


def kept(session: Session, openid: str) -> Sequence[object]:
    """Return all that a resident's messages left, without what is his own or the draft's key."""
    session.rollback()
    me = session.scalars(select(accounts.Citizen.id).where(accounts.Citizen.openid == openid)).one()
    talk = session.scalars(select(Talk).where(Talk.citizen_id == me)).one_or_none()
    stands = talk and (
        {**(talk.draft or {}), "key": "its own"},
        talk.updated_at,
        talk.owes_buttons,
        talk.sent_report_no,
    )
    windows = session.execute(
        select(Window.kind, Window.opened_at, Window.closes_at, Window.room, Window.used)
        .where(Window.citizen_id == me)
        .order_by(Window.kind)
    ).all()
    messages = session.execute(
        select(Message.kind, Message.raw, Message.state, Message.reply, Message.fault)
        .where(Message.openid == openid)
        .order_by(Message.key)
    ).all()
    return [stands, *windows, *messages]


STORIES: dict[str, Callable[[str], list[Inbound]]] = {
    "a problem, a place in words, dropped": lambda me: [
        text("门口的路灯不亮，黢黑的", openid=me, key=f"1{me}"),
        text("建新东路36号门口", openid=me, key=f"2{me}"),
        text("0", openid=me, key=f"3{me}"),
    ],
    "help, thanks, a button": lambda me: [
        text("帮助", openid=me, key=f"1{me}"),
        text("谢谢", openid=me, key=f"2{me}"),
        click("HELP", openid=me, key=f"3{me}"),
    ],
    "what is looked for, and dropped": lambda me: [
        text("附近厕所", openid=me, key=f"1{me}"),
        text("取消", openid=me, key=f"2{me}"),
    ],
    "danger": lambda me: [text("天然气漏了，味道大得很", openid=me, key=f"1{me}")],
    "nothing that anybody could read": lambda me: [
        text("]]>\u200d😀 <![CDATA[", openid=me, key=f"1{me}"),
        text("", openid=me, key=f"2{me}"),
    ],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_both_ways_say_and_store_the_same(
    story: Callable[[str], list[Inbound]],
    session: Session,
    quickly: list[bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with session.begin():
        for openid in ("o-quick", "o-long"):
            accounts.citizen_for(session, openid)
    said = tell(*story("o-quick"))
    assert all(quickly), "these are what the quick way is for"
    with monkeypatch.context() as long:
        long.setattr(quick, "answer", lambda *_: None)
        assert tell(*story("o-long")) == said
    assert kept(session, "o-quick") == kept(session, "o-long")


@pytest.mark.usefixtures("li")
def test_a_message_that_comes_again_gets_its_first_answer(
    session: Session, quickly: list[bool]
) -> None:
    first, again = tell(*[text("路灯不亮", key="m:1")] * 2)
    assert quickly == [True, True]
    assert first == again
    assert session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.mark.usefixtures("li")
def test_a_message_answered_the_long_way_gets_that_answer_the_quick_way(
    quickly: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as long:
        long.setattr(quick, "answer", lambda *_: None)
        [first] = tell(text("路灯不亮", key="m:1"))
    assert tell(text("路灯不亮", key="m:1")) == [first]
    assert quickly == [True]


@pytest.mark.usefixtures("li")
def test_what_does_more_than_talk_goes_the_long_way(quickly: list[bool]) -> None:
    tell(photo(), place(), text("路灯不亮"), text("1"), text("进度"), text("积分"))
    assert quickly == [False, True, False, False, False, False]  # the sentence offers classes


def test_somebody_new_goes_the_long_way_once(quickly: list[bool]) -> None:
    tell(text("你好", openid="o-new"), text("谢谢", openid="o-new"))
    assert quickly == [False, True]


def test_who_left_and_writes_again_follows_again(
    li: int, session: Session, quickly: list[bool]
) -> None:
    with session.begin():
        accounts.mark_unfollowed(session, li)
    tell(text("你好"))
    assert quickly == [False]
    assert session.scalars(select(accounts.Citizen.is_following)).all() == [True]


def test_a_notice_that_waits_for_him_is_sent_on(
    li: int, session: Session, quickly: list[bool]
) -> None:
    with session.begin():
        notices.owe(session, citizen_id=li, topic="t", fact="f", title="进度", text="好了")
        session.execute(update(Notice).values(state="parked"))
    tell(text("你好"))
    assert quickly == [False]
    assert session.scalars(select(Notice.state)).all() == ["owed"]


@pytest.mark.usefixtures("li")
def test_a_report_sent_long_ago_is_not_added_to(
    quickly: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(photo(), place(), text("路灯不亮"), text("1"))
    monkeypatch.setattr(clock, "now", lambda: DAY + timedelta(minutes=16))
    quickly.clear()
    [said] = tell(text("井盖坏了"))
    assert quickly == [True]
    assert isinstance(said, TextReply)
    assert "在哪" in said.content


@pytest.mark.usefixtures("li")
def test_a_defect_is_met_by_the_long_way_which_says_so(
    session: Session, quickly: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object, **_more: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("wechat.conversation.advance", defect)
        tell(text("路灯不亮"))
    assert quickly == [False]
    assert session.scalars(select(Message.fault)).all() == ["ZeroDivisionError"]


@pytest.fixture
def deferred(session: Session, li: int) -> None:
    """Let a message of his wait that could not be handled when it came."""
    assert li
    raw = (
        "<xml><ToUserName>gh_city</ToUserName><FromUserName>o-li</FromUserName>"
        "<CreateTime>1790000000</CreateTime><MsgType>text</MsgType>"
        "<Content>门口的路灯不亮</Content><MsgId>42</MsgId></xml>"
    )
    with session.begin():
        session.add(
            Message(
                key="m:42",
                openid="o-li",
                kind="text",
                raw=raw,
                state="deferred",
                reply={"kind": "silence"},
            )
        )


@pytest.mark.usefixtures("deferred")
def test_what_waited_is_handled_before_what_he_sends_now(
    session: Session, quickly: list[bool]
) -> None:
    tell(text("0"))
    assert quickly == [False]
    assert session.scalars(select(Message.state)).all() == ["done", "done"]
    # The report that the sentence began is dropped by the 0 that he sent after it.
    assert session.scalars(select(Talk.draft)).all() == [None]
    assert session.scalar(select(func.count()).select_from(Notice)) == 1
