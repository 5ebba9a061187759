"""One HTTP exchange with the platform: bounded in time and size, silent about its URL.

The access token must stand in the query; therefore no exception made here carries a URL, not
even as its context, and urllib3's log lines lose it.
"""

import logging
import re
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .answers import Misconfigured, PlatformBusy, PlatformError, lost

_CHUNK = 64 * 1024
_BUSY_STATUSES = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request; `within_s` bounds the whole of its answer, not each read of it."""

    method: str
    endpoint: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    root: str = "cgi-bin"
    url: str | None = field(default=None, repr=False)  # of another host, instead of an endpoint
    within_s: float
    limit: int = 1024 * 1024  # bytes; a menu has a few thousand
    too_long: type[PlatformError] = PlatformBusy


class _Connection(HTTPConnection):
    """A connection whose peer must send its headers within the time for one read.

    A socket's timeout starts anew with each byte; headers that drip would hold us for hours.
    """

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3's own
        # A tenth more, so that plain silence ends as the timeout that it is.
        watch = threading.Timer(1.1 * cast("float", self.timeout), self._hang_up)
        watch.daemon = True
        watch.start()
        try:
            return super().getresponse()
        finally:
            watch.cancel()

    def _hang_up(self) -> None:
        with suppress(OSError, AttributeError):  # closed meanwhile
            self.sock.shutdown(socket.SHUT_RDWR)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Line:
    """The way to the platform's API; threads share it."""

    def __init__(self, base: str, *, connect_timeout_s: float, read_timeout_s: float) -> None:
        self._base = base
        self._timeouts = (connect_timeout_s, read_timeout_s)
        # An adapter without a session around it: threads may share it, and there are no cookies,
        # no redirects (a session reads a redirect's whole body even when it does not follow),
        # no proxies or .netrc from the environment.
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=16)
        self._adapter.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    @property
    def base(self) -> str:
        return self._base

    def exchange(self, ask: Ask) -> bytes:
        """Return the body of the answer, or raise a PlatformError that knows no URL."""
        try:
            return self._exchange(ask)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as broken:
            failure = PlatformBusy(None, broken.__class__.__name__)
            failure.may_have_happened = not _was_never_sent(broken)
        # Raised out here: `broken` knows the URL, and must not become this failure's context.
        raise failure

    def close(self) -> None:
        self._adapter.close()

    def _exchange(self, ask: Ask) -> bytes:
        deadline = time.monotonic() + ask.within_s
        url = ask.url or f"{self._base}/{ask.root}/{ask.endpoint}"
        # Compressed answers would have to be measured twice.
        headers = {"Accept-Encoding": "identity"}
        if ask.body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        request = requests.Request(ask.method, url, headers, params=ask.query, data=ask.body)
        with self._adapter.send(request.prepare(), stream=True, timeout=self._timeouts) as answer:
            _check_head(answer, ask)
            found = bytearray()
            # read1 gives what has arrived; read would wait for all of it, however slow it drips.
            while chunk := answer.raw.read1(min(_CHUNK, ask.limit + 1 - len(found))):
                found += chunk
                if len(found) > ask.limit:
                    raise _too_long(ask)
                if time.monotonic() > deadline:
                    raise lost("too slow")
            return bytes(found)


def _check_head(answer: requests.Response, ask: Ask) -> None:
    status = answer.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _BUSY_STATUSES:
        raise lost(f"HTTP {status}")
    if status != HTTPStatus.OK:
        raise Misconfigured(None, f"HTTP {status}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise lost("compressed unasked")
    if (answer.raw.length_remaining or 0) > ask.limit:
        raise _too_long(ask)


def _too_long(ask: Ask) -> PlatformError:
    failure = ask.too_long(None, f"more than {ask.limit} bytes")
    failure.may_have_happened = True
    return failure


def _was_never_sent(broken: Exception) -> bool:
    reason = getattr(broken.args[0], "reason", None) if broken.args else None
    return isinstance(broken, requests.ConnectTimeout) or isinstance(
        reason, urllib3.exceptions.NewConnectionError
    )


class _Unsaid(logging.Filter):
    """Keep secrets out of urllib3's lines, which quote URLs (at WARNING even)."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = re.sub(
            r"\b((?:access_token|secret|code)=)[^&\s)]+", r"\1…", record.getMessage()
        )
        record.args = None
        return True


for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_Unsaid())
