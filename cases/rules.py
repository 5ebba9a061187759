"""The life of a case: states, legal moves, report numbers. Plain Python.

Terms of GB/T 30428: *file* is 立案, *dispatch* 派遣, *dispose* 处置, *check* 核查 after disposal.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .errors import BadPhone


class Status(StrEnum):
    REPORTED = "reported"
    FILED = "filed"
    DISPATCHED = "dispatched"
    DISPOSED = "disposed"
    CLOSED = "closed"
    REFUSED = "refused"


STATUS_WORDS = {
    Status.REPORTED: "已提交",
    Status.FILED: "已立案",
    Status.DISPATCHED: "处置中",
    Status.DISPOSED: "已处置待核查",
    Status.CLOSED: "已办结",
    Status.REFUSED: "不予受理",
}

SOURCES = ("wechat", "page", "sign", "open311", "patrol", "video", "hotline", "sensor")

OPEN = (Status.REPORTED, Status.FILED, Status.DISPATCHED, Status.DISPOSED)


@dataclass(frozen=True)
class Move:
    """One way a case may go. `needs` names what must come with it: note, photo, body."""

    name: str
    words: str
    origin: Status
    to: Status
    needs: frozenset[str] = frozenset()


def _move(name: str, words: str, origin: Status, to: Status, *needs: str) -> Move:
    return Move(name, words, origin, to, frozenset(needs))


MOVES = {
    move.name: move
    for move in (
        _move("file", "立案", Status.REPORTED, Status.FILED),
        _move("refuse", "不予受理", Status.REPORTED, Status.REFUSED, "note"),
        _move("dispatch", "派遣", Status.FILED, Status.DISPATCHED, "body"),
        _move("dispose", "处置完成", Status.DISPATCHED, Status.DISPOSED, "note", "photo"),
        _move("return", "退回", Status.DISPATCHED, Status.FILED, "note"),
        _move("close", "结案", Status.DISPOSED, Status.CLOSED),
        _move("rework", "返工", Status.DISPOSED, Status.DISPATCHED, "note"),
    )
}

# The first row of every history.
REPORT = "report"
MOVE_WORDS = {REPORT: "上报", **{move.name: move.words for move in MOVES.values()}}


def allowed(status: Status) -> tuple[str, ...]:
    """Return the names of the moves that are legal from here, the usual one first."""
    return tuple(move.name for move in MOVES.values() if move.origin is status)


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
    """Tell whether a report says enough: a place, and a photo or a sentence."""
    return has_place and (bool(text) or any(True for _ in photos))
