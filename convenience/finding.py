"""Facilities by words: name, street and address, in characters, pinyin or initials, typos included.

Pure and immutable: built from what the database holds, replaced as a whole (`places.py`). A word is
looked for in each distinct text once, best sort of match first; a facility must have all words.

Sound decides typos: 观阴桥 and 观音桥 are the same in pinyin. What is left is compared by edits.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pypinyin import lazy_pinyin
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_LETTERS = re.compile(r"[a-z]+")
_LEAST_ALIKE = 80  # of 100, letters in common: what is less need not be looked at
_SHORTEST_TYPO = 6  # letters; in shorter words everything is like everything
_MOST_ALIKE = 200  # texts that a word with typos is taken for

# What a match is worth. A name tells more than a street that a hundred facilities share.
_WHOLE, _BEGIN, _PART, _SOUND, _INITIALS, _ALIKE = 100.0, 80.0, 70.0, 60.0, 50.0, 40.0
_STREET_LESS, _ADDRESS_LESS = 18.0, 20.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a facility by words."""

    id: int
    kind: str
    name: str
    street: str | None
    address: str | None
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Match:
    entry: Entry
    score: float


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed: a kind of facility if it names one, and words for where or what."""

    kind: str | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """One text in the forms in which it is looked for."""

    plain: str
    sound: str  # pinyin without gaps: guanyinqiao
    begins: frozenset[int]  # where in `sound` a syllable begins
    initials: str  # gyq


def plain(text: str) -> str:
    """Return only letters and digits, small, half width."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


@lru_cache(maxsize=20_000)
def _syllables(chinese: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(chinese, errors="ignore"))


def _sounds(text: str) -> list[str]:
    """Return the syllables of Chinese, with other letters and digits as they stand."""
    sounds: list[str] = []
    end = 0
    for found in _CHINESE.finditer(text):
        sounds += [text[end : found.start()], *_syllables(found.group())]
        end = found.end()
    return [sound for sound in [*sounds, text[end:]] if sound]


@lru_cache(maxsize=100_000)
def _form(text: str) -> _Form:
    folded = plain(text)
    sounds = _sounds(folded)
    begins, at = [], 0
    for sound in sounds:
        begins.append(at)
        at += len(sound)
    return _Form(folded, "".join(sounds), frozenset(begins), "".join(s[0] for s in sounds))


class Finder:
    """All facilities, ready to be found by words."""

    def __init__(self, entries: Iterable[Entry], kinds: Mapping[str, Sequence[str]]) -> None:
        """`kinds`: what each kind is called, by its code; other words for it included."""
        self._entries = list(entries)
        self._kinds = {
            plain(word): code for code, words in kinds.items() for word in words if plain(word)
        }
        self._kind_words = sorted(self._kinds, key=len, reverse=True)
        rows: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, entry in enumerate(self._entries):
            rows[entry.name].append((row, 0.0))
            if entry.street:
                rows[entry.street].append((row, _STREET_LESS))
            if entry.address:
                rows[entry.address].append((row, _ADDRESS_LESS))
        self._rows = list(rows.values())
        self._forms = [_form(text) for text in rows]
        self._sound_list = [form.sound for form in self._forms]

    def __len__(self) -> int:
        return len(self._entries)

    def streets(self, kind: str | None = None) -> list[tuple[str, int]]:
        """Return streets with how many facilities of the kind they have, most first."""
        counted = Counter(
            entry.street
            for entry in self._entries
            if entry.street and (kind is None or entry.kind == kind)
        )
        return sorted(counted.items(), key=lambda street: (-street[1], street[0]))

    def read(self, typed: str) -> Query:
        """Take apart what was typed: 「观音桥 厕所」, 「观音桥厕所」, 「厕所」, gyq."""
        kind: str | None = None
        words: list[str] = []
        for part in re.split(r"[\s,，、。；;]+", typed):
            word = plain(part)
            named = next((w for w in self._kind_words if word.endswith(w)), None)
            if named is not None and kind is None:
                kind = self._kinds[named]
                word = word.removesuffix(named)
            word = _COURTESY.sub("", word)
            if word:
                words.append(word)
        return Query(kind, tuple(words))

    def find(self, words: Sequence[str], *, kind: str | None = None) -> list[Match]:
        """Return facilities that have all the words, best first; equally good ones by id."""
        if not words:
            return []
        total: dict[int, float] | None = None
        for word in words:
            scores = self._scores(plain(word))
            if total is None:
                total = scores
            else:
                total = {row: s + scores[row] for row, s in total.items() if row in scores}
        found = [
            Match(self._entries[row], score / len(words))
            for row, score in (total or {}).items()
            if kind is None or self._entries[row].kind == kind
        ]
        return sorted(found, key=lambda match: (-match.score, match.entry.id))

    def _scores(self, word: str) -> dict[int, float]:
        texts = self._sure(word) or self._alike(word)
        best: dict[int, float] = {}
        for text, score in texts:
            for row, less in self._rows[text]:
                best[row] = max(best.get(row, 0.0), score - less)
        return best

    def _sure(self, word: str) -> list[tuple[int, float]]:
        """Return the texts that hold the word, by signs, sound or initials."""
        if not word:
            return []
        found: list[tuple[int, float]] = []
        sound = "".join(_sounds(word))
        is_latin = _LETTERS.fullmatch(word) is not None
        for text, form in enumerate(self._forms):
            if word in form.plain:
                found.append((text, _held(word, form.plain)))
            elif len(sound) > 2 and (at := form.sound.find(sound)) >= 0:
                if at in form.begins:
                    found.append((text, _SOUND))
            elif is_latin and len(word) > 1 and word in form.initials:
                found.append((text, _INITIALS))
        return found

    def _alike(self, word: str) -> list[tuple[int, float]]:
        """Return the texts that hold something like the word."""
        sound = "".join(_sounds(word))
        if len(sound) < _SHORTEST_TYPO:
            return []
        hits = process.extract(
            sound,
            self._sound_list,
            scorer=fuzz.partial_ratio,
            score_cutoff=_LEAST_ALIKE,
            limit=_MOST_ALIKE,
        )
        return [
            (text, _ALIKE * likeness / 100)
            for held, likeness, text in hits
            # A text much shorter than the word is a part of it, not something like it.
            if len(held) >= 0.8 * len(sound) and self._is_typo(sound, text)
        ]

    def _is_typo(self, sound: str, text: int) -> bool:
        """Tell whether one letter in seven makes the difference, from a syllable's beginning on."""
        form = self._forms[text]
        likeness = fuzz.partial_ratio_alignment(sound, form.sound)
        if likeness is None or likeness.dest_start not in form.begins:
            return False
        held = form.sound[likeness.dest_start : likeness.dest_end]
        return Levenshtein.distance(sound, held) <= max(1, len(sound) // 7)


# What people say around the place that they mean.
_COURTESY = re.compile(
    r"^(?:请问|我想找|我要找|我想上|我要|找一下|找个|找|有没有|有没得|哪里有|哪儿有|哪点有|在哪里|最近的|附近的?)+"
    r"|(?:附近的?|旁边的?|周边的?|那边的?|这边的?|的|里的?|有没有|有没得|哪里有|哪儿有|最近的)+$"
)


def _held(word: str, text: str) -> float:
    if word == text:
        return _WHOLE
    # The longer the part, the better it fits: 观音桥步行街 before 观音桥步行街二期地下停车场.
    share = len(word) / len(text)
    return (_BEGIN if text.startswith(word) else _PART) + 9 * share
