"""Plates for the printer: from a list of signs to a print file that was read back.

`print_batch` makes a batch, `preview` one plate for a screen, `level_for` checks the address before
anything else. No database, no Flask: whoever calls brings the list.
"""

from .batch import PDF_NAME, print_batch
from .errors import (
    BadAddress,
    BadPlate,
    BadSpec,
    BatchExists,
    BatchInProgress,
    MissingGlyphs,
    NoFont,
    NotAsPlanned,
)
from .layouts import LAYOUTS
from .manifest import CSV_NAME, JSON_NAME, Entry, File, Manifest, load
from .preview import preview_png, preview_svg
from .spec import BatchSpec, Level, Plate, level_for, printed_url

__all__ = [
    "CSV_NAME",
    "JSON_NAME",
    "LAYOUTS",
    "PDF_NAME",
    "BadAddress",
    "BadPlate",
    "BadSpec",
    "BatchExists",
    "BatchInProgress",
    "BatchSpec",
    "Entry",
    "File",
    "Level",
    "Manifest",
    "MissingGlyphs",
    "NoFont",
    "NotAsPlanned",
    "Plate",
    "level_for",
    "load",
    "preview_png",
    "preview_svg",
    "print_batch",
    "printed_url",
]
