"""Every message once, and every delivery of it the same answer.

The platform sends a message again when no answer came within five seconds, also while the first
delivery is still being worked on. All deliveries of one resident queue on one advisory lock; the
second one finds the first one's answer. Message, what follows from it, and answer are one
transaction: after a crash either all of it is there, or the platform's next delivery does it.
"""

import logging
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

import accounts
from kernel import clock
from kernel.database import savepoint, transaction
from kernel.errors import Refusal

from . import handlers, notices, quick, replies, wording
from .handlers import House
from .inbound import Inbound
from .models import Media, Message, Notice
from .parsing import parse
from .replies import Reply, TextReply
from .statements import RECORD, recorded

log = logging.getLogger(__name__)

# Together under the platform's five seconds, with something left for the network.
LOCK_TIMEOUT_MS = 2500
STATEMENT_TIMEOUT_MS = 3500
DEFER_TIMEOUT_MS = 700
# So many of a resident's messages that waited are handled before the one at hand.
MOST_BEFORE = 5

# The database was too slow or not there: another try may do. Any other fault of a statement is
# a defect like others, or it would come back for ever.
NOT_NOW = (OperationalError, InterfaceError)


class Unavailable(Exception):
    """Nothing could be stored; the delivery must not be acknowledged, so that it comes again."""


def accept(message: Inbound, house: House) -> Reply:
    """Handle the message unless that was done, and return its answer; raise Unavailable.

    What does not get its turn in time (a lock held too long, a slow statement) is stored, answered
    with a short sentence, and handled by a job.
    """
    reply = quick.answer(message, house)
    if reply is not None:
        return reply
    try:
        with transaction() as session:
            _take_turn(session, message.openid, LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS)
            stored = _stored(session, message.key)
            if stored is not None:
                return stored
            _catch_up_before(session, message.openid, house)
            return _handle(session, message, house)
    except NOT_NOW as trouble:
        log.warning("message %s not handled in time: %s", message.key, type(trouble.orig).__name__)
    try:
        return _defer(message)
    except NOT_NOW as trouble:
        raise Unavailable from trouble


def _take_turn(session: Session, openid: str, lock_ms: int, statement_ms: int) -> None:
    """Wait for the resident's earlier messages; two residents do not wait for each other."""
    session.execute(
        select(
            func.set_config("lock_timeout", str(lock_ms), True),
            func.set_config("statement_timeout", str(statement_ms), True),
            func.pg_advisory_xact_lock(func.hashtextextended(openid, 0)),
        )
    )


def _stored(session: Session, key: str) -> Reply | None:
    stored = session.scalar(select(Message.reply).where(Message.key == key))
    return None if stored is None else replies.from_json(stored)


def _handle(session: Session, message: Inbound, house: House) -> Reply:
    reply, fault = _attempt(session, message, house)
    _record(session, message, state="failed" if fault else "done", reply=reply, fault=fault)
    return reply


def _attempt(session: Session, message: Inbound, house: House) -> tuple[Reply, str | None]:
    """Handle the message in a savepoint: a refusal or a defect undoes its rows, not the message."""
    try:
        with savepoint(session):
            return handlers.handle(session, message, house), None
    except Refusal as refusal:
        return TextReply(refusal.sentence), None
    except NOT_NOW:
        raise
    except Exception as defect:
        log.exception("message %s failed", message.key)
        return TextReply(wording.failed()), type(defect).__name__


def _record(
    session: Session, message: Inbound, *, state: str, reply: Reply, fault: str | None = None
) -> None:
    session.execute(RECORD, recorded(message, state=state, reply=reply, fault=fault))


def _defer(message: Inbound) -> Reply:
    """Store the message for the sweeper; a delivery that overlaps finds it or is refused."""
    reply = TextReply(wording.later()) if message.is_answerable else replies.Silence()
    with transaction() as session:
        session.execute(
            select(
                func.set_config("lock_timeout", str(DEFER_TIMEOUT_MS), True),
                func.set_config("statement_timeout", str(DEFER_TIMEOUT_MS), True),
            )
        )
        session.execute(
            insert(Message)
            .values(recorded(message, state="deferred", reply=reply))
            .on_conflict_do_nothing()
        )
        return _stored(session, message.key) or reply


def deferred(session: Session, *, limit: int = 100) -> list[str]:
    """Return the keys of messages that wait to be handled, oldest first."""
    return list(
        session.scalars(
            select(Message.key)
            .where(Message.state == "deferred")
            .order_by(Message.received_at)
            .limit(limit)
        )
    )


def backlog(session: Session) -> dict[str, int]:
    """Count what waits or went wrong, all of it through indexes that hold nothing else."""
    kept = session.execute(
        select(Message.state, func.count()).where(Message.state != "done").group_by(Message.state)
    )
    owed = session.execute(
        select(Notice.state, func.count())
        .where(Notice.state.in_(("owed", "parked")))
        .group_by(Notice.state)
    )
    messages = dict(kept.all())
    told = dict(owed.all())
    pending = session.scalar(select(func.count()).where(Media.state == "pending"))
    return {
        "messages_deferred": messages.get("deferred", 0),
        "messages_failed": messages.get("failed", 0),
        "notices_owed": told.get("owed", 0),
        "notices_parked": told.get("parked", 0),
        "media_pending": pending or 0,
    }


def catch_up(session: Session, key: str, house: House) -> None:
    """Handle a deferred message; its answer goes to the resident as a notice."""
    row = session.execute(select(Message.openid, Message.raw).where(Message.key == key)).one()
    _take_turn(session, row.openid, 30_000, 60_000)
    waiting = session.scalar(
        select(Message.raw).where(Message.key == key, Message.state == "deferred")
    )
    if waiting is None:
        return
    _handle_late(session, key, waiting, house)


def _catch_up_before(session: Session, openid: str, house: House) -> None:
    """Handle what the resident sent before and could not be handled then: his messages keep their order."""
    waiting = session.execute(
        select(Message.key, Message.raw)
        .where(Message.openid == openid, Message.state == "deferred")
        .order_by(Message.received_at)
        .limit(MOST_BEFORE)
    ).all()
    for key, raw in waiting:
        _handle_late(session, key, raw or "", house)


def _handle_late(session: Session, key: str, raw: str, house: House) -> None:
    message = parse(raw)
    reply, fault = _attempt(session, message, house)
    _record(session, message, state="failed" if fault else "done", reply=reply, fault=fault)
    if isinstance(reply, TextReply):
        notices.owe(
            session,
            citizen_id=accounts.citizen_for(session, message.openid),
            topic=f"message:{key}",
            fact=f"message:{key}",
            title="回复",
            text=reply.content,
        )


def forget(session: Session, *, days: int, limit: int = 1000) -> int:
    """Drop the text of messages that are older than `days`; return how many."""
    old = (
        select(Message.key)
        .where(
            Message.raw.is_not(None),
            Message.state != "deferred",
            Message.received_at < clock.now() - timedelta(days=days),
        )
        .order_by(Message.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    forgotten = session.scalars(
        update(Message).where(Message.key.in_(old)).values(raw=None).returning(Message.key)
    )
    return len(forgotten.all())
