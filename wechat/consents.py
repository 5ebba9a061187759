"""Subscription notices: what residents agreed to, by the platform's three events.

A one-time consent is good for exactly one notice, whenever that is; a long-term one (public services
only) until it is withdrawn. Which of the two our template has is a setting; the ledger counts.
"""

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from .inbound import NoticesChosen
from .ledger_models import Consent

_LONGEST_ID = 128
# More than this many unused ones are no help to anybody, and a sign of a program at work.
_MOST = 100


def note(session: Session, citizen_id: int, message: NoticesChosen) -> bool:
    """Enter what the resident chose; tell whether something may be sent now that could not."""
    is_more = False
    for choice in message.choices:
        template_id = choice.template_id
        if not template_id or len(template_id) > _LONGEST_ID:
            continue
        if choice.status == "accept" and message.event == "subscribe_msg_popup_event":
            _add(session, citizen_id, template_id)
            is_more = True
        elif choice.status == "accept" and message.event == "subscribe_msg_change_event":
            # The switch in WeChat's settings: it is back on, nothing is added to one that was.
            is_more = _add(session, citizen_id, template_id, at_most=1) or is_more
        elif choice.status == "reject" and message.event == "subscribe_msg_change_event":
            drop(session, citizen_id, template_id)
    return is_more


def _add(session: Session, citizen_id: int, template_id: str, *, at_most: int = _MOST) -> bool:
    added = session.execute(
        insert(Consent)
        .values(citizen_id=citizen_id, template_id=template_id, left_over=1)
        .on_conflict_do_update(
            index_elements=["citizen_id", "template_id"],
            set_={"left_over": Consent.left_over + 1, "changed_at": clock.now()},
            where=Consent.left_over < at_most,
        )
        .returning(Consent.left_over)
    )
    return added.one_or_none() is not None


def spend(session: Session, citizen_id: int, template_id: str, *, is_lasting: bool) -> bool:
    """Use one consent before the notice is sent; False where there is none."""
    mine = (
        Consent.citizen_id == citizen_id,
        Consent.template_id == template_id,
        Consent.left_over > 0,
    )
    if is_lasting:
        return session.scalar(select(Consent.left_over).where(*mine)) is not None
    used = session.execute(
        update(Consent)
        .where(*mine)
        .values(left_over=Consent.left_over - 1, changed_at=clock.now())
        .returning(Consent.left_over)
        .execution_options(synchronize_session=False)
    )
    return used.one_or_none() is not None


def give_back(session: Session, citizen_id: int, template_id: str, *, is_lasting: bool) -> None:
    """Put a consent back: the notice surely was not sent."""
    if not is_lasting:
        _add(session, citizen_id, template_id)


def drop(session: Session, citizen_id: int, template_id: str) -> None:
    """Believe the platform: nothing is left, whatever we had counted."""
    session.execute(
        update(Consent)
        .where(Consent.citizen_id == citizen_id, Consent.template_id == template_id)
        .values(left_over=0, changed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
