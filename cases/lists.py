"""Work lists: which cases somebody wants to see, a page at a time, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from .clock_models import Facts
from .errors import NoteRequired, TooManyViews
from .figures import INDICATORS
from .models import Case
from .queries import Page, matches, page_of_cases
from .voice_models import Plea, SavedView, Tag
from .workflow import OPEN, Status

MOST_VIEWS = 20  # of one member of staff


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list is narrowed to; None does not narrow. `late` is yellow or red."""

    status: Status | None = None
    is_open: bool = False
    search: str | None = None
    body_id: int | None = None
    class_code: str | None = None
    source: str | None = None
    street_code: str | None = None
    late: str | None = None
    is_urgent: bool = False
    is_supervised: bool = False
    has_plea: bool = False
    campaign_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    # One part of an indicator: (key, n or d).
    counted: tuple[str, str] | None = None


def listed(
    session: Session, filters: Filters, *, before_id: int | None = None, limit: int = 50
) -> Page:
    """Return one page of the cases that meet the filters."""
    wanted = narrowed(session, select(Case), filters).order_by(Case.id.desc()).limit(limit + 1)
    if before_id is not None:
        wanted = wanted.where(Case.id < before_id)
    return page_of_cases(session, wanted, limit)


def narrowed(session: Session, wanted: Select[Case], filters: Filters) -> Select[Case]:
    """Return the statement with the filters' conditions."""
    now = clock.now()
    for value, column in (
        (filters.status, Case.status),
        (filters.body_id, Case.body_id),
        (filters.class_code, Case.class_code),
        (filters.source, Case.source),
        (filters.street_code, Case.street_code),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if filters.is_open:
        wanted = wanted.where(Case.status.in_(OPEN))
    if filters.late == "red":
        wanted = wanted.where(Case.stage_due_at < now)
    elif filters.late == "yellow":
        wanted = wanted.where(Case.stage_due_at >= now, Case.stage_warn_at <= now)
    if filters.is_urgent:
        wanted = wanted.where(Case.is_urgent)
    if filters.is_supervised:
        wanted = wanted.where(Case.is_supervised)
    return _by_others(session, wanted, filters, now)


def _by_others(
    session: Session, wanted: Select[Case], filters: Filters, now: datetime
) -> Select[Case]:
    if filters.has_plea:
        asked = exists().where(Plea.case_id == Case.id, Plea.state == "asked")
        wanted = wanted.where(asked)
    if filters.campaign_id is not None:
        wanted = wanted.join(Tag, Tag.case_id == Case.id).where(
            Tag.campaign_id == filters.campaign_id
        )
    if filters.since is not None:
        wanted = wanted.where(Case.reported_at >= filters.since)
    if filters.until is not None:
        wanted = wanted.where(Case.reported_at < filters.until)
    if filters.counted is not None:
        key, part = filters.counted
        wanted = (
            wanted.join(Facts, Facts.case_id == Case.id)
            .where(INDICATORS[key].part(part))
            .params(now=now)
        )
    if filters.search and filters.search.strip():
        wanted = wanted.where(matches(session, filters.search.strip()[:100]))
    return wanted


def save_view(session: Session, *, staff_id: int, name: str, query: str) -> None:
    """Keep a list under a name (20 characters); the same name again replaces it."""
    words = name.strip()[:20]
    if not words:
        raise NoteRequired
    kept = len(views_of(session, staff_id))
    is_known = any(each.name == words for each in views_of(session, staff_id))
    if kept >= MOST_VIEWS and not is_known:
        raise TooManyViews
    session.execute(
        insert(SavedView)
        .values(staff_id=staff_id, name=words, query=query[:500])
        .on_conflict_do_update(index_elements=["staff_id", "name"], set_={"query": query[:500]})
    )


def forget_view(session: Session, *, staff_id: int, view_id: int) -> None:
    """Forget a list of this member of staff."""
    view = session.get(SavedView, view_id)
    if view is not None and view.staff_id == staff_id:
        session.delete(view)


def views_of(session: Session, staff_id: int) -> tuple[SavedView, ...]:
    """Return the lists that this member of staff keeps, by name."""
    return tuple(
        session.scalars(
            select(SavedView).where(SavedView.staff_id == staff_id).order_by(SavedView.name)
        )
    )


def refusals(session: Session, since: datetime) -> tuple[tuple[str, int, int], ...]:
    """Return (reason, refused cases, objections) of cases reported since then."""
    objected = exists().where(Plea.case_id == Case.id, Plea.kind == "objection")
    rows = session.execute(
        select(Case.refuse_reason, func.count(), func.count().filter(objected))
        .where(
            or_(Case.status == Status.REFUSED, Case.refuse_reason.is_not(None)),
            Case.reported_at >= since,
        )
        .group_by(Case.refuse_reason)
        .order_by(func.count().desc())
    )
    return tuple((row[0] or "other", row[1], row[2]) for row in rows)
