"""Reads XLSX by calamine, once the package was found to be what it can take.

A spreadsheet is a packed folder of XML: a small file may unpack to anything, and one cell far to
the lower right makes calamine reserve all cells before it. Both are looked at first.
"""

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from .errors import EmptyFile, FileTooLarge, UnreadableFile
from .readers import MIB, Document, Limits, Options, Progress, Row, Source, fitted, header

_BROKEN = "这份表格打不开，可能没有传完整或已损坏：请用 Excel 打开，另存为 .xlsx 再上传。"
_LOCKED = "这份表格加了密码：请在 Excel 里去掉密码再上传。"
_CELL = re.compile(rb"<(?:\w+:)?c [^>]*?r=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
_OVERLAP = 64  # bytes: longer than any cell's address with its tag

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


def open_spreadsheet(document: Document, options: Options, limits: Limits) -> Source:
    """Understand a workbook; raise UnreadableFile, FileTooLarge, NoHeader, EmptyFile."""
    with document.open() as file:
        _check_package(file, limits)
    sheets, sheet = _sheet(document, options.sheet)
    if sheet.total_height > limits.rows:
        raise FileTooLarge(f"这份表格超过 {limits.rows:,} 行，请拆成几份再导入。")
    first = [row for _, row in _rows(sheet, 20)]
    header_row, columns = header(first, options.header_row)

    def rows(progress: Progress | None) -> Iterator[Row]:
        _, again = _sheet(document, sheet.name)
        height = again.total_height
        for number, cells in _rows(again, None):
            if number <= header_row or not any(cells):
                continue
            yield number, fitted(cells, len(columns), number)
            if progress and number % 2000 == 0:
                progress(number, height)

    return Source(
        format="xlsx",
        columns=columns,
        rows=rows,
        header_row=header_row,
        sheet=sheet.name,
        sheets=sheets,
    )


def _sheet(document: Document, wanted: str) -> tuple[tuple[str, ...], CalamineSheet]:
    try:
        with document.open() as file:
            book = CalamineWorkbook.from_filelike(file)
            names = tuple(
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.visible is SheetVisibleEnum.Visible
            )
            if wanted and wanted not in names:
                raise UnreadableFile(
                    f"表格里没有名叫「{wanted}」的工作表，只有：{'、'.join(names)}。"
                )
            for name in (wanted,) if wanted else names:
                sheet = book.get_sheet_by_name(name)
                if sheet.total_height > 0 and sheet.end is not None:
                    return names, sheet
    except CalamineError as fault:
        is_locked = "assword" in f"{type(fault).__name__}{fault}"
        raise UnreadableFile(_LOCKED if is_locked else _BROKEN) from fault
    raise EmptyFile


def _rows(sheet: CalamineSheet, most: int | None) -> Iterator[tuple[int, list[str]]]:
    # `iter_rows` starts at the first filled row; numbers are those that the person sees.
    start = sheet.start or (0, 0)
    for offset, cells in enumerate(sheet.iter_rows()):
        if most is not None and offset >= most:
            return
        yield start[0] + offset + 1, [_text(cell) for cell in cells]


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return f"{cell:%Y-%m-%d}" if cell.time() == dt.time() else f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, dt.time):
        return f"{cell:%H:%M}"
    return str(cell)


def _check_package(file: BinaryIO, limits: Limits) -> None:
    """Unpack everything into nothing, counting; raise when it is too much or no workbook."""
    try:
        with zipfile.ZipFile(file) as package:
            parts = package.infolist()
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise UnreadableFile("这是压缩包，不是表格：请先解压，再上传里面的文件。")
            if any(part.flag_bits & 1 for part in parts):
                raise UnreadableFile(_LOCKED)
            left = limits.unpacked
            for part in parts:
                left -= _check_part(package, part, left, limits)
    except _DAMAGE as fault:
        raise UnreadableFile(_BROKEN) from fault


def _check_part(package: zipfile.ZipFile, info: zipfile.ZipInfo, left: int, limits: Limits) -> int:
    """Return the unpacked size of one part; a sheet's span is looked at on the way."""
    size, width, height, tail = 0, 0, 0, b""
    is_sheet = info.filename.startswith("xl/worksheets/")
    with package.open(info) as part:
        while chunk := part.read(MIB):
            size += len(chunk)
            if size > left:
                raise FileTooLarge("这份表格解开后太大了，请只留下要导入的工作表再试。")
            if not is_sheet:
                continue
            for column, row in _CELL.findall(tail + chunk):
                width, height = max(width, _column_number(column)), max(height, int(row))
            tail = chunk[-_OVERLAP:]
            if width * height > limits.cells:
                raise FileTooLarge(
                    f"工作表用到了第 {height:,} 行、第 {width:,} 列："
                    "请删去表格右侧和下方多余的行列再上传。"
                )
    return size


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
