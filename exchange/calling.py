"""HTTP to addresses that others chose: to the public network only, no redirect, all of it limited.

A name is looked up once, and the connection goes to what was found and checked: a name that means
something else a moment later leads nowhere.
"""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

KIB = 1024
_CONNECT_S, _READ_S, _ALL_S = 5.0, 10.0, 20.0
# IPv6 addresses that hold an IPv4 address, which might be a private one.
_NAT64 = IPv6Network("64:ff9b::/96")


class CallFailed(Exception):
    """No answer that can be used; the text says why, for the desk."""


class NotAllowed(CallFailed):
    """The address is none that we call."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    retry_after_s: float | None


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public network."""
    found: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(found, IPv6Address):
        holds_another = found.ipv4_mapped or found.sixtofour or found.teredo or found in _NAT64
        if holds_another:
            return False
    return found.is_global and not found.is_multicast


def check_url(url: str) -> SplitResult:
    """Return the address in its parts; raise NotAllowed for what is none of HTTP."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise NotAllowed("地址写法有误") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable():
        raise NotAllowed("地址应以 http:// 或 https:// 开头")
    if parts.username is not None or parts.password is not None or " " in url or len(url) > 2000:
        raise NotAllowed("地址里不能有用户名、密码或空格")
    return parts


def _looked_up(host: str, port: int, *, may_be_private: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CallFailed("域名查不到") from error
    addresses = [str(each[4][0]) for each in found]
    if not may_be_private and not all(is_public(address) for address in addresses):
        raise NotAllowed("地址不在公网上")
    return addresses[0]


def call(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    limit: int = 64 * KIB,
    may_be_private: bool = False,
) -> Answer:
    """Call an address and return its answer, whatever its status; raise CallFailed."""
    parts = check_url(url)
    host = parts.hostname or ""
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    address = _looked_up(host, port, may_be_private=may_be_private)
    timeout = Timeout(connect=_CONNECT_S, read=_READ_S)
    pool: HTTPConnectionPool
    if is_secure:
        pool = HTTPSConnectionPool(
            address, port, timeout=timeout, server_hostname=host, assert_hostname=host
        )
    else:
        pool = HTTPConnectionPool(address, port, timeout=timeout)
    sent = {"Host": parts.netloc, "User-Agent": "baixing-chengguan", "Accept-Encoding": "identity"}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        response = pool.urlopen(
            method,
            target,
            body=body,
            headers=sent | dict(headers or {}),
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
        )
        with response:
            return Answer(response.status, _read(response, limit), _pause(response))
    except (HTTPError, OSError) as error:
        raise CallFailed(f"没有应答（{type(error).__name__}）") from error
    finally:
        pool.close()


def _read(response: BaseHTTPResponse, limit: int) -> bytes:
    """Read what is answered; raise CallFailed for too much, or too slow a drip."""
    ends, kept = time.monotonic() + _ALL_S, bytearray()
    while chunk := response.read1(16 * KIB):
        kept += chunk
        if len(kept) > limit:
            raise CallFailed("应答太大")
        if time.monotonic() > ends:
            raise CallFailed("应答太慢")
    return bytes(kept)


def _pause(response: BaseHTTPResponse) -> float | None:
    said = response.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdecimal() and len(said) < 6 else None
