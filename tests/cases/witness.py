"""Sees what tests of cases must see: all that is stored, and all that is told."""

from sqlalchemy import text
from sqlalchemy.orm import Session

import cases
from cases.events import OF_MOVE
from kernel import bus

Rows = tuple[tuple[object, ...], ...]


def listen() -> list[object]:
    """Return a list to which everything that happens to cases will be added."""
    heard: list[object] = []

    def hear(_session: Session, event: object) -> None:
        heard.append(event)

    bus.connect({kind: [hear] for kind in (*OF_MOVE.values(), cases.PhotoUnusable)})
    return heard


def everything(session: Session) -> tuple[Rows, ...]:
    """Return all rows that a report or a move could change, as the database has them."""
    session.flush()
    tables = ("cases_cases", "cases_moves", "cases_photos", "wechat_notices")
    return tuple(
        tuple(tuple(row) for row in session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")))  # noqa: S608  # our own names
        for table in tables
    )
