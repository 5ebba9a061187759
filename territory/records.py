"""Files of areas, bodies or people: CSV and GeoJSON understood as rows, nothing trusted."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import BadShape, FileTooLarge, UnknownColumns, UnreadableFile
from .rules import AREA_WORDS, BODY_KINDS
from .shapes import DATUMS, Shape, of_geojson

MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 50_000
AREAS, BODIES, PEOPLE = "areas", "bodies", "people"
WHAT_WORDS = {AREAS: "地域", BODIES: "责任单位", PEOPLE: "人员"}

_HEADINGS = {
    "编码": "code",
    "名称": "name",
    "类型": "kind",
    "级别": "kind",
    "上级": "parent",
    "上级编码": "parent",
    "状态": "state",
    "属地": "area",
    "地域": "area",
    "网格": "area",
    "职责": "duty",
    "姓名": "name",
    "电话": "phone",
    "责任单位": "body",
}
_NEEDED = {
    AREAS: {"code", "name", "kind"},
    BODIES: {"code", "name", "kind"},
    PEOPLE: {"area", "duty", "name"},
}
_KINDS = {
    AREAS: {word: kind for kind, word in AREA_WORDS.items()},
    BODIES: {word: kind for kind, word in BODY_KINDS.items()},
}
_STATES = {"": None, "启用": True, "active": True, "停用": False, "retired": False}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_GUARD = re.compile(r"^'(?=[=+\-@])")  # what our own tables put before what looks like a formula


@dataclass(frozen=True)
class Row:
    """One row as it says itself; `fault` is why it cannot be used."""

    line: int
    values: Mapping[str, str] = field(default_factory=dict)
    shape: Shape | None = None
    fault: str | None = None

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def is_active(self) -> bool | None:
        """What the row says of it; None where it says nothing."""
        return _STATES[self["state"]]


@dataclass(frozen=True)
class File:
    """Rows of one kind of thing."""

    what: str
    rows: tuple[Row, ...]


def read(data: bytes, *, datum: str = "wgs84") -> File:
    """Read a file; raise FileTooLarge, UnreadableFile or UnknownColumns."""
    if len(data) > MOST_BYTES:
        raise FileTooLarge
    if datum not in DATUMS:
        raise UnreadableFile("不认识这个坐标系：" + "、".join(DATUMS) + "。")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return File(AREAS, tuple(_features(data, datum)))
    return _table(_decoded(data))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile


def _features(data: bytes, datum: str) -> Iterator[Row]:
    try:
        # Numbers that JSON does not know become words, which no shape holds.
        read_file = json.loads(data, parse_constant=str)
    except (ValueError, RecursionError) as fault:
        raise UnreadableFile from fault
    features = read_file.get("features") if isinstance(read_file, dict) else None
    if not isinstance(features, list) or not features:
        raise UnreadableFile("这个 GeoJSON 里没有 features：请导出成 FeatureCollection。")
    if len(features) > MOST_ROWS:
        raise FileTooLarge
    for line, feature in enumerate(features, start=1):
        yield _feature(line, feature, datum)


def _feature(line: int, feature: object, datum: str) -> Row:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(feature, dict) or not isinstance(properties, dict):
        return Row(line, fault="这一个不是 Feature，或没有属性。")
    row = _row(line, AREAS, {str(name): value for name, value in properties.items()})
    if row.fault or feature.get("geometry") is None:
        return row
    try:
        return Row(line, row.values, of_geojson(feature["geometry"], datum))
    except BadShape as fault:
        return Row(line, row.values, fault=fault.sentence)


def _table(text: str) -> File:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        headings = [_tidy(each) for each in next(lines, [])]
        names = {_HEADINGS.get(each, each.lower()) for each in headings}
        what = _what(names)
        rows: list[Row] = []
        for cells in lines:
            if len(rows) >= MOST_ROWS:
                raise FileTooLarge
            if any(cell.strip() for cell in cells):
                given: dict[str, object] = dict(zip(headings, cells, strict=False))
                rows.append(_row(lines.line_num, what, given))
    except csv.Error as fault:
        raise UnreadableFile from fault
    if not rows:
        raise UnreadableFile("这个文件只有表头，没有内容。")
    return File(what, tuple(rows))


def _what(names: set[str]) -> str:
    for what in (PEOPLE, AREAS, BODIES):
        is_it = "parent" in names if what == AREAS else "parent" not in names
        if names >= _NEEDED[what] and is_it:
            return what
    raise UnknownColumns


def _row(line: int, what: str, given: Mapping[str, Any]) -> Row:
    values = {
        _HEADINGS.get(_tidy(name), _tidy(name).lower()): _GUARD.sub("", _tidy(value))
        for name, value in given.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }
    missing = sorted(_NEEDED[what] - {name for name, value in values.items() if value})
    if missing:
        words = {name: word for word, name in _HEADINGS.items()} | {"name": "名称", "area": "地域"}
        return Row(line, values, fault="缺少：" + "、".join(words[name] for name in missing) + "。")
    if what in _KINDS:
        kind = _KINDS[what].get(values["kind"], values["kind"])
        if kind not in _KINDS[what].values():
            known = "、".join(_KINDS[what])
            return Row(
                line, values, fault=f"不认识类型「{values['kind'][:20]}」，应当是：{known}。"
            )
        values["kind"] = kind
    if values.get("state", "") not in _STATES:
        return Row(line, values, fault="状态应当是「启用」或「停用」，不写就是启用。")
    return Row(line, values)


def _tidy(value: object) -> str:
    return " ".join(_CONTROL.sub(" ", str(value)).split())[:500]
