"""From the platform's XML to our dataclasses.

wechatpy's `parse_message` and its message classes have no part in this: they strip blanks, turn
blank text into None, missing coordinates into (0, 0), repeated elements into lists, and forget the
names of events they do not know. Here every authentic message becomes something: an odd field is
None, an odd message is Unknown. Only two things are refused: what is not XML, and a message
without a sender.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import TypedDict

from .errors import Malformed
from .inbound import (
    Clicked,
    CodeScanned,
    Followed,
    Inbound,
    Link,
    Location,
    NoticeChoice,
    NoticeDelivered,
    NoticesChosen,
    Photo,
    PhotosPicked,
    PlacePicked,
    PlaceShared,
    Scanned,
    Text,
    Unfollowed,
    Unknown,
    Video,
    Viewed,
    Voice,
)
from .markup import Element, read, readable

MAX_KEY = 200  # characters; a longer one is hashed

# Printable ASCII without the colon that separates the parts of a key.
_OPENID = re.compile(r"[!-9;-~]{1,64}")
_EVENT = re.compile(r"[A-Za-z0-9_]{1,64}")
_SECONDS = re.compile(r"[0-9]{1,10}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,30})?")
_SCENE_PREFIX = "qrscene_"


class _Common(TypedDict):
    to_user: str
    openid: str
    created_at: int
    key: str
    raw: str
    data_id: str | None
    article_index: str | None


def parse(document: str) -> Inbound:
    """Read an authentic message; raise Malformed if it is not XML or says not from whom it is."""
    document = readable(document)
    root = read(document)
    kind = root.text("MsgType") or ""
    event = root.text("Event") or None
    common = _common(root, document)
    if kind.strip().lower() == "event" and event is not None:
        build_event = _EVENTS.get(event.strip().lower())
        return (
            build_event(root, common) if build_event else Unknown(**common, kind=kind, event=event)
        )
    build = _MESSAGES.get(kind.strip().lower())
    return build(root, common) if build else Unknown(**common, kind=kind, event=event)


def _common(root: Element, document: str) -> _Common:
    senders = root.named("FromUserName")
    openid = (root.text("FromUserName") or "").strip()
    # A second sender would leave open whose message this is.
    if len(senders) != 1 or not _OPENID.fullmatch(openid):
        raise Malformed("sender")
    seconds = (root.text("CreateTime") or "").strip()
    created_at = int(seconds) if _SECONDS.fullmatch(seconds) else 0
    return {
        "to_user": (root.text("ToUserName") or "").strip(),
        "openid": openid,
        "created_at": created_at,
        "key": _key(root, openid, created_at) or f"h:{_digest(document)}",
        "raw": document,
        "data_id": root.text("MsgDataId") or None,
        "article_index": root.text("Idx") or None,
    }


def _key(root: Element, openid: str, created_at: int) -> str | None:
    message_id = (root.text("MsgId") or root.text("MsgID") or "").strip()
    if (root.text("MsgType") or "").strip().lower() != "event":
        # An id of 0 stands for none; taken at its word, all such messages would be one.
        return _bounded("m:", message_id) if message_id.strip("0") else None
    event = (root.text("Event") or "").strip()
    if not event or not created_at:
        return None
    # Some events have no EventKey and may still come twice in one second: notices that were
    # delivered have the notice's id, and lists of notices have nothing but their contents.
    subject = root.text("EventKey") or message_id or _digest_of_lists(root)
    if not _EVENT.fullmatch(event):
        # A colon inside could make two events look like one another; no real event has any.
        event, subject = "?", json.dumps([event, subject])
    return _bounded("e:", f"{openid}:{created_at}:{event}:{subject}")


def _bounded(prefix: str, rest: str) -> str:
    key = prefix + rest
    return key if len(key) <= MAX_KEY else f"{prefix}#{_digest(rest)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of_lists(root: Element) -> str:
    texts = [child.leaves() for child in root.children if child.children]
    return _digest(json.dumps(texts)) if texts else ""


def _number(text: str | None, limit: float) -> float | None:
    """Read a decimal number within ±limit; `nan`, `1e999`, `1_0` and words are None."""
    text = (text or "").strip()
    if not _DECIMAL.fullmatch(text) or abs(float(text)) > limit:
        return None
    return float(text)


def _place(latitude: str | None, longitude: str | None) -> tuple[float | None, float | None]:
    """Read both coordinates or neither: half a place is none."""
    north, east = _number(latitude, 90), _number(longitude, 180)
    return (None, None) if north is None or east is None else (north, east)


def _label(text: str | None) -> str | None:
    return text if text and text.strip() else None


def _text(root: Element, common: _Common) -> Inbound:
    content, menu_id = root.text("Content") or "", root.text("bizmsgmenuid") or None
    return Text(**common, content=content, menu_id=menu_id)


def _photo(root: Element, common: _Common) -> Inbound:
    media_id, pic_url = root.text("MediaId") or None, root.text("PicUrl") or None
    return Photo(**common, media_id=media_id, pic_url=pic_url)


def _voice(root: Element, common: _Common) -> Inbound:
    return Voice(
        **common,
        media_id=root.text("MediaId") or None,
        format=root.text("Format") or None,
        clear_media_id=root.text("MediaId16K") or None,
        words=root.text("Recognition") or None,
    )


def _video(root: Element, common: _Common) -> Inbound:
    return Video(**common, media_id=root.text("MediaId") or None, is_short=False)


def _short_video(root: Element, common: _Common) -> Inbound:
    return Video(**common, media_id=root.text("MediaId") or None, is_short=True)


def _location(root: Element, common: _Common) -> Inbound:
    # Location_X is the latitude.
    latitude, longitude = _place(root.text("Location_X"), root.text("Location_Y"))
    return Location(
        **common,
        latitude=latitude,
        longitude=longitude,
        label=_label(root.text("Label")),
        scale=root.text("Scale") or None,
    )


def _link(root: Element, common: _Common) -> Inbound:
    return Link(
        **common,
        title=root.text("Title") or None,
        description=root.text("Description") or None,
        url=root.text("Url") or None,
    )


def _followed(root: Element, common: _Common) -> Inbound:
    key = root.text("EventKey") or ""
    scene = key.removeprefix(_SCENE_PREFIX) if key.startswith(_SCENE_PREFIX) else ""
    return Followed(**common, scene=scene or None)


def _unfollowed(_root: Element, common: _Common) -> Inbound:
    return Unfollowed(**common)


def _scanned(root: Element, common: _Common) -> Inbound:
    return Scanned(**common, scene=root.text("EventKey") or None)


def _clicked(root: Element, common: _Common) -> Inbound:
    button, menu_id = root.text("EventKey") or "", root.text("MenuId") or None
    return Clicked(**common, button=button, menu_id=menu_id)


def _viewed(root: Element, common: _Common) -> Inbound:
    url, menu_id = root.text("EventKey") or None, root.text("MenuId") or None
    return Viewed(**common, url=url, menu_id=menu_id)


def _place_shared(root: Element, common: _Common) -> Inbound:
    latitude, longitude = _place(root.text("Latitude"), root.text("Longitude"))
    precision = _number(root.text("Precision"), 1e8)
    if precision is not None and precision < 0:
        precision = None
    return PlaceShared(**common, latitude=latitude, longitude=longitude, precision=precision)


def _notice_delivered(root: Element, common: _Common) -> Inbound:
    msg_id = (root.text("MsgID") or root.text("MsgId") or "").strip() or None
    return NoticeDelivered(**common, msg_id=msg_id, status=root.text("Status") or None)


def _code_scanned(root: Element, common: _Common) -> Inbound:
    return CodeScanned(
        **common,
        button=root.text("EventKey") or "",
        scan_type=root.text("ScanCodeInfo", "ScanType") or None,
        result=root.text("ScanCodeInfo", "ScanResult") or None,
        is_waiting=(root.text("Event") or "").strip().lower() == "scancode_waitmsg",
    )


def _photos_picked(root: Element, common: _Common) -> Inbound:
    # `Count` is not asked: the list itself says how many there are.
    pictures = [
        picture.text("PicMd5Sum")
        for info in root.named("SendPicsInfo")
        for listed in info.named("PicList")
        for picture in listed.named("item")
    ]
    digests = tuple(digest for digest in pictures if digest)
    return PhotosPicked(**common, button=root.text("EventKey") or "", digests=digests)


def _place_picked(root: Element, common: _Common) -> Inbound:
    latitude, longitude = _place(
        root.text("SendLocationInfo", "Location_X"), root.text("SendLocationInfo", "Location_Y")
    )
    return PlacePicked(
        **common,
        button=root.text("EventKey") or "",
        latitude=latitude,
        longitude=longitude,
        label=_label(root.text("SendLocationInfo", "Label")),
        poi_name=_label(root.text("SendLocationInfo", "Poiname")),
    )


def _notices_chosen(root: Element, common: _Common) -> Inbound:
    # <SubscribeMsg…Event> holds one or several <List>.
    choices = tuple(
        NoticeChoice(
            template_id=entry.text("TemplateId") or None,
            status=entry.text("SubscribeStatusString") or entry.text("ErrorStatus") or None,
            msg_id=entry.text("MsgID") or None,
        )
        for holder in root.children
        for entry in holder.named("List")
    )
    event = (root.text("Event") or "").strip().lower()
    return NoticesChosen(**common, event=event, choices=choices)


_MESSAGES: dict[str, Callable[[Element, _Common], Inbound]] = {
    "text": _text,
    "image": _photo,
    "voice": _voice,
    "video": _video,
    "shortvideo": _short_video,
    "location": _location,
    "link": _link,
}

_EVENTS: dict[str, Callable[[Element, _Common], Inbound]] = {
    "subscribe": _followed,
    "unsubscribe": _unfollowed,
    "scan": _scanned,
    "click": _clicked,
    "view": _viewed,
    "view_miniprogram": _viewed,
    "location": _place_shared,
    "templatesendjobfinish": _notice_delivered,
    "scancode_push": _code_scanned,
    "scancode_waitmsg": _code_scanned,
    "pic_sysphoto": _photos_picked,
    "pic_photo_or_album": _photos_picked,
    "pic_weixin": _photos_picked,
    "location_select": _place_picked,
    "subscribe_msg_popup_event": _notices_chosen,
    "subscribe_msg_change_event": _notices_chosen,
    "subscribe_msg_sent_event": _notices_chosen,
}
