"""A batch is released whole and tested, or not at all."""

import csv
import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from qr.printing import (
    BadAddress,
    BadPlate,
    BadSpec,
    BatchExists,
    BatchInProgress,
    Level,
    MissingGlyphs,
    NoFont,
    NotAsPlanned,
    Plate,
    print_batch,
)
from qr.printing import typeface as typefaces
from qr.printing.matrices import Matrices, matrices
from tests.conftest import ROOT
from tests.qr.printing.batches import plates, spec

COUNT = 20


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("print") / "2026-11-A"
    print_batch(plates(COUNT), spec("post", with_svg=True, with_png=True), folder)
    return folder


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_manifest_knows_every_file_by_its_hash(released: Path):
    manifest = json.loads((released / "manifest.json").read_text(encoding="utf-8"))
    files = {
        path.relative_to(released).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in released.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }

    assert {file["name"]: file["sha256"] for file in manifest["files"]} == files
    assert len(files) == 2 + 2 * COUNT
    assert manifest["pages"] == COUNT
    assert manifest["modules"] == 29
    assert manifest["level"] == "Q"


def test_the_list_says_on_which_page_each_plate_is(released: Path):
    text = (released / "plates.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))

    assert [int(row["页"]) for row in rows] == list(range(1, COUNT + 1))
    assert [row["编码"].replace("-", "") for row in rows] == [one.code for one in plates(COUNT)]
    assert rows[0]["网址"] == f"https://q.example.cn/s/{plates(COUNT)[0].code}"


def test_on_a_sheet_plates_have_a_place(tmp_path: Path):
    made = print_batch(plates(6), spec("sticker-a4"), tmp_path / "a")

    assert [(one.page, one.place) for one in made.plates] == [
        *((1, 1), (1, 2), (1, 3), (1, 4)),
        *((2, 1), (2, 2)),
    ]


def test_the_same_batch_is_the_same_bytes(tmp_path: Path):
    one = print_batch(plates(3), spec(), tmp_path / "one")
    other = print_batch(plates(3), spec(), tmp_path / "other")

    assert one == other


def test_a_repeated_call_gets_the_released_batch(released: Path):
    def never(*_: object) -> None:
        pytest.fail("made again")

    same = spec("post", with_svg=True, with_png=True)
    assert len(print_batch(plates(COUNT), same, released, never).plates) == COUNT


def test_another_batch_does_not_take_its_folder(released: Path):
    with pytest.raises(BatchExists, match=r"另一批（2026-11-A，20 块）"):
        print_batch(plates(COUNT), spec("wall"), released)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("mine")
    with pytest.raises(BatchExists, match="已经存在"):
        print_batch(plates(1), spec(), tmp_path / "a")

    assert leftovers(tmp_path / "a") == ["notes.txt"]


@pytest.mark.parametrize("harm", ["plates.pdf", "plates.csv", "manifest.json"])
def test_a_released_batch_that_was_changed_is_not_passed_on(tmp_path: Path, harm: str):
    print_batch(plates(1), spec(), tmp_path / "a")
    with (tmp_path / "a" / harm).open("ab") as file:
        file.write(b"x")
    with pytest.raises(NotAsPlanned):
        print_batch(plates(1), spec(), tmp_path / "a")


def test_progress_tells_steps_and_plates(tmp_path: Path):
    told: list[tuple[str, int, int]] = []
    print_batch(plates(5), spec(), tmp_path / "a", lambda *now: told.append(now))

    assert told[0] == ("排版", 1, 5)
    assert told[-1] == ("逐块读回核对", 5, 5)


def test_a_file_that_says_something_else_is_not_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def turned(urls: list[str], level: Level) -> Matrices:
        return matrices([*urls[1:], urls[0]], level)

    monkeypatch.setattr("qr.printing.batch.matrices", turned)
    with pytest.raises(NotAsPlanned, match="第 1 页的 JB-0001 二维码读成了"):
        print_batch(plates(3), spec(), tmp_path / "a")

    assert leftovers(tmp_path) == []


def test_missing_glyphs_fail_the_batch_and_name_plates_and_characters(tmp_path: Path):
    some = plates(4)
    some[1] = replace(some[1], place_name="观音桥🚻")
    some[3] = replace(some[3], place_hint="مرحبا")
    with pytest.raises(MissingGlyphs) as refusal:
        print_batch(some, spec(), tmp_path / "a")

    first, second = refusal.value.sentence.splitlines()
    assert first.startswith("JB-0002：")
    assert "U+1F6BB「🚻」" in first
    assert second.startswith("JB-0004：")
    assert "地点提示" in second
    assert leftovers(tmp_path) == []


def test_of_many_faults_the_first_are_named_and_all_are_counted(tmp_path: Path):
    some = [replace(plate, place_name="长" * 99) for plate in plates(12)]
    with pytest.raises(BadPlate) as refusal:
        print_batch(some, spec(), tmp_path / "a")

    assert len(refusal.value.sentence.splitlines()) == 9
    assert refusal.value.sentence.endswith("一共 12 块牌子有问题。")


GOOD = plates(1)[0]


@pytest.mark.parametrize(
    ("some", "sentence"),
    [
        ([], "没有牌子"),
        ([GOOD] * 20_001, "最多 20000 块"),
        ([GOOD, GOOD], "编码 .* 重复"),
        ([GOOD, replace(plates(2)[1], number=GOOD.number)], "牌号 JB-0001 重复"),
        ([replace(GOOD, code="00000001")], "不是有效编码"),
        ([replace(GOOD, code=GOOD.code.lower())], "不是有效编码"),
        ([replace(GOOD, number="JB 1")], "牌号 'JB 1' 只能是"),
        ([replace(GOOD, number="\x1b[31m")], r"牌号 '\\x1b\[31m' 只能是"),
        ([replace(GOOD, place_name=" \n")], "JB-0001 没有地点名称"),
    ],
)
def test_a_list_with_a_wrong_plate_is_refused(tmp_path: Path, some: list[Plate], sentence: str):
    with pytest.raises(BadPlate, match=sentence):
        print_batch(some, spec(), tmp_path / "a")

    assert leftovers(tmp_path) == []


def test_address_and_layout_are_checked_before_anything_is_made(tmp_path: Path):
    with pytest.raises(BadAddress, match="缩短"):
        print_batch(plates(1), spec(public_url="https://" + "a" * 40 + ".cn"), tmp_path / "a")
    with pytest.raises(BadSpec):
        print_batch(plates(1), spec("none"), tmp_path / "a")
    with pytest.raises(MissingGlyphs, match="城区名称"):
        print_batch(plates(1), spec(district_name="🏙"), tmp_path / "a")

    assert leftovers(tmp_path) == []


def test_without_the_font_the_refusal_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    typefaces.typeface.cache_clear()
    monkeypatch.setattr(typefaces, "FILES", {"medium": tmp_path / "no", "bold": tmp_path / "no"})
    with pytest.raises(NoFont, match=re.escape("local/setup.sh")):
        print_batch(plates(1), spec(), tmp_path / "a")
    typefaces.typeface.cache_clear()


KILLED = """
import os, signal, sys
from pathlib import Path
from qr.printing import print_batch
from tests.qr.printing.batches import plates, spec
def die(step, done, of):
    if step == "逐块读回核对" and done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
print_batch(plates(5), spec(), Path(sys.argv[1]), die)
"""


def test_after_a_killed_run_nothing_is_released_and_the_next_run_cleans_up(tmp_path: Path):
    goal = tmp_path / "a"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", KILLED, str(goal)], env=environment, check=False
    )

    assert killed.returncode == -9
    assert leftovers(tmp_path) == [".a.unfinished"]
    print_batch(plates(5), spec(), goal)
    assert leftovers(tmp_path) == ["a"]


def test_two_runs_into_one_folder_take_turns(tmp_path: Path):
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(BatchInProgress):
        print_batch(plates(1), spec(), tmp_path / "a")
    os.close(handle)
    print_batch(plates(1), spec(), tmp_path / "a")

    assert leftovers(tmp_path) == ["a"]
