"""The drawing of a code: read back from the SVG as a scanner would, and never too fine."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qr import svg
from qr.drawing import TooLongForCode
from tests.qr.scanner import Matrix, scanned


def drawn(text: str) -> tuple[Matrix, int]:
    """Return the dark modules of the drawing without its quiet zone, and the zone's width."""
    element = ET.fromstring(svg(text, label="码"))  # noqa: S314  # our own drawing
    _, _, width, height = (int(part) for part in element.attrib["viewBox"].split())
    assert width == height
    path = element.find("{*}path")
    assert path is not None
    squares = re.findall(r"M(\d+),(\d+)H(\d+)V(\d+)H\1z", path.attrib["d"])
    assert "".join(re.findall(r"M[^M]*", path.attrib["d"])).count("M") == len(squares)
    dark = {(int(y), int(x)) for x, y, _, _ in squares}
    quiet = min(min(y, x) for y, x in dark)
    side = width - 2 * quiet
    matrix = [[(y + quiet, x + quiet) in dark for x in range(side)] for y in range(side)]
    assert sum(map(sum, matrix)) == len(dark)  # nothing is drawn in the quiet zone
    return matrix, quiet


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8000/",
        "https://city.example/reports/JB261122-4839207?k=9fZ_-Qw3rT5yUi0P",
        "https://city.example/s/观音桥-0001",
        "0123456789",
        "HTTPS://CITY.EXAMPLE/S/A1",
    ],
)
def test_a_code_reads_back_as_its_text(text: str) -> None:
    matrix, _ = drawn(text)

    assert scanned(matrix) == text


@settings(max_examples=25)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), min_size=1, max_size=70))
def test_any_text_reads_back(text: str) -> None:
    matrix, _ = drawn(text)

    assert scanned(matrix) == text


def test_around_a_code_there_are_four_quiet_modules() -> None:
    _, quiet = drawn("https://city.example/")

    assert quiet == 4


def test_the_longest_text_is_still_of_version_10_and_a_longer_one_is_refused() -> None:
    matrix, _ = drawn("é" * 106 + "x")
    assert len(matrix) == 17 + 4 * 10

    with pytest.raises(TooLongForCode):
        svg("é" * 107, label="")


def test_the_label_is_read_out_and_cannot_break_out() -> None:
    label = '"/><script>alert(1)</script>&'
    drawing = svg("x", label=label)
    element = ET.fromstring(drawing)  # noqa: S314  # our own drawing

    assert element.attrib["aria-label"] == label
    assert element.attrib["role"] == "img"
    assert "<script" not in drawing
    assert "http://" not in drawing.replace('xmlns="http://www.w3.org/2000/svg"', "")
