"""Plates and batches to print in tests."""

from dataclasses import replace
from pathlib import Path
from random import Random

from qr.codes import new_code
from qr.printing.layouts import face, furniture, layout_of
from qr.printing.marks import Line
from qr.printing.matrices import matrices
from qr.printing.pdf import Drawn, PrintFile
from qr.printing.readback import Expected
from qr.printing.sheets import page_of
from qr.printing.spec import BatchSpec, Plate, level_for, printed_url

SPEC = BatchSpec(
    batch="2026-11-A",
    layout="post",
    public_url="https://q.example.cn",
    district_name="重庆市江北区",
    hotline="12319",
)
PLACES = (
    ("观音桥步行街北口", "轨道交通3号线观音桥站2号口旁"),
    ("鱼嘴镇和韵公园", None),
    ("江北嘴中央商务区金融城三号楼前小广场", "公交首末站对面"),
)


def spec(layout: str = "post", **changes: object) -> BatchSpec:
    return replace(SPEC, layout=layout, **changes)  # type: ignore[arg-type]  # a test's own


def plates(count: int, seed: int = 1) -> list[Plate]:
    random = Random(seed)
    return [
        Plate(new_code(random), f"JB-{number:04d}", *PLACES[number % len(PLACES)])
        for number in range(1, count + 1)
    ]


def drawn(some: list[Plate], of: BatchSpec) -> list[Drawn]:
    urls = [printed_url(of.public_url, plate.code) for plate in some]
    codes = matrices(urls, level_for(of.public_url, of.level))
    layout = layout_of(of)
    return [Drawn(face(layout, of, plate), code) for plate, code in zip(some, codes, strict=True)]


def expected(some: list[Plate], of: BatchSpec) -> list[Expected]:
    return [
        Expected(
            plate.number,
            printed_url(of.public_url, plate.code),
            one.matrix,
            tuple(mark for mark in one.marks if isinstance(mark, Line)),
        )
        for plate, one in zip(some, drawn(some, of), strict=True)
    ]


def written(path: Path, some: list[Drawn], of: BatchSpec) -> None:
    layout = layout_of(of)
    file = PrintFile(path, layout, furniture(layout, of), title="t", owner="o")
    each = len(page_of(layout).cells)
    for start in range(0, len(some), each):
        file.add_page(some[start : start + each], note="n")
    file.save()
