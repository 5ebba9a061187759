"""Books of rules for tests: put in force in one call."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases import editing, trying
from cases.matching import Line
from kernel import clock


def drafted(session: Session, lines: Sequence[Line]) -> int:
    """Make the draft hold just these rules; return its revision."""
    book = editing.begin_draft(session, None)
    session.execute(text("DELETE FROM cases_rules WHERE book_id = :id"), {"id": book.id})
    for line in lines:
        editing.set_rule(session, staff_id=None, seen_revision=book.revision, line=line)
    return book.revision


def in_force(session: Session, *lines: Line) -> int:
    """Put these rules in force; return the version. Numbers are given anew."""
    revision = drafted(session, lines)
    trying.try_out(session, clock.now() - timedelta(days=30))
    return editing.go_live(session, staff_id=None, seen_revision=revision)
