"""Events inside one transaction: all that follows from a fact is committed with it, or not."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

# An event is any frozen dataclass; a subscriber takes the session and the event.
type_of_event = type[Any]
Subscriber = Callable[[Session, Any], None]
Subscriptions = Mapping[type_of_event, Sequence[Subscriber]]

_subscriptions: Subscriptions = {}


def connect(subscriptions: Subscriptions) -> None:
    """Make this the process's table of what follows from what (the composition root calls it)."""
    global _subscriptions  # noqa: PLW0603  # connected once per process, as the database is
    _subscriptions = subscriptions


def publish(session: Session, event: object) -> None:
    """Tell every subscriber, in order, in the same transaction.

    A subscriber that raises takes the whole transaction with it: a lost side effect would be a
    lost promise.
    """
    for subscriber in _subscriptions.get(type(event), ()):
        subscriber(session, event)
