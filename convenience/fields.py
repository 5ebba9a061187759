"""The words in a file's cells, made values; and what is said of those that cannot be read.

A fault of level ERROR holds the row back; a REMARK is told and the row comes in. What cannot be read
and is not needed becomes unknown, with a remark: nothing is guessed.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from . import hours
from .hours_in_words import Unreadable
from .rules import (
    FLAG_WORDS,
    LONGEST_ADDRESS,
    LONGEST_PHONE,
    LONGEST_TEXT,
    MOST_SPACES,
    Gender,
    is_phone,
    plain,
)

ERROR, REMARK = "error", "remark"
Rest = dict[str, str | int | bool | date | None]
Tell = Callable[[str, str, str], None]  # level, code, sentence


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: `code` for counting, `sentence` for the person."""

    row: int
    level: str
    code: str
    sentence: str


_NOTHING = frozenset(
    {"", "-", "--", "/", "\\", "无", "未知", "不详", "暂无", "unknown", "null", "none", "n/a", "na"}
)
_YES = frozenset({"是", "有", "yes", "true", "1", "y", "t", "√", "对", "具备", "已配", "可以"})
_NO = frozenset(
    {"否", "没有", "无", "no", "false", "0", "n", "f", "×", "x", "不是", "不具备", "未配"}
)
_FREE = {"免费": True, "不收费": True, "free": True, "收费": False, "付费": False, "paid": False}
_GENDERS = {
    "male": Gender.MALE, "男": Gender.MALE, "男厕": Gender.MALE, "仅男": Gender.MALE,
    "female": Gender.FEMALE, "女": Gender.FEMALE, "女厕": Gender.FEMALE, "仅女": Gender.FEMALE,
    "both": Gender.BOTH, "男女": Gender.BOTH, "男/女": Gender.BOTH, "男女分设": Gender.BOTH, "男、女": Gender.BOTH,
    "unisex": Gender.UNISEX, "男女共用": Gender.UNISEX, "无性别": Gender.UNISEX, "男女通用": Gender.UNISEX,
}  # fmt: skip


def _words(longest: int) -> Callable[[str, str, Rest, Tell], None]:
    def convert(name: str, text: str, rest: Rest, tell: Tell) -> None:
        if len(text) > longest:
            tell(REMARK, "long", f"{_LABELS[name]}超过 {longest} 个字，只留下前面的")
        rest[name] = text[:longest].strip() or None

    return convert


def _flag(name: str, text: str, rest: Rest, tell: Tell) -> None:
    rest[name] = _yes_or_no(text, is_price=name == "is_free")
    if rest[name] is None and text.casefold() not in _NOTHING:
        tell(REMARK, "flag", f"{_LABELS[name]}「{text[:40]}」看不懂，按不详处理")


@lru_cache(maxsize=4096)
def _yes_or_no(text: str, *, is_price: bool) -> bool | None:
    word = plain(text)
    if is_price and word in _FREE:
        return _FREE[word]
    if word in _YES:
        return True
    return False if word in _NO else None


def _gender(name: str, text: str, rest: Rest, tell: Tell) -> None:
    word = plain(text)
    rest[name] = _GENDERS.get(word)
    if rest[name] is None and word not in _NOTHING:
        tell(REMARK, "gender", f"男厕/女厕「{text[:40]}」看不懂，按不详处理")


def gender_of(said: Mapping[str, str]) -> str | None:
    """Return whom a toilet is for, of separate columns for men, women and all."""
    male, female, unisex = (
        _yes_or_no(said.get(name, ""), is_price=False) for name in ("male", "female", "unisex")
    )
    if unisex:
        return Gender.UNISEX
    if male and female:
        return Gender.BOTH
    if male:
        return Gender.MALE
    return Gender.FEMALE if female else None


def _hours(_: str, text: str, rest: Rest, tell: Tell) -> None:
    rest["hours"], rest["hours_fault"] = _read_hours(text)
    if rest["hours_fault"]:
        tell(REMARK, "hours", f"开放时间「{text[:60]}」看不懂，原文照存，待人工核对")


@lru_cache(maxsize=65536)
def _read_hours(text: str) -> tuple[str | None, str | None]:
    if text.casefold() in _NOTHING:
        return None, None
    try:
        return hours.read(text), None
    except Unreadable:
        return None, text[:LONGEST_TEXT].strip()


def _phone(name: str, text: str, rest: Rest, tell: Tell) -> None:
    text = unicodedata.normalize("NFKC", text)
    is_usable = len(text) <= LONGEST_PHONE and is_phone(text)
    rest[name] = text if is_usable else None
    if not is_usable and text.casefold() not in _NOTHING:
        tell(REMARK, "phone", f"电话「{text[:40]}」不像电话号码，没有采用")


_COUNT = re.compile(r"(\d{1,7})(?:\.0+)?\s*(?:个|位|辆|车位|泊位)?")


def _capacity(name: str, text: str, rest: Rest, tell: Tell) -> None:
    found = _COUNT.fullmatch(text)
    number = int(found.group(1)) if found else None
    rest[name] = number if number is not None and number <= MOST_SPACES else None
    if rest[name] is None and text.casefold() not in _NOTHING:
        tell(REMARK, "capacity", f"容量「{text[:40]}」不是合理的数字，按不详处理")


_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[ T].*)?")


def _day(name: str, text: str, rest: Rest, tell: Tell) -> None:
    rest[name] = None
    if text.casefold() in _NOTHING:
        return
    found = _DAY.fullmatch(text)
    try:
        year, month, day = (int(part) for part in found.groups() if part) if found else (0, 0, 0)
        rest[name] = date(year, month, day)
    except ValueError:
        tell(REMARK, "day", f"日期「{text[:40]}」看不懂，没有采用")


_LABELS = {
    "street": "街道",
    "address": "地址",
    "fee": "收费说明",
    "keeper": "管理单位",
    **FLAG_WORDS,
}
CONVERTERS: dict[str, Callable[[str, str, Rest, Tell], None]] = {
    "street": _words(LONGEST_TEXT),
    "address": _words(LONGEST_ADDRESS),
    "fee": _words(LONGEST_TEXT),
    "keeper": _words(LONGEST_TEXT),
    "hours": _hours,
    **dict.fromkeys(FLAG_WORDS, _flag),
    "gender": _gender,
    "phone": _phone,
    "capacity": _capacity,
    "verified_on": _day,
}
