"""The district's working time as the database has it: usual slots, and the days that differ."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from .calendars import USUAL_SLOTS, Calendar, read_slots, write_slots
from .clock_models import OfficeHours, SpecialDay


def calendar(session: Session, at: datetime) -> Calendar:
    """Return the calendar for limits that begin about now, or began in the last two years."""
    usual = session.scalar(select(OfficeHours.slots))
    days = session.execute(
        select(SpecialDay.day, SpecialDay.slots).where(
            SpecialDay.day >= clock.city_day(at) - timedelta(days=731)
        )
    )
    return Calendar(
        clock.CITY,
        USUAL_SLOTS if usual is None else read_slots(usual),
        {row.day: read_slots(row.slots) for row in days},
    )


def set_hours(session: Session, slots: str) -> None:
    """Set the usual day's slots (`09:00-12:00 14:00-18:00`); raise BadSlots. Old due times stay."""
    text = write_slots(read_slots(slots))
    session.execute(
        insert(OfficeHours)
        .values(id=1, slots=text)
        .on_conflict_do_update(index_elements=["id"], set_={"slots": text})
    )


def set_day(session: Session, day: date, slots: str, note: str) -> None:
    """Say how this district works on a day, against every list; raise BadSlots."""
    values = {"slots": write_slots(read_slots(slots)), "note": note}
    session.execute(
        insert(SpecialDay)
        .values(day=day, **values)
        .on_conflict_do_update(index_elements=["day"], set_=values)
    )
