import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.journal import Journal, write_line


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "log")
    yield made
    made.close()


def test_programs_are_heard_once_the_service_is_ready(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.line("web", "while starting")
    journal.is_streaming = True
    journal.line("worker", "while running")
    shown = capsys.readouterr().out
    assert "while starting" not in shown
    assert "worker    while running" in shown
    assert "while starting" in journal.path.read_text()


def test_the_file_does_not_grow_for_ever(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal._file, "maxBytes", 2000)
    for number in range(200):
        journal.line("web", f"{number:03} {'x' * 100}")
    files = sorted(journal.path.parent.iterdir())
    assert [file.name for file in files] == [
        "service.log",
        "service.log.1",
        "service.log.2",
        "service.log.3",
    ]
    assert all(file.stat().st_size <= 2000 for file in files)


def test_a_log_that_cannot_be_written_is_told_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(journal._file.stream, "write", full)
    journal.line("web", "one")
    journal.line("web", "two")
    assert capsys.readouterr().out.count("日志文件写不进去了") == 1
    assert journal.recent("web") == ("one", "two")


def test_a_closed_terminal_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        write_line("one")
        write_line("two")
        sys.stdout.close()
        with pytest.raises(BrokenPipeError):
            gone.close()
