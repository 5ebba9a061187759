"""What people type on the pages of signs, made safe to use and fit to show again."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from . import rules
from .errors import BrokenForm
from .rules import PlateState

BIGGEST_ID = 2**63 - 1
_LONGEST_SEARCH = 60
_LONGEST_PHONE = 40
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BETWEEN_NUMBERS = re.compile(r"[\s,，、;；]+")
_NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,10})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportForm:
    """A report as somebody filled it in at a sign; `here` is where his phone said it was."""

    text: str
    phone: str
    request_key: str
    here: tuple[float, float] | None


def read_report(posted: Mapping[str, str]) -> ReportForm:
    """Read a report; raise BrokenForm when its hidden field is not ours."""
    return ReportForm(
        text=tidy_text(posted.get("what", ""))[: rules.LONGEST_TEXT * 4],
        phone=tidy_text(posted.get("phone", ""))[:_LONGEST_PHONE],
        request_key=read_key(posted),
        here=read_place(posted.get("lat", ""), posted.get("lng", "")),
    )


def read_key(posted: Mapping[str, str]) -> str:
    """Return the request's key; raise BrokenForm."""
    try:
        return uuid.UUID(posted.get("request_key", "")).hex
    except ValueError as fault:
        raise BrokenForm from fault


def read_place(latitude: str, longitude: str) -> tuple[float, float] | None:
    """Return degrees as typed, or None when they are no place."""
    if not (_NUMBER.fullmatch(latitude) and _NUMBER.fullmatch(longitude)):
        return None
    place = float(latitude), float(longitude)
    return place if abs(place[0]) <= 90 and abs(place[1]) < 180 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedForm:
    """What somebody says that he did to a plate."""

    name: str
    note: str
    site_number: str
    has_new_code: bool
    request_key: str
    seen_version: int


def read_deed(posted: Mapping[str, str]) -> DeedForm:
    """Read a move of a plate; raise BrokenForm."""
    seen_version = whole_number(posted.get("seen_version", ""))
    name = posted.get("move", "")
    if seen_version is None or name not in rules.MOVE_WORDS:
        raise BrokenForm
    return DeedForm(
        name=name,
        note=tidy_text(posted.get("note", "")),
        site_number=tidy_text(posted.get("site_number", "")).upper()[: rules.LONGEST_NUMBER],
        has_new_code=posted.get("new_code") == "1",
        request_key=read_key(posted),
        seen_version=seen_version,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which plates an operator wants to see; what makes no sense in an address is left out."""

    state: PlateState | None
    upkeep: str | None
    search: str | None
    after: str | None


def read_wanted(asked: Mapping[str, str]) -> Wanted:
    """Read a list's address."""
    state = asked.get("state", "")
    upkeep = asked.get("upkeep", "")
    return Wanted(
        state=next((each for each in PlateState if each == state), None),
        upkeep=upkeep if upkeep in rules.UPKEEP_WORDS else None,
        search=" ".join(tidy_text(asked.get("q", "")[:_LONGEST_SEARCH]).split()) or None,
        after=tidy_text(asked.get("after", ""))[:60] or None,
    )


@dataclass(frozen=True, slots=True)
class PrintForm:
    """What somebody wants printed; no numbers: all that waits."""

    layout: str
    numbers: tuple[str, ...]
    again_id: int | None


def read_print(posted: Mapping[str, str]) -> PrintForm:
    """Read what to print; what is no number of a sign stays, so that it can be refused by name."""
    typed = _BETWEEN_NUMBERS.split(tidy_text(posted.get("numbers", "")).upper())
    numbers = dict.fromkeys(each[: rules.LONGEST_NUMBER + 1] for each in typed if each)
    return PrintForm(
        layout=posted.get("layout", "post")[:40],
        numbers=tuple(numbers),
        again_id=whole_number(posted.get("again", "")),
    )


def tidy_text(typed: str) -> str:
    """Return the text without control characters, with line feeds for line ends, not indented."""
    return _CONTROL.sub("", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()


def whole_number(typed: str) -> int | None:
    """Return the number from 1 to BIGGEST_ID that was typed, or None."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= len(str(BIGGEST_ID))):
        return None
    number = int(typed)
    return number if 1 <= number <= BIGGEST_ID else None
