"""Where the conversation stands, and how a turn of it ends: with the next thing to ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from . import wording
from .dialogue import Choice, Draft, Question, Turn, open_question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .vocabulary import Vocabulary

MOST_CHOICES: Final = 3
_NICE: Final = {Question.PHOTO: "photo", Question.TEXT: "text"}


Suggest = Callable[[str], Sequence[Choice]]


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the conversation stands, and what it may use."""

    draft: Draft  # empty where nothing was told yet
    hotline: str
    report_prefix: str
    words: Vocabulary
    kinds: Mapping[str, Sequence[str]]  # of facilities, beside those of the vocabulary
    sent: str | None = None  # the number of a report that can still be added to
    suggest: Suggest | None = None
    added: Sequence[int] = ()  # photos that were added to it, the last thing that came

    @property
    def question(self) -> Question:
        return open_question(self.draft)

    @property
    def is_idle(self) -> bool:
        return self.question is Question.BEGIN

    @property
    def can_add(self) -> bool:
        """Whether what comes now belongs to the report that was sent a moment ago."""
        return self.sent is not None and self.is_idle and self.draft.wish is None

    @property
    def guess(self) -> str | None:
        """The place that the description names, as far as we can tell."""
        return self.words.place_in(self.draft.text) if self.draft.text else None


# How a turn ends.


def ask(scene: Scene, draft: Draft, *said: str) -> Turn:
    """Take the draft and ask for the next thing. Who goes on reporting looks for nothing else."""
    draft = replace(draft, wish=None)
    question = open_question(draft)
    is_repeated = question is scene.question
    if is_repeated and question in _NICE:  # asked once is enough
        draft = replace(draft, waived=draft.waived | {_NICE[question]})
        question = open_question(draft)
    elif is_repeated and question is not Question.SUBMIT:
        return Turn(draft, wording.join(*said, again(replace(scene, draft=draft))))
    draft = replace(draft, is_offered=question is Question.SUBMIT)
    if draft.is_offered:
        draft = replace(draft, suggested=_suggested(scene, draft))
    return Turn(draft, wording.join(*said, question_words(replace(scene, draft=draft))))


def _suggested(scene: Scene, draft: Draft) -> tuple[Choice, ...]:
    """Return the classes to offer; none to who stands beside a danger."""
    if not (draft.text and scene.suggest) or draft.is_urgent or draft.class_code:
        return ()
    return tuple(scene.suggest(draft.text))[:MOST_CHOICES]


def stay(scene: Scene, *said: str, idle: str | None = None) -> Turn:
    """Answer, leave the draft as it is, and remind of it; `idle` is said where there is none."""
    if scene.is_idle:
        return Turn(scene.draft, wording.join(*said, idle) or None)
    return Turn(scene.draft, wording.join(*said, wording.unfinished(), question_words(scene)))


def question_words(scene: Scene) -> str:
    match scene.question:
        case Question.PLACE:
            return wording.ask_place(scene.guess)
        case Question.SUBMIT:
            return summary(scene.draft)
        case question:
            return _PLAIN_QUESTIONS[question][0]()


def again(scene: Scene) -> str:
    """Ask the same in other words."""
    match scene.question:
        case Question.PLACE:
            return wording.ask_place_again(scene.guess)
        case question:
            return _PLAIN_QUESTIONS[question][1]()


def misheard(scene: Scene) -> Turn:
    return Turn(scene.draft, again(scene))


_PLAIN_QUESTIONS: Final[Mapping[Question, tuple[Callable[[], str], Callable[[], str]]]] = {
    Question.BEGIN: (wording.how_to_begin, wording.how_to_begin),
    Question.PROBLEM: (wording.ask_problem, wording.ask_problem_again),
    Question.PHOTO: (wording.ask_photo, wording.ask_photo_again),
    Question.TEXT: (wording.ask_text, wording.ask_text_again),
    Question.SUBMIT: (wording.how_to_submit, wording.how_to_submit),
}


def summary(draft: Draft) -> str:
    place = draft.place.label if draft.place else None
    return wording.summary(
        photos=len(draft.photos),
        recordings=len(draft.recordings),
        place=place,
        text=draft.text,
        choices=[name for _, name in draft.suggested],
    )
