"""Where it is, and what it looks like: places and photos in a report."""

from dataclasses import replace

import pytest

from tests.wechat.chats import (
    ASKS_PROBLEM,
    BARE_PIN,
    HERE,
    PHOTO,
    PIN,
    SUMMARY,
    after,
    draft_after,
    hear,
)
from wechat.conversation import Pictured, Place, Placed

# A place, told or guessed.


@pytest.mark.parametrize(
    "text", ["路灯不亮", "好多蚊子", "有人在烧烤", "坏路灯对面全是垃圾", "工地半夜还在施工"]
)
def test_the_first_words_are_not_swallowed_as_the_place(text: str) -> None:
    for draft in (after(text).draft, after(PHOTO, text).draft):
        assert draft is not None
        assert draft.text == text
        assert draft.place is None


@pytest.mark.parametrize(
    "text", ["建新东路36号", "观音桥步行街口", "三钢厂那边", "出站往左走50米", "垃圾站旁边"]
)
def test_words_are_a_place_where_a_place_is_asked_for(text: str) -> None:
    assert draft_after(PHOTO, text).place == Place(None, None, text)


def test_any_words_answer_where_once_there_is_a_description() -> None:
    assert draft_after("路灯不亮", "我屋头").place == Place(None, None, "我屋头")
    assert draft_after("路灯不亮", "老地方").place == Place(None, None, "老地方")


def test_more_of_the_story_is_not_taken_for_the_place() -> None:
    draft = draft_after("路灯不亮", "晚上黑黢黢的，老人家都不敢出门")
    assert draft.place is None
    assert draft.text == "路灯不亮\n晚上黑黢黢的，老人家都不敢出门"


def test_a_long_tale_is_not_a_place() -> None:
    tale = "我们这里" + "又说了一遍" * 20
    assert draft_after("路灯不亮", tale).text == f"路灯不亮\n{tale}"


def test_who_begins_with_an_address_is_asked_what_is_wrong_there() -> None:
    turn = after("重庆市江北区建新东路36号")
    assert turn.draft is not None
    assert turn.draft.place == Place(None, None, "重庆市江北区建新东路36号")
    assert ASKS_PROBLEM in (turn.say or "")


def test_a_place_said_to_be_one_is_one_at_any_time() -> None:
    for before in ((), (PHOTO,), ("路灯不亮",), (PHOTO, HERE), (PHOTO, HERE, "坏了的")):
        draft = draft_after(*before, "地点：建新东路38号")
        assert draft.place == Place(None, None, "建新东路38号")


def test_a_second_pin_replaces_the_first_and_says_so() -> None:
    turn = after(PHOTO, HERE, Placed(BARE_PIN))
    assert turn.draft is not None
    assert turn.draft.place == BARE_PIN
    assert "位置换成新的了" in (turn.say or "")


def test_a_pin_after_words_keeps_the_words() -> None:
    draft = draft_after("路灯不亮", "三钢厂3栋楼下", HERE)
    assert draft.place == replace(PIN, label=f"{PIN.label}（三钢厂3栋楼下）")
    draft = draft_after("路灯不亮", "三钢厂3栋楼下", Placed(BARE_PIN))
    assert draft.place == replace(BARE_PIN, label="三钢厂3栋楼下")


def test_an_address_after_a_pin_says_it_more_closely() -> None:
    draft = draft_after(Placed(BARE_PIN), "建新东路36号")
    assert draft.place == replace(BARE_PIN, label="建新东路36号")
    assert draft.text is None
    draft = draft_after(HERE, "鲤鱼池菜市场后门")
    assert draft.place == replace(PIN, label=f"{PIN.label}（鲤鱼池菜市场后门）")


def test_a_place_label_does_not_grow_without_end() -> None:
    draft = draft_after(HERE, *["鲤鱼池菜市场后门"] * 30)
    assert draft.place is not None
    assert len(draft.place.label or "") <= 120
    assert (draft.text or "").count("鲤鱼池菜市场后门") >= 20


def test_a_place_that_arrived_empty_is_asked_for_again() -> None:
    turn = after(PHOTO, Placed(Place(None, None, None)))
    assert turn.draft == after(PHOTO).draft
    assert "再发一次" in (turn.say or "")


def test_a_guess_is_used_only_when_agreed_to() -> None:
    assert draft_after("建新东路路灯坏了").place is None
    assert draft_after("建新东路路灯坏了", "对").place == Place(None, None, "建新东路")
    assert draft_after("路灯坏了", "对").place is None


# Photos.


def test_nine_photos_are_taken_and_the_tenth_is_not_and_is_told_so() -> None:
    turn = after(*map(Pictured, range(9)))
    assert "一共 9 张" in (turn.say or "")
    tenth = hear(turn.draft, Pictured(9))
    assert tenth.draft is not None
    assert tenth.draft.photos == tuple(range(9))
    assert "这一张就不加了" in (tenth.say or "")
    assert "地点" in (tenth.say or "")


def test_a_photo_for_a_shown_report_is_added_without_showing_all_again() -> None:
    turn = after(PHOTO, HERE, "路灯不亮", Pictured(8), Pictured(9))
    assert turn.draft is not None
    assert turn.draft.photos == (7, 8, 9)
    assert SUMMARY in (turn.say or "")
    assert "地点" not in (turn.say or "")


def test_the_little_words_before_a_place_are_not_kept() -> None:
    assert draft_after("路灯不亮", "就在三钢厂。").place == Place(None, None, "三钢厂")
    assert draft_after("在建新东路38号").place == Place(None, None, "建新东路38号")
