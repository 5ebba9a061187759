"""A resident's word in the chat about what he was just told of: taken for one facility, or left alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from convenience import service, shown
from convenience.complaints import Complaint, complaint_in
from convenience.live_models import Shown
from convenience.models import Correction
from convenience.rules import Wrong
from kernel import clock
from tests import factories
from tests.convenience.places import HERE, a_facility
from tests.wechat.messages import HOUSE, place, text
from wechat import service as door
from wechat.models import Notice
from wechat.replies import TextReply


@pytest.mark.parametrize(
    ("said", "wrong", "number"),
    [
        ("这个厕所关了", Wrong.CLOSED, None),
        ("刚才那个锁着的", Wrong.CLOSED, None),
        ("第2个关了", Wrong.CLOSED, 2),
        ("第三家没开门！", Wrong.CLOSED, 3),
        ("1、关门了", Wrong.CLOSED, 1),
        ("第二个已经搬走了", Wrong.MOVED, 2),
        ("那里没有厕所了", Wrong.NOT_THERE, None),
        ("这个找不到", Wrong.NOT_THERE, None),
        ("这里开放时间不对", Wrong.HOURS, None),
    ],
)
def test_what_is_wrong_and_with_which_is_understood(
    said: str, wrong: Wrong, number: int | None
) -> None:
    assert complaint_in(said) == Complaint(wrong, number)


@pytest.mark.parametrize(
    "said",
    [
        "关了", "1", "这个", "附近厕所", "这条路关了", "这里的路灯没开", "这里没开灯", "这个厕所堵了",
        "这里有个井盖坏了", "这个厕所门坏了", "2号楼楼下路灯不亮", "这里厕所没有纸", "",
        "这个厕所关了，旁边的下水道也堵了，水流了一地，麻烦来看看，谢谢",
    ],
)  # fmt: skip
def test_a_story_is_a_story(said: str) -> None:
    assert complaint_in(said) is None


@pytest.fixture
def citizen(session: Session) -> int:
    return factories.a_citizen(session)


def corrections(session: Session) -> list[tuple[str, int]]:
    rows = session.execute(select(Correction.kind, Correction.facility_id))
    return [(kind, facility) for kind, facility in rows]


def test_of_several_the_number_says_which(session: Session, citizen: int) -> None:
    told = [a_facility(session, f"第{n}公厕", north_m=n * 100).id for n in (1, 2, 3)]
    shown.remember(session, citizen, told)
    asked = shown.complain(session, citizen, "这个厕所关了")
    assert asked is not None
    assert asked.names == ("第1公厕", "第2公厕", "第3公厕")
    assert corrections(session) == []
    assert shown.complain(session, citizen, "第5个关了") == asked
    noted = shown.complain(session, citizen, "第2个关了")
    assert noted is not None
    assert noted.name == "第2公厕"
    shown.complain(session, citizen, "2关了")
    assert corrections(session) == [("closed", told[1])], "the same word is one"


def test_who_was_shown_nothing_says_nothing_of_facilities(session: Session, citizen: int) -> None:
    assert shown.complain(session, citizen, "这个厕所关了") is None
    shown.remember(session, citizen, [])
    shown.remember(session, citizen, [a_facility(session).id])
    session.execute(update(Shown).values(at=clock.now() - shown.LASTS))
    assert shown.complain(session, citizen, "这个厕所关了") is None
    assert shown.forget(session) == 1
    assert session.scalar(select(Shown.citizen_id)) is None


def test_what_was_removed_since_is_said(session: Session, citizen: int) -> None:
    gone = a_facility(session)
    shown.remember(session, citizen, [gone.id])
    gone.removed_at = clock.now() - timedelta(hours=1)
    session.commit()
    refused = shown.complain(session, citizen, "这个厕所关了")
    assert refused is not None
    assert "没有找到" in (refused.refusal or "")


@pytest.mark.usefixtures("fresh", "sessions")
def test_in_the_chat_one_message_corrects_and_the_answer_comes_back(session: Session) -> None:
    def say(message: object) -> str:
        reply = door.accept(message, HOUSE)  # type: ignore[arg-type]  # one of messages' makers
        assert isinstance(reply, TextReply)
        return reply.content

    a_facility(session, "北门公厕", hours="24/7")
    say(text("附近厕所"))
    assert "北门公厕" in say(place(*HERE))
    assert "记下了：「北门公厕」已经关停" in say(text("这个厕所关了"))
    correction = session.scalars(select(Correction)).one()
    staff = factories.a_member_of_staff(session)
    service.settle(
        session, correction_id=correction.id, is_right=True, staff_id=staff, answer="停水检修"
    )
    notice = session.scalars(select(Notice)).one()
    assert notice.citizen_id == correction.citizen_id
    assert "核实属实" in notice.text
    assert "停水检修" in notice.text
    say(text("这里的路灯坏了"))
    assert len(corrections(session)) == 1
