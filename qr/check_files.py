"""Files by which a platform finds out that an address is ours.

WeChat asks for one before "scanning a plain link opens a mini program", in the last directory of
the rule: `/s/<name>.txt`; for a page's domain it asks at the root. Both are served from here.
"""

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from .errors import BadCheckFile, TooManyCheckFiles
from .rules import CHECK_FILE, LONGEST_CHECK_FILE, MOST_CHECK_FILES
from .upkeep_models import CheckFile


def content_of(session: Session, name: str) -> str | None:
    """Return what a check file says, or None where there is none of this name."""
    return session.scalar(select(CheckFile.content).where(CheckFile.name == name))


def check_files(session: Session) -> list[CheckFile]:
    """Return all check files by name."""
    return list(session.scalars(select(CheckFile).order_by(CheckFile.name)))


def keep(session: Session, *, name: str, data: bytes, staff_id: int) -> None:
    """Serve a check file from now on, in place of one of the same name.

    Raises BadCheckFile, TooManyCheckFiles.
    """
    try:
        content = data.decode("ascii")
    except UnicodeDecodeError as fault:
        raise BadCheckFile from fault
    printable = content.strip().replace("\r", "").replace("\n", "")
    if not CHECK_FILE.fullmatch(name) or not 0 < len(data) <= LONGEST_CHECK_FILE:
        raise BadCheckFile
    if not printable or not printable.isprintable() or "<" in printable:
        raise BadCheckFile
    session.execute(text("LOCK TABLE qr_check_files IN SHARE ROW EXCLUSIVE MODE"))
    others = select(func.count()).select_from(CheckFile).where(CheckFile.name != name)
    if session.scalars(others).one() >= MOST_CHECK_FILES:
        raise TooManyCheckFiles
    made = insert(CheckFile).values(name=name, content=content, staff_id=staff_id)
    session.execute(
        made.on_conflict_do_update(
            index_elements=["name"],
            set_={"content": content, "staff_id": staff_id, "added_at": func.now()},
        )
    )


def drop(session: Session, name: str) -> None:
    """Serve a check file no more."""
    session.execute(delete(CheckFile).where(CheckFile.name == name))
