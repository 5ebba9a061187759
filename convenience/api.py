"""Facilities for other programs: the nearest, all of them with what changed since, and one.

Nothing is guessed: a parameter that is wrong, unknown or given twice is refused with a code.
Where somebody is stands in the address of the request and is neither stored nor logged.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime
from typing import Any, TypedDict

from flask import Blueprint, Response, request, url_for

from accounts.access import for_programs, public
from kernel import clock
from kernel.database import transaction
from kernel.errors import Conflict, Invalid
from kernel.openapi import Parameter, operation
from kernel.web import body_limit, settings

from . import feeds, forms, navigation, queries, schemas
from .cards import Card, KindRow
from .errors import BadFeed
from .index import Need
from .queries import Listed, Position
from .spots import Datum

blueprint = Blueprint("convenience_api", __name__, url_prefix="/api/v1/facilities")

GEOJSON = "application/geo+json"
_DEFAULT_NEAREST = 10
_DEFAULT_LISTED = 200
_LARGEST_MESSAGE = 128 * 1024  # bytes that a feed may send at once

# An answer for one place is that person's: no cache between us and him may keep it.
_PERSONAL = "private, max-age=15"
_COMMON = "public, no-cache"


class BadCursor(Invalid):
    code = "bad_cursor"
    sentence = (
        "参数 cursor 只能用上一次答复里给的 next_cursor 或 sync_cursor，其他参数要和上一次一样。"
    )


class CursorExpired(Conflict):
    code = "cursor_expired"
    sentence = "数据库恢复过，这个 cursor 已经失效，请不带 cursor 从头再取一遍。"


_SWITCH = {"type": "boolean", "default": False}
_SWITCHES = {
    "open_now": "only what is surely open now",
    "accessible": "only what a wheelchair surely gets into",
    "free": "only what surely costs nothing",
    "family_room": "only with a family room",
    "nursing_room": "only with a nursing room",
    "paper": "only with paper",
    "indoor": "only indoors",
    "has_spaces": "only with a free space that was told lately (parking)",
}
_FORMAT = Parameter(
    "json, or geojson (also by Accept: application/geo+json): a FeatureCollection, always WGS-84",
    {"type": "string", "enum": ["json", "geojson"], "default": "json"},
)
_KIND = Parameter("code of a kind; without it, all kinds", {"type": "string"})
_NEAREST: dict[str, str | Parameter] = {
    "lat": Parameter(
        "degrees north", {"type": "number", "minimum": -90, "maximum": 90}, is_required=True
    ),
    "lng": Parameter(
        "degrees east", {"type": "number", "minimum": -180, "maximum": 180}, is_required=True
    ),
    "datum": Parameter(
        "what lat and lng are in: wgs84 (GPS), gcj02 (WeChat, Amap, Tencent) or bd09 (Baidu);"
        " the answer is in the same and says so",
        {"type": "string", "enum": [datum.value for datum in Datum], "default": "wgs84"},
    ),
    "kind": _KIND,
    "limit": Parameter(
        "how many at most",
        {"type": "integer", "minimum": 1, "maximum": forms.MOST_NEAREST, "default": 10},
    ),
    "radius_m": Parameter(
        "no farther than this, metres",
        {"type": "integer", "minimum": 1, "maximum": forms.LONGEST_RADIUS_M},
    ),
    **{name: Parameter(meaning, _SWITCH) for name, meaning in _SWITCHES.items()},
    "format": _FORMAT,
}
_LISTING: dict[str, str | Parameter] = {
    "updated_since": Parameter(
        "only what changed at or after this instant; `sync_cursor` does the same exactly",
        {"type": "string", "format": "date-time"},
    ),
    "kind": _KIND,
    "cursor": "the next_cursor of the answer before, or a sync_cursor kept from an earlier walk",
    "limit": Parameter(
        "how many at most",
        {"type": "integer", "minimum": 1, "maximum": forms.MOST_LISTED, "default": _DEFAULT_LISTED},
    ),
    "format": _FORMAT,
}
NEAREST_PARAMETERS, _LISTING_NAMES = tuple(_NEAREST), tuple(_LISTING)


class _Asked(TypedDict):
    """What is asked for besides the place."""

    kind: str | None
    needs: Need
    radius_m: float | None
    limit: int
    now: datetime


@blueprint.get("/nearest")
@public
@operation(
    "The nearest facilities to a place, exactly, by the geodesic distance",
    schemas.NearestAnswer,
    query=_NEAREST,
    errors=(422,),
    also=(GEOJSON,),
)
def nearest() -> Response:
    """Return the nearest facilities; with far-outside places, an answer that says so."""
    values = forms.once(request.args.to_dict(flat=False), NEAREST_PARAMETERS)
    spot = forms.spot(values)
    limit = forms.number(values, "limit", most=forms.MOST_NEAREST) or _DEFAULT_NEAREST
    radius = forms.number(values, "radius_m", most=forms.LONGEST_RADIUS_M)
    needs = forms.needs(values)
    is_geojson = forms.is_geojson(values, request.headers.get("Accept", ""))
    now = clock.now()
    asked: _Asked = {
        "kind": values.get("kind"),
        "needs": needs,
        "radius_m": radius,
        "limit": limit,
        "now": now,
    }
    at_hand = queries.nearest_at_hand(spot.latitude, spot.longitude, **asked)
    if at_hand is None:
        with transaction() as session:
            found = queries.nearest(session, spot.latitude, spot.longitude, **asked)
            kinds = queries.kinds(session)
    else:
        found, kinds = at_hand
    district = settings().district_name
    if not is_geojson:
        return _answer(schemas.nearest_body(found, spot, kinds, district, now), _PERSONAL)
    features = [
        schemas.feature(near.card, schemas.near_properties(near, _named(near.card, kinds), now))
        for near in found.items
    ]
    rest = schemas.nearest_rest(found, spot, district)
    body = schemas.encode(schemas.collection(features, **rest)).encode()
    return _answer(body, _PERSONAL, kind=GEOJSON)


@blueprint.get("")
@public
@operation(
    "All facilities in the order of their last change, removals as tombstones",
    schemas.FacilitiesAnswer,
    query=_LISTING,
    errors=(409, 422),
    also=(GEOJSON,),
)
def listing() -> Response:
    """Return a page of all facilities, or of what changed since an instant or a cursor."""
    values = forms.once(request.args.to_dict(flat=False), _LISTING_NAMES)
    kind = values.get("kind")
    since = forms.instant(values, "updated_since")
    limit = forms.number(values, "limit", most=forms.MOST_LISTED) or _DEFAULT_LISTED
    is_geojson = forms.is_geojson(values, request.headers.get("Accept", ""))
    position = _read_cursor(values.get("cursor"), kind, since)
    now = clock.now()
    with transaction() as session:
        try:
            found = queries.listing(
                session, kind=kind, updated_since=since, after=position, limit=limit
            )
        except queries.StaleCursor as stale:
            raise CursorExpired from stale
        kinds = queries.kinds(session)
    rest = _rest_of(found, kind, since)
    told = [(card, _told(card, kinds, now)) for card in found.cards]
    if is_geojson:
        features = [schemas.feature(card, answer) for card, answer in told]
        body = schemas.encode(schemas.collection(features, **rest)).encode()
        return _answer(body, _COMMON, kind=GEOJSON)
    items = [answer for _, answer in told]
    return _answer(schemas.encode({"items": items, **rest}).encode(), _COMMON)


@blueprint.post("/spaces")
@for_programs
@body_limit(_LARGEST_MESSAGE)
@operation(
    "Tell how many spaces are free: {items: [{id, free, at}]}, with `Authorization: Bearer KEY`",
    schemas.SpacesAnswer,
    errors=(403, 413, 422),
)
def push_spaces() -> Response:
    """Take a feed's values, each with its time; what cannot be is refused row by row."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    try:
        said = json.loads(request.get_data())
    except (ValueError, RecursionError):
        said = None
    items = said.get("items") if isinstance(said, dict) else None
    with transaction() as session:
        feed = feeds.feed_of(session, key.strip() if scheme.lower() == "bearer" else "")
        if not isinstance(items, list):
            raise BadFeed('请发 JSON：{"items": [{"id": …, "free": …, "at": …}]}。')
        told = feeds.take(session, feed, items)
    answer = {
        "items": [
            {"id": one.id, "outcome": one.outcome, "code": one.code, "detail": one.sentence}
            for one in told
        ],
        "next_cursor": None,
    }
    return _answer(schemas.encode(answer).encode(), "no-store")


@blueprint.get("/<code>")
@public
@operation("One facility, with ways to get there", schemas.OneFacilityAnswer)
def one(code: str) -> Response:
    """Return one facility; of a removed one, that it is."""
    now = clock.now()
    with transaction() as session:
        card = queries.facility(session, code)
        kinds = queries.kinds(session)
    home = settings().public_url
    answer = schemas.facility(card, _named(card, kinds), now) | {
        "navigation": [
            {"app": link.app, "url": link.url}
            for link in navigation.links(card.latitude, card.longitude, card.name, card.address)
        ],
        "open_location": navigation.open_location(
            card.latitude, card.longitude, card.name, card.address
        ),
        "removed_at": card.removed_at and card.removed_at.isoformat(),
        "removal_reason": card.removal_reason,
        "photo": card.photo_key and home + url_for("convenience.photo", code=card.code),
        "url": home + url_for("convenience.show", code=card.code),
    }
    return _answer(schemas.encode(answer).encode(), _COMMON)


def _told(card: Card, kinds: dict[str, KindRow], now: datetime) -> dict[str, Any]:
    if card.removed_at is not None:
        return schemas.removed(card)
    return schemas.facility(card, _named(card, kinds), now)


def _named(card: Card, kinds: dict[str, KindRow]) -> str:
    return kinds[card.kind].name if card.kind in kinds else card.kind


def _answer(body: bytes, cache: str, *, kind: str = "application/json") -> Response:
    headers, is_known = _validated(body, cache, kind, request.headers.get("If-None-Match"))
    return Response(b"" if is_known else body, 304 if is_known else 200, headers)


def _validated(
    body: bytes, cache: str, kind: str, given: str | None
) -> tuple[list[tuple[str, str]], bool]:
    """Return headers with a validator, and whether who asks has the same already: then it is 304."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    is_known = given is not None and (tag in given or given.strip() == "*")
    headers = [("Content-Type", kind), ("ETag", tag), ("Cache-Control", cache), ("Vary", "Accept")]
    return headers, is_known


def personal_headers(body: bytes, given: str | None) -> tuple[list[tuple[str, str]], bool]:
    """Return the headers of an answer for one place, and whether who asks has it already."""
    return _validated(body, _PERSONAL, "application/json", given)


# -- cursors: opaque, and bound to the question they came from -------------------------------


def _rest_of(found: Listed, kind: str | None, since: datetime | None) -> dict[str, Any]:
    # A walk that is over goes on later with everything, tombstones of now included.
    resume = Position(found.position.changed_in, found.position.id)
    return {
        "next_cursor": _cursor(found.position, kind, since) if found.has_more else None,
        "sync_cursor": _cursor(resume, kind, since),
        "datum": Datum.WGS84.value,
    }


def _cursor(position: Position, kind: str | None, since: datetime | None) -> str:
    said = [position.changed_in, position.id, position.begun_in, kind, _instant(since)]
    return urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode()).decode().rstrip("=")


def _read_cursor(text: str | None, kind: str | None, since: datetime | None) -> Position | None:
    if text is None:
        return None
    try:
        said = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (NotBase64, ValueError, RecursionError):
        raise BadCursor from None
    match said:
        case [int(changed_in), int(last), int(begun_in), told_kind, told_since] if (
            told_kind == kind
            and told_since == _instant(since)
            and all(0 <= number < 2**63 for number in (changed_in, last, begun_in))
        ):
            return Position(changed_in, last, begun_in)
    raise BadCursor


def _instant(since: datetime | None) -> str | None:
    return None if since is None else since.isoformat()
