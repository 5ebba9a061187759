"""Reads lists of signs: CSV, XLSX or GeoJSON, by their content and not by their name.

A file is somebody's and may be anything: what it says of its own size is not believed.
"""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from kernel import tables

from .errors import FileTooLarge, UnreadableFile

LARGEST = 16 * 1024 * 1024  # bytes
MOST_ROWS = 50_000
_MOST_UNPACKED = 200 * 1024 * 1024
_MOST_CELLS = 3_000_000  # that a sheet spans, filled or not
_MOST_COLUMNS = 60
_LONGEST_CELL = 10_000
_CELL = re.compile(rb"<(?:\w+:)?c [^>]*?r=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)

Row = Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """Rows with the numbers that whoever opens the file sees; `datum` as the format demands."""

    rows: tuple[tuple[int, Row], ...]
    columns: tuple[str, ...]
    datum: str = ""


def read(data: bytes) -> Table:
    """Read a list; raise UnreadableFile or FileTooLarge."""
    if len(data) > LARGEST:
        raise FileTooLarge
    if data.startswith(b"PK\x03\x04"):
        return _spreadsheet(data)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return _geojson(data)
    return _csv(data)


def _csv(data: bytes) -> Table:
    text = _text(data)
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        lines = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1)
        return _table(lines)
    except csv.Error as fault:
        raise UnreadableFile from fault


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableFile


def _table(lines: Iterator[tuple[int, list[str]]]) -> Table:
    columns: tuple[str, ...] = ()
    rows: list[tuple[int, Row]] = []
    for number, line in lines:
        cells = [_unguarded(cell.strip()) for cell in line]
        if not any(cells):
            continue
        if not columns:
            columns = tuple(cells)
            if len(columns) > _MOST_COLUMNS:
                raise UnreadableFile
            continue
        if len(rows) >= MOST_ROWS:
            raise FileTooLarge
        rows.append((number, dict(zip(columns, cells, strict=False))))
    if not columns:
        raise UnreadableFile("这份文件是空的。")
    return Table(tuple(rows), columns)


def _unguarded(cell: str) -> str:
    """Take off the mark that our own export sets before what looks like a formula."""
    return cell[1:] if cell.startswith("'") and tables.guarded(cell[1:]) == cell else cell


def _spreadsheet(data: bytes) -> Table:
    _check_package(data)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        start = (sheet.start or (0, 0))[0]
        lines = (
            (start + number, [_shown(cell) for cell in cells])
            for number, cells in enumerate(sheet.iter_rows(), 1)
        )
        return _table(lines)
    except (CalamineError, IndexError) as fault:
        raise UnreadableFile from fault


def _shown(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def _check_package(data: bytes) -> None:
    """Unpack everything into nothing, counting: a small file may unpack to anything."""
    left = _MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if "xl/workbook.xml" not in package.namelist():
                raise UnreadableFile
            for part in package.infolist():
                left -= _check_part(package, part, left)
    except _DAMAGE as fault:
        raise UnreadableFile from fault


def _check_part(package: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> int:
    """Return the unpacked size; one cell far away would make calamine reserve all before it."""
    size, width, height, tail = 0, 0, 0, b""
    with package.open(info) as part:
        while chunk := part.read(1024 * 1024):
            size += len(chunk)
            if size > left:
                raise FileTooLarge
            if not info.filename.startswith("xl/worksheets/"):
                continue
            for column, row in _CELL.findall(tail + chunk):
                width, height = max(width, _place(column)), max(height, int(row))
            tail = chunk[-64:]
            if width * height > _MOST_CELLS:
                raise FileTooLarge
    return size


def _place(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _geojson(data: bytes) -> Table:
    try:
        document = json.loads(data)
        features = document["features"]
        rows = tuple((number, _properties(feature)) for number, feature in enumerate(features, 1))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise UnreadableFile from fault
    if len(rows) > MOST_ROWS:
        raise FileTooLarge
    columns = tuple(dict.fromkeys(name for _, row in rows for name in row))
    return Table(rows, columns, datum="wgs84")  # RFC 7946, section 4


def _properties(feature: Any) -> Row:  # noqa: ANN401  # somebody's JSON
    row = {
        str(name): str(value).strip()
        for name, value in (feature["properties"] or {}).items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool)
    }
    geometry = feature["geometry"] or {}
    if geometry.get("type") == "Point":
        longitude, latitude, *_ = geometry["coordinates"]
        row |= {"latitude": str(latitude), "longitude": str(longitude)}
    return row
