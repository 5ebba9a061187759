"""What people type into the pages of this package, made safe to use and fit to show again.

Reading a form never loses what was typed: a fault in it is raised by `note_to_record` or by the
service, while the page still holds the form. Only a page that we did not make is refused here.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from kernel.errors import Invalid

from .errors import NoteRequired, NoteTooLong
from .rules import LONGEST_NOTE, MOST_PHOTOS, MOVES, Status

BIGGEST_ID = 2**63 - 1  # what the database holds
_LONGEST_SEARCH = 100  # characters
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

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

# Notes of these moves are written for the resident; the others are between colleagues.
PUBLIC_NOTES = frozenset({"file", "refuse", "dispose", "close"})


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

    status: Status | None
    search: str | None
    before_id: int | None


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
    )


def read_wanted(asked: Mapping[str, str]) -> Wanted:
    """Read a list's address; whatever makes no sense in it is left out."""
    status = asked.get("status", "")
    search = " ".join(tidy_text(asked.get("q", "")[:_LONGEST_SEARCH]).split())
    return Wanted(
        status=next((each for each in Status if each == status), None),
        search=search or None,
        before_id=whole_number(asked.get("before", "")),
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
