"""Calls per day and endpoint."""

from .clock import Clock
from .errors import ApiError
from .store import Store

CLEARS_PER_MONTH = 10


class Quotas:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def spend(self, endpoint: str, limit: int) -> None:
        """Count one call, or raise 45009 when the day's quota is used up."""
        day = self._clock.today()
        with self._store.transaction():
            used = self.used(endpoint)
            if used >= self.limit(endpoint, limit):
                raise ApiError(45009, "reach max api daily quota limit")
            self._store.run(
                "INSERT OR REPLACE INTO quota (day, endpoint, used) VALUES (?, ?, ?)",
                day,
                endpoint,
                used + 1,
            )

    def used(self, endpoint: str) -> int:
        row = self._store.one(
            "SELECT used FROM quota WHERE day = ? AND endpoint = ?", self._clock.today(), endpoint
        )
        return 0 if row is None else int(row["used"])

    def limit(self, endpoint: str, usual: int) -> int:
        """Return how many calls a day are allowed: as usual, or as was ordered."""
        row = self._store.one("SELECT daily FROM quota_limits WHERE endpoint = ?", endpoint)
        return usual if row is None else int(row["daily"])

    def order(self, endpoint: str, daily: int | None) -> None:
        """Allow this many calls a day from now on; None: as usual."""
        if daily is None:
            self._store.run("DELETE FROM quota_limits WHERE endpoint = ?", endpoint)
            return
        self._store.run(
            "INSERT OR REPLACE INTO quota_limits (endpoint, daily) VALUES (?, ?)", endpoint, daily
        )

    def today(self) -> list[dict[str, object]]:
        rows = self._store.all(
            "SELECT endpoint, used FROM quota WHERE day = ? ORDER BY endpoint", self._clock.today()
        )
        return [dict(row) for row in rows]

    def clear(self) -> None:
        """Begin the day's counts anew; 48006 when that was done ten times this month."""
        name = f"quota clears {self._clock.today()[:7]}"
        with self._store.transaction():
            done = int(self._store.get(name, "0"))
            if done >= CLEARS_PER_MONTH:
                raise ApiError(48006, "forbid to clear quota because of reaching the limit")
            self._store.put(name, str(done + 1))
            self._store.run("DELETE FROM quota WHERE day = ?", self._clock.today())
