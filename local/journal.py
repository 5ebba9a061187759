"""One readable log for all programs: on the terminal and in a file that cannot grow for ever."""

import logging
import os
import sys
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 5 * 1024 * 1024
KEPT_FILES = 3
NAME_WIDTH = 9
KEPT_LINES = 20
COLOURS = {"web": 32, "worker": 36, "beat": 35, "db": 34, "phone": 33, "run": 1}


class _File(RotatingFileHandler):
    """A log file whose loss (a full disk) is told once and stops nothing."""

    is_broken = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - inherited
        if not self.is_broken:
            self.is_broken = True
            error = sys.exc_info()[1]
            write_line(f"日志文件写不进去了（{error}），后面的只显示在这里。")


class Journal:
    """Lines go to the file always; to the terminal once `is_streaming`."""

    def __init__(self, folder: Path, *, is_streaming: bool = False) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "service.log"
        self.path = path
        self._file = _File(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
        self._is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._recent: dict[str, deque[str]] = {}
        self.is_streaming = is_streaming

    def line(self, name: str, text: str) -> None:
        """Write what a program said; blank lines tell nobody anything."""
        if not text:
            return
        self._recent.setdefault(name, deque(maxlen=KEPT_LINES)).append(text)
        self._write(name, text, is_shown=self.is_streaming)

    def tell(self, text: str) -> None:
        """Write what the supervisor itself has to say; always shown."""
        self._write("run", text, is_shown=True)

    def recent(self, name: str) -> tuple[str, ...]:
        return tuple(self._recent.get(name, ()))

    def close(self) -> None:
        self._file.close()

    def _write(self, name: str, text: str, *, is_shown: bool) -> None:
        now = datetime.now().astimezone()
        label = f"{name:<{NAME_WIDTH}}"
        message = f"{now:%Y-%m-%d %H:%M:%S} {label} {text}"
        self._file.handle(logging.LogRecord(name, logging.INFO, "", 0, message, None, None))
        if is_shown:
            if self._is_coloured:
                label = f"\033[{COLOURS.get(name, 0)}m{label}\033[0m"
            write_line(f"{now:%H:%M:%S} {label} {text}")


def write_line(text: str) -> None:
    """Print for the person at the terminal, who may be gone: then nobody is told, nothing stops."""
    try:
        print(text, flush=True)
    except (OSError, ValueError):
        # Python would complain about the same again at its own exit.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - kept open


def write_lines(lines: Iterable[str]) -> None:
    for text in lines:
        write_line(text)
