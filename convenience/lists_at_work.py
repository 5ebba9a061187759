"""Checks and imports an uploaded list in a worker: what the desk asked for, as a task's steps."""

import io
import time
from dataclasses import asdict

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import blobs
from kernel.database import transaction
from kernel.documents import open_document
from kernel.errors import Refusal
from kernel.readers import WEB, Document, Progress

from . import browsing, import_tasks, importing, mapping_toml
from .errors import BadMapping, ImportNotFound
from .import_tasks import Claimed
from .importing import Report, Wish
from .mapping import FileMapping
from .models import Import, SavedMapping

PAUSE_S = 0.5  # between two words on how far it is


def kept_document(record: Import) -> Document:
    """Return the file as it was uploaded; raise ImportNotFound where it is not here."""
    if record.file_key is None:
        raise ImportNotFound("这次导入是用命令做的，文件不在这里。")
    try:
        return Document(record.file_name, blobs.store().get(record.file_key))
    except blobs.BlobMissing as missing:
        raise ImportNotFound("上传的文件不在了，请重新上传。") from missing


def work(import_id: int, *, is_told: bool = True) -> None:
    """Do the task of an import, if there is one to do; what refuses is kept for the page.

    How far it is goes by connections of its own; `is_told=False` where there is one alone.
    """
    with transaction() as session:
        task = import_tasks.claim(session, import_id)
    if task is None:
        return
    try:
        (_check if task.verb == "check" else _apply)(task, _Teller(import_id) if is_told else None)
    except Refusal as refusal:
        with transaction() as session:
            import_tasks.fail(session, import_id, refusal.sentence)


class _Teller:
    """Tells how far it is, in transactions of its own: the work's own shows nothing until its end."""

    def __init__(self, import_id: int) -> None:
        self._import_id = import_id
        self._told_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._told_at < PAUSE_S:
            return
        self._told_at = now
        with transaction() as session:
            import_tasks.tell(session, self._import_id, done, total)


def _check(task: Claimed, teller: Progress | None) -> None:
    """Find what the import would do, and keep that with it."""
    mapping, wish = task.mapping or FileMapping(), task.wish or Wish()
    with transaction() as session:
        document = kept_document(browsing.one_import(session, task.import_id))
    source = open_document(document, mapping.file, WEB)
    with transaction() as session:
        report = importing.check(session, source, mapping, wish, progress=teller)
    key = None
    if report.refused:
        faults = io.StringIO(newline="")
        importing.write_refused(source, report.refused, faults)
        key = blobs.store().put(("\ufeff" + faults.getvalue()).encode(), "csv")
    with transaction() as session:
        _keep(session, task, report, key)
        import_tasks.end(session, task.import_id)


def _keep(session: Session, task: Claimed, report: Report, faults_key: str | None) -> None:
    record = session.get_one(Import, task.import_id, with_for_update=True)
    if record.state not in ("received", "checked"):
        raise BadMapping("这份文件已经导入过了；要再导一次，请重新上传。")
    record.state = "checked"
    record.mapping = mapping_toml.dump(task.mapping or FileMapping())
    record.report = report.as_json() | {"wish": asdict(task.wish or Wish())}
    record.faults_key = faults_key
    if task.save_as:
        values = {"toml": record.mapping, "staff_id": task.staff_id}
        session.execute(
            insert(SavedMapping)
            .values(name=task.save_as, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )


def _apply(task: Claimed, teller: Progress | None) -> None:
    """Import what was looked at, and nothing else."""
    with transaction() as session:
        record = browsing.one_import(session, task.import_id)
        if record.state != "checked" or record.mapping is None or record.report is None:
            raise BadMapping("请先检查，看过结果再确认导入。")
        mapping, wished = mapping_toml.load(record.mapping), record.report.get("wish")
        mark = str(record.report.get("mark", ""))
        document = kept_document(record)
    source = open_document(document, mapping.file, WEB)
    with transaction() as session:
        locked = session.get_one(Import, task.import_id, with_for_update=True)
        if locked.state != "checked":
            raise BadMapping("这份文件刚刚已经导入了。")
        importing.apply(
            session,
            document,
            source,
            mapping,
            Wish(**wished) if isinstance(wished, dict) else Wish(),
            staff_id=task.staff_id,
            record=locked,
            seen_mark=mark,
            progress=teller,
        )
        import_tasks.end(session, task.import_id)
