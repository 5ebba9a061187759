"""The print file: vectors and embedded subsets of the font, in the black plate alone.

Every colour is DeviceCMYK with 0 cyan, magenta and yellow; reportlab is told to refuse others. A
page has its trim and bleed box. What all plates of a batch share is one form that each page uses.
With `invariant` the same batch makes the same bytes, whenever it is made.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reportlab import rl_config
from reportlab.lib.colors import CMYKColor
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from .layouts import Layout
from .marks import Box, Line
from .matrices import Matrices
from .sheets import Page, Rectangle, page_of
from .svg import runs
from .typeface import typeface

# Bytes as bytes: written as printable characters a file takes twice the time and a quarter more.
rl_config.useA85 = 0

_BLACK, _PAPER = CMYKColor(0, 0, 0, 1), CMYKColor(0, 0, 0, 0)
_FURNITURE = "furniture"
_HAIRLINE = 0.1  # mm
_NOTE = 2.8  # em of the page's name outside the bleed, mm


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plate ready to be drawn."""

    marks: Sequence[Box | Line]
    matrix: Matrices


class PrintFile:
    """A PDF that grows page by page; `save` writes it."""

    def __init__(
        self,
        goal: Path | BinaryIO,
        layout: Layout,
        shared: Iterable[Box | Line],
        *,
        title: str,
        owner: str,
    ) -> None:
        self._layout, self._page = layout, page_of(layout)
        self._canvas = Canvas(
            str(goal) if isinstance(goal, Path) else goal,
            pagesize=(self._page.width * mm, self._page.height * mm),
            pageCompression=1,
            invariant=1,
            enforceColorSpace="CMYK",
            initialFontName=typeface("medium").name,  # type: ignore[arg-type]  # the stub says float
            pdfVersion=(1, 6),
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor(owner)
        self._canvas.setSubject(layout.title)
        self._canvas.setCreator("百姓城管")
        self._canvas.beginForm(_FURNITURE, -1000, -2000, 2000, 1000)
        self._draw(shared)
        self._canvas.endForm()

    def add_page(self, plates: Sequence[Drawn], *, note: str) -> None:
        """Add a page with one plate for each cell, or fewer; `note` stands outside the bleed."""
        self._set_boxes(self._page)
        for cell, plate in zip(self._page.cells, plates, strict=False):
            self._canvas.saveState()
            self._canvas.translate(cell.x * mm, (self._page.height - cell.y) * mm)
            self._clip_to_bleed(cell)
            self._canvas.doForm(_FURNITURE)
            self._draw(plate.marks)
            self._draw_code(plate.matrix)
            self._canvas.restoreState()
        self._draw_marks(note)
        self._canvas.showPage()

    def save(self) -> None:
        self._canvas.save()

    def _set_boxes(self, page: Page) -> None:
        self._canvas.setTrimBox(_points(page.trim, page.height))
        self._canvas.setBleedBox(_points(page.bleed, page.height))

    def _clip_to_bleed(self, cell: Rectangle) -> None:
        outline, bleed = self._canvas.beginPath(), self._layout.bleed
        outline.rect(
            *(-bleed * mm, -(cell.height + bleed) * mm),
            *((cell.width + 2 * bleed) * mm, (cell.height + 2 * bleed) * mm),
        )
        self._canvas.clipPath(outline, stroke=0, fill=0)

    def _draw(self, marks: Iterable[Box | Line]) -> None:
        canvas = self._canvas
        for mark in marks:
            canvas.setFillColor(_BLACK if mark.is_black else _PAPER)
            if isinstance(mark, Box):
                canvas.rect(
                    *(mark.x * mm, -(mark.y + mark.height) * mm),
                    *(mark.width * mm, mark.height * mm),
                    stroke=0,
                    fill=1,
                )
            else:
                canvas.setFont(typeface(mark.weight).name, mark.em * mm)
                canvas.drawString(mark.x * mm, -mark.y * mm, mark.text)

    def _draw_code(self, matrix: Matrices) -> None:
        x, y = self._layout.code_at
        module = self._layout.module * mm
        squares = " ".join(f"{start} {row} {length} 1 re" for start, row, length in runs(matrix))
        # As PDF's own words: reportlab's path objects take four times as long for 200 pieces.
        self._canvas.addLiteral(
            f"q {module:.5f} 0 0 {-module:.5f} {x * mm:.5f} {-y * mm:.5f} cm "
            f"0 0 0 1 k {squares} f Q"
        )

    def _draw_marks(self, note: str) -> None:
        canvas, page = self._canvas, self._page
        canvas.setStrokeColor(_BLACK)
        canvas.setLineWidth(_HAIRLINE * mm)
        canvas.lines(
            [
                (x * mm, (page.height - y) * mm, end_x * mm, (page.height - end_y) * mm)
                for x, y, end_x, end_y in page.cutting_marks()
            ]
        )
        canvas.setFillColor(_BLACK)
        canvas.setFont(typeface("medium").name, _NOTE * mm)
        canvas.drawString(
            (page.trim.x + _NOTE) * mm, (page.height - page.bleed.y + _NOTE) * mm, note
        )


def _points(box: Rectangle, height: float) -> tuple[float, float, float, float]:
    """Return a box as PDF wants it: points from the lower left corner."""
    left, top = box.x * mm, (height - box.y) * mm
    return left, top - box.height * mm, left + box.width * mm, top
