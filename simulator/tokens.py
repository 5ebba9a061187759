"""Access tokens: two families that know nothing of each other."""

import re
import secrets

from .clock import Clock
from .errors import ApiError
from .quotas import Quotas
from .store import Store

LIFETIME_S = 7200
OVERLAP_S = 300  # old and new token both work this long
FORCED_PAUSE_S = 30
FORCED_PER_DAY = 20
_FORM = re.compile(r"\d{2}_[A-Za-z0-9_-]{120,500}")


class Tokens:
    def __init__(self, store: Store, clock: Clock, quotas: Quotas) -> None:
        self._store = store
        self._clock = clock
        self._quotas = quotas

    def fresh(self) -> tuple[str, int]:
        """Answer cgi-bin/token: a new token each time; the one before it lives 300 s more."""
        with self._store.transaction():
            self._supersede("fresh", self._clock.now() + OVERLAP_S)
            return self._issue("fresh")

    def stable(self, *, force: bool) -> tuple[str, int]:
        """Answer cgi-bin/stable_token: the same token while more than 300 s are left."""
        now = self._clock.now()
        with self._store.transaction():
            current = self._store.one(
                "SELECT token, expires_at FROM tokens WHERE family = 'stable' AND NOT is_superseded"
            )
            rest = 0 if current is None else int(current["expires_at"] - now)
            if force and now - float(self._store.get("forced_at", "0")) < FORCED_PAUSE_S:
                force = False  # asked again too soon: the answer is the token that there is
            if current is not None and not force and rest > OVERLAP_S:
                return str(current["token"]), rest
            if force:
                self._quotas.spend("cgi-bin/stable_token (force_refresh)", FORCED_PER_DAY)
                self._store.put("forced_at", repr(now))
            self._supersede("stable", now if force else now + OVERLAP_S)
            return self._issue("stable")

    def check(self, token: str | None) -> None:
        """Raise what the platform answers to a call with this token, if it does not let it pass."""
        if not token:
            raise ApiError(41001, "access_token missing")
        row = self._store.one("SELECT expires_at, is_superseded FROM tokens WHERE token = ?", token)
        if row is None and not _FORM.fullmatch(token):
            raise ApiError(40014, "invalid access_token")
        if row is not None and self._clock.now() < row["expires_at"]:
            return
        if row is not None and not row["is_superseded"]:
            raise ApiError(42001, "access_token expired")
        raise ApiError(40001, "invalid credential, access_token is invalid or not latest")

    def ticket(self, kind: str) -> tuple[str, int]:
        """Answer ticket/getticket: the same ticket while it has 300 s left."""
        now = self._clock.now()
        with self._store.transaction():
            row = self._store.one(
                "SELECT ticket, expires_at FROM tickets WHERE type = ? AND expires_at > ?"
                " ORDER BY expires_at DESC",
                kind,
                now + OVERLAP_S,
            )
            if row is not None:
                return str(row["ticket"]), int(row["expires_at"] - now)
            made = secrets.token_urlsafe(64)
            self._store.run("DELETE FROM tickets WHERE expires_at < ?", now)
            self._store.run(
                "INSERT INTO tickets (ticket, type, expires_at) VALUES (?, ?, ?)",
                made,
                kind,
                now + LIFETIME_S,
            )
        return made, LIFETIME_S

    def revoke_all(self) -> None:
        """Make every token invalid now, as a reset of the AppSecret does."""
        self._store.run("UPDATE tokens SET is_superseded = 1, expires_at = 0")

    def _supersede(self, family: str, dies_at: float) -> None:
        self._store.run(
            "UPDATE tokens SET is_superseded = 1, expires_at = min(expires_at, ?)"
            " WHERE family = ? AND NOT is_superseded",
            dies_at,
            family,
        )

    def _issue(self, family: str) -> tuple[str, int]:
        now = self._clock.now()
        token = f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(102)}"
        self._store.run("DELETE FROM tokens WHERE expires_at < ?", now - 2 * 86400)
        self._store.run(
            "INSERT INTO tokens (token, family, issued_at, expires_at) VALUES (?, ?, ?, ?)",
            token,
            family,
            now,
            now + LIFETIME_S,
        )
        return token, LIFETIME_S
