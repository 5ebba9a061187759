"""Voucher codes out of a file: one a line, or the first column of a table.

The file is a stranger's. A spreadsheet is a packed folder of XML: what it unpacks to and how far
its cells lie are looked at before it is opened.
"""

import csv
import io
import re
import zipfile
import zlib

from python_calamine import CalamineError, CalamineWorkbook

from kernel.errors import Invalid, TooLarge

from .catalogue import MOST_UNITS

LARGEST = 2 * 1024 * 1024  # bytes of a file
_UNPACKED = 40 * 1024 * 1024
_CELL = re.compile(rb"<(?:\w+:)?c [^>]*?r=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_HEADERS = {"券码", "兑换码", "卡密", "编码", "code", "codes", "voucher"}


class UnreadableCodes(Invalid):
    code = "unreadable_codes"
    sentence = "这个文件读不出券码。请用 .xlsx 或 .csv，券码放在第一列，一行一个。"


class TooManyCodes(TooLarge):
    code = "too_many_codes"
    sentence = f"文件太大了：最多 2 MB、{MOST_UNITS:,} 行，请拆成几份导入。"


def read_codes(data: bytes) -> list[str]:
    """Return the codes in their order; raise UnreadableCodes or TooManyCodes."""
    if len(data) > LARGEST:
        raise TooManyCodes
    found = _from_xlsx(data) if data[:4] == b"PK\x03\x04" else _from_text(data)
    codes = [code for code in found if code]
    if codes and codes[0].lower() in _HEADERS:
        codes = codes[1:]
    if not codes:
        raise UnreadableCodes
    if len(codes) > MOST_UNITS:
        raise TooManyCodes
    return codes


def _from_text(data: bytes) -> list[str]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        try:
            return [row[0].strip() for row in csv.reader(io.StringIO(text)) if row]
        except csv.Error:
            break
    raise UnreadableCodes


def _from_xlsx(data: bytes) -> list[str]:
    try:
        _check_package(data)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
    except (zipfile.BadZipFile, zlib.error, CalamineError, OSError, ValueError, EOFError) as fault:
        raise UnreadableCodes from fault
    return [_word(row[0]) for row in rows if row]


def _check_package(data: bytes) -> None:
    """Look at what is packed before a library reserves room for it."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        if sum(entry.file_size for entry in package.infolist()) > _UNPACKED:
            raise TooManyCodes
        for entry in package.infolist():
            if not entry.filename.startswith("xl/worksheets/"):
                continue
            with package.open(entry) as file:
                sheet = file.read(_UNPACKED + 1)  # the size that it names may be a lie
            for column, row in _CELL.findall(sheet):
                if len(column) > 1 or int(row) > MOST_UNITS + 100:
                    raise TooManyCodes


def _word(cell: object) -> str:
    """Return a code as it was typed: 123456 is no 123456.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
