"""Calls per day and endpoint."""

from .clock import Clock
from .errors import ApiError
from .store import Store


class Quotas:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def spend(self, endpoint: str, limit: int) -> None:
        """Count one call, or raise 45009 when the day's quota is used up."""
        day = self._clock.today()
        with self._store.transaction():
            row = self._store.one(
                "SELECT used FROM quota WHERE day = ? AND endpoint = ?", day, endpoint
            )
            used = 0 if row is None else int(row["used"])
            if used >= limit:
                raise ApiError(45009, "reach max api daily quota limit")
            self._store.run(
                "INSERT OR REPLACE INTO quota (day, endpoint, used) VALUES (?, ?, ?)",
                day,
                endpoint,
                used + 1,
            )
