"""Which programs make up the service on one machine, and with which commands they start."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from . import dev_env
from .checks import HOST
from .processes import MARK, Program
from .steps import Step

ROOT = Path(__file__).resolve().parents[1]
DATABASE = "baixing"
WEB_PROCESSES = 2
WEB_THREADS = 4
JOB_PROCESSES = 2


FLASK = ("flask", "--app", "app")


def steps(settings: Mapping[str, str]) -> list[Step]:
    """List what is done at every start, before the web server answers."""
    staff = ("--username", settings["BAIXING_DEV_STAFF_USER"], "--role", "administrator")
    scopes = [f"--scope={scope}" for scope in ("report", "read", "details", "update")]
    key = ("本机试用", "--per-minute", "10000", *scopes)
    return [
        Step("更新数据库结构", ("alembic", "upgrade", "head")),
        Step("装入演示数据", (*FLASK, "demo", "load")),
        Step("装入演示设施（首次约需十秒）", (*FLASK, "facilities", "demo", "--if-missing")),
        Step("装入演示派遣规则", (*FLASK, "cases", "demo-rules")),
        Step("装入演示标牌", (*FLASK, "signs", "demo")),
        Step(
            "准备工作人员帐号",
            (*FLASK, "accounts", "create-staff", *staff, "--password-stdin", "--if-missing"),
            given=settings["BAIXING_DEV_STAFF_PASSWORD"],
        ),
        Step(
            "准备接口密钥",
            (*FLASK, "open311", "key", "add", *key, "--key-stdin", "--if-missing"),
            given=settings["BAIXING_DEV_OPEN311_KEY"],
        ),
        # A phone without a menu is no reason not to start.
        Step("推送公众号菜单", (*FLASK, "wechat", "menu", "push"), is_essential=False),
    ]


@dataclass(frozen=True, slots=True)
class Instance:
    """One running copy: two with different ports and folders do not meet."""

    port: int
    sim_port: int
    data_dir: Path

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def phone_url(self) -> str:
        return f"http://{HOST}:{self.sim_port}"

    @property
    def env_file(self) -> Path:
        return self.data_dir / "dev.env"

    def addresses(self, database_url: str) -> dict[str, str]:
        return {
            "BAIXING_DATABASE_URL": database_url,
            "BAIXING_PUBLIC_URL": self.web_url,
            "BAIXING_WECHAT_API_BASE": self.phone_url,
            "BAIXING_WECHAT_OAUTH_BASE": self.phone_url,
            "BAIXING_BLOB_DIR": str(self.data_dir / "blobs"),
        }

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Compose a program's environment: our settings come from dev.env alone."""
        foreign = {
            name: value for name, value in os.environ.items() if not name.startswith("BAIXING_")
        }
        ours = {MARK: str(self.data_dir), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
        return {**foreign, **settings, **ours}

    def step_runner(self, settings: Mapping[str, str]) -> Program:
        return self._python("setup", ["local.steps"], settings)

    def simulator(self, settings: Mapping[str, str]) -> Program:
        wechat = {
            name: value for name, value in settings.items() if name.startswith("BAIXING_WECHAT_")
        }
        words = ["simulator", "--port", str(self.sim_port)]
        words += ["--data-dir", str(self.data_dir / "simulator")]
        words += ["--callback-url", f"{self.web_url}/wechat"]
        return self._python("phone", words, wechat, patience_s=3.0, stop_order=0)

    def web(self, settings: Mapping[str, str]) -> Program:
        words = ["gunicorn", "app:create_app()", "--bind", f"{HOST}:{self.port}"]
        words += ["--workers", str(WEB_PROCESSES), "--worker-class", "gthread"]
        words += ["--threads", str(WEB_THREADS), "--graceful-timeout", "2"]
        # Import once, then fork: half the start, and a killed process is back at once.
        words += ["--preload"]
        # Its control socket has one name for all: two instances would quarrel about it.
        words += ["--no-control-socket", "--log-level", "warning"]
        return self._python("web", words, settings, patience_s=3.0, stop_order=0)

    def worker(self, settings: Mapping[str, str]) -> Program:
        words = ["celery", "--app", "worker", "--quiet", "worker"]
        words += ["--concurrency", str(JOB_PROCESSES), "--loglevel", "INFO"]
        words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        program = self._python("worker", words, settings, patience_s=5.5, stop_order=1)
        # Its speech to root: here there is one machine and one person.
        quiet = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
        return replace(program, env={**program.env, **quiet})

    def beat(self, settings: Mapping[str, str]) -> Program:
        words = ["celery", "--app", "worker", "--quiet", "beat", "--loglevel", "WARNING"]
        words += ["--schedule", str(self.data_dir / "beat-schedule"), "--pidfile", ""]
        return self._python("beat", words, settings, patience_s=2.5, stop_order=1)

    def _python(
        self,
        name: str,
        words: list[str],
        settings: Mapping[str, str],
        *,
        patience_s: float = 3.0,
        stop_order: int = 0,
    ) -> Program:
        return Program(
            name=name,
            argv=[sys.executable, "-m", *words],
            env=self.environment(settings),
            cwd=ROOT,
            stop=((signal.SIGTERM, patience_s),),
            stop_order=stop_order,
        )


def settings_of(instance: Instance, database_url: str) -> dict[str, str]:
    """Read and refresh the instance's settings."""
    return dev_env.refresh(instance.env_file, instance.addresses(database_url))
