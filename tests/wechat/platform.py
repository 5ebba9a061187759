"""A small platform on 127.0.0.1 for the client's tests: answers as told, remembers what it was asked."""

import itertools
import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def endpoint(self) -> str:
        return self.path.removeprefix("/cgi-bin/")

    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body.decode("utf-8"))
        return read


# What goes over the wire, piece by piece: a whole HTTP answer, or less than that.
Wire = Iterable[bytes]
Answer = Callable[[Asked], Wire]


def http(
    body: bytes,
    *,
    status: int = 200,
    content_type: str = "text/plain",
    length: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> list[bytes]:
    lines = {
        "Content-Type": content_type,
        "Content-Length": str(len(body) if length is None else length),
        "Connection": "close",
        **(headers or {}),
    }
    head = f"HTTP/1.1 {status} As told\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
    return [head.encode() + b"\r\n", body]


def head(*lines: str) -> bytes:
    """Begin an answer whose framing is the test's own; the last line is an empty one."""
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "")).encode()


def js(**answer: object) -> list[bytes]:
    """Answer as the platform does: JSON, and the wrong content type."""
    return http(json.dumps(answer, ensure_ascii=False).encode("utf-8"))


def error(errcode: int, errmsg: str = "as told rid: 67a1b2c3-0d4e5f60-12345678") -> list[bytes]:
    return js(errcode=errcode, errmsg=errmsg)


OK = js(errcode=0, errmsg="ok")


class Platform:
    """Gives tokens, checks them, and answers each endpoint with `answers[endpoint]`, or "ok"."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[str, Answer] = {}
        self.token = ""
        self.token_takes_s = 0.0
        self.sent_bytes = 0
        self.is_over = threading.Event()  # ends every answer that waits
        self._counter = itertools.count(1)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # waits for the answers' threads

    def always(self, endpoint: str, wire: Wire) -> None:
        self.answers[endpoint] = lambda _: wire

    def calls(self, endpoint: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.endpoint == endpoint]

    def revoke(self) -> None:
        self.token = ""

    def drip(self, piece: bytes, *, every_s: float = 0.02) -> Iterator[bytes]:
        """Send the piece again and again, until the test is over."""
        while not self.is_over.wait(every_s):
            yield piece

    def silence(self) -> Iterator[bytes]:
        """Send nothing until the test is over."""
        self.is_over.wait()
        yield b""

    def answer(self, asked: Asked) -> Wire:
        with self._lock:
            self.asked.append(asked)
        if asked.endpoint in self.answers:
            return self.answers[asked.endpoint](asked)
        if asked.endpoint == "stable_token":
            return self.give_token()
        return self.checked(asked, OK)

    def give_token(self) -> Wire:
        """Answer as stable_token does: the same token while it is valid."""
        self.is_over.wait(self.token_takes_s)
        with self._lock:
            self.token = self.token or f"{next(self._counter)}_ACCESS-TOKEN"
            return js(access_token=self.token, expires_in=7200)

    def checked(self, asked: Asked, wire: Wire) -> Wire:
        """Answer so if the access token is the valid one."""
        if asked.query.get("access_token") == self.token != "":
            return wire
        return error(40001, "invalid credential, access_token is invalid or not latest")


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # calls at once; one that finds no room would come a second later


def _handler(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = Asked(
                method=self.command,
                path=address.path,
                query=dict(parse_qsl(address.query)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(int(self.headers.get("Content-Length", "0"))),
            )
            self.close_connection = True
            try:
                for piece in platform.answer(asked):
                    self.wfile.write(piece)
                    self.wfile.flush()
                    platform.sent_bytes += len(piece)
            except ConnectionError:
                pass  # the client had enough

        do_POST = do_GET  # noqa: N815  # http.server's way to name it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            pass

    return Handler
