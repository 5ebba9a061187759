"""Reading files of words: the shipped one, and one of the operator's that adds to it.

A file that is wrong is refused with one Chinese sentence that names the line.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from . import seeking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import NoReturn

    Tables = Mapping[str, Mapping[str, tuple[str, ...]]]


class Intent(StrEnum):
    NEXT = "next"
    CONFIRM = "confirm"
    DECLINE = "decline"
    NONE = "none"
    WRONG = "wrong"
    WRONG_PLACE = "wrong_place"
    WRONG_PHOTO = "wrong_photo"
    RESTART = "restart"
    WAIT = "wait"
    HOW_TO_PLACE = "how_to_place"
    HUMAN = "human"
    PROGRESS = "progress"
    HELP = "help"
    THANKS = "thanks"
    GREETING = "greeting"
    NOTED = "noted"
    REPORT = "report"
    POINTS = "points"
    REDEMPTIONS = "redemptions"
    PRIVACY = "privacy"


class Danger(StrEnum):
    FIRE = "fire"
    GAS = "gas"
    ELECTRIC = "electric"
    COLLAPSE = "collapse"
    HURT = "hurt"
    CRIME = "crime"


class BadVocabulary(ValueError):
    """The file cannot be used; the message is one Chinese sentence naming line, section and key."""


_NEEDED: Final[dict[str, frozenset[str]]] = {
    **{intent.value: frozenset({"whole"}) for intent in Intent},
    "filler": frozenset({"before", "after"}),
    "danger": frozenset(Danger) | {"unless", "denials", "doubts"},
    "place": frozenset(
        {"starts", "names", "areas", "endings", "generic", "not_after", "before", "ways"}
    ),
    "problem": frozenset({"inside"}),
    "correction": frozenset({"starts"}),
    "seeking": seeking.WORDS,
    "choosing": frozenset({"none_of_them"}),
}
_ALLOWED: Final[dict[str, frozenset[str]]] = {
    section: keys | {"inside"} if section in set(Intent) else keys
    for section, keys in _NEEDED.items()
}
# 「算了」 skips a photo while a photo is asked for, and gives up everywhere else.
_MAY_SHARE: Final = frozenset({Intent.NONE, Intent.DECLINE})


def sources(path: Path, *more: Path) -> Sequence[Source]:
    """Read the whole file and those that add to it. Raises BadVocabulary."""
    return [
        Source(path.name, _read(path)),
        *(Source(one.name, _read(one), is_whole=False) for one in more),
    ]


def merged(read: Sequence[Source]) -> Tables:
    """Put the words of all files together, section by section. Raises BadVocabulary."""
    each = [source.tables() for source in read]
    return {
        section: {key: tuple(word for one in each for word in one[section][key]) for key in keys}
        for section, keys in _ALLOWED.items()
    }


def keyed(
    read: Sequence[Source], tables: Tables, key: str, form: Callable[[str], str]
) -> dict[str, frozenset[Intent]]:
    """Return what each word means, in the form in which messages are compared.

    One word may not mean two things: 「好」 under decline would delete reports.
    """
    meanings: dict[str, frozenset[Intent]] = {}
    for intent, word in ((i, w) for i in Intent for w in tables[i][key]):
        source = next((one for one in reversed(read) if f'"{word}"' in one.text), read[0])
        formed = form(word)
        if len(formed) < (2 if key == "inside" else 1):
            source.fail(f"「{word}」太短，容易听错。", intent, key, word)
        shared = meanings.get(formed, frozenset()) | {intent}
        if len(shared) > 1 and shared != _MAY_SHARE:
            other = next(iter(shared - {intent}))
            source.fail(f"「{word}」在 [{other}] 里已经有了，只能留一处。", intent, key, word)
        meanings[formed] = shared
    return meanings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        raise BadVocabulary(f"{path.name} 里有读不出来的字，请用 UTF-8 编码保存。") from error


@dataclass(frozen=True, slots=True)
class Source:
    """A file as text, to be able to say on which line something is wrong."""

    name: str
    text: str

    is_whole: bool = True  # False: it adds to another, and may leave out what it likes

    def tables(self) -> Tables:
        try:
            raw = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            where = re.search(r"line (\d+)", str(error))
            line = int(where[1]) if where else self.text.count("\n") + 1
            raise BadVocabulary(
                f"{self.name} 第 {line} 行附近写法不对：每个词要用引号括起来，词和词之间用逗号隔开，方括号要成对。"
            ) from error
        for section in raw:
            if section not in _ALLOWED:
                self.fail("没有这一节，请看是不是写错了字。", section)
        return {section: self._section(section, raw.get(section)) for section in _ALLOWED}

    def _section(self, section: str, raw: object) -> dict[str, tuple[str, ...]]:
        if raw is None and not self.is_whole:
            raw = {}
        if not isinstance(raw, dict):
            self.fail("少了这一节，请补上。", section)
        for key in raw:
            if key not in _ALLOWED[section]:
                self.fail("没有这一项，请看是不是写错了字。", section, key)
        for key in _NEEDED[section] - raw.keys() if self.is_whole else ():
            self.fail("少了这一项，请补上。", section, key)
        return {key: self._words(section, key, raw.get(key, [])) for key in _ALLOWED[section]}

    def _words(self, section: str, key: str, raw: object) -> tuple[str, ...]:
        if not isinstance(raw, list):
            self.fail("要写成方括号里的一串词。", section, key)
        words: list[str] = []
        for word in raw:
            if not isinstance(word, str):
                self.fail(f"{word} 要用引号括起来。", section, key)
            if not word.strip():
                self.fail("有一个空的词，请填上或者删掉。", section, key, word)
            words.append(word)
        return tuple(words)

    def fail(
        self, why: str, section: str, key: str | None = None, word: str | None = None
    ) -> NoReturn:
        place = f"[{section}] {key}" if key else f"[{section}]"
        raise BadVocabulary(f"{self.name} 第 {self._line(section, key, word)} 行 {place}：{why}")

    def _line(self, section: str, key: str | None, word: str | None) -> int:
        """Return the line of the word, or of its key, or of its section, or the last one."""
        lines = self.text.splitlines()
        wanted = [rf"\s*\[{re.escape(section)}\]"]
        wanted += [rf"\s*{re.escape(key)}\s*="] if key else []
        at = 0
        for pattern in wanted:
            hits = (i for i in range(at, len(lines)) if re.match(pattern, lines[i]))
            at = next(hits, at)
        if word is not None:
            quoted = (i for i in range(at, len(lines)) if f'"{word}"' in lines[i])
            at = next(quoted, at)
        return at + 1
