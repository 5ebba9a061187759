"""What features need of each other, connected: each port of one, fulfilled by another.

Composition root like `app.py`, which calls `connect`; nothing else imports this.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import cast

from sqlalchemy.orm import Session

import cases
import convenience
from convenience import following, navigation, wording
from kernel.database import transaction
from kernel.settings import Settings
from qr import ports

# Names follow the index by some seconds (convenience.cards): so long after a change nothing that
# was made of both is taken for lasting.
_SETTLING_S = 6.0
_LOOK_AGAIN_S = 1.0


# Which places are near a point, in no words yet.
_Nearest = tuple[tuple[convenience.KindRow, tuple[convenience.Near, ...]], ...]
_MOST_POINTS = 20_000


class PlacesNearSigns:
    """Facilities, for the pages of signs.

    What is near a point is the same until the version changes; only its words go with the minute.
    """

    def __init__(self) -> None:
        self._version = object()
        self._made_of: tuple[object, ...] = ()
        self._looked_at = self._changed_at = float("-inf")
        # Of which version; by point. Replaced as one, so that threads never mix two versions.
        self._found: tuple[object, dict[tuple[float, float, int], _Nearest]] = (None, {})

    def version(self) -> object:
        now = time.monotonic()
        if now - self._looked_at < _LOOK_AGAIN_S:
            return self._version
        self._looked_at = now
        with transaction() as session:
            kinds = convenience.kinds(session)
        made_of = (following.current(), *kinds.values())
        if made_of != self._made_of:
            self._made_of, self._changed_at = made_of, now
        if now - self._changed_at < _SETTLING_S:
            self._version = object()
        return self._version

    def around(
        self, latitude: float, longitude: float, *, limit: int, now: datetime
    ) -> tuple[ports.KindOfPlace, ...]:
        version, point = self.version(), (latitude, longitude, limit)
        of, found = self._found
        if of is not version or len(found) >= _MOST_POINTS:
            found = {}
            self._found = version, found
        nearest = found.get(point)
        if nearest is None:
            nearest = found[point] = _nearest(latitude, longitude, limit, now)
        return tuple(
            ports.KindOfPlace(kind.code, kind.name, tuple(_place(near, now) for near in places))
            for kind, places in nearest
        )


def _nearest(latitude: float, longitude: float, limit: int, now: datetime) -> _Nearest:
    with transaction() as session:
        return tuple(
            (
                kind,
                convenience.nearest(
                    session, latitude, longitude, kind=kind.code, limit=limit, now=now
                ).items,
            )
            for kind in convenience.kinds(session).values()
        )


@lru_cache(maxsize=50_000)
def _link(latitude: float, longitude: float, name: str, address: str | None) -> ports.Link | None:
    for link in navigation.links(latitude, longitude, name, address):
        return ports.Link(link.app, link.url)
    return None


def _place(near: convenience.Near, now: datetime) -> ports.Place:
    card = near.card
    opening = wording.opening(card.hours, now)
    return ports.Place(
        name=card.name,
        way=wording.towards(near.distance_m, near.direction),
        is_open=opening.is_open,
        open_words=opening.words,
        spaces=wording.spaces(card.free_spaces, card.free_spaces_at, card.capacity, now=now),
        is_doubtful=card.is_doubtful,
        link=_link(card.latitude, card.longitude, card.name, card.address),
        more=f"/facilities/{card.code}",
    )


@dataclass(frozen=True, slots=True)
class ReportsAtSigns:
    """The case system, for reports made at a sign."""

    prefix: str

    def prepare(self, data: bytes) -> ports.Picture:
        return cases.prepare(data)

    def file(
        self,
        session: Session,
        *,
        request_key: str,
        sign_code: str,
        place: str,
        latitude: float,
        longitude: float,
        text: str | None,
        pictures: Sequence[ports.Picture],
        phone: str | None,
        citizen_id: int | None,
    ) -> ports.Receipt:
        made = cases.report(
            session,
            request_key=request_key,
            prefix=self.prefix,
            source="sign",
            citizen_id=citizen_id,
            text=text,
            latitude=latitude,
            longitude=longitude,
            place_label=place,
            pictures=cast("Sequence[cases.Picture]", pictures),  # what `prepare` gave
            sign_code=sign_code,
            contact_phone=phone,
        )
        return ports.Receipt(made.report_no, made.access_key)

    def knows(self, session: Session, receipt: ports.Receipt) -> bool:
        try:
            return cases.public_case(session, receipt.report_no, receipt.access_key).is_owner
        except cases.CaseNotFound:
            return False


def connect(settings: Settings) -> None:
    """Connect all ports of this process."""
    ports.connect(PlacesNearSigns(), ReportsAtSigns(settings.report_prefix))
