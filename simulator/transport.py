"""One HTTP exchange with the account's server, under one deadline for all of it."""

import http.client
import socket
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

MAX_REPLY = 256 * 1024
# The platform's own, as servers' access logs show it.
_HEADERS = {"User-Agent": "Mozilla/4.0", "Accept": "*/*", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    ms: int


class NoAnswer(Exception):
    """Nothing usable came; `reason`: timeout, refused, broken, too_large."""

    def __init__(self, reason: str, ms: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ms = ms


def exchange(
    method: str, url: str, query: dict[str, str], body: bytes | None, *, deadline_s: float
) -> Answer:
    """Send a request and read the whole reply, or raise NoAnswer when the deadline is over.

    A timeout per read would let a server that drips bytes hold on for ever; here a timer shuts the
    socket, as the platform closes its connection.
    """
    started = time.monotonic()
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=deadline_s)
    is_over = threading.Event()

    def hang_up() -> None:
        is_over.set()
        if connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it was closed a moment before

    def spent_ms() -> int:
        return round((time.monotonic() - started) * 1000)

    timer = threading.Timer(deadline_s, hang_up)
    timer.daemon = True
    timer.start()
    try:
        target = (
            (parts.path or "/")
            + "?"
            + "&".join(part for part in (parts.query, urlencode(query)) if part)
        )
        headers = _HEADERS if body is None else {**_HEADERS, "Content-Type": "text/xml"}
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        data = response.read(MAX_REPLY + 1)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(_reason(error, is_over=is_over.is_set()), spent_ms()) from error
    finally:
        timer.cancel()
        connection.close()
    if is_over.is_set():
        raise NoAnswer("timeout", spent_ms())
    if len(data) > MAX_REPLY:
        raise NoAnswer("too_large", spent_ms())
    return Answer(response.status, data, spent_ms())


def _reason(error: Exception, *, is_over: bool) -> str:
    if is_over or isinstance(error, TimeoutError):
        return "timeout"
    return "refused" if isinstance(error, ConnectionRefusedError) else "broken"
