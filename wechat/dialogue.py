"""What a conversation is made of: what is heard, the report being told, what follows.

No database, no clock, no framework.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TEXT: Final = 2000  # characters of a description


@dataclass(frozen=True, slots=True)
class Place:
    """WGS-84 coordinates, or where it is in words, or both."""

    latitude: float | None
    longitude: float | None
    label: str | None

    @property
    def is_located(self) -> bool:
        return self.latitude is not None and self.longitude is not None

    def keeping_words_of(self, old: Place | None) -> Place:
        """Keep words when a pin follows them: 「3栋楼下」 says what no map knows."""
        if old is None or old.is_located or not old.label or not self.is_located:
            return self
        return replace(self, label=f"{self.label}（{old.label}）" if self.label else old.label)


Choice = tuple[str, str]  # a class's code and name


@dataclass(frozen=True, slots=True)
class Draft:
    """A report that is being told.

    `key` becomes its request key. `waived` names what will not be asked for again ("photo", "text").
    `is_offered`: the whole was shown, and yes or no is awaited.
    `wish` is no part of the report: the kind of facility that is looked for until a place is told.
    `suggested` are classes (code, name) that were offered with the whole; `class_code` was chosen.
    `alike` are numbers of cases that he was told of as perhaps the same, the newest last.
    """

    key: str
    photos: tuple[int, ...] = ()
    recordings: tuple[int, ...] = ()
    place: Place | None = None
    text: str | None = None
    waived: frozenset[str] = frozenset()
    is_offered: bool = False
    is_urgent: bool = False
    wish: str | None = None
    suggested: tuple[Choice, ...] = ()
    class_code: str | None = None
    alike: tuple[str, ...] = ()

    @property
    def is_begun(self) -> bool:
        return bool(self.tells_problem or self.place)

    @property
    def tells_problem(self) -> bool:
        return bool(self.photos or self.recordings or self.text)

    @property
    def is_empty(self) -> bool:
        return not (self.is_begun or self.wish)

    def has_room_for(self, text: str) -> bool:
        return len(self._joined(text)) <= LONGEST_TEXT

    def with_text(self, text: str) -> Draft:
        """Add words to the description, as many as it may have."""
        return replace(self, text=self._joined(text)[:LONGEST_TEXT])

    def _joined(self, text: str) -> str:
        return f"{self.text}\n{text}" if self.text else text


class Question(Enum):
    """What the resident is being asked: the state of the conversation."""

    BEGIN = auto()  # nothing told yet
    PLACE = auto()
    PROBLEM = auto()  # the place is known: a photo or a sentence is needed
    PHOTO = auto()  # would be nice
    TEXT = auto()  # would be nice
    SUBMIT = auto()


def open_question(draft: Draft) -> Question:
    if not draft.is_begun:
        return Question.BEGIN
    if draft.place is None:
        return Question.PLACE
    if not draft.tells_problem:
        return Question.PROBLEM
    if draft.is_offered or draft.is_urgent:  # who stands beside a danger is not kept longer
        return Question.SUBMIT
    return _nice_question(draft)


def _nice_question(draft: Draft) -> Question:
    if not draft.photos and "photo" not in draft.waived:
        return Question.PHOTO
    if not draft.text and "text" not in draft.waived:
        return Question.TEXT
    return Question.SUBMIT


@dataclass(frozen=True, slots=True)
class Said:
    text: str


@dataclass(frozen=True, slots=True)
class Pictured:
    photo_id: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A voice message or a video; `words` is what the platform heard, where it still listens."""

    recording_id: int
    kind: str  # voice, video
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Chose:
    """A class tapped among the offered; None: none of them."""

    code: str | None


@dataclass(frozen=True, slots=True)
class Placed:
    place: Place


@dataclass(frozen=True, slots=True)
class Pressed:
    button: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """The resident began to follow the account."""


@dataclass(frozen=True, slots=True)
class Muttered:
    """Something that this conversation cannot use: a link, a sticker, an unknown kind."""

    kind: str


Heard = Said | Pictured | Recorded | Placed | Pressed | Chose | Arrived | Muttered


@dataclass(frozen=True, slots=True)
class Submit:
    draft: Draft


@dataclass(frozen=True, slots=True)
class Follow:
    """Hear of somebody else's case instead of reporting the same again."""

    report_no: str


@dataclass(frozen=True, slots=True)
class TellProgress:
    """Of all reports of the resident, or of one."""

    report_no: str | None


@dataclass(frozen=True, slots=True)
class FindNearest:
    """A kind of facility (`name`: what people call it), by a place or by words for one."""

    kind: str
    name: str
    place: Place | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class AddTo:
    """To the report that was sent a moment ago."""

    report_no: str
    text: str | None = None
    photo_id: int | None = None
    recording_id: int | None = None
    class_code: str | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class TellPoints:
    """What the resident has, or what he redeemed."""

    is_redemptions: bool = False


@dataclass(frozen=True, slots=True)
class CallHuman:
    """Hand over to a person where one sits at the account's own desk now."""


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


Step = Submit | Follow | AddTo | TellProgress | TellPoints | FindNearest | CallHuman | Nothing


@dataclass(frozen=True, slots=True)
class Turn:
    """The new draft, what to say, and what to do; what the step has to tell comes before `say`.

    `is_apart`: the resident speaks of another problem, and what he sent before is left alone.
    """

    draft: Draft | None
    say: str | None
    step: Step = Nothing()
    is_apart: bool = False


def draft_to_json(draft: Draft) -> dict[str, object]:
    place = draft.place
    return {
        "key": draft.key,
        "photos": list(draft.photos),
        "recordings": list(draft.recordings),
        "place": place
        and {"latitude": place.latitude, "longitude": place.longitude, "label": place.label},
        "text": draft.text,
        "waived": sorted(draft.waived),
        "is_offered": draft.is_offered,
        "is_urgent": draft.is_urgent,
        "wish": draft.wish,
        "suggested": [list(choice) for choice in draft.suggested],
        "class_code": draft.class_code,
        "alike": list(draft.alike),
    }


def draft_from_json(stored: Mapping[str, Any]) -> Draft:
    """Read what `draft_to_json` made, now or in an earlier version. Raises KeyError without a key."""
    place = stored.get("place")
    return Draft(
        key=stored["key"],
        photos=tuple(stored.get("photos", ())),
        place=Place(**place) if place else None,
        text=stored.get("text"),
        waived=frozenset(stored.get("waived", ())),
        is_offered=stored.get("is_offered", False),
        is_urgent=stored.get("is_urgent", False),
        wish=stored.get("wish"),
        recordings=tuple(stored.get("recordings", ())),
        suggested=tuple((code, name) for code, name in stored.get("suggested", ())),
        class_code=stored.get("class_code"),
        alike=tuple(stored.get("alike", ())),
    )
