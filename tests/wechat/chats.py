"""How tests talk with the conversation, and where it may stand."""

from collections.abc import Sequence
from dataclasses import replace

from wechat.conversation import (
    Arrived,
    Choice,
    Chose,
    Draft,
    Heard,
    Muttered,
    Pictured,
    Place,
    Placed,
    Pressed,
    Recorded,
    Said,
    Turn,
    advance,
)

PIN = Place(latitude=29.6, longitude=106.5, label="重庆市江北区建新东路36号")
BARE_PIN = Place(latitude=29.61, longitude=106.51, label=None)
PHOTO, HERE = Pictured(7), Placed(PIN)
VOICE, VIDEO = Recorded(3, "voice"), Recorded(4, "video")
LAMP, LIGHT, FLOOR = ("C0137", "路灯"), ("C0139", "景观灯"), ("C0138", "地灯")
SENT = "JB261122-4839207"

SUMMARY = "回复 1 提交，回复 0 取消"
ASKS_PLACE, ASKS_PROBLEM = "在哪里呢", "那里怎么了"
ASKS_PHOTO, ASKS_TEXT = "拍张照片发来，看得更清楚", "再写一句是什么问题"

BLANK = Draft(key="k")
STATES: dict[str, Draft | None] = {
    "nothing": None,
    "an empty draft": BLANK,
    "a photo": replace(BLANK, photos=(1,)),
    "a text": replace(BLANK, text="建新东路路灯坏了"),
    "a photo and a text": replace(BLANK, photos=(1,), text="好多蚊子"),
    "a place": replace(BLANK, place=PIN),
    "a place in words": replace(BLANK, place=Place(None, None, "三钢厂那边")),
    "a photo and a place": replace(BLANK, photos=(1,), place=PIN),
    "a text and a place": replace(BLANK, text="路灯坏了", place=BARE_PIN),
    "a full hand of photos": replace(BLANK, photos=tuple(range(9))),
    "an offered report": replace(BLANK, photos=(1,), place=PIN, text="坏了", is_offered=True),
    "an urgent report": replace(BLANK, text="漏气了", place=PIN, is_urgent=True),
    "a voice message": replace(BLANK, recordings=(3,)),
    "a voice message and a place": replace(BLANK, recordings=(3,), place=PIN),
    "a wish": replace(BLANK, wish="toilet"),
    "an offered report with classes": replace(
        BLANK,
        photos=(1,),
        place=PIN,
        text="路灯坏了",
        is_offered=True,
        suggested=(LAMP, LIGHT, FLOOR),
    ),
    "a waived photo": replace(BLANK, text="坏了", place=PIN, waived=frozenset({"photo"})),
}
COMMANDS = "1 好的 0 没有 不对 重来 等一下 啷个发位置 人工 进度 帮助 谢谢 你好 知道了 上报"
COMMANDS += " 积分 我的兑换 隐私 都不是 新问题 竟度 ２ 3 第二个 9 附近厕所 哪里能停车"
NOISE = ["", " \n", "？？", "88", "2", "😂", "[微笑]", "/::)", "\x00\ud800", "嗯", "[OK]", "<a>"]
STORIES = ["路灯不亮", "好多蚊子", "观音桥步行街口", "建新东路路灯坏了", "三钢厂那边", "漏气了"]
STORIES += ["地点 建新东路38号", "改成两盏路灯不亮", "street lamp broken", "长" * 3000]
HEARD: list[Heard] = [
    *map(Said, [*COMMANDS.split(), "jb261122-4839207", *NOISE, *STORIES]),
    PHOTO,
    HERE,
    Placed(BARE_PIN),
    Placed(Place(None, None, "鱼嘴")),
    Placed(Place(None, None, None)),
    *map(Pressed, ("REPORT", "PROGRESS", "HELP", "report", "UNKNOWN", "")),
    Arrived(),
    VOICE,
    VIDEO,
    Recorded(5, "voice", "路灯坏了"),
    Recorded(6, "voice", "进度"),
    Recorded(7, "voice", "漏气了"),
    Recorded(8, "voice", "\x00"),
    Chose("C0137"),
    Chose(None),
    *map(Pressed, ("POINTS", "REDEMPTIONS", "HUMAN", "PRIVACY", "NEARBY_TOILET", "NEARBY_")),
    *map(Muttered, ("voice", "video", "link", "photo", "location", "unknown")),
]


def suggest(text: str) -> list[Choice]:
    return [LAMP, LIGHT, FLOOR] if "灯" in text else []


def hear(
    draft: Draft | None, heard: Heard | str, *, sent: str | None = None, added: Sequence[int] = ()
) -> Turn:
    message = Said(heard) if isinstance(heard, str) else heard
    return advance(draft, message, new_key=lambda: "new", sent=sent, suggest=suggest, added=added)


def after(
    *heard: Heard | str,
    draft: Draft | None = None,
    sent: str | None = None,
    added: Sequence[int] = (),
) -> Turn:
    turn = Turn(draft, None)
    for message in heard:
        turn = hear(turn.draft, message, sent=sent, added=added)
    return turn


def draft_after(*heard: Heard | str) -> Draft:
    draft = after(*heard).draft
    assert draft is not None
    return draft


Script = list[tuple[Heard | str, str]]


def play(script: Script) -> Turn:
    """Play a dialogue: what the resident sends, and a part of what he must read."""
    turn = Turn(None, None)
    for heard, expected in script:
        turn = hear(turn.draft, heard)
        assert expected in (turn.say or ""), f"{heard} -> {turn.say}"
    return turn
