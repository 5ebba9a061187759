"""Kill -9 on writers and on PostgreSQL: what was acknowledged is there, and nothing is half."""

import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from kernel import bus
from local.postgres import EmbeddedPostgres, temporary_postgres
from points import reconciliation
from tests.conftest import ROOT, migrate
from tests.points import invariants
from tests.points.mall import goods, rich_citizen

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

log = logging.getLogger(__name__)

# `CRASH_ROUNDS=12` is what a release goes through.
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "2"))
WRITERS = 3
LINES = 25  # that somebody must have said before the blow falls


class Writers:
    """Processes that write until they are killed, and what they acknowledged."""

    def __init__(self, url: str, folder: Path, number: int) -> None:
        self._files = [folder / f"{number}-{seed}.log" for seed in range(WRITERS)]
        self._running = []
        for seed, path in enumerate(self._files):
            argv = [sys.executable, "-m", "tests.points.writer", url, str(number * 100 + seed)]
            with path.open("w") as said:
                self._running.append(
                    subprocess.Popen(argv, cwd=ROOT, stdout=said, stderr=subprocess.DEVNULL)
                )

    def wait_for_work(self) -> None:
        """Return once all have acknowledged something, and together enough."""
        while not (all(self._said()) and sum(self._said()) >= LINES):
            assert any(writer.poll() is None for writer in self._running), "nobody writes"
            with suppress(subprocess.TimeoutExpired):
                self._running[0].wait(0.02)

    def _said(self) -> list[int]:
        return [path.read_text().count("\n") for path in self._files]

    def kill(self) -> None:
        for writer in self._running:
            writer.kill()

    def acknowledged(self) -> list[tuple[str, UUID]]:
        """Return all whole lines, when every writer is dead."""
        lines = []
        for writer, path in zip(self._running, self._files, strict=True):
            writer.wait(30)
            lines += [
                line for line in path.read_text().splitlines(keepends=True) if line[-1] == "\n"
            ]
        pairs = (line.split() for line in lines)
        return [(word, UUID(number)) for word, number in pairs]


def missing(engine: Engine, acknowledged: list[tuple[str, UUID]]) -> list[tuple[str, UUID]]:
    """Return what was acknowledged and is not so."""
    with engine.connect() as connection:
        given = set(connection.scalars(text("SELECT id FROM points_transfers")))
        found = connection.execute(text("SELECT id, status FROM points_redemptions"))
        status = {row.id: row.status for row in found}
    return [
        (word, number)
        for word, number in acknowledged
        if not (number in given if word == "given" else status.get(number) == word)
    ]


@pytest.mark.parametrize("victim", ["writers", "postgres"])
def test_what_was_acknowledged_is_there_and_nothing_is_half(tmp_path: Path, victim: str):
    bus.connect({})
    with temporary_postgres(is_durable=True) as server:
        server.create_database("points")
        url = server.url("points")
        migrate(url)
        engine = create_engine(url, pool_pre_ping=True)
        with Session(engine) as session, session.begin():
            goods(session, stock=5000)
            for _ in range(6):
                rich_citizen(session, 500)
        total = 0
        for number in range(ROUNDS):
            writers = Writers(url, tmp_path, number)
            writers.wait_for_work()
            strike(server, writers, victim)
            acknowledged = writers.acknowledged()
            assert len(acknowledged) >= LINES
            assert missing(engine, acknowledged) == []
            total += len(acknowledged)
            with Session(engine) as session:
                assert invariants.broken(session) == []
                found = {each.check for each in reconciliation.reconcile(session)}
            # Points were given here past the award rules, and nobody seals.
            assert found <= {"awards", "unsealed"}
        log.info("%s killed %s times: %s acknowledged, none lost", victim, ROUNDS, total)
        engine.dispose()


def strike(server: EmbeddedPostgres, writers: Writers, victim: str) -> None:
    if victim == "postgres":
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        if server._process is not None:
            server._process.wait(10)
        writers.kill()
        server.release()
        server._process = None
        server.start()
    else:
        writers.kill()
