"""Is the ledger as quick with ten million transfers as with few, and how long does reconciling take?

The rows are written past the triggers, with the keys built afterwards; reconciliation then says
that they are as the service would have written them.
"""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import text

from bench import ledger
from kernel import database
from local.postgres import EmbeddedPostgres, temporary_postgres
from points import reconciliation

EACH = 100  # transfers of a wallet: 90 awards of ten points, five redemptions of one
FIRST = 1_000_000  # of the numbers of these people and items
ITEMS = 50
Connection = psycopg.Connection[tuple[object, ...]]

_ID = "CAST(md5(w || ':' || {n}) AS uuid)"
_AT = "timestamptz '2025-01-01 00:00+00' + {n} * interval '1 minute'"
# Two connections write at once; nothing refers to anything while they do.
FILL = (
    f"""
INSERT INTO points_transfers (id, debit_id, credit_id, amount, code, phase, pending_id,
    source_kind, source_id, account_seq, available_after, held_after, at, previous_at,
    business_on, expires_on)
SELECT {_ID.format(n="n")},
    CASE WHEN n <= 90 THEN 1 ELSE {FIRST} + w END, CASE WHEN n <= 90 THEN {FIRST} + w ELSE 2 END,
    CASE WHEN n <= 90 THEN 10 ELSE 1 END,
    CASE WHEN n <= 90 THEN 'award' ELSE 'redeem' END,
    CASE WHEN n <= 90 THEN 'single' WHEN n % 2 = 1 THEN 'pending' ELSE 'post' END,
    CASE WHEN n > 90 AND n % 2 = 0 THEN {_ID.format(n="(n - 1)")} END,
    'filled', w || ':' || (n - CASE WHEN n > 90 AND n % 2 = 0 THEN 1 ELSE 0 END), n,
    CASE WHEN n <= 90 THEN 10 * n ELSE 900 - (n - 89) / 2 END,
    CASE WHEN n > 90 THEN n % 2 ELSE 0 END,
    {_AT.format(n="n")}, CASE WHEN n > 1 THEN {_AT.format(n="(n - 1)")} END, '2025-01-01',
    CASE WHEN n <= 90 THEN date '2098-12-31' END
FROM generate_series(1, :people) w, generate_series(1, {EACH}) n
""",
    f"""
INSERT INTO accounts_citizens (id, openid) OVERRIDING SYSTEM VALUE
SELECT {FIRST} + w, 'filled' || w FROM generate_series(1, :people) w;
INSERT INTO points_accounts (id, kind, citizen_id, seq, available, held, last_at)
OVERRIDING SYSTEM VALUE
SELECT {FIRST} + w, 'wallet', {FIRST} + w, {EACH}, 895, 0, {_AT.format(n=EACH)}
FROM generate_series(1, :people) w;
INSERT INTO points_lots (account_id, expires_on, seq, free)
SELECT {FIRST} + w, '2098-12-31', 95, 895 FROM generate_series(1, :people) w;
INSERT INTO points_lot_entries (account_id, expires_on, seq, transfer_id, change, free_after)
SELECT {FIRST} + w, '2098-12-31', CASE WHEN n <= 90 THEN n ELSE 90 + (n - 89) / 2 END,
    {_ID.format(n="n")}, CASE WHEN n <= 90 THEN 10 ELSE -1 END,
    CASE WHEN n <= 90 THEN 10 * n ELSE 900 - (n - 89) / 2 END
FROM generate_series(1, :people) w, generate_series(1, {EACH}) n WHERE n <= 90 OR n % 2 = 1;
INSERT INTO points_items (id, sort, version) OVERRIDING SYSTEM VALUE
SELECT {FIRST} + i, 'goods', 1 FROM generate_series(0, {ITEMS - 1}) i;
INSERT INTO points_item_versions (item_id, version, name, description, terms, price, pickup_days,
    needs_approval)
SELECT {FIRST} + i, 1, '杯', '', '', 1, 14, false FROM generate_series(0, {ITEMS - 1}) i;
INSERT INTO points_units (item_id, unit_no, site_id, is_free)
SELECT {FIRST} + w % {ITEMS}, (w / {ITEMS}) * 5 + r, 1, false
FROM generate_series(1, :people) w, generate_series(1, 5) r;
INSERT INTO points_redemptions (id, hold_id, citizen_id, account_id, item_id, sort, item_version,
    price, unit_no, site_id, status, version, due_at, lapses_at, requested_at, updated_at)
SELECT {_ID.format(n="('r' || r)")}, {_ID.format(n="(89 + 2 * r)")}, {FIRST} + w, {FIRST} + w,
    {FIRST} + w % {ITEMS}, 'goods', 1, 1, (w / {ITEMS}) * 5 + r, 1, 'fulfilled', 3,
    {_AT.format(n=200)}, {_AT.format(n=200)}, {_AT.format(n=95)}, {_AT.format(n=96)}
FROM generate_series(1, :people) w, generate_series(1, 5) r;
INSERT INTO points_redemption_moves (redemption_id, seq, name, from_status, to_status, by, at)
SELECT {_ID.format(n="('r' || r)")}, m.*, {_AT.format(n=95)}
FROM generate_series(1, :people) w, generate_series(1, 5) r, (VALUES
    (1, 'request', NULL, 'requested', 'citizen'), (2, 'approve', 'requested', 'ready', 'house'),
    (3, 'fulfil', 'ready', 'fulfilled', 'house')) m (seq, name, a, b, by)
""",
)
LARGE = "points_transfers", "points_lot_entries"
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), coalesce(c.contype::text, '')
FROM pg_index LEFT JOIN pg_constraint c ON c.conindid = indexrelid AND c.contype IN ('p', 'u')
WHERE indrelid = %(table)s::regclass ORDER BY 1
"""
_FOREIGN = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[]))
"""
_QUICK = (
    "session_replication_role = replica", "maintenance_work_mem = '1GB'", "work_mem = '256MB'",
    "synchronous_commit = off", "max_parallel_maintenance_workers = 0",
)  # fmt: skip
# While the rows are written a crash may lose them all; measured is with the settings of the service.
_CARELESS = "fsync", "full_page_writes"


@dataclass
class _Taken:
    """What builds again the keys that were dropped."""

    indexes: list[str]
    constraints: list[str]


def _take_keys(connection: Connection) -> _Taken:
    """Drop the keys and indexes of the large tables; return what builds them anew."""
    taken = _Taken([], [])
    for owner, name, definition in connection.execute(_FOREIGN, {"tables": list(LARGE)}):
        connection.execute(f'ALTER TABLE {owner} DROP CONSTRAINT "{name}"'.encode())
        # What is there was made to hold, and reconciliation looks at it: new rows are checked.
        taken.constraints.append(
            f'ALTER TABLE {owner} ADD CONSTRAINT "{name}" {definition} NOT VALID'
        )
    for table in LARGE:
        for name, definition, sort in connection.execute(_INDEXES, {"table": table}):
            gone = f"ALTER TABLE {table} DROP CONSTRAINT {name}" if sort else f"DROP INDEX {name}"
            connection.execute(gone.encode())
            taken.indexes.append(str(definition))
            if sort:
                kind = {"p": "PRIMARY KEY", "u": "UNIQUE"}[str(sort)]
                taken.constraints.insert(
                    0, f"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name}"
                )
    return taken


def _at_once(server: EmbeddedPostgres, works: Sequence[Sequence[str]]) -> None:
    """Run lists of statements, each on a connection of its own."""

    def run(statements: Sequence[str]) -> None:
        with server.connect("bench") as connection:
            for setting in _QUICK:
                connection.execute(f"SET {setting}".encode())
            for statement in statements:
                connection.execute(statement.encode())

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))


def _careless(connection: Connection, value: str) -> None:
    for name in _CARELESS:
        connection.execute(f"ALTER SYSTEM SET {name} = {value}".encode())
    connection.execute(b"SELECT pg_reload_conf()")


def fill(server: EmbeddedPostgres, transfers: int) -> None:
    """Write so many transfers, with all that belongs to them."""
    people = str(transfers // EACH)
    with server.connect("bench") as connection, _timed("rows"):
        _careless(connection, "off")
        taken = _take_keys(connection)
        _at_once(server, [f.replace(":people", people).split(";\n") for f in FILL])
    with server.connect("bench") as connection, _timed("keys"):
        _at_once(server, [taken.indexes[::2], taken.indexes[1::2]])
        for statement in taken.constraints:
            connection.execute(statement.encode())
    with server.connect("bench") as connection, _timed("statistics, writing to disk"):
        _at_once(
            server,
            [
                [f"VACUUM (ANALYZE, INDEX_CLEANUP off) {each}" for each in LARGE],
                [
                    "VACUUM ANALYZE points_units",
                    "ANALYZE points_accounts",
                    "ANALYZE points_lots",
                    "ANALYZE points_redemptions",
                    "ANALYZE points_redemption_moves",
                ],
            ],
        )
        _careless(connection, "on")
        connection.execute(b"CHECKPOINT")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"    {what:28} {time.perf_counter() - start:6.1f} s", flush=True)


def _rates(server: EmbeddedPostgres, url: str, seconds: float) -> None:
    for clients in ledger.CLIENTS:
        one = ledger.ours(url, clients=clients, seconds=seconds, is_hot=False)
        other = ledger.pgbench(server, clients=clients, seconds=seconds, is_hot=False)
        print(
            f"    {clients:2} clients: {one.a_second:5.0f} redemptions a second, p99 {one.p99:.1f} ms;"
            f" pgbench {other.a_second:5.0f}",
            flush=True,
        )


def run(*, is_quick: bool = False) -> None:
    """Measure with few transfers and with many; LEDGER_TRANSFERS says how many."""
    many = int(os.environ.get("LEDGER_TRANSFERS", "100000" if is_quick else "10000000"))
    seconds = 2.0 if is_quick else 5.0
    with temporary_postgres(is_durable=True) as server:
        with server.connect("postgres") as connection:
            connection.execute(b"ALTER SYSTEM SET max_wal_size = '24GB'")
            connection.execute(b"SELECT pg_reload_conf()")
        server.create_database("bench")
        url = server.url("bench")
        ledger.prepare(url)
        print("  few transfers")
        _rates(server, url, seconds)
        print(f"  {many:,} more", flush=True)
        fill(server, many)
        _rates(server, url, seconds)
        _reconcile(url)


def _reconcile(url: str) -> None:
    """Run each check of reconciliation, and say what it found and how long it took."""
    database.connect(url)
    total, found = 0.0, set()
    with database.transaction() as session:
        count = session.execute(text("SELECT count(*) FROM points_transfers")).scalar_one()
        for name in reconciliation.CHECKS:
            start = time.perf_counter()
            findings = reconciliation.check(session, name)
            took = time.perf_counter() - start
            total += took
            found |= {each.check for each in findings}
            print(f"    {name:28} {took:6.1f} s  {len(findings)}", flush=True)
    assert found <= {"unsealed"}, found
    print(f"  reconciled {count:,} transfers in {total:.1f} s; load {os.getloadavg()[0]:.1f} after")
