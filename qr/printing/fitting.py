"""Words into a given width: as large as they go, on as few lines as they need, or not at all."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import BadPlate, MissingGlyphs
from .typeface import Typeface

# Chinese may be broken anywhere but before what closes, after what opens, and behind a number; a
# word of Latin letters, or a number with what it counts (3号楼), stays whole.
_PIECES = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-'/&]*[号楼栋幢座弄层路线期]*|\s+|.")
# Control, direction, halves of characters, private use, combining marks, line separators.
_UNFIT = frozenset({"Cc", "Cf", "Cs", "Co", "Mn", "Mc", "Me", "Zl", "Zp"})
_NOT_FIRST = frozenset("，。、；：？！）》】」』”’…·,.;:?!)%")
_NOT_LAST = frozenset("（《【「『“‘(")


@dataclass(frozen=True, slots=True)
class Room:
    """Room for a text: so many lines of this width (mm), letters between these sizes (em, mm)."""

    width: float
    lines: int
    largest: float
    smallest: float


def tidied(text: str, *, what: str, face: Typeface) -> str:
    """Return a text ready for printing: composed, trimmed, and drawable in this font.

    `what` names it in a sentence, such as 地点名称. Raises BadPlate for what no plate can hold
    (line breaks, control and direction characters, combining marks), MissingGlyphs for what the
    font cannot draw.
    """
    text = unicodedata.normalize("NFC", text).strip()
    unfit = {letter for letter in text if unicodedata.category(letter) in _UNFIT}
    if unfit:
        raise BadPlate(f"{what}里有不能印的字符 {_named(unfit)}：请删去后再试。")
    missing = face.missing(text)
    if missing:
        raise MissingGlyphs(f"印刷字体里没有{what}中的 {_named(missing)}：请改用别的写法。")
    return text


def fitted(text: str, room: Room, face: Typeface) -> tuple[float, list[str]] | None:
    """Return size and lines with the largest letters, or None where even the smallest do not fit.

    Of several ways to break, the one whose longest line is shortest.
    """
    whole = [text]
    size = _size(whole, room, face)
    if room.lines == 2 and size < room.largest:
        whole = min(_broken(text), key=lambda lines: _longest(lines, face), default=whole)
        size = _size(whole, room, face)
    return (size, whole) if size >= room.smallest else None


def _size(lines: list[str], room: Room, face: Typeface) -> float:
    return min(room.largest, room.width / max(_longest(lines, face), 0.001))


def _longest(lines: list[str], face: Typeface) -> float:
    return max(face.width(line) for line in lines)


def _broken(text: str) -> Iterator[list[str]]:
    """Yield the text on two lines in every way that reads well."""
    pieces = _PIECES.findall(text)
    for at in range(1, len(pieces)):
        if pieces[at - 1][-1].isdigit() and not pieces[at].isspace():
            continue
        first, second = "".join(pieces[:at]).rstrip(), "".join(pieces[at:]).lstrip()
        if first and second and second[0] not in _NOT_FIRST and first[-1] not in _NOT_LAST:
            yield [first, second]


def _named(letters: set[str]) -> str:
    shown = (
        f"U+{ord(letter):04X}" + (f"「{letter}」" if letter.isprintable() else "")
        for letter in sorted(letters)[:8]
    )
    return "、".join(shown) + ("等" if len(letters) > 8 else "")
