"""Open cases as counts and points: reads of the board and the map."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from kernel import clock

from .clock_models import Reminder
from .dossier import PAUSED, lamp_of
from .models import Case
from .voice_models import Plea
from .workflow import OPEN, Status

MOST_POINTS = 2000
_MOST_REMINDERS = 20


@dataclass(frozen=True)
class Column:
    """One column of the board."""

    status: Status
    count: int
    yellow: int
    red: int


@dataclass(frozen=True)
class Point:
    """An open case on the map; WGS-84 degrees."""

    case_id: int
    report_no: str
    latitude: float
    longitude: float
    lamp: str


@dataclass(frozen=True)
class ReminderRow:
    case_id: int
    report_no: str
    stage: str
    percent: int
    made_at: datetime


def _of_body(body_id: int | None) -> ColumnElement[bool]:
    return true() if body_id is None else Case.body_id == body_id


def _of_street(code: str | None) -> ColumnElement[bool]:
    return true() if code is None else Case.street_code == code


def columns(session: Session, *, body_id: int | None = None) -> tuple[Column, ...]:
    """Count the open cases by status, and how many of them are nearly or wholly late."""
    now = clock.now()
    rows = session.execute(
        select(
            Case.status,
            func.count(),
            func.count().filter(Case.stage_warn_at <= now, Case.stage_due_at >= now),
            func.count().filter(Case.stage_due_at < now),
        )
        .where(Case.status.in_(OPEN), _of_body(body_id))
        .group_by(Case.status)
    )
    found = {row[0]: Column(Status(row[0]), *row[1:]) for row in rows}
    return tuple(found.get(status, Column(status, 0, 0, 0)) for status in OPEN)


def points(
    session: Session,
    *,
    body_id: int | None = None,
    street_code: str | None = None,
    limit: int = MOST_POINTS,
) -> tuple[Point, ...]:
    """Return the newest open cases that have a place, of one street if named; 2,000 at most."""
    now = clock.now()
    rows = session.execute(
        select(
            Case.id,
            Case.report_no,
            Case.latitude,
            Case.longitude,
            Case.stage_warn_at,
            Case.stage_due_at,
        )
        .where(
            Case.status.in_(OPEN),
            Case.latitude.is_not(None),
            _of_body(body_id),
            _of_street(street_code),
        )
        .order_by(Case.id.desc())
        .limit(limit)
    )
    return tuple(
        Point(
            row.id,
            row.report_no,
            row.latitude,
            row.longitude,
            PAUSED
            if row.stage_due_at is None
            else lamp_of(warn_at=row.stage_warn_at, due_at=row.stage_due_at, now=now),
        )
        for row in rows
    )


def pleas_waiting(session: Session) -> int:
    """Count the residents who wait for another decision."""
    return session.scalar(select(func.count()).where(Plea.state == "asked")) or 0


def reminders(session: Session, *, body_id: int | None = None) -> tuple[ReminderRow, ...]:
    """Return the newest reminders, the red ones with the yellow."""
    rows = session.execute(
        select(Reminder.case_id, Case.report_no, Reminder.stage, Reminder.percent, Reminder.made_at)
        .join(Case, Case.id == Reminder.case_id)
        .where(_of_body(body_id), Case.status.in_(OPEN))
        .order_by(Reminder.made_at.desc())
        .limit(_MOST_REMINDERS)
    )
    return tuple(ReminderRow(*row) for row in rows)
