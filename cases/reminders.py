"""Who must hurry: one reminder per stage and threshold, also after an outage.

A stage that passed both thresholds while nobody looked is reminded of once, of the later one. Each
run writes so many at most; what is left comes with the next, the most overdue first.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, case, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import bus, clock

from .clock_models import Reminder, Stage
from .events import StageWarned
from .models import Case

_MOST_AT_ONCE = 200
_FORGOTTEN = timedelta(days=400)  # a stage that nobody touched for so long is beyond reminding


def remind(session: Session, *, limit: int = _MOST_AT_ONCE) -> int:
    """Write the reminders that are due and tell of each; return how many."""
    now = clock.now()
    percent = case((Stage.due_at <= now, 100), else_=80)
    said = exists().where(
        Reminder.case_id == Stage.case_id,
        Reminder.begun_seq == Stage.begun_seq,
        Reminder.stage == Stage.stage,
        Reminder.due_at == Stage.due_at,
        or_(Reminder.percent == 100, and_(Reminder.percent == 80, Stage.due_at > now)),
    )
    due = session.execute(
        select(
            Stage.case_id,
            Stage.begun_seq,
            Stage.stage,
            Stage.due_at,
            Stage.body_id,
            percent.label("percent"),
            Case.report_no,
        )
        .join(Case, Case.id == Stage.case_id)
        .where(
            Stage.ended_at.is_(None),
            Stage.paused_at.is_(None),
            Stage.warn_at <= now,
            Stage.warn_at > now - _FORGOTTEN,
            ~said,
        )
        .order_by(Stage.due_at)
        .limit(limit)
    ).all()
    return sum(_say(session, row, now) for row in due)


def _say(session: Session, row: object, now: datetime) -> bool:
    """Write one reminder and tell of it, unless another worker has just done so."""
    values = row._asdict()  # type: ignore[attr-defined]  # a row of the select above
    body_id, number = values.pop("body_id"), values.pop("report_no")
    made = session.scalar(
        insert(Reminder)
        .values(made_at=now, **values)
        .on_conflict_do_nothing()
        .returning(Reminder.case_id)
    )
    if made is None:
        return False
    bus.publish(
        session,
        StageWarned(values["case_id"], number, values["stage"], values["percent"], body_id),
    )
    return True
