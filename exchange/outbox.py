"""The outbox: what is owed to webhooks and the gateway, sent by a job in order of each case.

A message is claimed for a minute before it is sent. A worker that dies in between leaves it to be
claimed again: it arrives twice at worst, under the same number, and never not at all.

Of one case and addressee only the first that is owed is sent. What is dead at the gateway keeps the
later ones back, since they would speak of a case that the other side does not know; a webhook goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from kernel import clock, jobs

from .outbox_models import Hook, Message

DELIVER = "exchange.deliver"  # the job's name

LEASE = timedelta(seconds=60)  # longer than a call may take
# After the first try, as the Standard Webhooks' authors advise; then it is dead: some three days.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
KEPT_DAYS = 90
_BATCH = 1000


@dataclass(frozen=True)
class Owed:
    """A message that this worker may send now."""

    id: int
    hook_id: int | None
    case_id: int
    seq: int
    event: str
    body: str
    attempts: int


@dataclass(frozen=True)
class MessageRow:
    """A message as the desk sees it."""

    id: int
    hook_name: str | None
    case_id: int
    event: str
    state: str
    attempts: int
    last_fault: str | None
    created_at: datetime
    next_attempt_at: datetime
    settled_at: datetime | None


def owe(
    session: Session, *, hook_id: int | None, case_id: int, seq: int, event: str, body: str
) -> None:
    """Owe an addressee a step of a case; the same step again is once."""
    made = session.scalar(
        insert(Message)
        .values(hook_id=hook_id, case_id=case_id, seq=seq, event=event, body=body)
        .on_conflict_do_nothing()
        .returning(Message.id)
    )
    if made is not None:
        jobs.enqueue(session, DELIVER, made)


def _is_first() -> ColumnElement[bool]:
    earlier = aliased(Message)
    return ~exists().where(
        earlier.case_id == Message.case_id,
        earlier.id < Message.id,
        or_(
            and_(earlier.hook_id == Message.hook_id, earlier.state == "owed"),
            and_(
                earlier.hook_id.is_(None),
                Message.hook_id.is_(None),
                earlier.state.in_(("owed", "dead")),
            ),
        ),
    )


def claim(session: Session, message_id: int) -> Owed | None:
    """Take the message for a minute, unless it is settled, taken, not due or not first."""
    now = clock.now()
    row = session.execute(
        update(Message)
        .where(
            Message.id == message_id,
            Message.state == "owed",
            Message.next_attempt_at <= now,
            _is_first(),
        )
        .values(attempts=Message.attempts + 1, next_attempt_at=now + LEASE)
        .returning(*(getattr(Message, name) for name in Owed.__dataclass_fields__))
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else Owed(*row)


def settle(
    session: Session, message: Owed, *, state: str = "sent", fault: str | None = None
) -> None:
    """Mark it as sent (or dead, or dropped), and send the next of its case."""
    session.execute(
        update(Message)
        .where(Message.id == message.id)
        .values(state=state, settled_at=clock.now(), last_fault=fault[:200] if fault else None)
        .execution_options(synchronize_session=False)
    )
    _send_next(session, message.hook_id, message.case_id)


def fail(
    session: Session,
    message: Owed,
    fault: str,
    *,
    pause_s: float | None = None,
    is_final: bool = False,
) -> bool:
    """Try again later, no sooner than `pause_s`; tell whether it is dead instead."""
    if is_final or message.attempts > len(PAUSES):
        settle(session, message, state="dead", fault=fault)
        return True
    pause = max(PAUSES[message.attempts - 1], timedelta(seconds=min(pause_s or 0, 86400)))
    session.execute(
        update(Message)
        .where(Message.id == message.id)
        .values(next_attempt_at=clock.now() + pause, last_fault=fault[:200])
        .execution_options(synchronize_session=False)
    )
    return False


def _send_next(session: Session, hook_id: int | None, case_id: int) -> None:
    following = session.scalar(
        select(Message.id)
        .where(
            Message.case_id == case_id,
            Message.hook_id == hook_id if hook_id is not None else Message.hook_id.is_(None),
            Message.state == "owed",
        )
        .order_by(Message.id)
        .limit(1)
    )
    if following is not None:
        jobs.enqueue(session, DELIVER, following)


def due(session: Session, *, limit: int = 200) -> Sequence[int]:
    """Return messages that could be sent now: what the sweeper looks for."""
    return session.scalars(
        select(Message.id)
        .where(Message.state == "owed", Message.next_attempt_at <= clock.now(), _is_first())
        .order_by(Message.next_attempt_at)
        .limit(limit)
    ).all()


def send_again(session: Session, message_id: int) -> bool:
    """Owe a message anew, whatever became of it; False while somebody is sending it."""
    now = clock.now()
    is_free = or_(
        Message.state != "owed",
        Message.attempts == 0,
        Message.next_attempt_at > now + LEASE,
        Message.next_attempt_at <= now,
    )
    found = session.scalar(
        update(Message)
        .where(Message.id == message_id, is_free)
        .values(state="owed", settled_at=None, attempts=0, next_attempt_at=now)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    if found is not None:
        jobs.enqueue(session, DELIVER, found)
    return found is not None


def drop(session: Session, message_id: int) -> bool:
    """Give a dead message up for good, so that the later ones of its case go on."""
    row = session.execute(
        update(Message)
        .where(Message.id == message_id, Message.state == "dead")
        .values(state="dropped", settled_at=clock.now())
        .returning(Message.hook_id, Message.case_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return False
    _send_next(session, row.hook_id, row.case_id)
    return True


def drop_all(session: Session, *, hook_id: int) -> None:
    """Owe an ended webhook nothing more."""
    session.execute(
        update(Message)
        .where(Message.hook_id == hook_id, Message.state == "owed")
        .values(state="dropped", settled_at=clock.now(), last_fault="订阅已停用")
        .execution_options(synchronize_session=False)
    )


def listed(session: Session, *, state: str, before_id: int | None, limit: int) -> list[MessageRow]:
    """Return messages of a state, newest first."""
    names = list(MessageRow.__dataclass_fields__)
    columns = [Hook.name if name == "hook_name" else getattr(Message, name) for name in names]
    wanted = select(*columns).join(Hook, Hook.id == Message.hook_id, isouter=True)
    wanted = wanted.where(Message.state == state)
    if before_id is not None:
        wanted = wanted.where(Message.id < before_id)
    rows = session.execute(wanted.order_by(Message.id.desc()).limit(limit))
    return [MessageRow(*row) for row in rows]


def waiting(session: Session) -> dict[str, int]:
    """Return how many messages are owed or dead: {state: number}."""
    rows = session.execute(
        select(Message.state, func.count().label("number"))
        .where(Message.state.in_(("owed", "dead")))
        .group_by(Message.state)
    )
    return {row.state: row.number for row in rows}


def forget(session: Session) -> int:
    """Delete a batch of what was settled long ago; return how many."""
    old = (
        select(Message.id)
        .where(Message.settled_at < clock.now() - timedelta(days=KEPT_DAYS))
        .limit(_BATCH)
    )
    gone = session.execute(delete(Message).where(Message.id.in_(old)).returning(Message.id))
    return len(gone.all())
