"""Drop each law of the ledger in turn, and each lock: does a test fail?

A mutant that no test kills is a law that nobody would miss. What merely asks whether a law is
there (the comparison of the schema with the models, the count of wrong rows) is left out: here we
ask whether a test knows what it is for.

Each verdict is kept in a file for as long as nothing in the sources changes: a run that was broken
off goes on where it was. First comes the control: every test file as it is, which must be green.
"""

import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

import app  # noqa: F401  # all that the children need, imported once
from bench import mutant
from kernel import bus, clock
from local.postgres import EmbeddedPostgres
from points.keys import Keys
from tests.conftest import migrate
from tests.points import wrong_rows
from tests.points.conftest import NOON, Clock
from tests.points.wrong_world import broken_by, build

ROOT = Path(__file__).parents[1]
# All, for what no test is named for. Those that kill most come first.
TESTS = [
    f"tests/points/test_{name}.py"
    for name in (
        "ledger_law", "redemption_law", "catalogue", "adjustments", "appeals", "expiry", "vouchers",
        "fulfilment", "redemption", "awards", "recharge", "sealing", "ledger", "reconciliation",
        "review", "alarms", "columns_law", "races", "desk_races", "naive_races",
    )
]  # fmt: skip
CONTROL = "nothing changed"
HUNG = "hung until its time was over"
LONGEST_S = 300  # of one run of tests: a mutant that hangs is noticed by this
SOURCES = "points", "kernel", "accounts", "migrations", "tests/points", "tests/conftest.py", "bench"
LEFT_OUT = ["--deselect", "tests/points/test_columns_law.py::test_no_rule_is_forgotten_here"]
LAWS = """
SELECT conrelid::regclass::text, conname::text,
    format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
FROM pg_constraint WHERE conrelid::regclass::text LIKE 'points_%' AND contype IN ('c', 'f', 'u', 'p')
UNION ALL
SELECT tablename, indexname, format('DROP INDEX %I', indexname)
FROM pg_indexes WHERE tablename LIKE 'points_%' AND indexdef LIKE 'CREATE UNIQUE%WHERE%'
UNION ALL
SELECT tgrelid::regclass::text, tgname,
    format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)
FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'points_%'
ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Slip:
    """A change to the code that takes a lock or a rule away; `tests` know it best."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]


SLIPS = {
    "lock: the wallet": Slip(
        "points/ledger.py", "ORDER BY id FOR UPDATE", "ORDER BY id", ("races",)
    ),
    "lock: the case": Slip(
        "points/awards.py", "pg_advisory_xact_lock(:kind, :case)", ":kind, :case", ("races",)
    ),
    "lock: the unit": Slip(
        "points/redemption.py", "LIMIT 1 FOR UPDATE SKIP LOCKED", "LIMIT 1", ("races",)
    ),
    "lock: waiting for units": Slip(
        "points/redemption.py", "FOR UPDATE SKIP LOCKED", "FOR UPDATE", ("desk_races",)
    ),
    "lock: the item": Slip("points/catalogue.py", ".with_for_update(key_share=True)", "", ("desk_races",)),
    "lock: the order of credit": Slip(
        "points/recharge.py", "of=Recharge, skip_locked=True", "read=True", ("races",)
    ),
    "lock: the sealer": Slip(
        "points/sealing.py", "pg_advisory_xact_lock(:sealer)", ":sealer", ("desk_races",)
    ),
    "rule: time rises": Slip(
        "points/ledger.py", "max(now, book.last_at", "min(now, book.last_at", ("ledger",)
    ),
    "rule: first expiring first": Slip(
        "points/ledger.py", "ORDER BY expires_on\n", "ORDER BY expires_on DESC\n", ("ledger",)
    ),
    "rule: the date of lots": Slip(
        "points/offers.py", "AND expires_on >= :today", "AND CAST(:today AS date) IS NOT NULL",
        ("redemption", "ledger"),
    ),
    "rule: another body under a key": Slip(
        "points/requests.py", "raise KeyReused", "return dict(answer)", ("redemption",)
    ),
    "rule: refusals are remembered": Slip(
        "points/redemption.py", "requests.remember(session, request, {", "dict({", ("redemption",)
    ),
    "rule: an old key seals no more": Slip(
        "points/sealing.py", "row.key_id < key_id", "row.key_id < 0", ("sealing",)
    ),
    "rule: lengths in the seal": Slip(
        "kernel/keys.py", 'made.update(len(part).to_bytes(8, "big"))', "pass", ("catalogue",)
    ),
    "rule: frozen points": Slip(
        "points/redemption.py", "if purse.wallet.is_frozen:", "if False:", ("redemption",)
    ),
    "rule: who owes": Slip(
        "points/redemption.py", "if purse.owed:", "if False:", ("adjustments",)
    ),
    "rule: own affairs": Slip(
        "points/adjustments.py", "if own == citizen_id:", "if False:", ("adjustments",)
    ),
    "rule: five tries": Slip(
        "points/fulfilment.py", "tries_left -= 1", "tries_left -= 0", ("fulfilment",)
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    name: str
    tests: Sequence[str]
    statement: str | None = None
    slip: Slip | None = None
    wrong: wrong_rows.Change | None = None  # the row that its own test writes


def run(*, is_quick: bool = False) -> None:
    """Print a table: each mutant, and the test that killed it."""
    with tempfile.TemporaryDirectory(
        prefix="baixing-mutants-", ignore_cleanup_errors=True
    ) as folder:
        server = EmbeddedPostgres(Path(folder) / "data", is_durable=False)
        server.init()
        server.start()
        try:
            _all(server, every=20 if is_quick else 1)
        finally:
            server.stop()


def _all(server: EmbeddedPostgres, *, every: int) -> None:
    server.create_database("whole")
    migrate(server.url("whole"))
    start, alive, verdicts = time.monotonic(), [], _Verdicts()
    count = 0
    wanted = os.environ.get("MUTANTS", "")  # part of a name: `MUTANTS="nothing changed"`
    chosen = [each for each in _mutants(server) if wanted in each.name]
    for each in chosen if wanted else chosen[::every]:
        killer = verdicts.known(each.name)
        if killer is None:
            killer = verdicts.keep(each.name, _killer_of(server, each))
        if each.name.startswith(CONTROL):
            assert not killer, f"it fails without a mutation: {killer}"
            print(f"{each.name:84} green", flush=True)
            continue
        print(f"{each.name:84} {killer or 'ALIVE'}", flush=True)
        count += 1
        if not killer:
            alive.append(each.name)
    took = time.monotonic() - start
    print(f"\n{count - len(alive)} killed, {len(alive)} alive, in {took:.0f} s; {verdicts.path}")
    for name in alive:
        print(f"  alive: {name}")


def _killer_of(server: EmbeddedPostgres, each: Mutant) -> str:
    if each.name.startswith(CONTROL):
        return _killed_by(server, each, each.tests)
    return (
        _killed_by_its_row(server, each)
        or _killed_by(server, each, each.tests)
        or _killed_by(server, each, TESTS)
    )


class _Verdicts:
    """What was found of each mutant of these sources, in a file beside other temporary ones."""

    def __init__(self) -> None:
        made = hashlib.sha256()
        for each in SOURCES:
            found = (
                [ROOT / each] if (ROOT / each).is_file() else sorted((ROOT / each).rglob("*.py"))
            )
            for path in found:
                made.update(path.read_bytes())
        self.path = Path(tempfile.gettempdir()) / f"baixing-mutations-{made.hexdigest()[:12]}.jsonl"
        lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
        self._known: dict[str, str] = dict(json.loads(line) for line in lines)

    def known(self, name: str) -> str | None:
        return self._known.get(name)

    def keep(self, name: str, killer: str) -> str:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([name, killer], ensure_ascii=False) + "\n")
        return killer


def _mutants(server: EmbeddedPostgres) -> Iterator[Mutant]:
    for file in TESTS:
        yield Mutant(f"{CONTROL}: {file}", [file])
    with server.connect("whole") as connection:
        laws = connection.execute(LAWS.encode()).fetchall()
    for table, law, statement in laws:
        wrong = wrong_rows.laws_of(str(table).removeprefix("points_")).get(str(law))
        yield Mutant(f"{table}: {law}", TESTS[:2], statement=str(statement), wrong=wrong)
    for name, slip in SLIPS.items():
        yield Mutant(name, [f"tests/points/test_{each}.py" for each in slip.tests], slip=slip)


def _killed_by_its_row(server: EmbeddedPostgres, each: Mutant) -> str:
    """Drop the law where its own test has built its world, and do what the test does.

    All in one transaction, which is rolled back: hundreds of laws need no database each.
    """
    if each.wrong is None or each.statement is None:
        return ""
    table, _, law = each.name.partition(": ")
    with _world(server) as session, session.begin_nested() as nested:
        try:
            session.execute(text(each.statement))
            is_still_stopped = broken_by(session, table.removeprefix("points_"), each.wrong) == law
        finally:
            nested.rollback()
    return "" if is_still_stopped else f"test_columns_law.py[{table.removeprefix('points_')}]"


_built: Session | None = None


@contextmanager
def _world(server: EmbeddedPostgres) -> Iterator[Session]:
    """Lend the world of the columns' tests, built once, in a transaction that never ends."""
    global _built  # noqa: PLW0603  # one for the run
    if _built is None:
        bus.connect({})
        server.create_database("columns")
        migrate(server.url("columns"))
        _built = Session(create_engine(server.url("columns")))
        real, clock.now = clock.now, Clock(NOON)
        build(_built, clock.now, Keys.of("a secret of the mutations, long enough for it"))
        clock.now = real
    yield _built


def _killed_by(server: EmbeddedPostgres, each: Mutant, tests: Sequence[str]) -> str:
    """Return the first test that fails on the mutant, "" for none."""
    with server.connect("postgres") as connection:
        connection.execute(b"DROP DATABASE IF EXISTS mutated WITH (FORCE)")
        connection.execute(b"CREATE DATABASE mutated TEMPLATE whole")
    if each.statement is not None:
        with server.connect("mutated") as connection:
            connection.execute(each.statement.encode())
    asked = [*LEFT_OUT, *tests]
    if each.slip is None:
        with multiprocessing.get_context("fork").Pool(1) as child:
            asking = child.apply_async(mutant.first_failure, (server.data_dir, "mutated", asked))
            try:
                found = asking.get(timeout=LONGEST_S)
            except multiprocessing.TimeoutError:
                found = HUNG
    else:
        found = _apart(server, each.slip, asked)
    _drop_copies(server)
    if found.startswith(mutant.SPOILT):
        raise RuntimeError(f"{each.name}: {found}")
    return found


def _apart(server: EmbeddedPostgres, slip: Slip, tests: Sequence[str]) -> str:
    words = [sys.executable, "-m", "bench.mutant", str(server.data_dir), "mutated", slip.file]
    try:
        done = subprocess.run(
            [*words, *tests],
            cwd=ROOT,
            env=os.environ | {mutant.OLD: slip.old, mutant.NEW: slip.new},
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        return HUNG
    if done.returncode != 0:
        return mutant.SPOILT + done.stderr[-2000:]
    return done.stdout.strip()


def _drop_copies(server: EmbeddedPostgres) -> None:
    with server.connect("postgres") as connection:
        copies = connection.execute(
            b"SELECT datname FROM pg_database WHERE datname NOT IN"
            b" ('postgres', 'template0', 'template1', 'whole', 'mutated', 'columns')"
        ).fetchall()
        for (copy,) in copies:
            connection.execute(f'DROP DATABASE "{copy}" WITH (FORCE)'.encode())
