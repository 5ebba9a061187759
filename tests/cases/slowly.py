"""Time counted minute by minute: slow, and obviously right."""

from datetime import date, datetime, timedelta

from cases.calendars import Calendar, is_working

MINUTE = timedelta(minutes=1)


def is_on(calendar: Calendar, minute: datetime, *, runs_on: bool) -> bool:
    """Tell whether the minute that begins here counts."""
    if runs_on:
        return True
    local = minute.astimezone(calendar.zone)
    day = local.date()
    if day in calendar.special:
        slots = calendar.special[day]
    elif is_working(day):
        slots = calendar.slots
    else:
        slots = ()
    return any(begin <= local.time() < end for begin, end in slots)


def add(calendar: Calendar, start: datetime, minutes: int, *, runs_on: bool) -> datetime:
    """Return when so many minutes that count have gone by."""
    now = start
    while minutes > 0:
        minutes -= is_on(calendar, now, runs_on=runs_on)
        now += MINUTE
    return now


def between(calendar: Calendar, start: datetime, end: datetime, *, runs_on: bool) -> int:
    """Count the minutes that count from start to end."""
    counted, now = 0, start
    while now < end:
        counted += is_on(calendar, now, runs_on=runs_on)
        now += MINUTE
    return counted


def end_of_working_day(calendar: Calendar, start: datetime, days: int) -> datetime:
    """Walk through the minutes after the day of the start, until so many days were worked on."""
    local = start.astimezone(calendar.zone)
    now = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), calendar.zone)
    worked: set[date] = set()
    last = now
    while True:
        if is_on(calendar, now, runs_on=False):
            day = now.astimezone(calendar.zone).date()
            if day not in worked and len(worked) == days:
                return last
            worked.add(day)
            last = now + MINUTE
        now += MINUTE
