import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.errors import Failed, Refused
from local.journal import Journal
from local.processes import MARK, Program, kill_marked, spawn
from local.supervisor import AskedToStop, Supervisor

LASTS = "import time; print('up', flush=True); time.sleep(60)"
IGNORES_TERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(60)"
)
HAS_CHILD = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', "
    "'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)']); "
    "print(child.pid, flush=True); child.wait()"
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "log")
    yield made
    made.close()


@pytest.fixture
def supervisor(journal: Journal) -> Iterator[Supervisor]:
    with Supervisor(journal) as made:
        yield made


def python(name: str, code: str, **changed: object) -> Program:
    values: dict[str, object] = {
        "name": name,
        "argv": [sys.executable, "-c", code],
        "env": dict(os.environ),
        "cwd": Path.cwd(),
        "stop": ((signal.SIGTERM, 1.0),),
    }
    return Program(**(values | changed))  # type: ignore[arg-type]  # a program by keywords


def said(journal: Journal, name: str) -> Callable[[], bool]:
    return lambda: bool(journal.recent(name))


def serve_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    supervisor._is_serving = True
    supervisor.wait_until(condition, name="", timeout_s=20)


def test_what_dies_is_restarted(supervisor: Supervisor, journal: Journal) -> None:
    supervisor.start(python("web", LASTS))
    supervisor.wait_until(said(journal, "web"), name="web", timeout_s=20)
    first = supervisor.pid("web")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    serve_until(supervisor, lambda: len(journal.recent("web")) == 2)
    assert supervisor.pid("web") not in {None, first}
    assert "web 被信号 9 终止，0.2 秒后重启" in journal.path.read_text()


def test_what_dies_again_and_again_is_given_up(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.supervisor.FIRST_PAUSE_S", 0.0)
    supervisor._is_serving = True
    supervisor.start(python("web", "print('no port'); raise SystemExit(3)"))
    with pytest.raises(Failed, match="退出（代码 3）了 8 次，不再重启") as failure:
        supervisor.serve()
    assert failure.value.tail == ("no port",) * 8


def test_a_death_before_the_service_is_ready_is_a_failure(supervisor: Supervisor) -> None:
    supervisor.start(python("web", "raise SystemExit('端口已被占用')"))
    with pytest.raises(Failed, match="web 刚启动就退出") as failure:
        supervisor.wait_until(lambda: False, name="web", timeout_s=20)
    assert failure.value.tail == ("端口已被占用",)


def test_waiting_has_an_end(supervisor: Supervisor, journal: Journal) -> None:
    supervisor.start(python("web", LASTS))
    supervisor.wait_until(said(journal, "web"), name="web", timeout_s=20)
    with pytest.raises(Failed, match="web 仍没有就绪") as failure:
        supervisor.wait_until(lambda: False, name="web", timeout_s=0)
    assert failure.value.tail == ("up",)


def test_a_death_whose_cause_is_known_is_not_answered_by_a_restart(journal: Journal) -> None:
    def disk_is_full() -> None:
        raise Refused("磁盘已满")

    with Supervisor(journal, on_death=disk_is_full) as supervisor:
        supervisor._is_serving = True
        supervisor.start(python("web", "raise SystemExit(1)"))
        with pytest.raises(Refused, match="磁盘已满"):
            supervisor.serve()


def test_stop_kills_what_ignores_it_and_what_that_left(
    supervisor: Supervisor, journal: Journal
) -> None:
    supervisor.start(python("worker", IGNORES_TERM, stop=((signal.SIGTERM, 0.2),)))
    supervisor.start(python("web", HAS_CHILD))
    for name in ("worker", "web"):
        supervisor.wait_until(said(journal, name), name=name, timeout_s=20)
    pids = [supervisor.pid("worker"), supervisor.pid("web"), int(journal.recent("web")[0])]
    supervisor.stop()
    supervisor.stop()
    supervisor.wait_until(lambda: not any(map(lives, pids)), name="", timeout_s=5)


def lives(pid: int | None) -> bool:
    """Tell whether a process is there and not just its number, which nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_programs_stop_in_order(supervisor: Supervisor, journal: Journal, tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(float(sys.argv[3]))\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2])\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    record = tmp_path / "record"
    for order, name, pause_s in ((2, "c", 0), (0, "a", 0.3), (1, "b", 0)):
        argv = [sys.executable, "-c", code, str(record), name, str(pause_s)]
        supervisor.start(python(name, "", argv=argv, stop_order=order))
    for name in "abc":
        supervisor.wait_until(said(journal, name), name=name, timeout_s=20)
    supervisor.stop()
    assert record.read_text() == "abc"


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_to_stop(supervisor: Supervisor, sig: signal.Signals) -> None:
    supervisor.start(python("web", LASTS))
    os.kill(os.getpid(), sig)
    os.kill(os.getpid(), sig)
    with pytest.raises(AskedToStop):
        supervisor.serve()


def test_a_step_gets_its_input_and_gives_its_status(
    supervisor: Supervisor, journal: Journal
) -> None:
    code = "import sys; print(sys.stdin.read()); sys.exit(4)"
    assert supervisor.step(python("setup", code), given="秘密".encode()) == 4
    assert journal.recent("setup") == ("秘密",)


def test_a_step_ends_with_ctrl_c(supervisor: Supervisor) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    begun = time.monotonic()
    with pytest.raises(AskedToStop):
        supervisor.step(python("setup", LASTS))
    assert time.monotonic() - begun < 10


def test_last_words_and_odd_bytes_are_kept(supervisor: Supervisor, journal: Journal) -> None:
    code = "import os; os.write(1, b'one\\n\\ntwo \\xff\\nhalf a line')"
    supervisor.step(python("setup", code))
    assert journal.recent("setup") == ("one", "two \N{REPLACEMENT CHARACTER}", "half a line")


def test_a_program_is_prepared_before_every_start(supervisor: Supervisor, journal: Journal) -> None:
    prepared: list[int] = []
    supervisor.start(python("db", LASTS, prepare=lambda: prepared.append(1)))
    supervisor.wait_until(said(journal, "db"), name="db", timeout_s=20)
    pid = supervisor.pid("db")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    serve_until(supervisor, lambda: len(journal.recent("db")) == 2)
    assert len(prepared) == 2


def test_what_a_killed_supervisor_left_is_found_by_its_mark(tmp_path: Path) -> None:
    mine = python("web", LASTS, env={**os.environ, MARK: str(tmp_path)})
    other = python("web", LASTS, env={**os.environ, MARK: f"{tmp_path}-other"})
    with (
        (tmp_path / "out").open("wb") as output,
        spawn(mine, stdout=output) as left,
        spawn(other, stdout=output) as unrelated,
    ):
        assert kill_marked(str(tmp_path)) == 1
        assert left.wait() == -signal.SIGKILL
        assert unrelated.poll() is None
        unrelated.kill()
    assert kill_marked(str(tmp_path)) == 0
