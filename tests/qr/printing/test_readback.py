"""Reading back finds what was spoiled on purpose, and names the plate."""

from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from qr.printing import LAYOUTS, NotAsPlanned
from qr.printing.layouts import layout_of
from qr.printing.marks import Box, Line
from qr.printing.pdf import Drawn
from qr.printing.readback import Expected, read_back
from qr.printing.spec import BatchSpec, Plate
from tests.qr.printing.batches import drawn, expected, plates, spec, written

COUNT = 6


@pytest.fixture
def of() -> BatchSpec:
    return spec()


@pytest.fixture
def some() -> list[Plate]:
    return plates(COUNT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plates.pdf"


def refused(path: Path, of: BatchSpec, said: list[Expected]) -> str:
    with pytest.raises(NotAsPlanned) as refusal:
        read_back(path, layout_of(of), said)
    return refusal.value.sentence


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_was_drawn_is_read_back_in_every_layout(name: str, path: Path, some: list[Plate]):
    of = spec(name)
    seen: list[int] = []
    written(path, drawn(some, of), of)
    read_back(path, layout_of(of), expected(some, of), seen.append)

    assert seen[-1] == COUNT
    assert seen == sorted(seen)


@pytest.mark.parametrize("name", ["post", "sticker-a4"])
def test_two_plates_in_each_others_place(name: str, path: Path, some: list[Plate]):
    of = spec(name)
    made = drawn(some, of)
    made[2], made[3] = made[3], made[2]
    written(path, made, of)

    sentence = refused(path, of, expected(some, of))
    assert "JB-0003" in sentence
    assert f"/s/{some[3].code}" in sentence


def test_pages_put_in_another_order_afterwards(path: Path, of: BatchSpec, some: list[Plate]):
    written(path, drawn(some, of), of)
    swapped = PdfWriter()
    for page in reversed(PdfReader(path).pages):
        swapped.add_page(page)
    swapped.write(path)

    assert "第 1 页的 JB-0001" in refused(path, of, expected(some, of))


@pytest.mark.parametrize("count", [5, 7])
def test_a_page_too_few_or_too_many(path: Path, of: BatchSpec, some: list[Plate], count: int):
    written(path, drawn(plates(count), of), of)

    assert f"应有 {COUNT} 页，实际有 {count} 页" in refused(path, of, expected(some, of))


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        (1, "二维码有 1 格不对"),
        (3, "二维码有 9 格不对"),  # what a decoder repairs without a word
        (16, "二维码读不出"),
    ],
)
def test_a_block_of_modules_inverted(
    path: Path, of: BatchSpec, some: list[Plate], block: int, fault: str
):
    made = drawn(some, of)
    spoiled = made[4].matrix.copy()
    spoiled[10 : 10 + block, 10 : 10 + block] ^= True
    made[4] = Drawn(made[4].marks, spoiled)
    written(path, made, of)

    assert f"第 5 页的 JB-0005 {fault}" in refused(path, of, expected(some, of))


def test_ink_in_the_quiet_zone(path: Path, of: BatchSpec, some: list[Plate]):
    made = drawn(some, of)
    made[0] = Drawn([*made[0].marks, Box(30, 100, 8, 8)], made[0].matrix)
    written(path, made, of)

    assert "JB-0001 二维码有" in refused(path, of, expected(some, of))


def test_a_code_without_its_words(path: Path, of: BatchSpec, some: list[Plate]):
    made = drawn(some, of)
    wrong = [
        replace(mark, text="JB-9999") if isinstance(mark, Line) and mark.text == "JB-0002" else mark
        for mark in made[1].marks
    ]
    made[1] = Drawn(wrong, made[1].matrix)
    written(path, made, of)

    assert "JB-0002 牌面上没有“JB-0002”" in refused(path, of, expected(some, of))


def test_a_second_code_on_a_plate(path: Path, some: list[Plate]):
    of = spec("wall")
    made = drawn(some, of)
    other = made[1].matrix
    small = [
        Box(210 + x * 2, 100 + y * 2, 2, 2)
        for y in range(other.shape[0])
        for x in range(other.shape[1])
        if other[y, x]
    ]
    paper = Box(200, 90, 80, 80, is_black=False)
    made[0] = Drawn([*made[0].marks, paper, *small], made[0].matrix)
    written(path, made, of)

    assert f"JB-0001 二维码读成了 https://q.example.cn/s/{some[0].code}、" in (
        refused(path, of, expected(some, of))
    )


def test_a_letter_that_is_named_but_not_drawn(path: Path, of: BatchSpec, some: list[Plate]):
    made = drawn(some, of)
    name = next(mark for mark in made[2].marks if isinstance(mark, Line))
    over = Box(name.x, name.y - name.em, name.em, 1.3 * name.em, is_black=False)
    made[2] = Drawn([*made[2].marks, over], made[2].matrix)
    written(path, made, of)

    sentence = refused(path, of, expected(some, of))
    assert f"JB-0003 “{name.text}”里的“{name.text[0]}”没有印出来" in sentence
