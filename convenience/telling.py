"""The nearest open facilities as a chat tells them: few, in words, with what is sure first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from . import queries, wording
from .cards import Card
from .index import Need
from .queries import Near

# Of those whose hours nobody knows, so many are looked at beside the open ones.
_LOOKED_AT = 30


@dataclass(frozen=True, slots=True)
class Told:
    """Facilities with the way to them where it is known, and how far outside one asked."""

    items: tuple[tuple[Card, Near | None], ...]
    outside_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A facility in words."""

    name: str
    way: str | None
    state: str


def open_near(
    session: Session, latitude: float, longitude: float, *, kind: str, limit: int, now: datetime
) -> Told:
    """Return the nearest that are open; where those are too few, nearest ones of unknown hours.

    What is surely closed is left out: nobody walks to a closed door.
    """
    found = queries.nearest(
        session, latitude, longitude, kind=kind, needs=Need.OPEN, limit=limit, now=now
    )
    items = list(found.items)
    if len(items) < limit:
        others = queries.nearest(
            session, latitude, longitude, kind=kind, limit=_LOOKED_AT, now=now
        ).items
        unknown = [near for near in others if _is_unknown(near.card, now)]
        items += unknown[: limit - len(items)]
        items.sort(key=lambda near: (near.distance_m, near.card.id))
    return Told(tuple((near.card, near) for near in items), found.outside_m)


def open_called(
    session: Session, words: str, *, kind: str, limit: int, now: datetime
) -> Told | None:
    """Return open ones that the words lead to; None when they lead nowhere."""
    found = queries.find(session, words, kind=kind, needs=Need.OPEN, limit=limit, now=now)
    if found.middle is None:
        return None
    if found.cards:
        return Told(tuple((card, None) for card in found.cards))
    return open_near(session, *found.middle, kind=kind, limit=limit, now=now)


def _is_unknown(card: Card, now: datetime) -> bool:
    return wording.opening(card.hours, now).is_open is None


def lines(told: Told, now: datetime) -> list[Line]:
    """Say each in words: its name, how far it is, whether it is open and what it has."""
    return [
        Line(
            name=card.name,
            way=None if near is None else _way(near),
            state="，".join(_state(card, now)),
        )
        for card, near in told.items
    ]


def outside_words(told: Told, district: str) -> str | None:
    """Say that one asked from far away, or nothing."""
    return wording.outside(told.outside_m, district) if told.outside_m else None


def _way(near: Near) -> str:
    walk = wording.walk(near.distance_m)
    towards = wording.towards(near.distance_m, near.direction)
    return f"{towards}，{walk}" if walk else towards


def _state(card: Card, now: datetime) -> list[str]:
    told = [wording.opening(card.hours, now).words]
    spaces = wording.spaces(card.free_spaces, card.free_spaces_at, None, now=now)
    if spaces and card.free_spaces is not None:
        told.append(spaces)
    return [*told, *(["情况可能有变"] if card.is_doubtful else [])]
