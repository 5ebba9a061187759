"""Single plates for screens: SVG that needs no font, PNG that a phone reads."""

import re
import xml.etree.ElementTree as ET
from io import BytesIO

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from qr.printing import LAYOUTS, BadPlate, Plate, preview_png, preview_svg
from qr.printing.spec import printed_url
from tests.qr.printing.batches import drawn, plates, spec

PLATE = plates(1)[0]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_picture_is_the_trimmed_plate_and_can_be_scanned(name: str):
    of = spec(name)
    picture = Image.open(BytesIO(preview_png(PLATE, of, dpi=72)))
    wide, high = (round(side / 25.4 * 72) for side in (LAYOUTS[name].width, LAYOUTS[name].height))

    assert picture.mode == "L"
    assert picture.size == pytest.approx((wide, high), abs=1)
    assert picture.getextrema() == (0, 255)
    assert [one.text for one in zxingcpp.read_barcodes(picture)] == [
        printed_url(of.public_url, PLATE.code)
    ]


def test_a_drawing_is_black_and_white_shapes_with_the_same_code():
    root = ET.fromstring(preview_svg(PLATE, spec()))  # noqa: S314  # our own drawing
    tags = {element.tag.partition("}")[2] for element in root.iter()}
    fills = {element.attrib["fill"] for element in root.iter() if "fill" in element.attrib}
    code = next(one for one in root.findall("{*}path") if "scale(4" in one.attrib["transform"])
    matrix = np.zeros((29, 29), dtype=bool)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", code.attrib["d"]):
        matrix[int(y), int(x) : int(x) + int(length)] = True

    assert tags == {"svg", "title", "defs", "path", "rect", "g", "use"}
    assert fills == {"#000", "#fff"}
    assert np.array_equal(matrix, drawn([PLATE], spec())[0].matrix)
    assert root.attrib["width"] == "206mm"


def test_every_letter_of_a_drawing_is_defined_in_it():
    root = ET.fromstring(preview_svg(PLATE, spec("wall")))  # noqa: S314  # our own drawing
    defined = {
        element.attrib["id"]
        for element in root.iter("{http://www.w3.org/2000/svg}path")
        if "id" in element.attrib
    }
    used = {element.attrib["href"][1:] for element in root.iter("{http://www.w3.org/2000/svg}use")}

    assert used == defined
    assert f"b{ord('鱼'):x}" in used


def test_a_name_cannot_break_out_of_a_drawing():
    hostile = Plate(PLATE.code, "JB-0001", '</title><script>1</script>"&')
    root = ET.fromstring(preview_svg(hostile, spec()))  # noqa: S314  # our own drawing

    title = root.find("{*}title")
    assert title is not None
    assert title.text == f"JB-0001 {hostile.place_name}"
    assert root.findall(".//{*}script") == []


def test_previews_refuse_what_a_batch_refuses():
    for preview in (preview_svg, preview_png):
        with pytest.raises(BadPlate):
            preview(Plate(PLATE.code, "JB-0001", "长" * 99), spec())
