"""What people type into the pages of this package, made safe to use and fit to show again.

Reading a form never loses what was typed: a fault in it is raised by `note_to_record` or by the
service, while the page still holds the form. Only a page that we did not make is refused here.
"""

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kernel import clock
from kernel.errors import Invalid

from .classes import classes
from .errors import NoteRequired, NoteTooLong
from .figures import INDICATORS
from .lists import Filters
from .rules import LONGEST_NOTE, MOST_PHOTOS, REFUSE_REASONS, SOURCES
from .workflow import MOVES, Status

BIGGEST_ID = 2**63 - 1  # what the database holds
_LONGEST_SEARCH = 100  # characters
_NARROWING = (
    "status",
    "open",
    "q",
    "body",
    "class",
    "source",
    "street",
    "late",
    "urgent",
    "supervised",
    "plea",
    "campaign",
    "since",
    "until",
    "counted",
)
_STREET = re.compile(r"[0-9]{6}[0-9A-Z-]{2,6}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Notes of these moves are written for the resident; the others are between colleagues.
PUBLIC_NOTES = frozenset(
    {"file", "refuse", "dispose", "close", "extend", "suspend", "void", "force_close"}
)


class BrokenForm(Invalid):
    """Hidden fields are missing or spoilt: not a page of ours, or one cut short on the way."""

    code = "broken_form"
    sentence = "页面没有完整打开，请回到案件刷新一下再提交。"


class ReasonRequired(Invalid):
    code = "reason_required"
    sentence = "请选择不予受理的原因。"


class OtherReasonRequired(Invalid):
    code = "other_reason_required"
    sentence = "选了「其他原因」，请写明是什么原因。"


class TooManyPhotos(Invalid):
    code = "too_many_photos"
    sentence = f"一次最多 {MOST_PHOTOS} 张照片，请少选几张。"


class MistypedNumber(Invalid):
    code = "mistyped_number"
    sentence = "编号好像输错了：两个字母，加 13 位数字。请对照微信里的消息再输一次。"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveForm:
    """A move as an operator filled it in; `seen_version` is the case's when the page was made."""

    name: str
    note: str
    reason: str
    body_id: int | None
    request_key: str
    seen_version: int
    class_code: str | None = None
    condition: str | None = None

    def note_to_record(self) -> str | None:
        """Return the note as the history keeps it; raise what is missing or too long."""
        note = self._with_reason() if self.name == "refuse" else self.note
        if not note and "note" in MOVES[self.name].needs:
            raise NoteRequired
        if len(note) > LONGEST_NOTE:
            raise NoteTooLong
        return note or None

    def _with_reason(self) -> str:
        if self.reason not in REFUSE_REASONS:
            raise ReasonRequired
        if self.reason == "other":
            if not self.note:
                raise OtherReasonRequired
            return self.note
        return "\n".join(filter(None, (REFUSE_REASONS[self.reason] + "。", self.note)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases an operator wants to see."""

    filters: Filters
    before_id: int | None
    # What narrows the list, as the address says it, for links that keep it.
    query: Mapping[str, str]

    @property
    def status(self) -> Status | None:
        return self.filters.status

    @property
    def search(self) -> str | None:
        return self.filters.search

    @property
    def is_narrowed(self) -> bool:
        """Tell whether more than a status narrows the list."""
        return bool(set(self.query) - {"status"})


def read_move(posted: Mapping[str, str]) -> MoveForm:
    """Read a posted move; raise BrokenForm when its hidden fields are not ours."""
    name = posted.get("move", "")
    seen_version = whole_number(posted.get("seen_version", ""))
    try:
        request_key = uuid.UUID(posted.get("request_key", "")).hex
    except ValueError as fault:
        raise BrokenForm from fault
    if name not in MOVES or seen_version is None:
        raise BrokenForm
    return MoveForm(
        name=name,
        note=tidy_text(posted.get("note", "")),
        reason=posted.get("reason", ""),
        body_id=whole_number(posted.get("body_id", "")),
        request_key=request_key,
        seen_version=seen_version,
        class_code=posted.get("class_code") or None,
        condition=posted.get("condition") or None,
    )


def read_wanted(asked: Mapping[str, str]) -> Wanted:
    """Read a list's address; whatever makes no sense in it is left out."""
    status = asked.get("status", "")
    search = " ".join(tidy_text(asked.get("q", "")[:_LONGEST_SEARCH]).split())
    key, _, part = asked.get("counted", "").partition(".")
    filters = Filters(
        status=next((each for each in Status if each == status), None),
        is_open=asked.get("open") == "1",
        search=search or None,
        body_id=whole_number(asked.get("body", "")),
        class_code=_one_of(classes(), asked.get("class")),
        source=_one_of(SOURCES, asked.get("source")),
        street_code=street_code(asked.get("street")),
        late=_one_of(("yellow", "red"), asked.get("late")),
        is_urgent=asked.get("urgent") == "1",
        is_supervised=asked.get("supervised") == "1",
        has_plea=asked.get("plea") == "1",
        campaign_id=whole_number(asked.get("campaign", "")),
        since=day_start(asked.get("since", "")),
        until=day_start(asked.get("until", ""), later=1),
        counted=(key, part) if key in INDICATORS and part in {"n", "d"} else None,
    )
    return Wanted(
        filters=filters,
        before_id=whole_number(asked.get("before", "")),
        query={
            name: search if name == "q" else asked[name]
            for name in _NARROWING
            if asked.get(name, "").strip() and (name != "q" or search)
        },
    )


def day_start(typed: str, *, later: int = 0) -> datetime | None:
    """Return the beginning of a day of the city (`later` days on), or None for no day."""
    try:
        day = date.fromisoformat(typed) + timedelta(days=later)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), clock.CITY) if 2000 <= day.year <= 2100 else None


def street_code(asked: str | None) -> str | None:
    """Return what may be the code of a street, or None."""
    return asked if asked and _STREET.fullmatch(asked) else None


def _one_of(known: Collection[str], asked: str | None) -> str | None:
    return asked if asked in known else None


def tidy_text(typed: str) -> str:
    """Return the text without control characters, with line feeds for line ends, not indented."""
    return _CONTROL.sub("", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()


def whole_number(typed: str) -> int | None:
    """Return the number from 1 to BIGGEST_ID that was typed, or None."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= len(str(BIGGEST_ID))):
        return None
    number = int(typed)
    return number if 1 <= number <= BIGGEST_ID else None
