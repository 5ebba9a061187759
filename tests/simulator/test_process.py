"""The program itself: how it starts, what it refuses, how it stops."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from simulator.config import BadConfig, read
from simulator.pusher import FAULT_SENTENCE
from tests.phones import Phone

from .account import AES_KEY, APP_ID, APP_SECRET, TOKEN

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "BAIXING_WECHAT_APP_ID": APP_ID,
    "BAIXING_WECHAT_APP_SECRET": APP_SECRET,
    "BAIXING_WECHAT_TOKEN": TOKEN,
    "BAIXING_WECHAT_AES_KEY": AES_KEY,
    "SIM_DATA_DIR": "unused",
}


def start(settings: Mapping[str, str]) -> subprocess.Popen[str]:
    environment = {**os.environ, **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "simulator"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            requests.get(f"http://127.0.0.1:{port}/__sim__/health", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it does not answer")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_at_once_and_for_good(tmp_path: Path, stop: signal.Signals) -> None:
    port = free_port()
    process = start({**SETTINGS, "SIM_PORT": str(port), "SIM_DATA_DIR": str(tmp_path)})
    try:
        wait_until_it_answers(port)
        began = time.monotonic()
        process.send_signal(stop)
        _, written = process.communicate(timeout=10)
        assert process.returncode == 0
        assert time.monotonic() - began < 5
    finally:
        process.kill()
        process.communicate()
    assert "Traceback" not in written
    assert not any(secret in written for secret in (APP_SECRET, TOKEN, AES_KEY))


def test_a_kill_loses_no_phone(tmp_path: Path) -> None:
    port = free_port()
    settings = {
        **SETTINGS,
        "SIM_PORT": str(port),
        "SIM_DATA_DIR": str(tmp_path),
        "SIM_CALLBACK_URL": f"http://127.0.0.1:{free_port()}/nobody",
        "SIM_RETRY_PAUSE_S": "0",
    }
    phones: list[Phone] = []
    for _ in range(2):
        process = start(settings)
        try:
            wait_until_it_answers(port)
            phones = phones or [Phone.follow(f"http://127.0.0.1:{port}")]
            screen = phones[0].screen()
        finally:
            process.kill()
            process.communicate()
    assert [message.text for message in screen] == ["已关注", FAULT_SENTENCE]


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start({**SETTINGS, "SIM_PORT": port, "SIM_DATA_DIR": str(tmp_path)})
        _, written = process.communicate(timeout=20)
    assert process.returncode == 2
    assert written.strip() == f"端口 {port} 已被占用，请换一个（SIM_PORT）。"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"BAIXING_WECHAT_TOKEN": ""}, "BAIXING_WECHAT_TOKEN"),
        ({"SIM_DATA_DIR": ""}, "SIM_DATA_DIR"),
        ({"BAIXING_WECHAT_AES_KEY": "short"}, "43"),
        ({"SIM_PORT": "80a"}, "--port"),
        ({"SIM_PORT": "70000"}, "--port"),
        ({"SIM_MODE": "secret"}, "--mode"),
        ({"SIM_CALLBACK_URL": "localhost"}, "--callback-url"),
        ({"SIM_DEADLINE_S": "nan"}, "--deadline"),
    ],
)
def test_a_setting_that_cannot_be_is_said_in_one_sentence(
    changed: dict[str, str], words: str
) -> None:
    with pytest.raises(BadConfig, match=words) as refusal:
        read([], {**SETTINGS, **changed})
    assert str(refusal.value).endswith("。")


def test_an_option_goes_before_the_environment() -> None:
    config = read(["--port", "9001", "--token", "other"], SETTINGS)
    assert (config.port, config.token, config.app_id) == (9001, "other", APP_ID)
    assert config.callback_url == "http://127.0.0.1:8000/wechat"
