"""What residents mean by what they write.

The words live in ``vocabulary.toml``, which an operator may extend. This module reads them, refuses a
file that is wrong (naming the line), and answers questions about one message: is it a yes, does it tell
of danger, which part of it is a place. It knows nothing of the dialogue.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from . import seeking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
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


class Danger(StrEnum):
    FIRE = "fire"
    GAS = "gas"
    ELECTRIC = "electric"
    COLLAPSE = "collapse"
    HURT = "hurt"
    CRIME = "crime"


class BadVocabulary(ValueError):
    """The file cannot be used; the message is one Chinese sentence naming line, section and key."""


# A command is short. In a longer sentence the same word is part of a story: 「施工进度太慢，天天半夜……」
_LONGEST_COMMAND: Final = 20

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
}
_ALLOWED: Final[dict[str, frozenset[str]]] = {
    section: keys | {"inside"} if section in set(Intent) else keys
    for section, keys in _NEEDED.items()
}
# 「算了」 skips a photo while a photo is asked for, and gives up everywhere else.
_MAY_SHARE: Final = frozenset({Intent.NONE, Intent.DECLINE})

_STICKER: Final = re.compile(r"\[[^\[\]\s]{1,12}\]|/:[^\s\u4e00-\u9fff]{1,8}")
_INVISIBLE: Final = re.compile(r"[\s\u200b-\u200f\u2060\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]+")
_EDGES: Final = " \t\r\n,.;:!?~，。；：！？、…～—-"
_LETTER: Final = r"[^\W\d_的在是我你他她们有从这那个了与跟被把往靠离没不很太就都也]"
_NUMBER: Final = r"(?:附?\d+号?(?:附\d+号)?(?:[\da-z]{0,4}(?:栋|幢|号楼|单元|楼|层))*)?"
_AFTER_PREFIX: Final = r"(?:改成|改为|就?在|就?是|[:：,，、\s])+"


def storable(text: str) -> str:
    """Drop what neither a database nor a reader can use: control characters, lone surrogates."""
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    return "".join(kept).strip()


def fold(text: str) -> str:
    """Full width becomes half width, capitals become small."""
    return unicodedata.normalize("NFKC", text).lower()


def plain(text: str) -> str:
    """Only letters and digits: what two people who mean the same have in common."""
    return "".join(char for char in fold(text) if char.isalnum())


def without_stickers(text: str) -> str:
    return _STICKER.sub("", text)


def place_words(text: str) -> str:
    """Return the words that name a place: 「就在三钢厂。」 gives 「三钢厂」."""
    return re.sub(r"^就?在", "", text.strip(_EDGES))


def _key(text: str) -> str:
    """Emoji count where there is nothing else, each once: 👍🏻👍🏻 is 👍."""
    return plain(text) or "".join(dict.fromkeys(_INVISIBLE.sub("", fold(text))))


def is_substantial(text: str) -> bool:
    """Whether these are words at all, and not a digit, a sticker, an emoji or a mark."""
    letters = [char for char in without_stickers(text) if char.isalpha()]
    chinese = [char for char in letters if "\u3400" <= char <= "\u9fff"]
    return len(chinese) >= 2 or len(letters) >= 4  # 漏水; lamp


def report_no_in(text: str, prefix: str) -> str | None:
    """Find a report number, however it was typed: ``jb 261122 4839207`` is ``JB261122-4839207``.

    One with too few or too many digits is returned as it was meant, to be answered as unknown.
    """
    folded = fold(text)
    found = re.search(
        rf"(?<![a-z]){re.escape(prefix.lower())}((?:[\W_]{{0,3}}[0-9]){{6,20}})", folded
    )
    # Digits alone count where there is nothing beside them.
    found = found or re.fullmatch(r"([0-9]{6}[\W_]{0,3}[0-9]{7})", folded.strip())
    if found is None:
        return None
    digits = re.sub(r"[^0-9]", "", found[1])
    return f"{prefix}{digits[:6]}-{digits[6:]}" if len(digits) > 6 else f"{prefix}{digits}"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    whole: Mapping[str, frozenset[Intent]]
    inside: Mapping[str, Intent]
    inside_pattern: re.Pattern[str]
    filler_before: tuple[str, ...]
    filler_after: tuple[str, ...]
    dangers: Mapping[Danger, re.Pattern[str]]
    harmless: re.Pattern[str]
    denied: re.Pattern[str]
    doubted: re.Pattern[str]
    problems: re.Pattern[str]
    place: re.Pattern[str]
    place_lead: re.Pattern[str]
    place_prefix: re.Pattern[str]
    place_ends: tuple[str, ...]
    place_areas: frozenset[str]
    place_generic: tuple[str, ...]
    place_ways: re.Pattern[str]
    correction: re.Pattern[str]
    seeking: seeking.Seeking

    def intents_of(self, text: str) -> frozenset[Intent]:
        """Return the commands and answers that the message as a whole may be."""
        bare = without_stickers(text)
        words = plain(bare)
        if len(words) > _LONGEST_COMMAND:
            return frozenset()
        exact = self.whole.get(_key(bare)) or self.whole.get(_key(text))
        if exact:  # 「对了」 is not 「对」
            return exact
        found = {intent for form in self._peeled(words) for intent in self.whole.get(form, ())}
        found.update(self.inside[hit[0]] for hit in self.inside_pattern.finditer(words))
        return frozenset(found)

    def _peeled(self, words: str) -> set[str]:
        """Return it with and without its courtesies: 「好的谢谢」 gives also 「好的」 and 「好」."""
        seen: set[str] = set()
        rest = [words]
        while rest:
            phrase = rest.pop()
            if phrase in seen or not phrase:
                continue
            seen.add(phrase)
            rest += [phrase.removeprefix(word) for word in self.filler_before]
            rest += [phrase.removesuffix(word) for word in self.filler_after]
        return seen

    def dangers_in(self, text: str) -> tuple[Danger, ...]:
        """Kinds of danger told of. A false alarm is better than a miss; a plain denial counts."""
        folded = self.harmless.sub("〇", _INVISIBLE.sub("", fold(text)))
        return tuple(
            kind
            for kind, pattern in self.dangers.items()
            if any(not self._is_denied(folded[: hit.start()]) for hit in pattern.finditer(folded))
        )

    def _is_denied(self, before: str) -> bool:
        return bool(self.denied.search(before)) and not self.doubted.search(before)

    def mentions_problem(self, text: str) -> bool:
        return bool(self.problems.search(text) or self.dangers_in(text))

    def place_in(self, text: str) -> str | None:
        """Find a named place in a sentence: 「建新东路路灯坏了」 gives 「建新东路」. A guess, to be confirmed."""
        searched = self._without_lead(text)
        for found in self.place.finditer(searched):
            is_vague = found[0] in self.place_areas or found["name"].endswith(self.place_generic)
            if not is_vague:
                return found[0]
        return None

    def is_place(self, text: str) -> bool:
        """Whether the message is a named place and nothing else: 「观音桥步行街口」."""
        found = self.place.fullmatch(self._without_lead(text))
        return (
            found is not None
            and not found["name"].endswith(self.place_generic)
            and not self.mentions_problem(text)
        )

    def _without_lead(self, text: str) -> str:
        close = re.sub(r"\s+(?=\d)|(?<=\d)\s+", "", text)
        return place_words(self.place_lead.sub(" ", close))

    def sounds_like_place(self, text: str) -> bool:
        """Whether somebody describes where: 「垃圾站旁边」, 「出站往左走50米」."""
        return text.strip(_EDGES).endswith(self.place_ends) or bool(self.place_ways.search(text))

    def place_after_prefix(self, text: str) -> str | None:
        """「地点：建新东路36号」 gives 「建新东路36号」."""
        found = self.place_prefix.match(text.strip(_EDGES))
        if found is None or not is_substantial(found["rest"]):
            return None
        rest = found["rest"].strip(_EDGES)
        is_clear = found["mark"] or self.sounds_like_place(rest) or self.place_in(rest)
        return rest if is_clear and not self.mentions_problem(rest) else None

    def correction_in(self, text: str) -> str | None:
        """「改成路灯不亮」 gives 「路灯不亮」."""
        found = self.correction.match(text.strip())
        rest = found["rest"].strip(_EDGES) if found else ""
        return rest if is_substantial(rest) else None


@cache
def standard() -> Vocabulary:
    """Return the shipped vocabulary. Called at start-up, it stops a service whose file is broken."""
    return load(Path(__file__).with_name("vocabulary.toml"))


def load(path: Path) -> Vocabulary:
    """Read a vocabulary. Raises BadVocabulary."""
    source = _Source(path.name, _read(path))
    tables = source.tables()
    whole = source.keyed(tables, "whole", _key)
    inside = source.keyed(tables, "inside", plain)
    filler, danger, place = tables["filler"], tables["danger"], tables["place"]
    between = "(?:人|发生|出现|再|被|谁)?$"
    return Vocabulary(
        whole=whole,
        inside={word: next(iter(intents)) for word, intents in inside.items()},
        inside_pattern=re.compile(_any(inside)),
        filler_before=filler["before"],
        filler_after=filler["after"],
        dangers={kind: re.compile(_any(map(fold, danger[kind]))) for kind in Danger},
        harmless=re.compile(_any(map(fold, danger["unless"]))),
        denied=re.compile(_any(danger["denials"]) + between),
        doubted=re.compile(_any(danger["doubts"]) + between),
        problems=re.compile(_any(tables["problem"]["inside"])),
        place=_place_pattern(place),
        place_lead=re.compile(_any(place["before"])),
        place_prefix=re.compile(
            f"{_any(place['starts'])}(?P<mark>{_AFTER_PREFIX})?(?P<rest>.+)", re.DOTALL
        ),
        place_ends=(*place["names"], *place["endings"]),
        place_areas=frozenset(place["areas"]),
        place_generic=place["generic"],
        place_ways=re.compile(_any(place["ways"])),
        correction=re.compile(f"{_any(tables['correction']['starts'])}(?P<rest>.+)", re.DOTALL),
        seeking=seeking.seeking_of(tables["seeking"]),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        raise BadVocabulary(f"{path.name} 里有读不出来的字，请用 UTF-8 编码保存。") from error


def _any(words: Iterable[str]) -> str:
    """Return a pattern for one of the words, the longest first; none at all matches nothing."""
    choices = sorted(map(re.escape, words), key=len, reverse=True)
    return f"(?:{'|'.join(choices)})" if choices else "(?!)"


def _place_pattern(place: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    short = [name for name in place["names"] if len(name) == 1]  # 路 but not 路灯
    long = [name for name in place["names"] if len(name) > 1]
    name = f"(?:{_any(long)}|{_any(short)}(?!{_any(place['not_after'])}))"
    ending = _any([word for word in place["endings"] if len(word) > 1 or word in "口旁边"])
    return re.compile(
        f"(?P<name>{_any(place['areas'])}(?:{_LETTER}{{0,4}}?{name})?|{_LETTER}{{1,8}}?{name})"
        f"{_NUMBER}{ending}{{0,2}}"
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """The file as text, to be able to say on which line something is wrong."""

    name: str
    text: str

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
        if not isinstance(raw, dict):
            self.fail("少了这一节，请补上。", section)
        for key in raw:
            if key not in _ALLOWED[section]:
                self.fail("没有这一项，请看是不是写错了字。", section, key)
        for key in _NEEDED[section] - raw.keys():
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

    def keyed(
        self, tables: Tables, key: str, form: Callable[[str], str]
    ) -> dict[str, frozenset[Intent]]:
        """Return what each word means, in the form in which messages are compared.

        One word may not mean two things: 「好」 under decline would delete reports.
        """
        meanings: dict[str, frozenset[Intent]] = {}
        for intent, word in ((i, w) for i in Intent for w in tables[i][key]):
            formed = form(word)
            if len(formed) < (2 if key == "inside" else 1):
                self.fail(f"「{word}」太短，容易听错。", intent, key, word)
            shared = meanings.get(formed, frozenset()) | {intent}
            if len(shared) > 1 and shared != _MAY_SHARE:
                other = next(iter(shared - {intent}))
                self.fail(f"「{word}」在 [{other}] 里已经有了，只能留一处。", intent, key, word)
            meanings[formed] = shared
        return meanings

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
