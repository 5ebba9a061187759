"""Files as they come: encodings, separators, titles above, and what is no table at all."""

import zlib

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from convenience.errors import BadMapping
from convenience.models import Facility
from convenience.validation import Kinds, Validator
from kernel.documents import open_document
from kernel.errors import EmptyFile, FileTooLarge, NoHeader, UnreadableFile
from kernel.readers import COMMAND, WEB, Document, Limits
from tests.convenience.files import (
    COLUMNS,
    SHEET,
    bring_in,
    columns_of,
    mapping,
    packed,
    table,
    ten_rows,
    workbook,
)

NAMED = table(ten_rows()).decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_in_whatever_encoding_and_with_whatever_separator(
    session: Session, encoding: str, delimiter: str
) -> None:
    data = NAMED.replace(",", delimiter).encode(encoding)
    assert bring_in(session, data).report.tally.added == 10


def test_an_encoding_shows_itself_late(session: Session) -> None:
    rows = [
        [f"T-{n}", "x" * 60, "", "106.53", f"{29.57 + n / 1e5:.5f}", "", ""] for n in range(1500)
    ]
    rows[-1][1] = "最后一个"
    data = table(rows, ("编号", "名称", "地址", "经度", "纬度", "开放时间", "免费")).decode()
    bring_in(session, data.encode("gb18030"), mapping(duplicates="keep"))
    last = session.scalars(select(Facility).where(Facility.code == "T-1499")).one()
    assert last.name == "最后一个"


def test_a_title_above_the_names_is_passed_over(session: Session) -> None:
    data = f"江北区公厕一览表,,,,,,\n\n{NAMED}".encode()
    applied = bring_in(session, data)
    assert applied.report.tally.added == 10


def test_a_spreadsheet_is_read_with_its_numbers(session: Session) -> None:
    rows: list[list[object]] = [["江北区公厕"], [*COLUMNS], *ten_rows(经度=106.533, 纬度=29.5745)]
    assert bring_in(session, workbook(rows), name="x.csv").report.tally.added == 10


def test_a_column_that_is_missing_is_named() -> None:
    source = open_document(
        Document("x", table(ten_rows(), ("编号", "名", *COLUMNS[2:]))), mapping().file, COMMAND
    )
    with pytest.raises(BadMapping, match="文件里没有「名称」这一列"):
        Validator(source, mapping(), Kinds({}, {}))


def test_names_match_without_regard_to_width_and_blanks(session: Session) -> None:
    data = NAMED.replace("编号", " 编 号 ", 1).encode()
    assert bring_in(session, data).report.tally.added == 10


def test_a_name_that_comes_twice_and_one_that_is_missing_get_names() -> None:
    assert columns_of("名称,名称,,x\n1,2,3,4\n".encode()) == ("名称", "名称 (2)", "第3列", "x")


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", EmptyFile),
        (b" \n \n", EmptyFile),
        (b"106.5,29.5\n106.6,29.6\n", NoHeader),
        (b"\x00\x01\x02\x03" * 100, UnreadableFile),
        (b"%PDF-1.7", UnreadableFile),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", UnreadableFile),
        (b"\x1f\x8b\x08\x00", UnreadableFile),
        (b"<html></html>", UnreadableFile),
        (b"PK\x03\x04 broken", UnreadableFile),
        (packed(SHEET.format(""))[:-40], UnreadableFile),
        (packed(SHEET.format("")), EmptyFile),
        (b"\xff\xfe\x00\xd8" + b"\x00\xd8" * 50, UnreadableFile),
        (b"a,b\n" + b"\x81\xff,1\n", UnreadableFile),
        (f"{NAMED}1,2,3,4,5,6,7,8,9\n".encode(), UnreadableFile),
        (f'{NAMED}"'.encode() + b"x" * 200_000, UnreadableFile),
        (b"{", UnreadableFile),
        (b'{"type": "FeatureCollection", "features": []}', EmptyFile),
        (b'{"type": "FeatureCollection", "features": [1]}', UnreadableFile),
        (b'{"features": [{"a": NaN}]}', UnreadableFile),
        (b'{"features": [{"a": 1}', UnreadableFile),
        (b'{"features":' + b"[" * 200_000, UnreadableFile),
        (b'{"features":[{"a":' + b"[" * 200_000, UnreadableFile),
        (b'{"features":[{"a":' + b"9" * 10_000 + b"}]}", UnreadableFile),
        ('{"a":"中"}'.encode("gb18030"), UnreadableFile),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(
    session: Session, data: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as refused:
        bring_in(session, data)
    assert str(refused.value).endswith("。")
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Facility)) == 0


def test_a_packed_bomb_is_not_unpacked() -> None:
    bomb = packed(SHEET.format(""), **{"xl/media/bomb.bin": bytes(600 * 1024 * 1024)})
    assert len(bomb) < WEB.size
    with pytest.raises(FileTooLarge):
        columns_of(bomb, WEB)


def test_one_cell_far_away_does_not_take_all_memory() -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(FileTooLarge, match="多余的行列"):
        columns_of(packed(SHEET.format(cells)))


def test_more_rows_than_allowed_are_refused(session: Session) -> None:
    few = Limits(size=10_000, unpacked=10_000, rows=5, cells=1000)
    with pytest.raises(FileTooLarge):
        bring_in(session, table(ten_rows()), limits=few)
    with pytest.raises(FileTooLarge):
        bring_in(session, b"x" * 10_001, limits=few)


def test_a_spoilt_stream_is_refused() -> None:
    data = bytearray(workbook([list(COLUMNS), *ten_rows()]))
    middle = data.index(b"sheet1.xml") + 40
    data[middle : middle + 30] = zlib.compress(b"x" * 100)[:30].ljust(30, b"\0")
    with pytest.raises(UnreadableFile):
        columns_of(bytes(data))
