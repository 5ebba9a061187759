"""Reads lists of signs: CSV, XLSX or GeoJSON, by their content and not by their name."""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.documents import open_document
from kernel.readers import MIB, Document, Limits, Options
from kernel.tables import unguarded

LIMITS = Limits(size=16 * MIB, unpacked=200 * MIB, rows=50_000, cells=3_000_000)

Row = Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """Rows with the numbers that whoever opens the file sees; `datum` as the format demands."""

    rows: tuple[tuple[int, Row], ...]
    columns: tuple[str, ...]
    datum: str = ""


def read(data: bytes) -> Table:
    """Read a list; raise UnreadableFile, EmptyFile, NoHeader or FileTooLarge."""
    source = open_document(Document("", data), Options(), LIMITS)
    # Our own export marks what a spreadsheet program would take for a formula.
    rows = tuple(
        (
            number,
            {
                name: unguarded(cell.strip())
                for name, cell in zip(source.columns, cells, strict=True)
            },
        )
        for number, cells in source.rows(None)
    )
    # RFC 7946, section 4: GeoJSON is WGS-84; the older form may say otherwise.
    datum = source.datum or ("wgs84" if source.format == "geojson" else "")
    return Table(rows, source.columns, datum)
