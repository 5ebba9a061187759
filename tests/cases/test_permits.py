"""More time and putting off: two steps, two people, and their limits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import cases
from accounts import Role
from cases.clock_models import Reminder, Stage
from cases.models import Case
from cases.reminders import remind
from cases.voice_models import Permit
from cases.workflow import Status
from kernel import bus, clock
from tests.factories import a_body, a_case, a_member_of_staff, key, move_on

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # ten o'clock in the city


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def to(at: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)

    to(MONDAY)
    return to


@pytest.fixture
def case_id(session: Session, turn: Callable[[datetime], None]) -> int:
    return a_case(session, Status.DISPATCHED).case_id


def ask(session: Session, case_id: int, kind: str = "extension", **changed: object) -> int:
    values: dict[str, object] = {
        "staff_id": a_member_of_staff(session),
        "request_key": key(),
        "reason": "材料没到",
        "until": clock.now() + timedelta(days=10) if kind == "suspension" else None,
    }
    return cases.ask_permit(session, case_id=case_id, kind=kind, **(values | changed))  # type: ignore[arg-type]  # keywords by name


def grant(session: Session, permit_id: int) -> None:
    cases.endorse_permit(session, permit_id=permit_id, staff_id=a_member_of_staff(session))
    cases.decide_permit(
        session, permit_id=permit_id, staff_id=a_member_of_staff(session), is_granted=True
    )


def due(session: Session, case_id: int) -> datetime:
    return session.scalars(
        select(Stage.due_at).where(Stage.case_id == case_id, Stage.stage == "dispose")
    ).one()


def test_an_extension_adds_one_original_limit_twice_at_most(session: Session, case_id: int) -> None:
    # Five working days from Monday ten o'clock; then ten; then fifteen.
    found = [due(session, case_id)]
    for _ in range(2):
        grant(session, ask(session, case_id))
        found.append(due(session, case_id))
    assert [each - MONDAY for each in found] == [timedelta(days=7 * n) for n in (1, 2, 3)]
    assert session.get_one(Case, case_id).due_at == found[-1]

    with pytest.raises(cases.NoMorePermits):
        ask(session, case_id)


def test_refused_ones_do_not_count_and_their_reason_is_kept(session: Session, case_id: int) -> None:
    for _ in range(3):
        permit = ask(session, case_id)
        with pytest.raises(cases.NoteRequired):
            cases.decide_permit(
                session, permit_id=permit, staff_id=a_member_of_staff(session), is_granted=False
            )
        cases.decide_permit(
            session,
            permit_id=permit,
            staff_id=a_member_of_staff(session),
            is_granted=False,
            note="可以按时完成",
        )
    grant(session, ask(session, case_id))
    assert [m.name for m in cases.case_file(session, case_id).moves].count("extend") == 1


def test_while_one_waits_no_other_is_taken_and_the_same_request_is_one(
    session: Session, case_id: int
) -> None:
    same = key()
    first = ask(session, case_id, request_key=same)

    assert ask(session, case_id, request_key=same) == first
    with pytest.raises(cases.AlreadyAsked):
        ask(session, case_id, "suspension")


def test_after_the_limit_it_is_too_late(
    session: Session, case_id: int, turn: Callable[[datetime], None]
) -> None:
    turn(MONDAY + timedelta(days=8))
    with pytest.raises(cases.PermitTooLate):
        ask(session, case_id)


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_a_case_is_put_off_for_a_year_at_most(session: Session, case_id: int, days: int) -> None:
    with pytest.raises(cases.UnfitDay):
        ask(session, case_id, "suspension", until=MONDAY + timedelta(days=days))


def test_nobody_grants_what_he_asked_for_or_endorsed(session: Session, case_id: int) -> None:
    one, other = a_member_of_staff(session), a_member_of_staff(session)
    permit = ask(session, case_id, staff_id=one)
    with pytest.raises(cases.IllegalMove):
        cases.decide_permit(session, permit_id=permit, staff_id=other, is_granted=True)
    cases.endorse_permit(session, permit_id=permit, staff_id=other)

    for staff_id in (one, other):
        with pytest.raises(cases.NotYourMove):
            cases.decide_permit(session, permit_id=permit, staff_id=staff_id, is_granted=True)
    for role in (Role.ACCEPTOR, Role.DISPATCHER, Role.INSPECTOR):
        with pytest.raises(cases.NotYourMove):
            cases.decide_permit(
                session,
                permit_id=permit,
                staff_id=a_member_of_staff(session, role=role),
                is_granted=True,
            )
    with pytest.raises(IntegrityError, match="granted_by_two"), session.begin_nested():
        session.execute(
            text(
                "UPDATE cases_permits SET state = 'granted', number = 1, decided_by = :one,"
                " decided_at = now() WHERE id = :id"
            ),
            {"one": one, "id": permit},
        )


def test_a_body_asks_for_its_own_cases_only(session: Session, case_id: int) -> None:
    stranger = a_member_of_staff(session, role=Role.BODY_STAFF, body_id=a_body(session))
    with pytest.raises(cases.NotYourCase):
        ask(session, case_id, staff_id=stranger)


def test_what_was_put_off_goes_on_by_itself_with_what_was_left(
    session: Session, case_id: int, turn: Callable[[datetime], None]
) -> None:
    before = due(session, case_id)
    grant(session, ask(session, case_id, "suspension", until=MONDAY + timedelta(days=14)))
    file = cases.case_file(session, case_id)
    assert (file.status, session.get_one(Case, case_id).stage_due_at) == (Status.SUSPENDED, None)
    turn(MONDAY + timedelta(days=13))
    assert cases.resume_due(session) == 0

    turn(MONDAY + timedelta(days=14))
    assert cases.resume_due(session) == 1
    assert cases.resume_due(session) == 0

    assert cases.case_file(session, case_id).status is Status.DISPATCHED
    assert cases.case_file(session, case_id).moves[-1].actor_name is None
    assert due(session, case_id) == before + timedelta(days=14)
    with pytest.raises(cases.NoMorePermits):
        ask(session, case_id, "suspension")


def test_a_request_that_lost_its_meaning_is_answered(session: Session, case_id: int) -> None:
    permit = ask(session, case_id)
    move_on(session, case_id, "dispose")
    session.expire_all()

    assert session.get_one(Permit, permit).state == "refused"
    with pytest.raises(cases.IllegalMove):
        cases.endorse_permit(session, permit_id=permit, staff_id=a_member_of_staff(session))


# -- reminders ----------------------------------------------------------------------------


def heard() -> list[object]:
    found: list[object] = []
    bus.connect({cases.StageWarned: [lambda _session, event: found.append(event)]})
    return found


def test_each_stage_is_reminded_of_once_at_yellow_and_once_at_red(
    session: Session, case_id: int, turn: Callable[[datetime], None]
) -> None:
    told = heard()
    remind(session)
    assert told == []

    turn(MONDAY + timedelta(days=6))
    assert (remind(session), remind(session)) == (1, 0)
    turn(MONDAY + timedelta(days=8))
    assert (remind(session), remind(session)) == (1, 0)

    assert [(each.stage, each.percent) for each in told] == [("dispose", 80), ("dispose", 100)]  # type: ignore[attr-defined]  # what was heard


def test_after_an_outage_there_is_one_reminder_per_stage_and_no_storm(
    session: Session, turn: Callable[[datetime], None]
) -> None:
    for _ in range(7):
        a_case(session, Status.DISPATCHED)
    told = heard()
    turn(MONDAY + timedelta(days=60))

    # Disposal and the answer of seven cases, both thresholds passed long ago.
    assert [remind(session, limit=5) for _ in range(4)] == [5, 5, 4, 0]

    assert {each.percent for each in told} == {100}  # type: ignore[attr-defined]  # what was heard
    assert session.scalar(select(func.count()).select_from(Reminder)) == 14


def test_what_waits_or_ended_is_not_reminded_of(
    session: Session, case_id: int, turn: Callable[[datetime], None]
) -> None:
    grant(session, ask(session, case_id, "suspension"))
    closed = a_case(session, Status.CLOSED).case_id
    turn(MONDAY + timedelta(days=9))

    remind(session)

    found = session.execute(select(Reminder.case_id, Reminder.stage)).all()
    assert closed not in {row[0] for row in found}
    assert ("dispose") not in {row[1] for row in found}


def test_the_law_runs_on_while_a_case_is_put_off(
    session: Session, case_id: int, turn: Callable[[datetime], None]
) -> None:
    grant(session, ask(session, case_id, "suspension", until=MONDAY + timedelta(days=60)))
    told = heard()
    turn(MONDAY + timedelta(days=22))
    remind(session)
    assert [(each.stage, each.percent) for each in told] == [("answer", 100)]  # type: ignore[attr-defined]  # what was heard
