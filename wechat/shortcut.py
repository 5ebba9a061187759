"""The callback, answered before the framework begins (decision 0004 says when that may be).

A plain delivery (the parameters that the platform sends, once each, without escapes, and a body whose
length is told) is taken by the function that the view uses. Everything else goes on to Flask, whose
view refuses it or takes it. Who may call is decided by the signature, in the same place for both.
"""

import re
from typing import TYPE_CHECKING

from . import callback
from .callback import Door
from .codec import MAX_BODY
from .errors import Malformed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from kernel.shortcut import Answer

PATH = "/wechat"
# No escapes: then a pair is its own meaning.
_PLAIN = re.compile(r"(?:[A-Za-z0-9_]+=[A-Za-z0-9_.-]+(?:&(?!\Z)|\Z)){1,12}")
_LENGTH = re.compile(r"[1-9][0-9]{0,4}")
_STATUS = {
    200: "200 OK",
    400: "400 BAD REQUEST",
    403: "403 FORBIDDEN",
    503: "503 SERVICE UNAVAILABLE",
}


class Delivery:
    """Takes a delivery, or leaves it to the view (None)."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def __call__(self, environ: "WSGIEnvironment") -> "Answer | None":
        if environ["PATH_INFO"] != PATH:
            return None
        query = environ.get("QUERY_STRING", "")
        told = environ.get("CONTENT_LENGTH") or ""
        length = int(told) if _LENGTH.fullmatch(told) else MAX_BODY + 1
        is_plain = _PLAIN.fullmatch(query) and "HTTP_TRANSFER_ENCODING" not in environ
        if not is_plain or length > MAX_BODY:
            return None
        status, answer = self._take(environ, query, length)
        kind = callback.KIND if status == 200 else "text/html; charset=utf-8"
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(answer))),
            ("Cache-Control", "no-store"),
        ]
        return _STATUS[status], headers, answer

    def _take(self, environ: "WSGIEnvironment", query: str, length: int) -> tuple[int, bytes]:
        body = environ["wsgi.input"].read(length)
        if len(body) != length:  # the sender went away
            return callback.refused(Malformed("body_unreadable")), b""
        given: dict[str, list[str]] = {}
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            given.setdefault(name, []).append(value)
        return callback.receive(self._door, given, body, environ.get("REMOTE_ADDR"))
