"""Faults to order: what an endpoint of the API half does wrong, how often or how long."""

import threading
import time
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "busy",
    "quota",
    "errcode",
    "latency",
    "reset",
    "cut",
    "truncated",
    "charset",
    "odd_expiry",
    "html",
    "http502",
    "revoke_tokens",
]
KINDS: tuple[str, ...] = get_args(Kind)
EVERYWHERE = "*"
# These carry the call out and spoil its answer.
SPOILING = frozenset({"latency", "truncated", "cut", "charset", "odd_expiry"})


@dataclass(slots=True)
class Fault:
    """`takes_effect`: the call is carried out, and only its answer is lost or spoilt."""

    endpoint: str
    kind: Kind
    times: int | None = 1
    until: float | None = None  # monotonic
    latency_s: float = 5.0
    takes_effect: bool = False
    errcode: int = -1

    def is_spent(self) -> bool:
        if self.until is not None:
            return time.monotonic() >= self.until
        return self.times is not None and self.times <= 0


class Faults:
    """Kept in memory: a restarted platform works."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def order(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def take(self, endpoint: str) -> Fault | None:
        """Return the oldest fault that meets this call, and count it."""
        with self._lock:
            self._faults = [fault for fault in self._faults if not fault.is_spent()]
            for fault in self._faults:
                if fault.endpoint in (endpoint, EVERYWHERE):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
