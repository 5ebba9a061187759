"""What people type on the residents' own pages, made safe to use and fit to show again."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import cases

from .errors import BrokenForm

LONGEST_PLACE = 60  # characters of a place as somebody writes it
_LONGEST_PHONE = 40
_MOST_SEEN = 20
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,10})?")
_TAP = re.compile(r"[0-9]{1,4}")
_CHOICE = re.compile(r"[0-9A-Za-z_-]{1,40}")


class Step(StrEnum):
    """What the button that was pressed asks for."""

    EDIT = "edit"
    LOOK = "look"
    SEND = "send"


_STEPS = {each.value: each for each in Step}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportForm:
    """A report as far as somebody has come with it."""

    step: Step = Step.LOOK
    request_key: str
    what: str = ""
    place: str = ""
    phone: str = ""
    # Degrees, WGS-84: from the phone or the map, when he pressed for it.
    here: tuple[float, float] | None = None
    # Where he tapped the map, in its units, and how close the map was.
    tap: tuple[int, int] | None = None
    level: int = 0
    # A facility that he said it is at; the class that he chose, or nothing for "you say".
    at: str = ""
    class_code: str = ""
    # Cases that were shown to him as similar; the one he wants to follow instead.
    seen: tuple[str, ...] = ()
    follow: str = ""
    drop_photos: bool = False


def fresh() -> ReportForm:
    """Return an empty form with a key of its own."""
    return ReportForm(request_key=uuid.uuid4().hex)


def read_report(posted: Mapping[str, str]) -> ReportForm:
    """Read a report; raise BrokenForm when its hidden field is not ours."""
    try:
        key = uuid.UUID(posted.get("request_key", "")).hex
    except ValueError as fault:
        raise BrokenForm from fault
    seen = [cases.tidy_report_number(no) for no in posted.get("seen", "")[:600].split(",")]
    return ReportForm(
        step=_STEPS.get(posted.get("step", ""), Step.LOOK),
        request_key=key,
        what=tidy_text(posted.get("what", ""))[: cases.LONGEST_TEXT * 2],
        place=" ".join(tidy_text(posted.get("place", "")).split())[:LONGEST_PLACE],
        phone=tidy_text(posted.get("phone", ""))[:_LONGEST_PHONE],
        here=read_place(posted.get("lat", ""), posted.get("lng", "")),
        tap=_tapped(posted),
        level=read_level(posted.get("level", "")),
        at=_chosen(posted.get("at", "")),
        class_code=_chosen(posted.get("other_class", "") or posted.get("class", "")),
        seen=tuple(no for no in seen if no)[:_MOST_SEEN],
        follow=cases.tidy_report_number(posted.get("follow", "")[:40]) or "",
        drop_photos=posted.get("drop_photos") == "1",
    )


def read_place(latitude: str, longitude: str) -> tuple[float, float] | None:
    """Return degrees as typed, or None when they are no place."""
    if not (_NUMBER.fullmatch(latitude) and _NUMBER.fullmatch(longitude)):
        return None
    place = float(latitude), float(longitude)
    return place if abs(place[0]) <= 90 and abs(place[1]) < 180 else None


def _tapped(posted: Mapping[str, str]) -> tuple[int, int] | None:
    """Return where the map was tapped; its corner is what a keyboard's return key sends."""
    x, y = posted.get("tap.x", ""), posted.get("tap.y", "")
    if not (_TAP.fullmatch(x) and _TAP.fullmatch(y)) or x == y == "0":
        return None
    return int(x), int(y)


def read_level(typed: str) -> int:
    """Return how close the map is, from 0 (the district) to 3 (a street corner)."""
    return int(typed) if typed in ("1", "2", "3") else 0


def _chosen(typed: str) -> str:
    return typed if _CHOICE.fullmatch(typed) else ""


def tidy_text(typed: str) -> str:
    """Return the text without control characters, with line feeds for line ends, not indented."""
    return _CONTROL.sub("", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()
