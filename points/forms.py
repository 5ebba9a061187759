"""What people type into the pages of this package, made safe to use."""

import re
import uuid
from collections.abc import Mapping
from datetime import date, datetime, time

from kernel import clock
from kernel.errors import Invalid

from .errors import BadKey

BIGGEST_ID = 2**31 - 1  # numbers of items and sites
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONGEST_LINE = 200


class BadDate(Invalid):
    code = "bad_date"
    sentence = "日期写得不对，请像 2026-12-01 这样填写。"


class BadNumber(Invalid):
    code = "bad_number"
    sentence = "请填写整数。"


def whole_number(typed: str, *, most: int = BIGGEST_ID) -> int | None:
    """Return the number from 1 to `most` that was typed, or None."""
    typed = typed.strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 12):
        return None
    number = int(typed)
    return number if 1 <= number <= most else None


def figure(posted: Mapping[str, str], name: str, *, most: int = 1_000_000) -> int:
    """Return a whole number from 0 to `most`; raise BadNumber."""
    typed = posted.get(name, "").strip()
    if typed == "0":
        return 0
    number = whole_number(typed, most=most)
    if number is None:
        raise BadNumber
    return number


def optional_figure(posted: Mapping[str, str], name: str, *, most: int = 1_000_000) -> int | None:
    """Return the number, None where nothing was typed; raise BadNumber."""
    return figure(posted, name, most=most) if posted.get(name, "").strip() else None


def request_key(posted: Mapping[str, str]) -> str:
    """Return the form's own key; raise BadKey for what no page of ours has."""
    try:
        return uuid.UUID(posted.get("request_key", "")).hex
    except ValueError:
        raise BadKey from None


def new_key() -> str:
    return uuid.uuid4().hex


def line(posted: Mapping[str, str], name: str, *, longest: int = _LONGEST_LINE) -> str:
    """Return one line of text, without control characters."""
    return " ".join(tidy(posted.get(name, "")[: 2 * longest]).split())[:longest]


def tidy(typed: str) -> str:
    """Return the text without control characters, with line feeds for line ends."""
    return _CONTROL.sub("", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()


def phone(posted: Mapping[str, str]) -> str | None:
    """Return the digits of a telephone number, however it was spaced; None for nothing."""
    typed = re.sub(r"[\s-]", "", posted.get("phone", ""))
    return typed.removeprefix("+86")[:20] or None


def day(typed: str) -> date | None:
    """Return the day; None for nothing. Raises BadDate."""
    typed = typed.strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise BadDate from None


def begin_of(value: date) -> datetime:
    """Return the instant at which the day begins in the district."""
    return datetime.combine(value, time(), clock.CITY)
