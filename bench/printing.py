"""Making batches of plates: two thousand and more, from list to released files."""

import resource
import tempfile
import time
from pathlib import Path
from random import Random

from qr.codes import new_code
from qr.printing import PDF_NAME, BatchSpec, Plate, print_batch

_PLACES = ("观音桥步行街北口", "鱼嘴镇和韵公园东门", "江北嘴中央商务区金融城三号楼前广场")
GOAL_S = 15  # two thousand plates


def run(*, is_quick: bool) -> None:
    counts = (100,) if is_quick else (2_000, 10_000)
    for count in counts:
        for layout in ("post", "sticker-a4"):
            _batch(count, layout)


def _batch(count: int, layout: str) -> None:
    random = Random(count)
    plates = [
        Plate(new_code(random), f"JB-{number:05d}", f"{_PLACES[number % 3]}{number}", "公交站对面")
        for number in range(count)
    ]
    spec = BatchSpec(
        batch="bench",
        layout=layout,
        public_url="https://q.example.cn",
        district_name="重庆市江北区",
        hotline="12319",
    )
    begun: dict[str, float] = {}

    def note(step: str, _done: int, _of: int) -> None:
        begun.setdefault(step, time.perf_counter())

    start, own = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        goal = Path(folder) / "batch"
        made = print_batch(plates, spec, goal, note)
        taken, worked = time.perf_counter() - start, time.process_time() - own
        size = (goal / PDF_NAME).stat().st_size
    drawing, reading = begun.values()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:>6,} plates, {layout:<10} {made.pages:>6,} pages {size / 1e6:5.1f} MB: "
        f"{taken:5.1f} s, of the processor {worked:5.1f} s "
        f"(composing {drawing - start:.1f}, drawing {reading - drawing:.1f}, "
        f"reading back {start + taken - reading:.1f}); peak so far {peak:.0f} MB"
    )
