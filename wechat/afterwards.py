"""After the whole was shown or sent: a class for it, and what belongs to a report already sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from . import vocabulary
from .dialogue import AddTo, Question, Turn

if TYPE_CHECKING:
    from .scene import Scene

# 1 goes on, as everywhere; the classes come after it.
FIRST_NUMBER: Final = 2
_NUMBER: Final = re.compile(r"(?:回复|回|选|按|第)?([2-9二两三四五])(?:号|个|类)?(?:提交)?")
_DIGITS: Final = {"二": 2, "两": 2, "三": 3, "四": 4, "五": 5}


def add(  # one argument for each thing that can be added
    scene: Scene,
    *,
    text: str | None = None,
    photo_id: int | None = None,
    recording_id: int | None = None,
    class_code: str | None = None,
    is_urgent: bool = False,
) -> Turn:
    """Add to the report that was sent a moment ago."""
    step = AddTo(scene.sent or "", text, photo_id, recording_id, class_code, is_urgent)
    return Turn(scene.draft, None, step)


def is_another(scene: Scene, text: str) -> bool:
    """Tell whether words are a report of their own: they name a place and a problem."""
    return scene.words.mentions_problem(text) and scene.words.place_in(text) is not None


def choice_in(scene: Scene, text: str) -> str | None:
    """Return the class that the answer picks among the offered, by its number or its name."""
    offered = scene.draft.suggested
    if not offered or scene.question is not Question.SUBMIT:
        return None
    said = vocabulary.plain(text)
    named = next((code for code, name in offered if vocabulary.plain(name) == said), None)
    number = _NUMBER.fullmatch(said)
    if named or number is None:
        return named
    at = (_DIGITS.get(number[1]) or int(number[1])) - FIRST_NUMBER
    return offered[at][0] if at < len(offered) else None
