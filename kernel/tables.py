"""Tables for people: CSV and XLSX that no cell can turn into a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO

import xlsxwriter

from . import clock

Cell = str | int | float | bool | date | datetime | None
Row = Sequence[Cell]

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What a spreadsheet program takes for a formula when it opens a CSV file.
_FORMULA = re.compile(r"[\s']*[=+\-@\t\r＝＋－＠]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# Excel keeps no more characters than this in a cell.
_LONGEST = 32_767


def csv_lines(headings: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Give a CSV file line by line, as Excel reads Chinese: with a byte-order mark.

    Instants are the city's time. The caller keeps the rows' transaction open until the end.
    """
    yield "\ufeff" + _csv_line([guarded(each) for each in headings])
    for row in rows:
        yield _csv_line([guarded(_shown(cell)) for cell in row])


def xlsx(sheet: str, headings: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Give an XLSX file with one sheet; text stays text, also what looks like a formula."""
    out = BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    page, bold = book.add_worksheet(sheet[:31]), book.add_format({"bold": True})
    page.write_row(0, 0, headings, bold)
    page.freeze_panes(1, 0)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            _write(page, number, column, cell)
    book.close()
    return out.getvalue()


def guarded(words: str) -> str:
    """Keep a spreadsheet program from running a cell of a CSV file; a number may be negative."""
    if not _FORMULA.match(words):
        return words
    try:
        float(words)
    except ValueError:
        return f"'{words}"
    return words


def unguarded(words: str) -> str:
    """Take off the mark that `guarded` set."""
    return words[1:] if words.startswith("'") and guarded(words[1:]) == words else words


def _write(page: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        page.write_number(row, column, cell)
    elif cell not in (None, ""):
        page.write_string(row, column, _shown(cell)[:_LONGEST])


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        return f"{clock.in_city(cell):%Y-%m-%d %H:%M:%S}"
    # XLSX has no place for control characters, and CSV no use.
    return _UNPRINTABLE.sub("", str(cell))


def _csv_line(cells: Sequence[str]) -> str:
    out = StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
