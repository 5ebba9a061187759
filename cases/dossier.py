"""What the case's page shows beside its history: clocks, requests, pleas, duplicates, tags."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

import accounts
from kernel import clock

from .calendars import Limit, Unit
from .clock_models import Stage
from .duplicates import Similar, reporters_of, similar
from .limits import STAGE_WORDS
from .models import Case
from .queries import CaseFile
from .voice_models import Campaign, Permit, Plea, Rating, Supervision, Tag
from .workflow import OPEN

GREEN, YELLOW, RED, PAUSED = "green", "yellow", "red", "paused"
LAMP_WORDS = {GREEN: "正常", YELLOW: "快到期", RED: "超时", PAUSED: "暂停计时"}


@dataclass(frozen=True)
class Clock:
    """One stage's clock with its lamp; `ended_at` is set when it stopped."""

    stage: str
    words: str
    limit: str
    lamp: str
    begun_at: datetime
    due_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class PermitRow:
    id: int
    kind: str
    state: str
    reason: str
    until: datetime | None
    asked_at: datetime
    asked_by: str
    endorsed_by: str | None
    decided_by: str | None
    decision: str | None


@dataclass(frozen=True)
class PleaRow:
    case_id: int
    seq: int
    kind: str
    state: str
    reason: str
    asked_at: datetime
    answer: str | None


@dataclass(frozen=True)
class Dossier:
    clocks: tuple[Clock, ...]
    permits: tuple[PermitRow, ...]
    pleas: tuple[PleaRow, ...]
    ratings: tuple[tuple[int, str | None, datetime], ...]
    supervision: str | None
    tags: tuple[str, ...]
    campaigns: tuple[tuple[int, str], ...]
    similar: tuple[Similar, ...]
    merged: tuple[tuple[int, str], ...]
    merged_into: tuple[int, str] | None
    reporters: int


def lamp_of(
    *,
    warn_at: datetime,
    due_at: datetime,
    ended_at: datetime | None = None,
    paused_at: datetime | None = None,
    now: datetime,
) -> str:
    """Return the lamp: green until 80 % of the limit, yellow until all of it, then red."""
    at = ended_at or paused_at or now
    if at > due_at:
        return RED
    if paused_at is not None:
        return PAUSED
    return YELLOW if at >= warn_at else GREEN


def dossier(session: Session, case: CaseFile, *, is_bodys: bool = False) -> Dossier:
    """Return all this of a case; to a body's staff (`is_bodys`) nothing of others' cases."""
    tagged = session.execute(
        select(Campaign.id, Campaign.name).join(Tag).where(Tag.case_id == case.id).order_by(Tag.at)
    ).all()
    others = session.execute(
        select(Campaign.id, Campaign.name).where(Campaign.is_active).order_by(Campaign.name)
    ).all()
    ratings = session.scalars(select(Rating).where(Rating.case_id == case.id).order_by(Rating.seq))
    return Dossier(
        clocks=clocks_of(session, case.id),
        permits=_permits(session, case.id),
        pleas=tuple(
            PleaRow(case.id, p.seq, p.kind, p.state, p.reason, p.asked_at, p.answer)
            for p in session.scalars(select(Plea).where(Plea.case_id == case.id).order_by(Plea.seq))
        ),
        ratings=tuple((each.stars, each.reason, each.rated_at) for each in ratings),
        supervision=session.scalar(
            select(Supervision.note).where(
                Supervision.case_id == case.id, Supervision.lifted_at.is_(None)
            )
        ),
        tags=tuple(row.name for row in tagged),
        campaigns=tuple((row.id, row.name) for row in others if row not in tagged),
        similar=() if is_bodys else _similar(session, case),
        merged=() if is_bodys else _numbers(session, Case.merged_into == case.id),
        merged_into=next(iter(_numbers(session, Case.id == (case.merged_into or 0))), None),
        reporters=len(reporters_of(session, case.id)),
    )


def _similar(session: Session, case: CaseFile) -> tuple[Similar, ...]:
    if case.status not in OPEN:
        return ()
    return similar(
        session, case.latitude, case.longitude, case.class_code, case.text, except_id=case.id
    )


def _numbers(session: Session, wanted: ColumnElement[bool]) -> tuple[tuple[int, str], ...]:
    rows = session.execute(select(Case.id, Case.report_no).where(wanted).order_by(Case.id))
    return tuple((row.id, row.report_no) for row in rows)


def clocks_of(session: Session, case_id: int) -> tuple[Clock, ...]:
    """Return the clocks of a case, the running ones first, then the newest that ended."""
    now = clock.now()
    stages = session.scalars(
        select(Stage)
        .where(Stage.case_id == case_id)
        .order_by(Stage.ended_at.desc().nulls_first(), Stage.due_at)
    )
    return tuple(
        Clock(
            stage=each.stage,
            words=STAGE_WORDS[each.stage],
            limit=Limit(each.limit_value, Unit(each.limit_unit)).words,
            lamp=lamp_of(
                warn_at=each.warn_at,
                due_at=each.due_at,
                ended_at=each.ended_at,
                paused_at=each.paused_at,
                now=now,
            ),
            begun_at=each.begun_at,
            due_at=each.due_at,
            ended_at=each.ended_at,
        )
        for each in stages
    )


def _permits(session: Session, case_id: int) -> tuple[PermitRow, ...]:
    found = session.scalars(
        select(Permit).where(Permit.case_id == case_id).order_by(Permit.id)
    ).all()
    people = {
        who for each in found for who in (each.asked_by, each.endorsed_by, each.decided_by) if who
    }
    names = accounts.staff_names(session, people)
    return tuple(
        PermitRow(
            id=each.id,
            kind=each.kind,
            state=each.state,
            reason=each.reason,
            until=each.until,
            asked_at=each.asked_at,
            asked_by=names.get(each.asked_by, ""),
            endorsed_by=names.get(each.endorsed_by or 0),
            decided_by=names.get(each.decided_by or 0),
            decision=each.decision,
        )
        for each in found
    )
