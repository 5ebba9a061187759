"""Words that other systems use, and ours. Plain Python."""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from .errors import Malformed


class Scope(StrEnum):
    """What a key opens.

    Without one: services, and the bare course of requests.
    """

    REPORT = "report"  # hand in requests, and read and update one's own
    READ = "read"  # all requests with their places
    DETAILS = "details"  # their words, notes and photos, too: these may speak of persons
    UPDATE = "update"  # say something about requests


SCOPE_WORDS = {
    Scope.REPORT: "上报，并跟踪自己的上报",
    Scope.READ: "查询全部案件和位置",
    Scope.DETAILS: "查看文字、说明和照片（可能涉及个人信息）",
    Scope.UPDATE: "补充案件进展",
}

# What a key's requests count as; the others of `cases` have doors of their own.
SOURCES = ("open311", "patrol", "video", "sensor", "hotline")
SOURCE_WORDS = {
    "open311": "外部应用",
    "patrol": "巡查",
    "video": "视频",
    "sensor": "传感器",
    "hotline": "热线",
}

PER_MINUTE = 120  # requests of one key, unless another number was given to it
PER_MINUTE_WITHOUT_KEY = 30  # of one address

LONGEST_SPAN = timedelta(days=90)  # of a list, as the specification has it
MOST_ROWS = 1000
DEEPEST_ROW = 10_000  # pages end here: the span is to be made shorter
LARGEST_RADIUS_M = 10_000.0
LONGEST_DESCRIPTION = 4000  # the specification's
MOST_NAMED = 100  # numbers in one question

# Our statuses in the two words of GeoReport v2 …
ENDED = frozenset({"closed", "force_closed", "refused", "voided", "merged"})
# … and in the finer ones that clients of service_request_updates know.
_UPDATE_WORDS = {
    "reported": "open",
    "accepted": "investigating",
    "verifying": "investigating",
    "filed": "action_scheduled",
    "dispatched": "in_progress",
    "suspended": "action_scheduled",
    "handled": "in_progress",
    "disposed": "in_progress",
    "checked": "in_progress",
    "closed": "closed",
    "force_closed": "no_further_action",
    "refused": "no_further_action",
    "voided": "no_further_action",
    "merged": "duplicate",
}


def is_open(status: str) -> bool:
    """Tell whether GeoReport calls our status open."""
    return status not in ENDED


def update_word(status: str, refuse_reason: str | None) -> str:
    """Return the finer word for one of our statuses."""
    if status == "refused" and refuse_reason == "elsewhere":
        return "not_councils_responsibility"
    return _UPDATE_WORDS[status]


def written(at: datetime) -> str:
    """Write an instant as clients compare it: whole seconds, in UTC, with its zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_instant(name: str, given: str) -> datetime:
    """Read a W3C date and time with its zone; raise Malformed."""
    # In a query an unescaped plus arrives as a blank.
    said = re.sub(r" (\d\d:?\d\d)$", r"+\1", given.strip())
    try:
        read = datetime.fromisoformat(said)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or not 1970 < read.year < 9000:
        raise Malformed(f"{name} 应是带时区的时间，例如 2026-11-22T08:00:00Z。")
    return read.astimezone(UTC)


def span(
    first: datetime | None, last: datetime | None, now: datetime, names: tuple[str, str]
) -> tuple[datetime, datetime]:
    """Return the span that is meant, half open: 90 days where an end is left open; raise Malformed.

    The last second is meant whole: what happened in it is told with it (`written`).
    """
    if last is None:
        last = now if first is None else max(first, min(first + LONGEST_SPAN, now))
    first = first if first is not None else last - LONGEST_SPAN
    if last < first or last - first > LONGEST_SPAN:
        raise Malformed(f"{names[0]} 和 {names[1]} 之间最多 90 天。")
    return first, last.replace(microsecond=0) + timedelta(seconds=1)


def fingerprint(parts: Iterable[object]) -> bytes:
    """Return what two sendings of the same content have in common."""
    said = "\0".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(said.encode("utf-8", "replace")).digest()


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Return the text without what no XML document may hold."""
    return _NOT_XML.sub("", text)
