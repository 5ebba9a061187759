"""What somebody should look at. A sign is no proof: nobody is frozen by these.

Accounts that share a device or a network, spots that are reported again and again, and what
members of staff do for the same people.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

import accounts
from kernel import clock

from .rules import Mark
from .traces import KEPT_DAYS

LEAST_PEOPLE = 3
LEAST_REPORTS = 5
LEAST_TIMES = 5


@dataclass(frozen=True)
class Shared:
    """Several accounts at one device or network; `label` tells marks apart and nothing more."""

    sort: Mark
    label: str
    people: int
    citizen_ids: tuple[int, ...]  # thirty at most
    points: int  # what they earned by reports in this time
    last_on: date


@dataclass(frozen=True)
class Spot:
    """A spot with many reports; `people` is how many made them."""

    label: str
    reports: int
    people: int
    report_nos: tuple[str, ...]  # thirty at most, newest first
    citizen_ids: tuple[int, ...]
    last_on: date


@dataclass(frozen=True)
class Habit:
    """What a member of staff does again and again with the same colleague or resident."""

    words: str
    staff_name: str
    colleague_name: str | None
    citizen_id: int | None
    times: int
    points: int


_SHARED = text("""
WITH shared AS (
    SELECT sort, mark, count(DISTINCT citizen_id) AS people, max(seen_on) AS last_on,
        array_agg(DISTINCT citizen_id) AS citizen_ids
    FROM points_traces WHERE sort IN ('device', 'network') AND seen_on >= :since
    GROUP BY sort, mark HAVING count(DISTINCT citizen_id) >= :least
)
SELECT sort, left(encode(mark, 'hex'), 8) AS label, people, last_on,
    citizen_ids[1:30] AS citizen_ids,
    (SELECT coalesce(sum(points), 0) FROM points_awards a
        WHERE a.citizen_id = ANY (shared.citizen_ids) AND a.filed_on >= :since) AS points
FROM shared ORDER BY points DESC, people DESC, mark LIMIT :limit
""")
_SPOTS = text("""
SELECT left(encode(mark, 'hex'), 8) AS label, count(*) AS reports,
    count(DISTINCT citizen_id) AS people, max(seen_on) AS last_on,
    (array_agg(report_no ORDER BY seen_on DESC, report_no DESC))[1:30] AS report_nos,
    (array_agg(DISTINCT citizen_id))[1:30] AS citizen_ids
FROM points_traces WHERE sort = 'spot' AND seen_on >= :since
GROUP BY mark HAVING count(*) >= :least ORDER BY reports DESC, mark LIMIT :limit
""")
_COLUMNS = "staff_id, colleague_id, citizen_id, times, points"
# Words, and the rows of these columns that they stand for.
_HABITS = {
    "提议总由同一位同事复核": """
        SELECT maker_id, checker_id, NULL::bigint, count(*), sum(amount)
        FROM points_proposals WHERE is_approved AND decided_at >= :since
        GROUP BY maker_id, checker_id
    """,
    "多次为同一居民补发或退回积分": """
        SELECT maker_id, NULL::bigint, citizen_id, count(*), sum(amount)
        FROM points_proposals WHERE is_approved AND decided_at >= :since AND code <> 'deduct'
        GROUP BY maker_id, citizen_id
    """,
    "多次为同一居民核销": """
        SELECT m.staff_id, NULL::bigint, r.citizen_id, count(*), sum(r.price)
        FROM points_redemption_moves m JOIN points_redemptions r ON r.id = m.redemption_id
        WHERE m.staff_id IS NOT NULL AND m.at >= :since AND m.name = 'fulfil'
        GROUP BY m.staff_id, r.citizen_id
    """,
    "多次为同一居民通过审核": """
        SELECT m.staff_id, NULL::bigint, r.citizen_id, count(*), sum(r.price)
        FROM points_redemption_moves m JOIN points_redemptions r ON r.id = m.redemption_id
        WHERE m.staff_id IS NOT NULL AND m.at >= :since AND m.name = 'approve'
        GROUP BY m.staff_id, r.citizen_id
    """,
}


def shared(
    session: Session, *, least: int = LEAST_PEOPLE, days: int = KEPT_DAYS, limit: int = 50
) -> tuple[Shared, ...]:
    """Return devices and networks with so many accounts, those first whose people earned most.

    A network of a mobile carrier or an office has many people who do not know each other.
    """
    values = {"since": _day(days), "least": least, "limit": limit}
    return tuple(
        Shared(
            sort=Mark(row.sort),
            label=row.label,
            people=row.people,
            citizen_ids=tuple(row.citizen_ids),
            points=int(row.points),
            last_on=row.last_on,
        )
        for row in session.execute(_SHARED, values)
    )


def spots(
    session: Session, *, least: int = LEAST_REPORTS, days: int = KEPT_DAYS, limit: int = 50
) -> tuple[Spot, ...]:
    """Return spots with so many reports, those with most first."""
    values = {"since": _day(days), "least": least, "limit": limit}
    return tuple(
        Spot(
            label=row.label,
            reports=row.reports,
            people=row.people,
            report_nos=tuple(row.report_nos),
            citizen_ids=tuple(row.citizen_ids),
            last_on=row.last_on,
        )
        for row in session.execute(_SPOTS, values)
    )


def habits(
    session: Session, *, least: int = LEAST_TIMES, days: int = KEPT_DAYS, limit: int = 50
) -> tuple[Habit, ...]:
    """Return what staff did at least so often with the same person, most points first."""
    since: datetime = clock.now() - timedelta(days=days)
    found = [
        (words, *row)
        for words, rows in _HABITS.items()
        for row in session.execute(
            text(f"SELECT * FROM ({rows}) AS h ({_COLUMNS}) WHERE times >= :least"),  # noqa: S608  # ours
            {"since": since, "least": least},
        )
    ]
    found.sort(key=lambda row: (-row[5], row[0], row[1]))
    people = {each for _, staff, colleague, *_ in found for each in (staff, colleague) if each}
    names = accounts.staff_names(session, people)
    return tuple(
        Habit(
            words=words,
            staff_name=names.get(staff, ""),
            colleague_name=names.get(colleague) if colleague else None,
            citizen_id=citizen,
            times=times,
            points=int(points),
        )
        for words, staff, colleague, citizen, times, points in found[:limit]
    )


def _day(days: int) -> date:
    return clock.city_day(clock.now()) - timedelta(days=days)
