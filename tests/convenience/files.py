"""Files of facilities, as tests need them: made here, or other cities' real ones."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from sqlalchemy.orm import Session

from convenience import importing, mapping_toml
from convenience.importing import Applied, Report, Wish
from convenience.mapping import FileMapping
from kernel.documents import open_document
from kernel.readers import COMMAND, Document, Limits, Options

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"

TOML = """
title = "公厕"
source = "test"
datum = "wgs84"
kind = "toilet"
[columns]
code = "编号"
name = "名称"
address = "地址"
longitude = "经度"
latitude = "纬度"
hours = "开放时间"
is_free = "免费"
"""
COLUMNS = ("编号", "名称", "地址", "经度", "纬度", "开放时间", "免费")
# A place in the district, and steps of about a hundred metres from it.
LATITUDE, LONGITUDE, STEP = 29.5745, 106.53, 0.001


def mapping(text: str = TOML, **changed: str) -> FileMapping:
    """Return a mapping; `datum="gcj02"` and the like replace a line."""
    for name, value in changed.items():
        lines = [line for line in text.splitlines() if not line.startswith(f"{name} =")]
        text = "\n".join([f'{name} = "{value}"', *lines])
    return mapping_toml.load(text)


def a_row(number: int, **changed: object) -> list[object]:
    row = {
        "编号": f"T-{number}",
        "名称": f"第{number}公厕",
        "地址": f"建新东路{number}号",
        "经度": f"{LONGITUDE + STEP * (number % 10):.6f}",
        "纬度": f"{LATITUDE + STEP * (number // 10):.6f}",
        "开放时间": "6:00-22:00",
        "免费": "是",
    }
    return list((row | changed).values())


def table(rows: Sequence[Sequence[object]], columns: Sequence[str] = COLUMNS) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([columns, *rows])
    return file.getvalue().encode()


def ten_rows(**changed_of_third: object) -> list[list[object]]:
    return [a_row(n, **(changed_of_third if n == 3 else {})) for n in range(1, 11)]


def bring_in(
    session: Session,
    data: bytes,
    how: FileMapping | None = None,
    *,
    wish: Wish | None = None,
    name: str = "公厕.csv",
    limits: Limits = COMMAND,
) -> Applied:
    how = how or mapping()
    document = Document(name, data)
    source = open_document(document, how.file, limits)
    return importing.apply(session, document, source, how, wish)


def look_at(session: Session, data: bytes, how: FileMapping | None = None) -> Report:
    how = how or mapping()
    source = open_document(Document("公厕.csv", data), how.file, COMMAND)
    return importing.check(session, source, how)


def columns_of(data: bytes, limits: Limits = COMMAND) -> tuple[str, ...]:
    return open_document(Document("x", data), Options(), limits).columns


def real_file(name: str) -> Path:
    """Return another city's file; where the folder is absent, the test is listed as not run."""
    path = SHARED / name
    if not path.exists():
        pytest.skip("other cities' files (../shared/data) are not on this machine")
    return path


SHEET = """<?xml version="1.0" encoding="UTF-8"?><worksheet
 xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>"""
_PARTS: Mapping[str, str] = {
    "[Content_Types].xml": """<?xml version="1.0" encoding="UTF-8"?><Types
 xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels"
 ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml"
 ContentType="application/xml"/><Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>""",
    "_rels/.rels": """<?xml version="1.0" encoding="UTF-8"?><Relationships
 xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
 Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": """<?xml version="1.0" encoding="UTF-8"?><workbook
 xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
 <sheet name="公厕" sheetId="1" r:id="r1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": """<?xml version="1.0" encoding="UTF-8"?><Relationships
 xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
 Target="worksheets/sheet1.xml"/></Relationships>""",
}


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """Return an XLSX file of the rows, numbers as numbers."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            f'<c r="{chr(65 + place)}{number}"><v>{value}</v></c>'
            if isinstance(value, int | float)
            else f'<c r="{chr(65 + place)}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
            for place, value in enumerate(row)
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    return packed(SHEET.format("".join(lines)))


def packed(sheet: str, **more: bytes) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as package:
        for name, text in _PARTS.items():
            package.writestr(name, text)
        package.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, data in more.items():
            package.writestr(name, data)
    return file.getvalue()
