"""By which way a notice goes: the platform's rules, as far as our own books know them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from . import consents, windows
from .ledger_models import Pause, Way

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Templates:
    """Which notices the account may send outside a window; an empty id is none.

    Both have four fields: number, status, time and remark.
    """

    template_id: str = ""
    fields: tuple[str, ...] = ()
    subscription_id: str = ""
    subscription_fields: tuple[str, ...] = ()
    is_lasting: bool = False


@dataclass(frozen=True)
class Closed:
    """No way now; `until` says when one that the day's quota closed is open again."""

    until: datetime | None


def choose(
    session: Session, citizen_id: int, templates: Templates, *, is_short: bool
) -> Way | Closed:
    """Take the best open way and count the notice there.

    `is_short` tells that the notice has a number, which a template's fields ask for.
    """
    paused = paused_ways(session)
    if "text" not in paused and windows.spend(session, citizen_id):
        return "text"
    can_template = is_short and bool(templates.template_id)
    can_subscription = is_short and bool(templates.subscription_id)
    if (
        can_subscription
        and "subscription" not in paused
        and consents.spend(
            session, citizen_id, templates.subscription_id, is_lasting=templates.is_lasting
        )
    ):
        return "subscription"
    if can_template and "template" not in paused:
        return "template"
    # What is only paused comes again by itself; a closed window does not.
    ends = [paused["template"]] if can_template else []
    if "text" in paused and windows.is_open(session, citizen_id):
        ends.append(paused["text"])
    return Closed(min(ends, default=None))


def give_back(session: Session, citizen_id: int, way: Way, templates: Templates) -> None:
    """Undo the count of a notice that surely was not sent."""
    if way == "text":
        windows.give_back(session, citizen_id)
    elif way == "subscription":
        consents.give_back(
            session, citizen_id, templates.subscription_id, is_lasting=templates.is_lasting
        )


def pause(session: Session, way: Way, *, lasts: timedelta, fault: str) -> None:
    """Close a way for everybody; a longer pause that is there already stands."""
    until = clock.now() + lasts
    session.execute(
        insert(Pause)
        .values(way=way, until=until, fault=fault[:300])
        .on_conflict_do_update(
            index_elements=["way"],
            set_={"until": until, "fault": fault[:300]},
            where=Pause.until < until,
        )
    )


def paused_ways(session: Session) -> dict[str, datetime]:
    """Return until when which ways are closed for everybody."""
    rows = session.execute(select(Pause.way, Pause.until).where(Pause.until > clock.now()))
    return {row.way: row.until for row in rows}


def pauses(session: Session) -> list[Pause]:
    """Return the closed ways with their faults, for whoever can mend them."""
    rows = session.scalars(select(Pause).where(Pause.until > clock.now()).order_by(Pause.way))
    return list(rows)


def reopen(session: Session, way: str) -> None:
    """Try a paused way again now: somebody says that its trouble is over."""
    found = session.get(Pause, way)
    if found is not None:
        session.delete(found)
