"""Plates as composed: nothing overlaps, nothing is too small, nothing that cannot be printed."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qr.printing import LAYOUTS, BadPlate, BadSpec, MissingGlyphs, Plate
from qr.printing.layouts import code_bounds, face, furniture, layout_of
from qr.printing.marks import Box, Line
from qr.printing.sheets import Rectangle, page_of
from qr.printing.typeface import typeface
from tests.qr.printing.batches import spec

# The ink of a line about its baseline, in ems: of Chinese characters, of Latin capitals.
ASCENT, CAPITALS, DESCENT = 0.85, 0.74, 0.1
EDGE = 5.0  # mm at a plate of one metre: nothing that is read stands nearer to the cut

PLATES = [
    Plate("4F7K2QX9", "JB-0001", "观音桥"),
    Plate("WWWWWWWW", "JB-2026-01", "观音桥步行街北口", "轨道交通3号线观音桥站2号口旁"),
    Plate("MMMMMMMM", "JB-2000", "江北嘴中央商务区金融城三号楼前小广场东南角", "公交首末站对面"),
    Plate("00000000", "1", "A" * 20, "W" * 12),
]


def ink(line: Line) -> Rectangle:
    width = typeface(line.weight).width(line.text) * line.em
    ascent = CAPITALS if line.text.isascii() else ASCENT
    return Rectangle(line.x, line.y - ascent * line.em, width, (ascent + DESCENT) * line.em)


def touch(one: Rectangle | Box, other: Rectangle | Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("plate", PLATES, ids=lambda plate: plate.place_name[:4])
def test_lines_touch_neither_each_other_nor_the_code_nor_the_edge(name: str, plate: Plate):
    layout, of = LAYOUTS[name], spec(name)
    marks = furniture(layout, of) + face(layout, of, plate)
    lines = [mark for mark in marks if isinstance(mark, Line)]
    bars = [mark for mark in marks if isinstance(mark, Box)]
    edge = EDGE * layout.scale * 0.8

    assert [
        (one.text, other.text)
        for one, other in combinations(lines, 2)
        if touch(ink(one), ink(other))
    ] == []
    assert [line.text for line in lines if touch(ink(line), code_bounds(layout))] == []
    assert [bar for bar in bars if touch(bar, code_bounds(layout))] == []
    for line in lines:
        box = ink(line)
        assert box.x >= edge
        assert box.x + box.width <= layout.width - edge
        assert box.y >= edge
        assert box.y + box.height <= layout.height - edge * 0.5


@pytest.mark.parametrize("name", LAYOUTS)
def test_words_are_black_on_paper_or_white_on_black_never_across(name: str):
    layout, of = LAYOUTS[name], spec(name)
    marks = furniture(layout, of) + face(layout, of, PLATES[1])
    black = [mark for mark in marks if isinstance(mark, Box) and mark.is_black]
    for line in (mark for mark in marks if isinstance(mark, Line)):
        under = [
            bar
            for bar in black
            if bar.x <= line.x
            and bar.y <= ink(line).y
            and bar.y + bar.height >= ink(line).y + ink(line).height
        ]
        assert bool(under) != line.is_black, line.text


@pytest.mark.parametrize("name", LAYOUTS)
def test_from_the_distance_of_scanning_everything_can_be_read(name: str):
    layout, of = LAYOUTS[name], spec(name)
    marks = furniture(layout, of) + face(layout, of, PLATES[2])
    smallest = min(mark.em for mark in marks if isinstance(mark, Line))

    assert smallest >= layout.distance * 1000 / 125 - 1e-6
    assert layout.module >= layout.distance * 1000 / 270
    assert layout.module >= 1.5


@pytest.mark.parametrize("name", LAYOUTS)
def test_bands_run_into_the_bleed(name: str):
    layout = LAYOUTS[name]
    bars = [bar for bar in furniture(layout, spec(name)) if isinstance(bar, Box)]
    top = min(bars, key=lambda bar: bar.y)
    foot = max(bars, key=lambda bar: bar.y)

    assert (top.x, top.y) == pytest.approx((-layout.bleed, -layout.bleed))
    assert foot.x + foot.width == pytest.approx(layout.width + layout.bleed)
    assert foot.y + foot.height == pytest.approx(layout.height + layout.bleed)


@pytest.mark.parametrize("name", LAYOUTS)
def test_cutting_marks_point_at_cuts_and_stay_off_the_bleed(name: str):
    page = page_of(LAYOUTS[name])
    edges = {edge for cell in page.cells for edge in (cell.x, cell.x + cell.width)}
    for x, y, end_x, end_y in page.cutting_marks():
        mark = Rectangle(min(x, end_x), min(y, end_y), abs(x - end_x), abs(y - end_y))
        assert not touch(mark.grown(0.1), page.bleed)
        assert mark.x >= 0
        assert mark.y >= 0
        assert mark.x + mark.width <= page.width
        assert mark.y + mark.height <= page.height
        assert x != end_x or x in edges
    for one, other in combinations(page.cells, 2):
        assert not touch(one.grown(LAYOUTS[name].bleed - 1e-6), other.grown(0))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("观音桥\n步行街", "U[+]000A"),
        ("观音桥\x00", "U[+]0000"),
        ("观音桥\u202e街行步", "U[+]202E"),
        ("观\u200b音桥", "U[+]200B"),
        ("q\u0328\u0323", "U[+]0323"),
        ("\ud800", "U[+]D800"),
        ("观音桥\u2028", "U[+]2028"),
        ("a\ufe0f", "U[+]FE0F"),
        ("\ue000", "U[+]E000"),
    ],
)
def test_what_no_plate_can_hold_is_refused_and_named(name: str, sentence: str):
    with pytest.raises(BadPlate, match=f"地点名称里有不能印的字符 .*{sentence}"):
        face(LAYOUTS["post"], spec(), Plate("4F7K2QX9", "JB-0001", f"甲{name}乙"))


@pytest.mark.parametrize("name", ["公园🚻东门", "مرحبا", "שלום", "ᚠ"])
def test_a_character_without_a_picture_is_refused_and_named(name: str):
    with pytest.raises(MissingGlyphs) as refusal:
        face(LAYOUTS["post"], spec(), Plate("4F7K2QX9", "JB-0001", name))
    odd = min(set(name) - set("公园东门观音桥"))
    assert f"U+{ord(odd):04X}「{odd}」" in refusal.value.sentence


@pytest.mark.parametrize("letter", "〇㛃䶮龘弄浜圩埗塱涌氹·—（）")
def test_rare_characters_of_place_names_have_a_picture(letter: str):
    assert typeface("bold").missing(letter) == typeface("medium").missing(letter) == set()


@pytest.mark.parametrize("length", [60, 201, 100_000])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_name_that_does_not_fit_is_refused_with_its_length(name: str, length: int):
    with pytest.raises(BadPlate, match=f"地点名称.*（{length} 字）”太长"):
        face(LAYOUTS[name], spec(name), Plate("4F7K2QX9", "JB-0001", "长" * length))


def test_a_long_address_stands_alone():
    of = spec(public_url="https://" + "q" * 20 + ".cn")
    lines = [line.text for line in face(LAYOUTS["post"], of, PLATES[1]) if isinstance(line, Line)]

    assert lines[-1] == "q" * 20 + ".cn/s/WWWWWWWW"


def test_a_name_is_broken_where_it_reads_well():
    plate = Plate(
        "4F7K2QX9", "JB-0001", "江北嘴中央商务区（金融城）3号楼 International Center 东门"
    )
    lines = [line for line in face(LAYOUTS["post"], spec(), plate) if isinstance(line, Line)][:2]

    assert [line.text for line in lines] == [
        "江北嘴中央商务区（金融城）",
        "3号楼 International Center 东门",
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=250), st.sampled_from(sorted(LAYOUTS)))
def test_any_name_fits_or_is_refused(name: str, layout: str):
    refusals = []
    try:
        lines = face(LAYOUTS[layout], spec(layout), Plate("4F7K2QX9", "JB-0001", name))
    except BadPlate as refusal:
        refusals.append(refusal.sentence)
        lines = []
    assert all(sentence.endswith(("再试。", "写法。")) for sentence in refusals)
    assert all(ink(line).x >= 0 for line in lines if isinstance(line, Line))


def test_an_unknown_layout_is_refused_and_those_there_are_are_named():
    with pytest.raises(BadSpec, match=r"post：.*sticker-a4"):
        layout_of(spec("铜牌"))
