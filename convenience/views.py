"""The nearest facilities: pages for residents, without scripts and without knowing where they are.

Where somebody is stands in the address of his own request and nowhere else: it is neither stored
nor logged, and no page here sets a cookie.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    Response,
    after_this_request,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import territory
from accounts.access import public
from kernel import blobs, clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import HEADERS, refuse_foreign_forms, settings
from kernel.words import day, later

from . import forms, navigation, queries, service, tiles, wording
from .cards import Card, KindRow
from .drawing import Drawing, draw
from .errors import FacilityNotFound, KindNotFound
from .index import Need
from .queries import NEEDS, Found, Near, Nearby
from .rules import WRONG_WORDS, Wrong
from .schemas import gender_words
from .spots import Spot

blueprint = Blueprint("convenience", __name__, template_folder="templates")

PAGE = 10
MOST_SHOWN = 50
_STREETS = 24
_DIGITS = 5  # of a degree, in addresses that a page makes: a metre

# The switches that pages offer, in their words.
SWITCH_WORDS = {"open_now": later("现在开放"), "accessible": later("无障碍"), "free": later("免费")}
SPACES_WORDS = {"has_spaces": later("有空位")}
# What a page asks about an entry; a broken tap is a case, and for the report form.
ASKED_WRONGS = (Wrong.CLOSED, Wrong.MOVED, Wrong.HOURS, Wrong.NOT_THERE, Wrong.BROKEN)


@dataclass(frozen=True, slots=True)
class Row:
    """A facility as a list shows it, in words."""

    card: Card
    kind_name: str
    number: int
    way: str | None
    walk: str | None
    is_open: bool | None
    open_words: str
    facts: tuple[str, ...]
    spaces: str | None
    links: tuple[navigation.Link, ...]
    open_location: str


@blueprint.get("/nearby")
@public
def kinds() -> str:
    """Offer the kinds; with words, show what they lead to among all of them."""
    place = _place()
    typed = forms.searched(request.args.get("q", ""))
    now = clock.now()
    with transaction() as session:
        known = queries.kinds(session)
        found = queries.find(session, typed, limit=PAGE, now=now) if typed else None
    rows = _found_rows(found, known, now) if found else []
    return render_template(
        "convenience/kinds.html",
        kinds=known.values(),
        rows=rows,
        found=found,
        typed=typed,
        place=place,
        carried=_carried(place),
        is_demo=any(row.card.is_demo for row in rows),
    )


@blueprint.get("/nearby/<kind>")
@public
def nearby(kind: str) -> str | tuple[str, int]:
    """List the nearest of a kind: to a place, or to what the words say, or ask for either."""
    typed = forms.searched(request.args.get("q", ""))
    needs = _needs()
    limit = min(forms.whole(request.args.get("limit", "")) or PAGE, MOST_SHOWN)
    now = clock.now()
    place, refusal = None, None
    try:
        place = _place()
    except Refusal as refused:
        refusal = refused
    with transaction() as session:
        known = queries.kinds(session)
        if kind not in known:
            raise KindNotFound
        near, found, first_open, streets = None, None, None, []
        if place:
            near = queries.nearest(
                session,
                place.latitude,
                place.longitude,
                kind=kind,
                needs=needs,
                limit=limit,
                now=now,
            )
            first_open = _first_open(session, place, kind, near, now)
        elif typed:
            found = queries.find(session, typed, kind=kind, needs=needs, limit=limit, now=now)
        else:
            streets = queries.streets(session, kind)[:_STREETS]
    rows = _near_rows(near, known, now) if near else _found_rows(found, known, now)
    here = (place.latitude, place.longitude) if place else None
    page = render_template(
        "convenience/nearby.html",
        kind=known[kind],
        kinds=known.values(),
        rows=rows,
        near=near,
        found=found,
        first_open=first_open and _row(first_open.card, known[kind].name, 0, first_open, now),
        streets=streets,
        typed=typed,
        refusal=refusal,
        place=place,
        carried=_carried(place),
        switches=_switches(known[kind], place, typed),
        outside=wording.outside(near.outside_m, settings().district_name)
        if near and near.outside_m
        else None,
        drawing=_drawing([row.card for row in rows], here),
        tile_map=_tile_map(rows, here),
        more=_more(kind, place, typed, limit) if len(rows) == limit < MOST_SHOWN else None,
        is_demo=any(row.card.is_demo for row in rows),
    )
    return (page, 422) if refusal else page


def _first_open(
    session: Session, place: Spot, kind: str, near: Nearby, now: datetime
) -> Near | None:
    """Return the nearest that is open, where the nearest of all is not: nobody should miss it."""
    if not near.items or wording.opening(near.items[0].card.hours, now).is_open:
        return None
    found = queries.nearest(
        session,
        place.latitude,
        place.longitude,
        kind=kind,
        needs=_needs() | Need.OPEN,
        limit=1,
        now=now,
    )
    return next(iter(found.items), None)


@blueprint.get("/facilities/<code>")
@public
def show(code: str) -> str | tuple[str, int]:
    """Show one facility, how to get there, and how to say that something is wrong."""
    now = clock.now()
    with transaction() as session:
        card = queries.facility(session, code)
        known = queries.kinds(session)
        stars = queries.stars(session, card.id)
    kind = known.get(card.kind)
    row = _row(card, kind.name if kind else "", 1, None, now)
    page = render_template(
        "convenience/facility.html",
        row=row,
        card=card,
        kind=kind,
        stars=stars,
        hours_words=wording.hours_in_full(card.hours, card.hours_fault),
        price=wording.price(card.is_free, card.fee),
        gender=gender_words(card),
        verified=card.verified_on and day(card.verified_on),
        wrongs=[(wrong.value, WRONG_WORDS[wrong]) for wrong in ASKED_WRONGS],
        told=request.args.get("told", ""),
        drawing=_drawing([card], None),
        tile_map=_tile_map([row], None),
        is_demo=card.is_demo,
    )
    return (page, 410) if card.removed_at else page


@blueprint.get("/facilities/<code>/photo")
@public
def photo(code: str) -> Response:
    """Serve a facility's photo."""
    with transaction() as session:
        key = queries.facility(session, code).photo_key
    if key is None:
        raise FacilityNotFound
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing as missing:
        raise FacilityNotFound from missing
    answer = send_file(BytesIO(data), "image/jpeg", etag=key)
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@blueprint.post("/facilities/<code>/wrong")
@public
def report_wrong(code: str) -> AnyResponse:
    """Take somebody's word that an entry is wrong; the same word twice counts once."""
    refuse_foreign_forms()
    with transaction() as session:
        service.report_wrong(
            session,
            facility_id=queries.facility(session, code).id,
            kind=request.form.get("wrong", ""),
            note=request.form.get("note", ""),
            client_key=_client_key(),
        )
    return redirect(url_for(".show", code=code, told="wrong"), 303)


@blueprint.post("/facilities/<code>/stars")
@public
def rate(code: str) -> AnyResponse:
    """Take somebody's stars; the newest word counts."""
    refuse_foreign_forms()
    with transaction() as session:
        service.rate(
            session,
            facility_id=queries.facility(session, code).id,
            stars=forms.whole(request.form.get("stars", "")) or 0,
            client_key=_client_key(),
        )
    return redirect(url_for(".show", code=code, told="stars"), 303)


# -- what was asked ------------------------------------------------------------------------


def _place() -> Spot | None:
    """Return the place in the address, if there is one; raise what is wrong with it."""
    values = {name: request.args.get(name, "") for name in ("lat", "lng", "datum")}
    given = {name: value for name, value in values.items() if value}
    return forms.spot(given) if given.keys() & {"lat", "lng"} else None


def _needs() -> Need:
    """Return the switches that are on; what makes no sense in an address is off."""
    wanted = Need.NOTHING
    for name, need in NEEDS.items():
        if request.args.get(name) in ("1", "true"):
            wanted |= need
    return wanted


def _carried(place: Spot | None) -> dict[str, Any]:
    """Return the place as further addresses carry it."""
    if place is None:
        return {}
    return {
        "lat": f"{place.latitude:.{_DIGITS}f}",
        "lng": f"{place.longitude:.{_DIGITS}f}",
        "datum": "wgs84",
    }


def _chosen() -> dict[str, Any]:
    return {name: "1" for name in NEEDS if request.args.get(name) in ("1", "true")}


def _switches(kind: KindRow, place: Spot | None, typed: str) -> list[dict[str, Any]]:
    """Return links that switch a wish on or off and leave the rest as it is."""
    asked = _carried(place) | ({"q": typed} if typed else {})
    chosen = _chosen()
    words = SWITCH_WORDS | (SPACES_WORDS if kind.code == "parking" else {})
    return [
        {
            "words": word,
            "is_on": name in chosen,
            "url": url_for(
                ".nearby",
                kind=kind.code,
                **asked,
                **_turned(chosen, name),
            ),
        }
        for name, word in words.items()
    ]


def _turned(chosen: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the wishes with this one turned round."""
    return {each: "1" for each in NEEDS if (each in chosen) != (each == name)}


def _more(kind: str, place: Spot | None, typed: str, limit: int) -> str:
    asked = _carried(place) | ({"q": typed} if typed else {}) | _chosen()
    return url_for(".nearby", kind=kind, limit=min(limit + 20, MOST_SHOWN), **asked)


# -- who says so ---------------------------------------------------------------------------


def _client_key() -> str:
    """Tell apart who speaks today, without keeping an address: it cannot be worked out backwards."""
    day = clock.city_day(clock.now()).isoformat()
    agent = request.headers.get("User-Agent", "")[:200]
    said = f"{day}|{request.remote_addr}|{agent}".encode()
    secret = settings().secret_key.get_secret_value().encode()
    return hmac.new(secret, b"convenience|" + said, hashlib.sha256).hexdigest()[:16]


# -- what is shown -------------------------------------------------------------------------


def _near_rows(near: Nearby, known: dict[str, KindRow], now: datetime) -> list[Row]:
    return [
        _row(item.card, _named(item.card, known), number, item, now)
        for number, item in enumerate(near.items, 1)
    ]


def _found_rows(found: Found | None, known: dict[str, KindRow], now: datetime) -> list[Row]:
    if found is None:
        return []
    if found.around:
        return _near_rows(found.around, known, now)
    return [
        _row(card, _named(card, known), number, None, now)
        for number, card in enumerate(found.cards, 1)
    ]


def _named(card: Card, known: dict[str, KindRow]) -> str:
    return known[card.kind].name if card.kind in known else ""


def _row(card: Card, kind_name: str, number: int, near: Near | None, now: datetime) -> Row:
    opening = wording.opening(card.hours, now)
    is_priced = card.is_free is not None or card.fee is not None
    return Row(
        card=card,
        kind_name=kind_name,
        number=number,
        way=wording.towards(near.distance_m, near.direction) if near else None,
        walk=wording.walk(near.distance_m) if near else None,
        is_open=opening.is_open,
        open_words=opening.words,
        facts=(
            *([wording.price(card.is_free, card.fee)] if is_priced else []),
            *wording.features(card.flags),
            *wording.lacking(card.flags),
        ),
        spaces=wording.spaces(card.free_spaces, card.free_spaces_at, card.capacity, now=now),
        links=tuple(navigation.links(card.latitude, card.longitude, card.name, card.address)),
        open_location=navigation.open_location_json(
            card.latitude, card.longitude, card.name, card.address
        ),
    )


def _drawing(cards: list[Card], here: tuple[float, float] | None) -> Drawing | None:
    if not cards:
        return None
    rings = [[(float(lat), float(lng)) for lat, lng in ring] for ring in territory.district().rings]
    return draw(rings, [(card.latitude, card.longitude) for card in cards], here)


def _tile_map(rows: list[Row], here: tuple[float, float] | None) -> str | None:
    """Return what the map's script draws, and let its tiles in; None where no tiles are set."""
    chosen = settings()
    if not (chosen.map_tiles and rows):
        return None

    @after_this_request
    def let_tiles_in(answer: Response) -> Response:
        policy = tiles.content_policy(HEADERS["Content-Security-Policy"], chosen.map_tiles)
        answer.headers.setdefault("Content-Security-Policy", policy)
        return answer

    places = [((row.card.latitude, row.card.longitude), row.card.name) for row in rows]
    return tiles.as_json(chosen, places, here)
