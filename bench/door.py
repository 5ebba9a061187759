"""Requests a second through the door: a text in secure mode, all the way to the commit and back.

Ours verifies, finds out whether it was there before, waits for the resident's turn, decides, commits to
a PostgreSQL with its default durability, and encrypts the answer; the others only echo. Every message
is another one, of one of two thousand residents who have written before. Two processes each, in turns,
asked from the same machine with sixteen connections: by wrk as fast as it goes, then at half of that
rate by `door_rate`.
"""

import itertools
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
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from alembic import command
from alembic.config import Config
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from local.postgres import EmbeddedPostgres, temporary_postgres

from . import door_others, door_rate

ROOT = Path(__file__).parent.parent
GOAL, GOAL_MS = 0.4, 50.0
RESIDENTS = 2000
CONNECTIONS = 16
TOKEN, APP_ID = "bench0token", "wx0123456789abcdef"
AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
STORIES = ("门口的路灯不亮，黢黑的", "0", "人行道地砖松了，老人家绊倒恼火", "0")
OURS = "ours"
# As `make run` starts ours: a process does something else while a commit is on its way to the disk.
THREADS = ("--worker-class", "gthread", "--threads", "4", "--no-control-socket")

_SCRIPT = """
local bodies, paths, at = {{}}, {{}}, {start}
for line in io.lines("{file}") do
  local path, body = line:match("([^\\t]+)\\t(.+)")
  paths[#paths + 1] = path; bodies[#bodies + 1] = body
end
request = function()
  at = at % #paths + 1
  return wrk.format("POST", paths[at], {{["Content-Type"] = "text/xml"}}, bodies[at])
end
"""


@dataclass(frozen=True)
class Seen:
    """What one run showed: requests a second, and milliseconds."""

    rate: float
    median_ms: float
    p99_ms: float


@dataclass
class Plan:
    """The messages in a file, and how many of them each server has had."""

    file: Path
    count: int
    used: Counter[str] = field(default_factory=Counter)

    def take(self, name: str, count: int) -> None:
        """Note what was sent. A message that comes again is less work for ours: there must be more."""
        self.used[name] += count
        assert name != OURS or self.used[name] <= self.count, "more messages are needed"


def run(*, is_quick: bool) -> None:
    if shutil.which("wrk") is None:
        print("   wrk is not installed (Debian: apt-get install wrk): no figures")
        return
    rounds, seconds, stored = (1, 2, 20_000) if is_quick else (3, 5, 1_000_000)
    with tempfile.TemporaryDirectory() as name, temporary_postgres(is_durable=True) as server:
        folder = Path(name)
        commands = door_others.prepare(folder)
        commands[OURS] = [
            *(sys.executable, "-m", "gunicorn", "app:create_app()", "--chdir", str(ROOT)),
        ]
        url = _migrated(server)
        plan = _messages(folder, 20_000 if is_quick else 120_000)
        environment = _environment(url, folder)
        kept = {0: _measured(commands, environment, plan, rounds, seconds)}
        _fill(server, stored)
        ours = {OURS: commands[OURS]}
        kept[stored] = _measured(ours, environment, plan, rounds, seconds)
    _tell(kept)


def _measured(
    commands: Mapping[str, Sequence[str]],
    environment: Mapping[str, str],
    plan: Plan,
    rounds: int,
    seconds: int,
) -> dict[str, list[tuple[Seen, Seen]]]:
    """Return for each server and round what full and half load showed."""
    seen: dict[str, list[tuple[Seen, Seen]]] = {name: [] for name in commands}
    for turn in range(rounds):
        names = list(commands)
        for name in names if turn % 2 == 0 else reversed(names):
            with _serving(commands[name], environment) as address:
                _is_right(address, name)
                _ask(address, name, plan, 1)
                full = _ask(address, name, plan, seconds)
                seen[name].append(
                    (full, _ask_at(address, name, plan, seconds=seconds, rate=full.rate / 2))
                )
    return seen


def _ask(address: str, name: str, plan: Plan, seconds: int) -> Seen:
    """Ask as fast as it goes."""
    script = plan.file.with_suffix(".lua")
    script.write_text(_SCRIPT.format(file=plan.file, start=plan.used[name] % plan.count))
    words = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--latency"]
    told = subprocess.run(
        [*words, "-s", str(script), address], check=True, capture_output=True, text=True
    ).stdout
    assert "Non-2xx" not in told, told
    count = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert count, told
    assert rate, told
    plan.take(name, int(count[1]) + CONNECTIONS)
    return Seen(float(rate[1]), _share(told, "50%"), _share(told, "99%"))


def _ask_at(address: str, name: str, plan: Plan, *, seconds: int, rate: float) -> Seen:
    """Ask with a fixed rate."""
    lines = plan.file.read_text(encoding="utf-8").splitlines()
    start = plan.used[name] % plan.count
    ahead = (lines[n % plan.count].partition("\t") for n in itertools.count(start))
    messages = ((path, body.encode()) for path, _, body in ahead)
    taken = sorted(door_rate.ask(address, messages, rate=rate, seconds=seconds, lines=CONNECTIONS))
    plan.take(name, len(taken))
    return Seen(rate, taken[len(taken) // 2], taken[int(len(taken) * 0.99)])


def _share(told: str, share: str) -> float:
    found = re.search(rf"{share}\s+([\d.]+)(us|ms|s)\b", told)
    assert found, told
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def _messages(folder: Path, count: int) -> Plan:
    """Write messages as the platform would send them now."""
    file = folder / "messages.tsv"
    crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
    now = str(int(time.time()) + 240)  # the runs take minutes, and the window has ten
    with file.open("w", encoding="utf-8") as out:
        for number in range(count):
            words = STORIES[number // RESIDENTS % len(STORIES)]
            path, body = _sealed(crypto, _xml(number % RESIDENTS, number, words), now)
            out.write(f"{path}\t{body}\n")
    return Plan(file, count)


def _xml(resident: int, number: int, words: str) -> str:
    return (
        "<xml><ToUserName><![CDATA[gh_city]]></ToUserName>"
        f"<FromUserName><![CDATA[o-bench-{resident}]]></FromUserName>"
        "<CreateTime>1790000000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{words}]]></Content><MsgId>{23_000_000_000_000_000 + number}</MsgId></xml>"
    )


def _sealed(crypto: WeChatCrypto, xml: str, now: str) -> tuple[str, str]:
    nonce = str(secrets.randbelow(10**9))
    sealed = re.search(r"<Encrypt><!\[CDATA\[(.+?)\]\]>", crypto.encrypt_message(xml, nonce, now))
    assert sealed
    signer, plain = WeChatSigner(), WeChatSigner()
    signer.add_data(TOKEN, now, nonce, sealed[1])
    plain.add_data(TOKEN, now, nonce)
    query = f"signature={plain.signature}&timestamp={now}&nonce={nonce}&openid=o&encrypt_type=aes"
    body = f"<xml><ToUserName><![CDATA[gh_city]]></ToUserName><Encrypt><![CDATA[{sealed[1]}]]></Encrypt></xml>"
    return f"/wechat?{query}&msg_signature={signer.signature}", body


def _migrated(server: EmbeddedPostgres) -> str:
    server.create_database("bench")
    url = server.url("bench")
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
    with server.connect("bench") as connection:
        connection.execute(
            "INSERT INTO accounts_citizens (openid)"
            f" SELECT 'o-bench-' || n FROM generate_series(0, {RESIDENTS - 1}) AS n".encode()
        )
        connection.commit()
    return url


def _fill(server: EmbeddedPostgres, count: int) -> None:
    """Store that many messages more, a week of them with their words."""
    with server.connect("bench") as connection, connection.cursor() as cursor:
        columns = "key, openid, kind, raw, state, reply"
        with cursor.copy(f"COPY wechat_messages ({columns}) FROM STDIN".encode()) as copy:
            for number in range(count):
                raw = _xml(number % 200_000, number, "路灯不亮") if number % 10 == 0 else None
                reply = '{"kind": "text", "content": "记下了。在哪里呢？"}'
                copy.write_row((f"m:{number}", f"o-{number % 200_000}", "text", raw, "done", reply))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _environment(database_url: str, folder: Path) -> dict[str, str]:
    given = {
        "DATABASE_URL": database_url,
        "BROKER_URL": "memory://",
        "SECRET_KEY": secrets.token_hex(32),
        "PUBLIC_URL": "http://127.0.0.1",
        "BLOB_DIR": str(folder / "blobs"),
        "WECHAT_APP_ID": APP_ID,
        "WECHAT_APP_SECRET": secrets.token_hex(16),
        "WECHAT_TOKEN": TOKEN,
        "WECHAT_AES_KEY": AES_KEY,
        "WECHAT_WINDOW_S": "3600",
        "LOG_LEVEL": "WARNING",
    }
    ours = {f"BAIXING_{name}": value for name, value in given.items()}
    return {**os.environ, **ours, "TOKEN": TOKEN, "AES_KEY": AES_KEY, "APP_ID": APP_ID}


@contextmanager
def _serving(words: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port = door.getsockname()[1]
    is_gunicorn = words[0] != "node"
    more = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--log-level", "error", *THREADS]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [*words, *(more if is_gunicorn else [])], env={**environment, "PORT": str(port)}
    ) as process:
        try:
            _wait(f"{address}/wechat", process)
            yield address
        finally:
            process.terminate()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            requests.get(address, timeout=5)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("a server does not answer")


def _is_right(address: str, name: str) -> None:
    """Make sure that what is measured is what it says: decrypt an answer and read it."""
    crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
    number = secrets.randbelow(10**12)
    path, body = _sealed(crypto, _xml(0, number, "帮助"), str(int(time.time())))
    answer = requests.post(address + path, data=body.encode(), timeout=30)
    assert answer.ok, (name, answer.status_code)
    if name == "Flask hello":
        assert answer.text == "hello"
        return
    given = {
        key: (re.search(rf"<{key}>(?:<!\[CDATA\[)?(.+?)(?:\]\]>)?</{key}>", answer.text) or "??")[1]
        for key in ("MsgSignature", "TimeStamp", "Nonce")
    }
    told = crypto.decrypt_message(
        answer.text, given["MsgSignature"], given["TimeStamp"], given["Nonce"]
    )
    assert ("报问题" if name == OURS else "帮助") in str(told), (name, told)


def _tell(kept: Mapping[int, Mapping[str, Sequence[tuple[Seen, Seen]]]]) -> None:
    print(f"   two processes, {CONNECTIONS} connections; medians of the rounds\n")
    print(
        f"   {'':<34}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'half: req/s':>13}{'p99 ms':>9}"
    )
    rates = {}
    for stored, servers in kept.items():
        for name, rounds in servers.items():
            full, half = ([pair[at] for pair in rounds] for at in (0, 1))
            shown = f"{name}, {stored:,} messages stored" if name == OURS else name
            rates[name, stored] = statistics.median(one.rate for one in full)
            print(
                f"   {shown:<34}{rates[name, stored]:>11,.0f}{_middle(full, 'median_ms'):>9.1f}"
                f"{_middle(full, 'p99_ms'):>9.1f}{statistics.median(o.rate for o in half):>13,.0f}"
                f"{_middle(half, 'p99_ms'):>9.1f}"
                f"   (rounds: {' '.join(f'{one.rate:,.0f}' for one in full)})"
            )
    echo = rates.get(("wechatpy echo", 0))
    most = max(kept)
    if echo:
        print(f"\n   share of the wechatpy echo  {rates[OURS, 0] / echo:.2f}   (goal: {GOAL})")
    print(f"   with {most:,} stored / with none  {rates[OURS, most] / rates[OURS, 0]:.2f}")


def _middle(seen: Sequence[Seen], what: str) -> float:
    return float(statistics.median(getattr(one, what) for one in seen))
