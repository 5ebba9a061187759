"""Child processes that never outlive the process that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
# Every descendant inherits this variable, so that what a killed supervisor left can be found.
MARK = "BAIXING_DEV_RUN"


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged user as whom root runs a program."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    account: Account | None = None
    # Asked to stop with each signal in turn, with that many seconds to obey; then SIGKILL.
    stop: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 3.0),)
    # Programs with a lower number are stopped before those with a higher one.
    stop_order: int = 0
    # Called before every start, also before a restart.
    prepare: Callable[[], object] = field(default=lambda: None)


def spawn(
    program: Program, *, stdout: int | IO[bytes], stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches only its supervisor.

    Linux tells the child when the *thread* that called this ends: call it from one that lasts.
    """
    account = program.account
    return subprocess.Popen(
        program.argv,
        env=dict(program.env),
        cwd=program.cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        umask=0o077,  # root may have to let others pass through the data folder: not look around
        preexec_fn=_die_with_parent(program.stop[0][0]),  # noqa: PLW1509 - no threads here
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=() if account else None,
    )


def _die_with_parent(death: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork
    parent = os.getpid()

    def in_child() -> None:
        # After the change of user, which would clear it.
        prctl(PR_SET_PDEATHSIG, int(death))
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def signal_group(leader: int, sig: signal.Signals) -> None:
    """Signal whatever is left of a session's first process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, sig)


def marked_with(value: str) -> Iterator[int]:
    """Find processes whose environment carries our mark with this value (Linux only)."""
    wanted = f"{MARK}={value}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)


def kill_marked(value: str, *, patience_s: float = 5.0) -> int:
    """Kill what a killed supervisor left behind; returns how many there were, once they are gone.

    Again and again, because one may fork between being found and being killed.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + patience_s
    while (found := set(marked_with(value))) and time.monotonic() < deadline:
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        killed |= found
        time.sleep(0.02)
    return len(killed)
