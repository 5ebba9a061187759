"""Tables as XLSX. Words are written as words: nothing that people typed becomes a formula."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO

import xlsxwriter

from kernel import clock

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | date | datetime | None


def xlsx(title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a workbook with one sheet; instants are the district's time."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "constant_memory": True})
    sheet = book.add_worksheet(title[:31])
    head = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    widths = [2 * len(column) + 4 for column in columns]
    for at, width in enumerate(widths):
        sheet.set_column(at, at, max(width, 14))
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column, head)
    for number, row in enumerate(rows, start=1):
        for at, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, at, cell)
            elif cell is not None:
                sheet.write_string(number, at, _words(cell))
    book.close()
    return buffer.getvalue()


def _words(cell: str | date | datetime) -> str:
    if isinstance(cell, datetime):
        return f"{clock.in_city(cell):%Y-%m-%d %H:%M}"
    return str(cell)
