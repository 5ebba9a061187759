"""When we may write first: our own ledger of the platform's customer-service windows.

Five messages in 48 hours after a resident's message, three in a minute after a click, a follow or a
scan. Whether the counts of two windows add up is not documented: here a message counts in every open
window and may be sent while any of them has room, which is the most that is surely allowed.

The platform's own count stands above ours: what it refuses corrects the ledger.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from kernel import clock

from . import inbound
from .ledger_models import Window
from .statements import OPEN_WINDOW


@dataclass(frozen=True)
class Rule:
    messages: int
    lasts: timedelta


# A little less than the platform's 48 hours and 60 seconds: our message has to get there.
RULES = {
    "message": Rule(5, timedelta(hours=48) - timedelta(minutes=1)),
    "click": Rule(3, timedelta(seconds=55)),
    "follow": Rule(3, timedelta(seconds=55)),
    "scan": Rule(3, timedelta(seconds=55)),
}
# A platform's clock that is further off than this says nothing about when somebody wrote.
_BELIEVED = timedelta(hours=1)


_KINDS: dict[type[inbound.Inbound], str] = {
    inbound.Text: "message",
    inbound.Photo: "message",
    inbound.Voice: "message",
    inbound.Video: "message",
    inbound.Location: "message",
    inbound.Link: "message",
    inbound.Clicked: "click",
    inbound.CodeScanned: "click",
    inbound.Followed: "follow",
    inbound.Scanned: "scan",
}


def kind_of(message: inbound.Inbound) -> str | None:
    """Return which window this opens: none for what is no doing of the resident's, or no trigger."""
    if isinstance(message, inbound.Text) and message.menu_id is not None:
        return "click"  # a tap on an item of a message menu is no message
    if isinstance(message, inbound.Unknown):
        return "message" if message.event is None else None
    return _KINDS.get(type(message))


def note(session: Session, citizen_id: int, message: inbound.Inbound) -> bool:
    """Enter what the resident did; tell whether it lets us write."""
    entered = entry(citizen_id, message)
    if entered is None:
        return False
    session.execute(OPEN_WINDOW, entered)
    return True


def entry(citizen_id: int, message: inbound.Inbound) -> dict[str, object] | None:
    """Return the parameters of OPEN_WINDOW for what the resident did; None: it opens no window."""
    kind = kind_of(message)
    if kind is None:
        return None
    opened_at, rule = _when(message.created_at), RULES[kind]
    return {
        "citizen_id": citizen_id,
        "kind": kind,
        "room": rule.messages,
        "opened_at": opened_at,
        "closes_at": opened_at + rule.lasts,
        "used": 0,
    }


def _when(created_at: int) -> datetime:
    now = clock.now()
    said = datetime.fromtimestamp(created_at, UTC)
    return min(said, now) if abs(now - said) < _BELIEVED else now


def spend(session: Session, citizen_id: int) -> bool:
    """Count one customer-service message before it is sent; False where none may be sent."""
    open_now = session.execute(
        select(Window.kind, Window.used, Window.room)
        .where(Window.citizen_id == citizen_id, Window.closes_at > clock.now())
        .order_by(Window.kind)
        .with_for_update()
    ).all()
    if not any(row.used < row.room for row in open_now):
        return False
    session.execute(
        update(Window)
        .where(
            Window.citizen_id == citizen_id,
            Window.kind.in_([row.kind for row in open_now]),
            Window.used < Window.room,
        )
        .values(used=Window.used + 1)
        .execution_options(synchronize_session=False)
    )
    return True


def is_open(session: Session, citizen_id: int) -> bool:
    """Tell whether a customer-service message may be sent, without counting one."""
    found = session.scalar(
        select(Window.kind)
        .where(
            Window.citizen_id == citizen_id,
            Window.closes_at > clock.now(),
            Window.used < Window.room,
        )
        .limit(1)
    )
    return found is not None


def give_back(session: Session, citizen_id: int) -> None:
    """Take one message off the count: it surely was not sent."""
    session.execute(
        update(Window)
        .where(Window.citizen_id == citizen_id, Window.closes_at > clock.now(), Window.used > 0)
        .values(used=Window.used - 1)
        .execution_options(synchronize_session=False)
    )


def close(session: Session, citizen_id: int) -> None:
    """Believe the platform: nothing may be sent until the resident does something again."""
    session.execute(delete(Window).where(Window.citizen_id == citizen_id))
