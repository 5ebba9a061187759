"""Facilities near a place, by words, one by its code, and all of them for other programs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import NamedTuple

from sqlalchemy import or_, select, tuple_
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from geo import geodesic

from . import following, hours
from .cards import CARD_COLUMNS, CARDS, Card, KindRow
from .errors import FacilityNotFound, UnknownKind
from .finding import Finder, Match
from .index import Need
from .models import Facility
from .outskirts import outside_m
from .rules import is_code, spaces_now

# Matches of words that are looked at for what somebody needs.
_DEEPEST = 500
# Matches this much worse than the best are something else.
_AS_GOOD = 15.0
# Up to here the earth is flat enough for one of eight directions.
_FLAT_M = 50_000.0
# Cards read at once when one is missing.
_AROUND = 150

NEEDS = {
    "open_now": Need.OPEN,
    "accessible": Need.ACCESSIBLE,
    "free": Need.FREE,
    "family_room": Need.FAMILY_ROOM,
    "nursing_room": Need.NURSING_ROOM,
    "paper": Need.PAPER,
    "indoor": Need.INDOOR,
    "has_spaces": Need.SPACES,
}


@dataclass(frozen=True, slots=True)
class Near:
    """A facility and the straight way to it."""

    card: Card
    distance_m: float
    bearing_deg: float

    @property
    def direction(self) -> str:
        return geodesic.wind(self.bearing_deg)


@dataclass(frozen=True, slots=True)
class Nearby:
    """The nearest, nearest first; `outside_m` is how far beyond the district one asked, 0 if not."""

    items: tuple[Near, ...]
    outside_m: float


@dataclass(frozen=True, slots=True)
class Found:
    """What words led to: facilities called so, or else those around the place called so."""

    kind: str | None  # as asked for, or as the words say
    words: tuple[str, ...]  # without the kind
    cards: tuple[Card, ...]
    around: Nearby | None  # nothing of the kind is called so, but the place is known
    middle: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a walk through all facilities stands: behind this row, begun at this transaction."""

    changed_in: int = 0
    id: int = 0
    begun_in: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of all facilities in the order of their last change, tombstones among them."""

    cards: tuple[Card, ...]
    position: Position  # to go on from, now or later
    has_more: bool


class StaleCursor(Exception):
    """The position is of another database: one that was restored since."""


def kinds(session: Session) -> dict[str, KindRow]:
    """Return the kinds in use by their codes, in the order of pages."""
    return CARDS.kinds(session)


def kinds_at_hand() -> dict[str, KindRow] | None:
    """Return the same without the database; None when a look at it is due."""
    return CARDS.kinds_at_hand if CARDS.is_fresh else None


def kind_named(session: Session, code: str) -> KindRow:
    """Return the kind; raise UnknownKind."""
    found = CARDS.kinds(session).get(code)
    if found is None:
        raise UnknownKind
    return found


def nearest(
    session: Session,
    latitude: float,
    longitude: float,
    *,
    kind: str | None = None,
    needs: Need = Need.NOTHING,
    radius_m: float | None = None,
    limit: int = 10,
    now: datetime,
) -> Nearby:
    """Return the nearest facilities that fulfil the needs, exactly; raise UnknownKind."""
    if kind is not None:
        kind_named(session, kind)
    asked = _Asked(latitude, longitude, kind, needs, radius_m, limit, now.timestamp())
    hits = asked.hits()
    cards = CARDS.of(session, [facility for facility, _ in hits], ahead=asked.around)
    return asked.nearby(hits, cards)


def nearest_at_hand(
    latitude: float,
    longitude: float,
    *,
    kind: str | None = None,
    needs: Need = Need.NOTHING,
    radius_m: float | None = None,
    limit: int = 10,
    now: datetime,
) -> tuple[Nearby, dict[str, KindRow]] | None:
    """Return the same, and the kinds, of what this process knows; None: the database must be asked.

    Nearly all questions are answered so. A kind that is not known is for the database to refuse.
    """
    kinds = CARDS.kinds_at_hand
    if not CARDS.is_fresh or (kind is not None and kind not in kinds):
        return None
    asked = _Asked(latitude, longitude, kind, needs, radius_m, limit, now.timestamp())
    hits = asked.hits()
    cards = CARDS.at_hand([facility for facility, _ in hits])
    return None if cards is None else (asked.nearby(hits, cards), kinds)


class _Asked(NamedTuple):
    """A question for the nearest."""

    latitude: float
    longitude: float
    kind: str | None
    needs: Need
    radius_m: float | None
    limit: int
    now: float  # Unix seconds

    def hits(self) -> list[tuple[int, float]]:
        return following.current().nearest(
            self.latitude,
            self.longitude,
            self.limit,
            kind=self.kind,
            needs=self.needs,
            radius_m=math.inf if self.radius_m is None else self.radius_m,
            now=self.now,
        )

    def around(self) -> list[int]:
        """Return more than was asked for, whatever they have."""
        wider = self._replace(needs=Need.NOTHING, radius_m=None, limit=_AROUND)
        return [facility for facility, _ in wider.hits()]

    def nearby(self, hits: Sequence[tuple[int, float]], cards: Sequence[Card | None]) -> Nearby:
        latitude, longitude = self.latitude, self.longitude
        across = math.cos(math.radians(latitude))
        items = tuple(
            [
                Near(card, way, _bearing(latitude, longitude, card, way, across))
                for card, (_, way) in zip(cards, hits, strict=True)
                if card is not None and card.removed_at is None
            ]
        )
        return Nearby(items, outside_m(latitude, longitude))


def _bearing(latitude: float, longitude: float, card: Card, way: float, across: float) -> float:
    if way > _FLAT_M:
        return geodesic.bearing_deg(latitude, longitude, card.latitude, card.longitude)
    east = (card.longitude - longitude) * across
    return math.degrees(math.atan2(east, card.latitude - latitude)) % 360.0


def find(
    session: Session,
    typed: str,
    *,
    kind: str | None = None,
    needs: Need = Need.NOTHING,
    limit: int = 10,
    now: datetime,
) -> Found:
    """Return what the words lead to: a name, a street, a place that facilities stand at."""
    finder = CARDS.finder(session)
    query = finder.read(typed)
    kind = kind or query.kind
    everywhere = _best(finder.find(query.words))
    middle = _middle(everywhere)
    matches = _best(finder.find(query.words, kind=kind))
    cards = _fulfilling(session, _from_the_middle(matches, middle), needs, limit, now)
    around = None
    if not cards and middle is not None:
        around = nearest(session, *middle, kind=kind, needs=needs, limit=limit, now=now)
    return Found(kind, query.words, cards, around, middle)


def streets(session: Session, kind: str | None = None) -> list[tuple[str, int]]:
    """Return streets that have facilities of the kind, those with most first."""
    return CARDS.finder(session).streets(kind)


def finder(session: Session) -> Finder:
    """Return what reads and finds words; for programs that ask many times."""
    return CARDS.finder(session)


def _best(matches: list[Match]) -> list[Match]:
    return [match for match in matches if match.score >= matches[0].score - _AS_GOOD]


def _middle(matches: Sequence[Match]) -> tuple[float, float] | None:
    """Return a point in the middle of places: one stray among them does not move it."""
    if not matches:
        return None
    return (
        median(match.entry.latitude for match in matches),
        median(match.entry.longitude for match in matches),
    )


def _from_the_middle(matches: Sequence[Match], middle: tuple[float, float] | None) -> list[int]:
    if middle is None:
        return []

    def rank(match: Match) -> tuple[float, float, int]:
        entry = match.entry
        away = math.hypot(entry.latitude - middle[0], entry.longitude - middle[1])
        return -round(match.score), away, entry.id

    return [match.entry.id for match in sorted(matches, key=rank)[:_DEEPEST]]


def _fulfilling(
    session: Session, ids: Sequence[int], needs: Need, limit: int, now: datetime
) -> tuple[Card, ...]:
    found: list[Card] = []
    for start in range(0, len(ids), limit):
        found += [
            card
            for card in CARDS.of(session, ids[start : start + limit])
            if card is not None and card.removed_at is None and _fulfils(card, needs, now)
        ]
        if len(found) >= limit:
            break
    return tuple(found[:limit])


def _fulfils(card: Card, needs: Need, now: datetime) -> bool:
    lasting = (
        (Need.ACCESSIBLE, card.is_accessible),
        (Need.FREE, card.is_free),
        (Need.FAMILY_ROOM, card.has_family_room),
        (Need.NURSING_ROOM, card.has_nursing_room),
        (Need.PAPER, card.has_paper),
        (Need.INDOOR, card.is_indoor),
    )
    if any(needs & need and fact is not True for need, fact in lasting):
        return False
    if needs & Need.OPEN and hours.is_open(card.hours, now) is not True:
        return False
    return not needs & Need.SPACES or bool(
        spaces_now(card.free_spaces, card.free_spaces_at, now=now)
    )


def facility(session: Session, code: str) -> Card:
    """Return a facility, a removed one too; raise FacilityNotFound."""
    row = None
    if is_code(code):
        row = session.execute(select(*CARD_COLUMNS).where(Facility.code == code)).one_or_none()
    if row is None:
        raise FacilityNotFound
    return Card(*row)


def stars(session: Session, facility_id: int) -> tuple[float, int] | None:
    """Return the middle of a facility's ratings and their number, or None without any."""
    found = session.execute(
        sql("SELECT avg(stars), count(*) FROM convenience_ratings WHERE facility_id = :id"),
        {"id": facility_id},
    ).one()
    return (float(found[0]), int(found[1])) if found[1] else None


def listing(
    session: Session,
    *,
    kind: str | None = None,
    updated_since: datetime | None = None,
    after: Position | None = None,
    limit: int = 200,
) -> Listed:
    """Return the facilities that come next in the order of their last change.

    A row that changes while somebody walks moves to the end, where he meets it; and only what is
    older than every running transaction is shown, so nothing appears behind him. Who starts with
    nothing is spared the tombstones of before. Raises UnknownKind, StaleCursor.
    """
    if kind is not None:
        kind_named(session, kind)
    oldest, newest = session.execute(
        sql(
            "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint"
            " FROM pg_current_snapshot() AS s"
        )
    ).one()
    start = after or Position(begun_in=0 if updated_since else oldest)
    if start.changed_in >= newest:
        raise StaleCursor
    query = (
        select(*CARD_COLUMNS, Facility.changed_in)
        .where(
            tuple_(Facility.changed_in, Facility.id) > (start.changed_in, start.id),
            Facility.changed_in < oldest,
            or_(Facility.removed_at.is_(None), Facility.changed_in >= start.begun_in),
        )
        .order_by(Facility.changed_in, Facility.id)
        .limit(limit + 1)
    )
    if kind is not None:
        query = query.where(Facility.kind == kind)
    if updated_since is not None:
        query = query.where(Facility.updated_at >= updated_since)
    rows = session.execute(query).all()
    shown = rows[:limit]
    last = Position(shown[-1].changed_in, shown[-1].id, start.begun_in) if shown else start
    return Listed(tuple(Card(*row[:-1]) for row in shown), last, has_more=len(rows) > limit)
