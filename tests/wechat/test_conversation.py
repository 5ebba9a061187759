"""Dialogues as residents have them."""

from itertools import count

import pytest

from tests.wechat.chats import (
    ASKS_PHOTO,
    ASKS_PLACE,
    ASKS_PROBLEM,
    ASKS_TEXT,
    HERE,
    PHOTO,
    PIN,
    STATES,
    SUMMARY,
    Script,
    after,
    draft_after,
    hear,
    play,
)
from wechat import wording
from wechat.conversation import (
    Arrived,
    Draft,
    Muttered,
    Nothing,
    Pictured,
    Place,
    Pressed,
    Said,
    Submit,
    TellProgress,
    Turn,
    advance,
)

# Whole dialogues.

SUBMITTED: list[tuple[str, Script]] = [
    (
        "photo, place, sentence",
        [
            (PHOTO, ASKS_PLACE),
            (HERE, ASKS_TEXT),
            ("路灯坏了好几天了", "问题：路灯坏了好几天了"),
            ("1", ""),
        ],
    ),
    (
        "photo, sentence, place",
        [(PHOTO, ASKS_PLACE), ("好多蚊子", "还差地点"), (HERE, SUMMARY), ("要得", "")],
    ),
    (
        "place, photo, sentence",
        [(HERE, ASKS_PROBLEM), (PHOTO, ASKS_TEXT), ("下水道堵了", SUMMARY), ("是的。", "")],
    ),
    (
        "place, sentence, photo",
        [(HERE, ASKS_PROBLEM), ("井盖烂了", ASKS_PHOTO), (PHOTO, "照片：1 张"), ("１", "")],
    ),
    (
        "sentence, photo, place",
        [("路灯不亮", ASKS_PLACE), (PHOTO, "还差地点"), (HERE, SUMMARY), ("好嘛", "")],
    ),
    (
        "sentence, place, photo",
        [("路灯不亮", ASKS_PLACE), (HERE, ASKS_PHOTO), (PHOTO, SUMMARY), ("提交 谢谢", "")],
    ),
    (
        "photo and place, no words",
        [(PHOTO, ASKS_PLACE), (HERE, ASKS_TEXT), ("不想写", SUMMARY), ("👌", "")],
    ),
    (
        "words only",
        [
            ("建新东路路灯坏了", "是在「建新东路」吗"),
            ("1", ASKS_PHOTO),
            ("莫得照片", SUMMARY),
            ("好的，谢谢", ""),
        ],
    ),
    (
        "the place in words after a guess that was wrong",
        [
            ("建新东路路灯坏了", "是在「建新东路」吗"),
            ("不是", "还差地点"),
            ("三钢厂那边", "地点记下了：三钢厂那边"),
            ("跳过", "地点：三钢厂那边"),
            ("对头", ""),
        ],
    ),
    (
        "all in one sentence, after a photo",
        [
            (PHOTO, ASKS_PLACE),
            ("石马河立交下面积水好深", "地点：石马河立交下面"),
            ("确认提交", ""),
        ],
    ),
    (
        "questions on the way",
        [
            ("你好", "拍张照片发来"),
            (Pressed("REPORT"), "您说"),
            (PHOTO, ASKS_PLACE),
            ("啷个发位置", "小键盘"),
            ("帮助", "回复 1 提交"),
            (Muttered("voice"), "没收全"),
            ("谢谢", "不客气"),
            (Pressed("PROGRESS"), ASKS_PLACE),
            (HERE, ASKS_TEXT),
            ("等哈", "不急"),
            ("垃圾没人收", SUMMARY),
            (Pressed("REPORT"), "还没报完"),
            ("不对", "改成"),
            ("改成垃圾三天没人收", "问题：垃圾三天没人收"),
            ("得行", ""),
        ],
    ),
    (
        "danger is not kept long",
        [
            ("楼下好大股煤气味", "先顾安全！到屋外去，打 119"),
            ("五里店轻轨站旁边", SUMMARY),
            ("1", ""),
        ],
    ),
]


@pytest.mark.parametrize(
    "script", [script for _, script in SUBMITTED], ids=[name for name, _ in SUBMITTED]
)
def test_a_dialogue_ends_in_a_report(script: Script) -> None:
    turn = play(script)
    assert isinstance(turn.step, Submit)
    assert turn.draft is None
    assert turn.say is None


def test_each_report_has_a_key_of_its_own() -> None:
    keys = count()
    begun = [advance(None, PHOTO, new_key=lambda: f"key-{next(keys)}").draft for _ in range(2)]
    assert [draft and draft.key for draft in begun] == ["key-0", "key-1"]


def test_a_report_keeps_the_key_with_which_it_began() -> None:
    keys = count()
    draft: Draft | None = None
    for heard in (PHOTO, HERE, Said("路灯不亮")):
        draft = advance(draft, heard, new_key=lambda: f"key-{next(keys)}").draft
    assert draft is not None
    assert draft.key == "key-0"


# What would be nice is asked for once.


def test_a_second_photo_instead_of_the_sentence_leads_to_the_summary() -> None:
    assert ASKS_TEXT in (after(HERE, PHOTO).say or "")
    assert SUMMARY in (after(HERE, PHOTO, Pictured(8)).say or "")


def test_more_words_instead_of_the_photo_lead_to_the_summary() -> None:
    assert SUMMARY in (after("路灯不亮", HERE, "一排都不亮").say or "")


def test_giving_up_on_the_photo_does_not_give_up_the_report() -> None:
    for words in ("算了", "不要了", "不用了", "没得", "不方便拍"):
        turn = after("路灯不亮", HERE, words)
        assert turn.draft is not None
        assert turn.draft.is_offered, words


def test_ok_to_the_wish_for_a_photo_waits_for_the_photo() -> None:
    turn = after("路灯不亮", HERE, "好的")
    assert turn.draft is not None
    assert not turn.draft.is_offered
    assert "等您的照片" in (turn.say or "")


# The summary, and what may be said to it.


YES = "1 １ 1。 １！ 1️⃣ ① 是 好 好的 对 对头 提交 确认 OK ＯＫ ok👌 [OK] 要得 可以 嗯 行"


@pytest.mark.parametrize("yes", YES.split())
def test_yes_submits(yes: str) -> None:
    turn = after(yes, draft=STATES["an offered report"])
    assert isinstance(turn.step, Submit)


@pytest.mark.parametrize(
    "no",
    ["0", "０", "0。", "取消", "取消吧", "算了", "算了嘛", "不要了", "不报了", "莫报了", "不搞了"],
)
def test_no_drops_the_draft_and_says_so(no: str) -> None:
    turn = after(no, draft=STATES["an offered report"])
    assert turn == Turn(None, wording.cancelled())


@pytest.mark.parametrize("words", ["不", "不对", "错了", "改一下", "不是"])
def test_a_fault_is_no_refusal(words: str) -> None:
    turn = after(words, draft=STATES["an offered report"])
    assert turn.draft == STATES["an offered report"]
    assert "哪里不对改哪里" in (turn.say or "")


@pytest.mark.parametrize("words", ["？", "88", "没有了", "😂", "收到", "哦"])
def test_what_is_no_answer_is_asked_again_with_the_numbers(words: str) -> None:
    turn = after(words, draft=STATES["an offered report"])
    assert turn.draft == STATES["an offered report"]
    assert SUMMARY in (turn.say or "")


def test_a_wrong_place_is_dropped_and_asked_for_anew() -> None:
    turn = after(PHOTO, HERE, "路灯不亮", "位置不对")
    assert turn.draft == after(PHOTO, "路灯不亮").draft
    assert ASKS_PLACE in (turn.say or "")
    assert SUMMARY in (hear(turn.draft, "在建新东路38号").say or "")


def test_wrong_photos_are_dropped_and_asked_for_anew() -> None:
    turn = after(HERE, "路灯不亮", "没得照片", PHOTO, "照片发错了")
    assert turn.draft == after(HERE, "路灯不亮").draft
    assert ASKS_PHOTO in (turn.say or "")


def test_where_nothing_was_told_nothing_is_wrong() -> None:
    for words in ("位置不对", "照片不对", "不对"):
        assert after(words) == Turn(None, wording.how_to_begin())
        assert after("路灯不亮", words) == Turn(
            after("路灯不亮").draft, wording.ask_place_again(None)
        )


def test_by_the_way_is_no_yes() -> None:
    assert isinstance(after("对了", draft=STATES["an offered report"]).step, Nothing)


def test_a_second_text_is_added_and_the_new_whole_is_shown() -> None:
    turn = after("一排都不亮", draft=STATES["an offered report"])
    assert turn.draft is not None
    assert turn.draft.text == "坏了\n一排都不亮"
    assert "问题：坏了 一排都不亮" in (turn.say or "")


def test_a_correction_replaces_the_text_or_the_place() -> None:
    draft = draft_after(PHOTO, HERE, "路灯不亮", "改成两盏路灯不亮")
    assert (draft.text, draft.place) == ("两盏路灯不亮", PIN)
    draft = draft_after(PHOTO, HERE, "路灯不亮", "改成建新东路38号")
    assert (draft.text, draft.place) == ("路灯不亮", Place(None, None, "建新东路38号"))


def test_a_description_is_cut_at_its_limit_and_the_resident_is_told() -> None:
    turn = after("长" * 1990, "又" * 100)
    assert turn.draft is not None
    assert len(turn.draft.text or "") == 2000
    assert "只记下了前面的" in (turn.say or "")


# Beginning, ending, and what is no report.


@pytest.mark.parametrize(
    "words", ["你好", "在吗", "？", "123", "😂😂", "[微笑]", "/::)", "谢谢", "哦", "JB2611"]
)
def test_what_describes_nothing_begins_no_draft(words: str) -> None:
    turn = after(words)
    assert turn.draft is None
    assert turn.say


def test_a_greeting_before_a_description_is_part_of_it() -> None:
    assert draft_after("你好，建新东路路灯坏了").text == "你好，建新东路路灯坏了"


def test_a_yes_to_nothing_is_answered() -> None:
    for words in ("1", "好的"):
        assert after(words) == Turn(None, wording.nothing_to_confirm())
    assert after("0") == Turn(None, wording.nothing_to_cancel())


def test_starting_over_drops_the_draft() -> None:
    assert after("重来", draft=STATES["an offered report"]) == Turn(None, wording.begun_again())
    assert after("重新开始") == Turn(None, wording.begin())


def test_who_comes_back_finds_the_draft() -> None:
    turn = after(PHOTO, Arrived())
    assert turn.draft == after(PHOTO).draft
    assert ASKS_PLACE in (turn.say or "")


def test_a_newcomer_gets_one_message() -> None:
    assert after(Arrived()) == Turn(None, wording.welcome())


def test_the_hotline_is_the_one_that_was_set() -> None:
    turn = advance(None, Said("投诉电话是多少"), new_key=str, hotline="023-12345678")
    assert "023-12345678" in (turn.say or "")


# Progress.


@pytest.mark.parametrize(
    "words", ["进度", "查进度", "办得怎么样了", "我的案件", "到哪一步了", "我昨天报的那个修好没有"]
)
def test_progress_is_told_at_any_time(words: str) -> None:
    assert after(words) == Turn(None, None, TellProgress(None))
    turn = after(PHOTO, words)
    assert turn.draft == after(PHOTO).draft
    assert turn.step == TellProgress(None)
    assert ASKS_PLACE in (turn.say or "")


@pytest.mark.parametrize(
    "words", ["JB261122-4839207", "帮我查哈jb 261122 4839207嘛", "261122-4839207"]
)
def test_a_report_number_asks_for_that_report(words: str) -> None:
    assert after(words).step == TellProgress("JB261122-4839207")


def test_the_prefix_of_report_numbers_is_a_setting() -> None:
    turn = advance(None, Said("yz261122-4839207"), new_key=str, report_prefix="YZ")
    assert turn.step == TellProgress("YZ261122-4839207")


# Danger.


@pytest.mark.parametrize("state", STATES)
def test_danger_is_answered_first_in_every_state(state: str) -> None:
    turn = hear(STATES[state], "快点来，楼下起火了，有人受伤")
    assert (turn.say or "").startswith("先顾安全！马上离开，打 119。\n救人要紧，打 120")
    assert turn.draft is not None
    assert turn.draft.is_urgent
    assert "楼下起火了" in (turn.draft.text or "")


def test_a_danger_denied_raises_no_alarm() -> None:
    turn = after("路灯杆歪了，没有起火，也没人受伤")
    assert turn.draft is not None
    assert not turn.draft.is_urgent
