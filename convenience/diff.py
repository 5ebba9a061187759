"""What an import would do: its rows beside what is stored, in a table that only this session sees.

Nothing of the service's own tables is written here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.readers import Progress

from .fields import ERROR, REMARK, Fault
from .mapping import FileMapping
from .nearby import pairs_within
from .rules import FLAG_WORDS, are_alike
from .validation import Entry, Validator

NEAR_M = 5.0
_MOST_PAIRS = 200_000

# What a row of a file can say, in the order in which it is copied.
_TYPES = {
    "kind": "text", "name": "text", "street": "text", "address": "text",
    "latitude": "double precision", "longitude": "double precision", "cell": "text",
    "hours": "text", "hours_fault": "text", "fee": "text",
    **dict.fromkeys(FLAG_WORDS, "boolean"),
    "gender": "text", "phone": "text", "keeper": "text", "capacity": "bigint", "verified_on": "date",
}  # fmt: skip
STAGED = tuple(_TYPES)
_REST = tuple(
    name for name in STAGED if name not in ("kind", "name", "latitude", "longitude", "cell")
)
# What every import writes; the rest only where the mapping speaks of it.
_ALWAYS = ("kind", "name", "latitude", "longitude", "cell")


@dataclass
class Tally:
    """What became of the rows of a file."""

    read: int = 0
    skipped: int = 0
    refused: int = 0
    remarked: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0


@dataclass
class Staged:
    """The outcome of reading a file into the stage."""

    tally: Tally = field(default_factory=Tally)
    faults: list[Fault] = field(default_factory=list)  # those kept for showing
    kinds_of_fault: dict[tuple[str, str], int] = field(default_factory=dict)
    refused: dict[int, list[str]] = field(default_factory=dict)  # row -> why
    rows: list[int] = field(default_factory=list)
    latitudes: list[float] = field(default_factory=list)
    longitudes: list[float] = field(default_factory=list)


MOST_SHOWN = 300
MOST_REFUSED = 50_000


class TooMany(Exception):  # as the refusals
    """So many rows are bad that something else is wrong; carries what was found so far."""

    def __init__(self, staged: Staged) -> None:
        super().__init__()
        self.staged = staged


def written(mapping: FileMapping) -> tuple[str, ...]:
    """Return the columns of a facility that an import by this mapping decides about."""
    said = set(mapping.columns)
    columns = {*_ALWAYS, *(name for name in _REST if name in said)}
    if "hours" in said:
        columns.add("hours_fault")
    if said & {"male", "female", "unisex"}:
        columns.add("gender")
    return tuple(name for name in STAGED if name in columns)


def stage(session: Session, validator: Validator, progress: Progress | None = None) -> Staged:
    """Read the file into the stage; raise TooMany when nearly nothing of it is usable."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())
    session.execute(text("DROP TABLE IF EXISTS pg_temp.convenience_stage"))
    session.execute(
        text(
            "CREATE TEMPORARY TABLE convenience_stage"
            f" (line bigint, code text, facility_id bigint, is_changed boolean, {columns})"
        )
    )
    staged = Staged()
    target = f"pg_temp.convenience_stage (line, code, {', '.join(STAGED)})"
    with _driver(session).cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for batch in validator.batches(progress):
            staged.tally.read += batch.read
            staged.tally.skipped += batch.skipped
            note(staged, batch.faults)
            for entry in batch.entries:
                copy.write_row(_copied(entry))
                staged.rows.append(entry.row)
                staged.latitudes.append(entry.latitude)
                staged.longitudes.append(entry.longitude)
    session.execute(text("ANALYZE pg_temp.convenience_stage"))
    return staged


def note(staged: Staged, faults: Iterable[Fault]) -> None:
    """Keep what is wrong: all reasons of refused rows, counts, and as many examples as are shown."""
    remarked = set()
    for fault in faults:
        key = (fault.level, fault.code)
        staged.kinds_of_fault[key] = staged.kinds_of_fault.get(key, 0) + 1
        if len(staged.faults) < MOST_SHOWN:
            staged.faults.append(fault)
        if fault.level == ERROR:
            staged.refused.setdefault(fault.row, []).append(fault.sentence)
        else:
            remarked.add(fault.row)
    staged.tally.refused = len(staged.refused)
    staged.tally.remarked += len(remarked)
    if staged.tally.refused > MOST_REFUSED:
        raise TooMany(staged)


def _copied(entry: Entry) -> list[object]:
    rest = entry.rest
    get = rest.get
    return [
        entry.row, entry.code, entry.kind, entry.name, get("street"), get("address"),
        entry.latitude, entry.longitude, entry.cell, *(get(name) for name in _REST[2:]),
    ]  # fmt: skip


def _driver(session: Session) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)


# -- comparing -----------------------------------------------------------------------------


def compare(session: Session, staged: Staged, mapping: FileMapping) -> None:
    """Find repeated codes and near doubles, and mark what is new and what is different."""
    _refuse_repeated(session, staged)
    _match(session, mapping)
    _find_doubles(session, staged, is_refused=mapping.duplicates == "refuse")


def _refuse_repeated(session: Session, staged: Staged) -> None:
    repeated = session.execute(
        text(
            "DELETE FROM pg_temp.convenience_stage AS s USING ("
            " SELECT ctid, code, line, min(line) OVER (PARTITION BY code) AS first"
            " FROM pg_temp.convenience_stage) AS d"
            " WHERE s.ctid = d.ctid AND d.line <> d.first RETURNING d.line, d.first, d.code"
        )
    ).all()
    note(
        staged,
        (
            Fault(row.line, ERROR, "repeated", f"编号 {row.code} 和第 {row.first} 行重复")
            for row in sorted(repeated)
        ),
    )


def _match(session: Session, mapping: FileMapping) -> None:
    ours = ", ".join(f"s.{name}" for name in written(mapping))
    theirs = ", ".join(f"f.{name}" for name in written(mapping))
    session.execute(
        text(
            "UPDATE pg_temp.convenience_stage AS s SET facility_id = f.id, is_changed ="  # noqa: S608  # names of our own columns
            f" f.removed_at IS NOT NULL OR ROW({ours}) IS DISTINCT FROM ROW({theirs})"
            " FROM convenience_facilities AS f WHERE f.code = s.code"
        )
    )


def _find_doubles(session: Session, staged: Staged, *, is_refused: bool) -> None:
    """Tell of rows that would add what is there already, a few metres away under a like name."""
    new = {
        row.line: row
        for row in session.execute(
            text("SELECT line, kind, name FROM pg_temp.convenience_stage WHERE facility_id IS NULL")
        )
    }
    if not new:
        return
    lines = np.array(staged.rows, dtype=np.int64)
    is_staged = ~np.isin(lines, np.fromiter(staged.refused, np.int64, len(staged.refused)))
    lines = lines[is_staged]
    stored = _stored_points(session)
    lat = np.concatenate([np.array(staged.latitudes)[is_staged], stored["latitude"]])
    lng = np.concatenate([np.array(staged.longitudes)[is_staged], stored["longitude"]])
    # Lines of the file are positive, facilities negative: one number says which of all it is.
    who = np.concatenate([lines, -stored["id"]])
    is_new = np.isin(who, np.fromiter(new, np.int64, len(new)))
    one, other = pairs_within(lat, lng, NEAR_M, is_new, most=_MOST_PAIRS)
    both = zip(who[one].tolist(), who[other].tolist(), strict=True)
    # What is stored came first (its numbers are negative), then the earlier line.
    pairs = sorted(((min(pair), max(pair)) for pair in both), key=lambda pair: pair[::-1])
    known = _named(session, {number for pair in pairs for number in pair} - new.keys())
    known.update({line: (row.kind, row.name, "") for line, row in new.items()})
    faults: dict[int, Fault] = {}
    for first, later in pairs:
        # A chain of doubles is told of its first.
        if later in faults or later not in new or first in faults:
            continue
        kind, name, code = known[first]
        if new[later].kind == kind and are_alike(new[later].name, name):
            where = f"第 {first} 行" if first > 0 else f"已有的 {code}"
            level = ERROR if is_refused else REMARK
            sentence = (
                f"「{new[later].name}」和{where}「{name}」相距不到 {NEAR_M:.0f} 米，可能是同一处"
            )
            faults[later] = Fault(later, level, "double", sentence)
    note(staged, (faults[line] for line in sorted(faults)))
    if is_refused and faults:
        session.execute(
            text("DELETE FROM pg_temp.convenience_stage WHERE line = ANY(:lines)"),
            {"lines": list(faults)},
        )


def _stored_points(session: Session) -> NDArray[Any]:
    """Return id, latitude and longitude of the facilities that the file does not speak of."""
    query = (
        "COPY (SELECT f.id, f.latitude, f.longitude FROM convenience_facilities AS f"
        " WHERE f.removed_at IS NULL AND NOT EXISTS (SELECT FROM pg_temp.convenience_stage AS s"
        " WHERE s.facility_id = f.id)) TO STDOUT (FORMAT BINARY)"
    )
    with _driver(session).cursor() as cursor, cursor.copy(query) as copy:
        data = b"".join(copy)
    # PostgreSQL's binary form of rows of three fields of eight bytes, behind a head of 19 bytes.
    record = np.dtype(
        [
            ("fields", ">i2"),
            ("size_1", ">i4"),
            ("id", ">i8"),
            ("size_2", ">i4"),
            ("latitude", ">f8"),
            ("size_3", ">i4"),
            ("longitude", ">f8"),
        ]
    )
    count = (len(data) - 19 - 2) // record.itemsize
    rows = np.frombuffer(data, record, count, offset=19)
    made = np.empty(count, [("id", np.int64), ("latitude", float), ("longitude", float)])
    for name in ("id", "latitude", "longitude"):
        made[name] = rows[name]
    return made


def _named(session: Session, numbers: set[int]) -> dict[int, tuple[str, str, str]]:
    """Return kind, name and code of lines (positive) and facilities (negative)."""
    found = {}
    queries = (
        ("SELECT line, kind, name, code FROM pg_temp.convenience_stage WHERE line = ANY(:n)", 1),
        ("SELECT id, kind, name, code FROM convenience_facilities WHERE id = ANY(:n)", -1),
    )
    for query, sign in queries:
        wanted = [abs(number) for number in numbers if number * sign > 0]
        for number, kind, name, code in session.execute(text(query), {"n": wanted}):
            found[number * sign] = (kind, name, code)
    return found


# -- telling -------------------------------------------------------------------------------


def count(session: Session, staged: Staged, *, source: str, is_complete: bool) -> str:
    """Count what would be done, and return a mark of exactly that: of what, on which revisions."""
    row = session.execute(
        text(
            "SELECT count(*) FILTER (WHERE s.facility_id IS NULL) AS added,"
            " count(*) FILTER (WHERE s.is_changed) AS changed,"
            " count(*) FILTER (WHERE NOT s.is_changed) AS same,"
            " sum(hashtextextended(s.code, coalesce(f.revision, 0))"
            "  ) FILTER (WHERE s.is_changed IS NOT FALSE) AS mark"
            " FROM pg_temp.convenience_stage AS s"
            " LEFT JOIN convenience_facilities AS f ON f.id = s.facility_id"
        )
    ).one()
    tally = staged.tally
    tally.added, tally.changed, tally.same = row.added, row.changed, row.same
    tally.removed = len(missing(session, source)) if is_complete else 0
    return f"{row.mark or 0}:{tally.added}:{tally.changed}:{tally.removed}"


def missing(session: Session, source: str, most: int | None = None) -> Sequence[tuple[str, str]]:
    """Return (code, name) of the source's facilities of which the file says nothing."""
    rows = session.execute(
        text(
            "SELECT f.code, f.name FROM convenience_facilities AS f"
            " WHERE f.source = :source AND f.removed_at IS NULL AND NOT EXISTS"
            " (SELECT FROM pg_temp.convenience_stage AS s WHERE s.facility_id = f.id)"
            " ORDER BY f.id LIMIT :most"
        ),
        {"source": source, "most": most},
    )
    return [(row.code, row.name) for row in rows]


def examples(session: Session, mapping: FileMapping, most: int = 30) -> dict[str, list[Any]]:
    """Return the first rows of each sort: what is added, and what of the changed is different."""
    columns = written(mapping)
    added = session.execute(
        text(
            "SELECT line, code, name FROM pg_temp.convenience_stage"
            " WHERE facility_id IS NULL ORDER BY line LIMIT :most"
        ),
        {"most": most},
    )
    pairs = ", ".join(f"s.{name} AS new_{name}, f.{name} AS old_{name}" for name in columns)
    changed = session.execute(
        text(
            f"SELECT s.line, s.code, s.name, f.removed_at, {pairs}"  # noqa: S608  # as above
            " FROM pg_temp.convenience_stage AS s"
            " JOIN convenience_facilities AS f ON f.id = s.facility_id"
            " WHERE s.is_changed ORDER BY s.line LIMIT :most"
        ),
        {"most": most},
    ).mappings()
    return {
        "added": [[row.line, row.code, row.name] for row in added],
        "changed": [
            [row["line"], row["code"], row["name"], _differences(row, columns)] for row in changed
        ],
    }


def _differences(row: Any, columns: Sequence[str]) -> list[list[str | None]]:  # noqa: ANN401  # a row of columns that the mapping names
    differences = [
        [name, _shown(row[f"old_{name}"]), _shown(row[f"new_{name}"])]
        for name in columns
        if name != "cell" and row[f"old_{name}"] != row[f"new_{name}"]
    ]
    if row["removed_at"] is not None:
        differences.insert(0, ["removed_at", "已撤除", "重新启用"])
    return differences


def _shown(value: object) -> str | None:
    if isinstance(value, bool):
        return "是" if value else "否"
    return None if value is None else str(value)
