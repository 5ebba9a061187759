"""Many threads and processes that want the token at once: one fetch."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.wechat.calling import OPENID, SEND
from tests.wechat.platform import Platform
from wechat.client import Client

ROOT = Path(__file__).parents[2]


def test_sixteen_threads_without_a_token_fetch_one(  # K3
    platform: Platform, wechat: Client
) -> None:
    platform.token_takes_s = 0.1
    send_at_once(wechat, 16)
    assert len(platform.calls("stable_token")) == 1
    assert len(platform.calls(SEND)) == 16


def test_sixteen_threads_whose_token_is_revoked_fetch_one(  # K3
    platform: Platform, wechat: Client
) -> None:
    wechat.send_text(OPENID, "您好")
    platform.revoke()
    send_at_once(wechat, 16)
    assert len(platform.calls("stable_token")) == 2


def send_at_once(wechat: Client, count: int) -> None:
    start = threading.Barrier(count)

    def send(_: int) -> None:
        start.wait()
        wechat.send_text(OPENID, "您好")

    with ThreadPoolExecutor(count) as threads:
        list(threads.map(send, range(count)))


STORM = """
import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor
from kernel import database
from wechat.client import Client
from wechat.tokens import TokenSource

url, api, name = sys.argv[1:]
processes = multiprocessing.get_context("fork")
step = processes.Barrier(5, timeout=60)

def work():
    database.connect(url)
    client = Client(app_id="wx", app_secret="s", api_base=api, tokens=TokenSource(name),
                    tickets=TokenSource(name + ":ticket"))
    for _ in range(2):
        step.wait()
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda _: client.send_text("o", "x"), range(16)))
        step.wait()

workers = [processes.Process(target=work, daemon=True) for _ in range(4)]
for worker in workers:
    worker.start()
for _ in sys.stdin:
    step.wait()
    step.wait()
    print("done", flush=True)
"""


def test_four_processes_of_sixteen_threads_fetch_one_token(  # K4, K5
    platform: Platform, token_name: str, database_url: str
) -> None:
    platform.token_takes_s = 0.1
    with subprocess.Popen(
        [sys.executable, "-c", STORM, database_url, platform.url, token_name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=ROOT,
    ) as processes:
        assert processes.stdin is not None
        assert processes.stdout is not None
        for fetches in (1, 2):
            processes.stdin.write("go\n")
            assert processes.stdout.readline() == "done\n"
            assert len(platform.calls("stable_token")) == fetches
            platform.revoke()
    assert len(platform.calls(SEND)) >= 2 * 64
