"""Reads about the district's bodies."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from .models import Body


@dataclass(frozen=True)
class BodyRow:
    id: int
    name: str
    kind: str


def bodies(session: Session) -> tuple[BodyRow, ...]:
    """Return the bodies that may be given work, in the order of their codes."""
    rows = session.execute(
        select(Body.id, Body.name, Body.kind).where(Body.is_active).order_by(Body.code)
    )
    return tuple(BodyRow(row.id, row.name, row.kind) for row in rows)


def body_name(session: Session, body_id: int) -> str | None:
    """Return the name of an active body, or None."""
    return session.scalar(select(Body.name).where(Body.id == body_id, Body.is_active))


def body_names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return names, also of bodies that are no longer active: history keeps them."""
    rows = session.execute(select(Body.id, Body.name).where(Body.id.in_(set(ids))))
    return {row.id: row.name for row in rows}
