"""What somebody looks for: 「附近厕所」, 「哪里能停车」, 「观音桥有没得洗车的」.

Words come from the vocabulary, further kinds from whoever knows them. A problem with a toilet is no
wish for one, and a toilet as an answer to "where" is a place: what is asked decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Longer than this, it is a story.
LONGEST_WISH: Final = 24  # characters
_LONGEST_PLACE: Final = 12
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")

KINDS: Final = ("toilet", "police_kiosk", "parking", "car_wash")  # those with a list of words
WORDS: Final = frozenset({*KINDS, "asking", "near", "around"})


@dataclass(frozen=True, slots=True)
class Wish:
    """A kind of facility, what people call it, and the place in words if there is one."""

    kind: str
    name: str
    words: str | None


@dataclass(frozen=True, slots=True)
class Seeking:
    kinds: Mapping[str, Sequence[str]]  # the first word of a kind is its name
    asking: re.Pattern[str]  # surely a question: 哪里有
    near: re.Pattern[str]  # perhaps one: 附近
    around: re.Pattern[str]  # what else is said around it

    def name_of(self, kind: str, more: Mapping[str, Sequence[str]]) -> str:
        words = more.get(kind) or self.kinds.get(kind) or (kind,)
        return words[0]

    def wish_in(
        self, parts: Sequence[str], *, is_idle: bool, more: Mapping[str, Sequence[str]]
    ) -> Wish | None:
        """Return the wish in words that were made plain; `is_idle`: nothing is being asked.

        `parts` are what blanks stood between: 「观音桥 厕所」 is how people search.
        """
        plain = "".join(parts)
        if not plain or len(plain) > LONGEST_WISH:
            return None
        named = [
            (word, kind)
            for source in (self.kinds, more)
            for kind, words in source.items()
            for word in words
            if word in plain
        ]
        if not named:
            return None
        word, kind = max(named, key=lambda one: len(one[0]))
        rest = plain.replace(word, " ", 1)
        is_asked = self.asking.search(rest) is not None
        is_near = self.near.search(rest) is not None
        left = self.near.sub(" ", self.asking.sub(" ", rest))
        left = "".join(self.around.sub(" ", left).split())
        is_search = len(parts) == 2 and word in parts
        is_wish = is_asked or (is_idle and (is_near or is_search or not left))
        if not is_wish or len(left) > _LONGEST_PLACE:
            return None
        is_place = len(_CHINESE.findall(left)) >= 2 or len(left) >= 3
        return Wish(kind, self.name_of(kind, more), left if is_place else None)


def seeking_of(table: Mapping[str, Sequence[str]]) -> Seeking:
    """Make it of the vocabulary's section."""
    return Seeking(
        kinds={kind: tuple(table[kind]) for kind in KINDS},
        asking=_any(table["asking"]),
        near=_any(table["near"]),
        around=_any(table["around"]),
    )


def _any(words: Sequence[str]) -> re.Pattern[str]:
    choices = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile("|".join(choices) if choices else "(?!)")
