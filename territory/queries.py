"""Reads about the district's tree, its bodies and its people."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, load_only

from . import shapes
from .errors import AreaNotFound, ImportNotFound
from .models import Area, Body, Person, TerritoryImport

_MOST_IMPORTS = 50
_DRAWN_WITHIN_M = 30.0  # corners that stray less are left out of drawings


@dataclass(frozen=True)
class BodyRow:
    id: int
    name: str
    kind: str


@dataclass(frozen=True)
class AreaRow:
    """A node of the tree; `below` counts the active areas of the level beneath."""

    code: str
    level: int
    kind: str
    name: str
    parent_code: str | None
    is_active: bool
    has_outline: bool
    below: int = 0


@dataclass(frozen=True)
class PersonRow:
    """Who answers for an area. Personal data: for the desk only."""

    area_code: str
    duty: str
    name: str
    phone: str | None
    body_name: str | None


@dataclass(frozen=True)
class AreaPage:
    """All about one area: those above it from the district down, those beneath, who is there."""

    area: AreaRow
    above: tuple[AreaRow, ...]
    beneath: tuple[AreaRow, ...]
    people: tuple[PersonRow, ...]
    bodies: tuple[BodyRow, ...]
    outline: bytes | None


def bodies(session: Session) -> tuple[BodyRow, ...]:
    """Return the bodies that may be given work, in the order of their codes."""
    rows = session.execute(
        select(Body.id, Body.name, Body.kind).where(Body.is_active).order_by(Body.code)
    )
    return tuple(BodyRow(row.id, row.name, row.kind) for row in rows)


def body_list(session: Session, *, kind: str | None = None) -> tuple[Body, ...]:
    """Return all bodies, of one kind if it is named, also those that are closed."""
    wanted = select(Body).order_by(Body.code)
    return tuple(session.scalars(wanted if kind is None else wanted.where(Body.kind == kind)))


def body_name(session: Session, body_id: int) -> str | None:
    """Return the name of an active body, or None."""
    return session.scalar(select(Body.name).where(Body.id == body_id, Body.is_active))


def body_names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return names, also of bodies that are no longer active: history keeps them."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(select(Body.id, Body.name).where(Body.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def body_codes(session: Session) -> dict[str, int]:
    """Return the ids of the bodies that may be given work, by their codes."""
    rows = session.execute(select(Body.code, Body.id).where(Body.is_active))
    return {row.code: row.id for row in rows}


def active_bodies(session: Session, ids: Iterable[int]) -> set[int]:
    """Return those of the bodies that may be given work."""
    return set(session.scalars(select(Body.id).where(Body.id.in_(set(ids)), Body.is_active)))


def active_codes(session: Session, codes: Iterable[str]) -> set[str]:
    """Return those of the codes that are active streets, communities or cells."""
    wanted = select(Area.code).where(Area.code.in_(set(codes)), Area.is_active, Area.level > 1)
    return set(session.scalars(wanted))


def area_names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Return names by code, also of areas that are retired."""
    rows = session.execute(select(Area.code, Area.name).where(Area.code.in_(set(codes))))
    return {row.code: row.name for row in rows}


def streets(session: Session) -> tuple[AreaRow, ...]:
    """Return the streets, towns and business districts of now, in the order of their codes."""
    return _rows(session, Area.level == 2, Area.is_active)


def tree(session: Session, *, deepest: int = 3) -> tuple[AreaRow, ...]:
    """Return the active areas down to a level, each after the one that it belongs to."""
    rows = _rows(session, Area.level <= deepest, Area.is_active)
    beneath: dict[str | None, list[AreaRow]] = {}
    for row in rows:
        beneath.setdefault(row.parent_code, []).append(row)

    def walk(parent: str | None) -> list[AreaRow]:
        return [each for row in beneath.get(parent, []) for each in (row, *walk(row.code))]

    return tuple(walk(None))


def area_page(session: Session, code: str) -> AreaPage:
    """Return all about an area; raise AreaNotFound."""
    # What cannot be a code may hold what the database takes for no text at all.
    found = _rows(session, Area.code == code) if code.isprintable() else ()
    if not found:
        raise AreaNotFound
    above: list[AreaRow] = []
    parent = found[0].parent_code
    while parent is not None:  # three steps at most
        above[:0] = _rows(session, Area.code == parent)
        parent = above[0].parent_code
    rows = session.execute(
        select(Body.id, Body.name, Body.kind)
        .where(Body.area_code == code, Body.is_active)
        .order_by(Body.code)
    )
    return AreaPage(
        area=found[0],
        above=tuple(above),
        beneath=_rows(session, Area.parent_code == code, Area.is_active),
        people=people_of(session, [code]),
        bodies=tuple(BodyRow(row.id, row.name, row.kind) for row in rows),
        outline=session.scalar(select(Area.shape).where(Area.code == code)),
    )


def _rows(session: Session, *conditions: object) -> tuple[AreaRow, ...]:
    child = aliased(Area)
    below = (
        select(func.count())
        .where(child.parent_code == Area.code, child.is_active)
        .correlate(Area)
        .scalar_subquery()
    )
    found = session.execute(
        select(Area, below.label("below"), Area.west.is_not(None).label("has_outline"))
        .options(
            load_only(Area.code, Area.level, Area.kind, Area.name, Area.parent_code, Area.is_active)
        )
        .where(*conditions)  # type: ignore[arg-type]  # conditions on columns
        .order_by(Area.code)
    )
    return tuple(
        AreaRow(
            code=row.Area.code,
            level=row.Area.level,
            kind=row.Area.kind,
            name=row.Area.name,
            parent_code=row.Area.parent_code,
            is_active=row.Area.is_active,
            has_outline=row.has_outline,
            below=row.below,
        )
        for row in found
    )


def people_of(session: Session, codes: Iterable[str]) -> tuple[PersonRow, ...]:
    """Return who answers for these areas, those of the smallest area first."""
    rows = session.execute(
        select(Person, Body.name.label("body"))
        .outerjoin(Body, Body.id == Person.body_id)
        .join(Area, Area.code == Person.area_code)
        .where(Person.area_code.in_(set(codes)))
        .order_by(Area.level.desc(), Person.duty, Person.name)
    )
    return tuple(
        PersonRow(
            row.Person.area_code, row.Person.duty, row.Person.name, row.Person.phone, row.body
        )
        for row in rows
    )


def outlines(session: Session) -> tuple[tuple[str, str, list[list[tuple[float, float]]]], ...]:
    """Return (code, name, rings) of the streets that have an outline, fit for drawing."""
    rows = session.execute(
        select(Area.code, Area.name, Area.shape)
        .where(Area.level == 2, Area.is_active, Area.west.is_not(None))
        .order_by(Area.code)
    )
    return tuple(
        (row.code, row.name, shapes.rings(row.shape, tolerance_m=_DRAWN_WITHIN_M)) for row in rows
    )


def imports(session: Session) -> tuple[TerritoryImport, ...]:
    """Return the newest fifty imports, the newest first."""
    newest = select(TerritoryImport).order_by(TerritoryImport.id.desc()).limit(_MOST_IMPORTS)
    return tuple(session.scalars(newest))


def import_record(session: Session, import_id: int, *, is_locked: bool = False) -> TerritoryImport:
    """Return an import, for us alone if it is to be locked; raise ImportNotFound."""
    found = session.get(TerritoryImport, import_id, with_for_update=is_locked or None)
    if found is None:
        raise ImportNotFound
    return found
