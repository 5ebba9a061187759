"""The three responsibility lists (三清单) of the bodies, and their figures of a month.

The district's order names three lists, 日常管护, 问题整改 and 项目建设, made each month from data. What
stands in each is our reading of it: upkeep is what the rules in force give a body to look after;
rectification is the cases reported in the month that are with it; works are problems that cannot be
solved at once and are put off with leave (挂账), for as long as they are.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

import territory
from kernel import clock

from .clock_models import Facts
from .figures import Line, Wanted, figures
from .models import Case
from .rulebooks import RuleRow, class_words, live_book, rules_of
from .voice_models import Permit
from .workflow import Status


@dataclass(frozen=True)
class Month:
    """A calendar month of the city."""

    first: date

    @classmethod
    def of(cls, typed: str) -> "Month | None":
        """Read `2026-11`, or return None."""
        try:
            first = date.fromisoformat(f"{typed}-01")
        except ValueError:
            return None
        return cls(first) if 2000 <= first.year <= 2100 else None

    @classmethod
    def now(cls) -> "Month":
        return cls(clock.city_day(clock.now()).replace(day=1))

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), clock.CITY)

    @property
    def next(self) -> "Month":
        return Month((self.first + timedelta(days=32)).replace(day=1))

    @property
    def before(self) -> "Month":
        return Month((self.first - timedelta(days=1)).replace(day=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True)
class Rectification:
    """A case that a body had to solve; `is_late` as of now, or as it was done."""

    case_id: int
    report_no: str
    body_name: str
    class_words: str
    street_name: str
    status: Status
    dispatched_at: datetime | None
    due_at: datetime | None
    disposed_at: datetime | None
    reworks: int
    is_late: bool


@dataclass(frozen=True)
class Works:
    """A case put off with leave, until when and why."""

    case_id: int
    report_no: str
    body_name: str
    class_words: str
    street_name: str
    reason: str
    since: datetime | None
    until: datetime | None
    ended_at: datetime | None


def upkeep(session: Session, body_id: int | None = None) -> tuple[RuleRow, ...]:
    """Return what the rules in force give to the body, or to all, broken rules among them."""
    book = live_book(session)
    rows = rules_of(session, book.id) if book else ()
    return tuple(row for row in rows if body_id in (None, row.line.body_id))


def rectifications(
    session: Session, month: Month, body_id: int | None = None, *, limit: int | None = None
) -> tuple[Rectification, ...]:
    """Return the cases reported in the month that are with the body, or with any."""
    wanted = (
        select(Case, Facts)
        .join(Facts, Facts.case_id == Case.id)
        .where(
            Facts.reported_at >= month.since,
            Facts.reported_at < month.next.since,
            Facts.body_id.is_not(None) if body_id is None else Facts.body_id == body_id,
        )
        .order_by(Case.id.desc())
        .limit(limit)
    )
    rows = session.execute(wanted).all()
    bodies, streets = _names(session, [row.Case for row in rows])
    now = clock.now()
    return tuple(
        Rectification(
            case_id=case.id,
            report_no=case.report_no,
            body_name=bodies.get(case.body_id or 0, ""),
            class_words=class_words(case.class_code),
            street_name=streets.get(case.street_code or "", ""),
            status=Status(case.status),
            dispatched_at=facts.dispatched_at,
            due_at=facts.dispose_due_at,
            disposed_at=facts.disposed_at,
            reworks=facts.reworks,
            is_late=facts.dispose_due_at is not None
            and (facts.disposed_at or now) > facts.dispose_due_at,
        )
        for case, facts in rows
    )


def works(session: Session, month: Month, body_id: int | None = None) -> tuple[Works, ...]:
    """Return the cases that were put off at some time of the month, with the reason."""
    rows = session.execute(
        select(Case, Permit)
        .join(Permit, Permit.case_id == Case.id)
        .where(
            Permit.kind == "suspension",
            Permit.state == "granted",
            Permit.decided_at < month.next.since,
            or_(Permit.ended_at.is_(None), Permit.ended_at >= month.since),
            Case.body_id.is_not(None) if body_id is None else Case.body_id == body_id,
        )
        .order_by(Permit.id)
    ).all()
    bodies, streets = _names(session, [row.Case for row in rows])
    return tuple(
        Works(
            case_id=case.id,
            report_no=case.report_no,
            body_name=bodies.get(case.body_id or 0, ""),
            class_words=class_words(case.class_code),
            street_name=streets.get(case.street_code or "", ""),
            reason=permit.reason,
            since=permit.decided_at,
            until=permit.until,
            ended_at=permit.ended_at,
        )
        for case, permit in rows
    )


def monthly(
    session: Session, month: Month, body_id: int | None = None
) -> tuple[tuple[str, Line], ...]:
    """Return each body's figures over the cases reported in the month, with its name."""
    wanted = Wanted(since=month.since, until=month.next.since, body_id=body_id)
    lines = [line for line in figures(session, wanted, by="body") if line.key is not None]
    names = territory.body_names(session, [int(line.key) for line in lines if line.key])
    return tuple((names.get(int(line.key or 0), ""), line) for line in lines)


def _names(session: Session, cases: list[Case]) -> tuple[dict[int, str], dict[str, str]]:
    bodies = territory.body_names(session, [case.body_id for case in cases if case.body_id])
    streets = territory.area_names(session, {case.street_code or "" for case in cases})
    return bodies, streets
