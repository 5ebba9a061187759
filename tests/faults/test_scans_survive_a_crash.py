"""A killed web server loses at most the scans of its last second; a stopped one loses none."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from local.postgres import EmbeddedPostgres
from tests import factories
from tests.conftest import AES_KEY, ROOT
from tests.qr.signs import WECHAT, a_sign

pytestmark = pytest.mark.faults


class Web:
    """A real web server with two processes, on a database of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        self.engine = create_engine(url)
        with Session(self.engine) as session:
            self.code = a_sign(session).code
        with closing(socket.create_server(("127.0.0.1", 0))) as door:
            port = door.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/s/{self.code}"
        given = {
            "DATABASE_URL": url,
            "BROKER_URL": "memory://",
            "SECRET_KEY": "s" * 40,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "BLOB_DIR": str(folder),
            "WECHAT_APP_ID": "wx0123456789abcdef",
            "WECHAT_APP_SECRET": "s" * 32,
            "WECHAT_TOKEN": "t" * 16,
            "WECHAT_AES_KEY": AES_KEY,
            "LOG_LEVEL": "WARNING",
        }
        words = ["gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
        words += ["--worker-class", "gthread", "--threads", "4", "--preload"]
        words += ["--no-control-socket", "--log-level", "error"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, **{f"BAIXING_{name}": value for name, value in given.items()}},
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                requests.get(self.address.rpartition("/s/")[0] + "/healthz", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the web server does not answer")

    def scan(self, seconds: float) -> list[float]:
        """Scan one time after the other; return when each was answered."""
        answered = []
        end = time.monotonic() + seconds
        with requests.Session() as phone:
            phone.headers["User-Agent"] = WECHAT
            while time.monotonic() < end:
                assert phone.get(self.address, timeout=10).ok
                answered.append(time.monotonic())
        return answered

    def counted(self) -> int:
        with self.engine.connect() as connection:
            query = text("SELECT coalesce(sum(scans), 0)::int FROM qr_scans")
            return int(connection.execute(query).scalar_one())

    def end(self, how: signal.Signals) -> None:
        """End all its processes at once, so that none is started anew."""
        everyone = [self.process.pid, *(c.pid for c in psutil.Process(self.process.pid).children())]
        for pid in everyone if how is signal.SIGKILL else everyone[:1]:
            os.kill(pid, how)
        self.process.wait(30)


@pytest.fixture
def web(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Web]:
    with factories.throwaway_database(postgres) as url:
        made = Web(url, tmp_path)
        try:
            yield made
        finally:
            if made.process.poll() is None:
                made.end(signal.SIGKILL)
            made.engine.dispose()


def test_killed_in_the_middle_it_loses_at_most_a_second(web: Web) -> None:
    answered = web.scan(3.0)
    killed_at = time.monotonic()
    web.end(signal.SIGKILL)
    counted = web.counted()

    assert sum(1 for at in answered if at < killed_at - 1.0) <= counted <= len(answered)
    assert counted > 0


def test_stopped_it_loses_nothing(web: Web) -> None:
    answered = web.scan(1.0)
    web.end(signal.SIGTERM)

    assert web.counted() == len(answered)
