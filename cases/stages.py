"""Which clocks a move starts, stops, pauses and lets go on. Due times are computed here, once.

- The disposal clock runs from dispatch until the body says to the dispatcher that it is done. A
  return or a suspension pauses it; the same body again goes on with what was left, another begins
  anew. After a failed check it goes on too: the time of the check is nobody's.
- The accept clock waits while somebody verifies on site.
- The clock of the law (answer) starts with acceptance, and nothing stops it but the answer.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock

from . import calendars, limits
from .calendars import Calendar, Due, Limit, Unit
from .clock_models import Stage
from .limits import STAGE_LIMITS, Stages
from .models import Case
from .office import calendar
from .workflow import OPEN, Status

_RUNS_ON = Calendar(clock.CITY)


class Clocks:
    """The clocks of one case at one move of it."""

    def __init__(
        self,
        session: Session,
        case: Case,
        *,
        seq: int,
        at: datetime,
        running: Mapping[str, Stage],
    ) -> None:
        self._session = session
        self._case = case
        self._seq = seq
        self._at = at
        self._calendar: Calendar | None = None
        self.running = dict(running)

    @property
    def calendar(self) -> Calendar:
        if self._calendar is None:
            self._calendar = calendar(self._session, self._at)
        return self._calendar

    def begin(self, stage: str, limit: Limit, *, left: timedelta | None = None) -> Stage:
        """Start a clock; with `left`, it has only that much of its limit."""
        # What runs on needs no working hours, and no reading of them.
        counting = _RUNS_ON if limit.runs_on else self.calendar
        whole = counting.length(limit)
        due = calendars.due_with(
            counting,
            self._at,
            left=whole if left is None else left,
            whole=whole,
            runs_on=limit.runs_on,
        )
        return self._keep(stage, limit, whole, due)

    def _keep(self, stage: str, limit: Limit, whole: timedelta, due: Due) -> Stage:
        made = Stage(
            case_id=self._case.id,
            begun_seq=self._seq,
            stage=stage,
            body_id=self._case.body_id if stage == Stages.DISPOSE else None,
            limit_value=limit.value,
            limit_unit=limit.unit,
            whole_s=round(whole.total_seconds()),
            begun_at=self._at,
            warn_at=due.warn_at,
            due_at=due.at,
        )
        self._session.add(made)
        self.running[stage] = made
        return made

    def begin_answer(self) -> None:
        """Start the clock of the law, unless it runs already."""
        if Stages.ANSWER in self.running:
            return
        days = limits.ANSWER_DAYS
        warn_at = self.calendar.end_of_working_day(self._at, days * 4 // 5)
        at = self.calendar.end_of_working_day(self._at, days)
        limit = Limit(days, Unit.WORK_DAY)
        self._keep(Stages.ANSWER, limit, self.calendar.length(limit), Due(warn_at, at))
        self._case.answer_due_at = at

    def end(self, *stages: str) -> None:
        """Stop clocks that run or wait; others are left alone."""
        for name in stages:
            stage = self.running.pop(name, None)
            if stage is not None:
                stage.ended_at, stage.ended_seq = self._at, self._seq
                stage.paused_at = stage.left_s = None

    def pause(self, name: str) -> None:
        stage = self.running.get(name)
        if stage is not None and stage.paused_at is None:
            left = self.calendar.between(self._at, stage.due_at, runs_on=limit_of(stage).runs_on)
            stage.paused_at, stage.left_s = self._at, left.total_seconds()

    def resume(self, name: str) -> None:
        """Let a waiting clock go on: what was left is left. One that was late stays late."""
        stage = self.running.get(name)
        if stage is None or stage.paused_at is None or stage.left_s is None:
            return
        if stage.left_s > 0:
            self._set(stage, timedelta(seconds=stage.left_s))
        stage.paused_at = stage.left_s = None

    def lengthen(self, name: str, until: timedelta) -> None:
        """Give a running clock more of its limit's kind of time."""
        stage = self.running[name]
        runs_on = limit_of(stage).runs_on
        stage.whole_s += round(until.total_seconds())
        # From the due time on, not from now: it may have come while the request waited.
        due_at = self.calendar.add(stage.due_at, until, runs_on=runs_on)
        self._set(stage, self.calendar.between(self._at, due_at, runs_on=runs_on))
        stage.warn_at, stage.due_at = min(stage.warn_at, due_at), due_at

    def _set(self, stage: Stage, left: timedelta) -> None:
        due = calendars.due_with(
            self.calendar,
            self._at,
            left=left,
            whole=timedelta(seconds=stage.whole_s),
            runs_on=limit_of(stage).runs_on,
        )
        stage.warn_at, stage.due_at = due.warn_at, due.at

    def last(self, name: str) -> Stage | None:
        """Return the stage of this name that ended last."""
        return self._session.scalars(
            select(Stage)
            .where(Stage.case_id == self._case.id, Stage.stage == name, Stage.ended_at.is_not(None))
            .order_by(Stage.begun_seq.desc())
            .limit(1)
        ).first()

    def condition(self) -> Limit:
        """Return the disposal limit that the case was filed under."""
        found = limits.condition(
            self._case.class_code, self._case.condition, is_urgent=self._case.is_urgent
        )
        # The class was changed since, or the table: the usual limit of what it is now.
        found = found or limits.condition(
            self._case.class_code, None, is_urgent=self._case.is_urgent
        )
        if found is None:
            raise RuntimeError("a class has no filing condition")
        return found.limit


def limit_of(stage: Stage) -> Limit:
    """Return the stage's limit as one value."""
    return Limit(stage.limit_value, Unit(stage.limit_unit))


def _report(clocks: Clocks, _case: Case) -> None:
    clocks.begin(Stages.ACCEPT, STAGE_LIMITS[Stages.ACCEPT])


def _accept(clocks: Clocks, _case: Case) -> None:
    clocks.begin_answer()


def _verify(clocks: Clocks, _case: Case) -> None:
    clocks.pause(Stages.ACCEPT)
    clocks.begin_answer()
    clocks.begin(Stages.VERIFY, STAGE_LIMITS[Stages.VERIFY])


def _verified(clocks: Clocks, _case: Case) -> None:
    clocks.end(Stages.VERIFY)
    clocks.resume(Stages.ACCEPT)


def _file(clocks: Clocks, _case: Case) -> None:
    clocks.end(Stages.ACCEPT)
    clocks.begin_answer()
    clocks.begin(Stages.DISPATCH, STAGE_LIMITS[Stages.DISPATCH])


def _dispatch(clocks: Clocks, case: Case) -> None:
    clocks.end(Stages.DISPATCH)
    waiting = clocks.running.get(Stages.DISPOSE)
    if waiting is not None and waiting.body_id == case.body_id:
        clocks.resume(Stages.DISPOSE)
        return
    clocks.end(Stages.DISPOSE)
    clocks.begin(Stages.DISPOSE, clocks.condition())


def _return(clocks: Clocks, _case: Case) -> None:
    clocks.pause(Stages.DISPOSE)
    clocks.begin(Stages.DISPATCH, STAGE_LIMITS[Stages.DISPATCH])


def _suspend(clocks: Clocks, _case: Case) -> None:
    clocks.pause(Stages.DISPOSE)


def _resume(clocks: Clocks, _case: Case) -> None:
    clocks.resume(Stages.DISPOSE)


def _extend(clocks: Clocks, _case: Case) -> None:
    clocks.lengthen(Stages.DISPOSE, clocks.calendar.length(limit_of(clocks.running["dispose"])))


def _disposed(clocks: Clocks, _case: Case) -> None:
    clocks.end(Stages.DISPOSE)
    clocks.begin(Stages.CHECK, STAGE_LIMITS[Stages.CHECK])


def _check(clocks: Clocks, _case: Case) -> None:
    clocks.end(Stages.CHECK)
    clocks.begin(Stages.CLOSE, STAGE_LIMITS[Stages.CLOSE])


def _rework(clocks: Clocks, _case: Case) -> None:
    clocks.end(Stages.CHECK, Stages.CLOSE)
    before = clocks.last(Stages.DISPOSE)
    if before is None or before.ended_at is None:
        clocks.begin(Stages.DISPOSE, clocks.condition())
        return
    limit = limit_of(before)
    left = clocks.calendar.between(before.ended_at, before.due_at, runs_on=limit.runs_on)
    again = clocks.begin(Stages.DISPOSE, limit, left=left)
    if not left:
        # Late before the check and late now; the due time is not made later by failing it.
        again.warn_at, again.due_at = before.warn_at, before.due_at


def _end_all(clocks: Clocks, _case: Case) -> None:
    clocks.end(*tuple(clocks.running))


def _again(clocks: Clocks, _case: Case) -> None:
    """Begin as a report does, but accepted already."""
    clocks.begin(Stages.ACCEPT, STAGE_LIMITS[Stages.ACCEPT])
    clocks.begin_answer()


def _nothing(_clocks: Clocks, _case: Case) -> None:
    """Leave the clocks as they are."""


_Effect = Callable[[Clocks, Case], None]
EFFECTS: dict[str, _Effect] = {
    "report": _report,
    "accept": _accept,
    "verify": _verify,
    "verified": _verified,
    "file": _file,
    "refuse": _end_all,
    "dispatch": _dispatch,
    "return": _return,
    "suspend": _suspend,
    "resume": _resume,
    "extend": _extend,
    "handle": _nothing,
    "redo": _nothing,
    "dispose": _disposed,
    "feedback": _disposed,
    "check": _check,
    "rework": _rework,
    "close": _end_all,
    "void": _end_all,
    "force_close": _end_all,
    "merge": _end_all,
    "split": _again,
    "revisit": _nothing,
    "reopen": _file,
    "readmit": _again,
}
_STAGE_OF = {
    Status.REPORTED: Stages.ACCEPT,
    Status.ACCEPTED: Stages.ACCEPT,
    Status.VERIFYING: Stages.VERIFY,
    Status.FILED: Stages.DISPATCH,
    Status.DISPATCHED: Stages.DISPOSE,
    Status.HANDLED: Stages.DISPOSE,
    Status.DISPOSED: Stages.CHECK,
    Status.CHECKED: Stages.CLOSE,
}


def running(session: Session, case_id: int) -> dict[str, Stage]:
    """Return the clocks of the case that have not ended, by stage."""
    found = session.scalars(select(Stage).where(Stage.case_id == case_id, Stage.ended_at.is_(None)))
    return {stage.stage: stage for stage in found}


def turn(
    session: Session,
    case: Case,
    *,
    name: str,
    seq: int,
    at: datetime,
    running: Mapping[str, Stage],
) -> Clocks:
    """Do to the case's clocks what the move does; the case's own times follow."""
    clocks = Clocks(session, case, seq=seq, at=at, running=running)
    EFFECTS[name](clocks, case)
    status = Status(case.status)
    now = clocks.running.get(_STAGE_OF.get(status, ""))
    case.stage = now.stage if now else None
    case.stage_warn_at = now.warn_at if now else None
    case.stage_due_at = now.due_at if now else None
    promised = clocks.running.get(Stages.DISPOSE)
    if promised is not None:
        case.due_at = promised.due_at
    elif status in {Status.REPORTED, Status.ACCEPTED, Status.FILED}:
        case.due_at = None
    if status not in OPEN:
        case.stage = case.stage_warn_at = case.stage_due_at = None
    return clocks
