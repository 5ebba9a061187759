import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import checks
from local.errors import Refused


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server((checks.HOST, 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_refused(taken_port: int) -> None:
    with pytest.raises(Refused, match=f"端口 {taken_port} 已被占用.*SIM_PORT="):
        checks.ports_are_free({"SIM_PORT": taken_port})


def test_a_port_that_somebody_serves_to_the_whole_network_is_refused() -> None:
    with (
        socket.create_server(("0.0.0.0", 0)) as server,  # noqa: S104  # that is the case tested
        pytest.raises(Refused, match="已被占用"),
    ):
        checks.ports_are_free({"PORT": server.getsockname()[1]})


def test_a_port_is_free_again_at_once(taken_port: int) -> None:
    with socket.create_connection((checks.HOST, taken_port)):
        pass  # leaves a connection that waits for its last packets
    with socket.socket() as probe:
        probe.bind((checks.HOST, 0))
        free = probe.getsockname()[1]
    checks.ports_are_free({"PORT": free})


def test_one_port_for_both_is_refused() -> None:
    with pytest.raises(Refused, match="不能相同"):
        checks.ports_are_free({"PORT": 8000, "SIM_PORT": 8000})


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8000x", "", " ", "８０００"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="PORT 要是"):
        checks.port_number("PORT", text)


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    checks.disk_has_room(tmp_path, needed=1)
    with pytest.raises(Refused, match=r"只剩 \d+ MB"):
        checks.disk_has_room(tmp_path, needed=1 << 60)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="不能写入数据目录"):
        checks.folder_is_usable(tmp_path / "file" / "data")


def test_a_write_into_a_full_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Refused, match="磁盘已满"):
        checks.folder_is_usable(tmp_path)


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    checks.folder_is_usable(tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_folder_has_one_user_at_a_time(tmp_path: Path) -> None:
    lock = checks.sole_user_of(tmp_path)
    with pytest.raises(Refused, match=f"正由另一个 make run 使用（进程 {os.getpid()}）"):
        checks.sole_user_of(tmp_path)
    os.close(lock)
    os.close(checks.sole_user_of(tmp_path))
