"""Fetches a feed over HTTP: little, soon, and from nowhere that an operator must not reach.

The address is a person's, typed at the desk, and the server that follows it stands inside: so its
name is looked up once, an address that is not the public's is refused, and exactly the address that
was looked at is called (a name that answers differently the second time gains nothing). Redirects are
not followed, compression is not asked for, and what takes too long or is too large is broken off.
"""

import ipaddress
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from .errors import BadFeed, ForbiddenAddress

LARGEST = 4 * 1024 * 1024  # bytes: twenty thousand car parks in wordy JSON
TIMEOUT_S = 10.0  # for the whole of it
_CONNECT_S = 4.0
_PIECE = 64 * 1024
_LONGEST_MARK = 300  # characters of an ETag that are kept
_PORTS = {"http": 80, "https": 443}


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


def split(url: str) -> SplitResult:
    """Take an address apart; raise ForbiddenAddress for one that is not plainly http or https."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise ForbiddenAddress from fault
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in _PORTS or not parts.hostname or not is_plain or port == 0:
        raise ForbiddenAddress
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddress("地址里不要写用户名和密码。")
    return parts


def fetch(
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    is_private_allowed: bool = False,
    timeout_s: float = TIMEOUT_S,
) -> Fetched:
    """Fetch JSON; raise ForbiddenAddress, FetchFailed. Marks of the last answer save the next one."""
    parts = split(url)
    deadline = time.monotonic() + timeout_s
    address = _address(parts, is_private_allowed=is_private_allowed)
    headers = {
        "Host": parts.netloc,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "baixing-chengguan",
    }
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    path = urlsplit(url)._replace(scheme="", netloc="", fragment="").geturl() or "/"
    with _pool(parts, address, timeout_s) as pool:
        try:
            answer = pool.request(
                "GET",
                path if path.startswith("/") else f"/{path}",
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            with answer:
                return _read(answer, deadline)
        except urllib3.exceptions.HTTPError as fault:
            raise FetchFailed(_words(fault)) from fault


def _address(parts: SplitResult, *, is_private_allowed: bool) -> str:
    """Look the name up and return the first address that may be called."""
    try:
        found = socket.getaddrinfo(
            parts.hostname, parts.port or _PORTS[parts.scheme], type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as fault:
        raise FetchFailed("找不到这个网址的主机，请核对地址。") from fault
    addresses = [str(entry[4][0]) for entry in found]
    # One that may not be called is enough: a public name has no private address.
    if not addresses or not (is_private_allowed or all(map(is_public, addresses))):
        raise ForbiddenAddress
    return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an address is the public internet's: not this machine's, the house's, a cloud's."""
    found = ipaddress.ip_address(address.partition("%")[0])
    # An IPv4 address may be dressed as one of IPv6.
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if inner or found in _TRANSLATED:
            return bool(inner) and is_public(str(inner))
    return found.is_global and not found.is_multicast


_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def _pool(parts: SplitResult, address: str, timeout_s: float) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=min(_CONNECT_S, timeout_s), read=timeout_s)
    port = parts.port or _PORTS[parts.scheme]
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        cert_reqs="CERT_REQUIRED",
        ca_certs=DEFAULT_CA_BUNDLE_PATH,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
    )


def _read(answer: urllib3.BaseHTTPResponse, deadline: float) -> Fetched:
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
        document = json.loads(_body(answer, deadline))
    except (ValueError, RecursionError) as fault:
        raise FetchFailed("对方发来的不是 JSON。") from fault
    if document is None:
        raise FetchFailed("对方发来的是空的。")
    return Fetched(document, etag, last_modified, _when(last_modified or headers.get("Date")))


def _body(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    pieces, size = [], 0
    while piece := answer.read1(_PIECE):
        size += len(piece)
        if size > LARGEST:
            raise FetchFailed("对方的数据超过 4 MB，没有取完。")
        if time.monotonic() > deadline:
            raise FetchFailed("对方太慢，没有取完。")
        pieces.append(piece)
    return b"".join(pieces)


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


def _words(fault: Exception) -> str:
    if isinstance(fault, urllib3.exceptions.NewConnectionError):
        return "连不上对方，请核对地址。"
    if isinstance(fault, urllib3.exceptions.TimeoutError):
        return "对方没有按时答复。"
    if isinstance(fault, urllib3.exceptions.SSLError):
        return "对方的证书不对，没有取。"
    return "对方中途断开了。"
