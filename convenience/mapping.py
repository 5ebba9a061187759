"""How to read a list of facilities: which column says what, in which datum, and what to skip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from geo.grids import Frame, UnknownFrame, frame
from kernel.readers import Options

from .errors import BadMapping, DatumMissing, UnknownDatum
from .rules import FLAG_WORDS, tidy

# What a column can say, as the dialogue calls it.
FIELDS = {
    "code": "编号",
    "kind": "类别",
    "name": "名称",
    "street": "街道或路名",
    "address": "地址",
    "longitude": "经度",
    "latitude": "纬度",
    "lnglat": "经纬度在一列（经度在前）",
    "latlng": "经纬度在一列（纬度在前）",
    "east": "东向坐标（米）",
    "north": "北向坐标（米）",
    "hours": "开放时间",
    "fee": "收费说明",
    **FLAG_WORDS,
    "gender": "男厕/女厕",
    "male": "有男厕",
    "female": "有女厕",
    "unisex": "男女通用",
    "phone": "电话",
    "keeper": "管理单位",
    "capacity": "车位数/容量",
    "verified_on": "核实日期",
}
PLACES = (("longitude", "latitude"), ("lnglat",), ("latlng",), ("east", "north"))
DISTRICT, ANYWHERE = "district", "anywhere"
Box = tuple[float, float, float, float]
Reader = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Column:
    """Where a field's words stand: the first alternative that is filled; one may join columns."""

    alternatives: tuple[tuple[str, ...], ...]
    joint: str = " "

    @classmethod
    def of(cls, *names: str) -> "Column":
        return cls(tuple((name,) for name in names))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for joined in self.alternatives for name in joined)


@dataclass(frozen=True)
class FileMapping:
    """How to read one list of facilities."""

    title: str = ""
    source: str = ""
    datum: str = ""
    grid: Mapping[str, float | str] = field(default_factory=dict)
    kind: str = ""
    code_prefix: str = ""
    code_from: tuple[str, ...] = ()
    area: str | Box = DISTRICT
    outside: str = "refuse"
    duplicates: str = "refuse"
    columns: Mapping[str, Column] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    file: Options = field(default_factory=Options)

    def frame(self) -> Frame:
        """Return the frame of the coordinates; raise DatumMissing, UnknownDatum."""
        if not self.datum:
            raise DatumMissing
        try:
            return frame(self.datum, self.grid)
        except UnknownFrame as fault:
            raise UnknownDatum from fault

    def place(self) -> tuple[str, ...]:
        """Return the fields that say where it is; raise BadMapping when they are too few."""
        for fields in PLACES:
            if all(name in self.columns for name in fields):
                return fields
        raise BadMapping("请指定坐标所在的列：经度和纬度，或者东向和北向坐标。")

    def check(self) -> None:
        """Raise a refusal when rows could not be read by this."""
        is_metric = self.place() == ("east", "north")
        if self.frame().is_grid is not is_metric:
            raise BadMapping(
                "这个坐标系的坐标以米为单位：请指定东向和北向坐标的列。"
                if not is_metric
                else "东向、北向坐标以米为单位：请选择投影坐标系（EPSG:编号或投影参数）。"
            )
        if not self.kind and "kind" not in self.columns:
            raise BadMapping("请说明是哪一类设施，或指定写着类别的列。")


def bind(mapping: FileMapping, columns: Sequence[str], *, is_open: bool) -> dict[str, Reader]:
    """Return for each field what reads it out of a row; raise BadMapping for a missing column.

    Names match exactly, or else without regard to case, width and blanks. In records of their own
    keys (`is_open`) a column that nobody has is empty.
    """
    finder = _Finder(columns, is_open=is_open)
    return {
        name: _reading(finder, column, mapping.values.get(name, {}))
        for name, column in mapping.columns.items()
    }


def bind_skip(mapping: FileMapping, columns: Sequence[str]) -> list[tuple[int, frozenset[str]]]:
    """Return (place of a column, words) of the rows to skip; a column that is missing skips none."""
    finder = _Finder(columns, is_open=True)
    found = ((finder.place(name), frozenset(words)) for name, words in mapping.skip.items())
    return [(place, words) for place, words in found if place is not None]


def bind_columns(names: Sequence[str], columns: Sequence[str], *, is_open: bool) -> Reader:
    """Return what joins these columns of a row."""
    finder = _Finder(columns, is_open=is_open)
    return _reading(finder, Column((tuple(names),), "\n"), {})


class _Finder:
    def __init__(self, columns: Sequence[str], *, is_open: bool) -> None:
        self.columns = columns
        self.is_open = is_open
        self.exact = {name: place for place, name in enumerate(columns)}
        self.loose = {_loose(name): place for place, name in reversed(list(enumerate(columns)))}

    def place(self, name: str) -> int | None:
        place = self.exact.get(name)
        return self.loose.get(_loose(name)) if place is None else place

    def missing(self, names: Sequence[str]) -> BadMapping:
        wanted = "」「".join(dict.fromkeys(names))
        there = "、".join(self.columns[:40])
        return BadMapping(f"文件里没有「{wanted}」这一列。文件里的列是：{there}。")


def _loose(name: str) -> str:
    return "".join(tidy(name).casefold().split())


def _reading(finder: _Finder, column: Column, values: Mapping[str, str]) -> Reader:
    ways = []
    for joined in column.alternatives:
        places = [finder.place(name) for name in joined]
        known = [place for place in places if place is not None]
        if len(known) == len(places) or (finder.is_open and known):
            ways.append(known)
    if not ways and not finder.is_open:
        raise finder.missing(column.names)
    read = _first_filled(ways, column.joint)
    return _translating(read, values) if values else read


def _first_filled(ways: Sequence[Sequence[int]], joint: str) -> Reader:
    if len(ways) == 1 and len(ways[0]) == 1:
        (place,) = ways[0]
        return lambda cells: tidy(cells[place])

    def read(cells: Sequence[str]) -> str:
        for way in ways:
            text = joint.join(filter(None, (tidy(cells[place]) for place in way)))
            if text:
                return text
        return ""

    return read


def _translating(read: Reader, values: Mapping[str, str]) -> Reader:
    by_word = {word.casefold(): meant for word, meant in values.items()}
    others = by_word.pop("*", None)

    def translated(cells: Sequence[str]) -> str:
        text = read(cells)
        meant = by_word.get(text.casefold())
        if meant is not None:
            return meant
        return text if others is None or not text else others

    return translated
