"""How the district is doing, for everybody: past days counted once, today counted now, pairs released.

Past days are counted by a job, with the last month anew: a case that was reopened since is no longer
closed. The page adds today and reads some rows a day however many cases there are. A pair of photos
is shown only while the desk's newest word about its case says so, and the case is closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session, aliased

from kernel import clock

from .classes import classes
from .clock_models import Facts
from .errors import NothingToShow, PhotoNotFound
from .models import Case, Photo
from .public_models import Release
from .workflow import Status

LOOKED_BACK = timedelta(days=400)
RECENT = timedelta(days=30)
_COUNTED_ANEW = timedelta(days=35)
_CLASS_TIME = timedelta(days=90)
_MOST_CLASSES = 10
_MONTHS = 12
_MOST_PAIRS = 8
_DESK_PAGE = 20


@dataclass(frozen=True)
class Counts:
    """Reports and closings of a time; hours and share only where something was closed."""

    reported: int = 0
    closed: int = 0
    closed_hours: float = 0.0
    in_time: int = 0

    @property
    def hours(self) -> float | None:
        return self.closed_hours / self.closed if self.closed else None

    @property
    def in_time_percent(self) -> int | None:
        return round(100 * self.in_time / self.closed) if self.closed else None

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.reported + other.reported,
            self.closed + other.closed,
            self.closed_hours + other.closed_hours,
            self.in_time + other.in_time,
        )


@dataclass(frozen=True)
class Pair:
    """A case's photos before and after, cleared for everybody: no words, no place."""

    release_id: int
    class_name: str | None
    closed_on: date


@dataclass(frozen=True)
class Standing:
    """How the district is doing."""

    at: datetime
    today: Counts
    recent: Counts  # the last thirty days, today among them
    months: Sequence[tuple[date, Counts]]  # by their first days, newest first
    by_class: Sequence[tuple[str, Counts]]  # names, most reported first
    pairs: Sequence[Pair] = field(default_factory=tuple)


# -- counting ------------------------------------------------------------------------------

_BY_DAY = """
SELECT day, class_code, sum(reported) AS reported, sum(closed) AS closed,
       sum(closed_hours) AS closed_hours, sum(in_time) AS in_time
FROM (
  SELECT (reported_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
         coalesce(class_code, '') AS class_code,
         1 AS reported, 0 AS closed, 0::float AS closed_hours, 0 AS in_time
  FROM cases_facts WHERE reported_at >= :begins AND reported_at < :ends
  UNION ALL
  SELECT (closed_at AT TIME ZONE 'Asia/Shanghai')::date, coalesce(class_code, ''), 0, 1,
         greatest(extract(epoch FROM closed_at - reported_at) / 3600, 0),
         coalesce((disposed_at <= dispose_due_at)::int, 0)
  FROM cases_facts WHERE closed_at >= :begins AND closed_at < :ends AND status = 'closed'
) AS each GROUP BY day, class_code
"""
_KEEP = f"""
INSERT INTO cases_day_counts (day, class_code, reported, closed, closed_hours, in_time) {_BY_DAY}
"""  # two texts of this module
_EVERY_DAY = """
INSERT INTO cases_day_counts (day, class_code)
SELECT each::date, '' FROM generate_series(
  CAST(:first AS date), CAST(:today AS date) - 1, interval '1 day') AS each
ON CONFLICT DO NOTHING
"""
_ALL_DAYS = f"""
SELECT day, class_code, reported, closed, closed_hours, in_time
FROM cases_day_counts WHERE day >= :since AND day < :today
UNION ALL {_BY_DAY}
"""  # noqa: S608  # two texts of this module


def count_days(session: Session) -> int:
    """Count past days that were not counted yet, and the last month anew; return how many.

    Nothing is done when yesterday was counted.
    """
    session.execute(sql("LOCK TABLE cases_day_counts IN SHARE ROW EXCLUSIVE MODE"))
    today = clock.city_day(clock.now())
    last = session.scalar(sql("SELECT max(day) FROM cases_day_counts"))
    if last is not None and last >= today - timedelta(days=1):
        return 0
    oldest = today - LOOKED_BACK
    first = max(min(last, today - _COUNTED_ANEW), oldest) if last else oldest
    session.execute(sql("DELETE FROM cases_day_counts WHERE day >= :first"), {"first": first})
    session.execute(sql(_KEEP), {"begins": _start(first), "ends": _start(today)})
    session.execute(sql(_EVERY_DAY), {"first": first, "today": today})
    return (today - first).days


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), clock.CITY)


def standing(session: Session) -> Standing:
    """Return how the district is doing now."""
    now = clock.now()
    today = clock.city_day(now)
    months = _months_back(today)
    rows = session.execute(
        sql(_ALL_DAYS),
        {
            "since": months[-1],
            "today": today,
            "begins": _start(today),
            "ends": _start(today + timedelta(days=1)),
        },
    ).all()
    by_month = {month: Counts() for month in months}
    by_class: dict[str, Counts] = {}
    of_today = recent = Counts()
    for row in rows:
        counts = Counts(row.reported, row.closed, float(row.closed_hours), row.in_time)
        by_month[row.day.replace(day=1)] += counts
        if row.day == today:
            of_today += counts
        if row.day > today - RECENT:
            recent += counts
        if row.class_code and row.day > today - _CLASS_TIME:
            by_class[row.class_code] = by_class.get(row.class_code, Counts()) + counts
    most = sorted(by_class.items(), key=lambda each: (-each[1].reported, each[0]))
    known = classes()
    return Standing(
        at=now,
        today=of_today,
        recent=recent,
        months=tuple(by_month.items()),
        by_class=tuple(
            (known[code].name, counts) for code, counts in most[:_MOST_CLASSES] if code in known
        ),
        pairs=_pairs(session),
    )


def _months_back(today: date) -> list[date]:
    """Return the first days of this month and of those before it, newest first."""
    found = [today.replace(day=1)]
    while len(found) < _MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


# -- pairs of photos -----------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A closed case with photos of before and after, as the desk decides about it."""

    case_id: int
    report_no: str
    class_name: str | None
    before_ids: tuple[int, ...]
    after_ids: tuple[int, ...]
    is_shown: bool


def _shown() -> Any:  # noqa: ANN401  # a statement's type is the library's own
    newer = aliased(Release)
    return (
        select(Release)
        .join(Case, Case.id == Release.case_id)
        .where(
            Release.is_shown,
            Case.status == Status.CLOSED,
            ~select(newer.id)
            .where(newer.case_id == Release.case_id, newer.id > Release.id)
            .exists(),
        )
    )


def _pairs(session: Session) -> tuple[Pair, ...]:
    rows = session.execute(
        _shown()
        .add_columns(Case.class_code, Facts.closed_at)
        .join(Facts, Facts.case_id == Release.case_id)
        .where(Facts.closed_at.is_not(None))
        .order_by(Release.id.desc())
        .limit(_MOST_PAIRS)
    )
    return tuple(
        Pair(
            release.id,
            _class_name(code),
            clock.city_day(closed_at),
        )
        for release, code, closed_at in rows
    )


def _class_name(code: str | None) -> str | None:
    known = classes().get(code or "")
    return known.name if known else None


def released_photo(session: Session, release_id: int, *, is_after: bool) -> str:
    """Return the blob key of the small copy of a released photo; raise PhotoNotFound."""
    release = session.scalar(_shown().where(Release.id == release_id))
    photo = session.get(
        Photo,
        0 if release is None else release.after_photo_id if is_after else release.before_photo_id,
    )
    if photo is None or photo.thumb_key is None:
        raise PhotoNotFound
    return photo.thumb_key


def candidates(session: Session, *, before_id: int | None = None) -> tuple[Candidate, ...]:
    """Return a page of closed cases that have both photos, newest first."""
    wanted = select(Case).where(Case.status == Status.CLOSED)
    for purpose in ("report", "disposal"):
        wanted = wanted.where(
            select(Photo.id)
            .where(Photo.case_id == Case.id, Photo.purpose == purpose, Photo.state == "stored")
            .exists()
        )
    if before_id is not None:
        wanted = wanted.where(Case.id < before_id)
    found = session.scalars(wanted.order_by(Case.id.desc()).limit(_DESK_PAGE)).all()
    ids = [each.id for each in found]
    photos: dict[tuple[int, str], list[int]] = {}
    for photo in session.scalars(
        select(Photo).where(Photo.case_id.in_(ids), Photo.state == "stored").order_by(Photo.id)
    ):
        photos.setdefault((photo.case_id or 0, photo.purpose), []).append(photo.id)
    shown = set(
        session.scalars(_shown().where(Release.case_id.in_(ids)).with_only_columns(Release.case_id))
    )
    return tuple(
        Candidate(
            each.id,
            each.report_no,
            _class_name(each.class_code),
            tuple(photos[each.id, "report"]),
            tuple(photos[each.id, "disposal"]),
            each.id in shown,
        )
        for each in found
    )


def release(
    session: Session, *, case_id: int, before_id: int, after_id: int, staff_id: int, is_shown: bool
) -> None:
    """Show a closed case's two photos to everybody, or no more; the same word twice is one line.

    Raises NothingToShow when they are no photos of this case's report and disposal.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    purposes = {
        photo.id: photo.purpose
        for photo in session.scalars(
            select(Photo).where(
                Photo.id.in_([before_id, after_id]),
                Photo.case_id == case_id,
                Photo.state == "stored",
            )
        )
    }
    is_pair = purposes == {before_id: "report", after_id: "disposal"}
    if case is None or not is_pair or (is_shown and case.status != Status.CLOSED):
        raise NothingToShow
    last = session.scalars(
        select(Release).where(Release.case_id == case_id).order_by(Release.id.desc()).limit(1)
    ).one_or_none()
    before = (last.is_shown, last.before_photo_id, last.after_photo_id) if last else (False, 0, 0)
    if before == (is_shown, before_id, after_id) or (not is_shown and not before[0]):
        return
    session.add(
        Release(
            case_id=case_id,
            before_photo_id=before_id,
            after_photo_id=after_id,
            is_shown=is_shown,
            staff_id=staff_id,
        )
    )
    session.flush()
