"""Which of the 190 classes somebody's words mean.

Three witnesses are added up: how the examples of a class use characters (naive Bayes and TF-IDF over
single characters and pairs), the same over sounds as the district hears them (陆灯 is 路灯), and the
words of a class found as they stand. `class_words.toml` has the words and the examples; an operator may
give a second file of the same form, which adds to the first. All is counted anew at the start.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

from .classes import CaseClass, classes

_SHIPPED = Path(__file__).with_name("class_words.toml")
_NOT_WORDS = re.compile(r"[\W_a-z0-9]+")
_LONGEST = 300  # characters that are looked at; who writes more has said it by then
# In Chongqing zh, ch, sh are z, c, s, n is l, hu before a vowel is f, and -ing, -eng are -in, -en.
_SAME_SOUNDS = tuple(
    (re.compile(heard), written)
    for heard, written in (
        ("^zh", "z"),
        ("^ch", "c"),
        ("^sh", "s"),
        ("^n", "l"),
        ("^hu(?=.)", "f"),
        ("(?<=[ie]n)g$", ""),
    )
)
_LEAST_SHARE = 0.1  # of a count, so that what a class never said is not impossible
_SOUNDS_LESS = 0.3
_BY_SOUND_LESS = 0.6  # a word that only sounds alike
_DIRECTION = 10.0  # TF-IDF lies between 0 and 1; the logarithms beside it go further
_LONG_WORDS_MORE = 1.3
_LEAST_SURE = 6.0  # below, there is next to nothing but chance

_Floats = NDArray[np.float32]
_Units = Callable[[str], Sequence[str]]


class BadClassWords(ValueError):
    """The file cannot be used; the message is one Chinese sentence that says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a class is called and how people speak of it."""

    words: tuple[str, ...]
    examples: tuple[str, ...]


@cache
def _sound(char: str) -> str:
    heard = lazy_pinyin(char)[0]
    for pattern, written in _SAME_SOUNDS:
        heard = pattern.sub(written, heard)
    return heard


def _sounds(text: str) -> Sequence[str]:
    return [_sound(char) for char in text]


def _plain(text: str) -> str:
    return _NOT_WORDS.sub("", text[:_LONGEST].lower())


class _Habits:
    """How often each class uses a unit (a character or a sound) and each pair of them."""

    def __init__(self, told: Sequence[Told], units: _Units) -> None:
        self._units = units
        counts = [self._counted(one) for one in told]
        self._rows = {gram: row for row, gram in enumerate(sorted(set().union(*counts)))}
        seen = np.zeros((len(self._rows), len(told)), dtype=np.float32)
        for column, count in enumerate(counts):
            for gram, times in count.items():
                seen[self._rows[gram], column] = times
        spread = (seen > 0).sum(axis=1)
        self._rarity: _Floats = np.log((len(told) + 1) / (spread + 0.5)).astype(np.float32)
        weights = np.log1p(seen) * self._rarity[:, None]
        self._weights: _Floats = weights / np.linalg.norm(weights, axis=0)
        shares = (seen + _LEAST_SHARE) / (seen.sum(axis=0) + _LEAST_SHARE * len(self._rows))
        logs = np.log(shares)
        self._logs: _Floats = logs - logs.mean(axis=1, keepdims=True)

    def _counted(self, told: Told) -> Counter[str]:
        total: Counter[str] = Counter()
        for text in (*told.words, *told.examples):
            total.update(self._grams(text))
        return total

    def _grams(self, text: str) -> Counter[str]:
        units = self._units(text)
        pairs = (f"{one} {two}" for one, two in pairwise(units))
        return Counter((*units, *pairs))

    def likeness(self, text: str) -> _Floats:
        """Return for each class how well it fits; zeros where nothing is known."""
        known = [(self._rows[g], n) for g, n in self._grams(text).items() if g in self._rows]
        if not known:
            return np.zeros(self._weights.shape[1], dtype=np.float32)
        rows = np.array([row for row, _ in known])
        times = np.minimum(np.array([n for _, n in known], dtype=np.float32), 2)
        asked = np.log1p(times) * self._rarity[rows]
        direction = (asked / (np.linalg.norm(asked) + 1e-9)) @ self._weights[rows]
        logs = times @ self._logs[rows] / np.sqrt(len(rows))
        fit: _Floats = (_DIRECTION * direction + logs).astype(np.float32)
        return fit


class _Words:
    """The classes' words, as written and as they sound."""

    def __init__(self, told: Sequence[Told]) -> None:
        written: dict[str, set[int]] = defaultdict(set)
        heard: dict[str, set[int]] = defaultdict(set)
        for column, one in enumerate(told):
            for word in one.words:
                written[word].add(column)
                if len(word) > 1:
                    heard[" ".join(_sounds(word))].add(column)
        self._written = dict(written)
        self._heard = dict(heard)
        self._longest = max(map(len, written), default=0)

    def found(self, text: str) -> dict[int, float]:
        """Return what the words in the text say for each class that has one."""
        sounds = _sounds(text)
        said: list[tuple[int, int, set[int], float]] = []
        for start in range(len(text)):
            for end in range(min(start + self._longest, len(text)), start, -1):
                owners, trust = self._owners(text, sounds, start, end)
                if owners:
                    said.append((start, end, owners, trust))
        total: dict[int, float] = defaultdict(float)
        for one in said:
            if not any(_covers(other, one) for other in said):
                start, end, owners, trust = one
                for column in owners:
                    total[column] += trust * (end - start) ** _LONG_WORDS_MORE / len(owners) ** 0.5
        return total

    def _owners(
        self, text: str, sounds: Sequence[str], start: int, end: int
    ) -> tuple[set[int], float]:
        owners = self._written.get(text[start:end])
        if owners:
            return owners, 1.0
        return self._heard.get(" ".join(sounds[start:end]), set()), _BY_SOUND_LESS


def _covers(
    larger: tuple[int, int, set[int], float], smaller: tuple[int, int, set[int], float]
) -> bool:
    """Tell whether 路灯井盖 speaks, so that 路灯 inside it must not."""
    is_longer = larger[1] - larger[0] > smaller[1] - smaller[0]
    is_around = larger[0] <= smaller[0] and larger[1] >= smaller[1]
    return is_longer and is_around and larger[3] >= smaller[3]


class Suggester:
    """All classes with what is known of them; made once, then only read."""

    def __init__(self, told: Mapping[str, Told]) -> None:
        self._codes = tuple(told)
        rows = tuple(told.values())
        self._by_characters = _Habits(rows, tuple)
        self._by_sounds = _Habits(rows, _sounds)
        self._words = _Words(rows)

    def codes(self, text: str, limit: int) -> tuple[str, ...]:
        """Return the likeliest classes' codes, best first; none where the words tell nothing."""
        asked = _plain(text)
        if len(asked) < 2:  # one character is no problem told
            return ()
        total = self._by_characters.likeness(asked)
        total += _SOUNDS_LESS * self._by_sounds.likeness(asked)
        for column, weight in self._words.found(asked).items():
            total[column] += weight
        if total.max() < _LEAST_SURE:
            return ()
        best = np.argsort(-total, kind="stable")[:limit]
        return tuple(self._codes[column] for column in best)


def load(files: Iterable[Path]) -> Suggester:
    """Read the files, each adding to those before. Raises BadClassWords."""
    words: dict[str, list[str]] = {code: [_plain(row.name)] for code, row in classes().items()}
    examples: dict[str, list[str]] = {code: [] for code in words}
    for file in files:
        for code, lists in _tables(file).items():
            if code not in words:
                raise BadClassWords(f"{file.name} 里的 [{code}] 不是分类代码，请对照 classes.csv。")
            for key, into in (("words", words), ("examples", examples)):
                into[code] += [_plain(one) for one in _strings(file, code, key, lists)]
    told = {
        code: Told(tuple(dict.fromkeys(filter(None, words[code]))), tuple(examples[code]))
        for code in words
    }
    return Suggester(told)


def _tables(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadClassWords(f"{file.name} 读不了：{error}") from error


def _strings(file: Path, code: str, key: str, lists: object) -> list[str]:
    if not isinstance(lists, dict) or lists.keys() - {"words", "examples"}:
        raise BadClassWords(f"{file.name} 的 [{code}] 里只能有 words 和 examples 两项。")
    found = lists.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise BadClassWords(f"{file.name} 的 [{code}] {key} 要写成方括号里的一串词，每个词加引号。")
    return found


class _Held:
    suggester: Suggester | None = None


def connect(more: str = "") -> None:
    """Read the shipped words, and the operator's; at the start, so that a fault is found then."""
    _Held.suggester = load([_SHIPPED, *([Path(more)] if more else [])])


def _suggester() -> Suggester:
    if _Held.suggester is None:
        _Held.suggester = load([_SHIPPED])
    return _Held.suggester


def suggest(text: str, *, limit: int = 3) -> tuple[CaseClass, ...]:
    """Return the classes that the words mean most likely, best first; empty when they tell nothing."""
    known = classes()
    return tuple(known[code] for code in _suggester().codes(text, limit))
