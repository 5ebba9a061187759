"""Where in somebody's JSON the car parks stand, and which of its values is which. Plain Python.

A way is written as steps with dots between them: `data.0.lots` is the list `lots` of the first of
`data`. A list on the way of a row's value is gone through by number only, so that a row is one row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

from .errors import BadFeed

MOST_ROWS = 20_000
_MOST_STEPS = 8
_STEP = re.compile(r"[^.\x00-\x1f]{1,60}")
_WHOLE = re.compile(r"[0-9]{1,9}")
# What tells no zone is the city's own time: no city of China has another.
CITY = timezone(timedelta(hours=8))
_LEAST_MS = 10**11  # a number of seconds as large as this is in the year 5138: it is milliseconds


@dataclass(frozen=True, slots=True)
class Shape:
    """The ways to the rows and, in a row, to its code, free spaces and time (empty: the answer's)."""

    rows: str
    code: str
    free: str
    at: str = ""
    code_prefix: str = ""

    def check(self) -> None:
        """Raise BadFeed for a way that cannot be gone."""
        if not (self.code and self.free):
            raise BadFeed("请写明编号和空位数在哪一项。")
        for way in (self.rows, self.code, self.free, self.at):
            steps = _steps(way)
            if len(steps) > _MOST_STEPS or not all(map(_STEP.fullmatch, steps)):
                raise BadFeed("每一项写成用点隔开的名称，最多八级，例如 data.0.lots。")


def _steps(way: str) -> list[str]:
    return way.split(".") if way else []


def items(document: object, shape: Shape, told_at: datetime) -> Iterator[dict[str, object]]:
    """Give each row in the form in which feeds push: id, free, at. Raises BadFeed where none stand.

    What cannot be read in a row stays as it is, to be refused with the row.
    """
    rows = _at(document, shape.rows)
    if isinstance(rows, dict):  # by code: {"p-1": {...}}
        rows = [{"": code, **row} for code, row in rows.items() if isinstance(row, dict)]
    if not isinstance(rows, list):
        raise BadFeed(f"在「{shape.rows or '最外层'}」没有找到列表，请核对写法。")
    for row in islice(rows, MOST_ROWS):
        yield {
            "id": _code(_at(row, shape.code), shape.code_prefix),
            "free": _free(_at(row, shape.free)),
            "at": _time(_at(row, shape.at) if shape.at else told_at),
        }


def _at(value: object, way: str) -> object:
    for step in _steps(way):
        if isinstance(value, dict):
            # `@` is the name under which a row stands, where rows stand under names.
            value = value.get("" if step == "@" else step)
        elif isinstance(value, list) and _WHOLE.fullmatch(step) and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _code(value: object, prefix: str) -> object:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return f"{prefix}{str(value).strip()}"


def _free(value: object) -> object:
    """Return a whole number, also of one in words (`"12"`, `12.0`)."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _time(value: object) -> object:
    """Return a time with a zone in ISO form: of ISO without one, of Unix seconds or milliseconds."""
    if isinstance(value, str) and _WHOLE.fullmatch(value[:9]) and value.isdecimal():
        value = int(value[:15])
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            seconds = value / 1000 if value >= _LEAST_MS else value
            value = datetime.fromtimestamp(seconds, UTC)
        elif isinstance(value, str):
            value = datetime.fromisoformat(value.strip().replace("/", "-"))
    except (ValueError, OverflowError, OSError):
        return None
    if not isinstance(value, datetime):
        return None
    return (value if value.tzinfo else value.replace(tzinfo=CITY)).isoformat()
