"""Against Node's implementations of the protocol: `wechat-crypto` and `co-wechat`."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator.config import Config
from simulator.crypto import sign
from simulator.envelope import Forgery
from simulator.phone import Phones
from simulator.world import World
from tests.conftest import ROOT

from .account import AES_KEY, APP_ID, APP_SECRET, CIPHER, TEMPLATE_ID, TOKEN
from .test_pusher import follower, outcome

SCRIPTS = Path(__file__).parent / "foreign"
MODULES = [Path(folder) for folder in os.environ.get("NODE_PATH", "").split(os.pathsep) if folder]
MODULES.append(ROOT / "node_modules")
TEXTS = [
    "",
    "你好",
    "emoji 😀👨‍👩‍👧",
    "<xml>&amp;]]&gt;</xml>",
    "a\nb\r\nc",
    "%s {} \\u4f60",
    *("字" * length for length in (1, 9, 10, 11, 31, 32, 33, 200)),
    *("x" * length for length in (15, 16, 17, 31, 32, 33, 2048, 20_000)),
]


def node(module: str) -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no Node.js on this machine")
    if not any((folder / module).is_dir() for folder in MODULES):
        pytest.skip(f"{module} is not installed (npm ci)")
    return found


@contextmanager
def running(module: str, script: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "NODE_PATH": os.pathsep.join(map(str, MODULES))}
    # co-wechat's dependencies still say `new Buffer`.
    words = [node(module), "--no-deprecation", str(SCRIPTS / script), TOKEN, AES_KEY, APP_ID]
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


@pytest.fixture(scope="module")
def crypt() -> Iterator[subprocess.Popen[str]]:
    with running("wechat-crypto", "crypt.js") as process:
        yield process


def asks(process: subprocess.Popen[str], **question: str) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{len(text)}")
def test_what_we_seal_is_opened_by_wechat_crypto(crypt: subprocess.Popen[str], text: str) -> None:
    sealed = CIPHER.encrypt(text.encode())
    opened = asks(crypt, open=sealed, timestamp="1790000000", nonce="12345")
    assert (opened["message"], opened["id"]) == (text, APP_ID)
    assert opened["signature"] == sign(TOKEN, "1790000000", "12345", sealed)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{len(text)}")
def test_what_wechat_crypto_seals_is_opened_by_us(crypt: subprocess.Popen[str], text: str) -> None:
    given = asks(crypt, seal=text, timestamp="1790000000", nonce="12345")
    assert CIPHER.decrypt(given["sealed"]).decode() == text
    assert given["signature"] == sign(TOKEN, "1790000000", "12345", given["sealed"])


@pytest.fixture(scope="module")
def co_wechat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run a platform whose account is served by co-wechat."""
    with running("co-wechat", "server.js") as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        config = Config(
            data_dir=tmp_path_factory.mktemp("co-wechat"),
            callback_url=f"http://127.0.0.1:{port}/wechat",
            app_id=APP_ID,
            app_secret=APP_SECRET,
            token=TOKEN,
            aes_key=AES_KEY,
            template_id=TEMPLATE_ID,
            port=0,
        )
        world = World(config)
        yield world
        world.close()


@pytest.mark.parametrize("text", ["你好", "emoji 😀", "<b>&amp;", "x" * 2000, "a\nb"])
def test_co_wechat_understands_a_text_and_is_understood(co_wechat: World, text: str) -> None:
    result = outcome(Phones(co_wechat).say(follower(co_wechat), text))
    assert result.verdict.reason is None
    assert result.verdict.shown is not None
    assert result.verdict.shown.text == text


def test_co_wechat_understands_places_photos_and_events(co_wechat: World) -> None:
    phones, openid = Phones(co_wechat), follower(co_wechat)
    sent = [
        phones.send_place(openid, latitude=29.5748, longitude=106.5322, label="观音桥"),
        phones.send_photo(openid, b"\xff\xd8\xff" + b"j" * 20),
        phones.send_recording(openid, b"#!AMR\n" + b"a" * 20),
        phones.scan(openid, "AB12"),
    ]
    shown = [outcome(each).verdict.shown for each in sent]
    assert [each.text for each in shown if each] == [
        "29.5748,106.5322 观音桥",
        "image",
        "voice",
        "SCAN AB12",
    ]


def test_co_wechat_refuses_a_forged_delivery_as_we_do(co_wechat: World) -> None:
    forged = Phones(co_wechat).raw(
        follower(co_wechat), "<xml></xml>", forgery=Forgery(token="somebody-elses")
    )
    assert outcome(forged).verdict.ruling in ("fault", "no_answer")
