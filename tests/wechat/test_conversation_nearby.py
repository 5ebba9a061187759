"""Looking for what is near, beside reporting what is wrong."""

import json

import pytest

from tests.wechat.chats import BARE_PIN, HERE, PHOTO, PIN, STATES, after, hear, play
from wechat.conversation import (
    FindNearest,
    Nothing,
    Place,
    Placed,
    Pressed,
    Said,
    TellProgress,
    Turn,
    advance,
    draft_from_json,
    draft_to_json,
)
from wechat.dialogue import Draft

WISHES = {
    "toilet": "附近厕所 厕所 公厕 哪里有厕所 哪点有茅厕 附近有没得公厕 厕所在哪里？ 最近的洗手间 我要上厕所 师傅，请问哪里有厕所 侧所 附近厕锁 想找个卫生间 啷个去厕所 我要解手 WC 屙尿 附近公厕嘛 找厕所",
    "parking": "哪里能停车 停车 附近停车场 停车场在哪点 哪里可以停车嘛 有没得停车位 附近停车厂 车位 找个停车的地方",
    "car_wash": "洗车 附近洗车 哪里能洗车 洗车的在哪里 洗哈车",
    "police_kiosk": "岗亭 附近岗亭 治安岗亭在哪里 附近有没有警务站 岗停",
}
NAMES = {"toilet": "公厕", "parking": "停车场", "car_wash": "洗车点", "police_kiosk": "治安岗亭"}


@pytest.mark.parametrize(
    ("text", "kind"), [(text, kind) for kind, line in WISHES.items() for text in line.split()]
)
def test_a_wish_is_heard_and_asks_where(text: str, kind: str) -> None:
    turn = hear(None, text)
    assert turn.draft is not None
    assert turn.draft.wish == kind
    assert turn.step == Nothing()
    assert f"找{NAMES[kind]}" in (turn.say or "")


@pytest.mark.parametrize("text", [text for line in WISHES.values() for text in line.split()])
def test_a_place_after_a_wish_gets_the_nearest(text: str) -> None:
    asked = hear(None, text).draft
    assert asked is not None
    turn = hear(asked, HERE)
    assert turn == Turn(None, None, FindNearest(asked.wish or "", NAMES[asked.wish or ""], PIN))


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("观音桥附近厕所", "toilet", "观音桥"),
        ("观音桥 厕所", "toilet", "观音桥"),
        ("停车场 五里店", "parking", "五里店"),
        ("观音桥哪里有厕所", "toilet", "观音桥"),
        ("五里店哪里能停车", "parking", "五里店"),
        ("我在鱼嘴，附近有没得洗车的", "car_wash", "鱼嘴"),
        ("红旗河沟旁边的岗亭在哪里", "police_kiosk", "红旗河沟"),
    ],
)
def test_a_wish_may_say_where(text: str, kind: str, words: str) -> None:
    turn = hear(None, text)
    assert turn.step == FindNearest(kind, NAMES[kind], None, words)
    assert turn.draft is None


@pytest.mark.parametrize(
    "text",
    [
        "公厕漏水",
        "厕所好臭",
        "附近厕所堵了",
        "停车场门口有人乱停车",
        "占道停车没人管",
        "洗车店污水横流",
        "岗亭玻璃烂了",
        "哪里来的车在人行道乱停",
        "公厕的灯坏了，附近又没有别的",
    ],
)
def test_a_problem_with_a_facility_is_a_report(text: str) -> None:
    turn = hear(None, text)
    assert turn.step == Nothing()
    assert turn.draft is not None
    assert turn.draft.text == text
    assert turn.draft.wish is None


def test_a_toilet_is_a_place_where_a_place_is_asked_for() -> None:
    turn = after(PHOTO, "公厕旁边")
    assert turn.draft is not None
    assert turn.draft.place == Place(None, None, "公厕旁边")


def test_a_question_on_the_way_is_answered_from_where_the_report_is() -> None:
    turn = hear(STATES["a photo and a place"], "哪里有厕所")
    assert turn.step == FindNearest("toilet", "公厕", PIN)
    assert turn.draft == STATES["a photo and a place"]
    assert "没报完" in (turn.say or "")


def test_a_place_that_was_sent_for_a_toilet_is_not_the_place_of_the_report() -> None:
    asked = hear(STATES["a photo"], "哪里有厕所")
    assert "找公厕" in (asked.say or "")
    turn = hear(asked.draft, HERE)
    assert turn.step == FindNearest("toilet", "公厕", PIN)
    assert turn.draft == STATES["a photo"]
    assert "在哪里呢" in (turn.say or "")


def test_a_name_answers_where() -> None:
    for name in ("观音桥", "三钢厂", "建新东路36号", "北滨路大剧院门口"):
        turn = after("附近厕所", name)
        assert turn.step == FindNearest("toilet", "公厕", None, name), name


def test_a_report_ends_the_search() -> None:
    for story in (Said("路灯不亮"), PHOTO, Said("好多蚊子")):
        turn = after("附近厕所", story)
        assert turn.draft is not None
        assert turn.draft.wish is None
        assert turn.draft.is_begun


def test_who_gives_up_is_not_asked_on() -> None:
    turn = after("附近厕所", "0")
    assert turn.draft is None
    assert hear(turn.draft, HERE).step == Nothing()


def test_other_questions_do_not_end_the_search() -> None:
    turn = after("附近厕所", "进度")
    assert turn.step == TellProgress(None)
    assert hear(turn.draft, HERE).step == FindNearest("toilet", "公厕", PIN)


def test_a_button_looks_for_a_kind() -> None:
    turn = hear(None, Pressed("NEARBY_TOILET"))
    assert "找公厕" in (turn.say or "")
    assert hear(turn.draft, Placed(BARE_PIN)).step == FindNearest("toilet", "公厕", BARE_PIN)


def test_kinds_of_the_operators_own_are_understood() -> None:
    kinds = {"water": ("直饮水", "饮水机"), "toilet": ("公共厕所",)}

    def told(text: str) -> Turn:
        return advance(None, Said(text), new_key=lambda: "k", kinds=kinds)

    assert told("附近饮水机").draft == Draft(key="k", wish="water")
    assert "找直饮水" in (told("附近饮水机").say or "")
    assert "找公共厕所" in (told("附近茅厕").say or "")


def test_a_search_survives_being_kept() -> None:
    draft = hear(None, "附近厕所").draft
    assert draft is not None
    assert draft_from_json(json.loads(json.dumps(draft_to_json(draft)))) == draft


def test_a_whole_talk() -> None:
    play(
        [
            ("你好，附近有没得厕所", "请点「＋」发个「位置」"),
            ("啷个发位置", "再点右下角"),
            ("公厕门口路灯不亮", "记下了"),
            ("观音桥步行街", "拍张照片"),
            ("1", "回复 1 提交"),
        ]
    )
