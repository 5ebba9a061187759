"""Tables as files: CSV for programs, XLSX for people. No cell is ever a formula."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO, StringIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from kernel import clock

Value = str | int | float | datetime | None
# A spreadsheet takes a text that begins so for a formula, or for the start of one.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_UNPRINTABLE = {code: None for code in range(32) if chr(code) not in "\t\n\r"}


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    kept = text.translate(_UNPRINTABLE)
    return f"'{kept}" if kept.startswith(_FORMULA_STARTS) else kept


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return a CSV file in UTF-8, with the mark by which spreadsheets know it."""
    out = StringIO()
    lines = csv.writer(out)
    lines.writerow([harmless(each) for each in head])
    lines.writerows([_plain(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, head: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return a workbook of one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    bold = []
    for each in head:
        cell = WriteOnlyCell(sheet, harmless(each))
        cell.font = Font(bold=True)
        bold.append(cell)
    sheet.append(bold)
    for row in rows:
        sheet.append([_plain(value) for value in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _plain(value: Value) -> str | int | float | None:
    if isinstance(value, datetime):
        return f"{clock.in_city(value):%Y-%m-%d %H:%M}"
    return harmless(value) if isinstance(value, str) else value
