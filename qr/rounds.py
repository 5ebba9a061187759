"""Who goes where: rounds of patrol, what is to be printed, and the whole register as a list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from kernel import clock

from .models import Batch, Code, Plate, Site
from .queries import Row, plate_rows, row_of, upkeep_conditions
from .route import nearest_first
from .rules import PlateState


@dataclass(frozen=True, slots=True)
class Stop:
    """A plate to visit: why, and how far it is from the one before."""

    row: Row
    reasons: tuple[str, ...]
    way_m: float


def patrol(
    session: Session,
    *,
    start: tuple[float, float],
    reasons: Sequence[str] = (),
    most: int = 30,
) -> list[Stop]:
    """Return what somebody on his round should see to, nearest first from a WGS-84 point."""
    conditions = upkeep_conditions(clock.now())
    wanted = {name: conditions[name] for name in reasons if name in conditions} or conditions
    query = plate_rows().add_columns(*conditions.values()).where(or_(*wanted.values()))
    found = session.execute(query.order_by(Plate.id)).all()
    width = len(conditions)
    rows = [row_of(each[:-width]) for each in found]
    stops = nearest_first(start, [(row.latitude, row.longitude) for row in rows], most=most)
    return [
        Stop(
            rows[place],
            tuple(n for n, is_so in zip(conditions, found[place][-width:], strict=True) if is_so),
            way,
        )
        for place, way in stops
    ]


@dataclass(frozen=True, slots=True)
class ToPrint:
    """What goes on a plate."""

    plate_id: int
    code: str
    number: str
    name: str
    kind: str


def to_print(
    session: Session, *, numbers: Sequence[str] = (), batch_id: int | None = None, limit: int = 5000
) -> list[ToPrint]:
    """Return planned plates, those of these signs or all; or those of a batch, to print it again."""
    query = _what_is_printed().limit(limit)
    if batch_id is not None:
        query = query.where(Plate.batch_id == batch_id)
    else:
        query = query.where(Plate.state == PlateState.PLANNED)
    if numbers:
        query = query.where(Site.number.in_(numbers))
    return [ToPrint(*row) for row in session.execute(query)]


def plates_to_print(session: Session, plate_ids: Sequence[int]) -> list[ToPrint]:
    """Return what goes on these plates, whatever their state, in the order of signs' numbers."""
    query = _what_is_printed().where(Plate.id.in_(plate_ids))
    return [ToPrint(*row) for row in session.execute(query)]


def count_to_print(session: Session, *, without: Select[int]) -> int:
    """Return how many plates are planned, without some."""
    query = select(func.count()).where(Plate.state == PlateState.PLANNED, Plate.id.not_in(without))
    return session.scalars(query).one()


def _what_is_printed() -> Select[*tuple[Any, ...]]:
    return (
        select(Plate.id, Plate.code, Site.number, Site.name, Site.kind)
        .join(Code, Code.code == Plate.code)
        .join(Site, Site.id == Code.site_id)
        .order_by(Site.number, Plate.id)
    )


def batches(session: Session, limit: int = 20) -> list[Batch]:
    """Return what was printed, the newest first."""
    return list(session.scalars(select(Batch).order_by(Batch.id.desc()).limit(limit)))


def everything(session: Session) -> Iterator[tuple[Site, str | None, str | None]]:
    """Return all sites with the code and the state of their newest plate, by number."""
    newest = (
        select(Plate.code, Plate.state, Code.site_id)
        .join(Code, Code.code == Plate.code)
        .ext(distinct_on(Code.site_id))
        .order_by(Code.site_id, Plate.id.desc())
        .subquery()
    )
    rows = session.execute(
        select(Site, newest.c.code, newest.c.state)
        .outerjoin(newest, newest.c.site_id == Site.id)
        .where(Site.removed_at.is_(None))
        .order_by(Site.number)
    )
    yield from rows
