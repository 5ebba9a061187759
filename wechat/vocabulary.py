"""What residents mean by what they write.

The words live in ``vocabulary.toml``, which an operator may extend. This module reads them, refuses a
file that is wrong (naming the line), and answers questions about one message: is it a yes, does it tell
of danger, which part of it is a place. It knows nothing of the dialogue.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pypinyin import lazy_pinyin
from rapidfuzz.distance import OSA

from . import seeking
from .vocabulary_file import BadVocabulary, Danger, Intent, keyed, merged, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["BadVocabulary", "Danger", "Intent", "Vocabulary", "connect", "fold", "load", "standard"]


# A command is short. In a longer sentence the same word is part of a story: 「施工进度太慢，天天半夜……」
_LONGEST_COMMAND: Final = 20

# Only these are guessed at: what deletes or sends a report must be meant.
_HARMLESS: Final = frozenset(
    {
        *(Intent.PROGRESS, Intent.HELP, Intent.HUMAN, Intent.HOW_TO_PLACE, Intent.REPORT),
        *(Intent.POINTS, Intent.REDEMPTIONS, Intent.PRIVACY, Intent.THANKS, Intent.GREETING),
    }
)
_MISSPELT: Final = re.compile(r"[\u4e00-\u9fff]{2,8}")
_LONG_ENOUGH: Final = 4  # characters: shorter words are all a letter or two apart
_SHIPPED: Final = Path(__file__).with_name("vocabulary.toml")

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
    heard: Mapping[str, Intent]  # by sound: what a telephone or a hurried thumb makes of it
    inside: Mapping[str, Intent]
    inside_pattern: re.Pattern[str]
    filler_before: tuple[str, ...]
    filler_after: tuple[str, ...]
    dangers: Mapping[Danger, re.Pattern[str]]
    harmless: re.Pattern[str]
    denied: re.Pattern[str]
    doubted: re.Pattern[str]
    none_of_them: frozenset[str]
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
        return frozenset(found or self._misspelt(words))

    def _misspelt(self, words: str) -> set[Intent]:
        """Return the command that sounds the same (竟度 is 进度), or is a letter or two away."""
        if not _MISSPELT.fullmatch(words) or self.problems.search(words):
            return set()
        sound = _sound(words)
        if sound in self.heard:
            return {self.heard[sound]}
        if len(words) < _LONG_ENOUGH:
            return set()
        near = {
            meant
            for known, meant in self.heard.items()
            if abs(len(known) - len(sound)) <= 2 and OSA.distance(known, sound, score_cutoff=2) <= 2
        }
        return near if len(near) == 1 else set()

    def says_none_of_them(self, text: str) -> bool:
        return plain(text) in self.none_of_them

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


class _Held:
    vocabulary: Vocabulary | None = None


def connect(more: str = "") -> None:
    """Read the shipped vocabulary and the operator's; called at the start, it stops a service whose file is broken."""
    _Held.vocabulary = load(_SHIPPED, *([Path(more)] if more else []))


def standard() -> Vocabulary:
    """Return the vocabulary of this process."""
    if _Held.vocabulary is None:
        _Held.vocabulary = load(_SHIPPED)
    return _Held.vocabulary


def load(path: Path, *more: Path) -> Vocabulary:
    """Read a vocabulary, and files that add to it. Raises BadVocabulary."""
    read = sources(path, *more)
    tables = merged(read)
    whole = keyed(read, tables, "whole", _key)
    inside = keyed(read, tables, "inside", plain)
    filler, danger, place = tables["filler"], tables["danger"], tables["place"]
    between = "(?:人|发生|出现|再|被|谁)?$"
    return Vocabulary(
        whole=whole,
        heard=_heard(whole),
        inside={word: next(iter(intents)) for word, intents in inside.items()},
        inside_pattern=re.compile(_any(inside)),
        filler_before=filler["before"],
        filler_after=filler["after"],
        dangers={kind: re.compile(_any(map(fold, danger[kind]))) for kind in Danger},
        harmless=re.compile(_any(map(fold, danger["unless"]))),
        denied=re.compile(_any(danger["denials"]) + between),
        doubted=re.compile(_any(danger["doubts"]) + between),
        none_of_them=frozenset(map(plain, tables["choosing"]["none_of_them"])),
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


def _sound(text: str) -> str:
    """Return how it sounds; in Chongqing sh is s, zh is z, ch is c, n is l, ng is n."""
    heard = " ".join(lazy_pinyin(list(text)))
    heard = re.sub(r"\b([zcs])h", r"\1", heard)
    return re.sub(r"([ie]n)g\b", r"\1", re.sub(r"\bn", "l", heard))


def _heard(whole: Mapping[str, frozenset[Intent]]) -> dict[str, Intent]:
    """Return the harmless commands by sound; a sound that has two meanings has none."""
    meanings: dict[str, set[Intent]] = {}
    for word, intents in whole.items():
        if _MISSPELT.fullmatch(word):
            meanings.setdefault(_sound(word), set()).update(intents)
    return {
        sound: next(iter(intents))
        for sound, intents in meanings.items()
        if len(intents) == 1 and intents <= _HARMLESS
    }


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
