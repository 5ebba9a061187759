"""Where a report is: by the phone, the map, a plate's code, a facility's name, or as written."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from sqlalchemy.orm import Session

import cases
import convenience
import qr
import territory
from geo.schematic import METRES_PER_DEGREE, View
from kernel import clock

from .errors import NoPlace
from .forms import ReportForm

# The map: units of the drawing, which are also CSS pixels, and how wide it is at each level.
WIDTH, HEIGHT = 240, 240
_SPANS_M = (None, 8000.0, 1500.0, 300.0)  # the first is as wide as the district
CLOSEST = len(_SPANS_M) - 1
_LANDMARKS_A_SIDE = 3
_NEAR_M = 300.0
_AT_HOME_M = 2000.0  # the outline is no border: so far outside may still be ours
_MOST_CHOICES = 4


@dataclass(frozen=True, slots=True)
class Where:
    """A place in words and, where it is known, in WGS-84 degrees."""

    words: str | None
    point: tuple[float, float] | None
    sign_code: str | None = None
    is_elsewhere: bool = False

    @property
    def latitude(self) -> float | None:
        return self.point[0] if self.point else None

    @property
    def longitude(self) -> float | None:
        return self.point[1] if self.point else None


@dataclass(frozen=True, slots=True)
class Choice:
    """A facility that somebody may have meant."""

    code: str
    name: str
    street: str | None


def place_of(session: Session, form: ReportForm) -> Where:
    """Return the place that the form tells of; raise NoPlace."""
    sign = qr.sign_called(form.place) if form.place else None
    if sign is not None:
        at_sign = f"{sign.name}（标牌 {sign.number}）"
        return Where(at_sign, form.here or (sign.latitude, sign.longitude), sign.code)
    if form.here is not None:
        words = form.place or _near(session, *form.here)
        return Where(words, form.here, is_elsewhere=_is_elsewhere(*form.here))
    if form.at and form.place:
        card = convenience.facility(session, form.at)
        words = form.place if card.name == form.place else f"{form.place}（{card.name}附近）"
        return Where(words, (card.latitude, card.longitude))
    if form.place:
        return Where(form.place, None)
    raise NoPlace


def choices(session: Session, typed: str) -> tuple[Choice, ...]:
    """Return facilities that are called so, or stand there."""
    found = convenience.find(session, typed, limit=_MOST_CHOICES, now=clock.now())
    around = found.around.items if found.around else ()
    cards = found.cards or tuple(near.card for near in around)
    return tuple(Choice(card.code, card.name, card.street) for card in cards[:_MOST_CHOICES])


def alike(
    session: Session, where: Where, class_code: str | None, text: str
) -> Sequence[cases.Similar]:
    """Return open cases that may be the same problem."""
    return cases.similar(
        session, where.latitude, where.longitude, class_code, text or None, limit=3
    )


def _near(session: Session, latitude: float, longitude: float) -> str | None:
    near = convenience.nearest(session, latitude, longitude, limit=1, now=clock.now()).items
    if not near or near[0].distance_m > _NEAR_M:
        return None
    return f"{near[0].card.name}附近"


def _is_elsewhere(latitude: float, longitude: float) -> bool:
    away = territory.district().metres_outside(np.array([latitude]), np.array([longitude]))
    return float(away[0]) > _AT_HOME_M


# -- the map -------------------------------------------------------------------------------


def view(here: tuple[float, float] | None, level: int) -> View:
    """Return what the map shows: the district, or the surroundings of a point."""
    span = _SPANS_M[level] if here is not None else None
    if here is None or span is None:
        return _whole()
    return View(*here, span, WIDTH, HEIGHT)


def spans_m() -> tuple[float, ...]:
    """Return how wide the map is at each level, metres."""
    return tuple(span or _whole().metres_across for span in _SPANS_M)


def tapped(form: ReportForm) -> tuple[float, float] | None:
    """Return the point that was tapped on the map of the form, None where it was not tapped."""
    if form.tap is None:
        return None
    x, y = form.tap
    return view(form.here, form.level).where(min(x, WIDTH), min(y, HEIGHT))


@cache
def _whole() -> View:
    south, west, north, east = territory.district().box
    latitude = (south + north) / 2
    across = (east - west) * METRES_PER_DEGREE * float(np.cos(np.radians(latitude)))
    high = (north - south) * METRES_PER_DEGREE
    return View(latitude, (west + east) / 2, max(across, high) * 1.04, WIDTH, HEIGHT)


def landmarks(session: Session, seen: View) -> list[tuple[float, float, str]]:
    """Return (x, y, name) of facilities spread over the picture, so that one knows the way."""
    found: dict[int, tuple[float, float, str]] = {}
    for row in range(_LANDMARKS_A_SIDE):
        for column in range(_LANDMARKS_A_SIDE):
            middle = seen.where(
                (column + 0.5) * WIDTH / _LANDMARKS_A_SIDE, (row + 0.5) * HEIGHT / _LANDMARKS_A_SIDE
            )
            for near in convenience.nearest(session, *middle, limit=1, now=clock.now()).items:
                card = near.card
                half_m = seen.metres_across / _LANDMARKS_A_SIDE / 2
                if near.distance_m <= half_m and seen.holds(card.latitude, card.longitude):
                    x, y = seen.place(card.latitude, card.longitude)
                    found[card.id] = (x, y, card.name)
    return list(found.values())


@cache
def outline() -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the district's outline as rings of (latitude, longitude)."""
    return tuple(
        tuple((float(lat), float(lng)) for lat, lng in ring) for ring in territory.district().rings
    )
