"""Jobs: the only module that speaks Celery.

The row is the truth, the queue a hint. A job takes ids, is idempotent, and leaves after the
commit; every job that matters has a sweeper which finds its row again, so that a dead broker
delays work and never loses it.
"""

import logging
from collections.abc import Callable
from functools import partial, wraps

from celery import Celery
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from . import broker as own_queue
from .broker import SCHEME
from .database import after_commit, transaction
from .logs import request_id

log = logging.getLogger(__name__)

app = Celery("baixing")


class Job:
    """A function that a worker runs; `name` is stable, so that a moved module orphans nothing."""

    def __init__(
        self, name: str, function: Callable[..., None], time_limit_s: int | None = None
    ) -> None:
        self.name = name
        self.function = function

        @wraps(function)
        def run(*args: int | str) -> None:
            self(*args)

        limits = (
            {} if time_limit_s is None else {"time_limit": time_limit_s, "soft_time_limit": None}
        )
        self.task = app.task(name=name, ignore_result=True, acks_late=True, **limits)(run)

    def __call__(self, *args: int | str) -> None:
        # Ids of rows may stand in the log; words may be somebody's name.
        ids = [str(arg) for arg in args if isinstance(arg, int)]
        token = request_id.set(" ".join([self.name, *ids]))
        try:
            self.function(*args)
        except (OperationalError, InterfaceError) as away:
            # No traceback: nothing is wrong with the job, and its sweeper finds its row again.
            log.warning("the database is away (%s); the job comes again", type(away.orig).__name__)
        finally:
            request_id.reset(token)


_jobs: dict[str, Job] = {}


def job(name: str, *, time_limit_s: int | None = None) -> Callable[[Callable[..., None]], Job]:
    """Make a function a job. Its arguments are ids, never objects or secrets.

    `time_limit_s` is for the few that may work longer than two minutes.
    """

    def register(function: Callable[..., None]) -> Job:
        _jobs[name] = made = Job(name, function, time_limit_s)
        return made

    return register


def registered() -> dict[str, Job]:
    """Return all jobs by name."""
    return dict(_jobs)


def enqueue(session: Session, name: str, *args: int | str) -> None:
    """Send the job of this name to the workers once the session's transaction is committed."""
    after_commit(session, partial(send, name, *args))


def send(name: str, *args: int | str) -> None:
    """Send the job now. A broker that cannot be reached costs a log line: the sweeper comes."""
    try:
        app.send_task(name, args=args, retry=False, ignore_result=True)
    except Exception as failure:  # noqa: BLE001  # brokers fail in their drivers' own ways
        log.warning("job %s not queued (%s); its sweeper will come", name, type(failure).__name__)


def is_own(broker: str) -> bool:
    """Tell whether the queue is in our own database."""
    return broker.startswith(SCHEME)


class _OneLine(logging.Filter):
    """Let beat say in one line that it could not send; it adds two stacks to each, every tick."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg == "Message Error: %s\n%s":
            failure = record.args[0] if isinstance(record.args, tuple) and record.args else ""
            words = str(failure).partition("\n")[0]
            record.msg, record.args = "a tick was not sent: %s", (words,)
            record.exc_info = None
        return True


logging.getLogger("celery.beat").addFilter(_OneLine())


def connect(broker: str, *, timetable: dict[str, tuple[str, float]] | None = None) -> Celery:
    """Configure Celery; `timetable` maps a line's name to (job name, seconds between runs)."""
    app.conf.update(
        broker_url=broker,
        # Whoever sends waits for no dead broker: somebody may wait for the page.
        broker_transport_options={"max_retries": 0}
        | ({"pool_pre_ping": True} if is_own(broker) else {}),
        broker_connection_timeout=2,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        task_time_limit=120,
        task_soft_time_limit=100,
        timezone="Asia/Shanghai",
        enable_utc=True,
        beat_schedule={
            # A tick that nobody took before the next one is stale: the next does the same work.
            line: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
            for line, (name, seconds) in (timetable or {}).items()
        },
    )
    return app


def wait_for_queue() -> None:
    """Return once jobs can be fetched, where the queue is in our own database."""
    url = str(app.conf.broker_url or "")
    if is_own(url):
        own_queue.wait(url)


@job("kernel.clear_queue")
def clear_queue() -> None:
    """Delete delivered messages, which kombu keeps when the broker is our own database.

    No sweeper: the next run does the same work.
    """
    if not is_own(app.conf.broker_url or ""):
        return
    with transaction() as session:
        session.execute(text("DELETE FROM kombu_message WHERE NOT visible"))
