"""What the platform answers: a value, or a failure sorted by what to do about it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlsplit

from .tokens import Fetched, lifetime

Json = dict[str, Any]

_DAY_IS_USED_UP = 45009


class PlatformError(Exception):
    """The platform did not do what it was asked.

    `errcode` is the platform's, or None where it gave none; `rid` is what its support asks for.
    `may_have_happened` tells that the request was sent and its answer was lost: repeating a
    message may show it twice.
    """

    # Trying again soon may help, and nobody has to do anything before.
    is_retryable: ClassVar[bool] = False

    def __init__(self, errcode: int | None, errmsg: str = "", rid: str = "") -> None:
        super().__init__(errcode, errmsg, rid)
        self.errcode = errcode
        self.errmsg = errmsg
        self.rid = rid
        self.may_have_happened = False

    def __str__(self) -> str:
        parts = ("" if self.errcode is None else str(self.errcode), self.errmsg)
        return " ".join(part for part in parts if part) or self.__class__.__name__


class PlatformBusy(PlatformError):
    """Overloaded, unreachable, too slow or incoherent."""

    is_retryable = True


class TokenRefused(PlatformError):
    """Our access token was declined, and so was the one fetched in its place."""

    is_retryable = True


class QuotaReached(PlatformError):
    """Enough for this minute (45011) or, with `is_daily`, until midnight in the district (45009)."""

    is_retryable = True

    @property
    def is_daily(self) -> bool:
        return self.errcode == _DAY_IS_USED_UP


class WindowClosed(PlatformError):
    """The person has not written lately, or got all the messages that this entitles us to."""


class ConsentSpent(PlatformError):
    """The person agreed to no more subscription notices of this template."""


class TemplateRefused(PlatformError):
    """The template is not ours, or does not take these values: nobody is sent it until it is mended."""


class NotAFollower(PlatformError):
    """No such person, or one who has left the account: stop writing to them."""


class CodeRefused(PlatformError):
    """The code that a browser brought is unknown, used or too old: the way in begins anew."""


class MediaGone(PlatformError):
    """The platform keeps the file no longer (3 days) or never had it."""


class MediaUnsupported(MediaGone):
    """A video whose address is not one that we fetch from."""


class MediaTooLarge(PlatformError):
    """The file is larger than the caller's limit; the rest was not read."""


class Misconfigured(PlatformError):
    """Our account or its settings are at fault, and every call will fail until somebody mends them.

    Nothing is wrong with the message or the picture at hand: keep it.
    """


_BY_CODE: dict[int, type[PlatformError]] = {
    code: kind
    for kind, codes in (
        (PlatformBusy, (-1,)),
        (TokenRefused, (40001, 40014, 42001)),
        (WindowClosed, (45015, 45047)),
        (NotAFollower, (40003, 43004)),
        (MediaGone, (40007,)),
        (ConsentSpent, (43101, 43107)),
        (TemplateRefused, (40037, 47003)),
        (CodeRefused, (40029, 40163, 41008, 42003)),
        (QuotaReached, (_DAY_IS_USED_UP, 45011)),
        # Grant type, AppID, AppSecret wrong or frozen; caller's address not on the
        # list; parameters missing; interface not granted; account limited.
        (Misconfigured, (40002, 40013, 40125, 40164, 40243, 41001, 41002, 41004)),
        (Misconfigured, (48001, 50002, 61004, 89503, 89506, 89507)),
    )
    for code in codes
}
# Where a token is asked for, "invalid credential" speaks of the AppSecret.
_BY_CODE_FOR_TOKENS = _BY_CODE | {40001: Misconfigured}


def lost(why: str) -> PlatformBusy:
    """Make the failure of a request that was sent and whose answer cannot be had."""
    failure = PlatformBusy(None, why)
    failure.may_have_happened = True
    return failure


def _parse(body: bytes) -> Json | None:
    try:
        found = json.loads(body.decode("utf-8"), strict=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def as_answer(
    body: bytes,
    *,
    unsaid: str,
    kinds: Mapping[int, type[PlatformError]] = _BY_CODE,
    must_confirm: bool = False,
) -> Json:
    """Read an answer in JSON; `unsaid` is a secret that its error text might repeat."""
    answer = _parse(body)
    if answer is None:
        raise lost("not JSON")
    written = str(answer.get("errcode", None if must_confirm else 0))
    if not re.fullmatch(r"-?\d{1,9}", written):
        raise lost("odd errcode")
    code = int(written)
    if code == 0:
        return answer
    errmsg = " ".join(str(answer.get("errmsg", "")).replace(unsaid, "…").split())[:200]
    rid = re.search(r"rid: ?([0-9A-Za-z-]{1,64})", errmsg)
    raise kinds.get(code, PlatformError)(code, errmsg, rid[1] if rid else "")


def as_token(body: bytes, *, unsaid: str) -> Fetched:
    answer = as_answer(body, unsaid=unsaid, kinds=_BY_CODE_FOR_TOKENS)
    return _fetched(answer, "access_token")


def as_ticket(body: bytes, *, unsaid: str) -> Fetched:
    return _fetched(as_answer(body, unsaid=unsaid), "ticket")


def _fetched(answer: Json, name: str) -> Fetched:
    value = answer.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]{1,1024}", value):
        raise lost(f"no {name} in the answer")
    return Fetched(value, lifetime(answer.get("expires_in")))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose browser it is. A snapshot's openid is made up by the platform: nobody to remember."""

    openid: str
    is_snapshot: bool


def as_visitor(body: bytes, *, unsaid: str) -> Visitor:
    answer = as_answer(body, unsaid=unsaid, kinds=_BY_CODE_FOR_TOKENS)
    openid = answer.get("openid")
    if not isinstance(openid, str) or not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", openid):
        raise lost("no openid in the answer")
    return Visitor(openid, str(answer.get("is_snapshotuser", 0)) == "1")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a video is to be had: the platform gives an address instead of the file."""

    url: str = field(repr=False)


# The platform's own hosts for media; an answer that names another is not followed.
_MEDIA_HOST = re.compile(r"([a-z0-9-]+\.)+(qq\.com|qpic\.cn)")


def as_file(body: bytes, *, unsaid: str, base: str) -> bytes | Elsewhere:
    """Read a file, or the address of one: at the platform's media hosts, or where `base` is."""
    # No picture begins like JSON or HTML; the answer's content type is not to be relied on.
    if body and not body.lstrip().startswith((b"{", b"<")):
        return body
    answer = as_answer(body, unsaid=unsaid)
    if "video_url" not in answer:
        raise lost("neither a file nor an error")
    url = answer["video_url"]
    if not isinstance(url, str) or not _is_fetched_from(url, base):
        raise MediaUnsupported(None, "a video at a strange address")
    return Elsewhere(url)


def _is_fetched_from(url: str, base: str) -> bool:
    try:
        given, ours = urlsplit(url), urlsplit(base)
        port = given.port
    except ValueError:
        return False
    if not url.isprintable() or " " in url or "@" in given.netloc:
        return False
    if (given.scheme, given.netloc) == (ours.scheme, ours.netloc):
        return True
    is_known = bool(_MEDIA_HOST.fullmatch(given.hostname or ""))
    return is_known and given.scheme in ("http", "https") and port in (None, 80, 443)
