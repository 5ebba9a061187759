"""The chat with a resident: where it stands and what was heard give what to say and what to do.

A report needs a place, and a photo or a sentence. What is missing is asked for one thing at a time;
what would be nice is asked for once; then the whole is shown, and 1 submits it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from . import vocabulary, wording
from .dialogue import (
    Arrived,
    Draft,
    FindNearest,
    Heard,
    Muttered,
    Nothing,
    Pictured,
    Place,
    Placed,
    Pressed,
    Question,
    Said,
    Step,
    Submit,
    TellProgress,
    Turn,
    draft_from_json,
    draft_to_json,
)
from .scene import Scene, again, ask, question_words, stay
from .seeking import Wish
from .vocabulary import Intent

if TYPE_CHECKING:
    from .vocabulary import Danger

__all__ = [
    "Arrived",
    "Draft",
    "FindNearest",
    "Heard",
    "Muttered",
    "Nothing",
    "Pictured",
    "Place",
    "Placed",
    "Pressed",
    "Said",
    "Step",
    "Submit",
    "TellProgress",
    "Turn",
    "advance",
    "draft_from_json",
    "draft_to_json",
]

MOST_PHOTOS: Final = 9
LONGEST_PLACE: Final = 60  # characters; who writes more is telling the story
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
) -> Turn:
    """Take one message. Nothing that was sent is lost unless the resident gives up.

    `kinds` are the facilities' kinds with what people call them, where there are more than usual.
    """
    begun = draft or Draft(key=new_key())
    scene = Scene(begun, hotline, report_prefix, vocabulary.standard(), kinds or {})
    turn = _hear(scene, heard)
    return replace(turn, draft=None) if turn.draft and turn.draft.is_empty else turn


# What was heard.


def _hear(scene: Scene, heard: Heard) -> Turn:
    match heard:
        case Said(text):
            return _said(scene, vocabulary.storable(text))
        case Pictured(photo_id):
            return _pictured(scene, photo_id)
        case Placed(place):
            return _placed(scene, place)
        case Pressed(button):
            return _pressed(scene, button.strip().upper())
        case Arrived():
            return stay(scene, wording.welcome())
        case Muttered(kind):
            return stay(scene, wording.cannot_take(kind), idle=wording.how_to_begin())


def _pressed(scene: Scene, button: str) -> Turn:
    if button.startswith(_NEARBY):
        kind = button.removeprefix(_NEARBY).lower()
        return _wished(scene, Wish(kind, scene.words.seeking.name_of(kind, scene.kinds), None))
    return _BUTTONS.get(button, _UNKNOWN_BUTTON)(scene)


def _pictured(scene: Scene, photo_id: int) -> Turn:
    draft = scene.draft
    if len(draft.photos) >= MOST_PHOTOS:
        return Turn(draft, wording.join(wording.photos_full(MOST_PHOTOS), again(scene)))
    draft = replace(draft, photos=(*draft.photos, photo_id))
    said = wording.got_photo(len(draft.photos))
    if scene.question is Question.SUBMIT:  # photos come in bursts: not the whole each time
        return Turn(replace(draft, is_offered=True), wording.join(said, again(scene)))
    return ask(scene, draft, said)


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
    report_no = vocabulary.report_no_in(text, scene.report_prefix)
    if report_no:
        return _tell_progress(scene, report_no)
    seeks = None if scene.words.mentions_problem(text) else _wish_in(scene, text)
    if seeks:
        return _wished(scene, seeks)
    meant = scene.words.intents_of(text)
    for table in (_ANSWERS.get(scene.question, {}), _COMMANDS):
        answer = next((table[intent] for intent in table if intent in meant), None)
        if answer:
            return answer(scene)
    if scene.draft.wish and scene.is_idle and _names_place(scene, text):
        return _found(scene, scene.draft.wish, words=vocabulary.place_words(text))
    return _told(scene, text)


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
    return Turn(replace(scene.draft, wish=wish.kind), wording.ask_near(wish.name))


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
    turn = _told(replace(scene, draft=replace(scene.draft, is_urgent=True)), text)
    return replace(turn, say=wording.join(wording.danger(dangers), wording.once_safe(), turn.say))


def _told(scene: Scene, text: str) -> Turn:
    place = scene.words.place_after_prefix(text)
    if place and len(place) <= LONGEST_PLACE:
        return _place_named(scene, place)
    correction = scene.words.correction_in(text)
    if correction and scene.question is not Question.BEGIN:
        return _corrected(scene, correction)
    if not vocabulary.is_substantial(text):
        return _misheard(scene)
    story = _answered_where if scene.question is Question.PLACE else _told_more
    return story(scene, text)


def _described(scene: Scene, text: str) -> Turn:
    return ask(scene, scene.draft.with_text(text), _took(scene, text))


def _took(scene: Scene, text: str) -> str:
    if not scene.draft.has_room_for(text):
        return wording.text_cut()
    return wording.added_text() if scene.draft.text else wording.got_text()


def _corrected(scene: Scene, text: str) -> Turn:
    if scene.words.is_place(text):
        return _place_named(scene, text)
    draft = replace(scene.draft, text=None).with_text(text)
    return ask(scene, draft, wording.changed_text())


def _place_named(scene: Scene, label: str) -> Turn:
    said = wording.changed_place if scene.draft.place else wording.got_place
    label = vocabulary.place_words(label)
    place = Place(latitude=None, longitude=None, label=label)
    return ask(scene, replace(scene.draft, place=place), said(label))


def _told_more(scene: Scene, text: str) -> Turn:
    """Take words. A bare address is the place, or says it more closely; it does not replace a pin."""
    if not scene.words.is_place(text):
        return _described(scene, text)
    place, words = scene.draft.place, vocabulary.place_words(text)
    if place is None:
        return _place_named(scene, words)
    label = f"{place.label}（{words}）" if place.label else words
    if len(label) > 2 * LONGEST_PLACE:
        return _described(scene, text)
    draft = replace(scene.draft, place=replace(place, label=label))
    return ask(scene, draft, wording.added_place())


def _answered_where(scene: Scene, text: str) -> Turn:
    """Take words while the place is asked for: a place, the problem, or both at once.

    The first words of all may be the problem and must not vanish in the place. Once there is a
    description, whatever is not clearly more of it is the answer that was asked for.
    """
    words, is_first = scene.words, not scene.draft.text
    tells_problem = words.mentions_problem(text)
    if words.is_place(text):
        return _place_named(scene, text)
    guess = words.place_in(text)
    if guess and (tells_problem or (is_first and not words.sounds_like_place(text))):
        return _told_both(scene, text, guess)
    is_vague = not words.sounds_like_place(text)
    is_story = (tells_problem or is_vague) if is_first else (tells_problem and is_vague)
    is_story = is_story or len(text) > LONGEST_PLACE
    return (_described if is_story else _place_named)(scene, text)


def _told_both(scene: Scene, text: str, label: str) -> Turn:
    place = Place(latitude=None, longitude=None, label=label)
    draft = replace(scene.draft.with_text(text), place=place)
    return ask(scene, draft, _took(scene, text), wording.got_place(label))


# Answers and commands.


def _submit(scene: Scene) -> Turn:
    return Turn(None, None, Submit(scene.draft))


def _go_on(scene: Scene) -> Turn:
    return ask(scene, scene.draft)


def _take_guess(scene: Scene) -> Turn:
    return _place_named(scene, scene.guess) if scene.guess else _misheard(scene)


def _begin(scene: Scene) -> Turn:
    return stay(scene, idle=wording.begin())


def _wait(scene: Scene) -> Turn:
    return Turn(scene.draft, wording.join(wording.no_hurry(), question_words(scene)))


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
        return _misheard(scene)
    after = replace(scene, draft=replace(draft, is_offered=False))
    return Turn(after.draft, wording.join(wording.forgotten(), question_words(after)))


def _misheard(scene: Scene) -> Turn:
    return Turn(scene.draft, again(scene))


_Answer = Callable[[Scene], Turn]


def _dropping(said: Callable[[], str], *, idle: Callable[[], str]) -> _Answer:
    return lambda scene: Turn(None, idle() if scene.is_idle else said())


def _idle_only(words: Callable[[], str]) -> _Answer:
    """Make the answer to what means nothing in a report: it is asked again."""
    return lambda scene: Turn(scene.draft, words()) if scene.is_idle else _misheard(scene)


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
    Intent.HUMAN: lambda scene: stay(scene, wording.human(scene.hotline)),
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
}
_UNKNOWN_BUTTON: Final = _telling(wording.unknown_button, idle=wording.how_to_begin)
