"""Imports: what comes in, what is held back and why, and that all can be taken back exactly."""

import csv
import io
import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from convenience import importing
from convenience.errors import (
    BadMapping,
    DatumMissing,
    FaultsLeft,
    NotUndoable,
    UnknownDatum,
)
from convenience.importing import Wish
from convenience.models import CONTENT, Change, Facility
from geo.cells import cell
from geo.datums import gcj02_to_bd09, wgs84_to_gcj02
from kernel.documents import open_document
from kernel.readers import COMMAND, Document
from local.postgres import EmbeddedPostgres
from tests import factories
from tests.convenience.files import (
    COLUMNS,
    LATITUDE,
    LONGITUDE,
    TOML,
    a_row,
    bring_in,
    look_at,
    mapping,
    table,
    ten_rows,
)


def stored(session: Session) -> dict[str, dict[str, object]]:
    """Return all that is said of the facilities, by code."""
    session.expire_all()
    return {
        facility.code: {name: getattr(facility, name) for name in (*CONTENT, "revision")}
        for facility in session.scalars(select(Facility))
    }


def sentences(report: importing.Report) -> dict[int, str]:
    return {row: sentence for row, _, sentence in report.faults}


def test_good_rows_come_in_with_all_that_they_say(session: Session) -> None:
    applied = bring_in(session, table(ten_rows()))
    assert applied.report.tally.added == 10
    facility = session.scalars(select(Facility).where(Facility.code == "T-1")).one()
    assert (facility.kind, facility.name, facility.address) == ("toilet", "第1公厕", "建新东路1号")
    assert facility.latitude == LATITUDE
    assert facility.longitude == pytest.approx(LONGITUDE + 0.001)
    assert facility.cell == cell(facility.latitude, facility.longitude)
    assert (facility.hours, facility.is_free, facility.source) == ("06:00-22:00", True, "test")
    assert facility.import_id == applied.import_id


def test_the_same_file_twice_changes_nothing(session: Session) -> None:
    bring_in(session, table(ten_rows()))
    before = stored(session)
    again = bring_in(session, table(ten_rows()))
    assert again.import_id is None
    assert again.report.tally.same == 10
    assert stored(session) == before


def test_a_check_tells_the_difference_and_writes_nothing(session: Session) -> None:
    bring_in(session, table(ten_rows()))
    before = stored(session)
    report = look_at(session, table([*ten_rows(开放时间="24小时"), a_row(11)]))
    tally = report.tally
    assert (tally.added, tally.changed, tally.same) == (1, 1, 9)
    assert list(report.changed) == [[4, "T-3", "第3公厕", [["hours", "06:00-22:00", "24/7"]]]]
    assert [row[1] for row in report.added] == ["T-11"]
    assert stored(session) == before


def test_an_undo_puts_back_exactly_what_was_there(session: Session) -> None:
    bring_in(session, table(ten_rows()))
    before = stored(session)
    second = bring_in(session, table([*ten_rows(名称="新名字", 免费="否"), a_row(11)]))
    assert second.import_id is not None
    undone = importing.undo(session, import_id=second.import_id)
    assert (undone.restored, undone.removed) == (1, 1)
    after = stored(session)
    assert after.pop("T-11")["removed_at"] is not None
    assert after == before


def test_imports_are_undone_one_after_the_other(session: Session) -> None:
    first = bring_in(session, table(ten_rows()))
    second = bring_in(session, table(ten_rows(名称="改过")))
    assert first.import_id is not None
    assert second.import_id is not None
    with pytest.raises(NotUndoable, match=f"请先撤销第 {second.import_id} 次导入"):
        importing.undo(session, import_id=first.import_id)
    importing.undo(session, import_id=second.import_id)
    importing.undo(session, import_id=first.import_id)
    assert all(row["removed_at"] for row in stored(session).values())
    with pytest.raises(NotUndoable):
        importing.undo(session, import_id=first.import_id)


def test_what_was_changed_by_hand_since_is_not_overwritten(session: Session) -> None:
    applied = bring_in(session, table(ten_rows()))
    session.execute(text("UPDATE convenience_facilities SET name = '手改' WHERE code = 'T-3'"))
    before = stored(session)
    assert applied.import_id is not None
    with pytest.raises(NotUndoable, match="手改"):
        importing.undo(session, import_id=applied.import_id)
    assert stored(session) == before


def test_free_spaces_do_not_stand_in_the_way_of_an_undo(session: Session) -> None:
    applied = bring_in(session, table(ten_rows()))
    session.execute(
        text("UPDATE convenience_facilities SET free_spaces = 3, free_spaces_at = now()")
    )
    assert applied.import_id is not None
    assert importing.undo(session, import_id=applied.import_id).removed == 10


def test_what_an_undo_removed_comes_back_with_the_same_file(session: Session) -> None:
    applied = bring_in(session, table(ten_rows()))
    assert applied.import_id is not None
    importing.undo(session, import_id=applied.import_id)
    again = bring_in(session, table(ten_rows()))
    assert again.report.tally.changed == 10
    assert not any(row["removed_at"] for row in stored(session).values())


def test_a_complete_list_removes_what_it_no_longer_names(session: Session) -> None:
    bring_in(session, table(ten_rows()))
    other = mapping(source="other", code_prefix="o-")
    bring_in(session, table([a_row(50)]), other)
    applied = bring_in(session, table(ten_rows()[:8]), wish=Wish(is_complete=True))
    assert applied.report.tally.removed == 2
    gone = {code for code, row in stored(session).items() if row["removed_at"]}
    assert gone == {"T-9", "T-10"}
    assert applied.import_id is not None
    importing.undo(session, import_id=applied.import_id)
    assert not any(row["removed_at"] for row in stored(session).values())


def test_a_complete_list_with_a_bad_row_removes_nothing(session: Session) -> None:
    bring_in(session, table(ten_rows()))
    before = stored(session)
    with pytest.raises(FaultsLeft):
        bring_in(session, table(ten_rows(经度="")), wish=Wish(is_complete=True))
    assert stored(session) == before


# -- rows that are held back -------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"经度": "", "纬度": ""}, "没有坐标"),
        ({"经度": ""}, "坐标不完整"),
        ({"经度": "东边"}, "不是数字"),
        ({"经度": "nan"}, "不是数字"),
        ({"经度": "1e999"}, "不是数字"),
        ({"经度": LATITUDE, "纬度": LONGITUDE}, "写反了"),
        ({"经度": 116.4, "纬度": 39.9}, "在区外"),
        ({"经度": 500, "纬度": 600}, "不在地球上"),
        ({"编号": ""}, "没有写编号"),
        ({"编号": "公厕 1"}, "编号「公厕 1」不能用"),
        ({"编号": "x" * 70}, "不能用"),
        ({"编号": "T-2"}, "和第 3 行重复"),
        ({"名称": "长" * 101}, "名称超过 100 个字"),
        ({"名称": "第2公厕", "经度": LONGITUDE + 0.00202, "纬度": LATITUDE}, "可能是同一处"),
    ],
)
def test_a_bad_row_is_held_back_and_says_why(
    session: Session, changed: dict[str, object], said: str
) -> None:
    applied = bring_in(session, table(ten_rows(**changed)))
    assert said in sentences(applied.report)[4]
    assert (applied.report.tally.added, applied.report.tally.refused) == (9, 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"开放时间": "夏季 6:00-22:00"}, "开放时间「夏季 6:00-22:00」看不懂"),
        ({"免费": "大概"}, "看不懂"),
        ({"地址": "长" * 300}, "只留下前面的"),
        ({"经度": 106.443, "纬度": 29.6}, "在区外"),
    ],
)
def test_what_can_be_unknown_is_remarked_on_and_comes_in(
    session: Session, changed: dict[str, object], said: str
) -> None:
    applied = bring_in(session, table(ten_rows(**changed)))
    assert said in sentences(applied.report)[4]
    assert applied.report.tally.added == 10


def test_unreadable_hours_are_kept_as_they_were_written(session: Session) -> None:
    bring_in(session, table(ten_rows(开放时间="夏季 6:00-22:00")))
    row = stored(session)["T-3"]
    assert (row["hours"], row["hours_fault"]) == (None, "夏季 6:00-22:00")


def test_doubles_come_in_when_asked_for(session: Session) -> None:
    double = {"名称": "第2公厕", "经度": LONGITUDE + 0.00202, "纬度": LATITUDE}
    applied = bring_in(session, table(ten_rows(**double)), mapping(duplicates="keep"))
    assert applied.report.tally.added == 10
    assert "可能是同一处" in sentences(applied.report)[4]


def test_a_double_of_what_is_stored_is_told_with_its_code(session: Session) -> None:
    bring_in(session, table([a_row(1)]))
    report = look_at(session, table([a_row(1, 编号="other")]))
    assert "已有的 T-1" in sentences(report)[2]


def test_rows_to_correct_come_back_with_their_columns_and_can_be_imported(
    session: Session,
) -> None:
    rows = ten_rows(经度="", 名称="=1+1")
    document = Document("x.csv", table(rows))
    source = open_document(document, mapping().file, COMMAND)
    applied = importing.apply(session, document, source, mapping())
    file = io.StringIO(newline="")
    assert importing.write_refused(source, applied.report.refused, file) == 1
    file.seek(0)
    (head, line) = list(csv.reader(file))
    assert head == ["问题", "行号", *COLUMNS]
    assert line[0] == "坐标不完整：经度和纬度要成对"
    assert line[head.index("名称")] == "'=1+1", "Excel takes it for no formula"
    line[head.index("经度")] = "106.533"
    again = bring_in(session, table([line], head))
    assert again.report.tally.added == 1
    assert stored(session)["T-3"]["name"] == "=1+1"


def test_one_bad_row_is_too_many_when_asked(session: Session) -> None:
    with pytest.raises(FaultsLeft):
        bring_in(session, table(ten_rows(经度="")), wish=Wish(is_strict=True))
    assert stored(session) == {}


# -- datums ------------------------------------------------------------------------------


def test_without_a_datum_nothing_is_imported(session: Session) -> None:
    with pytest.raises(DatumMissing):
        look_at(session, table(ten_rows()), mapping(datum=""))
    with pytest.raises(UnknownDatum):
        look_at(session, table(ten_rows()), mapping(datum="beijing54"))


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4490"])
def test_every_datum_leads_to_the_same_place(session: Session, datum: str) -> None:
    latitude, longitude = LATITUDE, LONGITUDE
    if datum in ("gcj02", "bd09"):
        latitude, longitude = wgs84_to_gcj02(latitude, longitude)
    if datum == "bd09":
        latitude, longitude = gcj02_to_bd09(latitude, longitude)
    row = a_row(1, 经度=f"{longitude:.9f}", 纬度=f"{latitude:.9f}")
    bring_in(session, table([row]), mapping(datum=datum))
    facility = session.scalars(select(Facility)).one()
    assert facility.latitude == pytest.approx(LATITUDE, abs=2e-7)
    assert facility.longitude == pytest.approx(LONGITUDE, abs=2e-7)


def test_a_local_grid_is_read_by_its_parameters(session: Session) -> None:
    grid = TOML.replace('longitude = "经度"', 'east = "经度"')
    grid = grid.replace('latitude = "纬度"', 'north = "纬度"')
    parameters = "[grid]\nlat_0 = 0\nlon_0 = 106.5\nk = 1\nx_0 = 500000\ny_0 = 0\n"
    how = mapping(grid + parameters, datum="grid")
    bring_in(session, table([a_row(1, 经度="502906.857", 纬度="3272947.580")]), how)
    facility = session.scalars(select(Facility)).one()
    assert facility.latitude == pytest.approx(29.5745, abs=1e-7)
    assert facility.longitude == pytest.approx(106.53, abs=1e-7)
    with pytest.raises(BadMapping):
        look_at(session, table([a_row(1)]), mapping(grid))


def test_coordinates_in_degrees_and_minutes_are_read(session: Session) -> None:
    row = a_row(1, 经度="东经106°31′48″", 纬度="29°34'28.2\"N")
    bring_in(session, table([row]))
    facility = session.scalars(select(Facility)).one()
    assert facility.latitude == pytest.approx(29.5745)
    assert facility.longitude == pytest.approx(106.53)


# -- the database's own laws ---------------------------------------------------------------


def test_every_change_is_kept_with_what_was_before(session: Session) -> None:
    bring_in(session, table([a_row(1)]))
    session.execute(text("UPDATE convenience_facilities SET name = '甲'"))
    session.execute(text("UPDATE convenience_facilities SET name = '甲'"))
    changes = session.scalars(select(Change).order_by(Change.id)).all()
    assert [change.before and change.before["name"] for change in changes] == [None, "第1公厕"]
    facility = session.scalars(select(Facility)).one()
    assert facility.revision == changes[-1].id


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE convenience_changes SET import_id = NULL",
        "DELETE FROM convenience_changes",
        "DELETE FROM convenience_facilities",
        "DELETE FROM convenience_imports",
        "UPDATE convenience_facilities SET code = 'other'",
        "UPDATE convenience_facilities SET latitude = 'NaN'",
        "UPDATE convenience_facilities SET latitude = 91",
        "UPDATE convenience_facilities SET kind = 'nothing'",
        "UPDATE convenience_facilities SET hours_fault = 'x'",
        "UPDATE convenience_facilities SET free_spaces = 3",
        "UPDATE convenience_facilities SET removal_reason = 'x'",
    ],
)
def test_the_database_refuses_what_must_not_be(session: Session, statement: str) -> None:
    bring_in(session, table([a_row(1)]))
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(statement))


def test_two_imports_at_the_same_time_come_one_after_the_other(
    postgres: EmbeddedPostgres,
) -> None:
    with (
        factories.committing_sessions(postgres) as sessions,
        sessions() as one,
        sessions() as two,
    ):
        bring_in(one, table(ten_rows()))
        two.execute(text("SET lock_timeout = '200ms'"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            bring_in(two, table(ten_rows()))
        two.rollback()
        one.commit()
        assert bring_in(two, table(ten_rows())).import_id is None, "nothing is left to do"
        two.rollback()


def test_geojson_and_its_holes_are_read(session: Session) -> None:
    square = [[106.53, 29.574], [106.531, 29.574], [106.531, 29.575], [106.53, 29.575]]
    features = [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"名称": "方形停车场", "免费": None},
            "geometry": {"type": "Polygon", "coordinates": [[*square, square[0]]]},
        },
        {"type": "Feature", "properties": {"名称": "没有地点"}, "geometry": None},
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    how = mapping(
        'datum = "wgs84"\nkind = "parking"\n[columns]\n'
        'name = "名称"\nlatitude = "geo:lat"\nlongitude = "geo:lng"\nhours = "开放时间"\n'
    )
    applied = bring_in(session, data, how)
    assert sentences(applied.report) == {2: "没有坐标"}
    facility = session.scalars(select(Facility)).one()
    assert facility.latitude == pytest.approx(29.5745)
    assert facility.longitude == pytest.approx(106.5305)
