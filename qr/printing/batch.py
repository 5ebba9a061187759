"""A batch from its list to released files: check, draw, read back, and only then show.

Everything is made in a folder beside the goal and read back there; the last step gives it its
name. So whatever interrupts, the goal holds a whole and tested batch or does not exist.
"""

import fcntl
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from qr.codes import is_code

from . import manifest as manifests
from .errors import BadPlate, BatchExists, BatchInProgress
from .layouts import Layout, face, furniture, layout_of
from .manifest import Entry, Manifest
from .marks import Box, Line
from .matrices import matrices
from .pdf import Drawn, PrintFile
from .pictures import pictures
from .readback import Expected, read_back
from .sheets import page_of
from .spec import MODULES, BatchSpec, Level, Plate, level_for, printed_url
from .svg import plate_svg
from .typeface import one_at_a_time

Progress = Callable[[str, int, int], None]

PDF_NAME = "plates.pdf"
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,15}")
_MOST_PLATES = 20_000
_MOST_NAMED = 8


def _silent(_step: str, _done: int, _of: int) -> None:
    pass


def print_batch(
    plates: Sequence[Plate], spec: BatchSpec, out_dir: Path, progress: Progress = _silent
) -> Manifest:
    """Make a batch's print file, read every plate back, and release it as the folder `out_dir`.

    The folder then holds `plates.pdf`, `plates.csv`, `manifest.json`, and with the spec's wish
    `svg/<code>.svg` and `png/<code>.png`. `progress(step, done, of)` is called as work goes on.
    A second call with the same plates and spec returns the released batch as it is; with others
    it raises BatchExists. Other refusals: BadAddress, BadPlate, MissingGlyphs, BadSpec, NoFont,
    NotAsPlanned (the file was made but is wrong), BatchInProgress; then nothing is left behind.
    """
    level = level_for(spec.public_url, spec.level)
    layout_of(spec)
    _check(plates)
    asked = manifests.digest([asdict(spec), [asdict(plate) for plate in plates]])
    out_dir = out_dir.resolve()
    with one_at_a_time, _alone(out_dir.parent):
        if out_dir.exists():
            return _made_before(out_dir, asked)
        unfinished = out_dir.parent / f".{out_dir.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)  # what an interrupted run left
        unfinished.mkdir()
        try:
            _make(plates, spec, level, unfinished, progress)
            made = _manifest(plates, spec, asked, level).sealed(unfinished)
            _flush(unfinished)
            unfinished.rename(out_dir)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    return made


def _check(plates: Sequence[Plate]) -> None:
    if not plates:
        raise BadPlate("这批没有牌子：请先选择要印的牌子。")
    if len(plates) > _MOST_PLATES:
        raise BadPlate(f"一批最多 {_MOST_PLATES} 块牌子，这批有 {len(plates)} 块：请分批印。")
    for plate in plates:
        _check_one(plate)
    for what, values in (
        ("编码", [plate.code for plate in plates]),
        ("牌号", [plate.number for plate in plates]),
    ):
        twice = [value for value, times in Counter(values).items() if times > 1]
        if twice:
            raise BadPlate(f"这批里{what} {'、'.join(twice[:_MOST_NAMED])} 重复：请去掉重复的。")


def _check_one(plate: Plate) -> None:
    if not is_code(plate.code):
        raise BadPlate(f"{plate.number!a} 的编码 {plate.code!a} 不是有效编码：请核对登记表。")
    if not _NUMBER.fullmatch(plate.number):
        raise BadPlate(f"牌号 {plate.number!a} 只能是 16 个以内的字母、数字和短横。")
    if not plate.place_name.strip():
        raise BadPlate(f"{plate.number} 没有地点名称：请补上再印。")


def _make(
    plates: Sequence[Plate], spec: BatchSpec, level: Level, folder: Path, progress: Progress
) -> None:
    layout = layout_of(spec)
    shared = furniture(layout, spec)
    faces = _faces(plates, spec, layout)
    urls = [printed_url(spec.public_url, plate.code) for plate in plates]
    codes = matrices(urls, level)
    drawn = [Drawn(marks, code) for marks, code in zip(faces, codes, strict=True)]
    _draw(folder / PDF_NAME, plates, spec, drawn, shared=shared, progress=progress)
    expected = [
        Expected(plate.number, url, one.matrix, _lines(one.marks))
        for plate, url, one in zip(plates, urls, drawn, strict=True)
    ]
    read_back(
        folder / PDF_NAME,
        layout,
        expected,
        lambda done: progress("逐块读回核对", done, len(plates)),
    )
    _draw_apart(folder, plates, spec, drawn, shared=shared, progress=progress)


def _faces(plates: Sequence[Plate], spec: BatchSpec, layout: Layout) -> list[list[Box | Line]]:
    """Compose all plates, and refuse with the faults of several at once."""
    faces: list[list[Box | Line]] = []
    faults: list[tuple[Plate, BadPlate]] = []
    for plate in plates:
        try:
            faces.append(face(layout, spec, plate))
        except BadPlate as fault:
            faults.append((plate, fault))
    if faults:
        lines = [f"{plate.number}：{fault.sentence}" for plate, fault in faults[:_MOST_NAMED]]
        if len(faults) > _MOST_NAMED:
            lines.append(f"一共 {len(faults)} 块牌子有问题。")
        raise type(faults[0][1])("\n".join(lines))
    return faces


def _draw(
    path: Path,
    plates: Sequence[Plate],
    spec: BatchSpec,
    drawn: Sequence[Drawn],
    *,
    shared: Sequence[Box | Line],
    progress: Progress,
) -> None:
    layout = layout_of(spec)
    file = PrintFile(
        path,
        layout,
        shared,
        title=f"{spec.district_name} 标牌 {spec.batch}",
        owner=spec.district_name,
    )
    each = len(page_of(layout).cells)
    for start in range(0, len(plates), each):
        here = plates[start : start + each]
        numbers = "、".join(plate.number for plate in here)
        note = f"{spec.batch} · 第 {start // each + 1} 页 · {numbers}"
        file.add_page(drawn[start : start + each], note=note)
        progress("排版", start + len(here), len(plates))
    file.save()


def _draw_apart(
    folder: Path,
    plates: Sequence[Plate],
    spec: BatchSpec,
    drawn: Sequence[Drawn],
    *,
    shared: Sequence[Box | Line],
    progress: Progress,
) -> None:
    """Write each plate as files of its own, where the batch asks for them."""
    layout = layout_of(spec)
    if spec.with_svg:
        (folder / "svg").mkdir()
        for done, (plate, one) in enumerate(zip(plates, drawn, strict=True), 1):
            title = f"{plate.number} {plate.place_name}"
            text = plate_svg(layout, [*shared, *one.marks], one.matrix, title=title)
            (folder / "svg" / f"{plate.code}.svg").write_text(text, encoding="utf-8")
            progress("单块 SVG", done, len(plates))
    if spec.with_png:
        (folder / "png").mkdir()
        for done, (plate, png) in enumerate(
            zip(plates, pictures(folder / PDF_NAME, layout), strict=False), 1
        ):
            (folder / "png" / f"{plate.code}.png").write_bytes(png)
            progress("单块 PNG", done, len(plates))


def _lines(marks: Sequence[Box | Line]) -> tuple[Line, ...]:
    return tuple(mark for mark in marks if isinstance(mark, Line))


def _manifest(plates: Sequence[Plate], spec: BatchSpec, asked: str, level: Level) -> Manifest:
    layout = layout_of(spec)
    each = len(page_of(layout).cells)
    return Manifest(
        form=manifests.FORM,
        batch=spec.batch,
        asked=asked,
        layout=spec.layout,
        title=layout.title,
        width=layout.width,
        height=layout.height,
        bleed=layout.bleed,
        module=layout.module,
        modules=MODULES,
        level=level,
        pages=-(-len(plates) // each),
        plates=tuple(
            Entry(
                page=at // each + 1,
                place=at % each + 1,
                code=plate.code,
                number=plate.number,
                place_name=plate.place_name,
                place_hint=plate.place_hint,
                url=printed_url(spec.public_url, plate.code),
            )
            for at, plate in enumerate(plates)
        ),
    )


def _made_before(out_dir: Path, asked: str) -> Manifest:
    if not (out_dir / manifests.JSON_NAME).is_file():
        raise BatchExists(f"文件夹 {out_dir.name} 已经存在：请换一个名字，或先把它移走。")
    made = manifests.load(out_dir)
    if made.asked != asked:
        raise BatchExists(
            f"文件夹 {out_dir.name} 里是另一批（{made.batch}，{len(made.plates)} 块）："
            "请换一个名字，或先把它移走。"
        )
    return made


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time make batches in a folder; a killed one's lock is gone with it."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise BatchInProgress from None
    try:
        yield
        os.fsync(handle)  # the new name, too, is there after a power cut
    finally:
        os.close(handle)


def _flush(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
