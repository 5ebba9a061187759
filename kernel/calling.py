"""HTTP to addresses that others chose: to the public network only, no redirect, all of it limited.

Such an address is a person's, typed at a desk, and the server that follows it stands inside. So a name
is looked up once, and the connection goes to exactly what was found and checked: a name that means
something else a moment later leads nowhere. It goes straight, through no proxy.
"""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as TooSlow

KIB = 1024
CONNECT_S, READ_S, ALL_S = 5.0, 10.0, 20.0
LONGEST_URL = 2000
_PIECE = 64 * KIB
_PORTS = {"http": 80, "https": 443}
# IPv6 addresses that hold an IPv4 address, which might be a private one.
_NAT64 = IPv6Network("64:ff9b::/96")


class CallFailed(Exception):
    """No answer that can be used; the text says why in Chinese, for the desk."""


class NotAllowed(CallFailed):
    """The address is none that we call."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whatever its status; its headers are found by any case of their names."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def retry_after_s(self) -> float | None:
        said = self.headers.get("Retry-After", "")
        return float(said) if said.isascii() and said.isdecimal() and len(said) < 6 else None


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public network: not this machine's or the house's."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        holds_another = found.ipv4_mapped or found.sixtofour or found.teredo or found in _NAT64
        if holds_another:
            return False
    return found.is_global and not found.is_multicast


def check_url(url: str) -> SplitResult:
    """Return the address in its parts; raise NotAllowed for what is none of HTTP."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed("地址写法有误") from None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise NotAllowed("地址应以 http:// 或 https:// 开头")
    if not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        raise NotAllowed("地址里不能有空格，也不能太长")
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("地址里不能有用户名、密码")
    return parts


def _looked_up(host: str, port: int, *, may_be_private: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CallFailed("域名查不到") from error
    addresses = [str(each[4][0]) for each in found]
    # One that may not be called is enough: a public name has no private address.
    if not may_be_private and not all(map(is_public, addresses)):
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
    """Call an address and return its answer, whatever its status; raise CallFailed.

    At most `limit` bytes, in some twenty seconds; compression is not asked for, and an answer that is
    compressed all the same is handed on as it is.
    """
    parts = check_url(url)
    port = parts.port or _PORTS[parts.scheme]
    address = _looked_up(parts.hostname or "", port, may_be_private=may_be_private)
    ends = time.monotonic() + ALL_S
    sent = {"Host": parts.netloc, "User-Agent": "baixing-chengguan", "Accept-Encoding": "identity"}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _pool(parts, address, port) as pool:
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
                return Answer(response.status, _read(response, limit, ends), response.headers)
    except (HTTPError, OSError) as error:
        raise CallFailed(_words(error)) from error


def _pool(parts: SplitResult, address: str, port: int) -> HTTPConnectionPool:
    timeout = Timeout(connect=CONNECT_S, read=READ_S)
    if parts.scheme == "http":
        return HTTPConnectionPool(address, port, timeout=timeout)
    return HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        cert_reqs="CERT_REQUIRED",
        ca_certs=DEFAULT_CA_BUNDLE_PATH,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
    )


def _read(response: BaseHTTPResponse, limit: int, ends: float) -> bytes:
    """Read what is answered; raise CallFailed for too much, or too slow a drip."""
    kept = bytearray()
    while piece := response.read1(_PIECE, decode_content=False):
        kept += piece
        if len(kept) > limit:
            raise CallFailed("应答太大")
        if time.monotonic() > ends:
            raise CallFailed("应答太慢")
    return bytes(kept)


def _words(error: Exception) -> str:
    if isinstance(error, NewConnectionError):
        return f"连不上（{type(error).__name__}）"
    if isinstance(error, TooSlow):
        return f"没有按时应答（{type(error).__name__}）"
    if isinstance(error, SSLError):
        return f"证书不对（{type(error).__name__}）"
    return f"没有应答（{type(error).__name__}）"
