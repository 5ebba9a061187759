"""Counts scans without making anybody wait, and writes them down every half second.

A scan adds one to a number in memory; a thread writes the numbers by one statement for all signs.
What a killed process had not written yet is lost: at most the scans of its last second. Kept are
the sign, the day, the hour and the kind of client, and nothing of who it was.
"""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from kernel import clock

from . import rules
from .rules import Client
from .service import raise_alarm

log = logging.getLogger(__name__)

# (code, hours since 1970, client); no code: one that is none of ours, by minutes since 1970.
Key = tuple[str, int, str]
UNKNOWN = ""
_MOST_KEYS = 200_000  # while the database is away; then counting stops before memory does


class Counter:
    """Numbers waiting to be written. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Key, int] = {}

    def add(self, code: str, client: Client, now: float) -> None:
        """Count one scan at this instant (Unix seconds)."""
        self._add((code, int(now) // 3600, client.value))

    def add_unknown(self, now: float) -> None:
        """Count one question for a code that is none of ours."""
        self._add((UNKNOWN, int(now) // 60, ""))

    def _add(self, key: Key) -> None:
        with self._lock:
            counts = self._counts
            if key in counts:
                counts[key] += 1
            elif len(counts) < _MOST_KEYS:
                counts[key] = 1

    def take(self) -> dict[Key, int]:
        """Return the numbers and begin anew."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def put_back(self, taken: Mapping[Key, int]) -> None:
        """Take numbers back that could not be written."""
        with self._lock:
            for key, count in taken.items():
                self._counts[key] = self._counts.get(key, 0) + count

    @property
    def is_empty(self) -> bool:
        return not self._counts


# One order for all processes: two that write the same rows never wait for each other in a circle.
_WRITE = sql("""
INSERT INTO qr_scans AS old (code, day, hour, client, scans)
SELECT * FROM unnest(
    CAST(:codes AS text[]), CAST(:days AS date[]), CAST(:hours AS int[]),
    CAST(:clients AS text[]), CAST(:scans AS bigint[])
) AS new (code, day, hour, client, scans)
ORDER BY 1, 2, 3, 4
ON CONFLICT (code, day, hour, client) DO UPDATE SET scans = old.scans + excluded.scans
""")
_WRITE_UNKNOWN = sql("""
INSERT INTO qr_unknown_scans AS old (minute, scans)
SELECT * FROM unnest(CAST(:minutes AS timestamptz[]), CAST(:scans AS bigint[])) AS new (minute, scans)
ORDER BY 1
ON CONFLICT (minute) DO UPDATE SET scans = old.scans + excluded.scans
""")


def write(session: Session, taken: Mapping[Key, int]) -> None:
    """Add the numbers to what is stored."""
    known = [
        (code, clock.in_city(_instant(hours * 3600)), client, count)
        for (code, hours, client), count in taken.items()
        if code != UNKNOWN
    ]
    if known:
        session.execute(
            _WRITE,
            {
                "codes": [code for code, *_ in known],
                "days": [at.date() for _, at, *_ in known],
                "hours": [at.hour for _, at, *_ in known],
                "clients": [client for *_, client, _ in known],
                "scans": [count for *_, count in known],
            },
        )
    unknown = {minute: count for (code, minute, _), count in taken.items() if code == UNKNOWN}
    if unknown:
        session.execute(
            _WRITE_UNKNOWN,
            {
                "minutes": [_instant(minute * 60) for minute in unknown],
                "scans": list(unknown.values()),
            },
        )
        _watch(session)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, clock.CITY)


def _watch(session: Session) -> None:
    """Raise the alarm when more unknown codes were asked for than people mistype."""
    since = clock.now() - timedelta(minutes=rules.BURST_MINUTES)
    scans = session.scalar(
        sql("SELECT coalesce(sum(scans), 0)::bigint FROM qr_unknown_scans WHERE minute > :since"),
        {"since": since},
    )
    if scans is not None and scans >= rules.BURST and raise_alarm(session, scans):
        log.warning(
            "signs: %d unknown codes in %d minutes, somebody may be guessing",
            scans,
            rules.BURST_MINUTES,
        )


def figures(session: Session) -> tuple[int, int, bool]:
    """Return scans today, unknown codes in the last ten minutes, and whether the alarm is open."""
    now = clock.now()
    row = session.execute(
        sql(
            "SELECT (SELECT coalesce(sum(scans), 0)::bigint FROM qr_scans WHERE day = :day),"
            " (SELECT coalesce(sum(scans), 0)::bigint FROM qr_unknown_scans WHERE minute > :since),"
            " EXISTS (SELECT FROM qr_alarms WHERE cleared_at IS NULL)"
        ),
        {
            "day": clock.city_day(now),
            "since": now - timedelta(minutes=rules.BURST_MINUTES),
        },
    ).one()
    return row[0], row[1], row[2]
