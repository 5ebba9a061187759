"""Tables that people open in a spreadsheet program."""

import csv
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

import pytest
from python_calamine import CalamineWorkbook

from kernel import tables

NASTY = [
    '=HYPERLINK("http://evil.example")',
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\t=1",
    " =1",
    "\r=1",
    "＝1",
]


@pytest.mark.parametrize("words", NASTY)
def test_no_cell_of_a_csv_file_is_a_formula(words: str) -> None:
    text = "".join(tables.csv_lines(["列"], [[words]]))

    cell = list(csv.reader(StringIO(text)))[1][0]
    assert cell == f"'{words}"


def test_numbers_days_instants_and_nothing_read_as_people_write_them() -> None:
    row = [-5, 1.5, True, None, date(2026, 11, 22), datetime(2026, 11, 22, 16, 30, tzinfo=UTC)]

    text = "".join(tables.csv_lines(["a", "b", "c", "d", "e", "f"], [row]))

    assert text.startswith("\ufeff")
    assert list(csv.reader(StringIO(text)))[1] == [
        "-5",
        "1.5",
        "是",
        "",
        "2026-11-22",
        "2026-11-23 00:30:00",
    ]


def test_an_xlsx_file_reads_back_as_it_was_written() -> None:
    rows: list[list[tables.Cell]] = [[1, "井盖,\n“坏了”", None]]
    rows += [[2, words, -0.5] for words in NASTY]

    book = CalamineWorkbook.from_filelike(BytesIO(tables.xlsx("案件", ["号", "字", "数"], rows)))

    read = book.get_sheet_by_name("案件").to_python()
    assert read[0] == ["号", "字", "数"]
    assert read[1] == [1.0, "井盖,\n“坏了”", ""]
    assert [str(row[1]).strip() for row in read[2:]] == [words.strip() for words in NASTY]


def test_a_cell_too_long_for_excel_is_cut_and_the_file_still_opens() -> None:
    made = tables.xlsx("长", ["字"], [["字" * 40_000]])

    sheet = CalamineWorkbook.from_filelike(BytesIO(made)).get_sheet_by_index(0)
    assert len(str(sheet.to_python()[1][0])) == 32_767
