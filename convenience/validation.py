"""Row by row: from words to facilities, and to sentences about what is wrong with the others.

The words of a row are read by `fields`; here it gets a code, a kind, a name and a place.
"""

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

import territory
from geo import cells
from geo.areas import Area
from kernel.readers import Progress, Row, Source

from .fields import CONVERTERS, ERROR, REMARK, Fault, Rest, Tell, gender_of
from .mapping import ANYWHERE, DISTRICT, FileMapping, Reader, bind, bind_columns, bind_skip
from .rules import LONGEST_NAME, is_code, plain, tidy

Floats = NDArray[np.float64]

BATCH = 2000
# The outline is coarse: who stands a little outside of it may be ours.
MARGIN_M = 1000.0
_DECIMALS = 7  # of a degree: a centimetre


@dataclass(slots=True)
class Entry:
    """A row on its way to a facility."""

    row: int
    code: str = ""
    kind: str = ""
    name: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    cell: str = ""
    rest: Rest = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds that are in use: code to name, and every word for one to its code."""

    names: Mapping[str, str]
    words: Mapping[str, str]

    def code_of(self, word: str) -> str | None:
        return self.words.get(plain(word))


@dataclass(slots=True)
class Checked:
    """What a batch of rows came to."""

    entries: list[Entry]
    faults: list[Fault]
    read: int
    skipped: int


class Validator:
    """Reads a source by a mapping. Raises refusals of the mapping at once, of the file on the way."""

    def __init__(self, source: Source, mapping: FileMapping, kinds: Kinds) -> None:
        mapping.check()
        self._source = source
        self._mapping = mapping
        self._kinds = kinds
        self._frame = mapping.frame()
        self._place = mapping.place()
        self._read = bind(mapping, source.columns, is_open=source.is_open)
        self._skip = bind_skip(mapping, source.columns)
        self._identity: Reader | None = None
        if mapping.code_from:
            self._identity = bind_columns(mapping.code_from, source.columns, is_open=source.is_open)
        self._area = _area(mapping)
        self._kind_of: dict[str, str] = {"": mapping.kind}  # words met so far

    def batches(self, progress: Progress | None = None) -> Iterator[Checked]:
        """Go through the file once."""
        batch: list[Row] = []
        for row in self._source.rows(progress):
            batch.append(row)
            if len(batch) == BATCH:
                yield self._checked(batch)
                batch = []
        if progress:
            progress(1, 1)  # all was read
        yield self._checked(batch)

    def _checked(self, batch: Sequence[Row]) -> Checked:
        faults: list[Fault] = []
        wanted = [(n, cells) for n, cells in batch if not self._is_skipped(cells)]
        entries = [self._entry(number, cells, faults) for number, cells in wanted]
        latitudes, longitudes = self._located(wanted, faults)
        refused = {fault.row for fault in faults if fault.level == ERROR}
        good = []
        pairs = zip(latitudes.tolist(), longitudes.tolist(), strict=True)
        for entry, (latitude, longitude), (_, texts) in zip(entries, pairs, wanted, strict=True):
            if entry.row in refused:
                continue
            entry.latitude, entry.longitude = latitude, longitude
            entry.cell = cells.cell(latitude, longitude)
            if not entry.code:
                entry.code = self._made_code(entry, texts)
            good.append(entry)
        return Checked(good, faults, len(batch), len(batch) - len(wanted))

    def _is_skipped(self, texts: Sequence[str]) -> bool:
        return any(tidy(texts[place]) in words for place, words in self._skip)

    # -- words ---------------------------------------------------------------------------

    def _entry(self, number: int, texts: Sequence[str], faults: list[Fault]) -> Entry:
        said = {name: read(texts) for name, read in self._read.items()}
        entry = Entry(number)

        def tell(level: str, code: str, sentence: str) -> None:
            faults.append(Fault(number, level, code, sentence))

        self._name_it(entry, said, tell)
        for name, convert in CONVERTERS.items():
            if name in said:
                convert(name, said[name], entry.rest, tell)
        if said.keys() & {"male", "female", "unisex"} and "gender" not in said:
            entry.rest["gender"] = gender_of(said)
        return entry

    def _name_it(self, entry: Entry, said: Mapping[str, str], tell: Tell) -> None:
        kind = self._mapping.kind
        if "kind" in said:
            word = said["kind"]
            found = self._kind_of.get(word)
            if found is None:
                found = self._kind_of[word] = self._kinds.code_of(word) or ""
            if not found:
                what = f"不认识类别「{word[:40]}」" if word else "没有写类别"
                tell(ERROR, "kind", f"{what}：可以在「类别」里给它加一个别名")
            kind = found
        entry.kind = kind
        code = said.get("code", "")
        if code:
            entry.code = self._mapping.code_prefix + code
            if not is_code(entry.code):
                allowed = "只能用字母、数字和 - _ . :，不超过 64 个"
                tell(ERROR, "code", f"编号「{code[:40]}」不能用：{allowed}")
        elif "code" in said:
            tell(ERROR, "code", "没有写编号")
        entry.name = said.get("name", "") or self._nameless(kind, said)
        if len(entry.name) > LONGEST_NAME:
            tell(ERROR, "name", f"名称超过 {LONGEST_NAME} 个字")

    def _nameless(self, kind: str, said: Mapping[str, str]) -> str:
        where = said.get("street") or said.get("address") or ""
        name = self._kinds.names.get(kind, kind)
        return f"{name}（{where[:60]}）" if where else name

    def _made_code(self, entry: Entry, texts: Sequence[str]) -> str:
        """Make a code that the same row gets again: of what the mapping names, or of all that is it."""
        if self._identity is not None:
            said = self._identity(texts)
        else:
            address = entry.rest.get("address") or ""
            place = f"{entry.latitude:.5f},{entry.longitude:.5f}"
            said = "\n".join((entry.kind, entry.name, str(address), place))
        digest = hashlib.sha256(f"{self._mapping.source}\n{said}".encode()).hexdigest()
        return f"{self._mapping.code_prefix}{digest[:12]}"

    # -- places --------------------------------------------------------------------------

    def _located(self, rows: Sequence[Row], faults: list[Fault]) -> tuple[Floats, Floats]:
        eastward, northward = np.empty(len(rows)), np.empty(len(rows))
        texts: list[str] = []
        for at, (number, cells_) in enumerate(rows):
            said = [self._read[name](cells_) for name in self._place]
            texts.append("，".join(said))
            try:
                eastward[at], northward[at] = self._numbers(said)
            except ValueError as no_numbers:
                eastward[at] = northward[at] = np.nan
                faults.append(Fault(number, ERROR, "place", str(no_numbers)))
        has_numbers = np.isfinite(eastward) & np.isfinite(northward)
        latitudes, longitudes = self._in_wgs84(eastward, northward)
        is_on_earth = np.isfinite(latitudes)
        away = np.where(is_on_earth, self._metres_away(latitudes, longitudes), np.inf)
        for at in np.flatnonzero(has_numbers & (away > 0)).tolist():
            number = rows[at][0]
            swapped = self._is_swapped(eastward[at], northward[at])
            fault = self._misplaced(
                number, texts[at], float(away[at]), is_swapped=swapped, is_on_earth=is_on_earth[at]
            )
            if fault:
                faults.append(fault)
        return latitudes, longitudes

    def _numbers(self, said: Sequence[str]) -> tuple[float, float]:
        """Return a place's numbers, eastward first; raise ValueError with a sentence."""
        if len(said) == 1:
            said = [part for part in re.split(r"[,，;；\s]+", said[0].strip("()（）[]")) if part]
            if self._place == ("latlng",):
                said = said[::-1]
        if not any(said):
            raise ValueError("没有坐标")
        if len(said) != 2 or not all(said):
            raise ValueError("坐标不完整：经度和纬度要成对")
        return _number(said[0]), _number(said[1])

    def _in_wgs84(self, eastward: Floats, northward: Floats) -> tuple[Floats, Floats]:
        latitudes, longitudes = self._frame.to_wgs84(eastward, northward)
        return np.round(latitudes, _DECIMALS), np.round(longitudes, _DECIMALS)

    def _metres_away(self, latitudes: Floats, longitudes: Floats) -> Floats:
        if self._area is None:
            return np.zeros_like(latitudes)
        away = np.zeros_like(latitudes)
        is_out = ~self._area.holds(latitudes, longitudes)
        if is_out.any():
            away[is_out] = self._area.metres_outside(latitudes[is_out], longitudes[is_out])
        return away

    def _is_swapped(self, eastward: float, northward: float) -> bool:
        latitudes, longitudes = self._in_wgs84(np.array([northward]), np.array([eastward]))
        if not np.isfinite(latitudes[0]):
            return False
        return self._area is None or bool(self._area.holds(latitudes, longitudes)[0])

    def _misplaced(
        self, number: int, text: str, away: float, *, is_swapped: bool, is_on_earth: bool
    ) -> Fault | None:
        if is_swapped and (not is_on_earth or away > MARGIN_M):
            return Fault(
                number, ERROR, "swapped", f"坐标「{text}」的经度和纬度好像写反了：对调后就在范围内"
            )
        if not is_on_earth:
            return Fault(number, ERROR, "place", f"坐标「{text[:60]}」不在地球上，请核对")
        where = "区外" if self._mapping.area == DISTRICT else "范围外"
        far = f"{away / 1000:.1f} 公里" if away >= 1000 else f"{away:.0f} 米"
        level = REMARK if away <= MARGIN_M or self._mapping.outside == "keep" else ERROR
        return Fault(number, level, "outside", f"坐标「{text[:60]}」在{where} {far}")


def _area(mapping: FileMapping) -> Area | None:
    if mapping.area == ANYWHERE:
        return None
    if isinstance(mapping.area, str):
        return territory.district()
    return Area.of_box(*mapping.area)


_DEGREES = re.compile(
    r"([-+]?\d{1,3}(?:\.\d+)?)\s*[°度]\s*(?:(\d{1,2}(?:\.\d+)?)\s*['′分]\s*)?"
    r"(?:(\d{1,2}(?:\.\d+)?)\s*(?:[\"″秒]|''|′′)\s*)?"
)
_SIDE = re.compile(r"^(?:北纬|东经|[NE])|[NE]$", re.IGNORECASE)


def _number(text: str) -> float:
    """Return a coordinate, in decimals or in degrees, minutes and seconds."""
    try:
        number = float(text)
    except ValueError:
        number = _in_degrees(text)
    if not math.isfinite(number):
        raise ValueError(f"坐标「{text[:40]}」不是数字")
    return number


def _in_degrees(text: str) -> float:
    bare = _SIDE.sub("", unicodedata.normalize("NFKC", text).strip()).strip()
    found = _DEGREES.fullmatch(bare)
    if found is None:
        try:
            return float(bare)
        except ValueError:
            raise ValueError(f"坐标「{text[:40]}」不是数字") from None
    degrees, minutes, seconds = (float(part or 0) for part in found.groups())
    if minutes >= 60 or seconds >= 60:
        raise ValueError(f"坐标「{text[:40]}」的分或秒超过 59")
    size = abs(degrees) + minutes / 60 + seconds / 3600
    return -size if degrees < 0 else size
