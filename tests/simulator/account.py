"""An account's server for the pusher to talk to: answers as told, remembers what came."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from simulator.crypto import MessageCipher, sign
from simulator.xmltext import Fields, Node, read, write

APP_ID = "wxba5fad812f8e6fb9"
APP_SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "tests-token"
AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
TEMPLATE_ID = "progress-template"
CIPHER = MessageCipher(token=TOKEN, aes_key=AES_KEY, app_id=APP_ID)


@dataclass(frozen=True, slots=True)
class Received:
    method: str
    query: dict[str, list[str]]
    body: bytes
    at: float

    def parameter(self, name: str) -> str:
        (value,) = self.query[name]
        return value

    @property
    def message(self) -> Node:
        """Decrypt, having checked what the platform promises."""
        sealed = read(self.body).leaf("Encrypt")
        signed = (self.parameter("timestamp"), self.parameter("nonce"))
        assert sign(TOKEN, *signed) == self.parameter("signature")
        assert sign(TOKEN, *signed, sealed) == self.parameter("msg_signature")
        return read(CIPHER.decrypt(sealed))


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    status: int = 200


Behaviour = Callable[[Received], Reply | bytes]


def passive(
    received: Received,
    fields: Fields,
    *,
    cipher: MessageCipher = CIPHER,
    changed: dict[str, str] | None = None,
) -> bytes:
    """Make an encrypted reply; `changed` replaces elements of the message or of its envelope."""
    message, changed = received.message, changed or {}
    head = {
        "ToUserName": message.leaf("FromUserName"),
        "FromUserName": message.leaf("ToUserName"),
        "CreateTime": str(int(time.time())),
    }
    inner = write([*((tag, changed.get(tag, value)) for tag, value in head.items()), *fields])
    return envelope(inner, changed=changed, cipher=cipher)


def envelope(
    inner: str, *, changed: dict[str, str] | None = None, cipher: MessageCipher = CIPHER
) -> bytes:
    sealed, timestamp, nonce = cipher.encrypt(inner.encode()), str(int(time.time())), "12345"
    parts = {
        "Encrypt": sealed,
        "MsgSignature": sign(TOKEN, timestamp, nonce, sealed),
        "TimeStamp": timestamp,
        "Nonce": nonce,
    }
    return write([(tag, (changed or {}).get(tag, value)) for tag, value in parts.items()]).encode()


def text(content: str) -> Fields:
    return [("MsgType", "text"), ("Content", content)]


class Account:
    """Listens on a free port while it is entered."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: Behaviour = lambda _received: b"success"
        self.is_over = threading.Event()  # behaviours that wait, wait for this at the latest
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def forget(self) -> None:
        """Begin anew for the next test; what still waits in the last one goes on."""
        self.is_over.set()
        self.received, self.is_over = [], threading.Event()
        self.answers = lambda _received: b"success"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/wechat"

    @property
    def messages(self) -> list[Node]:
        return [received.message for received in self.received]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        account = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                received = Received(
                    self.command,
                    parse_qs(urlsplit(self.path).query, keep_blank_values=True),
                    self.rfile.read(length),
                    time.monotonic(),
                )
                account.received.append(received)
                answer = account.answers(received)
                reply = Reply(answer) if isinstance(answer, bytes) else answer
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = handle_any  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                return

        return Handler
