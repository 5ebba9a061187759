"""Imports that a worker checks or applies, so that nobody's browser waits and progress can be shown.

A task is claimed for longer than a job may take; a worker's death leaves it to be claimed again, three
times at most. What is done is done in one transaction with the end of the task.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock, jobs

from . import mapping_toml
from .browsing import one_import
from .errors import BadMapping, ImportBusy
from .importing import Wish
from .live_models import ImportTask
from .mapping import FileMapping
from .rules import tidy

WORK = "convenience.work_import"  # the job's name
LEASE = timedelta(seconds=150)  # longer than a job may take
_MOST_ATTEMPTS = 3
_GIVEN_UP = "几次都没有做完：文件可能太大，请分成几份，或用命令 flask facilities import。"


@dataclass(frozen=True)
class Claimed:
    """A task that this worker has now."""

    import_id: int
    verb: str
    mapping: FileMapping | None
    wish: Wish | None
    save_as: str
    staff_id: int


def ask_check(
    session: Session,
    import_id: int,
    mapping: FileMapping,
    wish: Wish,
    *,
    save_as: str,
    staff_id: int,
) -> None:
    """Have a list checked by a mapping; raise BadMapping, ImportNotFound, ImportBusy."""
    if one_import(session, import_id).state not in ("received", "checked"):
        raise BadMapping("这份文件已经导入过了；要再导一次，请重新上传。")
    _ask(
        session,
        import_id,
        verb="check",
        mapping=mapping_toml.dump(mapping),
        wish=asdict(wish),
        save_as=tidy(save_as)[:60] or None,
        staff_id=staff_id,
    )


def ask_apply(session: Session, import_id: int, *, staff_id: int) -> None:
    """Have a list imported as it was checked; raise BadMapping, ImportNotFound, ImportBusy."""
    if one_import(session, import_id).state != "checked":
        raise BadMapping("请先检查，看过结果再确认导入。")
    _ask(session, import_id, verb="apply", mapping=None, wish=None, save_as=None, staff_id=staff_id)


def _ask(session: Session, import_id: int, **values: object) -> None:
    anew = {
        **values,
        "state": "waiting",
        "fault": None,
        "done": 0,
        "total": 0,
        "attempts": 0,
        "asked_at": clock.now(),
        "claimed_until": None,
    }
    asked = session.scalar(
        insert(ImportTask)
        .values(import_id=import_id, **anew)
        .on_conflict_do_update(
            index_elements=["import_id"], set_=anew, where=ImportTask.state == "failed"
        )
        .returning(ImportTask.import_id)
    )
    if asked is None:
        raise ImportBusy
    jobs.enqueue(session, WORK, import_id)


def of(session: Session, import_id: int) -> ImportTask | None:
    """Return the task of an import, waiting or failed."""
    return session.get(ImportTask, import_id, populate_existing=True)


def waiting(session: Session) -> list[int]:
    """Return imports whose task nobody has: what the sweeper looks for."""
    return list(
        session.scalars(
            select(ImportTask.import_id).where(
                ImportTask.state == "waiting",
                or_(ImportTask.claimed_until.is_(None), ImportTask.claimed_until <= clock.now()),
            )
        )
    )


def claim(session: Session, import_id: int) -> Claimed | None:
    """Take a task for this worker alone; None: there is none, or it was tried too often."""
    now = clock.now()
    task = session.execute(
        update(ImportTask)
        .where(
            ImportTask.import_id == import_id,
            ImportTask.state == "waiting",
            or_(ImportTask.claimed_until.is_(None), ImportTask.claimed_until <= now),
        )
        .values(claimed_until=now + LEASE, attempts=ImportTask.attempts + 1, done=0, total=0)
        .returning(
            ImportTask.verb,
            ImportTask.mapping,
            ImportTask.wish,
            ImportTask.save_as,
            ImportTask.staff_id,
            ImportTask.attempts,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if task is None:
        return None
    if task.attempts > _MOST_ATTEMPTS:
        fail(session, import_id, _GIVEN_UP)
        return None
    return Claimed(
        import_id,
        task.verb,
        None if task.mapping is None else mapping_toml.load(task.mapping),
        None if task.wish is None else Wish(**task.wish),
        task.save_as or "",
        task.staff_id,
    )


def tell(session: Session, import_id: int, done: int, total: int) -> None:
    """Keep how far a task is."""
    session.execute(
        update(ImportTask)
        .where(ImportTask.import_id == import_id)
        .values(done=max(done, 0), total=max(total, 0))
        .execution_options(synchronize_session=False)
    )


def end(session: Session, import_id: int) -> None:
    """Be done with a task."""
    session.execute(delete(ImportTask).where(ImportTask.import_id == import_id))


def fail(session: Session, import_id: int, sentence: str) -> None:
    """Keep why a task could not be done, for the page."""
    session.execute(
        update(ImportTask)
        .where(ImportTask.import_id == import_id)
        .values(state="failed", fault=sentence, claimed_until=None)
        .execution_options(synchronize_session=False)
    )
