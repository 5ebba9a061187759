"""Drop each law of the ledger in turn, and each lock: does a test fail?

A mutant that no test kills is a law that nobody would miss. The comparison of the schema with the
models (tests/migrations) would kill every dropped constraint and is left out: it asks whether the
law is there, here we ask whether a test knows what it is for.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import mutant
from local.postgres import EmbeddedPostgres
from tests.conftest import migrate

ROOT = Path(__file__).parents[1]
# Those that kill most come first: the run stops at the first test that fails.
TESTS = [
    f"tests/points/test_{name}.py"
    for name in (
        "columns_law", "ledger_law", "redemption_law", "catalogue", "adjustments", "expiry", "vouchers",
        "fulfilment", "redemption", "awards", "recharge", "sealing", "ledger", "reconciliation",
        "races", "naive_races",
    )
]  # fmt: skip
LAWS = """
SELECT conrelid::regclass || ': ' || conname,
    format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
FROM pg_constraint WHERE conrelid::regclass::text LIKE 'points_%%' AND contype IN ('c', 'f', 'u', 'p')
AND conparentid = 0
UNION ALL
SELECT tablename || ': index ' || indexname, format('DROP INDEX %I', indexname)
FROM pg_indexes WHERE tablename LIKE 'points_%%' AND indexdef LIKE 'CREATE UNIQUE%%WHERE%%'
UNION ALL
SELECT tgrelid::regclass || ': trigger ' || tgname,
    format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)
FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'points_%%'
ORDER BY 1
"""
_LOCKED = ".with_for_update(key_share=True)"
LOCKS = {
    "the wallet's lock": ("points/ledger.py", "ORDER BY id FOR UPDATE", "ORDER BY id"),
    "the case's lock": ("points/awards.py", "pg_advisory_xact_lock(:kind, :case)", ":kind, :case"),
    "the unit's lock": ("points/redemption.py", "LIMIT 1 FOR UPDATE SKIP LOCKED", "LIMIT 1"),
    "waiting for units": ("points/redemption.py", "FOR UPDATE SKIP LOCKED", "FOR UPDATE"),
    "the order's lock": ("points/recharge.py", "of=Recharge, skip_locked=True", "read=True"),
    "time that rises": ("points/ledger.py", "max(now, book.last_at", "min(now, book.last_at"),
    "first expiring first": ("points/ledger.py", "ORDER BY expires_on\n", "ORDER BY expires_on DESC\n"),
    "the date of lots": ("points/offers.py", "AND expires_on >= :today", "AND CAST(:today AS date) IS NOT NULL"),
    "constant answers": ("points/requests.py", "raise KeyReused", "return dict(answer)"),
    "remembered refusals": ("points/redemption.py", "requests.remember(session, request, {", "dict({"),
    "the sealer's length": ("points/keys.py", 'made.update(len(part).to_bytes(8, "big"))', "pass"),
}  # fmt: skip


@dataclass
class Mutant:
    name: str
    statement: str | None = None
    source: tuple[str, str, str] | None = None


@dataclass
class Result:
    killed: list[tuple[str, str]] = field(default_factory=list)
    alive: list[str] = field(default_factory=list)


def run(*, is_quick: bool = False) -> None:
    """Print a table: each mutant, and the test that killed it."""
    with tempfile.TemporaryDirectory(
        prefix="baixing-mutants-", ignore_cleanup_errors=True
    ) as folder:
        server = EmbeddedPostgres(Path(folder) / "data", is_durable=False)
        server.init()
        server.start()
        try:
            result = _all(server, is_quick=is_quick)
        finally:
            server.stop()
    print(f"\n{len(result.killed)} killed, {len(result.alive)} alive")
    for name in result.alive:
        print(f"  alive: {name}")


def _all(server: EmbeddedPostgres, *, is_quick: bool) -> Result:
    server.create_database("whole")
    migrate(server.url("whole"))
    mutants = list(_mutants(server))
    result = Result()
    for each in mutants[:: 20 if is_quick else 1]:
        killer = _killer(server, each)
        print(f"{each.name:90} {killer or 'ALIVE'}", flush=True)
        if killer is None:
            result.alive.append(each.name)
        else:
            result.killed.append((each.name, killer))
    return result


def _mutants(server: EmbeddedPostgres) -> Iterator[Mutant]:
    for name, source in LOCKS.items():
        yield Mutant(name, source=source)
    with server.connect("whole") as connection:
        for law, statement in connection.execute(LAWS.replace("%%", "%").encode()).fetchall():
            yield Mutant(str(law), statement=str(statement))


def _killer(server: EmbeddedPostgres, each: Mutant) -> str | None:
    """Return the first test that fails on the mutant, or None."""
    with server.connect("postgres") as connection:
        connection.execute(b"DROP DATABASE IF EXISTS mutated WITH (FORCE)")
        connection.execute(b"CREATE DATABASE mutated TEMPLATE whole")
    if each.statement is not None:
        with server.connect("mutated") as connection:
            connection.execute(each.statement.encode())
    environment = os.environ | {mutant.DATA: str(server.data_dir), mutant.TEMPLATE: "mutated"}
    if each.source is not None:
        environment[mutant.SOURCE] = "\x01".join(each.source)
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "bench.mutant",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*argv, *TESTS], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    _drop_copies(server)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode == 0:
        return None
    if not failed:  # the run itself went wrong: that is no verdict
        raise RuntimeError(f"{each.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed[0].split(" - ")[0].split("::", 1)[-1]


def _drop_copies(server: EmbeddedPostgres) -> None:
    with server.connect("postgres") as connection:
        copies = connection.execute(
            b"SELECT datname FROM pg_database WHERE datname NOT IN"
            b" ('postgres', 'template0', 'template1', 'whole', 'mutated')"
        ).fetchall()
        for (copy,) in copies:
            connection.execute(f'DROP DATABASE "{copy}" WITH (FORCE)'.encode())
