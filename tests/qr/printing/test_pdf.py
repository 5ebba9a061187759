"""The print file, looked into with another program: boxes, colours, fonts, nothing but vectors."""

from collections.abc import Iterator

import pytest
from pypdf import PageObject, PdfReader
from pypdf.generic import ContentStream, DictionaryObject

from qr.printing import LAYOUTS
from qr.printing.sheets import page_of
from tests.qr.printing.batches import drawn, plates, spec, written

MM = 72 / 25.4
COLOUR = {b"g", b"G", b"rg", b"RG", b"k", b"K", b"cs", b"CS", b"sc", b"SC", b"scn", b"SCN"}
PAINTED = {b"sh", b"BI", b"INLINE IMAGE", b"gs"}

Operation = tuple[list[object], bytes]


@pytest.fixture(scope="module", params=sorted(LAYOUTS))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    path = tmp_path_factory.mktemp(request.param) / "plates.pdf"
    of = spec(request.param)
    written(path, drawn(plates(5), of), of)
    return PdfReader(path)


@pytest.fixture
def layout(request: pytest.FixtureRequest) -> str:
    name: str = request.node.callspec.params["made"]
    return name


def resources(one: DictionaryObject, kind: str) -> list[DictionaryObject]:
    held = one["/Resources"]
    assert isinstance(held, DictionaryObject)
    found = held.get(kind, DictionaryObject()).get_object()
    assert isinstance(found, DictionaryObject)
    every = [each.get_object() for each in found.values()]
    return [each for each in every if isinstance(each, DictionaryObject)]


def forms(page: PageObject) -> list[DictionaryObject]:
    return resources(page, "/XObject")


def operations(file: PdfReader) -> Iterator[Operation]:
    for page in file.pages:
        yield from ContentStream(page.get_contents(), file).operations
        for form in forms(page):
            yield from ContentStream(form, file).operations


def test_each_page_says_where_it_is_cut_and_how_far_ink_runs(made: PdfReader, layout: str):
    kind, page = LAYOUTS[layout], page_of(LAYOUTS[layout])
    for one in made.pages:
        trim, bleed, media = one.trimbox, one.bleedbox, one.mediabox
        if kind.sheet is None:
            assert float(trim.width) == pytest.approx(kind.width * MM, abs=0.01)
            assert float(trim.height) == pytest.approx(kind.height * MM, abs=0.01)
        assert float(trim.left) == pytest.approx(page.trim.x * MM, abs=0.01)
        assert float(trim.left - bleed.left) == pytest.approx(kind.bleed * MM, abs=0.01)
        assert float(bleed.top - trim.top) == pytest.approx(kind.bleed * MM, abs=0.01)
        assert float(trim.bottom - bleed.bottom) == pytest.approx(kind.bleed * MM, abs=0.01)
        assert media.left < bleed.left
        assert media.top > bleed.top


def test_there_is_ink_on_the_black_plate_only(made: PdfReader):
    colours = [(operands, name) for operands, name in operations(made) if name in COLOUR]

    assert {name for _, name in colours} == {b"k", b"K"}
    assert {tuple(map(float, operands)) for operands, _ in colours} == {  # type: ignore[arg-type]  # numbers, by the operators asked for
        (0.0, 0.0, 0.0, 1.0),
        (0.0, 0.0, 0.0, 0.0),
    }


def test_everything_is_drawn_with_lines_and_letters(made: PdfReader):
    assert PAINTED & {name for _, name in operations(made)} == set()
    for page in made.pages:
        assert {str(form["/Subtype"]) for form in forms(page)} == {"/Form"}
        assert not page.images


def test_every_font_is_in_the_file_as_a_subset(made: PdfReader):
    fonts = {
        str(font["/BaseFont"]): font
        for page in made.pages
        for holder in (page, *forms(page))
        for font in resources(holder, "/Font")
    }
    used = {operands[0] for operands, name in operations(made) if name == b"Tf"}

    assert fonts
    assert used
    for name, font in fonts.items():
        assert "NotoSansSC" in name
        assert "+" in name
        description = font["/FontDescriptor"].get_object()
        assert isinstance(description, DictionaryObject)
        assert "/FontFile2" in description
        assert "/ToUnicode" in font


def test_the_file_says_whose_it_is_and_that_it_is_not_trapped(made: PdfReader):
    said = made.metadata
    assert said is not None
    assert str(said["/Trapped"]) == "/False"
    assert said.author == "o"
    assert "毫米" in (said.subject or "")


def test_five_plates_take_as_many_pages_as_the_sheet_says(made: PdfReader, layout: str):
    assert len(made.pages) == (2 if layout == "sticker-a4" else 5)
