"""The only asker of the time. Instants are aware UTC; days and deadlines are the city's."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the instant: aware, in UTC."""
    return datetime.now(UTC)


def in_city(instant: datetime) -> datetime:
    """Return the same instant as the district's clocks show it."""
    return instant.astimezone(CITY)


def city_day(instant: datetime) -> date:
    """Return the calendar day in the district on which the instant falls."""
    return in_city(instant).date()


def until_midnight() -> timedelta:
    """Return how long it is to the district's midnight, when the platform's quotas begin anew."""
    instant = now()
    tomorrow = city_day(instant) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), CITY) - instant


def spoken(instant: datetime, *, at: datetime | None = None) -> str:
    """Say an instant as people do: 今天 14:05, 昨天 09:30, 11月22日 14:05, 2025年3月1日 08:00."""
    then = in_city(instant)
    today = in_city(at or now()).date()
    clock = f"{then:%H:%M}"
    days = (today - then.date()).days
    if days in (0, 1):
        return f"{'今天' if days == 0 else '昨天'} {clock}"
    year = "" if then.year == today.year else f"{then.year}年"
    return f"{year}{then.month}月{then.day}日 {clock}"
