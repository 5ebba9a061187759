"""Distances, directions, times and attributes as people say them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from kernel.languages import language
from kernel.words import gettext, later, ngettext, said

from . import hours, hours_spoken
from .rules import FLAG_WORDS, SPACES_LIMIT

# Straight lines are shorter than ways: in a hilly city by about a third, which is a guess, as is
# the pace of somebody who is not young. People read "about".
_DETOUR = 1.35
_METRES_A_MINUTE = 65.0
_LONGEST_WALK = 60  # minutes; nobody wants to hear how long it would take to walk from Chengdu


def distance(metres: float) -> str:
    """Say a straight distance: 不到 10 米, 350 米, 1.2 公里, 230 公里."""
    if metres < 9.5:
        return gettext("不到 10 米")
    if metres < 995:
        return gettext("%(count)s 米", count=f"{round(metres / 10) * 10:.0f}")
    kilometres = metres / 1000
    return gettext("%(count)s 公里", count=f"{kilometres:.{1 if kilometres < 9.95 else 0}f}")


def towards(metres: float, direction: str) -> str:
    """Say in which direction and how far: 往东北 350 米."""
    if metres < 9.5:
        return gettext("就在旁边")
    return gettext(
        "往%(direction)s %(distance)s", direction=said(direction), distance=distance(metres)
    )


def walk_minutes(metres: float) -> int | None:
    """Return about how long the walk takes, or None when it is no walk."""
    minutes = max(1, round(metres * _DETOUR / _METRES_A_MINUTE))
    return minutes if minutes <= _LONGEST_WALK else None


def walk(metres: float) -> str | None:
    """Say the walk: 步行约 6 分钟."""
    minutes = walk_minutes(metres)
    return gettext("步行约 %(minutes)s 分钟", minutes=minutes) if minutes else None


# Known to the catalogue: the directions of `geo`, and the kinds that every district begins with.
WINDS = (
    *(later("北"), later("东北"), later("东"), later("东南")),
    *(later("南"), later("西南"), later("西"), later("西北")),
)
KIND_NAMES = (later("公厕"), later("治安岗亭"), later("停车场"), later("洗车点"))


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether it is open (None: nobody knows), and that in words."""

    is_open: bool | None
    words: str


def opening(expression: str | None, now: datetime) -> Opening:
    """Return what is said of opening hours at the instant."""
    return _opening_in(expression, int(now.timestamp()) // 60, language())


@lru_cache(maxsize=8192)
def _opening_in(expression: str | None, minute: int, _language: str) -> Opening:
    # Doors open and close on the minute: what holds at its beginning holds until its end.
    instant = datetime.fromtimestamp(minute * 60, UTC)
    return Opening(hours.is_open(expression, instant), hours_spoken.spoken(expression, instant))


def hours_in_full(expression: str | None, fault: str | None) -> str | None:
    """Say all opening hours, or what the source says where nobody could read it."""
    if expression:
        return hours_spoken.in_words(expression)
    return gettext("%(hours)s（以现场为准）", hours=fault) if fault else None


def ago(instant: datetime, now: datetime) -> str:
    """Say how old something is: 刚刚, 3 分钟前, 2 小时前, 3 天前."""
    minutes = int(max(timedelta(0), now - instant).total_seconds() // 60)
    if minutes < 1:
        return gettext("刚刚")
    if minutes < 60:
        return gettext("%(count)s 分钟前", count=minutes)
    if minutes < 1440:
        return gettext("%(count)s 小时前", count=minutes // 60)
    return ngettext("%(num)s 天前", "%(num)s 天前", minutes // 1440)


def spaces(
    free: int | None,
    at: datetime | None,
    capacity: int | None,
    *,
    now: datetime,
    limit: timedelta = SPACES_LIMIT,
) -> str | None:
    """Say how many places are free and how old that is; old news are no news."""
    if free is None or at is None:
        return gettext("共 %(total)s 个车位", total=capacity) if capacity else None
    if now - at > limit:
        if not capacity:
            return gettext("空位不详")
        return gettext("共 %(total)s 个车位，空位不详", total=capacity)
    told = gettext("空位 %(count)s 个", count=free) if free else gettext("没有空位")
    told = gettext("%(told)s（%(ago)s）", told=told, ago=ago(at, now))
    return gettext("%(told)s，共 %(total)s 个", told=told, total=capacity) if capacity else told


def price(is_free: bool | None, fee: str | None) -> str:  # noqa: FBT001  # a fact, not a switch
    """Say what it costs: 免费, 收费：首小时 5 元, 收费不详."""
    if fee and is_free is not True:
        return gettext("收费：%(fee)s", fee=fee)
    return {True: gettext("免费"), False: gettext("收费"), None: gettext("收费不详")}[is_free]


def features(flags: dict[str, bool | None]) -> list[str]:
    """Name what is there for certain; what is unknown is not named, and neither is what lacks."""
    return [
        said(words)
        for flag, words in FLAG_WORDS.items()
        if flag != "is_free" and flags.get(flag) is True
    ]


def lacking(flags: dict[str, bool | None]) -> list[str]:
    """Name what people must know to be missing: steps in front of a wheelchair."""
    return [gettext("没有无障碍设施")] if flags.get("is_accessible") is False else []


def outside(metres: float, district: str) -> str:
    """Say to somebody far away why everything is so far."""
    return gettext(
        "您的位置在%(district)s以外约 %(distance)s。下面是区内离您最近的，路程可能很远。",
        district=district,
        distance=distance(metres),
    )
