"""api.weixin.qq.com: a table of endpoints, and what they have in common.

A further endpoint is one function under `@endpoint(...)` in one of the api_*.py files.
"""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from flask import Request, Response
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException

from .errors import ApiError
from .faults import SPOILING, Fault
from .world import World

log = logging.getLogger("simulator.api")

# As the platform writes it: not quite a content type, and clients must not depend on it.
CONTENT_TYPE = "application/json; encoding=utf-8"
OK: dict[str, object] = {"errcode": 0, "errmsg": "ok"}
RID_KEPT_S = 7 * 86400
_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u")

Body = dict[str, object]
Result = Body | Response
Handler = Callable[["Call"], Result]


@dataclass(frozen=True, slots=True)
class Call:
    world: World
    request: Request

    def query(self, name: str) -> str:
        return self.request.args.get(name, "")

    def file(self, name: str) -> FileStorage | None:
        return self.request.files.get(name)

    def json(self) -> Body:
        r"""Return the body's object, or raise 47001.

        The platform does not undo `\u4f60`: in a message these six characters are what the phone
        shows, so whoever sends JSON escaped to ASCII must see it there.
        """
        try:
            body = json.loads(_ESCAPE.sub(r"\1\\\\u", self.request.get_data().decode()))
        except (ValueError, RecursionError) as error:
            raise ApiError(47001, "data format error") from error
        if not isinstance(body, dict):
            raise ApiError(47001, "data format error")
        return body


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: Literal["GET", "POST"]
    handler: Handler
    needs_token: bool
    daily: int


ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(
    method: Literal["GET", "POST"], path: str, *, daily: int, needs_token: bool = True
) -> Callable[[Handler], Handler]:
    """Register a function; `daily` is how many calls a day the platform allows."""

    def register(handler: Handler) -> Handler:
        ENDPOINTS[path] = Endpoint(method, handler, needs_token, daily)
        return handler

    return register


def text_field(body: Body, name: str) -> str:
    """Return a string of the body; anything else counts as not given."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def object_field(body: Body, name: str) -> Body:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def answer(world: World, request: Request, path: str) -> Response:
    """Answer one call: always HTTP 200 and JSON or bytes, unless a fault was ordered."""
    fault = world.faults.take(path)
    if fault is None:
        return _carried_out(world, request, path)
    # To break off with a body unread, the server would first wait for the caller to hang up.
    request.get_data()
    if fault.kind == "latency":
        time.sleep(fault.latency_s)
    if fault.kind in SPOILING:
        return _spoilt(fault, _carried_out(world, request, path))
    if fault.takes_effect:
        _carried_out(world, request, path)
    return _instead(world, path, fault)


def _carried_out(world: World, request: Request, path: str) -> Response:
    try:
        result = _admitted(world, request, path).handler(Call(world, request))
    except ApiError as error:
        return error_answer(world, path, error)
    except HTTPException as error:  # a body that is too large or no form
        return error_answer(world, path, ApiError(47001, f"data format error: {error.name}"))
    except Exception:
        log.exception("%s failed inside the simulator", path)
        return error_answer(world, path, ApiError(-1, "system error"))
    return result if isinstance(result, Response) else json_answer(result)


def _admitted(world: World, request: Request, path: str) -> Endpoint:
    found = ENDPOINTS.get(path)
    if found is None:
        raise ApiError(40066, "invalid url")
    method = "GET" if request.method == "HEAD" else request.method
    if method != found.method:
        code = 43001 if found.method == "GET" else 43002
        raise ApiError(code, f"require {found.method} method")
    if found.needs_token:
        world.tokens.check(request.args.get("access_token"))
    world.quotas.spend(path, found.daily)
    return found


def json_answer(body: Body) -> Response:
    # Lone surrogates cannot be encoded; the platform would not answer with them either.
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(data, content_type=CONTENT_TYPE)


def error_answer(world: World, path: str, error: ApiError) -> Response:
    rid = "-".join((f"{int(time.time()):08x}", secrets.token_hex(4), secrets.token_hex(4)))
    now = world.clock.now()
    world.store.run("DELETE FROM rids WHERE at < ?", now - RID_KEPT_S)
    world.store.run(
        "INSERT INTO rids (rid, at, url, errcode, errmsg) VALUES (?, ?, ?, ?, ?)",
        rid,
        now,
        path,
        error.code,
        error.message,
    )
    return json_answer({"errcode": error.code, "errmsg": f"{error.message} rid: {rid}"})


def _spoilt(fault: Fault, good: Response) -> Response:
    data = good.get_data()
    half = data[: len(data) // 2]
    if fault.kind == "truncated":
        return Response(half, content_type=good.content_type)
    if fault.kind == "cut":
        spoilt = Response(_then_hang_up(half), content_type=good.content_type)
        spoilt.headers["Content-Length"] = str(len(data))
        return spoilt
    if fault.kind == "charset":
        return Response(data.decode("utf-8", "replace").encode("gbk", "replace"))
    if fault.kind == "odd_expiry":
        odd = re.sub(rb'("expires_in": ?)\d+', rb'\1"7200s"', data)
        return Response(odd, content_type=good.content_type)
    return good


def _instead(world: World, path: str, fault: Fault) -> Response:
    match fault.kind:
        case "busy":
            return error_answer(world, path, ApiError(-1, "system error"))
        case "quota":
            return error_answer(world, path, ApiError(45009, "reach max api daily quota limit"))
        case "errcode":
            return error_answer(world, path, ApiError(fault.errcode, "ordered"))
        case "http502":
            return Response("<html><h1>502 Bad Gateway</h1></html>", 502, mimetype="text/html")
        case "html":
            return Response("<html><body>网络异常</body></html>", mimetype="text/html")
        case _:
            return Response(_then_hang_up(b""))


def _then_hang_up(data: bytes) -> Iterator[bytes]:
    """Send some bytes, then close the connection; the server takes this error for a lost client."""
    if data:
        yield data
    raise ConnectionResetError
