"""The chat with what stands behind it: classes, additions, recordings, points, people."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import accounts
import cases
from cases.models import Addition, Case, Photo, Recording
from kernel import clock
from tests import factories
from tests.wechat.messages import HOUSE, click, photo, place, text, unfollow
from wechat import handlers, service
from wechat.handlers import House
from wechat.inbound import Inbound, Text, Video, Voice
from wechat.models import Media, Talk
from wechat.replies import HandOver, Reply, Silence, TextReply

pytestmark = pytest.mark.usefixtures("sessions")


def say(*messages: Inbound, house: House = HOUSE) -> str:
    reply: Reply = Silence()
    for message in messages:
        reply = service.accept(message, house)
    assert isinstance(reply, TextReply)
    return reply.content


def tap(menu_id: str) -> Text:
    return replace(text("随便什么字"), menu_id=menu_id)


def voice(words: str | None = None, *, openid: str = "o-li") -> Voice:
    base = text("", openid=openid)
    return Voice(
        to_user=base.to_user,
        openid=openid,
        created_at=base.created_at,
        key=base.key,
        raw=base.raw,
        media_id="voice-1",
        format="amr",
        words=words,
    )


def video() -> Video:
    base = text("")
    return Video(
        to_user=base.to_user,
        openid=base.openid,
        created_at=base.created_at,
        key=base.key,
        raw=base.raw,
        media_id="video-1",
        is_short=True,
    )


def reported() -> tuple[Inbound, ...]:
    return photo(), place(), text("人行道的路灯不亮")


def case_of(session: Session) -> Case:
    session.expire_all()
    return session.scalars(select(Case)).one()


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_class_that_was_picked_is_the_cases_class(session: Session) -> None:
    offered = say(*reported())
    assert "2 路灯" in offered
    say(text("2"))
    assert case_of(session).class_code == "C0137"


def test_who_picks_no_class_files_all_the_same(session: Session) -> None:
    say(*reported(), text("1"))
    assert case_of(session).class_code is None


def test_a_tapped_button_files_with_its_class(session: Session) -> None:
    say(*reported(), tap("class:C0139"))
    assert case_of(session).class_code == "C0139"


@pytest.mark.parametrize("menu_id", ["class:none", "class:C9999", "class:", "class:\x00"])
def test_a_button_of_no_class_files_without(session: Session, menu_id: str) -> None:
    say(*reported(), tap(menu_id))
    assert case_of(session).class_code is None


def test_buttons_are_owed_once_and_not_after_the_report(session: Session) -> None:
    say(*reported(), text("要得哈，看哈"))
    (citizen_id,) = handlers.owing_buttons(session)
    buttons = handlers.offered(session, citizen_id)
    assert buttons[0] == ("class:C0137", "路灯")
    assert buttons[-1][0] == "class:none"
    assert handlers.offered(session, citizen_id) == []
    say(text("重来"), *reported())
    assert handlers.owing_buttons(session) == [citizen_id]
    say(text("1"))
    assert handlers.owing_buttons(session) == []
    assert handlers.offered(session, citizen_id) == []


def test_what_comes_within_minutes_is_added_to_the_report(session: Session) -> None:
    say(*reported(), text("1"))
    number = case_of(session).report_no
    assert number in say(photo("media-2"))
    assert number in say(text("旁边那盏也不亮"))
    say(voice())
    assert session.scalars(select(Addition.text)).all() == ["旁边那盏也不亮"]
    assert count(session, Case) == 1
    assert session.scalars(select(Photo.case_id)).all() == [case_of(session).id] * 2
    assert session.scalars(select(Recording.case_id)).all() == [case_of(session).id]


def test_an_addition_delivered_twice_is_one(session: Session) -> None:
    say(*reported(), text("1"))
    sent = text("旁边那盏也不亮")
    assert say(sent) == say(sent)
    assert count(session, Addition) == 1


def test_danger_added_makes_the_case_urgent(session: Session) -> None:
    say(*reported(), text("1"))
    assert not case_of(session).is_urgent
    assert say(text("现在线线掉下来打火花了，电线掉地上")).startswith("先顾安全")
    assert case_of(session).is_urgent


def test_after_a_quarter_of_an_hour_it_is_another_report(session: Session) -> None:
    say(*reported(), text("1"))
    session.execute(update(Talk).values(sent_at=clock.now() - timedelta(minutes=16)))
    assert "在哪里" in say(photo("media-2"))
    assert count(session, Addition) == 0


def test_what_is_decided_takes_no_more_and_a_report_of_its_own_begins(session: Session) -> None:
    say(*reported(), text("1"))
    case = case_of(session)
    staff_id = accounts.create_staff(
        session,
        username="zhou",
        name="周",
        password="a long password 1",
        role=accounts.Role.ACCEPTOR,
    )
    cases.move(
        session,
        case_id=case.id,
        name="refuse",
        staff_id=staff_id,
        request_key="r",
        seen_version=1,
        note="不属于受理范围",
    )
    assert "在哪里" in say(photo("media-2"))
    assert count(session, Addition) == 0


def test_a_new_problem_is_a_new_report_when_the_resident_says_so(session: Session) -> None:
    say(*reported(), text("1"), text("新问题"))
    assert "在哪里" in say(photo("media-2"))
    say(place(), text("井盖坏了"), text("1"))
    assert count(session, Case) == 2


def test_a_class_tapped_late_reaches_the_case(session: Session) -> None:
    say(*reported(), text("1"))
    assert "类别记下了" in say(tap("class:C0137"))
    assert case_of(session).class_code == "C0137"


def test_a_voice_message_and_a_video_become_recordings_to_be_fetched(session: Session) -> None:
    say(voice(), place(), video(), text("1"))
    say(text("1"))
    say(text("1"))
    assert sorted(session.scalars(select(Recording.kind))) == ["video", "voice"]
    assert count(session, Media) == 2
    assert set(session.scalars(select(Recording.case_id))) == {case_of(session).id}


def test_what_the_platform_heard_is_the_cases_text(session: Session) -> None:
    say(voice("路灯不亮，黢黑的"), place())
    say(text("1"))
    say(text("1"))
    assert case_of(session).text == "路灯不亮，黢黑的"


def test_points_are_told_with_the_page(session: Session) -> None:
    assert session is not None
    told = say(text("我的积分"))
    assert "0 积分" in told
    assert "http://city.test/points" in told
    assert "还没有兑换过" in say(text("我的兑换"))
    assert "积分" in say(click("POINTS"))


def test_a_person_is_a_telephone_number_where_nobody_sits_at_a_desk() -> None:
    assert "12319" in say(text("人工"))


def test_a_person_takes_over_while_somebody_sits_at_the_desk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = replace(HOUSE, staff_chat_hours="09:00-18:00")
    noon = clock.now().replace(hour=4, minute=0)  # UTC; twelve in the district
    with monkeypatch.context() as at_noon:
        at_noon.setattr(clock, "now", lambda: noon)
        assert service.accept(text("人工"), house) == HandOver()
    night = noon.replace(hour=15)
    with monkeypatch.context() as at_night:
        at_night.setattr(clock, "now", lambda: night)
        told = say(text("人工"), house=house)
    assert "12319" in told
    assert "09:00-18:00" in told


def test_who_leaves_leaves_no_draft_and_nothing_to_add_to(session: Session) -> None:
    say(*reported(), text("1"), text("新问题"), photo("media-2"))
    service.accept(unfollow(), HOUSE)
    row = session.execute(select(Talk.draft, Talk.sent_report_no, Talk.sent_at)).one()
    assert tuple(row) == (None, None, None)


def photos_of(session: Session, case: Case) -> list[str]:
    """Return the origins of a case's photos."""
    return list(
        session.scalars(select(Photo.origin).where(Photo.case_id == case.id).order_by(Photo.id))
    )


def test_a_photo_of_a_second_problem_moves_when_he_says_so(session: Session) -> None:
    say(*reported(), text("1"), photo("media-2", key="m:second"), text("新问题"))
    say(place(), text("井盖坏了"), text("1"))
    first, second = session.scalars(select(Case).order_by(Case.id)).all()
    assert photos_of(session, second) == ["wechat:m:second"]
    assert "wechat:m:second" not in photos_of(session, first)


def test_a_photo_before_other_words_stays_where_it_was_added(session: Session) -> None:
    say(
        *reported(), text("1"), photo("media-2", key="m:second"), text("灯杆也歪了"), text("新问题")
    )
    [case] = session.scalars(select(Case)).all()
    assert "wechat:m:second" in photos_of(session, case)


def test_a_photo_stays_once_somebody_works_on_the_report(session: Session) -> None:
    say(*reported(), text("1"), photo("media-2", key="m:second"))
    case = session.scalars(select(Case)).one()
    factories.move_on(session, case.id, "file")
    session.commit()
    said = say(text("新问题"))
    assert "照片算到" not in said
    assert "wechat:m:second" in photos_of(session, case)
