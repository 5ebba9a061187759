"""What `make run` says when it cannot start; that it starts is shown by the journeys."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from local import checks


def run(data_dir: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    settings = {"PORT": "1", "SIM_PORT": "2", "DATA_DIR": str(data_dir), "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "local.run"],
        env={**os.environ, **settings, **changed},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_told_in_one_sentence_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server((checks.HOST, 0)) as server:
        port = server.getsockname()[1]
        done = run(tmp_path / "data", PORT=str(port))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"端口 {port} 已被占用" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_folder_in_use_is_told_in_one_sentence(tmp_path: Path) -> None:
    lock = checks.sole_user_of(tmp_path)
    done = run(tmp_path)
    os.close(lock)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "正由另一个 make run 使用" in done.stderr
