"""Plates on paper: where each page's plates lie, its boxes, and the marks for cutting."""

from collections.abc import Iterator
from dataclasses import dataclass

from .layouts import Layout

_SLUG = 10.0  # mm around the bleed for cutting marks and the page's name
_MARK = 6.0  # mm, length of a cutting mark
_CLEAR = 1.0  # mm between bleed and mark, so that no mark is ever on a plate


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle on the page, mm from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def grown(self, by: float) -> "Rectangle":
        return Rectangle(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)


@dataclass(frozen=True, slots=True)
class Page:
    """The geometry that all pages of a layout share; `cells` are the plates' trimmed outlines."""

    width: float
    height: float
    cells: tuple[Rectangle, ...]
    trim: Rectangle
    bleed: Rectangle

    def cutting_marks(self) -> Iterator[tuple[float, float, float, float]]:
        """Yield lines (x, y, x, y) in line with every cut, outside all bleed."""
        near, far = _CLEAR, _CLEAR + _MARK
        outer = self.bleed
        right, bottom = outer.x + outer.width, outer.y + outer.height
        for x in sorted({edge for cell in self.cells for edge in (cell.x, cell.x + cell.width)}):
            yield x, outer.y - far, x, outer.y - near
            yield x, bottom + near, x, bottom + far
        for y in sorted({edge for cell in self.cells for edge in (cell.y, cell.y + cell.height)}):
            yield outer.x - far, y, outer.x - near, y
            yield right + near, y, right + far, y


def page_of(layout: Layout) -> Page:
    """Lay out a page: one plate with room around it, or a sheet full."""
    bleed, sheet = layout.bleed, layout.sheet
    columns, rows = (sheet.columns, sheet.rows) if sheet else (1, 1)
    pitch_x, pitch_y = layout.width + 2 * bleed, layout.height + 2 * bleed
    width = sheet.width if sheet else pitch_x + 2 * _SLUG
    height = sheet.height if sheet else pitch_y + 2 * _SLUG
    left, top = (width - columns * pitch_x) / 2, (height - rows * pitch_y) / 2
    cells = tuple(
        Rectangle(
            left + bleed + column * pitch_x,
            top + bleed + row * pitch_y,
            layout.width,
            layout.height,
        )
        for row in range(rows)
        for column in range(columns)
    )
    first, last = cells[0], cells[-1]
    trim = Rectangle(
        first.x, first.y, last.x + last.width - first.x, last.y + last.height - first.y
    )
    return Page(width, height, cells, trim, trim.grown(bleed))
