import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.errors import Failed, Refused
from local.postgres import EmbeddedPostgres, temporary_postgres

OWNER = """
import sys
from pathlib import Path
from local.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), is_durable=False)
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Lend a folder outside pytest's own, which every run of pytest closes to other users."""
    with tempfile.TemporaryDirectory(prefix="baixing-test-") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="baixing-test-") as path:
        made = Path(path) / "data"
        EmbeddedPostgres(made, is_durable=False).init()
        yield made


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(data_dir, is_durable=False)
    yield made
    made.stop()


def remember(server: EmbeddedPostgres, word: str) -> None:
    with server.connect("postgres") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        connection.execute("INSERT INTO words VALUES (%s)", [word])


def remembered(server: EmbeddedPostgres) -> list[str]:
    with server.connect("postgres") as connection:
        return [str(word) for (word,) in connection.execute("SELECT word FROM words")]


def kill_server(server: EmbeddedPostgres) -> None:
    process = server._process
    assert process is not None
    process.kill()
    process.wait()


def test_what_was_written_is_there_after_a_kill(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "data")  # as in production: durable
    server.init()
    try:
        server.start()
        remember(server, "江北")
        kill_server(server)
        server.start()
        assert remembered(server) == ["江北"]
    finally:
        server.stop()


def test_stopped_means_gone(server: EmbeddedPostgres) -> None:
    server.start()
    pid = server.pid
    assert pid is not None
    server.stop()
    server.stop()
    assert not Path(f"/proc/{pid}").exists()
    assert not server.socket_dir.exists()
    with pytest.raises(psycopg.OperationalError):
        server.connect("postgres")


def test_a_folder_may_have_spaces_and_chinese_in_its_name(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "数据 目录 '1'", is_durable=False)
    server.init()
    try:
        server.start()
        server.create_database("baixing")
        server.create_database("baixing")
        with server.connect("baixing") as connection:
            encoding = connection.execute("SHOW server_encoding").fetchone()
        assert encoding == ("UTF8",)
    finally:
        server.stop()


def test_a_running_folder_is_refused_to_a_second_server(server: EmbeddedPostgres) -> None:
    server.start()
    second = EmbeddedPostgres(server.data_dir)
    with pytest.raises(Refused, match="正在被另一个程序使用"):
        second.start()
    with pytest.raises(Refused, match="已经在运行"):
        server.start()
    remember(server, "照常")
    assert "照常" in remembered(server)


def test_a_killed_owner_takes_its_server_along_and_the_next_may_start(
    server: EmbeddedPostgres,
) -> None:
    command = [sys.executable, "-c", OWNER, str(server.data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        orphan = int(owner.stdout.readline())
        owner.kill()
    server.start()
    assert server.pid not in {None, orphan}


def test_a_server_that_outlived_its_owner_is_stopped_first(
    server: EmbeddedPostgres,
) -> None:
    server.start()
    orphan = server.pid
    process, server._process = server._process, None
    server.release()  # as if the owner had died without its server
    heir = EmbeddedPostgres(server.data_dir, is_durable=False)
    try:
        heir.start()
        assert heir.pid not in {None, orphan}
    finally:
        heir.stop()
        assert process is not None
        process.wait(timeout=5)


def test_a_stranger_with_the_dead_servers_number_blocks_nothing(server: EmbeddedPostgres) -> None:
    server.start()
    kill_server(server)
    pid_file = server.data_dir / "postmaster.pid"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        server.start()
        assert stranger.poll() is None
        stranger.kill()


def test_an_interrupted_beginning_is_repeated(folder: Path) -> None:
    unfinished = folder / "data.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(folder / "data", is_durable=False)
    server.init()
    server.init()
    server.start()
    server.stop()


def test_data_of_another_version_is_left_alone(folder: Path) -> None:
    (folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(Refused, match="PostgreSQL 16"):
        EmbeddedPostgres(folder).init()


def test_a_folder_with_other_files_is_left_alone(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "letter.txt").write_text("mine")
    with pytest.raises(Refused, match="别的文件"):
        EmbeddedPostgres(folder / "data").init()
    assert [path.name for path in folder.iterdir()] == ["data"]


def test_a_socket_folder_that_somebody_else_prepared_is_refused(
    server: EmbeddedPostgres, folder: Path
) -> None:
    server.socket_dir.symlink_to(folder)
    try:
        with pytest.raises(Refused, match="属于别的用户"):
            server.start()
    finally:
        server.socket_dir.unlink()


def test_the_socket_is_private(server: EmbeddedPostgres) -> None:
    server.start()
    assert server.socket_dir.stat().st_mode & 0o777 == 0o700


def test_a_server_that_cannot_start_says_why(server: EmbeddedPostgres) -> None:
    settings = server.data_dir / "postgresql.auto.conf"
    settings.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(Failed) as failure:
            server.start()
    finally:
        settings.write_text("")
    assert "no_such_setting" in "\n".join(failure.value.tail)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_root_lets_the_server_pass_and_nothing_more(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    notes: list[str] = []
    server = EmbeddedPostgres(closed / "inner" / "data", is_durable=False, say=notes.append)
    server.init()
    server.start()
    server.stop()
    assert closed.stat().st_mode & 0o777 == 0o701
    assert any(str(closed) in note for note in notes)
    assert server.data_dir.stat().st_uid != 0


def test_a_lent_server_is_thrown_away() -> None:
    with temporary_postgres(is_durable=False) as lent:
        data_dir, pid = lent.data_dir, lent.pid
        assert lent.is_ready()
    assert not data_dir.exists()
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIG_DFL)
