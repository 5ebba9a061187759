"""Keeping the list of bodies."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from .models import Body


def add_body(session: Session, *, code: str, name: str, kind: str) -> bool:
    """Add a body unless its code or name is there already; tell whether it was added."""
    added = session.scalar(
        insert(Body)
        .values(code=code, name=name, kind=kind)
        .on_conflict_do_nothing()
        .returning(Body.id)
    )
    return added is not None
