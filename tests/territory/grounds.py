"""A small district to stand on: two streets side by side, with communities and cells."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from territory import importing
from territory.records import read
from territory.reports import Report

# Degrees; the cells are squares with this side.
WEST, SOUTH, SIDE = 106.50, 29.50, 0.01


def corner(column: float, row: float) -> tuple[float, float]:
    """Return (latitude, longitude) of a corner of the net."""
    return round(SOUTH + row * SIDE, 6), round(WEST + column * SIDE, 6)


def square(column: float, row: float, width: float = 1, height: float = 1) -> list[list[float]]:
    """Return the ring of a rectangle, in cells to the east and north of the corner."""
    (south, west), (north, east) = corner(column, row), corner(column + width, row + height)
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def middle(column: float, row: float) -> tuple[float, float]:
    """Return (latitude, longitude) of the middle of a cell."""
    return SOUTH + (row + 0.5) * SIDE, WEST + (column + 0.5) * SIDE


def feature(
    code: str,
    kind: str,
    parent: str | None = None,
    *rings: Sequence[Sequence[float]],
    name: str | None = None,
    **more: object,
) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name or f"名{code}", "kind": kind, "parent": parent}
        | more,
        "geometry": {"type": "Polygon", "coordinates": list(rings)} if rings else None,
    }


def collection(*features: Mapping[str, object]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


DISTRICT = feature("500105", "district", None, square(0, 0, 4, 2), name="江北区")
# 001 is the west half, 002 the east half; each a community of two cells, one above the other.
STREETS = (
    feature("500105001", "street", "500105", square(0, 0, 2, 2), name="甲街道"),
    feature("500105002", "street", "500105", square(2, 0, 2, 2), name="乙街道"),
)
COMMUNITIES = (
    feature("500105001001", "community", "500105001", square(0, 0, 2, 2), name="甲社区"),
    feature("500105002001", "community", "500105002", square(2, 0, 2, 2), name="乙社区"),
)
CELLS = tuple(
    feature(f"50010500{s}00100{row + 1}", "grid", f"50010500{s}001", square(2 * (s - 1), row, 2, 1))
    for s in (1, 2)
    for row in (0, 1)
)
TREE = collection(DISTRICT, *STREETS, *COMMUNITIES, *CELLS)


def bring_in(session: Session, data: bytes, *, is_complete: bool = False) -> Report:
    return importing.apply(session, read(data), is_complete=is_complete)


def planted(session: Session) -> None:
    """Bring in the whole small district."""
    report = bring_in(session, TREE)
    assert report.lines == []
    assert report.added == 9
