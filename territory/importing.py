"""Bringing in areas, bodies and people: each row is looked at, then all are written, or none.

An import waits for the one before it to end, so that what was compared is what is changed.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from .errors import ImportChanged
from .records import AREAS, BODIES, PEOPLE, File
from .reports import Report
from .roster import plan_bodies, plan_people
from .tree import plan_areas

_LOCK = 500_105  # any number, the same in all processes


def check(session: Session, file: File, *, is_complete: bool = False) -> Report:
    """Tell what the import would do; nothing is written."""
    return _plan(session, file, is_complete=is_complete)[0]


def apply(
    session: Session,
    file: File,
    *,
    is_complete: bool = False,
    expected: dict[str, Any] | None = None,
) -> Report:
    """Import the whole file; when a row cannot be imported, nothing is written (`refused`).

    `is_complete` retires active areas or bodies of the kinds in the file that it does not name,
    and deletes people. `expected` is the report that somebody agreed to: raises ImportChanged
    when the same file would do something else by now.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    report, write = _plan(session, file, is_complete=is_complete)
    if expected is not None and report.as_json() != expected:
        raise ImportChanged
    if not report.refused:
        write(session)
        session.expire_all()
    return report


def _plan(
    session: Session, file: File, *, is_complete: bool
) -> tuple[Report, Callable[[Session], None]]:
    report = Report(file.what, len(file.rows))
    usable = []
    for row in file.rows:
        if row.fault:
            report.refuse(row.line, row.fault)
        else:
            usable.append(row)
    plan = {AREAS: plan_areas, BODIES: plan_bodies, PEOPLE: plan_people}[file.what]
    return report, plan(session, report, usable, is_complete=is_complete)
