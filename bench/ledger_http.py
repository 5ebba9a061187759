"""Redemptions a second over HTTP: a resident's form is posted to POST /points/redemptions.

gunicorn and the clients share this machine; the service layer and pgbench run on the same database,
in turns. Each client speaks for residents of its own, keeps its connection, and counts what leads on
to a redemption.
"""

import http.client
import multiprocessing
import random
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import accounts
from accounts.access import RESIDENT_COOKIE
from bench import ledger
from bench.http_nearest import ROOT, _environment
from kernel import database
from kernel.web import cookie_name
from local.postgres import temporary_postgres

PATH = "/points/redemptions"
RESIDENTS = 16  # of each client
PUBLIC_URL = "http://127.0.0.1"  # as the environment of bench.http_nearest says
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def run(*, is_quick: bool = False) -> None:
    """Print redemptions a second over HTTP, by the service layer, and by pgbench."""
    seconds = 2.0 if is_quick else 8.0
    with temporary_postgres(is_durable=True) as server, tempfile.TemporaryDirectory() as folder:
        server.create_database("bench")
        url = server.url("bench")
        ledger.prepare(url)
        with _serving(url, Path(folder)) as port:
            for clients in ledger.CLIENTS:
                tokens = _signed_in(url, clients * RESIDENTS)
                with multiprocessing.get_context("fork").Pool(clients) as pool:
                    runs = pool.starmap(
                        _client,
                        [(port, tokens[n::clients], seconds, n) for n in range(clients)],
                    )
                web = ledger.rate([each for run in runs for each in run], seconds)
                one = ledger.ours(url, clients=clients, seconds=seconds, is_hot=False)
                other = ledger.pgbench(server, clients=clients, seconds=seconds, is_hot=False)
                print(
                    f"{clients:2} clients: HTTP {web.a_second:5.0f} a second, p99 {web.p99:6.1f} ms;"
                    f" service layer {one.a_second:5.0f}; pgbench {other.a_second:5.0f}",
                    flush=True,
                )
        ledger.reconcile_and_tell(url)


def _signed_in(url: str, count: int) -> list[str]:
    database.connect(url)
    with database.transaction() as session:
        return [accounts.open_citizen_session(session, n + 1) for n in range(count)]


def _client(port: int, tokens: list[str], seconds: float, seed: int) -> list[float]:
    chance = random.Random(seed)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    me = cookie_name(RESIDENT_COOKIE, PUBLIC_URL)
    people = [_form_of(line, f"{me}={token}") for token in tokens]
    times = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        cookies, csrf = chance.choice(people)
        item = chance.randint(2, ledger.ITEMS)
        status = _post(line, cookies, csrf, item)
        if status != http.HTTPStatus.SEE_OTHER:
            raise RuntimeError(f"{PATH} answered {status}")
        times.append((time.perf_counter() - start) * 1000)
    return times


def _form_of(line: http.client.HTTPConnection, cookies: str) -> tuple[str, str]:
    """Open the page that confirms a redemption; return the cookies and the form's token."""
    line.request("GET", "/points/mall/2/confirm?site_id=1", headers={"Cookie": cookies})
    answer = line.getresponse()
    page = answer.read().decode()
    found = _TOKEN.search(page)
    if found is None:
        raise RuntimeError(f"no form to confirm ({answer.status})")
    given = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
    return "; ".join([cookies, *given]), found[1]


def _post(line: http.client.HTTPConnection, cookies: str, csrf: str, item: int) -> int:
    form = {
        "csrf_token": csrf, "item_id": item, "version": 1, "site_id": 1, "request_key": uuid4().hex,
    }  # fmt: skip
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    line.request("POST", PATH, body=urlencode(form), headers=headers)
    answer = line.getresponse()
    answer.read()
    return answer.status


@contextmanager
def _serving(url: str, folder: Path) -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port: int = door.getsockname()[1]
    environment = _environment(url, folder) | {
        "BAIXING_SECRET_KEY": secrets.token_hex(32), "BAIXING_COOKIE_SECURE": "false",
    }  # fmt: skip
    words = [sys.executable, "-m", "gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{port}"]
    words += ["--workers", "2", "--threads", "8", "--log-level", "error", "--keep-alive", "60"]
    with subprocess.Popen(words, cwd=ROOT, env=environment) as gunicorn:
        try:
            _wait(port)
            yield port
        finally:
            gunicorn.terminate()


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("gunicorn does not answer")
