"""The life of a case over HTTP at nought, 300 thousand and a million stored cases, and in bursts.

One lifecycle is six requests: a report comes in, is filed, dispatched, disposed of with a photo,
checked and closed with a photo, and read back by its number as a resident's JSON. Reports and moves
come through a door of the bench's own that calls the same services as chat and desk (theirs want a
platform's signature, or a form's token); reading back is the service's own address. Everything is
gunicorn, PostgreSQL with fsync on, and the client, on one machine.
"""

import http.client
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from PIL import Image

import cases
from accounts.access import public
from app import create_app
from kernel.database import transaction
from local.postgres import EmbeddedPostgres, temporary_postgres
from tests.conftest import migrate

ROOT = Path(__file__).parent.parent
WORKERS, CLIENTS, BURST = 2, 8, 64
GOAL_A_SECOND, GOAL_LOST, GOAL_ERRORS = 100.0, 0.15, 0.01

# Closed cases with their whole history, as the service would have written them; ids from :low on.
FILL = """
INSERT INTO cases_cases (report_no, access_key, request_key, status, version, source, class_code,
        condition, citizen_id, text, latitude, longitude, cell, body_id, reported_at, updated_at)
    SELECT 'F' || n, 'k', 'r' || n, 'closed', 5, 'wechat', 'C0137', 'C0137/1', 1 + n % 1000,
        '路面坑洼，积水很深', 29.5 + n % 1000 * 0.0001, 106.5 + n / 1000 % 1000 * 0.0001,
        'wm7b' || lpad((n % 10000)::text, 4, '0'), 1 + n % 400,
        now() - n * interval '95 seconds', now() FROM generate_series({low}, {high}) n;
INSERT INTO cases_moves (case_id, seq, name, from_status, to_status, request_key, staff_id, body_id)
    SELECT c.id, m.seq, m.name, m.origin, m.goal, 'm' || c.id || '-' || m.seq,
        CASE WHEN m.seq > 1 THEN 1 END, CASE WHEN m.seq = 3 THEN c.body_id END
    FROM cases_cases c, (VALUES (1, 'report', NULL, 'reported'), (2, 'file', 'reported', 'filed'),
        (3, 'dispatch', 'filed', 'dispatched'), (4, 'dispose', 'dispatched', 'disposed'),
        (5, 'close', 'disposed', 'closed')) m (seq, name, origin, goal) WHERE c.id >= {low};
INSERT INTO cases_stages (case_id, begun_seq, stage, limit_value, limit_unit, whole_s, begun_at,
        warn_at, due_at, ended_seq, ended_at)
    SELECT c.id, s.seq, s.stage, 15, 'minute', 900, c.reported_at, c.reported_at, c.reported_at,
        s.seq + 1, c.reported_at
    FROM cases_cases c, (VALUES (1, 'accept'), (2, 'dispatch'), (3, 'dispose'), (4, 'check'))
        s (seq, stage) WHERE c.id >= {low};
INSERT INTO cases_facts (case_id, reported_at, source, class_code, body_id, status, filed_at,
        file_due_at, dispatched_at, dispatch_due_at, disposed_at, dispose_due_at, checked_at,
        check_due_at, closed_at, answered_at, answer_due_at, bodies)
    SELECT id, reported_at, source, class_code, body_id, status, reported_at, reported_at,
        reported_at, reported_at, reported_at, reported_at, reported_at, reported_at, reported_at,
        reported_at, reported_at, 1 FROM cases_cases WHERE id >= {low};
"""
PEOPLE = """
INSERT INTO accounts_citizens (openid) SELECT 'b' || n FROM generate_series(1, 1000) n;
INSERT INTO accounts_staff (username, name, role, password_hash)
    VALUES ('bench', '李娜', 'administrator', '-');
INSERT INTO territory_bodies (code, name, kind) SELECT n::text, '单位' || n, 'department'
    FROM generate_series(1, 458) n;
"""


def service() -> Flask:
    """Make the service with the bench's door."""
    app = create_app()
    picture = cases.prepare(_photo())

    @app.post("/bench/reports")
    @public
    def come_in() -> Response:
        given: dict[str, Any] = request.get_json()
        with transaction() as session:
            made = cases.report(
                session,
                request_key=given["key"],
                prefix="JB",
                source="wechat",
                citizen_id=given["citizen_id"],
                text="路面坑洼，积水很深",
                latitude=29.55 + given["citizen_id"] * 1e-4,
                longitude=106.53,
                class_code="C0137",
            )
        return jsonify(id=made.case_id, no=made.report_no, key=made.access_key)

    @app.post("/bench/moves")
    @public
    def move() -> Response:
        given: dict[str, Any] = request.get_json()
        with transaction() as session:
            cases.move(
                session,
                case_id=given["id"],
                name=given["name"],
                staff_id=1,
                request_key=given["key"],
                seen_version=given["seen"],
                note="已经看过现场",
                body_id=given["body_id"],
                photos=[picture] if given["name"] in {"dispose", "close"} else [],
            )
        return jsonify(done=True)

    for view in (come_in, move):
        app.extensions["csrf"].exempt(view)
    return app


def _photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(out, "JPEG")
    return out.getvalue()


def run(*, is_quick: bool) -> None:
    sizes = (0, 3000) if is_quick else (0, 300_000, 1_000_000)
    seconds = 3.0 if is_quick else 20.0
    with temporary_postgres(is_durable=True) as server, tempfile.TemporaryDirectory() as folder:
        server.create_database("bench")
        url = server.url("bench")
        migrate(url)
        _fill(server, PEOPLE)
        stored, rates = 0, []
        for size in sizes:
            _grow(server, stored, size)
            stored = max(stored, size)
            with _serving(_environment(url, Path(folder))) as port:
                _drive(port, 2.0, CLIENTS)
                rates.append(_tell(f"{size:>9} cases", *_drive(port, seconds, CLIENTS)))
                _tell(f"{size:>9} burst", *_drive(port, seconds / 4, BURST))
    lost = 1 - rates[-1] / rates[0]
    print(f"\n   lost from empty to {sizes[-1]}: {lost:.1%} (goal < {GOAL_LOST:.0%})")
    print(f"   goal {GOAL_A_SECOND:.0f} lifecycles a second, errors < {GOAL_ERRORS:.0%}")


def _grow(server: EmbeddedPostgres, stored: int, size: int) -> None:
    if size <= stored:
        return
    with server.connect("bench") as connection:
        row = connection.execute("SELECT coalesce(max(id), 0) FROM cases_cases").fetchone()
        low = 1 + int(str(row[0])) if row else 1
    begun = time.perf_counter()
    _fill(server, FILL.format(low=low, high=low + size - stored - 1))
    print(f"   filled up to {size} cases in {time.perf_counter() - begun:.0f} s")


def _fill(server: EmbeddedPostgres, statements: str) -> None:
    with server.connect("bench") as connection:
        # What is filled in obeys the rules; checking them row by row would take long.
        connection.execute("SET session_replication_role = replica")
        for statement in statements.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
    with server.connect("bench") as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _drive(port: int, seconds: float, clients: int) -> tuple[list[float], int, float]:
    """Run lifecycles for so long; return their seconds, the errors, and the time it took."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        found = list(pool.map(lambda _: _client(port, begun + seconds), range(clients)))
    took = time.perf_counter() - begun
    return [each for times, _ in found for each in times], sum(e for _, e in found), took


def _client(port: int, until: float) -> tuple[list[float], int]:
    times, errors = [], 0
    while time.perf_counter() < until:
        begun = time.perf_counter()
        try:
            _lifecycle(port)
        except (OSError, http.client.HTTPException, AssertionError, ValueError):
            errors += 1
        else:
            times.append(time.perf_counter() - begun)
    return times, errors


def _lifecycle(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(connection):
        made = _ask(
            connection,
            "POST",
            "/bench/reports",
            {"key": secrets.token_hex(16), "citizen_id": 1 + secrets.randbelow(1000)},
        )
        body_id = 1 + secrets.randbelow(458)
        for seen, name in enumerate(("file", "dispatch", "dispose", "close"), 1):
            key = secrets.token_hex(16)
            wanted = {"id": made["id"], "name": name, "key": key, "seen": seen}
            _ask(connection, "POST", "/bench/moves", wanted | {"body_id": body_id})
        read = _ask(connection, "GET", f"/api/v1/reports/{made['no']}?k={made['key']}", None)
        assert read["status"] == "closed"
        assert len(read["steps"]) == 5


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: dict[str, object] | None
) -> dict[str, Any]:
    sent = json.dumps(body) if body is not None else None
    connection.request(method, path, sent, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    data = answer.read()
    assert answer.status == 200, data
    found: dict[str, Any] = json.loads(data)
    return found


def _tell(name: str, times: list[float], errors: int, took: float) -> float:
    rate = len(times) / took
    middle = statistics.median(times) * 1000 if times else float("nan")
    worst = sorted(times)[int(len(times) * 0.99)] * 1000 if times else float("nan")
    share = errors / max(1, errors + len(times))
    print(
        f"   {name}: {rate:6.1f} lifecycles/s, median {middle:5.0f} ms, 99 % {worst:5.0f} ms,"
        f" errors {share:.2%}"
    )
    return rate


def _environment(database_url: str, folder: Path) -> dict[str, str]:
    given = {
        "DATABASE_URL": database_url,
        "BROKER_URL": "memory://",
        "SECRET_KEY": secrets.token_hex(32),
        "PUBLIC_URL": "http://127.0.0.1",
        "BLOB_DIR": str(folder / "blobs"),
        "WECHAT_APP_ID": "wx0123456789abcdef",
        "WECHAT_APP_SECRET": "0" * 32,
        "WECHAT_TOKEN": "bench",
        "WECHAT_AES_KEY": "a" * 43,
        "LOG_LEVEL": "ERROR",
    }
    own = {name: value for name, value in os.environ.items() if not name.startswith("BAIXING_")}
    return own | {f"BAIXING_{name}": value for name, value in given.items()}


@contextmanager
def _serving(environment: dict[str, str]) -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port: int = door.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "bench.cases:service()", "--workers", str(WORKERS)]
    # One thread more than connections of the pool would only wait for them.
    command += ["--threads", "4", "--bind", f"127.0.0.1:{port}", "--backlog", "512"]
    process = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=environment)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as asked:
                asked.request("GET", "/healthz")
                if asked.getresponse().status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the service did not start")
