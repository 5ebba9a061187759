"""Distances, directions, times and attributes as people say them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from . import hours
from .rules import FLAG_WORDS, SPACES_LIMIT

# Straight lines are shorter than ways: in a hilly city by about a third, which is a guess, as is
# the pace of somebody who is not young. People read "about".
_DETOUR = 1.35
_METRES_A_MINUTE = 65.0
_LONGEST_WALK = 60  # minutes; nobody wants to hear how long it would take to walk from Chengdu


def distance(metres: float) -> str:
    """Say a straight distance: 不到 10 米, 350 米, 1.2 公里, 230 公里."""
    if metres < 9.5:
        return "不到 10 米"
    if metres < 995:
        return f"{round(metres / 10) * 10:.0f} 米"
    kilometres = metres / 1000
    return f"{kilometres:.1f} 公里" if kilometres < 9.95 else f"{kilometres:.0f} 公里"


def towards(metres: float, direction: str) -> str:
    """Say in which direction and how far: 往东北 350 米."""
    if metres < 9.5:
        return "就在旁边"
    return f"往{direction} {distance(metres)}"


def walk_minutes(metres: float) -> int | None:
    """Return about how long the walk takes, or None when it is no walk."""
    minutes = max(1, round(metres * _DETOUR / _METRES_A_MINUTE))
    return minutes if minutes <= _LONGEST_WALK else None


def walk(metres: float) -> str | None:
    """Say the walk: 步行约 6 分钟."""
    minutes = walk_minutes(metres)
    return f"步行约 {minutes} 分钟" if minutes else None


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether it is open (None: nobody knows), and that in words."""

    is_open: bool | None
    words: str


def opening(expression: str | None, now: datetime) -> Opening:
    """Return what is said of opening hours at the instant."""
    return _opening_in(expression, int(now.timestamp()) // 60)


@lru_cache(maxsize=8192)
def _opening_in(expression: str | None, minute: int) -> Opening:
    # Doors open and close on the minute: what holds at its beginning holds until its end.
    instant = datetime.fromtimestamp(minute * 60, UTC)
    return Opening(hours.is_open(expression, instant), hours.spoken(expression, instant))


def hours_in_full(expression: str | None, fault: str | None) -> str | None:
    """Say all opening hours, or what the source says where nobody could read it."""
    if expression:
        return hours.in_chinese(expression)
    return f"{fault}（以现场为准）" if fault else None


def ago(instant: datetime, now: datetime) -> str:
    """Say how old something is: 刚刚, 3 分钟前, 2 小时前, 3 天前."""
    minutes = int(max(timedelta(0), now - instant).total_seconds() // 60)
    if minutes < 1:
        return "刚刚"
    if minutes < 60:
        return f"{minutes} 分钟前"
    return f"{minutes // 60} 小时前" if minutes < 1440 else f"{minutes // 1440} 天前"


def spaces(
    free: int | None,
    at: datetime | None,
    capacity: int | None,
    *,
    now: datetime,
    limit: timedelta = SPACES_LIMIT,
) -> str | None:
    """Say how many places are free and how old that is; old news are no news."""
    total = f"共 {capacity} 个" if capacity else None
    if free is None or at is None:
        return f"{total}车位" if total else None
    if now - at > limit:
        return f"{total}车位，空位不详" if total else "空位不详"
    told = f"空位 {free} 个" if free else "没有空位"
    told = f"{told}（{ago(at, now)}）"
    return f"{told}，{total}" if total else told


def price(is_free: bool | None, fee: str | None) -> str:  # noqa: FBT001  # a fact, not a switch
    """Say what it costs: 免费, 收费：首小时 5 元, 收费不详."""
    if fee and is_free is not True:
        return f"收费：{fee}"
    return {True: "免费", False: "收费", None: "收费不详"}[is_free]


def features(flags: dict[str, bool | None]) -> list[str]:
    """Name what is there for certain; what is unknown is not named, and neither is what lacks."""
    return [
        words for flag, words in FLAG_WORDS.items() if flag != "is_free" and flags.get(flag) is True
    ]


def lacking(flags: dict[str, bool | None]) -> list[str]:
    """Name what people must know to be missing: steps in front of a wheelchair."""
    return ["没有无障碍设施"] if flags.get("is_accessible") is False else []


def day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def outside(metres: float, district: str) -> str:
    """Say to somebody far away why everything is so far."""
    return f"您的位置在{district}以外约 {distance(metres)}。下面是区内离您最近的，路程可能很远。"
