"""A load of a fixed rate: each request has its moment, and its time counts from that moment on.

So a server that falls behind is not asked less (coordinated omission), and what waits for a free
connection is counted as waiting.
"""

import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class _Line:
    """A connection that stays open, with one request at a time."""

    port: int
    due: float = 0.0
    heard: bytes = b""
    link: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.link = socket.create_connection(("127.0.0.1", self.port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def is_answered(self) -> bool:
        """Read what there is; tell whether it is a whole answer."""
        got = self.link.recv(65536)
        if not got:
            raise ConnectionError
        self.heard += got
        head, marked, body = self.heard.partition(b"\r\n\r\n")
        if not marked:
            return False
        lowered = head.lower()
        length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return False
        assert head.startswith(b"HTTP/1.1 200"), head
        return True


def ask(
    address: str, messages: Iterator[tuple[str, bytes]], *, rate: float, seconds: float, lines: int
) -> list[float]:
    """Return milliseconds from each request's moment to its answer."""
    port = urlsplit(address).port or 80
    free = deque(_Line(port) for _ in range(lines))
    poll = select.epoll()
    taken: list[float] = []
    at_work: dict[int, _Line] = {}
    begun = time.perf_counter()
    count, total = 0, int(rate * seconds)
    while len(taken) < total:
        now = time.perf_counter()
        while free and count < total and begun + count / rate <= now:
            line = free.popleft()
            line.due, line.heard = begun + count / rate, b""
            line.link.sendall(_request(*next(messages)))
            at_work[line.link.fileno()] = line
            poll.register(line.link.fileno(), select.EPOLLIN)
            count += 1
        pause = begun + count / rate - time.perf_counter() if free and count < total else 1.0
        for number, _ in poll.poll(max(pause, 0)):
            line = at_work[number]
            if line.is_answered():
                taken.append((time.perf_counter() - line.due) * 1000)
                poll.unregister(number)
                del at_work[number]
                _rest(line)
                free.append(line)
    for line in free:
        line.link.close()
    return taken


def _rest(line: _Line) -> None:
    """Begin anew with a server that closes after each answer, as gunicorn's plain workers do."""
    if b"connection: close" in line.heard.partition(b"\r\n\r\n")[0].lower():
        line.link.close()
        line.open()


def _request(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
