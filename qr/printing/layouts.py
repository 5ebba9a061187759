"""The kinds of plates, and a plate put together: every line with its place and size."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .designs import Design, Upright, Wide
from .errors import BadPlate, BadSpec
from .fitting import Room, fitted, tidied
from .marks import Box, Line, Mark, Words
from .spec import MODULES, BatchSpec, Plate
from .typeface import typeface

QUIET = 4  # modules of paper around a code; ISO/IEC 18004, 9.1
_MOST_LETTERS = 200  # beyond this nothing fits anywhere, and nobody need measure it
_BLEED = 3.0  # mm beyond the cut, as printers ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Paper that carries several plates, bleed to bleed, in its middle; mm."""

    width: float
    height: float
    columns: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A kind of plate: a design and how much it is scaled; `title` is what people call it."""

    title: str
    design: Design
    scale: float = 1.0
    bleed: float = _BLEED
    sheet: Sheet | None = None

    @property
    def width(self) -> float:
        """The plate's width after trimming, mm."""
        return self.design.width * self.scale

    @property
    def height(self) -> float:
        """The plate's height after trimming, mm."""
        return self.design.height * self.scale

    @property
    def module(self) -> float:
        """The width of one module of the code, mm."""
        return self.design.module * self.scale

    @property
    def code_at(self) -> tuple[float, float]:
        """Where the code's first module begins, mm from the plate's upper left corner."""
        return self.design.code_x * self.scale, self.design.code_y * self.scale

    @property
    def distance(self) -> float:
        """From how far the plate is meant to be scanned and read, metres."""
        return self.scale


_UPRIGHT = Upright(width=200, height=300, module=4, code_x=42, code_y=60)
_WIDE = Wide(width=300, height=200, module=3.75, code_x=22, code_y=56)

LAYOUTS = {
    "post": Layout(title="立杆牌 200×300 毫米（1 米内扫）", design=_UPRIGHT),
    "crossing": Layout(title="路口大牌 400×600 毫米（2 米内扫）", design=_UPRIGHT, scale=2),
    "wall": Layout(title="墙面牌 300×200 毫米（1 米内扫）", design=_WIDE),
    "sticker": Layout(title="贴纸 90×135 毫米（半米内扫）", design=_UPRIGHT, scale=0.45, bleed=2),
    "sticker-a4": Layout(
        title="贴纸 90×135 毫米，A4 纸每张 4 枚",
        design=_UPRIGHT,
        scale=0.45,
        bleed=2,
        sheet=Sheet(width=210, height=297, columns=2, rows=2),
    ),
}


def layout_of(spec: BatchSpec) -> Layout:
    """Return the layout that a batch asks for, or refuse and name those there are."""
    try:
        return LAYOUTS[spec.layout]
    except KeyError:
        known = "；".join(f"{name}：{layout.title}" for name, layout in LAYOUTS.items())
        raise BadSpec(f"没有叫 {spec.layout!a} 的版式。可用的有：{known}。") from None


def furniture(layout: Layout, spec: BatchSpec) -> list[Box | Line]:
    """Compose what is the same on all plates of a batch."""
    return list(_composed(layout.design.furniture(spec, layout.bleed / layout.scale), layout.scale))


def face(layout: Layout, spec: BatchSpec, plate: Plate) -> list[Box | Line]:
    """Compose what is the plate's own, without the code.

    Raises BadPlate or MissingGlyphs for what cannot be printed or does not fit.
    """
    return list(_composed(layout.design.face(plate, spec), layout.scale))


def code_bounds(layout: Layout) -> Box:
    """Return the code with its quiet zone: what must stay paper around it."""
    x, y = layout.code_at
    margin = QUIET * layout.module
    side = (MODULES + 2 * QUIET) * layout.module
    return Box(x - margin, y - margin, side, side, is_black=False)


def _composed(marks: Iterable[Mark], scale: float) -> Iterator[Box | Line]:
    for mark in marks:
        if isinstance(mark, Words):
            for line in _lines(mark):
                yield replace(line, x=line.x * scale, y=line.y * scale, em=line.em * scale)
        else:
            yield Box(
                x=mark.x * scale,
                y=mark.y * scale,
                width=mark.width * scale,
                height=mark.height * scale,
                is_black=mark.is_black,
            )


def _lines(words: Words) -> list[Line]:
    face = typeface(words.weight)
    if len(words.text) > _MOST_LETTERS:
        raise _too_long(words.what, words.text)
    text = tidied(words.text, what=words.what, face=face)
    found = _settled(text, words)
    if found is None and words.otherwise is not None:
        return _lines(replace(words, text=words.otherwise, otherwise=None))
    if found is None:
        raise _too_long(words.what, text)
    em, texts, baselines = found
    lines = []
    for line, y in zip(texts, baselines, strict=True):
        spare = words.width - face.width(line) * em
        shift = {"left": 0.0, "middle": spare / 2, "right": spare}[words.align]
        lines.append(Line(line, words.x + shift, y, em, words.weight, is_black=words.is_black))
    return lines


def _settled(text: str, words: Words) -> tuple[float, list[str], list[float]] | None:
    """Choose one line or two: whichever has the larger letters."""
    face = typeface(words.weight)
    room = Room(words.width, 1, words.largest, words.smallest)
    one = fitted(text, room, face)
    if words.two is None:
        return one and (*one, [words.y])
    upper, lower, largest = words.two
    if one and one[0] >= largest:
        return *one, [words.y]
    two = fitted(text, Room(words.width, 2, largest, words.smallest), face)
    if two is None:
        return None
    em, lines = two
    return em, lines, [upper, lower] if len(lines) == 2 else [words.y]


def _too_long(what: str, text: str) -> BadPlate:
    shown = text if len(text) <= 24 else f"{text[:24]}…（{len(text)} 字）"
    return BadPlate(f"{what}“{shown}”太长，牌面放不下：请缩短后再试。")
