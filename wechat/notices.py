"""What residents must be told: owed in the transaction of the fact, sent by a job, in order.

A notice is claimed for a minute before it is sent. A worker that dies in between leaves it to be
claimed again, so that a resident is told twice at worst and never not at all: the platform's
customer-service message knows no idempotency key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from kernel import clock, jobs

from .models import Notice

SEND = "wechat.send_notice"  # the job's name

LEASE = timedelta(seconds=60)  # longer than a call with a fresh token may take
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
# After a week, news of a case is no news; the case's page tells all.
TOO_OLD = timedelta(days=7)


@dataclass(frozen=True)
class Owed:
    """A notice that this worker may send now."""

    id: int
    citizen_id: int
    subject: str | None
    title: str
    text: str
    url: str | None
    attempts: int


def owe(
    session: Session,
    *,
    citizen_id: int,
    topic: str,
    fact: str,
    title: str,
    text: str,
    url: str | None = None,
    subject: str | None = None,
) -> None:
    """Promise to tell a resident something; the same fact is told once.

    `title` has five characters at most and `subject` is a number: together with the link they
    must do where the platform lets us send no more than a template.
    """
    notice_id = session.scalar(
        insert(Notice)
        .values(
            citizen_id=citizen_id,
            topic=topic,
            fact=fact,
            subject=subject,
            title=title,
            text=text,
            url=url,
        )
        .on_conflict_do_nothing()
        .returning(Notice.id)
    )
    if notice_id is not None:
        jobs.enqueue(session, SEND, notice_id)


def _is_first_of_topic() -> ColumnElement[bool]:
    earlier = aliased(Notice)
    return ~exists().where(
        earlier.topic == Notice.topic,
        earlier.id < Notice.id,
        earlier.state.in_(("owed", "parked")),
    )


def claim(session: Session, notice_id: int) -> Owed | None:
    """Take the notice for a minute, unless it is sent, taken, not due, or not first in its topic."""
    row = session.execute(
        update(Notice)
        .where(
            Notice.id == notice_id,
            Notice.state == "owed",
            Notice.next_attempt_at <= func.now(),
            _is_first_of_topic(),
        )
        .values(attempts=Notice.attempts + 1, next_attempt_at=func.now() + LEASE)
        .returning(
            Notice.id,
            Notice.citizen_id,
            Notice.subject,
            Notice.title,
            Notice.text,
            Notice.url,
            Notice.attempts,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else Owed(*row)


def settle(session: Session, notice_id: int) -> None:
    """Mark the notice as sent, and send the next of its topic."""
    topic = session.scalar(
        update(Notice)
        .where(Notice.id == notice_id)
        .values(state="sent", sent_at=clock.now(), last_fault=None)
        .returning(Notice.topic)
    )
    _send_next(session, topic)


def _send_next(session: Session, topic: str | None) -> None:
    following = session.scalar(
        select(Notice.id)
        .where(Notice.topic == topic, Notice.state == "owed")
        .order_by(Notice.id)
        .limit(1)
    )
    if following is not None:
        jobs.enqueue(session, SEND, following)


def postpone(
    session: Session, notice_id: int, *, fault: str, pause: timedelta | None = None
) -> None:
    """Try again later: after `pause`, or after a pause that doubles with each attempt."""
    notice = session.get_one(Notice, notice_id)
    if clock.now() - notice.created_at > TOO_OLD:
        give_up(session, notice_id, fault=fault)
        return
    doubled = FIRST_PAUSE * 2 ** min(notice.attempts, 10)
    notice.next_attempt_at = clock.now() + (pause or min(doubled, LONGEST_PAUSE))
    notice.last_fault = fault


def park(session: Session, notice_id: int, *, fault: str) -> None:
    """Keep the notice until the resident writes, which opens the platform's window."""
    session.execute(
        update(Notice).where(Notice.id == notice_id).values(state="parked", last_fault=fault)
    )


def give_up(session: Session, notice_id: int, *, fault: str) -> None:
    """Never send this notice; the next of its topic has its turn."""
    topic = session.scalar(
        update(Notice)
        .where(Notice.id == notice_id)
        .values(state="given_up", last_fault=fault)
        .returning(Notice.topic)
    )
    _send_next(session, topic)


def unpark(session: Session, citizen_id: int) -> None:
    """Send what waited for the resident to write: he just did."""
    notice_ids = session.scalars(
        update(Notice)
        .where(Notice.citizen_id == citizen_id, Notice.state == "parked")
        .values(state="owed", next_attempt_at=func.now())
        .returning(Notice.id)
    ).all()
    for notice_id in sorted(notice_ids):
        jobs.enqueue(session, SEND, notice_id)


def due(session: Session, *, limit: int = 200) -> Sequence[int]:
    """Return notices that could be sent now: what the sweeper looks for."""
    return session.scalars(
        select(Notice.id)
        .where(Notice.state == "owed", Notice.next_attempt_at <= func.now(), _is_first_of_topic())
        .order_by(Notice.next_attempt_at)
        .limit(limit)
    ).all()
