"""Reading what a call to /__sim__/ brings; whatever does not fit is a BadCall."""

import base64
import binascii
import json
import math
import secrets
import time
from typing import cast, overload

from flask import request

from .crypto import sign
from .envelope import MODES, Forgery, Mode
from .errors import BadCall
from .faults import EVERYWHERE, Fault, Kind
from .world import World
from .xmltext import Fields

Body = dict[str, object]
MAX_FIELD_DEPTH = 5


def body() -> Body:
    """Return the JSON object of the request; no body is an empty one."""
    data = request.get_data()
    if not data:
        return {}
    try:
        parsed = json.loads(data)
        json.dumps(parsed, ensure_ascii=False).encode()  # lone surrogates fit into no message
    except (ValueError, RecursionError) as error:
        raise BadCall("bad_json", "请求体应为 JSON 对象。") from error
    if not isinstance(parsed, dict):
        raise BadCall("bad_json", "请求体应为 JSON 对象。")
    return parsed


@overload
def text(body: Body, name: str) -> str: ...
@overload
def text(body: Body, name: str, default: str | None) -> str | None: ...
def text(body: Body, name: str, default: str | type[BadCall] | None = BadCall) -> str | None:
    value = body.get(name)
    if isinstance(value, str):
        return value
    if value is None and not isinstance(default, type):
        return default
    raise BadCall("bad_field", f"{name} 应为文字。")


def number(body: Body, name: str, default: float | None = None) -> float:
    value = body.get(name, default)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            if math.isfinite(value):
                return float(value)
        except OverflowError as error:
            raise BadCall("bad_field", f"{name} 超出范围。") from error
    raise BadCall("bad_field", f"{name} 应为数字。")


def count(body: Body, name: str, *, highest: int, default: int = 1) -> int:
    value = number(body, name, default)
    if not 1 <= value <= highest:
        raise BadCall("bad_field", f"{name} 应在 1 到 {highest} 之间。")
    return int(value)


def fields(body: Body) -> Fields:
    given = body.get("fields", {})
    if not isinstance(given, dict):
        raise BadCall("bad_field", "fields 应为 JSON 对象。")
    return _fields(given, MAX_FIELD_DEPTH)


def _fields(given: dict[str, object], depth: int) -> Fields:
    if depth == 0:
        raise BadCall("bad_field", "fields 嵌套太深。")
    found: list[tuple[str, str | int | float | Fields]] = []
    for name, value in given.items():
        if not (name.isascii() and name.isidentifier()):
            raise BadCall("bad_field", "fields 里有不能作元素名的名称。")
        # A list is an element repeated.
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                found.append((name, _fields(each, depth - 1)))
            elif isinstance(each, (str, int, float)):
                found.append((name, each))
            else:
                raise BadCall("bad_field", "fields 里只能有文字、数字、对象和列表。")
    return found


def forgery(body: Body, *, now: int) -> Forgery:
    mode = text(body, "mode", None)
    if mode is not None and mode not in MODES:
        raise BadCall("bad_field", "mode 只能是 secure、compatible 或 plaintext。")
    timestamp = text(body, "timestamp", None)
    if timestamp is None and "timestamp_offset_s" in body:
        timestamp = str(now + int(number(body, "timestamp_offset_s")))
    return Forgery(
        mode=cast("Mode | None", mode),
        app_id=text(body, "app_id", None),
        token=text(body, "token", None),
        timestamp=timestamp,
        nonce=text(body, "nonce", None),
        body=_bytes(body, "body_base64"),
        query=_strings(body, "query"),
        without=_names(body, "without"),
    )


def _bytes(body: Body, name: str) -> bytes | None:
    encoded = text(body, name, None)
    if encoded is None:
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadCall("bad_field", f"{name} 应为 Base64。") from error


def _strings(body: Body, name: str) -> dict[str, str]:
    value = body.get(name, {})
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        return value
    raise BadCall("bad_field", f"{name} 应为名称到文字的对象。")


def _names(body: Body, name: str) -> tuple[str, ...]:
    value = body.get(name, [])
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise BadCall("bad_field", f"{name} 应为文字列表。")


def fault(body: Body) -> Fault:
    """Read an order: `times` calls (1 unless said otherwise), or all calls for `seconds`."""
    seconds = number(body, "seconds", 0.0)
    return Fault(
        endpoint=(text(body, "endpoint", EVERYWHERE) or EVERYWHERE).strip("/"),
        kind=cast("Kind", text(body, "kind")),
        times=None if seconds > 0 else count(body, "times", highest=1_000_000),
        until=time.monotonic() + seconds if seconds > 0 else None,
        latency_s=min(max(number(body, "latency_s", 5.0), 0.0), 60.0),
        takes_effect=body.get("takes_effect") is True,
        errcode=int(number(body, "errcode", -1)),
    )


def handshake(world: World) -> tuple[dict[str, str], str]:
    """Make the query of a handshake, and the echo that it expects."""
    timestamp = str(world.clock.push_now())
    nonce, echo = str(secrets.randbelow(10**10)), str(secrets.randbelow(10**19))
    signature = sign(world.config.token, timestamp, nonce)
    query = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": echo}
    return query, echo
