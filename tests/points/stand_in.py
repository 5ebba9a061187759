"""A provider of phone credit on this machine, with a provider's faults."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from points.provider import SIGNATURE, signature

SECRET = "shared with the provider"


class StandIn:
    """Keeps orders by number; `mood` is how it answers next: well, silent, garbled, angry, no."""

    def __init__(self) -> None:
        self.orders: dict[str, str] = {}
        self.calls: list[str] = []
        self.mood = "well"
        self.address = ""

    def order(self, body: dict[str, object]) -> None:
        number = str(body["order_no"])
        self.orders.setdefault(number, "failed" if self.mood == "no" else "done")


class Handler(BaseHTTPRequestHandler):
    """Speaks for the stand-in that its server belongs to."""

    server: "Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.provider.calls.append("order")
        if self._is_signed(body):
            if self.server.provider.mood != "lost":
                self.server.provider.order(json.loads(body))
            self._answer(str(json.loads(body)["order_no"]))

    def do_GET(self) -> None:
        self.server.provider.calls.append("ask")
        if self._is_signed(b""):
            self._answer(self.path.rsplit("/", 1)[-1])

    def _is_signed(self, body: bytes) -> bool:
        if self.headers[SIGNATURE] == signature(SECRET, self.path.encode(), body):
            return True
        self.send_error(403)
        return False

    def _answer(self, number: str) -> None:
        mood = self.server.provider.mood
        if mood in {"silent", "lost"}:
            self.close_connection = True
            return
        if mood == "angry":
            self.send_error(500)
            return
        outcome = self.server.provider.orders.get(number)
        self.send_response(200 if outcome else 404)
        self.end_headers()
        words = "<html>" if mood == "garbled" else json.dumps({"outcome": outcome})
        self.wfile.write(words.encode())

    def log_message(self, *_args: object) -> None:
        """Keep the tests' output clean."""


class Server(HTTPServer):
    def __init__(self, provider: StandIn) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.provider = provider


@contextmanager
def running() -> Iterator[StandIn]:
    provider = StandIn()
    server = Server(provider)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
