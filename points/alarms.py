"""What reconciliation found and nobody has cleared yet: for the console, the desk and /metrics."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from kernel import clock
from kernel.database import transaction

from .errors import AlreadyDecided
from .models import Alarm, Item


@dataclass(frozen=True)
class AlarmRow:
    id: int
    check: str
    subject: str
    detail: str
    found_at: datetime


def alarms(session: Session, *, limit: int = 100) -> tuple[AlarmRow, ...]:
    """Return the alarms that ring, oldest first."""
    rows = session.scalars(
        select(Alarm).where(Alarm.cleared_at.is_(None)).order_by(Alarm.id).limit(limit)
    )
    return tuple(AlarmRow(row.id, row.check, row.subject, row.detail, row.found_at) for row in rows)


def ringing(session: Session) -> int:
    """Return how many alarms ring: the console's flag."""
    found = session.scalar(
        select(func.count()).select_from(Alarm).where(Alarm.cleared_at.is_(None))
    )
    return int(found or 0)


def clear(session: Session, *, alarm_id: int, staff_id: int, note: str) -> None:
    """Note that an alarm was looked into; the last one about an item lets it be offered again.

    Points stay frozen until somebody unfreezes them, and what still does not tie rings again.
    Raises AlreadyDecided.
    """
    subject = session.scalar(
        update(Alarm)
        .where(Alarm.id == alarm_id, Alarm.cleared_at.is_(None))
        .values(cleared_at=clock.now(), cleared_by=staff_id, note=note.strip()[:500] or None)
        .returning(Alarm.subject)
    )
    if subject is None:
        raise AlreadyDecided
    kind, _, number = subject.partition(":")
    still = select(Alarm.id).where(Alarm.subject == subject, Alarm.cleared_at.is_(None)).limit(1)
    if kind == "item" and session.scalar(still) is None:
        session.execute(update(Item).where(Item.id == int(number)).values(is_frozen=False))


_UNSEALED_S = text("""
SELECT coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(at)), 0) FROM (
    SELECT at FROM points_transfers t
    WHERE no > (SELECT coalesce(max(transfer_no), 0) - 10000 FROM points_seals)
    AND NOT EXISTS (SELECT FROM points_seals s WHERE s.transfer_id = t.id)
    ORDER BY no LIMIT 1
) AS oldest
""")


def figures() -> Iterable[tuple[str, str, float]]:
    """Give the ledger's state to /metrics."""
    with transaction() as session:
        rings = ringing(session)
        waits = float(session.scalar(_UNSEALED_S, {"now": clock.now()}) or 0)
    yield "points_alarms", "alarms about points that nobody has cleared", rings
    yield "points_unsealed_seconds", "age of the oldest transfer that is not sealed", waits
