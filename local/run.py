"""`make run`: starts the whole service on this machine and keeps it running until Ctrl-C."""

import errno
import os
import sys
import time
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from . import checks
from .errors import Failed, Refused
from .journal import Journal, write_line, write_lines
from .postgres import EmbeddedPostgres
from .processes import kill_marked
from .service import DATABASE, Instance, settings_of, steps
from .steps import ALL_WELL, PARTLY, as_json
from .supervisor import AskedToStop, Supervisor

DATABASE_STOP_ORDER = 2
START_TIMEOUT_S = 60.0
HTTP_OK = 200
# Less than this is left when something failed: that will have been why.
LITTLE_BYTES = 8 * 1024 * 1024


def main() -> int:
    begun = time.monotonic()
    try:
        with ExitStack() as stack:
            instance = _checked_instance(stack)
            journal = Journal(instance.data_dir / "log")
            stack.callback(journal.close)
            return _run(instance, journal, begun)
    except KeyboardInterrupt:  # before the supervisor listens to signals
        return 0
    except Refused as refusal:
        return _complain(str(refusal), code=2)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        return _complain("磁盘写满了：请先腾出空间，或换一个 DATA_DIR。", code=2)


def _checked_instance(stack: ExitStack) -> Instance:
    """Look at everything that can be known beforehand; nothing is started on a Refused."""
    port = checks.port_number("PORT", os.environ.get("PORT") or "8000")
    sim_port = checks.port_number("SIM_PORT", os.environ.get("SIM_PORT") or "8001")
    data_dir = Path(os.environ.get("DATA_DIR") or "var").resolve()
    checks.folder_is_usable(data_dir)
    stack.callback(os.close, checks.sole_user_of(data_dir))
    # We are alone with this folder: what still carries its mark was left by a killed run.
    kill_marked(str(data_dir))
    checks.ports_are_free({"PORT": port, "SIM_PORT": sim_port})
    checks.disk_has_room(data_dir)
    return Instance(port=port, sim_port=sim_port, data_dir=data_dir)


def _run(instance: Instance, journal: Journal, begun: float) -> int:
    database = EmbeddedPostgres(instance.data_dir / "postgres", say=write_line)
    try:
        with Supervisor(journal, on_death=lambda: _need_some_disk(instance)) as supervisor:
            try:
                settings = _start(supervisor, instance, database, journal)
                write_lines(_welcome(instance, settings, time.monotonic() - begun))
                journal.is_streaming = True
                supervisor.serve()
            except AskedToStop:
                journal.tell("正在停止 …")
                code = 0
            except Failed as failure:
                write_lines(f"    {line}" for line in failure.tail)
                _need_some_disk(instance)
                code = _complain(f"{failure}（全部日志在 {journal.path}）", code=1)
        journal.tell("已全部停止，数据都在。")
        return code
    finally:
        database.release()


def _need_some_disk(instance: Instance) -> None:
    checks.disk_has_room(instance.data_dir, needed=LITTLE_BYTES)


def _start(
    supervisor: Supervisor, instance: Instance, database: EmbeddedPostgres, journal: Journal
) -> dict[str, str]:
    write_line("启动数据库和微信模拟器 …")
    settings = settings_of(instance, database.url(DATABASE))
    supervisor.start(instance.simulator(settings))
    database.init()
    supervisor.start(database.program(stop_order=DATABASE_STOP_ORDER))
    supervisor.wait_until(database.is_ready, name="db", timeout_s=START_TIMEOUT_S)
    database.create_database(DATABASE)
    supervisor.wait_until(
        lambda: _answers(instance.phone_url), name="phone", timeout_s=START_TIMEOUT_S
    )
    todo = steps(settings)
    write_line(f"{'、'.join(step.title for step in todo)} …")
    outcome = supervisor.step(instance.step_runner(settings), given=as_json(todo))
    if outcome == PARTLY:
        journal.tell(f"提醒：{journal.recent('setup')[-1]}其余照常。")
    elif outcome != ALL_WELL:
        raise Failed("准备工作没有完成。", journal.recent("setup"))
    write_line("启动网站和后台任务 …")
    supervisor.start(instance.web(settings))
    supervisor.start(instance.worker(settings))
    supervisor.wait_until(
        lambda: _answers(f"{instance.web_url}/readyz", exactly=HTTP_OK),
        name="web",
        timeout_s=START_TIMEOUT_S,
    )
    supervisor.start(instance.beat(settings))
    return settings


def _answers(url: str, *, exactly: int | None = None) -> bool:
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=1)
    try:
        connection.request("GET", address.path or "/")
        status = connection.getresponse().status
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return exactly is None or status == exactly


def _welcome(instance: Instance, settings: dict[str, str], took_s: float) -> list[str]:
    rule = "─" * 64
    user, password = (settings[f"BAIXING_DEV_STAFF_{part}"] for part in ("USER", "PASSWORD"))
    return [
        "",
        rule,
        f"  百姓城管已启动，用时 {took_s:.1f} 秒",
        "",
        f"  居民的手机（微信模拟器）  {instance.phone_url}/",
        f"  工作人员后台              {instance.web_url}/console/",
        f"      用户名 {user}    密码 {password}",
        f"  接口文档                  {instance.web_url}/api/openapi.json",
        f"  数据、密钥、日志          {instance.data_dir}",
        "",
        "  按 Ctrl-C 停止",
        rule,
        "",
    ]


def _complain(sentence: str, *, code: int) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
