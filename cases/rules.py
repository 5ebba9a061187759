"""Report numbers, sources, and what a report must hold. Plain Python; moves: `workflow.py`."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from .errors import BadPhone
from .workflow import (
    LEGAL,
    MOVE_WORDS,
    MOVES,
    OPEN,
    REPORT,
    STATUS_WORDS,
    STEPS,
    Move,
    Status,
    allowed,
)

__all__ = [
    "LEGAL",
    "MOVES",
    "MOVE_WORDS",
    "OPEN",
    "REPORT",
    "STATUS_WORDS",
    "STEPS",
    "Move",
    "Status",
    "allowed",
    "damm_check_digit",
    "is_complete",
    "report_number",
    "tidy_phone",
    "tidy_report_number",
]

SOURCES = ("wechat", "page", "sign", "open311", "patrol", "video", "hotline", "sensor")

# Why a report is turned away, as the resident reads it (the list of a city's 12345 line).
REFUSE_REASONS = {
    "elsewhere": "不归本区城市管理部门办，请拨打 12345",
    "emergency": "属于紧急警情，请直接拨打 110、119 或 120",
    "unclear": "照片和文字看不清是什么问题，请补充后重新上报",
    "not_found": "到现场没有看到所说的问题",
    "repeated": "同一个问题已经在办理",
    "in_procedure": "已进入信访、复议、仲裁或诉讼程序",
    "unlawful": "内容违法、辱骂或与城市管理无关",
    "other": "其他原因",
}
OTHER_REASON = "other"

LONGEST_TEXT = 2000
LONGEST_NOTE = 500
LONGEST_LABEL = 200
LONGEST_PHONE = 32
MOST_PHOTOS = 9

# A Damm quasigroup of order 10 (H. M. Damm, 2004): finds every single wrong digit and every
# swap of two neighbours.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def damm_check_digit(digits: str) -> str:
    """Return the digit that makes `digits` plus it a valid Damm number."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def report_number(prefix: str, day: date, random: int) -> str:
    """Make a report number such as JB261122-4839207.

    Prefix of the district, day of the report, six random digits and a check digit over all
    digits: short enough to read out on the telephone, and a slip of the pen is noticed.
    """
    digits = f"{day:%y%m%d}{random:06d}"
    return f"{prefix}{digits[:6]}-{digits[6:]}{damm_check_digit(digits)}"


_NUMBER = re.compile(r"([A-Z]{2})([0-9]{6})([0-9]{7})")
_NOT_OF_A_NUMBER = re.compile(r"[^A-Z0-9]")


def tidy_report_number(typed: str) -> str | None:
    """Return the number in its one form, or None when what was typed cannot be one.

    Small or full-width letters, whatever dash a keyboard makes, and what copying out of a chat
    brings along do no harm.
    """
    wide_as_narrow = unicodedata.normalize("NFKC", typed).upper()
    found = _NUMBER.fullmatch(_NOT_OF_A_NUMBER.sub("", wide_as_narrow))
    if found is None:
        return None
    prefix, day, rest = found.groups()
    if damm_check_digit(day + rest[:-1]) != rest[-1]:
        return None
    return f"{prefix}{day}-{rest}"


_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{1,30}[0-9]")


def tidy_phone(typed: str | None) -> str | None:
    """Return a telephone number in narrow characters, None for nothing; raise BadPhone."""
    number = unicodedata.normalize("NFKC", typed or "").strip()
    if not number:
        return None
    if not _PHONE.fullmatch(number):
        raise BadPhone
    return number


def is_complete(*, text: str | None, photos: Iterable[object], has_place: bool) -> bool:
    """Tell whether a report says enough: a place, and a photo, a recording or a sentence."""
    return has_place and (bool(text) or any(True for _ in photos))
