"""Fetches a feed over HTTP: JSON, no more than was asked for, and not again what did not change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from kernel import calling

from .errors import BadFeed, ForbiddenAddress

LARGEST = 4 * 1024 * 1024  # bytes: twenty thousand car parks in wordy JSON
_LONGEST_MARK = 300  # characters of an ETag that are kept


class FetchFailed(BadFeed):
    """The feed was not there, or not as it should be; the sentence says how, to an operator."""

    code = "fetch_failed"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer; `document` is None when nothing has changed since the marks that were sent."""

    document: object | None
    etag: str | None
    last_modified: str | None
    told_at: datetime | None  # when its maker says that it is from


def check(url: str) -> None:
    """Raise ForbiddenAddress for an address that is not plainly http or https."""
    try:
        calling.check_url(url)
    except calling.NotAllowed as refusal:
        raise ForbiddenAddress(f"这个地址不能取：{refusal}。") from refusal


def fetch(
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    is_private_allowed: bool = False,
) -> Fetched:
    """Fetch JSON; raise ForbiddenAddress, FetchFailed. Marks of the last answer save the next one."""
    headers = {"Accept": "application/json"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    try:
        answer = calling.call(
            "GET", url, headers=headers, limit=LARGEST, may_be_private=is_private_allowed
        )
    except calling.NotAllowed as refusal:
        raise ForbiddenAddress(f"这个地址不能取：{refusal}。") from refusal
    except calling.CallFailed as fault:
        raise FetchFailed(f"没有取到：{fault}。") from fault
    return _understood(answer)


def _understood(answer: calling.Answer) -> Fetched:
    headers = answer.headers
    etag, last_modified = _mark(headers, "ETag"), _mark(headers, "Last-Modified")
    if answer.status == 304:
        return Fetched(None, etag, last_modified, None)
    if 300 <= answer.status < 400:
        raise FetchFailed("对方把地址换了，请问清新的地址再改。")
    if answer.status != 200:
        raise FetchFailed(f"对方答复 {answer.status}，没有数据。")
    if headers.get("Content-Encoding", "identity") != "identity":
        raise FetchFailed("对方发来压缩过的数据，我们没有要压缩。")
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError) as fault:
        raise FetchFailed("对方发来的不是 JSON。") from fault
    if document is None:
        raise FetchFailed("对方发来的是空的。")
    return Fetched(document, etag, last_modified, _when(last_modified or headers.get("Date")))


def _mark(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name, "")
    # It is sent back as it is: what is no plain line is not.
    return value if 0 < len(value) <= _LONGEST_MARK and value.isprintable() else None


def _when(text: str | None) -> datetime | None:
    try:
        read = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
