"""Reading a finished print file as a stranger would: draw each page, decode each code, compare.

PDFium draws what reportlab wrote, and ZXing reads what `qrcode` made: no code is shared with the
making. Four things must be right for each plate, in its own place on its own page: the decoded
address, every single module (a decoder repairs many wrong ones; a new plate shall have none),
the words that a person reads and types, and ink where each of their letters stands.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray

from .errors import NotAsPlanned
from .layouts import QUIET, Layout
from .marks import Line
from .matrices import Matrices
from .sheets import Page, Rectangle, page_of
from .spec import MODULES
from .typeface import typeface

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_PIXELS = 4  # a module: enough for its middle to be pure
_POINTS_PER_MM = 72 / 25.4
_GRAY = 128
_INK = 60  # between the lightest and the darkest pixel where a letter stands; a full stop has 90

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Expected:
    """What one plate must say: in its code, and in words."""

    name: str  # for the sentence when it does not
    url: str
    matrix: Matrices
    lines: tuple[Line, ...]


def read_back(
    path: Path,
    layout: Layout,
    plates: Sequence[Expected],
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Compare every plate of a print file with what it must say.

    Raises NotAsPlanned, naming the page and the plate, at the first difference.
    """
    page = page_of(layout)
    per_page = len(page.cells)
    document = pypdfium2.PdfDocument(path)
    try:
        pages = -(-len(plates) // per_page)
        if len(document) != pages:
            raise NotAsPlanned(f"文件应有 {pages} 页，实际有 {len(document)} 页：这批没有放行。")
        for number in range(pages):
            here = plates[number * per_page : (number + 1) * per_page]
            _read_page(document, number, layout, page, here)
            progress(number * per_page + len(here))
    finally:
        document.close()


def _read_page(
    document: pypdfium2.PdfDocument,
    number: int,
    layout: Layout,
    page: Page,
    plates: Sequence[Expected],
) -> None:
    drawn = document[number]
    try:
        scale = _PIXELS / (layout.module * _POINTS_PER_MM)
        picture = drawn.render(scale=scale, grayscale=True, may_draw_forms=False).to_numpy()
        text = drawn.get_textpage()
        for cell, plate in zip(page.cells, plates, strict=False):
            seen = _Seen(picture, scale * _POINTS_PER_MM, cell)
            fault = (
                _wrong_code(seen, plate)
                or _wrong_modules(seen, layout, plate.matrix)
                or _wrong_words(text, page, cell, plate)
                or _missing_letter(seen, plate)
            )
            if fault:
                raise NotAsPlanned(
                    f"第 {number + 1} 页的 {plate.name} {fault}：这批没有放行，请重新生成。"
                )
        text.close()
    finally:
        drawn.close()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A page as drawn, and where on it the plate is."""

    picture: Picture
    pixels_per_mm: float
    cell: Rectangle

    def pixel(self, x: float, y: float) -> tuple[int, int]:
        """Return the row and column of a place on the plate, mm from its upper left corner."""
        return (
            int((self.cell.y + y) * self.pixels_per_mm),
            int((self.cell.x + x) * self.pixels_per_mm),
        )


def _wrong_code(seen: _Seen, plate: Expected) -> str | None:
    top, left = seen.pixel(0, 0)
    bottom, right = seen.pixel(seen.cell.width, seen.cell.height)
    found = zxingcpp.read_barcodes(
        np.ascontiguousarray(seen.picture[top:bottom, left:right]), formats=_QR
    )
    if not found:
        return "二维码读不出"
    if [one.text for one in found] != [plate.url]:
        return f"二维码读成了 {'、'.join(one.text for one in found)}"
    return None


def _wrong_modules(seen: _Seen, layout: Layout, matrix: Matrices) -> str | None:
    """Look at the middle of every module, and of those that must stay paper around them."""
    middles = (np.arange(-QUIET, MODULES + QUIET) + 0.5) * layout.module
    x, y = layout.code_at
    columns = ((seen.cell.x + x + middles) * seen.pixels_per_mm).astype(int)
    rows = ((seen.cell.y + y + middles) * seen.pixels_per_mm).astype(int)
    is_dark = seen.picture[np.ix_(rows, columns)] < _GRAY
    wrong = int((is_dark != np.pad(matrix, QUIET)).sum())
    return f"二维码有 {wrong} 格不对" if wrong else None


def _missing_letter(seen: _Seen, plate: Expected) -> str | None:
    """Look for ink in the place of every letter: one that the file only claims to have leaves none."""
    for line in plate.lines:
        face, at = typeface(line.weight), line.x
        for letter in line.text:
            wide = face.width(letter) * line.em
            top, left = seen.pixel(at, line.y - 0.85 * line.em)
            bottom, right = seen.pixel(at + wide, line.y + 0.15 * line.em)
            place = seen.picture[top : bottom + 1, left : right + 1]
            if not letter.isspace() and int(place.max()) - int(place.min()) < _INK:
                return f"“{line.text}”里的“{letter}”没有印出来"
            at += wide
    return None


def _wrong_words(
    text: pypdfium2.PdfTextPage, page: Page, cell: Rectangle, plate: Expected
) -> str | None:
    read = _squeezed(
        text.get_text_bounded(
            left=cell.x * _POINTS_PER_MM,
            bottom=(page.height - cell.y - cell.height) * _POINTS_PER_MM,
            right=(cell.x + cell.width) * _POINTS_PER_MM,
            top=(page.height - cell.y) * _POINTS_PER_MM,
        )
    )
    for line in plate.lines:
        if _squeezed(line.text) not in read:
            return f"牌面上没有“{line.text}”"
    return None


def _squeezed(text: str) -> str:
    return "".join(text.split())
