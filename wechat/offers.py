"""Every sentence that the chat says about what there is besides reporting: facilities, points, people.

Short, kind and with what to do next, as in `wording.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .wording import brief, join

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORT: Final = 30  # characters of a name or a place inside a sentence
_LISTED: Final = 5  # redemptions in one answer


# The same problem, reported already.

FOLLOW_WORDS: Final = frozenset({"关注", "我关注", "要关注", "就是它", "是同一个", "是同一件"})


def alike(*, report_no: str, name: str | None, status: str) -> str:
    """Ask whether a case near by is the same problem; 1 sends the report all the same."""
    what = f"「{brief(name, _SHORT)}」" if name else "问题"
    return join(
        f"这里已有人上报{what}（编号 {report_no}，{status}）。",
        "是同一个问题，回复「关注」，不用再报，办到哪一步都告诉您。不是，回复 1，照样提交。",
    )


def followed(*, report_no: str) -> str:
    return f"好的，已经关注 {report_no}，办到哪一步都告诉您。您不用再报，谢谢您！"


# What is near.


def ask_near(name: str) -> str:
    return f"找{name}，请点「＋」发个「位置」；直接写也行，比如「观音桥」。"


@dataclass(frozen=True, slots=True, kw_only=True)
class NearLine:
    """One facility; `way` is distance and direction, `state` says whether it is open."""

    name: str
    way: str | None
    state: str


def nearest(
    name: str, items: Sequence[NearLine], *, url: str, near: str | None, notice: str | None
) -> str:
    """Tell of facilities, nearest first; `near` is the place that they are near to, in words."""
    where = f"「{brief(near, _SHORT)}」一带" if near else "离您最近"
    told = [
        f"{number}. {brief(item.name, _SHORT)}\n　{'，'.join(filter(None, (item.way, item.state)))}"
        for number, item in enumerate(items, 1)
    ]
    return join(notice, f"{where}的{name}：", *told, f"看更多和导航：{url}")


def none_near(name: str, *, url: str) -> str:
    return f"没有查到{name}。可以按街道找：{url}"


def place_unknown(words: str, name: str) -> str:
    return f"没找到「{brief(words, _SHORT)}」这个地方。发个「位置」最准，我马上告诉您最近的{name}。"


def wrong_noted(name: str, wrong: str) -> str:
    return f"记下了：「{brief(name, _SHORT)}」{wrong}。我们去核实，有结果告诉您。谢谢您！"


def which_is_wrong(names: Sequence[str]) -> str:
    told = [f"{number}. {brief(name, _SHORT)}" for number, name in enumerate(names, 1)]
    return join("您说的是哪一个？", *told, "请带上数字再说一遍，比如「第1个关了」。")


# Points.


def points(*, usable: int, held: int, is_frozen: bool, url: str) -> str:
    return join(
        f"您现在有 {usable} 积分可以用。" + (f"另有 {held} 积分正在兑换。" if held else ""),
        "您的积分暂时用不了，有疑问回「人工」。" if is_frozen else None,
        f"看明细、换东西：{url}",
    )


def no_redemptions(*, url: str) -> str:
    return f"您还没有兑换过东西。去看看能换什么：{url}"


def redemptions(lines: Sequence[tuple[str, str]], *, url: str) -> str:
    """Tell of the latest redemptions; each line is the item's name and how far it is."""
    told = [f"【{status}】{brief(name, _SHORT)}" for name, status in lines[:_LISTED]]
    return join("您的兑换：", *told, f"看全部：{url}")


# Somebody to talk to, and what becomes of what one says.


def human(hotline: str) -> str:
    return f"想找人说，请打 {hotline}（城管热线）或者 12345，12345 白天晚上都有人接。"


def staff_hours(hours: str) -> str:
    return f"想在这里和工作人员说话，请在 {hours} 回「人工」。"


def privacy() -> str:
    return (
        "您的照片、文字和位置只用来办这件事，别人打开案件只看得到进度。"
        "聊天里的原话 7 天后删除；取消关注，没报完的马上删。\n"
        "要查、要改、要删您的信息，回「人工」。"
    )
