"""Who is about to report what is being dealt with is asked once, and follows it with one word."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import cases
from cases.models import Case
from cases.voice_models import Follower
from tests import factories
from tests.wechat.chats import PIN
from tests.wechat.messages import HOUSE, photo, place, text
from wechat import conversation, service
from wechat.conversation import Draft, Said
from wechat.dialogue import Follow, draft_from_json, draft_to_json
from wechat.inbound import Inbound
from wechat.replies import Reply, Silence, TextReply

pytestmark = pytest.mark.usefixtures("sessions")
OFFERED = Draft(key="k", photos=(1,), place=PIN, text="路灯不亮", is_offered=True, alike=("JB1",))


def say(*messages: Inbound) -> str:
    reply: Reply = Silence()
    for message in messages:
        reply = service.accept(message, HOUSE)
    assert isinstance(reply, TextReply)
    return reply.content


def report(openid: str) -> str:
    say(photo(openid=openid), place(openid=openid), text("人行道的路灯不亮", openid=openid))
    return say(text("1", openid=openid))


def all_cases(session: Session) -> list[Case]:
    session.expire_all()
    return list(session.scalars(select(Case).order_by(Case.id)))


@pytest.mark.parametrize("words", ["关注", "关注。", "就是它"])
def test_one_word_follows_what_was_offered(words: str) -> None:
    turn = conversation.advance(OFFERED, Said(words), new_key=lambda: "n")
    assert (turn.draft, turn.step) == (None, Follow("JB1"))


def test_the_word_means_nothing_where_nothing_was_offered() -> None:
    draft = Draft(key="k", photos=(1,), place=PIN, text="路灯不亮", is_offered=True)
    assert not isinstance(
        conversation.advance(draft, Said("关注"), new_key=lambda: "n").step, Follow
    )


def test_what_was_offered_is_remembered_between_two_messages() -> None:
    assert draft_from_json(draft_to_json(OFFERED)) == OFFERED
    assert draft_from_json({"key": "k"}).alike == ()


def test_the_second_reporter_is_asked_and_follows(session: Session) -> None:
    report("o-first")
    (first,) = all_cases(session)
    asked = report("o-second")
    assert first.report_no in asked
    assert "回复「关注」" in asked
    assert len(all_cases(session)) == 1
    assert first.report_no in say(text("关注", openid="o-second"))
    assert len(all_cases(session)) == 1
    assert len(session.scalars(select(Follower)).all()) == 1
    assert {each.is_first for each in cases.reporters_of(session, first.id)} == {True, False}


def test_who_says_that_it_is_another_problem_reports_it_with_the_next_1(session: Session) -> None:
    report("o-first")
    report("o-second")
    assert "报上去了" in say(text("1", openid="o-second"))
    assert len(all_cases(session)) == 2
    assert session.scalars(select(Follower)).all() == []


def test_nobody_is_asked_about_his_own_or_what_is_over(session: Session) -> None:
    report("o-first")
    say(text("新问题", openid="o-first"))
    assert "报上去了" in report("o-first")
    for case in all_cases(session):
        factories.move_on(session, case.id, "refuse")
    session.commit()
    assert "报上去了" in report("o-second")


def test_a_danger_is_not_held_up(session: Session) -> None:
    report("o-first")
    say(place(openid="o-second"), text("路灯漏电，有人触电了", openid="o-second"))
    assert "报上去了" in say(text("1", openid="o-second"))
