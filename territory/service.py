"""Keeping the list of bodies."""

from collections.abc import Mapping, Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from .errors import BodyNotFound
from .models import Body


def add_body(session: Session, *, code: str, name: str, kind: str) -> bool:
    """Add a body unless its code or name is there already; tell whether it was added."""
    return add_bodies(session, [{"code": code, "name": name, "kind": kind}]) == 1


def add_bodies(session: Session, wanted: Sequence[Mapping[str, str | None]]) -> int:
    """Add bodies whose code and name are not there yet; return how many were added."""
    statement = insert(Body).on_conflict_do_nothing().returning(Body.id)
    return len(session.scalars(statement, [dict(each) for each in wanted]).all())


def set_body_active(session: Session, body_id: int, *, is_active: bool) -> Body:
    """Close a body, or open it again; raise BodyNotFound. Its cases and its name stay."""
    body = session.get(Body, body_id, with_for_update=True)
    if body is None:
        raise BodyNotFound
    body.is_active = is_active
    return body
