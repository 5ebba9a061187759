"""One plate as SVG: text as outlines, so that it needs no font and is what the PDF shows."""

import html
from collections.abc import Iterable

import numpy as np

from .layouts import Layout
from .marks import Box, Line
from .matrices import Matrices
from .typeface import Weight, typeface


def plate_svg(layout: Layout, marks: Iterable[Box | Line], matrix: Matrices, *, title: str) -> str:
    """Draw a plate with its bleed; black `#000` only, millimetres as units."""
    drawn: list[str] = []
    glyphs: dict[tuple[Weight, str], str] = {}
    for mark in marks:
        if isinstance(mark, Box):
            drawn.append(
                f'<rect x="{mark.x:.4f}" y="{mark.y:.4f}" width="{mark.width:.4f}" '
                f'height="{mark.height:.4f}" fill="{_colour(is_black=mark.is_black)}"/>'
            )
        else:
            drawn.append(_line(mark, glyphs))
    x, y = layout.code_at
    drawn.append(
        f'<path transform="translate({x:.4f} {y:.4f}) scale({layout.module:.4f})" '
        f'd="{modules_path(matrix)}"/>'
    )
    bleed = layout.bleed
    width, height = layout.width + 2 * bleed, layout.height + 2 * bleed
    defined = "".join(glyphs.values())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="{-bleed:g} {-bleed:g} {width:g} {height:g}">'
        f"<title>{html.escape(title)}</title><defs>{defined}</defs>"
        f'<rect x="{-bleed:g}" y="{-bleed:g}" width="{width:g}" height="{height:g}" fill="#fff"/>'
        f"{''.join(drawn)}</svg>\n"
    )


def modules_path(matrix: Matrices) -> str:
    """Return the dark modules as one path, runs of a row in one piece; units are modules."""
    return "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in runs(matrix))


def runs(matrix: Matrices) -> list[tuple[int, int, int]]:
    """Return the dark modules as runs along rows: x, y, length."""
    padded = np.pad(matrix.astype(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return list(zip(starts.tolist(), rows.tolist(), (ends - starts).tolist(), strict=True))


def _line(line: Line, glyphs: dict[tuple[Weight, str], str]) -> str:
    face = typeface(line.weight)
    uses, at = [], 0.0
    for letter in line.text:
        name = f"{line.weight[0]}{ord(letter):x}"
        if not letter.isspace():
            if (line.weight, letter) not in glyphs:
                outline = face.outline(letter)
                glyphs[line.weight, letter] = f'<path id="{name}" d="{outline}"/>'
            uses.append(f'<use href="#{name}" x="{at:g}"/>')
        at += face.width(letter) * face.units
    size = line.em / face.units
    return (
        f'<g fill="{_colour(is_black=line.is_black)}" '
        f'transform="translate({line.x:.4f} {line.y:.4f}) scale({size:.6f} {-size:.6f})">'
        f"{''.join(uses)}</g>"
    )


def _colour(*, is_black: bool) -> str:
    return "#000" if is_black else "#fff"
