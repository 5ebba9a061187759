"""What is looked at before anything is started. Each raises Refused with one sentence."""

import errno
import fcntl
import os
import shutil
import socket
from contextlib import suppress
from pathlib import Path

from .errors import Refused

HOST = "127.0.0.1"
NEEDED_BYTES = 300 * 1024 * 1024
MAX_PORT = 65535


def port_number(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= MAX_PORT:
        return int(text)
    raise Refused(f"{name} 要是 1 到 {MAX_PORT} 之间的数字，现在是「{text}」。")


def ports_are_free(ports: dict[str, int]) -> None:
    if len(set(ports.values())) < len(ports):
        raise Refused(f"{' 和 '.join(ports)} 不能相同：请给它们不同的端口。")
    for name, port in ports.items():
        with socket.socket() as probe:
            # As the servers do: a port that only waits for its last packets is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise Refused(_why_not(name, port, error)) from error


def _why_not(name: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"端口 {port} 已被占用：请停掉占用它的程序，或换一个端口，例如 make run {name}={port + 10}。"
    return f"端口 {port} 不能使用（{error.strerror}）：请换一个，例如 make run {name}=8010。"


def folder_is_usable(folder: Path) -> None:
    """Make the folder if need be, and try to write into it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial = folder / ".trial"
        trial.write_bytes(b"x")
        trial.unlink()
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Refused(_disk_full(folder)) from error
        raise Refused(
            f"不能写入数据目录 {folder}（{error.strerror}）：请换一个，例如 make run DATA_DIR=var2。"
        ) from error


def disk_has_room(folder: Path, *, needed: int = NEEDED_BYTES) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Refused(
            f"{folder} 所在的磁盘只剩 {free // 1024**2} MB，至少要 {needed // 1024**2} MB："
            "请先腾出空间，或换一个 DATA_DIR。"
        )


def _disk_full(folder: Path) -> str:
    return f"{folder} 所在的磁盘已满：请先腾出空间，或换一个 DATA_DIR。"


def sole_user_of(folder: Path) -> int:
    """Take the folder for this process; returns the lock's handle, to be kept open."""
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode(errors="replace").strip() or "?"
        os.close(lock)
        raise Refused(
            f"数据目录 {folder} 正由另一个 make run 使用（进程 {holder}）："
            "请先停掉它，或换一个 DATA_DIR。"
        ) from None
    with suppress(OSError):  # only for the sentence above
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock
