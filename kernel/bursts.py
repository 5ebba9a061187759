"""Who asks too often: counted in this process's memory, by a key that nobody can work backwards.

Nothing is stored: the keys are made with a secret that the process drew for itself, and both are
forgotten after some minutes.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

_MOST_KEYS = 50_000  # some 8 MB; a flood from more addresses than that is a flood in any case


class Limiter:
    """So many times in a window of so many seconds for each key."""

    def __init__(
        self, most: int, window_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._window_s = window_s
        self._clock = clock
        self._lock = threading.Lock()
        self._begin_anew(clock())

    def _begin_anew(self, now: float) -> None:
        self._began = now
        self._secret = secrets.token_bytes(16)
        self._counts: dict[bytes, int] = {}

    def take(self, who: str) -> bool:
        """Count one; tell whether it is still within the limit."""
        with self._lock:
            now = self._clock()
            if now - self._began >= self._window_s or len(self._counts) >= _MOST_KEYS:
                self._begin_anew(now)
            key = hashlib.blake2b(who.encode(), key=self._secret, digest_size=12).digest()
            count = self._counts[key] = self._counts.get(key, 0) + 1
            return count <= self._most

    def forget(self) -> None:
        """Begin anew (tests)."""
        with self._lock:
            self._begin_anew(self._clock())
