"""The whole service as `make run` starts it: real processes, real PostgreSQL, real HTTP."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import psutil
import requests
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 90.0


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def until(condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.1)):
        if condition():
            return
        pause.wait(0.1)
    raise AssertionError(f"waited {timeout_s} s for: {what}")


def jpeg(colour: str = "teal", size: tuple[int, int] = (640, 480)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


class Town:
    """One running copy of the service with its simulator, in a folder of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port, self.sim_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.sim_url = f"http://127.0.0.1:{self.sim_port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("BAIXING_")
        }
        environment |= {
            "PORT": str(self.port),
            "SIM_PORT": str(self.sim_port),
            "DATA_DIR": str(self.data_dir),
            "PYTHONUTF8": "1",
        }
        with (self.data_dir.parent / "run.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.run"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self._is_up, "the service to be ready", START_TIMEOUT_S)

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()[-3000:]
        return "百姓城管已启动" in self.log()[self._log_start() :] and self.is_ready()

    def _log_start(self) -> int:
        return self.log().rfind("启动数据库")

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def log(self) -> str:
        return (self.data_dir.parent / "run.log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> int:
        """Press Ctrl-C and wait."""
        assert self._process is not None
        if self._process.poll() is not None:
            return self._process.returncode
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(timeout=30)

    def kill_everything(self) -> None:
        """Pull the plug: the supervisor first, then whatever it left."""
        assert self._process is not None
        processes = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        self._process.wait()
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(processes, timeout=10)

    def kill(self, what: str) -> None:
        """Kill -9 the processes whose command line says so, children included."""
        victims = [
            process for process in self._processes() if re.search(what, " ".join(process.cmdline()))
        ]
        assert victims, f"no process is called {what}"
        for victim in victims:
            victim.kill()
        psutil.wait_procs(victims, timeout=10)

    def _processes(self) -> list[psutil.Process]:
        assert self._process is not None
        return psutil.Process(self._process.pid).children(recursive=True)

    def leftovers(self) -> list[str]:
        found = []
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or [])
            if str(self.data_dir) in line:
                found.append(line)
        return found

    def settings(self) -> dict[str, str]:
        lines = (self.data_dir / "dev.env").read_text(encoding="utf-8").splitlines()
        pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
        return {name: value.strip("'\"") for name, _, value in pairs}


@contextmanager
def running() -> Iterator[Town]:
    """Run a town; its folder is not pytest's, whose parents every new pytest run closes again."""
    with tempfile.TemporaryDirectory(prefix="baixing-town-", ignore_cleanup_errors=True) as folder:
        town = Town(Path(folder) / "data")
        town.start()
        try:
            yield town
        finally:
            town.stop()
        assert town.leftovers() == []


class Operator:
    """Somebody at the desk: a browser without scripts."""

    def __init__(self, town: Town) -> None:
        self._url = town.url
        self._http = requests.Session()
        self._http.trust_env = False
        given = town.settings()
        page = self._get("/console/sign-in")
        answer = self._http.post(
            f"{self._url}/console/sign-in",
            data={
                "csrf_token": _field(page, "csrf_token"),
                "username": given["BAIXING_DEV_STAFF_USER"],
                "password": given["BAIXING_DEV_STAFF_PASSWORD"],
            },
            timeout=10,
        )
        assert "/console/cases" in answer.url, answer.text

    def _get(self, path: str) -> str:
        answer = self._http.get(f"{self._url}{path}", timeout=10)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def case_of(self, report_no: str) -> str:
        """Find a case on the list by its number; return its page's path."""
        page = self._get(f"/console/cases?q={report_no}")
        found = re.search(r'href="(/console/cases/\d+)', page)
        assert found, page
        return found[1]

    def page(self, path: str) -> str:
        return self._get(path)

    def photos(self, path: str) -> list[str]:
        return re.findall(r'src="(/console/photos/\d+[^"]*)"', self._get(path))

    def fetch(self, path: str) -> requests.Response:
        return self._http.get(f"{self._url}{path}", timeout=10)

    def moves(
        self, path: str, name: str, *, files: list[bytes] | None = None, **fields: str
    ) -> None:
        page = self._get(path)
        form = next(f for f in page.split("<form")[1:] if f'value="{name}"' in f or f"/{name}" in f)
        target = re.search(r'action="([^"]+)"', form)
        assert target, form
        answer = self._http.post(
            f"{self._url}{target[1]}",
            data={
                "csrf_token": _field(form, "csrf_token"),
                "request_key": _field(form, "request_key") or uuid.uuid4().hex,
                "seen_version": _field(form, "seen_version"),
                "move": name,
                **fields,
            },
            files=[("photos", ("p.jpg", data, "image/jpeg")) for data in files or []] or None,
            timeout=20,
        )
        assert answer.status_code == 200, (answer.status_code, answer.text)

    def body_named(self, path: str, name: str) -> str:
        found = re.search(rf'<option value="(\d+)"[^>]*>\s*{name}', self._get(path))
        assert found, f"{name} is not offered"
        return found[1]


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'value="([^"]*)"[^>]*name="{name}"', page
    )
    assert found, f"no field {name}"
    return found[1]
