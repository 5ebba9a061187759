"""When the account may write first: the customer-service windows and their counts.

Each trigger opens a window of its own. Whether the counts add up is not documented for official
accounts; for mini programs the larger one holds, and so it is here: a sent message counts in every
open window, and may be sent while any of them has room.
"""

from dataclasses import dataclass
from typing import Literal

from .clock import Clock
from .errors import ApiError
from .store import Store

Trigger = Literal["message", "click", "follow", "scan"]


@dataclass(frozen=True, slots=True)
class Rule:
    messages: int
    seconds: int


RULES: dict[Trigger, Rule] = {
    "message": Rule(5, 48 * 3600),
    "click": Rule(3, 60),
    "follow": Rule(3, 60),
    "scan": Rule(3, 60),
}


class Windows:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def open(self, openid: str, trigger: Trigger) -> None:
        self._store.run(
            "INSERT OR REPLACE INTO windows (openid, kind, opened_at, sent) VALUES (?, ?, ?, 0)",
            openid,
            trigger,
            self._clock.now(),
        )

    def close(self, openid: str) -> None:
        self._store.run("DELETE FROM windows WHERE openid = ?", openid)

    def spend(self, openid: str) -> None:
        """Count one customer-service message, or raise 45015 (no window) or 45047 (all used)."""
        now = self._clock.now()
        with self._store.transaction():
            rows = self._store.all(
                "SELECT kind, opened_at, sent FROM windows WHERE openid = ?", openid
            )
            open_rows = [
                row for row in rows if 0 <= now - row["opened_at"] < RULES[row["kind"]].seconds
            ]
            if not open_rows:
                raise ApiError(45015, "response out of time limit or subscription is canceled")
            if all(row["sent"] >= RULES[row["kind"]].messages for row in open_rows):
                raise ApiError(45047, "out of response count limit")
            for row in open_rows:
                self._store.run(
                    "UPDATE windows SET sent = sent + 1 WHERE openid = ? AND kind = ?",
                    openid,
                    row["kind"],
                )
