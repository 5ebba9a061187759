"""From a message to an answer: the conversation decides, the features do."""

import uuid
from dataclasses import dataclass, field, replace

from sqlalchemy import select, update
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
    talks,
    windows,
    wording,
)
from .conversation import Draft, Heard, Turn
from .dialogue import Follow
from .models import Talk
from .replies import HandOver, Reply, Silence, TextReply
from .statements import KEEP_DRAFT, TALK_COLUMNS
from .steps import House, case_url, house_of
from .talks import Standing

__all__ = ["OFFER", "House", "case_url", "handle", "house_of", "offered", "owing_buttons"]

OFFER = "wechat.offer_classes"  # the job's name


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


@dataclass
class _Outcome:
    """What a turn leads to: what is said, and where the conversation stands then."""

    said: str
    talk: Standing
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
        talk = Standing(talk.draft)
        turn = _advance(session, talk, heard, house)
        outcome = _do(session, citizen_id, turn, talk, house, key=f"wechat:{key}")
    if outcome is None:
        raise RuntimeError("nothing can be changed where nothing was sent")
    _keep(session, citizen_id, talk, outcome.talk)
    return HandOver() if outcome.hands_over else TextReply(outcome.said)


def _advance(session: Session, talk: Standing, heard: Heard, house: House) -> Turn:
    kinds = {kind.code: kind.words for kind in convenience.kinds(session).values()}
    return talks.advance(talk, heard, house, kinds)


def _do(
    session: Session, citizen_id: int, turn: Turn, talk: Standing, house: House, *, key: str
) -> _Outcome | None:
    """Do the step; None where the report that should be added to is decided already."""
    said = turn.say or ""
    after = talks.after(talk, turn)
    match turn.step:
        case conversation.Submit(submitted):
            return _submit(session, citizen_id, replace(turn, draft=submitted), after, house)
        case conversation.AddTo() | conversation.TakeBack():
            return _changed(session, citizen_id, turn, talk, key=key)
        case conversation.FindNearest() as wish:
            found = _found(session, citizen_id, wish, after, house)
            return replace(found, said=_join(found.said, said))
        case conversation.CallHuman():
            hours = house.staff_chat_hours
            hint = offers.staff_hours(hours) if hours else ""
            return _Outcome(_join(said, hint), after, hands_over=steps.is_staffed(house))
        case _:
            return _Outcome(_join(_told(session, citizen_id, turn, house), said), after)


def _changed(
    session: Session, citizen_id: int, turn: Turn, talk: Standing, *, key: str
) -> _Outcome | None:
    """Change the report that was sent a moment ago; None where that is too late."""
    said, after = turn.say or "", talks.after(talk, turn)
    if isinstance(turn.step, conversation.TakeBack):
        is_back = steps.take_back(session, citizen_id, turn.step)
        return _Outcome(said, after) if is_back else None
    if not isinstance(turn.step, conversation.AddTo):
        raise TypeError(turn.step)
    added = steps.add_to(session, citizen_id, turn.step, request_key=key)
    if added is None:
        return None
    photo_id = turn.step.photo_id
    in_a_row = () if photo_id is None else (*talk.added, photo_id)
    return _Outcome(_join(said, added), replace(after, added=in_a_row))


def _submit(
    session: Session, citizen_id: int, turn: Turn, after: Standing, house: House
) -> _Outcome:
    """File the turn's draft; where a case near by may be the same, ask about that first, and once."""
    draft = turn.draft or Draft(key=uuid.uuid4().hex)
    like = None if draft.alike else steps.alike(session, citizen_id, draft)
    if like is None:
        number, told = steps.submit(session, citizen_id, draft, house)
        return _Outcome(_join(turn.say or "", told), Standing(None, number))
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
    session: Session, citizen_id: int, wish: conversation.FindNearest, after: Standing, house: House
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


def _talk(session: Session, citizen_id: int) -> Standing:
    stored = session.execute(
        select(*TALK_COLUMNS).where(Talk.citizen_id == citizen_id)
    ).one_or_none()
    return talks.standing(*stored, now=clock.now()) if stored else Standing()


def _keep(session: Session, citizen_id: int, before: Standing, after: Standing) -> None:
    """Store where the conversation stands, unless it stands where it stood."""
    if before == after and after.draft is None:
        return
    now = clock.now()
    session.execute(KEEP_DRAFT, talks.row(citizen_id, after.draft, now))
    more: dict[str, object] = {}
    if talks.offers_others(before, after):
        more["owes_buttons"] = bool(after.draft and after.draft.suggested)
    if before.sent != after.sent:
        more |= {"sent_report_no": after.sent, "sent_at": now if after.sent else None}
    if before.added != after.added or before.sent != after.sent:
        more["added_photos"] = list(after.added)
    if more:
        session.execute(update(Talk).where(Talk.citizen_id == citizen_id).values(more))
    if more.get("owes_buttons"):
        jobs.enqueue(session, OFFER, citizen_id)
