import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import accounts
from cases.models import Case, Photo
from tests.wechat.messages import HOUSE, click, photo, place, text, unfollow, unknown
from wechat import handlers, service, wording
from wechat.inbound import Inbound
from wechat.models import Media, Message, Talk
from wechat.replies import Reply, Silence, TextReply

pytestmark = pytest.mark.usefixtures("sessions")


def say(*messages: Inbound) -> str:
    """Deliver the messages and return the answer to the last."""
    reply: Reply = Silence()
    for message in messages:
        reply = service.accept(message, HOUSE)
    assert isinstance(reply, TextReply)
    return reply.content


def count(session: Session, table: type[Case | Photo | Message | Media]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_photo_place_and_sentence_become_a_case_with_its_number_in_the_answer(session: Session):
    answer = say(photo(), place(), text("人行道地砖松了"), text("1"))
    case = session.scalars(select(Case)).one()
    assert case.report_no in answer
    assert f"http://city.test/reports/{case.report_no}?k={case.access_key}" in answer
    assert case.text == "人行道地砖松了"
    assert case.place_label == "观音桥步行街"


def test_a_place_is_stored_in_wgs84_though_phones_speak_gcj02(session: Session):
    say(photo(), place(29.572550527, 106.536602227), text("井盖坏了"), text("1"))
    case = session.scalars(select(Case)).one()
    assert case.latitude == pytest.approx(29.575352, abs=1e-6)
    assert case.longitude == pytest.approx(106.532844, abs=1e-6)
    assert case.cell is not None
    assert len(case.cell) == 8


def test_a_photo_is_wanted_from_the_platform_as_soon_as_it_arrives(session: Session):
    say(photo("media-77"))
    assert session.scalars(select(Media.media_id)).all() == ["media-77"]
    assert session.scalars(select(Photo.state)).all() == ["pending"]


def test_a_repeated_message_gets_the_first_answer_and_does_nothing(session: Session):
    confirm = text("1")
    first = say(photo(), place(), text("路灯不亮"), confirm)
    assert say(confirm) == first
    assert say(confirm) == first
    assert count(session, Case) == 1


def test_a_repeated_photo_is_one_photo(session: Session):
    sent = photo()
    say(sent, sent, sent)
    assert count(session, Photo) == 1
    assert count(session, Media) == 1


def test_two_events_in_one_second_are_two_messages(session: Session):
    say(click("HELP", key="e:o-li:1790000000:CLICK:HELP"))
    say(click("PROGRESS", key="e:o-li:1790000000:CLICK:PROGRESS"))
    assert count(session, Message) == 2


def test_confirming_twice_makes_one_case(session: Session):
    say(photo(), place(), text("路灯不亮"), text("1"), text("1"))
    assert count(session, Case) == 1


def test_residents_do_not_share_drafts(session: Session):
    say(photo(openid="o-wang"))
    assert "1 张" not in say(text("井盖坏了", openid="o-zhao"))
    assert session.scalars(select(Talk.citizen_id)).all() != []


def test_progress_tells_only_ones_own_reports(session: Session):
    say(photo(), place(), text("路灯不亮"), text("1"))
    number = session.scalars(select(Case.report_no)).one()
    assert number in say(text("进度"))
    assert number not in say(text("进度", openid="o-other"))
    assert wording.not_yours(number) in say(text(number, openid="o-other"))


def test_an_unknown_kind_is_kept_and_answered_kindly(session: Session):
    assert say(unknown("hologram"))
    kept = session.scalars(select(Message)).one()
    assert kept.kind == "unknown"
    assert kept.raw == "<xml/>"


def test_a_defect_undoes_its_rows_and_keeps_the_message(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    def defect(session: Session, message: Inbound, _house: object) -> Reply:
        accounts.citizen_for(session, message.openid)
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(handlers, "handle", defect)
        assert say(text("路灯不亮")) == wording.failed()
    kept = session.scalars(select(Message)).one()
    assert (kept.state, kept.fault, kept.raw) == ("failed", "ZeroDivisionError", "<xml/>")
    assert session.scalars(select(accounts.Citizen.id)).all() == []


def test_a_message_that_breaks_a_rule_of_the_database_is_kept_as_failed(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    def too_long(session: Session, message: Inbound, _house: object) -> Reply:
        session.execute(update(accounts.Citizen).values(openid=""))
        accounts.citizen_for(session, "x" * 65)
        return Silence()

    monkeypatch.setattr(handlers, "handle", too_long)
    assert say(text("路灯不亮")) == wording.failed()
    assert session.scalars(select(Message.fault)).one() == "IntegrityError"


def test_who_leaves_is_not_answered_and_his_draft_is_dropped(session: Session):
    say(photo())
    assert service.accept(unfollow(), HOUSE) == Silence()
    assert session.scalars(select(Talk.draft)).all() == [None]


def test_old_words_are_forgotten_and_answers_kept(session: Session):
    answered = text("你好")
    first = say(answered)
    with session.begin():
        session.execute(
            update(Message).values(received_at=func.now() - func.make_interval(0, 0, 0, 8))
        )
        assert service.forget(session, days=7) == 1
        assert service.forget(session, days=7) == 0
        assert session.scalars(select(Message.raw)).all() == [None]
    assert say(answered) == first
