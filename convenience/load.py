"""Writes what an import brings, and takes it back. Both hold off every other writer meanwhile."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from .diff import STAGED, written
from .errors import NotUndoable
from .mapping import FileMapping
from .models import CONTENT


def lock(session: Session) -> None:
    """Let nobody else write facilities until the transaction ends; reading goes on.

    Two imports at the same time come one after the other, and the second sees what the first did.
    """
    session.execute(text("LOCK TABLE convenience_facilities IN SHARE ROW EXCLUSIVE MODE"))


def write(
    session: Session,
    *,
    import_id: int,
    mapping: FileMapping,
    source: str,
    is_demo: bool,
    is_complete: bool,
) -> None:
    """Bring the stage's rows in: new ones, changed ones, and with `is_complete` the missing ones."""
    fixed = {"import_id": import_id, "source": source or None, "is_demo": is_demo}
    columns = ", ".join(STAGED)
    session.execute(
        text(
            "INSERT INTO convenience_facilities"  # noqa: S608  # names of our own columns
            f" (code, {columns}, source, is_demo, import_id)"
            f" SELECT code, {columns}, :source, :is_demo, :import_id"
            " FROM pg_temp.convenience_stage WHERE facility_id IS NULL ORDER BY line"
        ),
        fixed,
    )
    settings = ", ".join(f"{name} = s.{name}" for name in written(mapping))
    session.execute(
        text(
            f"UPDATE convenience_facilities AS f SET {settings}, source = :source,"  # noqa: S608  # as above
            " is_demo = :is_demo, removed_at = NULL, removal_reason = NULL,"
            " import_id = :import_id, staff_id = NULL"
            " FROM pg_temp.convenience_stage AS s WHERE f.id = s.facility_id AND s.is_changed"
        ),
        fixed,
    )
    if is_complete:
        session.execute(
            text(
                "UPDATE convenience_facilities AS f SET removed_at = now(),"
                " removal_reason = '新名单里没有', import_id = :import_id, staff_id = NULL"
                " WHERE f.source = :source AND f.removed_at IS NULL AND NOT EXISTS"
                " (SELECT FROM pg_temp.convenience_stage AS s WHERE s.facility_id = f.id)"
            ),
            fixed,
        )
    # The planner's own collector comes minutes later; a page opened before would wait for it.
    session.execute(text("ANALYZE convenience_facilities, convenience_changes"))


@dataclass(frozen=True)
class Undone:
    """What an undo put back and took away."""

    restored: int
    removed: int


def take_back(session: Session, *, import_id: int, staff_id: int | None) -> Undone:
    """Put back what the import changed, and remove what it added; raise NotUndoable.

    What was changed again since then is nobody's to overwrite: then nothing is done.
    """
    _refuse_if_changed_since(session, import_id)
    columns = (*CONTENT, "revision")
    settings = ", ".join(f"{name} = b.{name}" for name in columns)
    restored = session.execute(
        text(
            f"UPDATE convenience_facilities AS f SET {settings}"  # noqa: S608  # as above
            " FROM convenience_changes AS c,"
            " jsonb_populate_record(NULL::convenience_facilities, c.before) AS b"
            " WHERE c.import_id = :id AND c.facility_id = f.id AND c.before IS NOT NULL"
            " AND f.revision = c.id RETURNING f.id"
        ),
        {"id": import_id},
    )
    count = len(restored.all())
    removed = session.execute(
        text(
            "UPDATE convenience_facilities AS f SET removed_at = now(),"
            " removal_reason = '撤销导入', import_id = NULL, staff_id = :staff"
            " FROM convenience_changes AS c WHERE c.import_id = :id"
            " AND c.facility_id = f.id AND c.before IS NULL RETURNING f.id"
        ),
        {"id": import_id, "staff": staff_id},
    )
    return Undone(count, len(removed.all()))


def _refuse_if_changed_since(session: Session, import_id: int) -> None:
    later = session.execute(
        text(
            "SELECT count(*) AS facilities, min(f.name) AS name,"
            " min(f.import_id) FILTER (WHERE f.import_id <> :id) AS import_id"
            " FROM convenience_changes AS c JOIN convenience_facilities AS f ON f.id = c.facility_id"
            " WHERE c.import_id = :id AND f.revision <> c.id"
        ),
        {"id": import_id},
    ).one()
    if not later.facilities:
        return
    way = (
        f"请先撤销第 {later.import_id} 次导入"
        if later.import_id is not None
        else "请逐个修改，或重新导入一份正确的文件"
    )
    raise NotUndoable(
        f"不能撤销：导入之后，其中 {later.facilities} 个设施又改过（如「{later.name}」）。{way}。"
    )
