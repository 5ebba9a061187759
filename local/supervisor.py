"""Runs a handful of programs: starts, restarts and stops them, and carries their output.

One thread and one loop, because Linux ties a child's life to the thread that started it.
"""

import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Self

from .errors import Failed
from .journal import Journal
from .processes import Program, signal_group, spawn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
MAX_DEATHS = 8
DEATHS_WINDOW_S = 60.0
LONGEST_LINE = 16 * 1024


class AskedToStop(Exception):
    """Ctrl-C, or another signal that means the same."""


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    unfinished: bytes = b""
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_DEATHS))
    restart_at: float | None = None


class Supervisor:
    """A context manager: on the way out, by whatever way, everything is stopped."""

    def __init__(self, journal: Journal, *, on_death: Callable[[], object] = lambda: None) -> None:
        """`on_death` is called when a program has died; what it raises ends everything."""
        self._journal = journal
        self._on_death = on_death
        self._children: list[_Child] = []
        self._selector = selectors.DefaultSelector()
        self._is_asked_to_stop = False
        self._is_serving = False
        self._handlers: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._old_wakeup = signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for sig in STOP_SIGNALS:
            self._handlers[sig] = signal.signal(sig, self._ask_to_stop)
        self._handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        signal.set_wakeup_fd(self._old_wakeup)
        for sig, handler in self._handlers.items():
            signal.signal(sig, handler)  # type: ignore[arg-type]  # as we got it
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    # -- what callers do -----------------------------------------------------------------

    def start(self, program: Program) -> None:
        """Start a program that is to run until the end.

        Until `serve` is called its death is a failure (raised from the waiting call); afterwards
        it is restarted.
        """
        child = _Child(program)
        self._children.append(child)
        self._launch(child)

    def step(self, program: Program, *, given: bytes = b"") -> int:
        """Run a program to its end and return its exit status. Raises AskedToStop."""
        program.prepare()
        process = spawn(program, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        child = _Child(program, process)
        self._watch(child)
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.write(given)
                process.stdin.close()
        try:
            while process.poll() is None:
                self._turn(None)
        finally:
            signal_group(process.pid, signal.SIGKILL)
            code = process.wait()
            self._drain(child)
        return code

    def wait_until(self, condition: Callable[[], bool], *, name: str, timeout_s: float) -> None:
        """Carry on until the condition, about the named program, holds.

        Raises Failed after the time, AskedToStop.
        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                tail = self._journal.recent(name)
                raise Failed(f"等了 {timeout_s:.0f} 秒，{name} 仍没有就绪。", tail)
            self._turn(0.05)

    def serve(self) -> None:
        """Carry on, restarting what dies. Raises AskedToStop, or Failed when it is hopeless."""
        self._is_serving = True
        while True:
            self._turn(self._time_to_next_restart())

    def stop(self) -> None:
        """Stop everything, in order, gently first; doing it twice does nothing."""
        children, self._children = self._children, []
        for child in children:
            child.restart_at = None
        for order in sorted({child.program.stop_order for child in children}):
            self._stop_together([c for c in children if c.program.stop_order == order])

    def pid(self, name: str) -> int | None:
        """Tell the process number of a program that is running."""
        for child in self._children:
            if child.program.name == name and child.process is not None:
                return child.process.pid
        return None

    # -- the loop --------------------------------------------------------------------------

    def _turn(self, timeout_s: float | None) -> None:
        self._pump(timeout_s)
        if self._is_asked_to_stop:
            raise AskedToStop
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child)
            elif child.restart_at is not None and child.restart_at <= time.monotonic():
                self._launch(child)

    def _pump(self, timeout_s: float | None) -> None:
        """Carry what the programs said; return early when something happens."""
        for key, _ in self._selector.select(timeout_s):
            if key.fd == self._wake_read:
                with suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            else:
                self._carry(key.data)

    def _time_to_next_restart(self) -> float | None:
        waiting = [child.restart_at for child in self._children if child.restart_at is not None]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    def _ask_to_stop(self, _sig: int, _frame: FrameType | None) -> None:
        self._is_asked_to_stop = True

    # -- one child -------------------------------------------------------------------------

    def _launch(self, child: _Child) -> None:
        child.restart_at = None
        child.program.prepare()
        child.process = spawn(child.program, stdout=subprocess.PIPE)
        self._watch(child)

    def _bury(self, child: _Child) -> None:
        code = self._end(child)
        self._on_death()
        name = child.program.name
        ending = f"被信号 {-code} 终止" if code < 0 else f"退出（代码 {code}）"
        if not self._is_serving:
            raise Failed(f"{name} 刚启动就{ending}。", self._journal.recent(name))
        now = time.monotonic()
        child.deaths.append(now)
        recent = [at for at in child.deaths if now - at < DEATHS_WINDOW_S]
        if len(recent) == MAX_DEATHS:
            raise Failed(
                f"{name} 一分钟内{ending}了 {MAX_DEATHS} 次，不再重启。", self._journal.recent(name)
            )
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (len(recent) - 1))
        child.restart_at = now + pause_s
        self._journal.tell(f"{name} {ending}，{pause_s:.1f} 秒后重启。")

    def _end(self, child: _Child) -> int:
        """Clear up after a process that ended or must: its group, its pipe, its exit code."""
        process = child.process
        if process is None:
            return 0
        signal_group(process.pid, signal.SIGKILL)
        code = process.wait()
        self._drain(child)
        child.process = None
        return code

    def _stop_together(self, children: list[_Child]) -> None:
        now = time.monotonic()
        orders = sorted(
            (
                (now + after_s, sig, child)
                for child in children
                for after_s, sig in _escalation(child)
            ),
            key=lambda order: order[0],
        )
        while any(child.process is not None for child in children):
            while orders and orders[0][0] <= time.monotonic():
                _, sig, child = orders.pop(0)
                if child.process is not None:
                    child.process.send_signal(sig)
            self._pump(0.05)
            for child in children:
                if child.process is not None and child.process.poll() is not None:
                    self._end(child)

    # -- output ------------------------------------------------------------------------------

    def _watch(self, child: _Child) -> None:
        if child.process is not None and child.process.stdout is not None:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _carry(self, child: _Child) -> bool:
        """Read what is there; False when there is no more."""
        if child.process is None or child.process.stdout is None:
            return False
        try:
            data = os.read(child.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        if not data:
            with suppress(KeyError):
                self._selector.unregister(child.process.stdout)
            return False
        *lines, child.unfinished = (child.unfinished + data).split(b"\n")
        if len(child.unfinished) > LONGEST_LINE:
            lines.append(child.unfinished)
            child.unfinished = b""
        for line in lines:
            self._journal.line(child.program.name, line.decode(errors="replace").rstrip())
        return True

    def _drain(self, child: _Child) -> None:
        """Take the last words of a process that ended, and close the pipe."""
        if child.process is None or child.process.stdout is None:
            return
        while self._carry(child):
            pass
        if child.unfinished:
            self._journal.line(child.program.name, child.unfinished.decode(errors="replace"))
            child.unfinished = b""
        with suppress(KeyError):
            self._selector.unregister(child.process.stdout)
        child.process.stdout.close()


def _escalation(child: _Child) -> Iterator[tuple[float, signal.Signals]]:
    """Yield after how many seconds which signal is due."""
    after_s = 0.0
    for sig, patience_s in child.program.stop:
        yield after_s, sig
        after_s += patience_s
    yield after_s, signal.SIGKILL
