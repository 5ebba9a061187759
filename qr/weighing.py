"""Makes figures of counts, every hour: what a page would have to add up again and again."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel import clock

from . import rules

KEPT = timedelta(days=3 * 366)
_UNKNOWN_KEPT = timedelta(days=7)

# A sign's habit is what it had on a day between its first scan and its last, so that the silence
# itself does not make it quieter, nor a plate that is new; a week at least, not to judge by one day.
_WEIGH = text("""
INSERT INTO qr_usage
    (code, scans_7d, scans_28d, habit_per_day, last_scan_at, is_silent, weighed_at)
SELECT
    code,
    coalesce(sum(scans) FILTER (WHERE day > CAST(:today AS date) - 7 AND day <= :today), 0),
    coalesce(sum(scans) FILTER (WHERE day > CAST(:today AS date) - :days), 0),
    sum(scans) / greatest(max(day) - min(day) + 1, 7)::float8,
    max((day + make_interval(hours => hour)) AT TIME ZONE 'Asia/Shanghai'),
    false,
    :now
FROM qr_scans
WHERE client <> 'bot' AND day > CAST(:today AS date) - 2 * :days
GROUP BY code
ON CONFLICT (code) DO UPDATE SET
    scans_7d = excluded.scans_7d,
    scans_28d = excluded.scans_28d,
    habit_per_day = excluded.habit_per_day,
    last_scan_at = excluded.last_scan_at,
    is_silent = excluded.is_silent,
    weighed_at = excluded.weighed_at
""")
# Who was not scanned for two months has no habit any more.
_STALE = text("DELETE FROM qr_usage WHERE weighed_at < :now")
_JUDGE = text("SELECT code, habit_per_day, last_scan_at FROM qr_usage")
_SILENT = text("UPDATE qr_usage SET is_silent = true WHERE code = ANY(:codes)")
_HEAT = text("""
INSERT INTO qr_heat (weekday, hour, scans)
SELECT extract(isodow FROM day), hour, sum(scans) FROM qr_scans
WHERE client <> 'bot' AND day > CAST(:today AS date) - :days
GROUP BY 1, 2
""")


def weigh(session: Session) -> None:
    """Write the figures of all signs anew. Two at once come one after the other."""
    now = clock.now()
    known = {"now": now, "today": clock.city_day(now), "days": rules.HABIT_DAYS}
    session.execute(text("LOCK TABLE qr_usage IN SHARE ROW EXCLUSIVE MODE"))
    session.execute(_WEIGH, known)
    session.execute(_STALE, known)
    quiet = [
        row.code
        for row in session.execute(_JUDGE)
        if rules.is_silent(row.habit_per_day, now - row.last_scan_at)
    ]
    session.execute(_SILENT, {"codes": quiet})
    session.execute(text("DELETE FROM qr_heat"))
    session.execute(_HEAT, known)


def forget(session: Session) -> None:
    """Delete counts older than three years, and those of unknown codes older than a week."""
    now = clock.now()
    session.execute(
        text("DELETE FROM qr_scans WHERE day < :day"), {"day": clock.city_day(now - KEPT)}
    )
    session.execute(
        text("DELETE FROM qr_unknown_scans WHERE minute < :minute"),
        {"minute": now - _UNKNOWN_KEPT},
    )
