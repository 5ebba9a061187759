"""A class for the report, and what comes after it was sent."""

import pytest

from tests.wechat.chats import (
    HERE,
    LAMP,
    LIGHT,
    PHOTO,
    SENT,
    SUMMARY,
    VIDEO,
    VOICE,
    after,
    draft_after,
    hear,
)
from wechat.conversation import (
    AddTo,
    CallHuman,
    Chose,
    Draft,
    Heard,
    Nothing,
    Pressed,
    Recorded,
    Said,
    Submit,
    TakeBack,
    TellPoints,
    TellProgress,
)

WHOLE: tuple[Heard | str, ...] = (PHOTO, HERE, "路灯不亮")


def submitted(*heard: Heard | str) -> Draft:
    step = after(*heard).step
    assert isinstance(step, Submit)
    return step.draft


def added(*heard: Heard | str) -> AddTo:
    step = after(*heard, sent=SENT).step
    assert isinstance(step, AddTo)
    assert step.report_no == SENT
    return step


# Which class it is.


def test_the_whole_is_shown_with_three_classes_to_pick_from() -> None:
    said = after(*WHOLE).say or ""
    assert SUMMARY in said
    assert "2 路灯，3 景观灯，4 地灯" in said


def test_who_ignores_the_classes_reports_with_the_same_one_answer_as_ever() -> None:
    assert submitted(*WHOLE, "1").class_code is None


@pytest.mark.parametrize(
    "answer", ["3", "３", "选3", "回复3", "第三个", "三", "景观灯", "景观灯。"]
)
def test_a_class_is_picked_by_number_or_name_and_sends_the_report(answer: str) -> None:
    assert submitted(*WHOLE, answer).class_code == LIGHT[0]


def test_a_tap_on_a_class_sends_the_report_with_it() -> None:
    assert submitted(*WHOLE, Chose(LAMP[0])).class_code == LAMP[0]


def test_a_tap_on_none_of_them_sends_the_report_without() -> None:
    assert submitted(*WHOLE, Chose(None)).class_code is None


def test_none_of_them_in_words_takes_the_offer_back_and_1_still_sends() -> None:
    assert "回复 1 提交" in (after(*WHOLE, "都不是").say or "")
    assert submitted(*WHOLE, "都不是", "1").class_code is None
    assert not isinstance(after(*WHOLE, "都不是", "3").step, Submit)


@pytest.mark.parametrize("answer", ["5", "9"])
def test_a_number_that_was_not_offered_is_asked_again(answer: str) -> None:
    turn = after(*WHOLE, answer)
    assert isinstance(turn.step, Nothing)
    assert "回复 1 提交" in (turn.say or "")


def test_a_place_with_the_name_of_a_number_is_no_class() -> None:
    assert draft_after(PHOTO, "2").class_code is None


def test_words_that_come_later_change_what_is_offered() -> None:
    assert draft_after(PHOTO, HERE, "好多蚊子").suggested == ()
    assert len(draft_after(PHOTO, HERE, "好多蚊子", "路灯也坏了").suggested) == 3


def test_who_stands_beside_a_danger_is_asked_for_no_class() -> None:
    draft = draft_after("路灯漏电了，打火花", HERE)
    assert draft.is_urgent
    assert draft.suggested == ()


def test_a_tap_before_the_report_is_whole_is_kept() -> None:
    turn = after(PHOTO, Chose(LAMP[0]))
    assert turn.draft is not None
    assert turn.draft.class_code == LAMP[0]
    assert "类别记下了" in (turn.say or "")


def test_a_tap_that_belongs_to_nothing_is_answered_kindly() -> None:
    assert "用不上" in (after(Chose(LAMP[0])).say or "")


# After it was sent.


def test_a_photo_a_moment_later_goes_to_the_report_that_was_sent() -> None:
    assert added(PHOTO) == AddTo(SENT, photo_id=7)


def test_a_sentence_a_moment_later_goes_to_the_report_that_was_sent() -> None:
    assert added("旁边那盏也不亮") == AddTo(SENT, text="旁边那盏也不亮")


def test_a_recording_a_moment_later_goes_to_the_report_that_was_sent() -> None:
    assert added(VOICE) == AddTo(SENT, recording_id=3)
    assert added(Recorded(5, "voice", "还有一盏")) == AddTo(SENT, text="还有一盏", recording_id=5)


def test_a_class_tapped_after_sending_goes_to_the_report_that_was_sent() -> None:
    assert added(Chose(LAMP[0])) == AddTo(SENT, class_code=LAMP[0])


def test_danger_told_a_moment_later_is_answered_first_and_makes_the_report_urgent() -> None:
    turn = after("现在漏气了，好大股煤气味", sent=SENT)
    assert (turn.say or "").startswith("先顾安全")
    assert isinstance(turn.step, AddTo)
    assert turn.step.is_urgent


def test_a_sentence_with_its_own_place_is_another_report() -> None:
    turn = after("建新东路井盖坏了", sent=SENT)
    assert isinstance(turn.step, Nothing)
    assert turn.draft is not None
    assert turn.draft.text == "建新东路井盖坏了"


def test_a_pin_begins_another_report() -> None:
    turn = after(HERE, sent=SENT)
    assert turn.draft is not None
    assert turn.draft.place is not None


@pytest.mark.parametrize("asked", ["新问题", "我要上报", Pressed("REPORT")])
def test_who_says_so_begins_another_report(asked: Heard | str) -> None:
    assert after(asked, sent=SENT).is_apart


@pytest.mark.parametrize("asked", ["进度", "谢谢", "你好", "帮助", "1", "0", "人工", "积分", "？"])
def test_what_is_no_story_is_not_added(asked: str) -> None:
    assert not isinstance(after(asked, sent=SENT).step, AddTo)


def test_a_draft_that_was_begun_takes_everything_itself() -> None:
    turn = after("建新东路井盖坏了", PHOTO, sent=SENT)
    assert turn.draft is not None
    assert turn.draft.photos == (7,)


def test_a_place_that_somebody_looks_near_is_not_added() -> None:
    assert not isinstance(after("附近厕所", "三钢厂那边", sent=SENT).step, AddTo)


# Voice and video.


def test_a_voice_message_and_a_place_make_a_report() -> None:
    assert submitted(VOICE, HERE, "1", "1", "1").recordings == (3,)


def test_a_video_is_kept_beside_photos_and_words() -> None:
    draft = submitted(PHOTO, VIDEO, HERE, "地砖松了", "1")
    assert (draft.photos, draft.recordings, draft.text) == ((7,), (4,), "地砖松了")


def test_what_the_platform_heard_is_taken_as_written() -> None:
    draft = draft_after(Recorded(5, "voice", "建新东路路灯坏了"))
    assert (draft.recordings, draft.text) == ((5,), "建新东路路灯坏了")


def test_a_spoken_command_is_a_command() -> None:
    turn = after(PHOTO, Recorded(5, "voice", "查进度。"))
    assert isinstance(turn.step, TellProgress)
    assert turn.draft is not None
    assert turn.draft.recordings == ()


def test_spoken_danger_is_answered_at_once() -> None:
    turn = after(Recorded(5, "voice", "这里漏气了"))
    assert (turn.say or "").startswith("先顾安全")
    assert turn.draft is not None
    assert turn.draft.is_urgent
    assert turn.draft.recordings == (5,)


def test_more_recordings_than_anybody_hears_are_declined() -> None:
    sent = [Recorded(number, "voice") for number in range(4)]
    turn = after(*sent)
    assert turn.draft is not None
    assert turn.draft.recordings == (0, 1, 2)
    assert "够用了" in (turn.say or "")


# Points, people, privacy.


@pytest.mark.parametrize("said", ["积分", "我的积分", "积芬", "我有好多积分嘛", "怎么兑换"])
def test_points_are_told(said: str) -> None:
    assert hear(None, said).step == TellPoints()


@pytest.mark.parametrize("said", ["我的兑换", "兑换记录", "取货码在哪里看"])
def test_redemptions_are_told(said: str) -> None:
    assert hear(None, said).step == TellPoints(is_redemptions=True)


@pytest.mark.parametrize("said", ["人工", "人攻", "转人工嘛"])
def test_a_person_is_called(said: str) -> None:
    turn = hear(None, said)
    assert turn.step == CallHuman()
    assert "12319" in (turn.say or "")


@pytest.mark.parametrize("said", ["隐私", "会不会泄露我的信息", "可以匿名吗"])
def test_privacy_is_explained(said: str) -> None:
    assert "7 天" in (hear(None, said).say or "")


@pytest.mark.parametrize(
    ("said", "step"),
    [("竟度", TellProgress(None)), ("查寻进读", TellProgress(None)), ("进渡", TellProgress(None))],
)
def test_a_command_is_understood_by_its_sound(said: str, step: TellProgress) -> None:
    assert hear(None, said).step == step


@pytest.mark.parametrize("said", ["取销", "取肖", "虫来"])
def test_what_would_delete_is_never_guessed(said: str) -> None:
    assert after(PHOTO, said).draft is not None


def test_a_sticker_on_the_way_says_what_is_missing() -> None:
    assert isinstance(hear(None, Said("😂")).step, Nothing)


# A photo that was meant for another problem.


def test_photos_that_came_last_go_along_into_the_new_problem() -> None:
    turn = after("新问题", sent=SENT, added=(8, 9))
    assert turn.step == TakeBack(SENT, (8, 9))
    assert turn.is_apart
    assert turn.draft is not None
    assert turn.draft.photos == (8, 9)
    assert "2 张照片" in (turn.say or "")


def test_without_such_photos_the_new_problem_begins_with_nothing() -> None:
    assert after("新问题", sent=SENT).draft is None
    assert after("新问题", added=(8,)).step == Nothing()  # too long ago


def test_a_draft_keeps_its_own_photos() -> None:
    assert after(PHOTO, "新问题", added=(8,)).draft == draft_after(PHOTO)
