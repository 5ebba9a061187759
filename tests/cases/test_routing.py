"""Proposals, books and trials: what is in force, what is broken, who may change it and when."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

import territory
from cases import editing, routing, rulebooks, trying
from cases.errors import (
    NoProposal,
    NoSuchRule,
    RulesChanged,
    RulesClash,
    RulesUntried,
    UnfitRule,
)
from cases.matching import Line
from kernel import clock
from local.postgres import EmbeddedPostgres
from tests.cases.booking import drafted, in_force
from tests.cases.test_walks import turned
from tests.factories import a_body, a_report, committing_sessions, move_on
from tests.territory.grounds import bring_in, collection, feature, middle, planted
from tests.turns import Turns

__all__ = ["turned"]


def filed(
    session: Session, class_code: str | None = "C0101", column: float = 0, source: str = "patrol"
) -> int:
    latitude, longitude = middle(column, 0)
    made = a_report(
        session, class_code=class_code, latitude=latitude, longitude=longitude, source=source
    )
    move_on(session, made.case_id, "file")
    return made.case_id


def test_the_most_special_rule_proposes_and_says_why(session: Session) -> None:
    planted(session)
    street, owner = a_body(session, "甲街道办"), a_body(session, "供水公司")
    in_force(session, Line(0, street, None, "500105001"), Line(0, owner, "C01", "500105001"))

    proposal = routing.advise(session, filed(session)).proposal
    assert proposal
    assert (proposal.body_id, proposal.rule.body_name) == (owner, "供水公司")
    assert proposal.rule.reason == "C01 公用设施（整类），甲街道"
    assert routing.proposed_body(session, filed(session, "E0101")) == street
    with pytest.raises(NoProposal):
        routing.proposed_body(session, filed(session, column=2))


def test_without_rules_nothing_is_proposed(session: Session) -> None:
    advice = routing.advise(session, filed(session))
    assert (advice.proposal, advice.broken) == (None, ())


def broken_body(session: Session, body: int) -> None:
    territory.set_body_active(session, body, is_active=False)


def broken_place(session: Session, _body: int) -> None:
    gone = feature("500105001001001", "grid", "500105001001", state="停用")
    assert bring_in(session, collection(gone)).retired == 1


@pytest.mark.parametrize(
    ("spoil", "said"), [(broken_body, "责任单位已停用"), (broken_place, "地域已停用")]
)
def test_a_rule_that_broke_is_said_and_never_skipped_in_silence(
    session: Session, spoil: Callable[[Session, int], None], said: str
) -> None:
    planted(session)
    gone, other = a_body(session), a_body(session, "别的单位")
    in_force(session, Line(0, gone, "C01", "500105001001001"), Line(0, other))
    case = filed(session)
    spoil(session, gone)

    advice = routing.advise(session, case)
    assert advice.proposal
    assert advice.proposal.fault == said
    assert advice.proposal.body_id is None
    assert advice.proposal.instead
    assert advice.proposal.instead.body_name == "别的单位"
    assert [row.fault for row in advice.broken] == [said]
    with pytest.raises(NoProposal, match=said):
        routing.proposed_body(session, case)


def test_a_rule_whose_class_is_gone_is_broken_and_said_of_every_case(session: Session) -> None:
    book = editing.begin_draft(session, None)
    body = a_body(session)
    session.execute(
        text(
            "INSERT INTO cases_rules (book_id, no, class_key, body_id) VALUES (:b, 1, 'C9999', :x)"
        ),
        {"b": book.id, "x": body},
    )
    trying.try_out(session, clock.now())
    editing.go_live(session, staff_id=None, seen_revision=book.revision)

    advice = routing.advise(session, filed(session))
    assert advice.proposal is None
    assert [row.fault for row in advice.broken] == ["类别已不在表里"]


def test_what_is_mended_is_whole_again_at_once(session: Session) -> None:
    body = a_body(session)
    in_force(session, Line(0, body))
    case = filed(session)
    for is_active in (False, True):
        territory.set_body_active(session, body, is_active=is_active)
        session.flush()
    assert routing.proposed_body(session, case) == body


@pytest.mark.parametrize(
    "line",
    [
        Line(0, 1, "C9999"),
        Line(0, 1, "X"),
        Line(0, 10**9),
        Line(0, 1, None, "500105009"),
        Line(0, 1, None, "500105"),
        Line(0, 1, None, None, "telepathy"),
        Line(0, 1, None, None, None, 60, 60),
    ],
)
def test_a_rule_that_means_nothing_is_refused(session: Session, line: Line) -> None:
    planted(session)
    body = a_body(session)
    line = Line(0, body if line.body_id == 1 else line.body_id, line.class_key, line.area_code,
                line.source, line.from_minute, line.to_minute)  # fmt: skip
    with pytest.raises(UnfitRule):
        drafted(session, [line])


def test_two_answers_to_one_question_are_refused_by_code_and_by_the_table(
    session: Session,
) -> None:
    one, other = a_body(session), a_body(session)
    with pytest.raises(RulesClash):
        drafted(session, [Line(0, one, "C01"), Line(0, other, "C01")])
    with pytest.raises(RulesClash):
        drafted(
            session,
            [
                Line(0, one, None, None, None, 22 * 60, 360),
                Line(0, other, None, None, None, 300, 720),
            ],
        )
    book = drafted(session, [Line(0, one, "C01")])
    assert book > 0
    with pytest.raises(IntegrityError, match="uq_cases_rules_one_answer"):
        session.execute(
            text(
                "INSERT INTO cases_rules (book_id, no, class_key, body_id)"
                " SELECT book_id, no + 1, class_key, body_id FROM cases_rules"
            )
        )


def test_a_draft_changes_nothing_until_it_was_tried_and_goes_live(session: Session) -> None:
    before, after = a_body(session), a_body(session)
    first = in_force(session, Line(0, before))
    case = filed(session)
    draft = editing.begin_draft(session, None)
    assert editing.begin_draft(session, None).id == draft.id  # there is one
    (kept,) = rulebooks.rules_of(session, draft.id)
    editing.set_rule(
        session, staff_id=None, seen_revision=0, line=Line(kept.line.no, after), note="换单位"
    )
    assert routing.proposed_body(session, case) == before

    with pytest.raises(RulesUntried):
        editing.go_live(session, staff_id=None, seen_revision=1)
    trying.try_out(session, clock.now())
    second = editing.go_live(session, staff_id=None, seen_revision=1, note="换单位")
    assert second > first
    assert routing.proposed_body(session, case) == after
    assert [row.line.body_id for row in rulebooks.rules_of(session, first)] == [before]


def test_what_was_changed_after_the_trial_must_be_tried_again(session: Session) -> None:
    revision = drafted(session, [Line(0, a_body(session))])
    trying.try_out(session, clock.now())
    editing.set_rule(
        session, staff_id=None, seen_revision=revision, line=Line(0, a_body(session), "C")
    )
    with pytest.raises(RulesUntried):
        editing.go_live(session, staff_id=None, seen_revision=revision + 1)
    with pytest.raises(IntegrityError, match="tried_before_live"):
        session.execute(text("UPDATE cases_rule_books SET state = 'live', live_at = now()"))


def test_who_saw_an_older_draft_is_told(session: Session) -> None:
    revision = drafted(session, [Line(0, a_body(session))])
    for work in (
        lambda: editing.set_rule(
            session, staff_id=None, seen_revision=revision - 1, line=Line(0, a_body(session), "C")
        ),
        lambda: editing.drop_rule(session, seen_revision=revision - 1, no=1),
        lambda: editing.discard_draft(session, seen_revision=revision - 1),
        lambda: editing.go_live(session, staff_id=None, seen_revision=revision - 1),
    ):
        with pytest.raises(RulesChanged):
            work()
    with pytest.raises(NoSuchRule):
        editing.drop_rule(session, seen_revision=revision, no=10**6)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE cases_rules SET body_id = body_id",
        "DELETE FROM cases_rules",
        "INSERT INTO cases_rules (book_id, no, body_id) SELECT book_id, 999, body_id FROM cases_rules",
        "UPDATE cases_rule_books SET note = 'x'",
        "DELETE FROM cases_rule_books",
    ],
)
def test_what_went_live_is_never_changed(session: Session, change: str) -> None:
    in_force(session, Line(0, a_body(session)))
    with pytest.raises(DBAPIError, match="never changed"):
        session.execute(text(change))


def test_of_two_who_edit_at_once_the_second_is_told(postgres: EmbeddedPostgres) -> None:
    with committing_sessions(postgres) as sessions, Turns(sessions) as (first, second):
        body = first.do(a_body)
        first.do(lambda session: editing.begin_draft(session, None))
        first.commit()

        def add(session: Session) -> int:
            line = Line(0, body, "C")
            return editing.set_rule(session, staff_id=None, seen_revision=0, line=line)

        first.do(add)
        waiting = second.begin(add)
        second.wait_until_blocked()
        first.commit()
        with pytest.raises(RulesChanged):
            waiting.result(10)


NOW = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
keys = st.sampled_from([None, "C", "C01", "C0101", "E", "E01"])
areas = st.sampled_from([None, "500105001", "500105002", "500105001001", "500105001001001"])
times = st.sampled_from([(None, None), (22 * 60, 6 * 60), (8 * 60, 18 * 60)])
rules = st.lists(
    st.tuples(keys, areas, st.sampled_from([None, "patrol", "video"]), times, st.integers(0, 2)),
    max_size=6,
    unique_by=lambda rule: rule[:3],
)
SLOW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def past(
    session: Session, turned: Callable[[datetime], None]
) -> tuple[list[int], dict[int, datetime]]:
    """Give three bodies, one of them closed by now, and cases with the instants of their dispatch."""
    planted(session)
    bodies = [a_body(session) for _ in range(3)]
    at: dict[int, datetime] = {}
    for n, (code, column, source) in enumerate(
        [("C0101", 0, "patrol"), ("C0102", 2, "video"), ("E0101", 0, "hotline"), (None, 50, "patrol")]
    ):  # fmt: skip
        turned(NOW - timedelta(hours=7 * n + 1))
        case = filed(session, code, column, source)
        move_on(session, case, "dispatch", body_id=bodies[n % 3])
        at[case] = clock.now()
    return bodies, at


@given(before=rules, after=rules)
@SLOW
def test_the_trial_says_what_then_happens(
    session: Session,
    turned: Callable[[datetime], None],
    past: tuple[list[int], dict[int, datetime]],
    before: list[tuple[Any, ...]],
    after: list[tuple[Any, ...]],
) -> None:
    bodies, at = past

    def lines(drawn: list[tuple[Any, ...]]) -> list[Line]:
        return [Line(0, bodies[b], k, a, s, *t) for k, a, s, t, b in drawn]

    def said() -> dict[int, tuple[int | None, bool]]:
        return {case: said_at(session, turned, case, then) for case, then in at.items()}

    nested = session.begin_nested()
    turned(NOW)
    in_force(session, *lines(before))
    revision = drafted(session, lines(after))
    territory.set_body_active(session, bodies[2], is_active=False)
    session.flush()
    now = said()
    turned(NOW)
    trial = trying.try_out(session, NOW - timedelta(days=30))
    editing.go_live(session, staff_id=None, seen_revision=revision)
    then = said()

    assert trial.cases == len(at)
    assert {
        each.case_id: tuple((side.body_id, side.is_broken) for side in (each.before, each.after))
        for each in trial.changed
    } == {case: (now[case], then[case]) for case in at if now[case] != then[case]}
    nested.rollback()


def said_at(
    session: Session, turned: Callable[[datetime], None], case: int, at: datetime
) -> tuple[int | None, bool]:
    """Return body and brokenness of what is proposed for the case when it is dispatched then."""
    turned(at)
    proposal = routing.advise(session, case).proposal
    if proposal is None:
        return None, False
    return proposal.rule.line.body_id, proposal.fault is not None


def test_the_demo_rules_come_once(app: Flask, session: Session) -> None:
    planted(session)
    territory.add_body(session, code="500105-D1", name="市政设施维护（演示）", kind="department")
    session.commit()
    first, again = (app.test_cli_runner().invoke(args=["cases", "demo-rules"]) for _ in range(2))
    assert (first.exit_code, first.output) == (0, "演示派遣规则：1 条。\n")
    assert again.output == "派遣规则已经有了，没有改动。\n"
    assert routing.advise(session, filed(session)).proposal is not None
