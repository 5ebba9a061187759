"""What may be said of a facility, and in which words. Plain Python."""

import re
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

from kernel.words import later

LONGEST_NAME = 100
LONGEST_ADDRESS = 200
LONGEST_TEXT = 200  # other words: street, fee, keeper, hours as people write them
LONGEST_NOTE = 500
LONGEST_PHONE = 40
MOST_SPACES = 100_000  # of one car park

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
KIND_CODE = re.compile(r"[a-z][a-z0-9_]{1,31}")
_PHONE = re.compile(r"[0-9+()（）/,，、;； 转#*x-]{3,40}")

# Free spaces older than this are shown as unknown, never as free, unless a setting says otherwise.
SPACES_LIMIT = timedelta(minutes=15)
# A feed's clock may be a little ahead of ours; more than this is no time that has been.
CLOCK_LEEWAY = timedelta(minutes=2)


class Gender(StrEnum):
    """Whom a toilet is for."""

    MALE = "male"
    FEMALE = "female"
    BOTH = "both"  # separate rooms for men and women
    UNISEX = "unisex"  # one room for all


GENDER_WORDS = {
    Gender.MALE: later("男厕"),
    Gender.FEMALE: later("女厕"),
    Gender.BOTH: later("男女分设"),
    Gender.UNISEX: later("无性别"),
}


class Wrong(StrEnum):
    """What a resident says is wrong with an entry."""

    CLOSED = "closed"
    MOVED = "moved"
    HOURS = "hours"
    NOT_THERE = "not_there"
    BROKEN = "broken"
    OTHER = "other"


WRONG_WORDS = {
    Wrong.CLOSED: later("已经关停"),
    Wrong.MOVED: later("搬走了"),
    Wrong.HOURS: later("开放时间不对"),
    Wrong.NOT_THERE: later("现场找不到"),
    Wrong.BROKEN: later("设施损坏"),
    Wrong.OTHER: later("其他错误"),
}


class Settled(StrEnum):
    """What became of a resident's report."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


# Attributes that are yes, no or unknown, in the order in which pages show them.
FLAG_WORDS = {
    "is_free": later("免费"),
    "is_accessible": later("无障碍"),
    "has_family_room": later("第三卫生间"),
    "has_nursing_room": later("母婴室"),
    "has_paper": later("有厕纸"),
    "is_indoor": later("在室内"),
}


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")
# Marks without width or of direction: nobody means them, and a name with one is never found.
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")


def tidy(text: str) -> str:
    """Return the text on one line, without control signs, invisible marks and doubled blanks."""
    # Nearly all cells: a printable text has none of what is taken out below.
    if text.isprintable() and "  " not in text:
        return text.strip()
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return " ".join(_CONTROL.sub(" ", text).split())


# Traditional signs of the words that tables of facilities are made of: enough to know them by.
_SIMPLE = str.maketrans(
    "時點週開門閉館節無業號間營禮陸國終經緯稱類別電話區廁場車費單數編標礙親嬰紙內衛樓廳亭園碼歸屬員機構設備務質狀態",
    "时点周开门闭馆节无业号间营礼六国终经纬称类别电话区厕场车费单数编标碍亲婴纸内卫楼厅亭园码归属员机构设备务质状态",
)


def simplified(text: str) -> str:
    """Return the text in one width, with the Traditional signs that are known here simplified."""
    return unicodedata.normalize("NFKC", text).translate(_SIMPLE)


def is_code(text: str) -> bool:
    """Tell whether a facility may have this code: it stands in addresses of the API."""
    return CODE.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Tell whether the text can be a telephone number, or several."""
    return _PHONE.fullmatch(text) is not None and any(sign.isdigit() for sign in text)


def spaces_now(
    free: int | None, at: datetime | None, *, now: datetime, limit: timedelta = SPACES_LIMIT
) -> int | None:
    """Return the free spaces when they are fresh enough to be told, else None: unknown."""
    if free is None or at is None or now - at > limit:
        return None
    return free


def plain(word: str) -> str:
    """Return the word as it is compared: one width, one case, simplified signs, no blanks."""
    return "".join(simplified(word).casefold().split())


_NAME_NOISE = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")


def are_alike(one: str, other: str) -> bool:
    """Tell whether two names, of places a few metres apart, may well be the same place.

    Numbers decide: 停车场2 and 停车场3 are two. Otherwise one name within the other, or four
    signs of five in common, is enough.
    """
    if _DIGITS.findall(one) != _DIGITS.findall(other):
        return False
    a, b = _bare(one), _bare(other)
    if not a or not b:
        return True
    if a in b or b in a:
        return True
    pairs_a, pairs_b = _pairs(a), _pairs(b)
    common = len(pairs_a & pairs_b)
    return common * 2 >= 0.8 * (len(pairs_a) + len(pairs_b))


def _bare(name: str) -> str:
    return _NAME_NOISE.sub("", unicodedata.normalize("NFKC", name)).casefold()


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)} or {text}
