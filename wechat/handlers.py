"""From a message to an answer: the conversation decides, the features do."""

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import accounts
import cases
import convenience
from geo import datums
from kernel import clock
from kernel.settings import Settings

from . import conversation, inbound, media, notices, signs, wording
from .conversation import Draft, Heard, Place
from .models import Talk
from .replies import Reply, Silence, TextReply

# Somebody who looked for a toilet an hour ago and sends a place now wants something else.
_WISH_LASTS = timedelta(minutes=30)
_TOLD = 3  # facilities in one message


@dataclass(frozen=True)
class House:
    """What the handlers must know of the installation."""

    report_prefix: str
    hotline: str
    public_url: str
    district_name: str
    location_datum: Literal["gcj02", "wgs84"]


def house_of(settings: Settings) -> House:
    return House(
        report_prefix=settings.report_prefix,
        hotline=settings.hotline,
        public_url=settings.public_url,
        district_name=settings.district_name,
        location_datum=settings.wechat_location_datum,
    )


def case_url(public_url: str, report_no: str, access_key: str) -> str:
    """Return the link that opens a report with its details."""
    return f"{public_url}/reports/{report_no}?k={access_key}"


def handle(session: Session, message: inbound.Inbound, house: House) -> Reply:
    """Do what the message asks for and return the answer.

    The caller holds the resident's lock: his messages come here one after the other.
    """
    if isinstance(message, inbound.NoticeDelivered):
        return Silence()
    citizen_id = accounts.citizen_for(session, message.openid)
    if isinstance(message, inbound.Unfollowed):
        accounts.mark_unfollowed(session, citizen_id)
        _keep(session, citizen_id, None)
        return Silence()
    if not message.is_answerable:
        return Silence()
    notices.unpark(session, citizen_id)
    of_a_sign = signs.answer(message, house.public_url)
    if of_a_sign is not None:
        return TextReply(of_a_sign)
    heard = _heard(session, citizen_id, message, house)
    if heard is None:
        return Silence()
    return TextReply(_converse(session, citizen_id, heard, house))


def _heard(
    session: Session, citizen_id: int, message: inbound.Inbound, house: House
) -> Heard | None:
    """Say the message in the conversation's words; None for what needs no answer."""
    heard: Heard | None
    match message:
        case inbound.Text():
            heard = conversation.Said(message.content)
        case inbound.Photo(media_id=str(media_id)):
            heard = conversation.Pictured(_receive(session, citizen_id, message.key, media_id))
        case inbound.Location(latitude=float(latitude), longitude=float(longitude)):
            heard = conversation.Placed(_place(latitude, longitude, message.label, house))
        case inbound.Location(label=str(label)):
            heard = conversation.Placed(Place(latitude=None, longitude=None, label=label))
        case inbound.Clicked():
            heard = conversation.Pressed(message.button)
        case inbound.Followed() | inbound.Scanned():
            heard = conversation.Arrived()
        case inbound.Viewed() | inbound.PhotosPicked() | inbound.PlacePicked():
            # A page opened, or the picture or place itself follows as a message.
            heard = None
        case _:
            heard = conversation.Muttered(type(message).__name__.lower())
    return heard


def _receive(session: Session, citizen_id: int, key: str, media_id: str) -> int:
    photo_id = cases.receive_photo(session, citizen_id=citizen_id, origin=f"wechat:{key}")
    media.want(session, photo_id=photo_id, media_id=media_id)
    return photo_id


def _place(latitude: float, longitude: float, label: str | None, house: House) -> Place:
    if house.location_datum == "gcj02":
        latitude, longitude = datums.gcj02_to_wgs84(latitude, longitude)
    return Place(latitude=latitude, longitude=longitude, label=label)


def _converse(session: Session, citizen_id: int, heard: Heard, house: House) -> str:
    turn = conversation.advance(
        _draft(session, citizen_id),
        heard,
        new_key=lambda: uuid.uuid4().hex,
        hotline=house.hotline,
        report_prefix=house.report_prefix,
        kinds={kind.code: kind.words for kind in convenience.kinds(session).values()},
    )
    said, draft = turn.say or "", turn.draft
    match turn.step:
        case conversation.Submit(submitted):
            said = _join(said, _submit(session, citizen_id, submitted, house))
        case conversation.TellProgress(report_no):
            said = _join(_progress(session, citizen_id, report_no, house), said)
        case conversation.FindNearest() as wish:
            told = _nearest(session, wish, house)
            said = _join(told or wording.place_unknown(wish.words or "", wish.name), said)
            if told is None:  # the place is still to be told
                draft = replace(draft or Draft(key=uuid.uuid4().hex), wish=wish.kind)
        case _:
            pass
    _keep(session, citizen_id, draft)
    return said


def _join(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _submit(session: Session, citizen_id: int, draft: Draft, house: House) -> str:
    place = draft.place
    made = cases.report(
        session,
        request_key=f"wechat:{draft.key}",
        prefix=house.report_prefix,
        source="wechat",
        citizen_id=citizen_id,
        text=draft.text,
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        place_label=place.label if place else None,
        photo_ids=draft.photos,
        is_urgent=draft.is_urgent,
    )
    url = case_url(house.public_url, made.report_no, made.access_key)
    return wording.submitted(report_no=made.report_no, url=url)


def _progress(session: Session, citizen_id: int, report_no: str | None, house: House) -> str:
    if report_no is None:
        found = cases.progress(session, citizen_id)
    else:
        one = cases.progress_of(session, citizen_id, report_no)
        found = () if one is None else (one,)
    if not found:
        return wording.no_reports_yet() if report_no is None else wording.not_yours(report_no)
    return wording.progress(
        [
            wording.ProgressLine(
                report_no=item.report_no,
                status=cases.STATUS_WORDS[item.status],
                date=clock.spoken(item.reported_at),
                url=case_url(house.public_url, item.report_no, item.access_key),
                about=item.text,
            )
            for item in found
        ]
    )


def _nearest(session: Session, wish: conversation.FindNearest, house: House) -> str | None:
    """Tell of the nearest that are open; None when the words name no place that we know.

    Where somebody is goes into the link of this answer and is kept nowhere.
    """
    place, now = wish.place, clock.now()
    if place and place.latitude is not None and place.longitude is not None:
        found = convenience.open_near(
            session, place.latitude, place.longitude, kind=wish.kind, limit=_TOLD, now=now
        )
        notice = convenience.outside_words(found, house.district_name)
        asked = {
            "lat": f"{place.latitude:.5f}",
            "lng": f"{place.longitude:.5f}",
            "datum": "wgs84",
        }
    else:
        named = convenience.open_called(
            session, wish.words or "", kind=wish.kind, limit=_TOLD, now=now
        )
        if named is None:
            return None
        found, notice, asked = named, None, {"q": wish.words or ""}
    url = f"{house.public_url}/nearby/{wish.kind}"
    if not found.items:
        return wording.none_near(wish.name, url=url)
    return wording.nearest(
        wish.name,
        [
            wording.NearLine(name=line.name, way=line.way, state=line.state)
            for line in convenience.lines(found, now)
        ],
        url=f"{url}?{urlencode(asked)}",
        near=None if place else wish.words,
        notice=notice,
    )


def _draft(session: Session, citizen_id: int) -> Draft | None:
    stored = session.execute(
        select(Talk.draft, Talk.updated_at).where(Talk.citizen_id == citizen_id)
    ).one_or_none()
    if stored is None or stored.draft is None:
        return None
    draft = conversation.draft_from_json(stored.draft)
    is_old = clock.now() - stored.updated_at > _WISH_LASTS
    return replace(draft, wish=None) if is_old else draft


def _keep(session: Session, citizen_id: int, draft: Draft | None) -> None:
    values = {
        "draft": None if draft is None else conversation.draft_to_json(draft),
        "updated_at": clock.now(),
    }
    session.execute(
        insert(Talk)
        .values(citizen_id=citizen_id, **values)
        .on_conflict_do_update(index_elements=["citizen_id"], set_=values)
    )
