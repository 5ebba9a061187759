"""What a resident tells: the problem, the place, or both; and what corrects them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from . import afterwards, vocabulary, wording
from .dialogue import Place, Question, Turn
from .scene import Scene, ask, misheard

LONGEST_PLACE: Final = 60  # characters; who writes more is telling the story


def told(scene: Scene, text: str) -> Turn:
    place = scene.words.place_after_prefix(text)
    if place and len(place) <= LONGEST_PLACE and not scene.can_add:
        return place_named(scene, place)
    correction = scene.words.correction_in(text)
    if correction and scene.question is not Question.BEGIN:
        return _corrected(scene, correction)
    if not vocabulary.is_substantial(text):
        return misheard(scene)
    if scene.can_add and not afterwards.is_another(scene, text):
        return afterwards.add(scene, text=text)
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
        return place_named(scene, text)
    draft = replace(scene.draft, text=None).with_text(text)
    return ask(scene, draft, wording.changed_text())


def place_named(scene: Scene, label: str) -> Turn:
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
        return place_named(scene, words)
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
        return place_named(scene, text)
    guess = words.place_in(text)
    if guess and (tells_problem or (is_first and not words.sounds_like_place(text))):
        return _told_both(scene, text, guess)
    is_vague = not words.sounds_like_place(text)
    is_story = (tells_problem or is_vague) if is_first else (tells_problem and is_vague)
    is_story = is_story or len(text) > LONGEST_PLACE
    return (_described if is_story else place_named)(scene, text)


def _told_both(scene: Scene, text: str, label: str) -> Turn:
    place = Place(latitude=None, longitude=None, label=label)
    draft = replace(scene.draft.with_text(text), place=place)
    return ask(scene, draft, _took(scene, text), wording.got_place(label))
