"""Requests a second of a sign's page, with its scans counted, against a Flask that only says hello.

Both stand behind the same gunicorn as `make run` uses, in turns. wrk asks for 2,000 signs at random,
as phones do: it takes gzip. Afterwards all scans must be in the database; one that was answered and
not counted fails the benchmark. Then a client sends at half of what was reached, at even pace
whatever the answers do, and measures how long each first byte takes.
"""

import asyncio
import os
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import requests
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from geo.cells import cell
from local.postgres import EmbeddedPostgres, temporary_postgres
from qr import demo

from .town import KINDS, Town

ROOT = Path(__file__).parent.parent
WORKERS, THREADS, CONNECTIONS = 2, 4, 8
GOAL = 0.5
_WARM_S = 20
GOAL_MS = 20.0
_PHONE = "Mozilla/5.0 (iPhone) AppleWebKit/605 Mobile MicroMessenger/8.0.50"
_SCRIPT = """
math.randomseed({seed})
local codes = {{ {codes} }}
local headers = {{ ["User-Agent"] = "{agent}", ["Accept-Encoding"] = "gzip" }}
request = function()
  return wrk.format("GET", "/s/" .. codes[math.random(#codes)], headers)
end
"""


# Of a service that knows no platform; database and folder are added.
SETTINGS = {
    "BROKER_URL": "memory://",
    "SECRET_KEY": secrets.token_hex(32),
    "PUBLIC_URL": "http://127.0.0.1",
    "WECHAT_APP_ID": "wx0123456789abcdef",
    "WECHAT_APP_SECRET": secrets.token_hex(16),
    "WECHAT_TOKEN": secrets.token_hex(16),
    "WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
    "LOG_LEVEL": "WARNING",
}


def bare() -> Flask:
    """Make the application to compare with."""
    app = Flask("bare")

    @app.get("/s/<code>")
    def hello(code: str) -> str:  # noqa: ARG001  # routed by the same rule
        return "hello"

    return app


def run(*, is_quick: bool) -> None:
    if shutil.which("wrk") is None:
        print("   wrk is not installed (Debian: apt-get install wrk): no figures")
        return
    rounds, seconds = (1, 4) if is_quick else (3, 5)
    with temporary_postgres(is_durable=False) as server, tempfile.TemporaryDirectory() as folder:
        url, codes = _filled(server)
        environment = _environment(url, Path(folder))
        script = Path(folder) / "ask.lua"
        names = {"bare Flask": "bench.signs:bare()", "sign": "app:create_app()"}
        rates: dict[str, list[float]] = {name: [] for name in names}
        delays: dict[str, list[float]] = {}
        asked = 0
        for turn in range(rounds):
            for name, factory in names.items():
                script.write_text(_script(turn, codes))
                with _serving(factory, environment, codes[0]) as address:
                    # As in a service that runs: each process has made its pages, after the six
                    # seconds in which it takes nothing for lasting (connections.py).
                    _ask(address, script, _WARM_S)
                    time.sleep(1.0)  # what was counted meanwhile is written
                    before = _counted(server)
                    rate, asked = _ask(address, script, seconds)
                    rates[name].append(rate)
                    if name == "sign":
                        time.sleep(1.0)  # a crash loses no more than this, a benchmark nothing
                        _all_are_counted(_counted(server) - before, asked)
                    if turn == rounds - 1:
                        half = statistics.median(rates[name]) / 2
                        delays[name] = asyncio.run(_pace(address, codes, half, seconds))
    _tell(rates, delays, len(codes))


def _script(seed: int, codes: Sequence[str]) -> str:
    listed = ", ".join(f'"{code}"' for code in codes)
    return _SCRIPT.format(seed=seed, codes=listed, agent=_PHONE)


def _filled(server: EmbeddedPostgres) -> tuple[str, list[str]]:
    """Return the address of a migrated database with facilities and signs, and the signs' codes."""
    server.create_database("bench")
    url = server.url("bench")
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
    town = Town(20_000)
    hours = ("24/7", "Mo-Su 06:00-23:00", "Mo-Fr 08:00-18:00", None)
    columns = "code, kind, name, street, latitude, longitude, cell, hours, is_accessible"
    with server.connect("bench") as connection, connection.cursor() as cursor:
        with cursor.copy(f"COPY convenience_facilities ({columns}) FROM STDIN") as copy:
            for row in range(20_000):
                latitude, longitude = float(town.latitudes[row]), float(town.longitudes[row])
                copy.write_row(
                    (
                        f"b-{row}",
                        KINDS[int(town.kinds[row])],
                        f"观音桥步行街{row}号",
                        "观音桥步行街",
                        latitude,
                        longitude,
                        cell(latitude, longitude),
                        hours[row % len(hours)],
                        bool(row % 3),
                    )
                )
        connection.commit()
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        demo.load(session, 2000)
    engine.dispose()
    with server.connect("bench") as connection:
        codes = [str(code) for (code,) in connection.execute("SELECT code FROM qr_codes")]
    return url, codes


def _counted(server: EmbeddedPostgres) -> int:
    with server.connect("bench") as connection:
        query = "SELECT coalesce(sum(scans), 0)::bigint FROM qr_scans"
        return sum(int(str(scans)) for (scans,) in connection.execute(query).fetchall())


def _all_are_counted(counted: int, asked: int) -> None:
    # wrk leaves without waiting for its last answers: those were counted and not heard.
    assert asked <= counted <= asked + CONNECTIONS, f"{asked} asked, {counted} counted"


def _environment(database_url: str, folder: Path) -> dict[str, str]:
    given = {**SETTINGS, "DATABASE_URL": database_url, "BLOB_DIR": str(folder / "blobs")}
    return {**os.environ, **{f"BAIXING_{name}": value for name, value in given.items()}}


@contextmanager
def _serving(factory: str, environment: dict[str, str], code: str) -> Iterator[str]:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port = door.getsockname()[1]
    words = [sys.executable, "-m", "gunicorn", factory, "--bind", f"127.0.0.1:{port}"]
    words += ["--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)]
    words += ["--preload", "--no-control-socket", "--log-level", "error"]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(words, cwd=ROOT, env=environment) as gunicorn:
        try:
            _wait(f"{address}/s/{code}", gunicorn)
            yield address
        finally:
            gunicorn.terminate()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            if requests.get(address, timeout=30).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn does not answer")


def _ask(address: str, script: Path, seconds: int) -> tuple[float, int]:
    """Return requests a second, and how many were answered."""
    words = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", str(script)]
    told = subprocess.run([*words, address], check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in told, told
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    count = re.search(r"(\d+) requests in", told)
    assert rate, told
    assert count, told
    return float(rate[1]), int(count[1])


async def _pace(address: str, codes: Sequence[str], rate: float, seconds: int) -> list[float]:
    """Send so many requests a second, late or not; return milliseconds to each first byte.

    A request that had to wait for its turn counts from when it was due.
    """
    port, random = int(address.rpartition(":")[2]), Random(1)
    delays: list[float] = []
    begin = time.perf_counter() + 0.2
    due = iter([begin + n / rate for n in range(int(rate * seconds))])

    async def phone() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for at in due:
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            path = f"/s/{random.choice(codes)}"
            head = f"GET {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: {_PHONE}\r\n"
            writer.write(f"{head}Accept-Encoding: gzip\r\n\r\n".encode())
            first = await reader.readexactly(1)
            delays.append((time.perf_counter() - at) * 1000)
            heads = first + await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", heads)
            assert length, heads
            await reader.readexactly(int(length[1]))
        writer.close()

    await asyncio.gather(*(phone() for _ in range(CONNECTIONS)))
    return delays


def _tell(rates: dict[str, list[float]], delays: dict[str, list[float]], count: int) -> None:
    middles = {name: statistics.median(each) for name, each in rates.items()}
    print(f"   {count:,} signs, {WORKERS} workers, {CONNECTIONS} connections, requests a second")
    for name, each in rates.items():
        listed = " ".join(f"{rate:,.0f}" for rate in each)
        print(f"   {name:<12}{middles[name]:>9,.0f}   (rounds: {listed})")
    share = middles["sign"] / middles["bare Flask"]
    print(f"   share       {share:>9.2f}   (goal: {GOAL}; every scan was counted)")
    print("   first byte at half load, milliseconds")
    for name, each in delays.items():
        steps = statistics.quantiles(each, n=100)
        print(f"   {name:<12} median {steps[49]:.1f}, 99 % {steps[98]:.1f}   (goal: {GOAL_MS:.0f})")
