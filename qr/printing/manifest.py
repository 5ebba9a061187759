"""What a batch is made of: the list for the printer and the fitter, and hashes for whoever asks.

`manifest.json` holds everything and the SHA-256 of every other file; `plates.csv` is the same list
of plates for a spreadsheet.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from kernel.tables import Row, csv_lines
from qr.codes import pretty

from .errors import NotAsPlanned

FORM = 1  # of manifest.json; grows when a reader of the old form would misread the new one
JSON_NAME, CSV_NAME = "manifest.json", "plates.csv"
_HEADINGS = ("页", "位", "牌号", "编码", "地点名称", "地点提示", "网址")


@dataclass(frozen=True, slots=True)
class Entry:
    """One plate of the batch: on which page, in which place of it (both from 1), and what it says."""

    page: int
    place: int
    code: str
    number: str
    place_name: str
    place_hint: str | None
    url: str


@dataclass(frozen=True, slots=True)
class File:
    """A file of the batch, by its path within the batch's folder."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A released batch. Sizes in mm; `asked` is the digest of what was asked for."""

    form: int
    batch: str
    asked: str
    layout: str
    title: str
    width: float
    height: float
    bleed: float
    module: float
    modules: int
    level: str
    pages: int
    plates: tuple[Entry, ...]
    files: tuple[File, ...] = ()

    def sealed(self, folder: Path) -> Self:
        """Write list and manifest into the folder, with the hashes of all that lies there."""
        table = "".join(csv_lines(_HEADINGS, map(_row, self.plates)))
        (folder / CSV_NAME).write_text(table, encoding="utf-8", newline="")
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        sealed = replace(self, files=tuple(_hashed(folder, path) for path in paths))
        text = json.dumps(asdict(sealed), ensure_ascii=False, indent=1)
        (folder / JSON_NAME).write_text(text + "\n", encoding="utf-8")
        return sealed


def load(folder: Path) -> Manifest:
    """Read a batch's manifest and compare every file with its hash; raises NotAsPlanned."""
    try:
        said: dict[str, Any] = json.loads((folder / JSON_NAME).read_text(encoding="utf-8"))
        said["plates"] = tuple(Entry(**entry) for entry in said["plates"])
        said["files"] = tuple(File(**file) for file in said["files"])
        manifest = Manifest(**said)
        for file in manifest.files:
            if _hashed(folder, folder / file.name) != file:
                raise NotAsPlanned(f"文件 {file.name} 已被改动：请把这个文件夹移走，重新生成。")
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise NotAsPlanned("这个文件夹里的批次不完整：请把它移走，重新生成。") from None
    return manifest


def digest(content: object) -> str:
    """Return the SHA-256 of anything that JSON can write, the same for the same content."""
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _hashed(folder: Path, path: Path) -> File:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return File(path.relative_to(folder).as_posix(), path.stat().st_size, sha256)


def _row(entry: Entry) -> Row:
    # The code in its two groups: eight digits, or 12E45678, a spreadsheet takes for a number.
    said = (pretty(entry.code), entry.place_name, entry.place_hint, entry.url)
    return entry.page, entry.place, entry.number, *said
