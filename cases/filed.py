"""Filed reports as they count for rewards: who, what, from where, when. No words, no photos."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from .errors import CaseNotFound
from .models import Case, CaseMove
from .rules import tidy_report_number

MOST = 50_000  # reports of a month in one answer; a busy district has less


@dataclass(frozen=True)
class FiledReport:
    """A report that was found to be a matter for the city; `cell` is its place within 40 m."""

    case_id: int
    report_no: str
    citizen_id: int | None
    class_code: str | None
    source: str
    cell: str | None
    reported_at: datetime
    filed_at: datetime


_FILED = (
    select(
        Case.id,
        Case.report_no,
        Case.citizen_id,
        Case.class_code,
        Case.source,
        Case.cell,
        Case.reported_at,
        CaseMove.at,
    )
    .join(CaseMove, CaseMove.case_id == Case.id)
    .where(CaseMove.name == "file")
)


def filed_report(session: Session, case_id: int) -> FiledReport:
    """Return a report that was filed, as it was first; raise CaseNotFound."""
    row = session.execute(
        _FILED.where(Case.id == case_id).order_by(CaseMove.seq).limit(1)
    ).one_or_none()
    if row is None:
        raise CaseNotFound
    return FiledReport(*row)


def filed_between(session: Session, begins: datetime, ends: datetime) -> tuple[FiledReport, ...]:
    """Return what was filed from `begins` on and before `ends`, at most `MOST`."""
    rows = session.execute(
        _FILED.where(CaseMove.at >= begins, CaseMove.at < ends)
        .order_by(CaseMove.at, Case.id)
        .limit(MOST)
    )
    return tuple(FiledReport(*row) for row in rows)


def mover_of(session: Session, case_id: int, seq: int) -> int | None:
    """Return which member of staff made a move of a case; None: nobody of the staff."""
    return session.scalar(
        select(CaseMove.staff_id).where(CaseMove.case_id == case_id, CaseMove.seq == seq)
    )


def reporter_of(session: Session, typed_no: str) -> tuple[int, int | None] | None:
    """Return case and reporter of a report number as somebody typed it, or None."""
    number = tidy_report_number(typed_no)
    row = session.execute(
        select(Case.id, Case.citizen_id).where(Case.report_no == number)
    ).one_or_none()
    return None if row is None else (row.id, row.citizen_id)
