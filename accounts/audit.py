"""Every call of the desk leaves a line, before anything happens: no line, no action."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from kernel import clock
from kernel.clock import CITY

from .models import AuditLine, Staff

PAGE = 100


@dataclass(frozen=True)
class Line:
    id: int
    at: datetime
    staff_id: int | None
    staff_name: str | None
    action: str
    method: str
    path: str
    query: str | None
    is_allowed: bool
    request_id: str
    network: str


@dataclass(frozen=True)
class Wanted:
    """Which lines: of a person, of pages that begin so, of a day in the district."""

    staff_id: int | None = None
    path: str = ""
    day: date | None = None
    changes_only: bool = False


def record(
    session: Session,
    *,
    staff_id: int | None,
    action: str,
    method: str,
    path: str,
    query: str,
    is_allowed: bool,
    request_id: str,
    network: str,
) -> None:
    """Append a line. What only looks waits for no disk: a crash may lose its last half second."""
    if method == "GET":
        session.execute(sql("SET LOCAL synchronous_commit TO off"))
    session.add(
        AuditLine(
            staff_id=staff_id,
            action=action,
            method=method,
            path=path.replace("\0", "")[:300],
            query=query.replace("\0", "")[:300] or None,
            is_allowed=is_allowed,
            request_id=request_id,
            network=network[:64],
        )
    )
    session.flush()


def lines(session: Session, wanted: Wanted, *, before_id: int | None = None) -> list[Line]:
    """Return a page of lines, the newest first."""
    query = _wanted(wanted).limit(PAGE)
    if before_id is not None:
        query = query.where(AuditLine.id < before_id)
    return [Line(**row._asdict()) for row in session.execute(query)]


def all_lines(session: Session, wanted: Wanted) -> Iterator[Line]:
    """Return all lines, a few at a time from the database."""
    for row in session.execute(_wanted(wanted).execution_options(yield_per=1000)):
        yield Line(**row._asdict())


def _wanted(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            AuditLine.id,
            AuditLine.at,
            AuditLine.staff_id,
            Staff.name.label("staff_name"),
            AuditLine.action,
            AuditLine.method,
            AuditLine.path,
            AuditLine.query,
            AuditLine.is_allowed,
            AuditLine.request_id,
            AuditLine.network,
        )
        .outerjoin(Staff, Staff.id == AuditLine.staff_id)
        .order_by(AuditLine.id.desc())
    )
    if wanted.staff_id is not None:
        query = query.where(AuditLine.staff_id == wanted.staff_id)
    if wanted.path:
        query = query.where(AuditLine.path.startswith(wanted.path, autoescape=True))
    if wanted.day is not None:
        begins = datetime.combine(wanted.day, time(), CITY)
        query = query.where(AuditLine.at >= begins, AuditLine.at < begins + timedelta(days=1))
    if wanted.changes_only:
        query = query.where(AuditLine.method != "GET")
    return query


def forget(session: Session, *, days: int) -> int:
    """Delete lines older than `days`, a bounded number at a time; return how many."""
    old = (
        select(AuditLine.id)
        .where(AuditLine.at < clock.now() - timedelta(days=days))
        .order_by(AuditLine.at)
        .limit(50_000)
    )
    gone = session.execute(delete(AuditLine).where(AuditLine.id.in_(old)).returning(AuditLine.id))
    return len(gone.all())
