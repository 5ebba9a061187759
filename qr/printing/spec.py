"""What goes into a batch: the plates, and what is the same on all of them."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from .errors import BadAddress, BadSpec

Level = Literal["H", "Q", "M"]

MODULES = 29
# Characters that a code of version 3 holds in byte mode; ISO/IEC 18004, table 7.
CAPACITY: dict[Level, int] = {"H": 24, "Q": 32, "M": 42}
_SIGN_PATH = "/s/"
_CODE_LENGTH = 8
_BATCH = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
_HOTLINE = re.compile(r"[0-9+][0-9 +-]{2,14}")


@dataclass(frozen=True, slots=True)
class Plate:
    """One plate to print: its code, its sign's number (JB-0001), and where it will hang."""

    code: str
    number: str
    place_name: str
    place_hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSpec:
    """What all plates of a batch have in common.

    `layout` is a key of `layouts.LAYOUTS`. `public_url` is the address that is printed, without
    a final slash; a plate's is `<public_url>/s/<code>`. `level` is the error correction: None
    takes the strongest that the address leaves room for. With `with_svg` and `with_png` each
    plate is also written as a file of its own.
    """

    batch: str
    layout: str
    public_url: str
    district_name: str
    hotline: str
    level: Level | None = None
    with_svg: bool = False
    with_png: bool = False

    def __post_init__(self) -> None:
        if not _BATCH.fullmatch(self.batch):
            raise BadSpec(
                "批次号只能用字母、数字、点和短横（最多 40 个），并以字母或数字开头，例如 2026-11-A。"
            )
        if not _HOTLINE.fullmatch(self.hotline):
            raise BadSpec("热线请写成电话号码，例如 12319 或 023-12345678。")


def printed_url(public_url: str, code: str) -> str:
    """Return the address that a plate's code opens."""
    return f"{public_url.rstrip('/')}{_SIGN_PATH}{code}"


def shown_address(public_url: str) -> str:
    """Return the address as people read and type it: without the scheme."""
    return public_url.rstrip("/").partition("://")[2]


def level_for(public_url: str, wanted: Level | None = None) -> Level:
    """Check the address that will be printed and return the error correction that it gets.

    A plate's code always has 29 × 29 modules (version 3), so that its modules are as large as
    its layout says; without a wish the strongest level that still holds the address is taken.
    Raises BadAddress with what to shorten or change.
    """
    _check_form(public_url)
    length = len(printed_url(public_url, "0" * _CODE_LENGTH))
    if wanted is not None:
        if length > CAPACITY[wanted]:
            raise BadAddress(_too_long(public_url, length, _fitting(length), wanted))
        return wanted
    for level in _fitting(length):
        return level
    raise BadAddress(_too_long(public_url, length, (), "M"))


def _fitting(length: int) -> tuple[Level, ...]:
    return tuple(level for level, most in CAPACITY.items() if length <= most)


def _too_long(public_url: str, length: int, fitting: Iterable[Level], wanted: Level) -> str:
    most = CAPACITY[wanted]
    weaker = "".join(f"，或改用 {level} 级纠错" for level in fitting)
    return (
        f"印在码里的网址 {printed_url(public_url, '*' * _CODE_LENGTH)} 有 {length} 个字符，"
        f"{wanted} 级纠错最多 {most} 个，再长码就会太细、远处扫不出："
        f"请把域名缩短 {length - most} 个字符（例如另备一个短域名）{weaker}。"
    )


def _check_form(public_url: str) -> None:
    try:
        parts = urlsplit(public_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadAddress(f"网址 {public_url!a} 写得不对，请核对后再试。") from None
    if not public_url.isascii() or not public_url.isprintable() or " " in public_url:
        raise BadAddress(
            "网址里只能有英文字母、数字和标点；中文域名请写成以 xn-- 开头的形式，或换用英文域名。"
        )
    if not host or parts.query or parts.fragment or parts.username is not None:
        raise BadAddress("网址只能由 https://、域名和可选的路径组成，不能带 ?、# 或账号。")
    if parts.scheme == "http" and _is_this_machine(host):
        return
    if parts.scheme != "https":
        raise BadAddress("牌子要用很多年，印上去的网址必须以 https:// 开头。")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
