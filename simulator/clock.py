"""The platform's clock, which tests may set."""

import time
from datetime import datetime, timedelta, timezone

from .store import Store

_CHINA = timezone(timedelta(hours=8))


class Clock:
    """Two hands: `now` is what windows, tokens, media and quotas go by, `push_now` what pushes bear.

    They are separate because a test that jumps two days ahead, to see a window closed, still wants
    its pushes accepted by a receiver that refuses stale ones.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def offset_s(self) -> float:
        return float(self._store.get("clock_offset_s", "0"))

    @property
    def push_offset_s(self) -> float:
        return float(self._store.get("push_offset_s", "0"))

    def set(self, *, offset_s: float, push_offset_s: float = 0.0) -> None:
        self._store.put("clock_offset_s", repr(offset_s))
        self._store.put("push_offset_s", repr(push_offset_s))

    def now(self) -> float:
        return time.time() + self.offset_s

    def push_now(self) -> int:
        return int(time.time() + self.push_offset_s)

    def today(self) -> str:
        """Return the day in China, at whose midnight quotas begin anew."""
        return datetime.fromtimestamp(self.now(), _CHINA).date().isoformat()
