"""A storm: everything is delivered three times, overlapping and out of order, while workers die.

The platform delivers a message until it hears an answer. Every report must be there once, every
delivery of a message must get the same answer, and every resident must be told once.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
import requests
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

import accounts
import cases
import reactions
from cases.models import Case, CaseMove, Photo
from kernel import blobs, bus, database, jobs
from local.postgres import EmbeddedPostgres
from tests.conftest import ROOT, make_settings, migrate
from tests.wechat.calling import client_of
from tests.wechat.platform import Platform
from tests.wechat.sealing import ACCOUNT, AES_KEY, APP_ID, TOKEN, seal, sealed_query, unseal
from wechat import client, tasks
from wechat.models import Media, Message, Notice

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

SEED, RESIDENTS, DELIVERIES, THREADS = 20261122, 24, 3, 12


class Gate:
    """Our front, with two processes of which one is killed again and again."""

    def __init__(self, url: str, folder: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as door:
            self.port: int = door.getsockname()[1]
        given = {
            "DATABASE_URL": url,
            "BROKER_URL": "memory://",
            "SECRET_KEY": "s" * 48,
            "PUBLIC_URL": "http://city.test",
            "BLOB_DIR": str(folder / "blobs"),
            "WECHAT_APP_ID": APP_ID,
            "WECHAT_APP_SECRET": "a" * 32,
            "WECHAT_TOKEN": TOKEN,
            "WECHAT_AES_KEY": AES_KEY,
            "LOG_LEVEL": "ERROR",
        }
        words = [sys.executable, "-m", "gunicorn", "app:create_app()", "--preload"]
        words += ["--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "4"]
        words += ["--no-control-socket", "--log-level", "critical"]
        self.process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**os.environ, **{f"BAIXING_{name}": value for name, value in given.items()}},
        )
        self.killed = 0

    def kill_one(self, dice: random.Random) -> None:
        workers = psutil.Process(self.process.pid).children()
        if workers:
            os.kill(dice.choice(workers).pid, signal.SIGKILL)
            self.killed += 1

    def wait(self) -> None:
        until = time.monotonic() + 90
        while time.monotonic() < until:
            try:
                if requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).status_code:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("the gate does not open")

    def deliver(self, message: bytes) -> bytes:
        """Knock until there is an answer, as the platform does; return it decrypted."""
        for _ in range(400):
            sealed = seal(message)
            query = sealed_query(sealed, timestamp=str(int(time.time())))
            address = urlencode({name: values[0] for name, values in query.items()})
            body = f"<xml><ToUserName>{ACCOUNT}</ToUserName><Encrypt>{sealed}</Encrypt></xml>"
            try:
                answer = requests.post(
                    f"http://127.0.0.1:{self.port}/wechat?{address}", data=body, timeout=5
                )
            except requests.RequestException:
                time.sleep(0.02)  # its worker died under it
                continue
            assert answer.status_code in (200, 503), answer.status_code
            if answer.status_code == 200:
                part = answer.text.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
                return unseal(part)[1]
        raise AssertionError("no answer")


def said(resident: int, number: int, kind: str, rest: str) -> bytes:
    return (
        f"<xml><ToUserName>{ACCOUNT}</ToUserName><FromUserName>o-storm-{resident}</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>{kind}</MsgType>{rest}"
        f"<MsgId>{77_000_000_000 + resident * 100 + number}</MsgId></xml>"
    ).encode()


def report_of(resident: int) -> Sequence[bytes]:
    return (
        said(resident, 1, "text", "<Content>路灯不亮，黢黑的</Content>"),
        said(resident, 2, "image", f"<PicUrl>http://p</PicUrl><MediaId>p-{resident}</MediaId>"),
        said(
            resident,
            3,
            "location",
            f"<Location_X>{29.40 + resident / 100:.2f}</Location_X><Location_Y>106.53</Location_Y>"
            "<Scale>16</Scale><Label>观音桥步行街</Label>",
        ),
    )


@pytest.fixture(scope="module")
def engine_of_its_own(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    postgres.create_database("storm")
    migrate(postgres.url("storm"))
    engine = create_engine(postgres.url("storm"), pool_size=12)
    yield engine
    engine.dispose()


def storm(
    gate: Gate, dice: random.Random, messages: Sequence[bytes]
) -> dict[bytes, Counter[bytes]]:
    """Deliver all of them three times in one heap; return the answers of each, without their date."""
    heap = [message for message in messages for _ in range(DELIVERIES)]
    dice.shuffle(heap)
    answers: dict[bytes, Counter[bytes]] = defaultdict(Counter)
    is_over = threading.Event()

    def kill() -> None:
        while not is_over.wait(0.1 + dice.random() * 0.3):
            gate.kill_one(dice)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            for message, answer in zip(heap, pool.map(gate.deliver, heap), strict=True):
                words = answer.split(b"<Content>")[1].split(b"</Content>")[0]
                answers[message][words] += 1
    finally:
        is_over.set()
        killer.join()
    return answers


def test_each_report_is_there_once_and_each_resident_is_told_once(
    engine_of_its_own: Engine,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "current", lambda: make_settings(postgres.url("storm"), tmp_path))
    dice = random.Random(SEED)  # a storm that can be had again
    gate = Gate(postgres.url("storm"), tmp_path)
    try:
        gate.wait()
        told = [message for resident in range(RESIDENTS) for message in report_of(resident)]
        first = storm(gate, dice, told)
        last = storm(
            gate,
            dice,
            [said(n, 4, "text", "<Content>1</Content>") for n in range(RESIDENTS)],
        )
    finally:
        gate.process.terminate()
        gate.process.wait(20)
    assert gate.killed > 3
    for answers in (first, last):
        assert all(len(words) == 1 and words.total() == DELIVERIES for words in answers.values())
    _each_once(engine_of_its_own)
    _told_once(engine_of_its_own, tmp_path)


def _each_once(engine: Engine) -> None:
    with Session(engine) as session:
        of_each = select(Case.citizen_id, func.count()).group_by(Case.citizen_id)
        counts = dict(session.execute(of_each).all())
        assert len(counts) == RESIDENTS
        assert set(counts.values()) == {1}
        for table, each in ((Photo, 1), (Media, 1), (CaseMove, 1), (Message, 4)):
            assert session.scalar(select(func.count()).select_from(table)) == each * RESIDENTS
        assert set(session.scalars(select(Message.state))) == {"done"}
        assert session.scalar(select(func.count()).where(Photo.case_id.is_(None))) == 0


def _told_once(engine: Engine, folder: Path) -> None:
    """File every case, and let every notice be sent three times at once."""
    blobs.connect(blobs.LocalBlobs(folder))
    jobs.connect("memory://")  # nobody takes jobs from there: the test sends the notices itself
    bus.connect(reactions.subscriptions("http://city.test"))
    database.use(sessionmaker(engine, expire_on_commit=False))
    with database.transaction() as session:
        staff_id = accounts.create_staff(
            session,
            username="zhou",
            name="周",
            password="a long password 1",
            role=accounts.Role.ACCEPTOR,
        )
        for case_id in session.scalars(select(Case.id)).all():
            cases.move(
                session,
                case_id=case_id,
                name="file",
                staff_id=staff_id,
                request_key=f"storm:{case_id}",
                seen_version=1,
            )
    with database.transaction() as session:
        # What is said of the points for it comes after what is said of the case.
        owed = session.scalars(select(Notice.id).where(Notice.fact.like("case:%"))).all()
    assert len(owed) == RESIDENTS
    with Platform() as platform:
        client.use(client_of(platform.url, "storm"))
        heap = [notice for notice in owed for _ in range(DELIVERIES)]
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(tasks.send_notice, heap))
        words = Counter(
            (asked.json()["touser"], asked.json()["text"]["content"])
            for asked in platform.asked
            if asked.endpoint == "message/custom/send"
        )
    assert set(words.values()) == {1}
    sent = Counter(openid for openid, _ in words)
    assert sent == {f"o-storm-{n}": 1 for n in range(RESIDENTS)}
