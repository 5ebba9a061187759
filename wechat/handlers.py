"""From a message to an answer: the conversation decides, the features do."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import accounts
import cases
import convenience
from kernel import clock, jobs

from . import (
    conversation,
    forgetting,
    hearing,
    inbound,
    notices,
    offers,
    receipts,
    signs,
    steps,
    windows,
    wording,
)
from .conversation import Draft, Heard, Turn
from .dialogue import Follow
from .models import Talk
from .replies import HandOver, Reply, Silence, TextReply
from .steps import House, case_url, house_of

__all__ = ["OFFER", "House", "case_url", "handle", "house_of", "offered", "owing_buttons"]

OFFER = "wechat.offer_classes"  # the job's name

# Somebody who looked for a toilet an hour ago and sends a place now wants something else.
_WISH_LASTS = timedelta(minutes=30)
# So long a photo or a sentence without a report around it belongs to the one just sent.
ADDING_LASTS = timedelta(minutes=15)


def handle(session: Session, message: inbound.Inbound, house: House) -> Reply:
    """Do what the message asks for and return the answer.

    The caller holds the resident's lock: his messages come here one after the other.
    """
    if isinstance(message, inbound.NoticeDelivered | inbound.NoticesChosen):
        receipts.note(session, message)
        return Silence()
    citizen_id = accounts.citizen_for(session, message.openid)
    if isinstance(message, inbound.Unfollowed):
        forgetting.leave(session, citizen_id)
        return Silence()
    if not message.is_answerable:
        return Silence()
    if windows.note(session, citizen_id, message):
        notices.unpark(session, citizen_id)
    of_a_sign = signs.answer(message, house.public_url)
    if of_a_sign is not None:
        return TextReply(of_a_sign)
    heard = hearing.heard(session, citizen_id, message, is_gcj02=house.location_datum == "gcj02")
    if heard is None:
        return Silence()
    return _converse(session, citizen_id, heard, house, key=message.key)


@dataclass(frozen=True)
class _Talk:
    """Where the resident's conversation stands: his draft, and the report he sent just now."""

    draft: Draft | None = None
    sent: str | None = None


@dataclass
class _Outcome:
    """What a turn leads to: what is said, and where the conversation stands then."""

    said: str
    talk: _Talk
    hands_over: bool = field(default=False)


def _converse(session: Session, citizen_id: int, heard: Heard, house: House, *, key: str) -> Reply:
    talk = _talk(session, citizen_id)
    if talk.draft is None and isinstance(heard, conversation.Said):
        noted = steps.complaint(session, citizen_id, heard.text)
        if noted is not None:
            return TextReply(noted)
    turn = _advance(session, talk, heard, house)
    outcome = _do(session, citizen_id, turn, talk, house, key=f"wechat:{key}")
    if outcome is None:  # decided meanwhile: it becomes a report of its own
        talk = replace(talk, sent=None)
        turn = _advance(session, talk, heard, house)
        outcome = _do(session, citizen_id, turn, talk, house, key=f"wechat:{key}")
    if outcome is None:
        raise RuntimeError("nothing can be added where nothing was sent")
    _keep(session, citizen_id, talk, outcome.talk)
    return HandOver() if outcome.hands_over else TextReply(outcome.said)


def _advance(session: Session, talk: _Talk, heard: Heard, house: House) -> Turn:
    return conversation.advance(
        talk.draft,
        heard,
        new_key=lambda: uuid.uuid4().hex,
        hotline=house.hotline,
        report_prefix=house.report_prefix,
        kinds={kind.code: kind.words for kind in convenience.kinds(session).values()},
        sent=talk.sent,
        suggest=_suggested,
    )


def _suggested(words: str) -> list[conversation.Choice]:
    return [(row.code, row.name) for row in cases.suggest(words)]


def _do(
    session: Session, citizen_id: int, turn: Turn, talk: _Talk, house: House, *, key: str
) -> _Outcome | None:
    """Do the step; None where the report that should be added to is decided already."""
    said = turn.say or ""
    after = _Talk(turn.draft, None if turn.is_apart else talk.sent)
    match turn.step:
        case conversation.Submit(submitted):
            return _submit(session, citizen_id, replace(turn, draft=submitted), after, house)
        case conversation.AddTo() as step:
            added = steps.add_to(session, citizen_id, step, request_key=key)
            return None if added is None else _Outcome(_join(said, added), after)
        case conversation.FindNearest() as wish:
            found = _found(session, citizen_id, wish, after, house)
            return replace(found, said=_join(found.said, said))
        case conversation.CallHuman():
            hours = house.staff_chat_hours
            hint = offers.staff_hours(hours) if hours else ""
            return _Outcome(_join(said, hint), after, hands_over=steps.is_staffed(house))
        case _:
            return _Outcome(_join(_told(session, citizen_id, turn, house), said), after)


def _submit(session: Session, citizen_id: int, turn: Turn, after: _Talk, house: House) -> _Outcome:
    """File the turn's draft; where a case near by may be the same, ask about that first, and once."""
    draft = turn.draft or Draft(key=uuid.uuid4().hex)
    like = None if draft.alike else steps.alike(session, citizen_id, draft)
    if like is None:
        number, told = steps.submit(session, citizen_id, draft, house)
        return _Outcome(_join(turn.say or "", told), _Talk(None, number))
    asked = offers.alike(
        report_no=like.report_no, name=like.class_name, status=cases.STATUS_WORDS[like.status]
    )
    draft = replace(draft, is_offered=True, alike=(like.report_no,))
    return _Outcome(_join(turn.say or "", asked), replace(after, draft=draft))


def _told(session: Session, citizen_id: int, turn: Turn, house: House) -> str:
    match turn.step:
        case conversation.TellProgress(report_no):
            return steps.progress(session, citizen_id, report_no, house)
        case Follow(report_no):
            return steps.follow(session, citizen_id, report_no)
        case conversation.TellPoints(is_redemptions):
            return steps.points_words(session, citizen_id, house, is_redemptions=is_redemptions)
        case _:
            return ""


def _found(
    session: Session, citizen_id: int, wish: conversation.FindNearest, after: _Talk, house: House
) -> _Outcome:
    told = steps.nearest(session, citizen_id, wish, house)
    if told is None:  # the place is still to be told
        draft = after.draft or Draft(key=uuid.uuid4().hex)
        after = replace(after, draft=replace(draft, wish=wish.kind))
        told = offers.place_unknown(wish.words or "", wish.name)
    return _Outcome(told, after)


def offered(session: Session, citizen_id: int) -> list[tuple[str, str]]:
    """Take the buttons (id, words) that are owed; none where they were taken, or the report is sent."""
    draft = session.scalar(
        update(Talk)
        .where(Talk.citizen_id == citizen_id, Talk.owes_buttons)
        .values(owes_buttons=False)
        .returning(Talk.draft)
    )
    if draft is None:
        return []
    suggested = conversation.draft_from_json(draft).suggested
    buttons = [(f"{hearing.CLASS}{code}", name) for code, name in suggested]
    return [*buttons, (f"{hearing.CLASS}none", wording.none_of_them())] if buttons else []


def owing_buttons(session: Session, *, limit: int = 200) -> list[int]:
    """Return citizens to whom buttons are owed: what the sweeper looks for."""
    return list(
        session.scalars(
            select(Talk.citizen_id).where(Talk.owes_buttons).order_by(Talk.updated_at).limit(limit)
        )
    )


def _join(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _talk(session: Session, citizen_id: int) -> _Talk:
    stored = session.execute(
        select(Talk.draft, Talk.updated_at, Talk.sent_report_no, Talk.sent_at).where(
            Talk.citizen_id == citizen_id
        )
    ).one_or_none()
    if stored is None:
        return _Talk()
    now = clock.now()
    can_add = stored.sent_at is not None and now - stored.sent_at <= ADDING_LASTS
    sent = stored.sent_report_no if can_add else None
    if stored.draft is None:
        return _Talk(None, sent)
    draft = conversation.draft_from_json(stored.draft)
    is_old = now - stored.updated_at > _WISH_LASTS
    return _Talk(replace(draft, wish=None) if is_old else draft, sent)


def _keep(session: Session, citizen_id: int, before: _Talk, after: _Talk) -> None:
    """Store where the conversation stands, unless it stands where it stood."""
    if before == after and after.draft is None:
        return
    now = clock.now()
    values: dict[str, object] = {
        "draft": None if after.draft is None else conversation.draft_to_json(after.draft),
        "updated_at": now,
    }
    before_suggested = before.draft.suggested if before.draft else ()
    suggested = after.draft.suggested if after.draft else ()
    if suggested != before_suggested:  # other classes than before are offered
        values["owes_buttons"] = bool(suggested)
    if before.sent != after.sent:
        values["sent_report_no"] = after.sent
        values["sent_at"] = now if after.sent else None
    session.execute(
        insert(Talk)
        .values(citizen_id=citizen_id, **values)
        .on_conflict_do_update(index_elements=["citizen_id"], set_=values)
    )
    if values.get("owes_buttons"):
        jobs.enqueue(session, OFFER, citizen_id)
