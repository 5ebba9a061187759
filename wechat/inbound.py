"""What arrives from WeChat, in our words. Every class is a fact; what it means is decided elsewhere.

Strings are as the sender typed them, blanks and line breaks included, and can all be stored in
PostgreSQL. A field that was missing, empty or senseless is None; a coordinate is never a made-up 0.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message or an event of one person to our account."""

    is_answerable: ClassVar[bool] = True  # False: the platform accepts no message in answer

    to_user: str  # our account's original id (gh_…)
    openid: str  # the sender; never empty
    created_at: int  # seconds by the platform's clock; 0 if it did not say
    key: str  # equal for two deliveries of the same thing, different for any other
    raw: str  # the decrypted XML: personal data, keep it short
    data_id: str | None = None  # MsgDataId: the article that the sender answered from …
    article_index: str | None = None  # Idx: … and which of several


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Inbound):
    content: str
    menu_id: str | None = None  # bizmsgmenuid: an answer tapped in a message menu


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo(Inbound):
    media_id: str | None
    pic_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice(Inbound):
    media_id: str | None
    format: str | None
    clear_media_id: str | None = None  # MediaId16K: the same recording at 16 kHz
    words: str | None = None  # Recognition: mostly empty or absent nowadays


@dataclass(frozen=True, slots=True, kw_only=True)
class Video(Inbound):
    media_id: str | None
    is_short: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Location(Inbound):
    """A place that the sender picked on the map. The platform does not state the datum."""

    latitude: float | None
    longitude: float | None
    label: str | None
    scale: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Inbound):
    title: str | None
    description: str | None
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed(Inbound):
    scene: str | None  # of the parametric code that was scanned, without `qrscene_`


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollowed(Inbound):
    is_answerable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned(Inbound):
    """A follower scanned one of our parametric codes."""

    scene: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked(Inbound):
    button: str
    menu_id: str | None = None  # which of several conditional menus


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewed(Inbound):
    """A menu button opened a page, or a page of a mini program."""

    url: str | None
    menu_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceShared(Inbound):
    """Where the sender's phone is, told by the platform unasked."""

    is_answerable: ClassVar[bool] = False

    latitude: float | None
    longitude: float | None
    precision: float | None  # metres


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDelivered(Inbound):
    """What became of a template message of ours: `success` or `failed:…`."""

    is_answerable: ClassVar[bool] = False

    msg_id: str | None
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeScanned(Inbound):
    """A menu button opened the scanner, and this is what it read."""

    button: str
    scan_type: str | None
    result: str | None
    is_waiting: bool  # the chat shows that an answer is on its way


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotosPicked(Inbound):
    """A menu button opened the camera or the album; the pictures follow as Photo."""

    button: str
    digests: tuple[str, ...]  # MD5, one for each picture that was really listed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacePicked(Inbound):
    """A menu button opened the map; the same place follows as Location."""

    button: str
    latitude: float | None
    longitude: float | None
    label: str | None
    poi_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeChoice:
    template_id: str | None
    status: str | None  # accept, reject; of a sent notice its error's text
    msg_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesChosen(Inbound):
    """Which subscription notices the sender accepted, changed or was sent, by `event`."""

    is_answerable: ClassVar[bool] = False

    event: str  # as sent, in lower case: subscribe_msg_popup_event, …_change_event, …_sent_event
    choices: tuple[NoticeChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Inbound):
    """Authentic, and of a kind that we do not know, or that did not say its kind."""

    kind: str  # MsgType as sent, "" if missing
    event: str | None
