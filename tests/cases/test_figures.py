"""Indicators: the SQL's figures and those of a slow count over histories are the same."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import cases
from cases import lists
from cases.clock_models import Stage
from cases.figures import INDICATORS, PUBLIC_SOURCES, Wanted, figures
from cases.lists import Filters
from cases.models import Case
from cases.workflow import OPEN, Status
from kernel import clock
from tests.cases.conftest import Desk
from tests.cases.test_walks import Life, turned
from tests.factories import a_case, a_report

__all__ = ["turned"]

EVER = Wanted(since=datetime(2020, 1, 1, tzinfo=UTC), until=datetime(2040, 1, 1, tzinfo=UTC))


class Told:
    """One case as its history tells it."""

    def __init__(self, session: Session, case: Case, now: datetime) -> None:
        self.case, self.status = case, Status(case.status)
        self.moves = cases.case_file(session, case.id).moves
        self.stages = session.scalars(
            select(Stage).where(Stage.case_id == case.id).order_by(Stage.begun_seq)
        ).all()
        self.now = now

    def first(self, name: str) -> datetime | None:
        return next((move.at for move in self.moves if move.name == name), None)

    def due_of(self, stage: str, at: datetime | None) -> datetime | None:
        """Return the due time of the stage that ended then."""
        return next((s.due_at for s in self.stages if s.stage == stage and s.ended_at == at), None)

    def disposed(self) -> datetime | None:
        """Return when it was disposed of, unless that was undone."""
        at = None
        for move in self.moves:
            if move.name in {"dispose", "feedback"}:
                at = move.at
            if move.name in {"rework", "reopen"}:
                at = None
        return at

    def last_due(self, stage: str) -> datetime | None:
        found = [s.due_at for s in self.stages if s.stage == stage]
        return found[-1] if found else None

    def is_in_time(self, name: str, stage: str) -> bool:
        at = self.first(name)
        due = self.due_of(stage, at)
        return at is not None and due is not None and at <= due

    def last_check(self) -> tuple[datetime, datetime] | None:
        ended = [s for s in self.stages if s.stage == "check" and s.ended_at]
        moved = {m.seq for m in self.moves if m.name in {"check", "close", "rework"}}
        done = [(s.ended_at, s.due_at) for s in ended if s.ended_seq in moved]
        return done[-1] if done else None  # type: ignore[return-value]  # ended ones

    def should(self) -> bool:
        if self.first("dispatch") is None:
            return False
        due = self.last_due("dispose")
        is_waiting = self.status in {Status.DISPATCHED, Status.HANDLED}
        late = is_waiting and due is not None and due < self.now
        return self.disposed() is not None or late

    def in_time(self) -> bool:
        at, due = self.disposed(), self.last_due("dispose")
        return at is not None and due is not None and at <= due

    def bodies(self) -> int:
        """Count how often it went to another body than before."""
        count, last = 0, None
        for move in self.moves:
            if move.name == "dispatch":
                count += move.body_name != last
                last = move.body_name
        return count

    def answered(self) -> datetime | None:
        ends = [m for m in self.moves if m.from_status is not m.to_status]
        is_ended = self.status not in OPEN and self.status is not Status.MERGED
        return ends[-1].at if is_ended else None

    def parts(self) -> dict[str, tuple[bool, bool]]:
        """Return of each indicator whether the case counts below, and above."""
        filed, dispatched = self.first("file") is not None, self.first("dispatch") is not None
        reworks = sum(move.name == "rework" for move in self.moves)
        closed = self.status is Status.CLOSED
        check, should = self.last_check(), self.should()
        checked_in_time = check is not None and check[0] <= check[1]
        verified = self.first("verified") is not None
        verify = [m.at for m in self.moves if m.name == "verified"]
        verify_ok = bool(verify) and verify[-1] <= (self.due_of("verify", verify[-1]) or self.now)
        answered, answer_due = self.answered(), self.case.answer_due_at
        answer_counts = answer_due is not None and (answered is not None or answer_due < self.now)
        return {
            "filing": (True, filed),
            "filing_in_time": (filed, self.is_in_time("file", "accept")),
            "filing_right": (filed, self.status is not Status.VOIDED),
            "dispatch": (filed, dispatched),
            "dispatch_in_time": (filed, self.is_in_time("dispatch", "dispatch")),
            "dispatch_right": (dispatched, self.bodies() <= 1),
            "verify_in_time": (verified or self.status is Status.VERIFYING, verify_ok),
            "dispose": (should, self.disposed() is not None),
            "dispose_in_time": (should, self.in_time()),
            "check_in_time": (
                check is not None or self.status is Status.DISPOSED,
                checked_in_time,
            ),
            "close": (should, closed),
            "close_in_time": (should, closed and self.in_time() and checked_in_time),
            "rework": (should, reworks > 0),
            "first_time": (closed, reworks == 0),
            "open": (True, self.status in OPEN),
            "missed": (filed, self.case.source in PUBLIC_SOURCES),
            "answer_in_time": (
                answer_counts,
                answered is not None and answer_due is not None and answered <= answer_due,
            ),
            "satisfied": (False, False),
        }


def lived(
    session: Session, turned: Callable[[datetime], None], seeds: range, steps: int
) -> list[Told]:
    for seed in seeds:
        life = Life(session, random.Random(seed), turned)
        for _ in range(steps):
            life.wait()
            life.step()
    session.flush()
    session.expire_all()
    now = clock.now()
    return [Told(session, case, now) for case in session.scalars(select(Case).order_by(Case.id))]


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_every_indicator_is_what_counting_histories_gives(
    session: Session, turned: Callable[[datetime], None], first: int
) -> None:
    told = lived(session, turned, range(first, first + 20), steps=9 + first // 10)

    (line,) = figures(session, EVER)

    assert line.reports == len(told)
    for key in INDICATORS:
        counted = [each.parts()[key] for each in told]
        below = sum(d for d, _ in counted)
        above = sum(d and n for d, n in counted)
        share = line.shares[key]
        assert (share.n, share.d) == (above, below), key
    spent = [
        (at - begun).total_seconds() / 3600
        for each in told
        if (at := each.disposed()) and (begun := each.first("dispatch"))
    ]
    assert line.hours == pytest.approx(sum(spent) / len(spent))


def test_groups_add_up_to_the_whole(session: Session, turned: Callable[[datetime], None]) -> None:
    lived(session, turned, range(10), steps=8)
    (whole,) = figures(session, EVER)
    for by in ("body", "class", "source"):
        lines = figures(session, EVER, by=by)
        assert sum(line.reports for line in lines) == whole.reports
        for key, share in whole.shares.items():
            assert sum(line.shares[key].n for line in lines) == share.n


def test_a_figure_leads_to_the_very_cases_that_it_counted(
    session: Session, turned: Callable[[datetime], None]
) -> None:
    told = lived(session, turned, range(15), steps=8)
    (line,) = figures(session, EVER)
    for key in INDICATORS:
        for part in ("n", "d"):
            page = lists.listed(session, Filters(counted=(key, part)), limit=200)
            shown = {row.id for row in page.items}
            expected = {
                each.case.id
                for each in told
                if each.parts()[key][0] and (part == "d" or each.parts()[key][1])
            }
            assert shown == expected
            assert len(shown) == (line.shares[key].n if part == "n" else line.shares[key].d)


def test_a_period_holds_what_was_reported_in_it(session: Session) -> None:
    a_report(session)
    now = clock.now()
    for since, until, count in (
        (now - timedelta(hours=1), now + timedelta(hours=1), 1),
        (now + timedelta(hours=1), now + timedelta(hours=2), 0),
    ):
        assert figures(session, Wanted(since=since, until=until))[0].reports == count
    (nothing,) = figures(session, Wanted(since=now, until=now))
    assert nothing.shares["filing"].rate is None


# -- files --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_indicators_come_as_a_file(at_desk: Desk, session: Session, kind: str) -> None:
    a_case(session, Status.CLOSED)
    session.commit()
    answer = at_desk.client.get(f"/console/figures/{kind}?by=body")
    assert answer.status_code == 200
    assert f"indicators.{kind}" in answer.headers["Content-Disposition"]
    assert answer.data[:2] == (b"PK" if kind == "xlsx" else b"\xef\xbb")
    assert at_desk.client.get("/console/figures/exe").status_code == 404


def test_the_page_shows_definitions_rates_and_links(at_desk: Desk, session: Session) -> None:
    a_case(session, Status.CLOSED)
    a_case(session, Status.REFUSED)
    session.commit()
    for by in ("", "body", "class", "source", "nonsense"):
        page = at_desk.page(f"/console/figures?by={by}")
        for each in INDICATORS.values():
            assert each.definition in page.text
        assert "50.00 %" in page.text
    hrefs = [tag.get("href", "") for name, tag in page.tags if name == "a"]
    link = next(href for href in hrefs if "counted=filing.n" in href)
    assert "已筛选" in at_desk.page(link).text


@pytest.mark.parametrize(
    "query", ["since=x", "until=0001-01-01", "since=9999-12-31", "body=0", "class=%00", "by=%ff"]
)
def test_garbage_in_the_address_is_the_usual_page(at_desk: Desk, query: str) -> None:
    assert at_desk.client.get(f"/console/figures?{query}").status_code == 200
