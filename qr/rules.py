"""What signs are, how a plate lives, and when its silence means something."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from kernel.words import later

LONGEST_NUMBER = 16
LONGEST_NAME = 60
LONGEST_ADDRESS = 120
LONGEST_NOTE = 300
LONGEST_TEXT = 500  # of a report from a sign: somebody stands in the street
MOST_PHOTOS = 3

NUMBER = re.compile(r"[0-9A-Z][0-9A-Z-]{0,15}")


class SiteKind(StrEnum):
    CROSSROADS = "crossroads"
    PARK = "park"
    SQUARE = "square"
    STATION = "station"
    MARKET = "market"
    COMMUNITY = "community"
    OTHER = "other"


KIND_WORDS = {
    SiteKind.CROSSROADS: "路口",
    SiteKind.PARK: "公园",
    SiteKind.SQUARE: "广场",
    SiteKind.STATION: "车站",
    SiteKind.MARKET: "市场",
    SiteKind.COMMUNITY: "小区",
    SiteKind.OTHER: "其他",
}


class PlateState(StrEnum):
    PLANNED = "planned"
    PRINTED = "printed"
    INSTALLED = "installed"
    DAMAGED = "damaged"
    REPLACED = "replaced"
    RETIRED = "retired"


STATE_WORDS = {
    PlateState.PLANNED: "待印制",
    PlateState.PRINTED: "待安装",
    PlateState.INSTALLED: "在用",
    PlateState.DAMAGED: "损坏",
    PlateState.REPLACED: "已换新",
    PlateState.RETIRED: "已撤除",
}
MAKING = (PlateState.PLANNED, PlateState.PRINTED)
HANGING = (PlateState.INSTALLED, PlateState.DAMAGED)


@dataclass(frozen=True)
class Move:
    """One thing that may happen to a plate; no origin: how it begins. `needs`: note, photo, site."""

    name: str
    words: str
    origin: PlateState | None
    to: PlateState
    needs: frozenset[str] = frozenset()


def _moves() -> tuple[Move, ...]:
    state = PlateState

    def made(name: str, words: str, origin: PlateState | None, to: PlateState, *needs: str) -> Move:
        return Move(name, words, origin, to, frozenset(needs))

    return (
        made("plan", "计划", None, state.PLANNED),
        # It hung there before there was a register.
        made("adopt", "登记在用", None, state.INSTALLED),
        made("print", "印制", state.PLANNED, state.PRINTED),
        # An import was taken back.
        made("withdraw", "撤回登记", state.PLANNED, state.RETIRED),
        made("withdraw", "撤回登记", state.INSTALLED, state.RETIRED),
        made("install", "安装", state.PRINTED, state.INSTALLED, "photo"),
        made("check", "巡查完好", state.INSTALLED, state.INSTALLED),
        made("damage", "发现损坏", state.INSTALLED, state.DAMAGED, "note"),
        made("repair", "修好", state.DAMAGED, state.INSTALLED, "photo"),
        made("move", "移位", state.INSTALLED, state.INSTALLED, "photo", "site"),
        made("replace", "换新", state.INSTALLED, state.REPLACED, "note"),
        made("replace", "换新", state.DAMAGED, state.REPLACED, "note"),
        *(
            made("retire", "撤除", origin, state.RETIRED, "note")
            for origin in (state.PLANNED, state.PRINTED, state.INSTALLED, state.DAMAGED)
        ),
    )


MOVES = _moves()
MOVE_WORDS = {move.name: move.words for move in MOVES}
# Of the register and the printers; the others are somebody's who stood there.
BY_NOBODY = frozenset({"plan", "adopt", "print", "withdraw"})


def move_from(state: PlateState | None, name: str) -> Move | None:
    """Return the move of this name from here, or None where it is not legal."""
    return next((each for each in MOVES if each.origin == state and each.name == name), None)


def allowed(state: PlateState) -> tuple[Move, ...]:
    """Return what somebody at the desk or in the street may do, the usual first."""
    return tuple(move for move in MOVES if move.origin is state and move.name not in BY_NOBODY)


class Client(StrEnum):
    """What opened a sign's page: as much as is kept of it."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    BROWSER = "browser"
    BOT = "bot"


CLIENT_WORDS = {
    Client.WECHAT: "微信",
    Client.ALIPAY: "支付宝",
    Client.BROWSER: "浏览器",
    Client.BOT: "程序",
}
_BOTS = (
    *("bot", "spider", "crawl", "slurp", "curl", "wget", "python", "httpclient", "okhttp"),
    *("java/", "go-http", "scrapy", "headless", "preview"),
)


def client_kind(user_agent: str) -> Client:
    """Tell the kind of client by what it says of itself; a hint for counting and for words."""
    said = user_agent.lower()
    if not said or any(word in said for word in _BOTS):
        return Client.BOT
    if "MicroMessenger" in user_agent:
        return Client.WECHAT
    return Client.ALIPAY if "AlipayClient" in user_agent else Client.BROWSER


# -- what people say of plates, what the desk prints, check files --------------------------

LONGEST_REMARK = 200


class Trouble(StrEnum):
    """What is wrong with a plate, as somebody before it sees it."""

    DAMAGED = "damaged"
    COVERED = "covered"
    MOVED = "moved"
    TAMPERED = "tampered"


TROUBLE_WORDS = {
    Trouble.DAMAGED: later("破损、掉色，看不清或扫不出"),
    Trouble.COVERED: later("被树、车或广告挡住"),
    Trouble.MOVED: later("不在牌上写的地方，或者快掉了"),
    Trouble.TAMPERED: later("好像被人换过、贴过"),
}


class PrintState(StrEnum):
    WAITING = "waiting"
    WORKING = "working"
    RELEASED = "released"
    REFUSED = "refused"


PRINT_WORDS = {
    PrintState.WAITING: "排队中",
    PrintState.WORKING: "正在印",
    PrintState.RELEASED: "已核对放出",
    PrintState.REFUSED: "没有印成",
}
MOST_PRINTED = 2500  # plates of one batch at the desk: half a minute of work

# As platforms name them: MP_verify_aBc123.txt, or letters and digits.
CHECK_FILE = re.compile(r"[A-Za-z0-9_-]{4,64}\.txt")
LONGEST_CHECK_FILE = 1024  # bytes; those in use have some forty
MOST_CHECK_FILES = 100


# -- what the figures say ------------------------------------------------------------------

HABIT_DAYS = 28
# Were a sign's scans independent, this many missing ones would happen once in 3,000 by chance;
# scans come in groups and stop with the weather, so days are asked for too.
_MISSED = 8.0
_LEAST_SILENCE = timedelta(days=3)
FAR_M = 300.0  # a phone among high houses is off by a hundred metres
CHECK_AFTER = timedelta(days=180)
INSTALL_WITHIN = timedelta(days=30)
FAR_COUNTS = timedelta(days=90)

# What somebody must see to, and what the desk calls it.
UPKEEP_WORDS = {
    "damaged": "损坏待修",
    "reported": "有人说牌子有问题",
    "uninstalled": "印好一个月还没装",
    "unchecked": "半年没有巡查",
    "silent": "比平时安静",
    "far": "有人在别处扫到",
}

# Unknown codes: mistakes are some in a minute, guessing is hundreds.
BURST_MINUTES = 10
BURST = 300


def is_silent(habit_per_day: float, silence: timedelta) -> bool:
    """Tell whether a sign that used to have so many scans a day is quiet for too long."""
    return silence >= _LEAST_SILENCE and habit_per_day * (silence / timedelta(days=1)) >= _MISSED
