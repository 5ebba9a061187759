"""What residents must be told: owed in the transaction of the fact, sent by a job, in order.

A notice is claimed for a minute before it is sent. A worker that dies in between leaves it to be
claimed again, so that a resident is told twice at worst and never not at all: the platform's
customer-service message knows no idempotency key.

Of one topic's notices only the newest is still true once they have waited: whoever comes back after
two days reads that his case is closed, not four messages on how it got there. The rule: a notice that
is not sent within ten minutes is superseded as soon as a newer one of its topic is owed. Within ten
minutes all are told, in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from kernel import clock, jobs

from .ledger_models import Way
from .models import Notice, Receipt

SEND = "wechat.send_notice"  # the job's name

LEASE = timedelta(seconds=60)  # longer than a call with a fresh token may take
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
# After a week, news of a case is no news; the case's page tells all.
TOO_OLD = timedelta(days=7)
# Longer than a busy worker takes, shorter than anybody waits for news.
OUTDATED_AFTER = timedelta(minutes=10)
UNSENT = ("owed", "parked")


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
    way: Way | None  # of the last attempt
    is_uncertain: bool  # whether that one may have been shown


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
        earlier.state.in_(UNSENT),
    )


def _supersede(session: Session, *mine: ColumnElement[bool]) -> list[str]:
    """Drop what is outdated among these notices; return the topics in which something was."""
    newer = aliased(Notice)
    dropped = session.scalars(
        update(Notice)
        .where(
            *mine,
            Notice.state.in_(UNSENT),
            Notice.created_at < func.now() - OUTDATED_AFTER,
            or_(Notice.claimed_until.is_(None), Notice.claimed_until <= func.now()),
            exists().where(
                newer.topic == Notice.topic, newer.id > Notice.id, newer.state.in_(UNSENT)
            ),
        )
        .values(state="superseded", claimed_until=None)
        .returning(Notice.topic)
        .execution_options(synchronize_session=False)
    )
    return sorted(set(dropped.all()))


def withdraw(session: Session, topic: str) -> None:
    """Tell nothing more of a topic that is not sent yet: it is no longer true."""
    session.execute(
        update(Notice)
        .where(
            Notice.topic == topic,
            Notice.state.in_(UNSENT),
            or_(Notice.claimed_until.is_(None), Notice.claimed_until <= func.now()),
        )
        .values(state="superseded", claimed_until=None)
        .execution_options(synchronize_session=False)
    )


def claim(session: Session, notice_id: int) -> Owed | None:
    """Take the notice for a minute, unless it is sent, taken, not due, or not first in its topic."""
    topic = session.scalar(select(Notice.topic).where(Notice.id == notice_id))
    for outdated in _supersede(session, Notice.topic == topic):
        _send_next(session, outdated)
    row = session.execute(
        update(Notice)
        .where(
            Notice.id == notice_id,
            Notice.state == "owed",
            Notice.next_attempt_at <= func.now(),
            _is_first_of_topic(),
        )
        .values(
            attempts=Notice.attempts + 1,
            next_attempt_at=func.now() + LEASE,
            claimed_until=func.now() + LEASE,
        )
        .returning(
            Notice.id,
            Notice.citizen_id,
            Notice.subject,
            Notice.title,
            Notice.text,
            Notice.url,
            Notice.attempts,
            Notice.way,
            Notice.is_uncertain,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    return Owed(
        id=row.id,
        citizen_id=row.citizen_id,
        subject=row.subject,
        title=row.title,
        text=row.text,
        url=row.url,
        attempts=row.attempts,
        way=row.way,
        is_uncertain=row.is_uncertain,
    )


def go(session: Session, notice_id: int, way: str) -> None:
    """Remember by which way the notice is about to go."""
    session.execute(
        update(Notice)
        .where(Notice.id == notice_id)
        .values(way=way)
        .execution_options(synchronize_session=False)
    )


def settle(session: Session, notice_id: int, *, msg_id: str = "") -> None:
    """Mark the notice as sent, and send the next of its topic.

    `msg_id` is the platform's number of it, which a later word of the platform's may name.
    """
    fault = _receipt(session, msg_id)
    topic = session.scalar(
        update(Notice)
        .where(Notice.id == notice_id)
        .values(
            state="sent",
            sent_at=clock.now(),
            last_fault=None,
            claimed_until=None,
            msg_id=msg_id or None,
        )
        .returning(Notice.topic)
        .execution_options(synchronize_session=False)
    )
    if fault is not None:
        _take_back(session, msg_id, fault)
    _send_next(session, topic)


def _receipt(session: Session, msg_id: str) -> str | None:
    """Return what the platform said of this number before we had written it down."""
    if not msg_id:
        return None
    _take_turn(session, msg_id)
    return session.scalar(delete(Receipt).where(Receipt.msg_id == msg_id).returning(Receipt.fault))


def undelivered(session: Session, *, msg_id: str, fault: str) -> None:
    """Take the platform's later word that a notice did not reach the phone."""
    _take_turn(session, msg_id)
    if not _take_back(session, msg_id, fault):
        # Its word may be quicker than our note of the number; or the notice is none of ours.
        session.execute(insert(Receipt).values(msg_id=msg_id, fault=fault).on_conflict_do_nothing())


def _take_turn(session: Session, msg_id: str) -> None:
    key = func.hashtextextended(f"notice {msg_id}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def _take_back(session: Session, msg_id: str, fault: str) -> bool:
    """Owe a notice again that was not shown, unless a newer one of its topic tells more."""
    newer = aliased(Notice)
    told_more = exists().where(newer.topic == Notice.topic, newer.id > Notice.id)
    row = session.execute(
        select(Notice.id, told_more.label("is_outdated")).where(
            Notice.msg_id == msg_id, Notice.state == "sent"
        )
    ).one_or_none()
    if row is None:
        return False
    session.execute(
        update(Notice)
        .where(Notice.id == row.id)
        .values(
            # Whoever blocks notices is told when he writes; so is everybody, sooner or later.
            state="superseded" if row.is_outdated else "parked",
            sent_at=None,
            msg_id=None,
            is_uncertain=False,
            last_fault=fault,
        )
        .execution_options(synchronize_session=False)
    )
    return True


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
    session: Session,
    notice_id: int,
    *,
    fault: str,
    pause: timedelta | None = None,
    is_uncertain: bool = False,
) -> None:
    """Try again later: after `pause`, or after a pause that doubles with each attempt."""
    notice = session.get_one(Notice, notice_id, populate_existing=True)
    if clock.now() - notice.created_at > TOO_OLD:
        give_up(session, notice_id, fault=fault)
        return
    doubled = FIRST_PAUSE * 2 ** min(notice.attempts, 10)
    notice.next_attempt_at = clock.now() + (pause or min(doubled, LONGEST_PAUSE))
    notice.last_fault = fault
    notice.claimed_until = None
    notice.is_uncertain = notice.is_uncertain or is_uncertain


def park(session: Session, notice_id: int, *, fault: str) -> None:
    """Keep the notice until the resident writes, which opens the platform's window."""
    session.execute(
        update(Notice)
        .where(Notice.id == notice_id)
        .values(state="parked", last_fault=fault, claimed_until=None)
    )


def give_up(session: Session, notice_id: int, *, fault: str) -> None:
    """Never send this notice; the next of its topic has its turn."""
    topic = session.scalar(
        update(Notice)
        .where(Notice.id == notice_id)
        .values(state="given_up", last_fault=fault, claimed_until=None)
        .returning(Notice.topic)
    )
    _send_next(session, topic)


def unpark(session: Session, citizen_id: int) -> None:
    """Send what waited for the resident to write: he just did."""
    waits = exists().where(Notice.citizen_id == citizen_id, Notice.state == "parked")
    if not session.scalar(select(waits)):
        return  # as with nearly every message
    _supersede(session, Notice.citizen_id == citizen_id, Notice.state == "parked")
    notice_ids = session.scalars(
        update(Notice)
        .where(Notice.citizen_id == citizen_id, Notice.state == "parked")
        .values(state="owed", next_attempt_at=func.now())
        .returning(Notice.id)
    ).all()
    for notice_id in sorted(notice_ids):
        jobs.enqueue(session, SEND, notice_id)


def retry(session: Session, notice_id: int) -> bool:
    """Try a notice again now that was parked, given up or waits; False where it is too late."""
    found = session.scalar(
        update(Notice)
        .where(
            Notice.id == notice_id,
            Notice.state.in_(("owed", "parked", "given_up")),
            or_(Notice.claimed_until.is_(None), Notice.claimed_until <= func.now()),
        )
        .values(state="owed", next_attempt_at=func.now())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    if found is not None:
        jobs.enqueue(session, SEND, notice_id)
    return found is not None


def due(session: Session, *, limit: int = 200) -> Sequence[int]:
    """Return notices that could be sent now: what the sweeper looks for."""
    return session.scalars(
        select(Notice.id)
        .where(Notice.state == "owed", Notice.next_attempt_at <= func.now(), _is_first_of_topic())
        .order_by(Notice.next_attempt_at)
        .limit(limit)
    ).all()
