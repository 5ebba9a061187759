"""The gateway: cases that another city platform is told of, and what it says of them.

Whether a case was delivered is the outbox's matter, and what the other side calls its state is
kept beside the case: neither moves the case here. A move needs somebody's name and a photo, so what
comes in is put before the desk as words added to the case.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import cases
from kernel import clock

from . import catalogue, gateway_words, outbox, rules
from .adapters import Named, Step
from .errors import UnknownRequest
from .outbox_models import Handover, Message, Word
from .soap import Call

_ASKED_AT_ONCE = 50
TAKEN = ("TaskFeedBack", "TaskRollBack", "ApplyAccredit", "StateDispatch")
_APPLY = {"1": "延期", "2": "挂账"}


@dataclass(frozen=True)
class Delivery:
    """All that an adapter needs for a message."""

    case: cases.OutwardCase
    step: Step
    number: str | None
    token: str | None
    is_handed_over: bool


@dataclass(frozen=True)
class HandoverRow:
    """A handed-over case as the desk sees it."""

    case_id: int
    report_no: str
    number: str | None
    status_name: str | None
    status: str | None
    status_at: datetime | None
    handed_at: datetime

    @property
    def words(self) -> str:
        """Say their state in our words, and an unknown one as it came."""
        if self.status is None:
            return f"未识别：{self.status_name}" if self.status_name else "还没有消息"
        return gateway_words.WORDS[self.status]


def note(session: Session, event: cases.CaseEvent, name: str, *, begins_with: str) -> None:
    """Owe the other platform a step: of a case that is handed over by it, or was before."""
    if name != begins_with:
        is_theirs = exists().where(Message.case_id == event.case_id, Message.hook_id.is_(None))
        if not session.scalar(select(is_theirs)):
            return
    body = json.dumps(
        {"move": name, "at": clock.now().isoformat(), "note": event.note}, ensure_ascii=False
    )
    outbox.owe(
        session,
        hook_id=None,
        case_id=event.case_id,
        seq=event.seq,
        event=catalogue.EVENT_OF[name],
        body=body,
    )


def delivery(session: Session, message: outbox.Owed) -> Delivery | None:
    """Return what is to be told, None where the case is gone."""
    case = cases.outward_case(session, message.case_id)
    if case is None:
        return None
    said = json.loads(message.body)
    step = Step(message.seq, said["move"], datetime.fromisoformat(said["at"]), said["note"])
    known = session.get(Handover, message.case_id)
    return Delivery(
        case,
        step,
        known.number if known else None,
        known.token if known else None,
        known is not None,
    )


def handed_over(session: Session, case_id: int, named: Named) -> None:
    """Keep what the other side calls the case."""
    session.execute(
        insert(Handover)
        .values(case_id=case_id, number=named.number, token=named.token)
        .on_conflict_do_nothing()
    )


def learn_number(session: Session, case_id: int, number: str) -> None:
    """Keep the number that came after its token."""
    session.execute(update(Handover).where(Handover.case_id == case_id).values(number=number))


def to_ask(session: Session) -> dict[str, int]:
    """Return cases whose state is to be asked for, the longest unasked first: {number: case}."""
    rows = session.execute(
        select(Handover.number, Handover.case_id)
        .where(
            Handover.number.is_not(None),
            or_(Handover.status.is_(None), Handover.status != gateway_words.ENDED),
        )
        .order_by(Handover.asked_at.asc().nulls_first())
        .limit(_ASKED_AT_ONCE)
    ).all()
    asked = [row.case_id for row in rows]
    session.execute(
        update(Handover).where(Handover.case_id.in_(asked)).values(asked_at=clock.now())
    )
    return {row.number: row.case_id for row in rows}


def learn(session: Session, case_id: int, name: str) -> None:
    """Keep what the other side calls the state, when it is another than before."""
    known = session.scalar(select(Handover).where(Handover.case_id == case_id).with_for_update())
    if known is None or known.status_name == name[:60]:
        return
    _set(session, known, name)
    session.add(
        Word(
            case_id=case_id,
            function="status",
            fingerprint=rules.fingerprint([case_id, name, clock.now().isoformat()]),
            status_name=known.status_name,
            status=known.status,
        )
    )


def _set(session: Session, known: Handover, name: str) -> None:
    known.status_name = rules.printable(name).strip()[:60] or None
    known.status = gateway_words.meaning(name)
    known.status_at = clock.now()
    session.flush()


def hear(session: Session, call: Call, *, said_by: str) -> int:
    """Take a call of the other side, and return the case; the same again is once.

    Raises UnknownRequest for what was not handed over, TooMuchAdded.
    """
    number = call.params.get("TaskNum", "")
    known = session.scalar(
        select(Handover).where(Handover.number == number).limit(1).with_for_update()
    )
    if known is None or not number:
        raise UnknownRequest
    name = _state_of(call)
    print_ = rules.fingerprint(
        [
            known.case_id,
            call.function,
            *(part for pair in sorted(call.params.items()) for part in pair),
        ]
    )
    made = session.scalar(
        insert(Word)
        .values(
            case_id=known.case_id,
            function=call.function,
            fingerprint=print_,
            status_name=rules.printable(name).strip()[:60] or None,
            status=gateway_words.meaning(name),
        )
        .on_conflict_do_nothing()
        .returning(Word.id)
    )
    if made is None:
        return known.case_id
    _set(session, known, name)
    cases.add_from_elsewhere(
        session,
        case_id=known.case_id,
        said_by=said_by,
        request_key=f"gateway:{made}",
        text=_words(call.function, call.params, name),
    )
    return known.case_id


def _state_of(call: Call) -> str:
    if call.function == "ApplyAccredit":
        return _APPLY.get(call.params.get("ApplyFlag", ""), "申请延期")
    if call.function == "StateDispatch":
        return call.params.get("ActDefName", "")
    return {"TaskFeedBack": "已处置", "TaskRollBack": "回退"}[call.function]


def _words(function: str, params: Mapping[str, str], name: str) -> str:
    notes = [
        said for key, said in params.items() if said and key.endswith(("Memo", "Opter", "Info"))
    ]
    what = "进入步骤" if function == "StateDispatch" else "报告"
    return f"{what}「{name}」" + ("：" + "；".join(notes) if notes else "")


def handovers(session: Session, *, before: int | None, limit: int) -> Sequence[HandoverRow]:
    """Return handed-over cases, newest cases first."""
    wanted = select(Handover).order_by(Handover.case_id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Handover.case_id < before)
    rows = session.scalars(wanted).all()
    numbers = cases.report_numbers(session, [row.case_id for row in rows])
    return [
        HandoverRow(
            row.case_id,
            numbers[row.case_id],
            row.number,
            row.status_name,
            row.status,
            row.status_at,
            row.handed_at,
        )
        for row in rows
    ]
