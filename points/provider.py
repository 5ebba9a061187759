"""The provider of phone credit, as we need it, and one that speaks signed JSON over HTTP.

A provider keeps our order number: the same number twice is one order. What we do not know we ask;
we never order again.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import requests
from urllib3.exceptions import HTTPError

SIGNATURE = "X-Signature"
_TIMEOUT_S = 10
_MOST_ANSWERED = 64 * 1024  # bytes: who answers more is not who we asked
_NAME = re.compile(r"[\w.:-]{1,64}", re.ASCII)


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"  # for good: nothing was and nothing will be delivered
    WAITING = "waiting"
    UNHEARD = "unheard"  # the provider does not know the number, perhaps not yet


class Unsure(Exception):
    """No answer, or none that can be understood: the order may have been carried out."""


class Provider(Protocol):
    def order(self, *, order_no: str, phone: str, fen: int) -> Outcome:
        """Order once; raise Unsure when it is not known what came of it."""

    def ask(self, order_no: str) -> Outcome:
        """Return what became of an order; raise Unsure."""

    def read(self, body: bytes, headers: Mapping[str, str]) -> tuple[str, str, Outcome]:
        """Return event, order number and outcome of a message; raise ValueError for a forged one."""


class HttpProvider:
    """`POST /orders` and `GET /orders/<no>`, each body and address signed with a shared secret."""

    def __init__(self, base: str, secret: str) -> None:
        self._base = base.rstrip("/")
        self._secret = secret

    def order(self, *, order_no: str, phone: str, fen: int) -> Outcome:
        body = json.dumps({"order_no": order_no, "phone": phone, "fen": fen}).encode()
        return self._call("POST", "/orders", body)

    def ask(self, order_no: str) -> Outcome:
        return self._call("GET", f"/orders/{order_no}", b"")

    def read(self, body: bytes, headers: Mapping[str, str]) -> tuple[str, str, Outcome]:
        return read_callback(self._secret, body, headers)

    def _call(self, method: str, path: str, body: bytes) -> Outcome:
        headers = {
            "Content-Type": "application/json",
            SIGNATURE: signature(self._secret, path.encode(), body),
        }
        try:
            with requests.request(
                method,
                self._base + path,
                data=body or None,
                headers=headers,
                timeout=_TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code == 404 and method == "GET":
                    return Outcome.UNHEARD
                if response.status_code != 200:
                    raise Unsure(f"HTTP {response.status_code}")
                words = json.loads(response.raw.read(_MOST_ANSWERED, decode_content=True))
            return Outcome(words["outcome"])
        except (
            requests.RequestException, HTTPError, OSError, ValueError, KeyError, TypeError,
            RecursionError,
        ) as trouble:  # fmt: skip
            raise Unsure(type(trouble).__name__) from None


def signature(secret: str, *parts: bytes) -> str:
    """Sign the parts, each with its length before it."""
    made = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return made.hexdigest()


def read_callback(secret: str, body: bytes, headers: Mapping[str, str]) -> tuple[str, str, Outcome]:
    """Return event id, order number and outcome of a message; raise ValueError if it is forged."""
    if not hmac.compare_digest(
        headers.get(SIGNATURE, "").encode(), signature(secret, b"callback", body).encode()
    ):
        raise ValueError("forged")
    try:
        words = json.loads(body)
        event_id, order_no = words["event_id"], words["order_no"]
        outcome = Outcome(words["outcome"])
    except (KeyError, TypeError, RecursionError):
        raise ValueError("not a message") from None
    if not all(isinstance(each, str) and _NAME.fullmatch(each) for each in (event_id, order_no)):
        raise ValueError("not a message")
    return event_id, order_no, outcome


_connected: Provider | None = None


def connect(provider: Provider | None) -> None:
    """Make this the process's provider; None: orders wait. The composition root calls it once."""
    global _connected  # noqa: PLW0603  # one provider a process
    _connected = provider


def connected() -> Provider | None:
    return _connected
