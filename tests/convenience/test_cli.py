"""The commands: what they do, what they say, and that a refusal leaves everything as it was."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import territory
from convenience.cli import commands
from convenience.models import Facility, Kind
from tests.convenience.files import TOML, table, ten_rows


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "公厕.toml").write_text(TOML, "utf-8")
    (tmp_path / "公厕.csv").write_bytes(table(ten_rows(经度="")))
    return tmp_path


def run(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(commands, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def count(session: Session) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).where(Facility.removed_at.is_(None))) or 0


def test_a_file_is_checked_imported_and_taken_back(
    app: Flask, session: Session, folder: Path
) -> None:
    words = ("import", "公厕.csv", "--mapping", "公厕.toml")
    code, said = run(app, *words, "--dry-run")
    assert (code, count(session)) == (0, 0)
    assert "新增 9" in said
    assert "只是检查，没有写入" in said
    code, said = run(app, *words)
    assert (code, count(session)) == (0, 9)
    assert "第 4 行（不导入）：坐标不完整" in said
    assert (folder / "公厕.问题行.csv").exists()
    assert (folder / "公厕.问题行2.csv").exists(), "the first may be at work under somebody's hands"
    number = said.rsplit("undo ", 1)[1].strip()
    code, said = run(app, *words)
    assert "没有改动" in said
    assert run(app, "undo", number) == (0, "已撤销：恢复 0 个，撤除 9 个。\n")
    assert count(session) == 0
    code, said = run(app, "undo", number)
    assert code == 1
    assert "已经撤销" in said


def test_a_refusal_is_one_sentence(app: Flask, session: Session, folder: Path) -> None:
    (folder / "公厕.toml").write_text(TOML.replace('datum = "wgs84"', ""), "utf-8")
    code, said = run(app, "import", "公厕.csv", "--mapping", "公厕.toml")
    assert code == 1
    assert "请说明坐标是哪一种坐标系" in said
    assert run(app, "import", "公厕.csv", "--mapping", "公厕.toml", "--datum", "wgs84")[0] == 0
    assert run(app, "import", "公厕.csv", "--mapping", "nothing")[0] == 1
    assert count(session) == 9


def test_demo_facilities_come_once_and_lie_in_the_district(app: Flask, session: Session) -> None:
    code, said = run(app, "demo", "--count", "2000")
    assert code == 0
    assert "新增 2000 个" in said
    assert "已有 2000 个" in run(app, "demo", "--count", "2000")[1]
    facilities = session.scalars(select(Facility)).all()
    assert len(facilities) == 2000
    assert all(f.is_demo and "演示" in f.name and f.hours_fault is None for f in facilities)
    assert {f.kind for f in facilities} >= {"toilet", "parking", "police_kiosk", "car_wash"}
    south, west, north, east = territory.district().box
    assert all(south <= f.latitude <= north and west <= f.longitude <= east for f in facilities)


def test_a_kind_is_added_once(app: Flask, session: Session) -> None:
    assert run(app, "add-kind", "charging", "充电桩", "--alias", "充电站")[0] == 0
    assert run(app, "add-kind", "charging", "充电桩")[0] == 1
    assert run(app, "add-kind", "Big Kind", "x")[0] == 1
    kind = session.get(Kind, "charging")
    assert kind is not None
    assert kind.aliases == ["充电站"]


def test_the_shipped_mappings_are_listed(app: Flask) -> None:
    assert "osm_toilets" in run(app, "mappings")[1]
