"""The platform's access token: one row for all processes, fetched by one of them at a time.

Who may fetch is decided by a lease in the row (`fetching_until`), not by an advisory lock. An
advisory lock would have to be held while the platform thinks, and so would a connection: the
fetcher's, and one for everybody who waits in `pg_advisory_lock`; a pooler that shares
connections breaks it, and a fetcher that is frozen rather than dead keeps it for good. The lease
is taken and given back in two short transactions with the fetch between them; a fetcher that
dies delays the others by no more than the rest of its lease. Its price is polling while somebody
else fetches, by one thread a process. Should two leases ever overlap (a frozen fetcher wakes, a
clock jumps), both get the same token from the platform, and the later lease's row stands.

Nothing is kept in memory: a call costs one read by primary key, and what another process
fetched is valid here in the same instant.
"""

import copy
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from sqlalchemy import CheckConstraint, DateTime, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.database import Base, transaction

# The platform renews its token five minutes before the end and honours both meanwhile.
EARLY = timedelta(seconds=300)
_LONGEST_S = 7200
# However short a life an answer claims, its token is used for a minute: a platform that says
# "0 seconds" would otherwise be asked for a token before every call.
_SHORTEST_S = int(EARLY.total_seconds()) + 60
# The platform renews by force 20 times a day.
_BETWEEN_FORCED = timedelta(hours=2)
_POLL_S = 0.05


class WeChatToken(Base):
    """A token of the platform's, and who is fetching it."""

    __tablename__ = "wechat_tokens"
    __table_args__ = (
        CheckConstraint(
            "(value IS NULL) = (fetched_at IS NULL) AND (value IS NULL) = (expires_at IS NULL)",
            name="value_has_times",
        ),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str | None]
    fetched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    fetching_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    forced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class TokenUnavailable(Exception):
    """Other processes have been fetching the token for longer than a caller should wait."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the platform answered."""

    value: str = field(repr=False)
    lives_s: int


class Fetch(Protocol):
    def __call__(self, *, is_forced: bool) -> Fetched:
        """Ask the platform; `is_forced` has it make a new token although the old one is valid."""


@dataclass(frozen=True, slots=True)
class _Lease:
    until: datetime  # also its name: leases of one row follow one another, so no two end alike
    may_force: bool


class TokenSource:
    """Gives the valid token to any number of threads and processes, and fetches it once for all.

    `lease_s` must be longer than two fetches can take. Exceptions of the fetch reach the caller
    and every thread of the process that was waiting for this fetch.
    """

    def __init__(self, name: str, *, lease_s: float = 20.0) -> None:
        self._name = name
        self._lease = timedelta(seconds=lease_s)
        self._turn = Lock()
        self._fetches = 0
        self._failure: Exception | None = None

    def token(self, fetch: Fetch, *, refused: str | None = None) -> str:
        """Return a token that is good for the next minutes, fetching it if need be.

        `refused` is the token that the platform has just declined: it is replaced only if it is
        still the stored one, so that many callers who meet a revoked token fetch once.
        """
        found = self._stored(refused)
        if found is not None:
            return found
        fetches = self._fetches
        with self._turn:
            if self._failure is not None and self._fetches != fetches:
                raise copy.copy(self._failure)
            return self._wait_or_fetch(fetch, refused)

    def _stored(self, refused: str | None) -> str | None:
        with transaction() as session:
            row = session.get(WeChatToken, self._name)
            return None if row is None else _usable(row, refused)

    def _wait_or_fetch(self, fetch: Fetch, refused: str | None) -> str:
        patience = time.monotonic() + 2 * self._lease.total_seconds()
        while time.monotonic() < patience:
            claimed = self._claim(refused)
            if isinstance(claimed, str):
                return claimed
            if isinstance(claimed, _Lease):
                return self._fetch(fetch, refused, claimed)
            time.sleep(_POLL_S)
        raise TokenUnavailable

    def _claim(self, refused: str | None) -> str | _Lease | None:
        """Return a good token, or a lease on fetching it, or nothing: somebody else is at it."""
        with transaction() as session:
            session.execute(insert(WeChatToken).values(name=self._name).on_conflict_do_nothing())
            row = session.scalars(
                select(WeChatToken).where(WeChatToken.name == self._name).with_for_update()
            ).one()
            found = _usable(row, refused)
            if found is not None:
                return found
            now = clock.now()
            # A lease that ends later than any could is a clock's mistake and binds nobody.
            if row.fetching_until and now < row.fetching_until < now + 2 * self._lease:
                return None
            row.fetching_until = now + self._lease
            may_force = row.forced_at is None or row.forced_at + _BETWEEN_FORCED < now
            return _Lease(row.fetching_until, may_force)

    def _fetch(self, fetch: Fetch, refused: str | None, lease: _Lease) -> str:
        news: dict[str, str | datetime] = {}
        self._failure = None
        try:
            fetched = fetch(is_forced=False)
            if fetched.value == refused and lease.may_force:
                # The platform declines the very token that it hands out: have it make another.
                news["forced_at"] = clock.now()
                fetched = fetch(is_forced=True)
            now = clock.now()
            expires_at = now + timedelta(seconds=fetched.lives_s)
            news |= {"value": fetched.value, "fetched_at": now, "expires_at": expires_at}
        except Exception as failure:
            self._failure = copy.copy(failure)  # without the frames, which hold secrets
            raise
        finally:
            self._fetches += 1
            self._give_back(lease, news)
        return fetched.value

    def _give_back(self, lease: _Lease, news: dict[str, str | datetime]) -> None:
        with _values_unsaid(), transaction() as session:
            session.execute(
                update(WeChatToken)
                .where(WeChatToken.name == self._name, WeChatToken.fetching_until == lease.until)
                .values(fetching_until=None, **news)
            )


def _usable(row: WeChatToken, refused: str | None) -> str | None:
    if row.value is None or row.expires_at is None or row.value == refused:
        return None
    return row.value if clock.now() + EARLY < row.expires_at else None


@contextmanager
def _values_unsaid() -> Iterator[None]:
    """Keep the token out of the text of a database error, which quotes the statement's values."""
    try:
        yield
    except StatementError as failure:
        failure.hide_parameters = True
        raise


def lifetime(expires_in: object) -> int:
    """Read `expires_in` as seconds, whatever the platform wrote there, within sane bounds."""
    text = str(expires_in).strip()
    seconds = int(text) if re.fullmatch(r"-?\d{1,18}", text) else 0
    return min(max(seconds, _SHORTEST_S), _LONGEST_S)
