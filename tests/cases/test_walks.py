"""Random lives of cases, with pauses, holidays and a clock that jumps: every due time is right.

The model keeps when each clock ran, and counts its minutes one by one. It knows nothing of what is
stored.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import cases
from cases.calendars import Calendar, Limit
from cases.clock_models import Stage
from cases.limits import STAGE_LIMITS, condition
from cases.workflow import LEGAL, STEPS, Status
from kernel import clock
from kernel.clock import CITY
from tests.cases import slowly
from tests.cases.witness import everything
from tests.factories import a_body, a_member_of_staff, a_picture, a_report, key

CALENDAR = Calendar(CITY)
# The spring festival of 2026 (02-15 to 02-23 off, 02-14 and 02-28 worked) lies in the middle.
BEGINNING = datetime(2026, 2, 9, 1, 30, tzinfo=UTC)
CLASSES = ("C0101", "C0104", "E0101", None)
STEPS_OF_A_LIFE = 13


class SlowClock:
    """One clock: when it ran, and how many minutes it has."""

    def __init__(self, limit: Limit, at: datetime, body_id: int | None = None) -> None:
        self.limit, self.body_id = limit, body_id
        self.minutes = round(CALENDAR.length(limit) / slowly.MINUTE)
        self.runs: list[tuple[datetime, datetime | None]] = [(at, None)]

    def stop(self, at: datetime) -> None:
        begun, end = self.runs[-1]
        if end is None:
            self.runs[-1] = (begun, at)

    def go_on(self, at: datetime) -> None:
        if self.runs[-1][1] is not None:
            self.runs.append((at, None))

    def due(self) -> datetime:
        return due_of(tuple(self.runs), self.minutes, self.limit)


@cache
def due_of(runs: tuple[tuple[datetime, datetime | None], ...], left: int, limit: Limit) -> datetime:
    """Count through the times when it ran until so many minutes are used up."""
    for begun, end in runs:
        used = left if end is None else slowly.between(CALENDAR, begun, end, runs_on=limit.runs_on)
        if used >= left:
            return slowly.add(CALENDAR, begun, left, runs_on=limit.runs_on)
        left -= used
    raise AssertionError("asked while it waits")


@cache
def answer_of(accepted: datetime) -> datetime:
    return slowly.end_of_working_day(CALENDAR, accepted, 15)


class Model:
    """What runs in a case's life, by the words of the rules."""

    def __init__(self, class_code: str | None, at: datetime) -> None:
        self.class_code = class_code
        self.limit: Limit | None = None
        self.now = {"accept": SlowClock(STAGE_LIMITS["accept"], at)}
        self.answer_from: datetime | None = None
        self.dispose: SlowClock | None = None

    def made(self, name: str, at: datetime, body_id: int | None) -> None:
        if name in {"accept", "verify", "file"} and self.answer_from is None:
            self.answer_from = at
        getattr(self, f"_{name}", self._nothing)(at, body_id)

    def _begin(self, stage: str, at: datetime) -> None:
        self.now[stage] = SlowClock(STAGE_LIMITS[stage], at)

    def _nothing(self, at: datetime, body_id: int | None) -> None:
        """Leave the clocks alone (accept, handle, redo, revisit)."""

    def _verify(self, at: datetime, _body: int | None) -> None:
        self.now["accept"].stop(at)
        self._begin("verify", at)

    def _verified(self, at: datetime, _body: int | None) -> None:
        del self.now["verify"]
        self.now["accept"].go_on(at)

    def _file(self, at: datetime, _body: int | None) -> None:
        self.now.pop("accept", None)
        found = condition(self.class_code, None, is_urgent=False)
        assert found
        self.limit = found.limit
        self._begin("dispatch", at)

    def _dispatch(self, at: datetime, body_id: int | None) -> None:
        del self.now["dispatch"]
        if self.dispose and self.dispose.body_id == body_id and "dispose" in self.now:
            self.dispose.go_on(at)
            return
        assert self.limit
        self.now["dispose"] = self.dispose = SlowClock(self.limit, at, body_id)

    def _return(self, at: datetime, _body: int | None) -> None:
        self.now["dispose"].stop(at)
        self._begin("dispatch", at)

    def _suspend(self, at: datetime, _body: int | None) -> None:
        self.now["dispose"].stop(at)

    def _resume(self, at: datetime, _body: int | None) -> None:
        self.now["dispose"].go_on(at)

    def _extend(self, _at: datetime, _body: int | None) -> None:
        assert self.limit
        self.now["dispose"].minutes += round(CALENDAR.length(self.limit) / slowly.MINUTE)

    def _dispose(self, at: datetime, _body: int | None) -> None:
        self.now.pop("dispose").stop(at)
        self._begin("check", at)

    _feedback = _dispose

    def _check(self, at: datetime, _body: int | None) -> None:
        del self.now["check"]
        self._begin("close", at)

    def _rework(self, at: datetime, _body: int | None) -> None:
        self.now.pop("check", None)
        self.now.pop("close", None)
        assert self.dispose
        self.dispose.go_on(at)
        self.now["dispose"] = self.dispose

    def _end(self, _at: datetime, _body: int | None) -> None:
        self.now.clear()
        self.answer_from = self.dispose = None

    _close = _refuse = _void = _force_close = _end

    def _reopen(self, at: datetime, _body: int | None) -> None:
        self.answer_from = at
        self._begin("dispatch", at)

    def _readmit(self, at: datetime, _body: int | None) -> None:
        self.answer_from = at
        self._begin("accept", at)


class Life:
    """A case, the model beside it, and dice."""

    def __init__(
        self, session: Session, dice: random.Random, turn: Callable[[datetime], None]
    ) -> None:
        self.session, self.dice, self.turn = session, dice, turn
        self.at = BEGINNING
        self.turn(self.at)
        self.people = [a_member_of_staff(session) for _ in range(3)]
        self.bodies = [a_body(session), a_body(session)]
        self.class_code = dice.choice(CLASSES)
        self.case_id = a_report(session, class_code=self.class_code).case_id
        self.model = Model(self.class_code, self.at)

    def wait(self) -> None:
        minutes = self.dice.choice((1, 7, 40, 200, 1000, 2500))
        self.at += timedelta(minutes=self.dice.randint(1, minutes))
        self.turn(self.at)

    def step(self) -> None:
        file = cases.case_file(self.session, self.case_id)
        legal = [name for name in file.allowed if name not in {"merge", "split"}]
        # An early end is no life.
        weights = [1 if name in {"refuse", "void", "force_close"} else 4 for name in legal]
        (name,) = self.dice.choices(legal, weights)
        body_id = self.dice.choice(self.bodies)
        if name in {"extend", "suspend"}:
            if not self._request(name):
                return
        else:
            self._move(name, file, body_id)
        self.model.made(name, self.at, body_id)

    def _move(self, name: str, file: cases.CaseFile, body_id: int) -> None:
        needs = STEPS[name, file.status].needs
        cases.move(
            self.session,
            case_id=self.case_id,
            name=name,
            staff_id=self.people[0],
            request_key=key(),
            seen_version=file.version,
            note="写明情况",
            body_id=body_id if "body" in needs else None,
            photos=[a_picture()] if "photo" in needs else [],
        )

    def _request(self, name: str) -> bool:
        """Ask and grant; tell whether it was allowed."""
        try:
            permit = cases.ask_permit(
                self.session,
                case_id=self.case_id,
                kind="extension" if name == "extend" else "suspension",
                staff_id=self.people[0],
                request_key=key(),
                reason="雨季",
                until=self.at + timedelta(days=20),
            )
        except (cases.NoMorePermits, cases.PermitTooLate):
            return False
        cases.endorse_permit(self.session, permit_id=permit, staff_id=self.people[1])
        self.wait()  # the due time may come while the request waits
        cases.decide_permit(
            self.session, permit_id=permit, staff_id=self.people[2], is_granted=True
        )
        return True

    def try_illegal(self) -> None:
        file = cases.case_file(self.session, self.case_id)
        illegal = sorted({m.name for m in LEGAL} - set(file.allowed) - {"merge", "split"})
        before = everything(self.session)
        with pytest.raises(cases.IllegalMove):
            cases.move(
                self.session,
                case_id=self.case_id,
                name=self.dice.choice(illegal),
                staff_id=self.people[0],
                request_key=key(),
                seen_version=file.version,
                note="x",
            )
        assert everything(self.session) == before

    def compare(self) -> None:
        self.session.flush()
        stored = {
            stage.stage: stage
            for stage in self.session.scalars(
                select(Stage).where(Stage.case_id == self.case_id, Stage.ended_at.is_(None))
            )
        }
        answer = stored.pop("answer", None)
        assert set(stored) == set(self.model.now)
        for name, slow in self.model.now.items():
            is_waiting = slow.runs[-1][1] is not None
            assert (stored[name].paused_at is not None) == is_waiting, name
            if not is_waiting:
                assert stored[name].due_at == slow.due(), name
        if answer is None:
            assert self.model.answer_from is None
        else:
            assert self.model.answer_from
            assert answer.due_at == answer_of(self.model.answer_from)


@pytest.fixture
def turned(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Give a hand on the service's clock."""

    def turn(at: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)

    return turn


@pytest.mark.parametrize("seed", range(10))
def test_every_due_time_is_the_one_that_counting_minutes_gives(
    session: Session, turned: Callable[[datetime], None], seed: int
) -> None:
    life = Life(session, random.Random(seed), turned)
    for number in range(STEPS_OF_A_LIFE):
        life.wait()
        if number % 5 == 4:
            life.try_illegal()
        life.step()
        life.compare()
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def test_the_walks_go_everywhere(session: Session, turned: Callable[[datetime], None]) -> None:
    seen: set[tuple[str, Status | None]] = set()
    for seed in range(30):
        life = Life(session, random.Random(seed), turned)
        for _ in range(STEPS_OF_A_LIFE):
            life.wait()
            life.step()
        file = cases.case_file(session, life.case_id)
        seen |= {(move.name, move.from_status) for move in file.moves}

    wanted = {pair for pair in STEPS if pair[0] not in {"merge", "split"}}
    assert len(wanted - seen) <= 3, wanted - seen
