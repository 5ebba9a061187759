"""Imports of the tree, of bodies and people: row by row, all or nothing, twice, two at once."""

import json
from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import territory
from local.postgres import EmbeddedPostgres
from territory import importing
from territory.errors import FileTooLarge, ImportChanged, UnknownColumns, UnreadableFile
from territory.models import Area, Person, TerritoryImport
from territory.records import MOST_ROWS, read
from tests.factories import committing_sessions
from tests.territory.grounds import (
    CELLS,
    COMMUNITIES,
    DISTRICT,
    STREETS,
    TREE,
    bring_in,
    collection,
    feature,
    planted,
    square,
)
from tests.turns import Turns

BODIES = "编码,名称,类型,属地,状态\nD1,市政所,区级部门,,\nW1,一号小区,物业小区,500105001001,启用\n"
PEOPLE = "地域,职责,姓名,电话,责任单位\n500105001001,网格长,甲,02366666666,W1\n"


def faults(data: bytes | str, session: Session, *, is_complete: bool = False) -> list[str]:
    raw = data.encode() if isinstance(data, str) else data
    report = importing.check(session, read(raw), is_complete=is_complete)
    return [sentence for _, level, sentence in report.lines if level == "error"]


def test_a_tree_comes_in_and_the_same_again_changes_nothing(session: Session) -> None:
    planted(session)
    again = bring_in(session, TREE)

    assert (again.added, again.changed, again.same, again.retired) == (0, 0, 9, 0)
    assert [row.code for row in territory.tree(session)] == [
        "500105", "500105001", "500105001001", "500105002", "500105002001",
    ]  # fmt: skip


def test_rows_may_come_in_any_order(session: Session) -> None:
    report = bring_in(session, collection(*CELLS[::-1], *COMMUNITIES, *STREETS, DISTRICT))
    assert (report.added, report.lines) == (9, [])


def test_a_csv_renames_and_keeps_the_outline(session: Session) -> None:
    planted(session)
    report = bring_in(
        session, "编码,名称,类型,上级\n500105001,新甲街道,街道,500105\n".encode("gb18030")
    )

    assert report.changes == ["更改：街道 新甲街道（500105001）：名称"]
    area = session.get_one(Area, "500105001")
    assert (area.name, area.west) == ("新甲街道", 106.5)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ([feature("50010", "district")], "编码「50010」不合"),
        ([feature("500105001", "street", "500105"), feature("500105001", "street", "500105")], "重复"),
        ([feature("500105003", "street", "500106")], "上级「500106」不是区"),
        ([feature("500105003", "street")], "上级「没有写」不是区"),
        ([feature("500105003001", "community", "500105")], "上级「500105」不是街道"),
        ([feature("500105001", "grid", "500105001001")], "级别不能改"),
        ([feature("500106", "district")], "只能有一个区"),
        ([feature("500106003", "street", "500105")], "前六位"),
        ([feature("500105003", "planet", "500105")], "不认识类型「planet」"),
        ([feature("500105003", "street", "500105", name="长" * 61)], "名称太长"),
        ([feature("500105003", "street", "500105", state="睡着")], "状态应当是"),
        ([feature("500105001", "street", "500105", state="停用")], "还启用着"),
        ([{"type": "Feature"}, 5], "不是 Feature"),
        ([feature("", "street", "500105")], "缺少：编码"),
        ([feature("500105003", "street", "500105", square(1, 0))], "重叠"),
        ([feature("500105003", "street", "500105", square(1, 5)[:3])], "坐标不完整"),
        ([feature("500105003", "street", "500105", [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]])], "自己交叉"),
        ([feature("500105003", "street", "500105", [[0, 0], [1, 1], [2, 2], [0, 0]])], "不在地球上|自己交叉"),
        ([feature("500105003", "street", "500105", [[0, 0], [999, 0], [999, 9], [0, 0]])], "不在地球上"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_of_its_row_and_nothing_is_written(
    session: Session, features: list[Mapping[str, object]], said: str
) -> None:
    planted(session)
    data = collection(*features, feature("500105009", "street", "500105"))
    found = faults(data, session)

    assert any(part in "".join(found) for part in said.split("|")), found
    assert bring_in(session, data).refused
    assert session.get(Area, "500105009") is None


def test_what_hangs_together_may_be_retired_together(session: Session) -> None:
    planted(session)
    gone = [
        feature("500105002", "street", "500105", state="停用"),
        feature("500105002001", "community", "500105002", state="停用"),
        *(feature(f"50010500200100{n}", "grid", "500105002001", state="停用") for n in (1, 2)),
    ]
    report = bring_in(session, collection(*gone))

    assert (report.retired, report.lines) == (4, [])
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert [row.code for row in territory.streets(session)] == ["500105001"]


def test_a_complete_file_retires_what_it_does_not_name(session: Session) -> None:
    planted(session)
    report = bring_in(session, collection(*CELLS[1:]), is_complete=True)

    assert report.changes == ["停用：名500105001001001（500105001001001）"]
    assert not session.get_one(Area, "500105001001001").is_active
    assert "还启用着" in "".join(faults(collection(STREETS[0]), session, is_complete=True))


def test_a_cell_outside_its_parent_is_a_warning(session: Session) -> None:
    planted(session)
    stray = feature("500105002001009", "grid", "500105002001", square(9, 9))
    report = bring_in(session, collection(stray))
    assert report.lines == [(1, "warning", "有 100% 在上级 500105002001 的范围以外。")]


def test_coordinates_of_other_maps_are_brought_to_ours(session: Session) -> None:
    importing.apply(session, read(collection(DISTRICT), datum="gcj02"))
    area = session.get_one(Area, "500105")
    assert area.west == pytest.approx(106.50 - 0.0038, abs=3e-4)
    assert area.south == pytest.approx(29.50 + 0.0027, abs=3e-4)


def test_bodies_and_people_come_in_by_their_columns(session: Session) -> None:
    planted(session)
    assert bring_in(session, BODIES.encode()).added == 2
    assert bring_in(session, PEOPLE.encode()).added == 1
    assert bring_in(session, PEOPLE.encode()).same == 1

    (person,) = territory.people_of(session, ["500105001001"])
    assert (person.duty, person.name, person.body_name) == ("网格长", "甲", "一号小区")


def test_bodies_may_swap_names_in_one_file(session: Session) -> None:
    planted(session)
    bring_in(session, BODIES.encode())
    report = bring_in(
        session, "编码,名称,类型\nD1,一号小区,部门\n".replace("部门", "区级部门").encode()
    )
    assert report.refused  # the other one still has the name
    swapped = "编码,名称,类型\nD1,一号小区,区级部门\nW1,市政所,物业小区\n"
    assert bring_in(session, swapped.encode()).changed == 2


def test_people_who_are_in_no_complete_file_any_more_are_forgotten(session: Session) -> None:
    planted(session)
    bring_in(session, BODIES.encode())
    bring_in(session, PEOPLE.encode())
    bring_in(session, PEOPLE.replace("甲", "丙").encode(), is_complete=True)
    assert list(session.scalars(select(Person.name))) == ["丙"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("编码,名称,类型\nD9,市政所,区级部门\n", "名称已经是 D1 的了"),
        ("编码,名称,类型\nD8,某所,区级部门\nD9,某所,区级部门\n", "重复"),
        ("编码,名称,类型,属地\nD9,某所,区级部门,999\n", "没有启用的地域「999」"),
        ("编码,名称,类型\nD9,某所,星球\n", "不认识类型「星球」"),
        ("编码,名称,类型\nD9,,区级部门\n", "缺少：名称"),
        ("地域,职责,姓名\n999,网格长,甲\n", "没有启用的地域「999」"),
        ("地域,职责,姓名,责任单位\n500105,网格长,甲,没有\n", "没有责任单位「没有」"),
        ("地域,职责,姓名,电话\n500105,网格长,甲,1\n", "电话的长度不对"),
    ],
)
def test_bodies_and_people_that_cannot_be_are_refused(
    session: Session, rows: str, said: str
) -> None:
    planted(session)
    bring_in(session, BODIES.encode())
    assert said in "".join(faults(rows, session))


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", UnknownColumns),
        (b"\xff\xfe\x00\x01\x80", UnreadableFile),
        (b"a,b,c\n1,2,3\n", UnknownColumns),
        ("编码,名称,类型\n".encode(), UnreadableFile),
        (b'a,"b\n', UnreadableFile),
        (b"{", UnreadableFile),
        (b"{" * 100_000, UnreadableFile),
        (b'{"features": []}', UnreadableFile),
        (b'{"features": {"a": 1}}', UnreadableFile),
        (("编码,名称,类型\n" + "D,x,区级部门\n" * (MOST_ROWS + 1)).encode(), FileTooLarge),
    ],
)
def test_files_that_are_none_are_turned_away(data: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        read(data)


@settings(max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=True) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=5)
            | st.dictionaries(st.sampled_from(["type", "coordinates", "code", "kind"]), inner)
        ),
        max_leaves=12,
    )
)
def test_garbage_in_a_feature_is_a_fault_of_its_row(garbage: object) -> None:
    good = feature("500105", "district")
    found = read(
        json.dumps(
            {
                "features": [
                    garbage,
                    {**good, "geometry": garbage},
                    {**good, "geometry": {"type": "Polygon", "coordinates": garbage}},
                    {**good, "properties": garbage},
                ]
            }
        ).encode()
    )
    assert all(row.fault or row.shape is None for row in found.rows)


def test_what_was_agreed_to_is_what_is_done(session: Session) -> None:
    agreed = importing.check(session, read(TREE)).as_json()
    bring_in(session, collection(DISTRICT))
    with pytest.raises(ImportChanged):
        importing.apply(session, read(TREE), expected=agreed)
    agreed = importing.check(session, read(TREE)).as_json()
    assert importing.apply(session, read(TREE), expected=agreed).added == 8


def test_of_two_imports_at_once_the_second_sees_the_first(postgres: EmbeddedPostgres) -> None:
    with committing_sessions(postgres) as sessions, Turns(sessions) as (first, second):
        assert first.do(lambda session: bring_in(session, TREE).added) == 9
        waiting = second.begin(lambda session: bring_in(session, TREE).same)
        second.wait_until_blocked()
        first.commit()
        assert waiting.result(10) == 9


def test_without_the_wait_two_imports_at_once_both_believe_to_add(
    postgres: EmbeddedPostgres,
) -> None:
    with committing_sessions(postgres) as sessions, Turns(sessions) as (first, second):
        plans = [who.do(lambda s: importing.check(s, read(TREE)).added) for who in (first, second)]
    assert plans == [9, 9]


@pytest.fixture
def run(app: Flask, tmp_path: object) -> Callable[..., tuple[int, str]]:
    def command(data: bytes, *options: str) -> tuple[int, str]:
        path = f"{tmp_path}/名单.csv"
        with open(path, "wb") as file:  # noqa: PTH123  # one line
            file.write(data)
        result = app.test_cli_runner().invoke(args=["territory", "import", path, *options])
        return result.exit_code, result.output

    return command


def test_the_command_reports_row_by_row(
    run: Callable[..., tuple[int, str]], session: Session
) -> None:
    code, said = run(TREE, "--dry-run")
    assert code == 0
    assert "新增 9" in said
    assert "没有写入" in said
    assert session.get(Area, "500105") is None

    assert run(TREE)[0] == 0
    assert session.scalars(select(TerritoryImport.state)).one() == "applied"

    code, said = run(collection(feature("500105003", "street", "999999")))
    assert code == 1
    assert "第 1 行（不能导入）：上级「999999」" in said
    assert run(b"a,b\n1,2\n")[0] == 1
