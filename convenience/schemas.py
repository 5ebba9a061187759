"""The shape of JSON answers, and their making.

An answer of ten places is written from parts: what is said of a facility is encoded once for each
version of it, what depends on who asks and when is put in front. That is half of the time of an
answer; a test compares the parts with the models.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, Field

from . import wording
from .cards import Card, KindRow
from .queries import Near, Nearby
from .rules import GENDER_WORDS, Gender, spaces_now
from .spots import Datum, Spot, from_wgs84

_DIGITS = 7  # of a degree: a centimetre


class FacilityAnswer(BaseModel):
    """A facility. Null means that nobody knows."""

    id: str = Field(description="stable; as in /api/v1/facilities/{id}")
    kind: str
    kind_name: str
    name: str
    lat: float = Field(description="degrees, in `datum`")
    lng: float = Field(description="degrees, in `datum`")
    datum: Datum
    street: str | None
    address: str | None
    hours: str | None = Field(description="OSM opening_hours syntax, in the city's time")
    hours_words: str | None = Field(description="what the source says where that cannot be read")
    is_free: bool | None
    fee: str | None = Field(description="in words")
    is_accessible: bool | None = Field(description="by wheelchair")
    has_family_room: bool | None
    has_nursing_room: bool | None
    has_paper: bool | None
    is_indoor: bool | None
    gender: Gender | None
    phone: str | None
    keeper: str | None = Field(description="who looks after it")
    capacity: int | None
    is_doubtful: bool = Field(description="several residents say that this entry is wrong")
    is_demo: bool = Field(description="made up for demonstration")
    source: str | None
    verified_at: date | None = Field(description="when somebody last went and looked")
    updated_at: datetime


class LiveAnswer(FacilityAnswer):
    """A facility at this moment."""

    is_open: bool | None
    open_words: str = Field(description="in Chinese: 现在开放，到 22:00")
    free_spaces: int | None = Field(description="null when unknown or too old")
    free_spaces_at: datetime | None


class NearAnswer(LiveAnswer):
    """A facility as seen from a place."""

    distance_m: float = Field(description="geodesic on WGS-84, as the crow flies")
    direction: str = Field(description="one of eight, in Chinese: 东北")
    walk_minutes: int | None = Field(description="a rough guess; null when it is no walk")


class OriginAnswer(BaseModel):
    lat: float
    lng: float
    datum: Datum


class NearestAnswer(BaseModel):
    """The nearest facilities, nearest first; equally far ones always in the same order."""

    items: list[NearAnswer]
    next_cursor: None = None
    origin: OriginAnswer = Field(description="the place asked from, and the datum it was read in")
    outside_m: float = Field(description="how far the place is outside the district; 0: it is not")
    notice: str | None = Field(description="in Chinese, when the place is far outside")


class RemovedAnswer(BaseModel):
    """A tombstone: forget this facility."""

    id: str
    kind: str
    is_removed: Literal[True]
    removed_at: datetime
    removal_reason: str | None


class FacilitiesAnswer(BaseModel):
    """Facilities in the order of their last change."""

    items: list[LiveAnswer | RemovedAnswer]
    next_cursor: str | None = Field(description="ask again with it; null: that was all for now")
    sync_cursor: str = Field(
        description="keep it: asked with it later, the answer holds exactly what changed since"
    )
    datum: Literal["wgs84"]


class LinkAnswer(BaseModel):
    app: str
    url: str


class OneFacilityAnswer(LiveAnswer):
    """One facility, with ways to get there."""

    navigation: list[LinkAnswer]
    open_location: dict[str, str | float | int] = Field(description="for wx.openLocation: GCJ-02")
    removed_at: datetime | None
    removal_reason: str | None
    photo: str | None = Field(description="address of a JPEG")
    url: str = Field(description="its page")


class SpaceAnswer(BaseModel):
    """What became of one value of a feed."""

    id: str | None
    outcome: Literal["taken", "old", "refused"] = Field(
        description="old: not newer than what is known, nothing to do"
    )
    code: str | None = Field(description="why it was refused")
    detail: str | None


class SpacesAnswer(BaseModel):
    items: list[SpaceAnswer] = Field(description="in the order of what was sent")
    next_cursor: None = None


_Json = dict[str, Any]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def encode(answer: _Json) -> str:
    return _encode(answer)


def lasting(card: Card, kind_name: str, datum: Datum) -> _Json:
    """Return what holds of a facility until its row changes."""
    latitude, longitude = from_wgs84(card.latitude, card.longitude, datum)
    return {
        "id": card.code,
        "kind": card.kind,
        "kind_name": kind_name,
        "name": card.name,
        "lat": round(latitude, _DIGITS),
        "lng": round(longitude, _DIGITS),
        "datum": datum.value,
        "street": card.street,
        "address": card.address,
        "hours": card.hours,
        "hours_words": card.hours_fault,
        "fee": card.fee,
        **card.flags,
        "gender": card.gender,
        "phone": card.phone,
        "keeper": card.keeper,
        "capacity": card.capacity,
        "is_doubtful": card.is_doubtful,
        "is_demo": card.is_demo,
        "source": card.source,
        "verified_at": card.verified_on and card.verified_on.isoformat(),
        "updated_at": card.updated_at.isoformat(),
    }


def live(card: Card, now: datetime) -> _Json:
    """Return what holds at this moment."""
    opening = wording.opening(card.hours, now)
    spaces = spaces_now(card.free_spaces, card.free_spaces_at, now=now)
    return {
        "is_open": opening.is_open,
        "open_words": opening.words,
        "free_spaces": spaces,
        "free_spaces_at": None if spaces is None else _iso(card.free_spaces_at),
    }


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def facility(card: Card, kind_name: str, now: datetime, datum: Datum = Datum.WGS84) -> _Json:
    return lasting(card, kind_name, datum) | live(card, now)


def removed(card: Card) -> _Json:
    return {
        "id": card.code,
        "kind": card.kind,
        "is_removed": True,
        "removed_at": _iso(card.removed_at),
        "removal_reason": card.removal_reason,
    }


def gender_words(card: Card) -> str | None:
    return GENDER_WORDS[Gender(card.gender)] if card.gender else None


# -- the answer that is asked for most -----------------------------------------------------


@lru_cache(maxsize=50_000)
def _lasting_part(card: Card, kind_name: str, datum: Datum) -> bytes:
    """Encode what lasts, up to the closing brace. A card is its own version: this is never stale."""
    return _encode(lasting(card, kind_name, datum))[1:].encode()


@lru_cache(maxsize=8192)
def _open_text(hours: str | None, minute: int) -> str:
    """Encode whether it is open: many facilities have the same hours, and a minute has one answer."""
    opening = wording.opening(hours, datetime.fromtimestamp(minute * 60, UTC))
    return f'"is_open":{_TOLD[opening.is_open]},"open_words":{_encode(opening.words)}'


def _spaces_text(card: Card, now: datetime) -> str:
    spaces = spaces_now(card.free_spaces, card.free_spaces_at, now=now)
    if spaces is None:
        return '"free_spaces":null,"free_spaces_at":null'
    return f'"free_spaces":{spaces},"free_spaces_at":"{_iso(card.free_spaces_at)}"'


def _near_part(near: Near, now: datetime, minute: int) -> bytes:
    """Encode what depends on who asks and when."""
    card = near.card
    return (
        f'{{"distance_m":{near.distance_m:.3f},"direction":"{near.direction}",'
        f'"walk_minutes":{wording.walk_minutes(near.distance_m) or "null"},'
        f"{_open_text(card.hours, minute)},{_spaces_text(card, now)},"
    ).encode()


_TOLD = {True: "true", False: "false", None: "null"}


def nearest_body(
    nearby: Nearby, spot: Spot, kinds: Mapping[str, KindRow], district: str, now: datetime
) -> bytes:
    """Encode a NearestAnswer."""
    minute, datum = int(now.timestamp()) // 60, spot.datum
    parts = [b'{"items":[']
    for near in nearby.items:
        card = near.card
        kind = kinds.get(card.kind)
        parts.append(_near_part(near, now, minute))
        parts.append(_lasting_part(card, kind.name if kind else card.kind, datum))
        parts.append(b",")
    if nearby.items:
        parts.pop()
    latitude, longitude = spot.given
    notice = _encode(_notice(nearby, district)) if nearby.outside_m else "null"
    rest = (
        f'],"next_cursor":null,"origin":{{"lat":{latitude!r},"lng":{longitude!r},'
        f'"datum":"{datum.value}"}},"outside_m":{round(nearby.outside_m)},"notice":{notice}}}'
    )
    parts.append(rest.encode())
    return b"".join(parts)


def nearest_rest(nearby: Nearby, spot: Spot, district: str) -> _Json:
    """Return what stands beside the items."""
    return {
        "next_cursor": None,
        "origin": {"lat": spot.given[0], "lng": spot.given[1], "datum": spot.datum.value},
        "outside_m": round(nearby.outside_m),
        "notice": _notice(nearby, district),
    }


def _notice(nearby: Nearby, district: str) -> str | None:
    return wording.outside(nearby.outside_m, district) if nearby.outside_m else None


# -- GeoJSON: RFC 7946, so always WGS-84 and longitude first -------------------------------


def feature(card: Card, properties: _Json) -> _Json:
    """Make a feature; a tombstone has no place."""
    told = {key: value for key, value in properties.items() if key not in ("lat", "lng", "id")}
    place = None
    if card.removed_at is None:
        place = {
            "type": "Point",
            "coordinates": [round(card.longitude, _DIGITS), round(card.latitude, _DIGITS)],
        }
    return {"type": "Feature", "id": card.code, "geometry": place, "properties": told}


def collection(features: Iterable[_Json], **members: object) -> _Json:
    return {"type": "FeatureCollection", "features": list(features), **members}


def near_properties(near: Near, kind_name: str, now: datetime) -> _Json:
    return facility(near.card, kind_name, now) | {
        "distance_m": near.distance_m,
        "direction": near.direction,
        "walk_minutes": wording.walk_minutes(near.distance_m),
    }
