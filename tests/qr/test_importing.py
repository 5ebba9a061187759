"""Lists of signs: any format, row by row, again and again, and back."""

import csv
import io
import json
import zipfile
from pathlib import Path
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from geo import datums
from kernel import tables
from kernel.errors import EmptyFile, FileTooLarge, NoHeader, UnreadableFile
from qr import exporting, importing, load, queries, readers
from qr.codes import new_code
from qr.errors import DatumMissing, FaultsLeft, NotUndoable
from qr.models import Code, Site
from qr.rules import PlateState
from tests.qr.signs import HERE, a_sign, do

HEADS = ("编号", "名称", "纬度", "经度", "类型", "地址", "码", "状态")
ROW = ("JB-0001", "观音桥步行街路口", str(HERE[0]), str(HERE[1]), "路口", "步行街口", "", "")


def table(*rows: tuple[str, ...], heads: tuple[str, ...] = HEADS, encoding: str = "utf-8") -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([heads, *rows])
    return file.getvalue().encode(encoding)


def bring(session: Session, data: bytes, datum: str = "wgs84") -> importing.Report:
    return importing.apply(session, data, file_name="t.csv", datum=datum)


@pytest.mark.parametrize("form", ["csv", "gbk", "xlsx", "geojson"])
def test_the_same_list_in_any_format_gives_the_same_sign(session: Session, form: str) -> None:
    geojson = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [HERE[1], HERE[0]]},
                "properties": {"number": "JB-0001", "name": ROW[1], "kind": "crossroads"},
            }
        ],
    }
    data = {
        "csv": table(ROW),
        "gbk": table(ROW, encoding="gb18030"),
        "xlsx": tables.xlsx("点位", HEADS, [ROW]),
        "geojson": json.dumps(geojson).encode(),
    }[form]
    report = bring(session, data, datum="" if form == "geojson" else "wgs84")

    assert (len(report.added), report.faults) == (1, [])
    site = session.scalars(select(Site)).one()
    assert (site.number, site.name, site.kind) == ("JB-0001", ROW[1], "crossroads")
    assert site.latitude == pytest.approx(HERE[0])
    file = queries.site_file(session, "JB-0001")
    assert [plate.state for plate in file.plates] == [PlateState.PLANNED]


def test_the_datum_must_be_said_and_is_converted(session: Session) -> None:
    gcj = datums.wgs84_to_gcj02(*HERE)
    row = (*ROW[:2], str(gcj[0]), str(gcj[1]), *ROW[4:])
    with pytest.raises(DatumMissing):
        bring(session, table(row), datum="")
    bring(session, table(row), datum="gcj02")

    assert session.scalars(select(Site)).one().latitude == pytest.approx(HERE[0], abs=1e-6)


def test_the_same_file_again_changes_nothing_and_a_changed_row_only_itself(
    session: Session,
) -> None:
    second = ("JB-0002", "另一处", *ROW[2:])
    bring(session, table(ROW, second))
    again = bring(session, table(ROW, second))
    assert (again.same, again.import_id) == (2, None)
    renamed = bring(session, table(("JB-0001", "改了名", *ROW[2:]), second))
    assert [(e.number, d) for e, d in renamed.changed] == [("JB-0001", [f"名称 {ROW[1]} → 改了名"])]
    assert len(session.scalars(select(Code)).all()) == 2


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("J B", *ROW[1:]), "编号"),
        (("JB-1", "", *ROW[2:]), "名称"),
        (("JB-1", "x" * 61, *ROW[2:]), "名称"),
        (("JB-1", "a", "北", "东", *ROW[4:]), "不是数字"),
        (("JB-1", "a", "nan", "inf", *ROW[4:]), "超出范围"),
        (("JB-1", "a", ROW[3], ROW[2], *ROW[4:]), "超出范围"),
        (("JB-1", "a", "31.2", "121.4", *ROW[4:]), "不在本区"),
        ((*ROW[:4], "火箭", *ROW[5:]), "没有「火箭」"),
        ((*ROW[:6], "12345678", ""), "码「12345678」不对"),
        ((*ROW[:6], "", "飞走了"), "状态"),
        ((*ROW[:6], "", "已撤除"), "已经撤除"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_good_ones_come_in(
    session: Session, row: tuple[str, ...], words: str
) -> None:
    good = ("JB-0009", *ROW[1:])
    data = table(row, good)
    assert importing.check(session, data, datum="wgs84").faults[0][0] == 2
    with pytest.raises(FaultsLeft):
        importing.apply(session, data, file_name="t", datum="wgs84", is_strict=True)
    report = bring(session, data)
    assert words in report.faults[0][1]
    assert [site.number for site in session.scalars(select(Site))] == ["JB-0009"]


def test_a_check_writes_nothing(session: Session) -> None:
    assert len(importing.check(session, table(ROW), datum="wgs84").added) == 1
    assert session.scalars(select(Site)).all() == []


def test_signs_that_hang_already_bring_their_codes(session: Session) -> None:
    old = a_sign(session, number="OLD-1")
    do(session, old.plate_id, "retire")
    code = new_code(Random(3))
    report = bring(
        session,
        table(
            (*ROW[:6], code.lower(), "在用"),
            ("JB-0002", *ROW[1:6], code, "在用"),
            ("JB-0003", *ROW[1:6], old.code, "在用"),
        ),
    )
    assert [line for line, _ in report.faults] == [3, 4]
    assert "永远不能再用" in report.faults[1][1]
    plate = queries.site_file(session, "JB-0001").plates[0]
    assert (plate.code, plate.state) == (code, PlateState.INSTALLED)


def test_an_import_is_undone_and_its_codes_are_never_used_again(session: Session) -> None:
    bring(session, table(ROW))
    second = bring(session, table(("JB-0001", "改了名", *ROW[2:]), ("JB-0002", *ROW[1:])))
    assert second.import_id
    assert load.undo(session, second.import_id) == (1, 1)

    assert session.scalars(select(Site.name).where(Site.number == "JB-0001")).one() == ROW[1]
    gone = queries.site_file(session, "JB-0002")
    assert gone.removed_at is not None
    assert gone.plates[0].is_code_retired
    with pytest.raises(NotUndoable):
        load.undo(session, second.import_id)
    back = bring(session, table(ROW, ("JB-0002", *ROW[1:])))
    assert back.changed[0][1] == ["重新启用"]
    assert len(set(queries.site_file(session, "JB-0002").codes)) == 2


def test_what_changed_since_is_not_undone(session: Session) -> None:
    report = bring(session, table(ROW))
    assert report.import_id
    session.execute(text("UPDATE qr_sites SET name = '后来改的'"))
    with pytest.raises(NotUndoable):
        load.undo(session, report.import_id)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x02",
        b"%PDF-1.7",
        b"{",
        b'{"features": 3}',
        b'{"features": [{"properties": {}, "geometry": {"type": "Point", "coordinates": []}}]}',
        b"[" * 100_000,
        b'{"features":' + b"[" * 100_000,
        b"PK\x03\x04 nothing",
        b"a,b\n1,2\n",
        b'\xef\xbb\xbf"' + b"x" * 50_000,
    ],
)
def test_garbage_is_refused_in_words(session: Session, data: bytes) -> None:
    with pytest.raises((UnreadableFile, EmptyFile, NoHeader, DatumMissing)):
        importing.check(session, data)


def test_too_much_is_refused(session: Session) -> None:
    with pytest.raises(FileTooLarge):
        readers.read(b"x" * (readers.LIMITS.size + 1))
    lines = b"number,name,latitude,longitude\n" + b"A,b,1,2\n" * (readers.LIMITS.rows + 1)
    with pytest.raises(FileTooLarge):
        readers.read(lines)


def test_a_workbook_that_unpacks_to_anything_is_refused() -> None:
    def workbook(sheet: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("xl/workbook.xml", "<workbook/>")
            package.writestr("xl/worksheets/sheet1.xml", sheet)
        return buffer.getvalue()

    with pytest.raises(FileTooLarge):
        readers.read(workbook(b"0" * (210 * 1024 * 1024)))
    with pytest.raises(FileTooLarge):
        readers.read(workbook(b'<c r="A1"/><c r="XFD1048576"/>'))
    with pytest.raises(UnreadableFile):
        readers.read(workbook(b"<sheet/>"))


def test_what_is_exported_can_be_imported_and_changes_nothing(session: Session) -> None:
    bring(session, table(ROW, ("JB-0002", "=危险的名字", *ROW[2:])))
    a_sign(session, "挂着的")
    for data, datum in (
        (exporting.as_csv(session), ""),
        (exporting.as_xlsx(session), ""),
        (exporting.as_geojson(session), ""),
    ):
        report = importing.check(session, data, datum=datum)
        assert (report.same, report.faults, report.changed) == (3, [], [])


def test_the_commands_import_check_export_and_undo(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    runner, file = app.test_cli_runner(), tmp_path / "signs.csv"
    file.write_bytes(table(ROW, ("bad row", *ROW[1:])))
    out = tmp_path / "out.csv"
    told = [
        runner.invoke(args=["signs", *words]).output
        for words in (
            ["import", str(file)],
            ["import", str(file), "--datum", "wgs84", "--dry-run"],
            ["import", str(file), "--datum", "wgs84"],
            ["export", str(out)],
            ["export", str(tmp_path / "out.doc")],
        )
    ]
    assert "请说明坐标系" in told[0]
    assert "只是检查" in told[1]
    assert "新增 1" in told[2]
    assert "第 3 行" in told[2]
    assert "JB-0001" in out.read_text("utf-8-sig")
    assert "请以 .csv" in told[4]
    number = told[2].rpartition("undo ")[2].strip()
    assert "撤除 1" in runner.invoke(args=["signs", "undo", number]).output
