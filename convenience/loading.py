"""Facilities out of the database and into an index: all of them once, then what changed.

Rows come as PostgreSQL's binary form of numbers, many in one value: a million of them is an array at
once, where a million rows would be made into objects one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from . import hours
from .index import Facilities, Index, Need
from .shelf import Ids
from .timetable import UNKNOWN, Timetable

# The lasting needs and the columns that say so.
TRAITS = {
    "is_accessible": Need.ACCESSIBLE,
    "is_free": Need.FREE,
    "has_family_room": Need.FAMILY_ROOM,
    "has_nursing_room": Need.NURSING_ROOM,
    "has_paper": Need.PAPER,
    "is_indoor": Need.INDOOR,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reading saw: all transactions before `xmin`, none from `xmax` on, else by the text."""

    snapshot: str  # xmin:xmax:those in between that were running
    own: int  # the reading transaction itself if it wrote (tests write and read in one), else -1

    @property
    def xmin(self) -> int:
        return int(self.snapshot.split(":")[0])

    @property
    def xmax(self) -> int:
        return int(self.snapshot.split(":")[1])


@dataclass(frozen=True, slots=True)
class Loaded:
    """An index, and what of the database is in it."""

    index: Index
    seen: Seen


@dataclass(frozen=True, slots=True)
class News:
    """What a reading found: all facilities, or those that changed since the one before."""

    seen: Seen
    timetable: Timetable
    kinds: dict[str, Facilities]
    gone: Ids
    is_all: bool

    def applied_to(self, before: Loaded | None) -> Loaded:
        """Return the index with the news in it; the same object when there are none."""
        if before is None or self.is_all:
            return Loaded(Index.of(self.kinds, self.timetable), self.seen)
        if not self.kinds and not len(self.gone):
            return Loaded(before.index, self.seen)
        return Loaded(before.index.changed(self.kinds, self.gone, self.timetable), self.seen)


def read(session: Session, before: Loaded | None, spaces_limit: timedelta) -> News | None:
    """Read what the index does not have yet; None: nothing was committed since."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("facilities are read by psycopg")
    reading = _Reading(connection, spaces_limit)
    # Numbers that go back are another server's: the database was restored elsewhere.
    if before is None or reading.seen.xmax < before.seen.xmin:
        return reading.everything()
    if reading.seen.snapshot == before.seen.snapshot and reading.seen.own < 0:
        return None
    return reading.changes(before)


@dataclass(frozen=True, slots=True)
class HoursRead:
    """What a reading of opening hours alone saw."""

    seen: Seen
    timetable: Timetable


def read_hours(session: Session, before: HoursRead | None) -> HoursRead:
    """Read the different opening hours, or those that came since; the same object: nothing changed.

    Raises what the database raises.
    """
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("facilities are read by psycopg")
    return _Reading(connection, timedelta(0)).hours_alone(before)


# Each statement sees what was committed before it. The snapshot is asked for first: what is committed
# afterwards may be read already, and is read again next time.
_SNAPSHOT = (
    "SELECT pg_current_snapshot()::text, coalesce(pg_current_xact_id_if_assigned()::text, '-1')"
)
_KINDS = "SELECT code FROM convenience_kinds ORDER BY code"
_PRESENT = "removed_at IS NULL"
# Numbers from xmax on are no transaction's yet: rows that came from a dump of another server.
_CHANGED = """
    changed_in >= %(xmin)s AND (
        changed_in = %(own)s
        OR changed_in < %(xmax)s
        AND NOT pg_visible_in_snapshot(changed_in::text::xid8, %(snapshot)s::pg_snapshot)
    )
"""
_HOURS = "SELECT DISTINCT hours FROM convenience_facilities WHERE "
_TRAITS = " + ".join(f"({name} IS TRUE)::int4 * {need.value}" for name, need in TRAITS.items())
_SPACES_UNTIL = "extract(epoch FROM free_spaces_at)::float8 + %(spaces_limit_s)s::float8"
# Columns of the array: how they are written, and how they are read.
_COLUMNS = {
    "id": ("int8send(id)", ">i8"),
    "kind": ("int4send(coalesce(array_position(%(kinds)s::text[], kind), 0))", ">i4"),
    "is_late": ("int4send((hours IS NOT NULL AND h.number IS NULL)::int4)", ">i4"),
    "latitude": ("float8send(latitude)", ">f8"),
    "longitude": ("float8send(longitude)", ">f8"),
    "traits": (f"int4send({_TRAITS})", ">i4"),
    "hours": (f"int4send(coalesce(h.number, {UNKNOWN}))", ">i4"),
    "spaces_until": (
        f"float8send(CASE WHEN free_spaces >= 1 THEN {_SPACES_UNTIL} ELSE 0 END)",
        ">f8",
    ),
    "is_gone": ("int4send((removed_at IS NOT NULL)::int4)", ">i4"),
}
_ROW = np.dtype([(name, form) for name, (_, form) in _COLUMNS.items()])
_Rows = NDArray[np.void]
# A value holds at most 65,536 rows: 3 MB.
_ROWS = f"""
SELECT string_agg({" || ".join(written for written, _ in _COLUMNS.values())}, ''::bytea)
FROM convenience_facilities
LEFT JOIN unnest(%(hours)s::text[], %(numbers)s::int4[]) AS h (words, number) ON h.words = hours
WHERE {{where}}
GROUP BY id >> 16
"""  # noqa: S608  # of our own words only


class _Reading:
    """One look at the database."""

    def __init__(
        self, connection: psycopg.Connection[tuple[Any, ...]], spaces_limit: timedelta
    ) -> None:
        self._connection = connection
        self._spaces_limit = spaces_limit
        snapshot, own = connection.execute(_SNAPSHOT).fetchone() or ("", "")
        self.seen = Seen(str(snapshot), int(str(own)))

    def everything(self) -> News:
        timetable = Timetable(self._hours(_PRESENT, {}) or (), hours.intervals)
        kinds, gone = self._facilities(_PRESENT, {}, timetable)
        return News(self.seen, timetable, kinds, gone, is_all=True)

    def changes(self, before: Loaded) -> News:
        names = self._since(before.seen)
        timetable = before.index.timetable
        texts = self._hours(_CHANGED, names)
        if texts is None:
            return News(self.seen, timetable, {}, np.empty(0, dtype=np.int64), is_all=False)
        timetable = timetable.including(texts)
        kinds, gone = self._facilities(_CHANGED, names, timetable)
        return News(self.seen, timetable, kinds, gone, is_all=False)

    def hours_alone(self, before: HoursRead | None) -> HoursRead:
        if before is None or self.seen.xmax < before.seen.xmin:
            return HoursRead(self.seen, Timetable(self._hours(_PRESENT, {}) or (), hours.intervals))
        if self.seen.snapshot == before.seen.snapshot and self.seen.own < 0:
            return before
        texts = self._hours(_CHANGED, self._since(before.seen))
        if texts is None:
            return before
        return HoursRead(self.seen, before.timetable.including(texts))

    def _since(self, before: Seen) -> dict[str, object]:
        return {
            "snapshot": before.snapshot,
            "xmin": before.xmin,
            "xmax": self.seen.xmax,
            "own": self.seen.own,
        }

    def _hours(self, where: str, names: Mapping[str, object]) -> list[str] | None:
        """Return the different hours of the rows; None when there is no row."""
        rows = self._connection.execute(_HOURS + where, names).fetchall()
        return [str(text) for (text,) in rows if text is not None] if rows else None

    def _facilities(
        self, where: str, names: Mapping[str, object], timetable: Timetable
    ) -> tuple[dict[str, Facilities], Ids]:
        """Return facilities by kind, and the ids of those that are gone."""
        kinds = [str(code) for (code,) in self._connection.execute(_KINDS).fetchall()]
        given = {
            **names,
            "kinds": kinds,
            "hours": list(timetable.texts),
            "numbers": list(range(len(timetable.texts))),
            "spaces_limit_s": self._spaces_limit.total_seconds(),
        }
        with self._connection.cursor(binary=True) as cursor:
            values = cursor.execute(_ROWS.format(where=where), given).fetchall()
        rows: _Rows = np.frombuffer(b"".join(value for (value,) in values), dtype=_ROW)
        # Its kind or hours came between two of our statements: next time they are known.
        rows = rows[(rows["is_late"] == 0) & (rows["kind"] > 0)]
        rows = rows[np.argsort(rows["id"])]
        is_here = rows["is_gone"] == 0
        present = rows[is_here]
        by_kind = {
            kind: _columns(present[present["kind"] == number])
            for number, kind in enumerate(kinds, 1)
        }
        gone = rows["id"][~is_here].astype(np.int64)
        return {kind: some for kind, some in by_kind.items() if len(some)}, gone


def _columns(rows: _Rows) -> Facilities:
    return Facilities(
        ids=rows["id"].astype(np.int64),
        latitudes=rows["latitude"].astype(np.float64),
        longitudes=rows["longitude"].astype(np.float64),
        traits=rows["traits"].astype(np.uint8),
        hours=rows["hours"].astype(np.int32),
        spaces_until=rows["spaces_until"].astype(np.float64),
    )
