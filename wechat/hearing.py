"""A message in the conversation's words; what it brings along is noted and fetched by a job."""

from typing import Final, Literal

from sqlalchemy.orm import Session

import cases
from geo import datums

from . import conversation, inbound, media
from .conversation import Heard, Place

CLASS: Final = "class:"  # begins the ids of the buttons that offer classes


def heard(
    session: Session, citizen_id: int, message: inbound.Inbound, *, is_gcj02: bool
) -> Heard | None:
    """Say the message in the conversation's words; None for what needs no answer."""
    match message:
        case inbound.Photo(media_id=str(media_id)):
            return conversation.Pictured(_photo(session, citizen_id, message.key, media_id))
        case inbound.Voice(media_id=str(media_id)) | inbound.Video(media_id=str(media_id)):
            return _recorded(session, citizen_id, message, media_id)
        case _:
            return of_itself(message, is_gcj02=is_gcj02)


def of_itself(message: inbound.Inbound, *, is_gcj02: bool) -> Heard | None:
    """Say in the conversation's words what brings no file along; None for what needs no answer."""
    match message:
        case inbound.Text():
            return _text(message)
        case inbound.Location():
            return _location(message, is_gcj02=is_gcj02)
        case _:
            return _signal(message)


def _text(message: inbound.Text) -> Heard:
    """Take a tapped class for what it is, whatever its words."""
    if message.menu_id and message.menu_id.startswith(CLASS):
        code = message.menu_id.removeprefix(CLASS)
        return conversation.Chose(code if code in cases.classes() else None)
    return conversation.Said(message.content)


def _photo(session: Session, citizen_id: int, key: str, media_id: str) -> int:
    photo_id = cases.receive_photo(session, citizen_id=citizen_id, origin=f"wechat:{key}")
    media.want(session, photo_id=photo_id, media_id=media_id)
    return photo_id


def _recorded(
    session: Session, citizen_id: int, message: inbound.Voice | inbound.Video, media_id: str
) -> Heard:
    kind: Literal["voice", "video"] = "voice" if isinstance(message, inbound.Voice) else "video"
    recording_id = cases.receive_recording(
        session, citizen_id=citizen_id, origin=f"wechat:{message.key}", kind=kind
    )
    media.want(session, recording_id=recording_id, media_id=media_id)
    words = message.words if isinstance(message, inbound.Voice) else None
    return conversation.Recorded(recording_id, kind, words)


def _location(message: inbound.Location, *, is_gcj02: bool) -> Heard:
    latitude, longitude = message.latitude, message.longitude
    if latitude is None or longitude is None:
        if message.label is None:
            return conversation.Muttered("location")
        return conversation.Placed(Place(latitude=None, longitude=None, label=message.label))
    if is_gcj02:
        latitude, longitude = datums.gcj02_to_wgs84(latitude, longitude)
    return conversation.Placed(Place(latitude=latitude, longitude=longitude, label=message.label))


def _signal(message: inbound.Inbound) -> Heard | None:
    match message:
        case inbound.Clicked():
            return conversation.Pressed(message.button)
        case inbound.Followed() | inbound.Scanned():
            return conversation.Arrived()
        case inbound.Viewed() | inbound.PhotosPicked() | inbound.PlacePicked():
            # A page opened, or the picture or place itself follows as a message.
            return None
        case _:
            return conversation.Muttered(type(message).__name__.lower())
