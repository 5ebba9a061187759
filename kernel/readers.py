"""Reads tables that somebody sends: whatever the format, columns with names and rows of text.

A file is somebody's and may be anything: nothing here trusts its name, its size or what it says of
itself. What cannot be read is refused with one sentence that says what to do.
"""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .errors import (
    EmptyFile,
    FileTooLarge,
    NoHeader,
    UnreadableFile,
)
from .tables import unguarded

MIB = 1024 * 1024
_HEAD = 64 * 1024  # bytes looked at to tell what a file is
_LONGEST_CELL = 100_000  # characters; more is a quotation mark that was never closed
MOST_COLUMNS = 300

ENCODINGS = {"utf-8": "UTF-8", "gb18030": "GB18030（含 GBK）", "big5": "Big5", "utf-16": "UTF-16"}
DELIMITERS = {",": "逗号", ";": "分号", "\t": "制表符", "|": "竖线", "，": "中文逗号"}

# The first columns of the files of rows to correct that we write ourselves.
REASON, LINE = "问题", "行号"

# The number of the row as whoever opens the file sees it, and its cells in the order of columns.
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Limits:
    """How much may come in one file."""

    size: int  # bytes
    unpacked: int  # bytes, of what is packed inside
    rows: int
    cells: int  # rows times columns that a spreadsheet spans, filled or not


WEB = Limits(size=32 * MIB, unpacked=512 * MIB, rows=200_000, cells=5_000_000)
COMMAND = Limits(size=1024 * MIB, unpacked=4096 * MIB, rows=5_000_000, cells=60_000_000)


@dataclass(frozen=True)
class Options:
    """What somebody knows better than we can tell from the file; empty: find out."""

    encoding: str = ""
    delimiter: str = ""
    header_row: int = 0  # counted from 1
    sheet: str = ""


@dataclass(frozen=True)
class Document:
    """The bytes of a file: in memory, or on disk."""

    name: str
    content: bytes | Path

    def open(self) -> BinaryIO:
        if isinstance(self.content, Path):
            return self.content.open("rb")
        return io.BytesIO(self.content)

    @property
    def size(self) -> int:
        if isinstance(self.content, Path):
            return self.content.stat().st_size
        return len(self.content)

    def sha256(self) -> str:
        digest = hashlib.sha256()
        with self.open() as file:
            while chunk := file.read(MIB):
                digest.update(chunk)
        return digest.hexdigest()


# Told how far the reading has come: bytes, or rows where only they are known, of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """A file understood so far that its rows can be read, any number of times."""

    format: str
    columns: tuple[str, ...]
    rows: Callable[[Progress | None], Iterator[Row]]
    # Records of their own keys (GeoJSON, OSM): a column may be missing because nobody has it.
    is_open: bool = False
    datum: str = ""  # as the file says, or the format demands
    encoding: str = ""
    delimiter: str = ""
    header_row: int = 0
    sheet: str = ""
    sheets: tuple[str, ...] = ()


def open_csv(document: Document, options: Options, limits: Limits) -> Source:
    """Understand a table of separated values; raise UnreadableFile, NoHeader, EmptyFile."""
    encoding = options.encoding or _encoding(document)
    with _text(document, encoding) as file:
        try:
            head = file.read(_HEAD)
        except UnicodeError as fault:
            raise UnreadableFile(_NOT_THIS_ENCODING) from fault
    if not head.strip():
        raise EmptyFile
    delimiter = options.delimiter or _delimiter(head)
    lines = _records(io.StringIO(head, newline=""), delimiter)
    first = [row for row, _ in zip(_whole(lines), range(20), strict=False)]
    header_row, columns = header(first, options.header_row)
    is_ours = REASON in columns

    def rows(progress: Progress | None) -> Iterator[Row]:
        with document.open() as raw, io.TextIOWrapper(raw, encoding, newline="") as file:
            size = document.size
            records = _records(file, delimiter)
            for number, cells in enumerate(_decoded(records), 1):
                if number > limits.rows:
                    raise FileTooLarge(f"这份文件超过 {limits.rows:,} 行，请拆成几份再导入。")
                if number <= header_row or not any(cells):
                    continue
                row = fitted(cells, len(columns), number)
                yield number, [unguarded(cell) for cell in row] if is_ours else row
                if progress and number % 2000 == 0:
                    progress(raw.tell(), size)

    return Source(
        format="csv",
        columns=columns,
        rows=rows,
        encoding=encoding,
        delimiter=delimiter,
        header_row=header_row,
    )


def _text(document: Document, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(document.open(), encoding, newline="")


_NOT_THIS_ENCODING = "文件的文字编码认不出来：请在 Excel 里「另存为 → CSV UTF-8」，再上传。"


def _encoding(document: Document) -> str:
    """Find the encoding by its mark, or as the first that the whole file agrees with."""
    with document.open() as file:
        mark = file.read(4)
    if mark.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8", "gb18030"):
        if _agrees(document, encoding):
            return encoding
    raise UnreadableFile(_NOT_THIS_ENCODING)


def _agrees(document: Document, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with document.open() as file:
        try:
            while chunk := file.read(MIB):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _delimiter(head: str) -> str:
    """Return the separator that makes the most columns on the most lines."""

    def score(delimiter: str) -> tuple[int, int]:
        widths = [
            len(row)
            for row, _ in zip(
                _whole(_records(io.StringIO(head, newline=""), delimiter)), range(20), strict=False
            )
            if any(row)
        ]
        wide = [width for width in widths if width > 1]
        usual = max(set(wide), key=wide.count, default=0)
        return wide.count(usual) if usual else 0, usual

    return max(DELIMITERS, key=score)


def _records(file: io.TextIOBase, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    return csv.reader(file, delimiter=delimiter)


def _whole(records: Iterator[list[str]]) -> Iterator[list[str]]:
    """Give the records of a text that was cut anywhere: what cannot be parsed ends it."""
    try:
        yield from records
    except csv.Error:
        return


def _decoded(records: Iterator[list[str]]) -> Iterator[list[str]]:
    number = 0
    try:
        for cells in records:
            number += 1
            yield cells
    except csv.Error as fault:
        raise UnreadableFile(
            f'第 {number + 1} 行附近有一个格子特别长，多半是引号 " 没有成对。请改好再上传。'
        ) from fault
    except UnicodeError as fault:
        raise UnreadableFile(_NOT_THIS_ENCODING) from fault


def fitted(cells: list[str], width: int, number: int) -> list[str]:
    """Return the row with as many cells as there are columns; raise on cells that have none."""
    if len(cells) > width:
        if any(cell.strip() for cell in cells[width:]):
            raise UnreadableFile(
                f"第 {number} 行有 {len(cells)} 格，列名只有 {width} 个："
                "多半是分隔符或引号没对上，请改好再上传。"
            )
        return cells[:width]
    return cells + [""] * (width - len(cells)) if len(cells) < width else cells


_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")


def header(first: Sequence[Sequence[str]], wanted: int = 0) -> tuple[int, tuple[str, ...]]:
    """Find the row of column names among the first rows: (its number from 1, names).

    Tables often begin with a title: the names are the first row about as full as the fullest.
    """
    full = [sum(1 for cell in row if cell.strip()) for row in first]
    most = max(full, default=0)
    if most == 0:
        raise EmptyFile
    number = wanted or next(n for n, count in enumerate(full, 1) if count >= 0.6 * most)
    if number > len(first):
        raise NoHeader
    names = [" ".join(cell.split()) for cell in first[number - 1]]
    while names and not names[-1]:
        names.pop()
    if sum(1 for name in names if _NUMBER.fullmatch(name)) >= 2 or not any(names):
        raise NoHeader
    if len(names) > MOST_COLUMNS:
        raise UnreadableFile(
            f"这份文件有 {len(names)} 列，最多 {MOST_COLUMNS} 列，请删去用不到的列。"
        )
    return number, unique(names)


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Give a column without a name its place as name, and a name's second bearer a number."""
    seen: dict[str, int] = {}
    made = []
    for place, name in enumerate(names, 1):
        plain = name or f"第{place}列"
        seen[plain] = seen.get(plain, 0) + 1
        made.append(plain if seen[plain] == 1 else f"{plain} ({seen[plain]})")
    return tuple(made)
