"""Requests a second: our nearest facilities as JSON against a Flask that only says hello.

Both stand behind the same gunicorn, one after the other and in turns, so that a busy machine is as
busy for one as for the other. wrk asks from the same machine; where it is not installed, there are
no figures. Each question is for another place, ten facilities, a tenth of them filtered.
"""

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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests
from alembic import command
from alembic.config import Config
from flask import Flask

from geo.cells import cell
from local.postgres import EmbeddedPostgres, temporary_postgres

from .town import EAST, KINDS, NORTH, SOUTH, WEST, Town

ROOT = Path(__file__).parent.parent
WORKERS = 2
GOAL = 0.7
_NEAREST = "/api/v1/facilities/nearest"

_SCRIPT = """
math.randomseed({seed})
request = function()
  local lat = {south} + math.random() * ({north} - {south})
  local lng = {west} + math.random() * ({east} - {west})
  local more = math.random() < 0.1 and "&open_now=true&accessible=true" or ""
  return wrk.format("GET", string.format(
    "{path}?lat=%.6f&lng=%.6f&kind=toilet&limit=10%s", lat, lng, more))
end
"""


def bare() -> Flask:
    """Make the application to compare with."""
    app = Flask("bare")

    @app.get(_NEAREST)
    def hello() -> str:
        return "hello"

    return app


def run(*, is_quick: bool) -> None:
    if shutil.which("wrk") is None:
        print("   wrk is not installed (Debian: apt-get install wrk): no figures")
        return
    rounds, seconds, count = (1, 2, 2000) if is_quick else (3, 5, 20_000)
    with temporary_postgres(is_durable=False) as server, tempfile.TemporaryDirectory() as folder:
        environment = _environment(_filled(server, count), Path(folder))
        script = Path(folder) / "ask.lua"
        names = {"bare Flask": "bench.http_nearest:bare()", "nearest": "app:create_app()"}
        rates: dict[str, list[float]] = {name: [] for name in names}
        for turn in range(rounds):
            for name, factory in names.items():
                script.write_text(_script(turn))
                with _serving(factory, environment) as address:
                    _is_right(address, name)
                    _ask(address, script, 2 if is_quick else 8)  # each worker reads its cards first
                    rates[name].append(_ask(address, script, seconds))
    _tell(rates, count)


def _script(seed: int) -> str:
    places = {"south": SOUTH, "north": NORTH, "west": WEST, "east": EAST}
    return _SCRIPT.format(seed=seed, path=_NEAREST, **places)


def _filled(server: EmbeddedPostgres, count: int) -> str:
    """Return the address of a migrated database with a town in it."""
    server.create_database("bench")
    url = server.url("bench")
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
    town = Town(count)
    hours = ("24/7", "Mo-Su 06:00-23:00", "Mo-Fr 08:00-18:00", None)
    with server.connect("bench") as connection, connection.cursor() as cursor:
        columns = "code, kind, name, street, latitude, longitude, cell, hours, is_accessible"
        with cursor.copy(f"COPY convenience_facilities ({columns}) FROM STDIN") as copy:
            for row in range(count):
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
    return url


def _environment(database_url: str, folder: Path) -> dict[str, str]:
    given = {
        "DATABASE_URL": database_url,
        "BROKER_URL": "memory://",
        "SECRET_KEY": secrets.token_hex(32),
        "PUBLIC_URL": "http://127.0.0.1",
        "BLOB_DIR": str(folder / "blobs"),
        "WECHAT_APP_ID": "wx0123456789abcdef",
        "WECHAT_APP_SECRET": secrets.token_hex(16),
        "WECHAT_TOKEN": secrets.token_hex(16),
        "WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
        "LOG_LEVEL": "WARNING",
    }
    return {**os.environ, **{f"BAIXING_{name}": value for name, value in given.items()}}


@contextmanager
def _serving(factory: str, environment: dict[str, str]) -> Iterator[str]:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port = door.getsockname()[1]
    words = [sys.executable, "-m", "gunicorn", factory, "--bind", f"127.0.0.1:{port}"]
    words += ["--workers", str(WORKERS), "--threads", "4", "--log-level", "error"]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(words, cwd=ROOT, env=environment) as gunicorn:
        try:
            _wait(f"{address}{_NEAREST}?lat=29.57&lng=106.53", gunicorn)
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


def _is_right(address: str, name: str) -> None:
    """Make sure that what is measured is what it says."""
    answer = requests.get(f"{address}{_NEAREST}?lat=29.57&lng=106.53&kind=toilet", timeout=30)
    if name == "nearest":
        assert len(answer.json()["items"]) == 10
    else:
        assert answer.text == "hello"


def _ask(address: str, script: Path, seconds: int) -> float:
    told = subprocess.run(
        ["wrk", "-t", "1", "-c", "8", "-d", f"{seconds}s", "-s", str(script), address],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "Non-2xx" not in told, told
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found, told
    return float(found[1])


def _tell(rates: dict[str, list[float]], count: int) -> None:
    middles = {name: statistics.median(each) for name, each in rates.items()}
    print(f"   {count:,} facilities, {WORKERS} workers, 8 connections, requests a second")
    for name, each in rates.items():
        listed = " ".join(f"{rate:,.0f}" for rate in each)
        print(f"   {name:<12}{middles[name]:>9,.0f}   (rounds: {listed})")
    print(f"   share       {middles['nearest'] / middles['bare Flask']:>9.2f}   (goal: {GOAL})")
