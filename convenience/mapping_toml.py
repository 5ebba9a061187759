"""Mappings as TOML, as they are shipped, saved and handed to the command.

A mapping has

    title, source           what the list is; `source` is kept with each facility
    datum                   wgs84 | cgcs2000 | gcj02 | bd09 | EPSG:n | grid (then a table [grid])
    kind                    the kind of all rows, unless a column says it
    code_prefix, code_from  before each code; columns that make a code where no column holds one
    area                    "district", "anywhere", or [south, west, north, east] in degrees
    outside, duplicates     "refuse" holds such rows back, "keep" only remarks on them
    [columns]               field = "column" | ["first filled", "of these"] | {join = [..], with = "-"}
    [values.FIELD]          a word in the file = the word to read instead; "*" = any other
    [skip]                  column = ["words"]: rows that are no matter of ours
    [file]                  encoding, delimiter, header_row, sheet, where they cannot be found out

The shipped ones, in `mappings/`, are examples.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kernel.readers import DELIMITERS, ENCODINGS, Options

from .errors import BadMapping, MappingNotFound
from .mapping import ANYWHERE, DISTRICT, FIELDS, Box, Column, FileMapping

SHIPPED = Path(__file__).with_name("mappings")

_WORDS = ("title", "source", "datum", "kind", "code_prefix")
_CHOICES = {"outside": ("refuse", "keep"), "duplicates": ("refuse", "keep")}
_TABLES = ("grid", "columns", "values", "skip", "file")


def shipped() -> dict[str, str]:
    """Return the shipped mappings: name to title."""
    return {
        path.stem: load(path.read_text("utf-8")).title for path in sorted(SHIPPED.glob("*.toml"))
    }


def shipped_toml(name: str) -> str:
    """Return a shipped mapping's text; raise MappingNotFound."""
    if name not in {path.stem for path in SHIPPED.glob("*.toml")}:
        raise MappingNotFound
    return (SHIPPED / f"{name}.toml").read_text("utf-8")


def load(text: str) -> FileMapping:
    """Make a mapping of TOML; raise BadMapping with the place of the fault."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise BadMapping(f"对应关系文件写错了（{fault}），请改好再试。") from fault
    unknown = set(given) - {*_WORDS, *_CHOICES, *_TABLES, "area", "code_from"}
    if unknown:
        raise BadMapping(f"对应关系里有不认识的项：{'、'.join(sorted(unknown))}。")
    words = {name: _word(given, name) for name in _WORDS}
    choices = {name: _choice(given, name, allowed) for name, allowed in _CHOICES.items()}
    columns = {_field(name): _column(name, said) for name, said in _table(given, "columns").items()}
    values = {
        _field(name): {str(word): _meaning(meant) for word, meant in _table(said, "").items()}
        for name, said in _table(given, "values").items()
    }
    return FileMapping(
        **words,
        **choices,
        grid=_grid(_table(given, "grid")),
        area=_area(given.get("area", DISTRICT)),
        code_from=_names("code_from", given.get("code_from", [])),
        columns=columns,
        values=values,
        skip={name: _names(name, said) for name, said in _table(given, "skip").items()},
        file=_options(_table(given, "file")),
    )


def _word(given: Mapping[str, Any], name: str) -> str:
    word = given.get(name, "")
    if not isinstance(word, str):
        raise BadMapping(f"{name} 应是文字，写在引号里。")
    return word


def _choice(given: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    word = given.get(name, allowed[0])
    if word not in allowed:
        raise BadMapping(f"{name} 只能是 {' 或 '.join(allowed)}。")
    return str(word)


def _table(given: object, name: str) -> Mapping[str, Any]:
    table = given.get(name, {}) if name and isinstance(given, dict) else given
    if not isinstance(table, dict):
        raise BadMapping(f"{name or '对应关系'} 应是一个表。")
    return table


def _field(name: str) -> str:
    if name not in FIELDS:
        raise BadMapping(f"没有「{name}」这个字段，可用：{'、'.join(FIELDS)}。")
    return name


def _column(name: str, said: object) -> Column:
    if isinstance(said, str):
        return Column.of(said)
    if isinstance(said, dict) and set(said) <= {"join", "with"}:
        return Column((_names(name, said.get("join")),), str(said.get("with", " ")))
    return Column.of(*_names(name, said))


def _names(name: str, said: object) -> tuple[str, ...]:
    if isinstance(said, str):
        return (said,)
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise BadMapping(f"{name} 应是列名，或列名的列表。")
    return tuple(said)


def _meaning(meant: object) -> str:
    if isinstance(meant, bool):
        return "是" if meant else "否"
    return str(meant)


def _grid(said: Mapping[str, Any]) -> dict[str, float | str]:
    grid: dict[str, float | str] = {}
    for name, value in said.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number and name != "ellps":
            raise BadMapping(f"投影参数 {name} 应是数字。")
        grid[name] = float(value) if is_number else str(value)
    return grid


def _area(said: object) -> str | Box:
    if said in (DISTRICT, ANYWHERE):
        return str(said)
    if isinstance(said, list) and len(said) == 4:
        south, west, north, east = (
            float(each) if isinstance(each, int | float) else float("nan") for each in said
        )
        if -90 <= south < north <= 90 and -180 <= west < east <= 180:
            return south, west, north, east
    raise BadMapping("area 应是 district、anywhere，或 [南纬度, 西经度, 北纬度, 东经度]。")


def _options(said: Mapping[str, Any]) -> Options:
    if set(said) - {"encoding", "delimiter", "header_row", "sheet"}:
        raise BadMapping("[file] 里只能有 encoding、delimiter、header_row、sheet。")
    options = Options(**said)
    if not all(isinstance(said.get(name, ""), str) for name in ("encoding", "delimiter", "sheet")):
        raise BadMapping("[file] 里的编码、分隔符、工作表应是文字，写在引号里。")
    if options.encoding not in ("", *ENCODINGS) or options.delimiter not in ("", *DELIMITERS):
        raise BadMapping("[file] 里的编码或分隔符不认识。")
    if not isinstance(options.header_row, int) or not 0 <= options.header_row <= 20:
        raise BadMapping("列名所在行应是 1 到 20 的数字。")
    return options


def dump(mapping: FileMapping) -> str:
    """Write a mapping as TOML, as `load` reads it."""
    lines = [
        f"{name} = {_quoted(getattr(mapping, name))}" for name in _WORDS if getattr(mapping, name)
    ]
    if mapping.code_from:
        lines.append(f"code_from = {_listed(mapping.code_from)}")
    area = mapping.area if isinstance(mapping.area, str) else None
    lines.append(f"area = {_quoted(area) if area else list(mapping.area)}")
    lines += [f"{name} = {_quoted(getattr(mapping, name))}" for name in _CHOICES]
    lines += _dumped("grid", {name: _plain(value) for name, value in mapping.grid.items()})
    lines += _dumped("columns", {n: _dumped_column(c) for n, c in mapping.columns.items()})
    for name, values in mapping.values.items():
        lines += _dumped(f"values.{name}", {word: _quoted(meant) for word, meant in values.items()})
    lines += _dumped("skip", {name: _listed(words) for name, words in mapping.skip.items()})
    said = {name: getattr(mapping.file, name) for name in ("encoding", "delimiter", "sheet")}
    options = {name: _quoted(word) for name, word in said.items() if word}
    if mapping.file.header_row:
        options["header_row"] = str(mapping.file.header_row)
    return "\n".join([*lines, *_dumped("file", options)]) + "\n"


def _dumped(name: str, values: Mapping[str, str]) -> list[str]:
    if not values:
        return []
    return ["", f"[{name}]", *(f"{_quoted(key)} = {value}" for key, value in values.items())]


def _dumped_column(column: Column) -> str:
    if len(column.alternatives) == 1 and len(column.names) > 1:
        return f"{{ join = {_listed(column.names)}, with = {_quoted(column.joint)} }}"
    return _quoted(column.names[0]) if len(column.names) == 1 else _listed(column.names)


def _plain(value: float | str) -> str:
    return _quoted(value) if isinstance(value, str) else repr(float(value))


def _listed(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, words))}]"


def _quoted(text: str) -> str:
    escaped = "".join(
        f"\\u{ord(sign):04x}" if ord(sign) < 32 or ord(sign) == 127 else sign
        for sign in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{escaped}"'
