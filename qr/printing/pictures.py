"""Plates as PNG pictures: the print file itself, drawn for screens."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image

from .layouts import Layout
from .sheets import page_of

DPI = 150
_MM_PER_INCH = 25.4


def pictures(file: Path | bytes, layout: Layout, dpi: int = DPI) -> Iterator[bytes]:
    """Yield each plate of a print file as a PNG, trimmed, in grey; empty places come as paper."""
    pixels_per_mm = dpi / _MM_PER_INCH
    with pypdfium2.PdfDocument(file) as document:
        for page in document:
            picture = page.render(scale=dpi / 72, grayscale=True).to_numpy()
            for cell in page_of(layout).cells:
                left, top = round(cell.x * pixels_per_mm), round(cell.y * pixels_per_mm)
                width, height = (
                    round(cell.width * pixels_per_mm),
                    round(cell.height * pixels_per_mm),
                )
                yield _png(picture[top : top + height, left : left + width], dpi)
            page.close()


def _png(picture: np.ndarray, dpi: int) -> bytes:
    # PDFium shows ink as ink: a dark grey. On a screen black is black.
    black = int(picture.min())
    stretched = (picture - black) * (255 / max(1, 255 - black))
    file = BytesIO()
    Image.fromarray(stretched.astype(np.uint8)).save(file, "PNG", dpi=(dpi, dpi))
    return file.getvalue()
