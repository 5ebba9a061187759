"""The printing font: what it can draw, how wide, and its outlines.

Noto Sans SC as full TrueType files, from npm's `@expo-google-fonts/noto-sans-sc` (licence of the
font: SIL OFL 1.1); `local/setup.sh` fetches it. Nothing of it is in this repository.
"""

import unicodedata
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.ttLib import TTFont as OutlineFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

from .errors import NoFont

Weight = Literal["medium", "bold"]

_FOLDER = Path(__file__).resolve().parents[2] / "node_modules/@expo-google-fonts/noto-sans-sc"
FILES: dict[Weight, Path] = {
    "medium": _FOLDER / "500Medium" / "NotoSansSC_500Medium.ttf",
    "bold": _FOLDER / "700Bold" / "NotoSansSC_700Bold.ttf",
}
# reportlab's fonts and PDFium remember where they were: one thread at a time draws or reads.
one_at_a_time = RLock()


class Typeface:
    """One weight of the font. Widths are in ems, outlines in the font's own units, y upwards.

    `name` is what reportlab knows it by.
    """

    def __init__(self, weight: Weight) -> None:
        path = FILES[weight]
        if not path.is_file():
            raise NoFont
        self.name = f"Plate{weight.title()}"
        font = TTFont(self.name, str(path))
        registerFont(font)
        self._outlines = OutlineFont(BytesIO(path.read_bytes()), lazy=True)
        self.units: int = self._outlines["head"].unitsPerEm
        self._starts = self._outlines["loca"]
        self._glyphs: dict[int, int] = font.face.charToGlyph
        self._widths: dict[int, float] = font.face.charWidths

    def width(self, text: str) -> float:
        """Return how long a line is, in ems. The text must be drawable."""
        return sum(self._widths[ord(letter)] for letter in text) / 1000

    def missing(self, text: str) -> set[str]:
        """Return the characters that would leave a hole: unknown to the font, or drawn as nothing."""
        return {letter for letter in text if not self._draws(letter)}

    def outline(self, letter: str) -> str:
        """Return a character's outline as the commands of an SVG path."""
        pen = SVGPathPen(self._pens)
        self._pens[self._outlines.getGlyphName(self._glyphs[ord(letter)])].draw(pen)
        return str(pen.getCommands())

    def _draws(self, letter: str) -> bool:
        glyph = self._glyphs.get(ord(letter), 0)
        if glyph == 0:
            return False
        has_ink = self._starts[glyph] != self._starts[glyph + 1]
        return has_ink or unicodedata.category(letter) == "Zs"

    @cached_property
    def _pens(self) -> Any:  # noqa: ANN401  # fontTools has no types
        return self._outlines.getGlyphSet()


@lru_cache
def typeface(weight: Weight) -> Typeface:
    """Return the font of this weight; read once a process. Raises NoFont where it is missing."""
    return Typeface(weight)
