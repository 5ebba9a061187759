"""The chat with a resident: where it stands and what was heard give what to say and what to do.

A report needs a place, and a photo or a sentence. What is missing is asked for one thing at a time;
what would be nice is asked for once; then the whole is shown, and 1 submits it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from . import afterwards, alarm, offers, story, vocabulary, wording
from .dialogue import (
    AddTo,
    Arrived,
    CallHuman,
    Choice,
    Chose,
    Draft,
    FindNearest,
    Follow,
    Heard,
    Muttered,
    Nothing,
    Pictured,
    Place,
    Placed,
    Pressed,
    Question,
    Recorded,
    Said,
    Step,
    Submit,
    TakeBack,
    TellPoints,
    TellProgress,
    Turn,
    draft_from_json,
    draft_to_json,
)
from .scene import Scene, Suggest, again, ask, misheard, question_words, stay
from .seeking import Wish
from .vocabulary import Intent

if TYPE_CHECKING:
    from .vocabulary import Danger

__all__ = [
    "AddTo",
    "Arrived",
    "CallHuman",
    "Choice",
    "Chose",
    "Draft",
    "FindNearest",
    "Heard",
    "Muttered",
    "Nothing",
    "Pictured",
    "Place",
    "Placed",
    "Pressed",
    "Recorded",
    "Said",
    "Step",
    "Submit",
    "TakeBack",
    "TellPoints",
    "TellProgress",
    "Turn",
    "advance",
    "draft_from_json",
    "draft_to_json",
]

MOST_PHOTOS: Final = 9
MOST_RECORDINGS: Final = 3
_SHORT_NAME: Final = 6  # characters: as long as the name of a place that we do not know may be
_NEARBY: Final = "NEARBY_"  # begins buttons that look for a kind of facility


def advance(
    draft: Draft | None,
    heard: Heard,
    *,
    new_key: Callable[[], str],
    hotline: str = "12319",
    report_prefix: str = "JB",
    kinds: Mapping[str, Sequence[str]] | None = None,
    sent: str | None = None,
    suggest: Suggest | None = None,
    added: Sequence[int] = (),
) -> Turn:
    """Take one message. Nothing that was sent is lost unless the resident gives up.

    `kinds` are the facilities' kinds with what people call them, where there are more than usual.
    `sent` is the number of a report that was sent a moment ago and may still be added to. `suggest`
    gives the classes (code, name) that words may mean. `added` are photos that came right after it.
    """
    begun = draft or Draft(key=new_key())
    words, more = vocabulary.standard(), kinds or {}
    scene = Scene(begun, hotline, report_prefix, words, more, sent, suggest, added)
    turn = _hear(scene, heard)
    return replace(turn, draft=None) if turn.draft and turn.draft.is_empty else turn


def _hear(scene: Scene, heard: Heard) -> Turn:
    match heard:
        case Said(text):
            turn = _said(scene, vocabulary.storable(text))
        case Pictured(photo_id):
            turn = _pictured(scene, photo_id)
        case Recorded():
            turn = _recorded(scene, heard)
        case Placed(place):
            turn = _placed(scene, place)
        case _:
            turn = _hear_signal(scene, heard)
    return turn


def _hear_signal(scene: Scene, heard: Chose | Pressed | Arrived | Muttered) -> Turn:
    match heard:
        case Chose(code):
            turn = _chosen(scene, code)
        case Pressed(button):
            turn = _pressed(scene, button.strip().upper())
        case Arrived():
            turn = stay(scene, wording.welcome())
        case Muttered(kind):
            turn = stay(scene, wording.cannot_take(kind), idle=wording.how_to_begin())
    return turn


def _pressed(scene: Scene, button: str) -> Turn:
    if button.startswith(_NEARBY):
        kind = button.removeprefix(_NEARBY).lower()
        return _wished(scene, Wish(kind, scene.words.seeking.name_of(kind, scene.kinds), None))
    return _BUTTONS.get(button, _UNKNOWN_BUTTON)(scene)


def _pictured(scene: Scene, photo_id: int) -> Turn:
    draft = scene.draft
    if scene.can_add:
        return afterwards.add(scene, photo_id=photo_id)
    if len(draft.photos) >= MOST_PHOTOS:
        return Turn(draft, wording.join(wording.photos_full(MOST_PHOTOS), again(scene)))
    draft = replace(draft, photos=(*draft.photos, photo_id))
    return _taken(scene, draft, wording.got_photo(len(draft.photos)))


def _taken(scene: Scene, draft: Draft, said: str) -> Turn:
    if scene.question is Question.SUBMIT:  # photos come in bursts: not the whole each time
        return Turn(replace(draft, is_offered=True), wording.join(said, again(scene)))
    return ask(scene, draft, said)


def _recorded(scene: Scene, heard: Recorded) -> Turn:
    """Keep the recording; what the platform heard in it is taken as if it were written."""
    text = vocabulary.storable(heard.words or "")
    if text and (scene.words.intents_of(text) or _wish_in(scene, text)):
        return _said(scene, text)  # a command is no part of a report
    if scene.can_add:
        return afterwards.add(scene, text=text or None, recording_id=heard.recording_id)
    draft = scene.draft
    if len(draft.recordings) >= MOST_RECORDINGS:
        return Turn(draft, wording.join(wording.recordings_full(MOST_RECORDINGS), again(scene)))
    draft = replace(draft, recordings=(*draft.recordings, heard.recording_id))
    if vocabulary.is_substantial(text):
        return _said(replace(scene, draft=draft), text)
    return _taken(scene, draft, wording.got_recording(heard.kind))


def _placed(scene: Scene, place: Place) -> Turn:
    if not (place.is_located or place.label):
        return stay(scene, wording.place_unreadable())
    if scene.draft.wish:
        return _found(scene, scene.draft.wish, place=place)
    old = scene.draft.place
    said = wording.changed_place if old and old.is_located else wording.got_place
    place = place.keeping_words_of(old)
    return ask(scene, replace(scene.draft, place=place), said(place.label))


# What was said: first danger, then a report number, answers and commands, and at last the story.


def _said(scene: Scene, text: str) -> Turn:
    dangers = scene.words.dangers_in(text)
    if dangers:
        return _alarmed(scene, text, dangers)
    answer = _asked(scene, text) or _picked(scene, text) or _meant(scene, text)
    if answer:
        return answer
    if scene.draft.wish and scene.is_idle and _names_place(scene, text):
        return _found(scene, scene.draft.wish, words=vocabulary.place_words(text))
    return story.told(scene, text)


def _asked(scene: Scene, text: str) -> Turn | None:
    report_no = vocabulary.report_no_in(text, scene.report_prefix)
    if report_no:
        return _tell_progress(scene, report_no)
    seeks = None if scene.words.mentions_problem(text) else _wish_in(scene, text)
    return _wished(scene, seeks) if seeks else None


def _picked(scene: Scene, text: str) -> Turn | None:
    choice = afterwards.choice_in(scene, text)
    if choice:
        return _chosen(scene, choice)
    if scene.draft.alike and vocabulary.plain(text) in offers.FOLLOW_WORDS:
        return Turn(None, None, Follow(scene.draft.alike[-1]))
    if scene.draft.suggested and scene.words.says_none_of_them(text):
        return Turn(replace(scene.draft, suggested=()), again(scene))
    return None


def _meant(scene: Scene, text: str) -> Turn | None:
    meant = scene.words.intents_of(text)
    for table in (_ANSWERS.get(scene.question, {}), _COMMANDS):
        answer = next((table[intent] for intent in table if intent in meant), None)
        if answer:
            return answer(scene)
    return None


# What is looked for.


def _wish_in(scene: Scene, text: str) -> Wish | None:
    parts = [vocabulary.plain(part) for part in vocabulary.without_stickers(text).split()]
    return scene.words.seeking.wish_in(parts, is_idle=scene.is_idle, more=scene.kinds)


def _wished(scene: Scene, wish: Wish) -> Turn:
    """Answer with the nearest to where the words or the report say, or ask where."""
    place = scene.draft.place
    if wish.words:
        return _found(scene, wish.kind, words=wish.words)
    if place and place.is_located:
        return _found(scene, wish.kind, place=place)
    return Turn(replace(scene.draft, wish=wish.kind), offers.ask_near(wish.name))


def _found(
    scene: Scene, kind: str, *, place: Place | None = None, words: str | None = None
) -> Turn:
    name = scene.words.seeking.name_of(kind, scene.kinds)
    after = replace(scene, draft=replace(scene.draft, wish=None))
    return replace(stay(after), step=FindNearest(kind, name, place, words))


def _names_place(scene: Scene, text: str) -> bool:
    """Tell whether words are the answer to "where", and not the beginning of a report."""
    words = scene.words
    if words.mentions_problem(text) or not vocabulary.is_substantial(text):
        return False
    is_short = len(text) <= _SHORT_NAME
    return is_short or bool(words.place_in(text)) or words.sounds_like_place(text)


def _alarmed(scene: Scene, text: str, dangers: tuple[Danger, ...]) -> Turn:
    """Say at once whom to call. What tells of danger is part of the story, never a command."""
    if scene.can_add:
        turn = afterwards.add(scene, text=text, is_urgent=True)
        return replace(turn, say=alarm.danger(dangers))
    turn = story.told(replace(scene, draft=replace(scene.draft, is_urgent=True)), text)
    return replace(turn, say=wording.join(alarm.danger(dangers), alarm.once_safe(), turn.say))


def _chosen(scene: Scene, code: str | None) -> Turn:
    """Take the class; where the whole was shown, who answers with a class has read it: send it."""
    draft = replace(scene.draft, class_code=code, suggested=())
    if scene.question is Question.SUBMIT:
        return Turn(None, None, Submit(draft))
    if not scene.is_idle:
        return ask(scene, draft, wording.noted_class())
    if code and scene.can_add:
        return afterwards.add(scene, class_code=code)
    return stay(scene, wording.choice_gone(), idle=wording.how_to_begin())


# Answers and commands.


def _submit(scene: Scene) -> Turn:
    return Turn(None, None, Submit(scene.draft))


def _go_on(scene: Scene) -> Turn:
    return ask(scene, scene.draft)


def _take_guess(scene: Scene) -> Turn:
    return story.place_named(scene, scene.guess) if scene.guess else misheard(scene)


def _begin(scene: Scene) -> Turn:
    if scene.can_add and scene.added:  # the last photos were meant for this
        draft = replace(scene.draft, photos=tuple(scene.added))
        turn = ask(scene, draft, wording.took_photos_along(len(scene.added)))
        return replace(turn, step=TakeBack(scene.sent or "", draft.photos), is_apart=True)
    return replace(stay(scene, idle=wording.begin()), is_apart=True)


def _wait(scene: Scene) -> Turn:
    return Turn(scene.draft, wording.join(wording.no_hurry(), question_words(scene)))


def _tell_points(scene: Scene, *, is_redemptions: bool = False) -> Turn:
    return replace(stay(scene), step=TellPoints(is_redemptions))


def _call_human(scene: Scene) -> Turn:
    return replace(stay(scene, offers.human(scene.hotline)), step=CallHuman())


def _tell_progress(scene: Scene, report_no: str | None = None) -> Turn:
    return replace(stay(scene), step=TellProgress(report_no))


def _forget_place(scene: Scene) -> Turn:
    return _forget(scene, replace(scene.draft, place=None))


def _forget_photos(scene: Scene) -> Turn:
    waived = scene.draft.waived - {"photo"}
    return _forget(scene, replace(scene.draft, photos=(), waived=waived))


def _forget(scene: Scene, draft: Draft) -> Turn:
    """Drop what the resident says is wrong, and ask for it anew."""
    if draft == scene.draft:
        return misheard(scene)
    after = replace(scene, draft=replace(draft, is_offered=False, suggested=()))
    return Turn(after.draft, wording.join(wording.forgotten(), question_words(after)))


_Answer = Callable[[Scene], Turn]


def _dropping(said: Callable[[], str], *, idle: Callable[[], str]) -> _Answer:
    return lambda scene: Turn(None, idle() if scene.is_idle else said())


def _idle_only(words: Callable[[], str]) -> _Answer:
    """Make the answer to what means nothing in a report: it is asked again."""
    return lambda scene: Turn(scene.draft, words()) if scene.is_idle else misheard(scene)


def _telling(words: Callable[[], str], idle: Callable[[], str] | None = None) -> _Answer:
    return lambda scene: stay(scene, words(), idle=idle and idle())


# What an answer means depends on the question …
_ANSWERS: Final[Mapping[Question, Mapping[Intent, _Answer]]] = {
    Question.PLACE: {Intent.NEXT: _take_guess, Intent.CONFIRM: _take_guess},
    Question.PHOTO: {Intent.NEXT: _go_on, Intent.NONE: _go_on},
    Question.TEXT: {Intent.NEXT: _go_on, Intent.NONE: _go_on},
    Question.SUBMIT: {
        Intent.NEXT: _submit,
        Intent.CONFIRM: _submit,
        Intent.WRONG: lambda scene: Turn(scene.draft, wording.how_to_change()),
    },
}
# … a command means the same everywhere. The first that fits is taken.
_COMMANDS: Final[Mapping[Intent, _Answer]] = {
    Intent.DECLINE: _dropping(wording.cancelled, idle=wording.nothing_to_cancel),
    Intent.RESTART: _dropping(wording.begun_again, idle=wording.begin),
    Intent.WRONG_PLACE: _forget_place,
    Intent.WRONG_PHOTO: _forget_photos,
    Intent.HOW_TO_PLACE: _telling(wording.how_to_place),
    Intent.HUMAN: _call_human,
    Intent.PRIVACY: _telling(offers.privacy),
    Intent.REDEMPTIONS: lambda scene: _tell_points(scene, is_redemptions=True),
    Intent.POINTS: _tell_points,
    Intent.PROGRESS: _tell_progress,
    Intent.HELP: _telling(wording.usage),
    Intent.REPORT: _begin,
    Intent.WAIT: _wait,
    Intent.THANKS: _telling(wording.you_are_welcome),
    Intent.GREETING: _telling(wording.greeting, idle=wording.how_to_begin),
    Intent.NOTED: _idle_only(wording.come_again),
    Intent.NEXT: _idle_only(wording.nothing_to_confirm),
    Intent.CONFIRM: _idle_only(wording.nothing_to_confirm),
    Intent.NONE: _idle_only(wording.come_again),
    Intent.WRONG: _idle_only(wording.how_to_begin),
}
_BUTTONS: Final[Mapping[str, _Answer]] = {
    "REPORT": _begin,
    "PROGRESS": _tell_progress,
    "HELP": _telling(wording.usage),
    "POINTS": _tell_points,
    "REDEMPTIONS": lambda scene: _tell_points(scene, is_redemptions=True),
    "HUMAN": _call_human,
    "PRIVACY": _telling(offers.privacy),
}
_UNKNOWN_BUTTON: Final = _telling(wording.unknown_button, idle=wording.how_to_begin)
