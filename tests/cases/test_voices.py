"""Urging, rating, objecting, watching, tagging."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import cases
from accounts import Role
from cases.models import Case
from cases.voice_models import Plea
from cases.workflow import Status
from kernel import clock
from tests.cases.conftest import Desk, status_of
from tests.factories import a_case, a_member_of_staff, a_report, move_on
from tests.pages import page_of, submit

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def to(at: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)

    to(NOON)
    return to


def test_urging_counts_once_a_day(session: Session, turn: Callable[[datetime], None]) -> None:
    made = a_report(session)
    urged = [cases.urge(session, made.report_no, made.access_key) for _ in range(3)]
    turn(NOON + timedelta(days=1))
    urged.append(cases.urge(session, made.report_no, made.access_key))

    assert urged == [True, False, False, True]
    assert session.get_one(Case, made.case_id).urges == 2


def test_only_the_key_speaks_for_a_report(session: Session) -> None:
    made = a_case(session, Status.CLOSED)
    for wrong in (None, "", "x", made.access_key.upper() + "x"):
        with pytest.raises(cases.CaseNotFound):
            cases.urge(session, made.report_no, wrong)
        with pytest.raises(cases.CaseNotFound):
            cases.rate(session, made.report_no, wrong, stars=5)
        with pytest.raises(cases.CaseNotFound):
            cases.object_to(session, made.report_no, wrong, reason="不对")


def test_what_ended_is_not_urged(session: Session) -> None:
    made = a_case(session, Status.CLOSED)
    with pytest.raises(cases.IllegalMove):
        cases.urge(session, made.report_no, made.access_key)


def test_a_result_is_rated_once_and_again_after_it_was_done_again(session: Session) -> None:
    made = a_case(session, Status.CLOSED)
    cases.rate(session, made.report_no, made.access_key, stars=5, reason="很快")
    with pytest.raises(cases.RatedAlready):
        cases.rate(session, made.report_no, made.access_key, stars=1)
    for name in ("revisit", "reopen", "dispatch", "dispose", "close"):
        move_on(session, made.case_id, name)

    cases.rate(session, made.report_no, made.access_key, stars=2)


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_stars_are_one_to_five(session: Session, stars: int) -> None:
    made = a_case(session, Status.CLOSED)
    with pytest.raises(cases.StarsWanted):
        cases.rate(session, made.report_no, made.access_key, stars=stars)


def test_after_the_window_nothing_is_rated(
    session: Session, turn: Callable[[datetime], None]
) -> None:
    made, refused = a_case(session, Status.CLOSED), a_case(session, Status.REFUSED)
    turn(NOON + timedelta(days=15, seconds=1))
    with pytest.raises(cases.RatingWindowOver):
        cases.rate(session, made.report_no, made.access_key, stars=5)
    with pytest.raises(cases.RatingWindowOver):
        cases.object_to(session, refused.report_no, refused.access_key, reason="不对")


def test_a_dissatisfied_reporter_reaches_the_operator_who_reopens(session: Session) -> None:
    made = a_case(session, Status.CLOSED)
    with pytest.raises(cases.NoteRequired):
        cases.rate(session, made.report_no, made.access_key, stars=1, wants_reopening=True)
    cases.rate(
        session, made.report_no, made.access_key, stars=1, reason="还在漏水", wants_reopening=True
    )
    seq = cases.case_file(session, made.case_id).version
    assert session.get_one(Plea, (made.case_id, seq)).kind == "reopening"

    cases.answer_plea(
        session,
        case_id=made.case_id,
        seq=seq,
        staff_id=a_member_of_staff(session, role=Role.ACCEPTOR),
        is_granted=True,
    )

    assert cases.case_file(session, made.case_id).status is Status.FILED
    with pytest.raises(cases.NotADecision):
        cases.answer_plea(
            session,
            case_id=made.case_id,
            seq=seq,
            staff_id=a_member_of_staff(session),
            is_granted=True,
        )


def test_a_content_reporter_does_not_reopen_by_mistake(session: Session) -> None:
    made = a_case(session, Status.CLOSED)
    cases.rate(session, made.report_no, made.access_key, stars=5, wants_reopening=True)
    assert session.get(Plea, (made.case_id, 5)) is None


def test_a_refusal_is_objected_to_once_and_an_acceptor_does_not_decide(session: Session) -> None:
    made = a_case(session, Status.REFUSED)
    cases.object_to(session, made.report_no, made.access_key, reason="就在江北")
    with pytest.raises(cases.RatedAlready):
        cases.object_to(session, made.report_no, made.access_key, reason="就在江北")

    def decline(staff_id: int, answer: str | None = None) -> None:
        cases.answer_plea(
            session,
            case_id=made.case_id,
            seq=2,
            staff_id=staff_id,
            is_granted=False,
            answer=answer,
        )

    with pytest.raises(cases.NotYourMove):
        decline(a_member_of_staff(session, role=Role.ACCEPTOR))
    supervisor = a_member_of_staff(session, role=Role.SUPERVISOR)
    with pytest.raises(cases.NoteRequired):
        decline(supervisor)
    decline(supervisor, "核实过，在渝北区")
    assert cases.case_file(session, made.case_id).status is Status.REFUSED
    seen = cases.public_case(session, made.report_no, made.access_key)
    assert (seen.plea, seen.plea_answer) == ("declined", "核实过，在渝北区")


def test_a_case_is_watched_and_let_go(session: Session) -> None:
    case_id = a_report(session).case_id
    leader = a_member_of_staff(session, role=Role.SHIFT_LEADER)
    for _ in range(2):
        cases.supervise(session, case_id=case_id, staff_id=leader, note="三天内办结")
    assert cases.case_file(session, case_id).is_supervised
    cases.lift_supervision(session, case_id=case_id, staff_id=leader)
    assert not cases.case_file(session, case_id).is_supervised
    with pytest.raises(cases.NotYourMove):
        cases.supervise(
            session,
            case_id=case_id,
            staff_id=a_member_of_staff(session, role=Role.ACCEPTOR),
            note="快",
        )


def test_campaigns_count_their_cases(session: Session) -> None:
    flood, slopes = (cases.add_campaign(session, name) for name in ("防汛抗旱", "坡坎崖"))
    assert cases.add_campaign(session, " 防汛抗旱 ") == flood
    staff_id = a_member_of_staff(session)
    for made in (a_report(session), a_report(session)):
        for _ in range(2):
            cases.tag(session, case_id=made.case_id, campaign_id=flood, staff_id=staff_id)
    assert cases.tag_counts(session) == ((flood, "防汛抗旱", 2), (slopes, "坡坎崖", 0))


# -- on the pages -------------------------------------------------------------------------


def test_the_reporter_rates_on_his_page_and_the_desk_sees_and_answers_it(
    client: FlaskClient, at_desk: Desk, session: Session
) -> None:
    made = a_case(session, Status.CLOSED)
    session.commit()
    address = f"/reports/{made.report_no}?k={made.access_key}"
    form = next(f for f in page_of(client.get(address)).forms if f.fields.get("what") == "rate")

    poor = submit(client, form, stars="1", reopen="1", reason="")
    assert poor.status_code == 422
    assert "请写明情况或原因" in page_of(poor).alerts[0]
    done = submit(client, form, stars="1", reopen="1", reason="井盖还在响")
    assert done.status_code == 303
    assert "谢谢您的评价" in page_of(client.get(done.location)).text

    assert "井盖还在响" in at_desk.case(made.case_id).text
    assert made.report_no in at_desk.page("/console/cases?plea=1").text
    desk_form = next(f for f in at_desk.case(made.case_id).forms if "/pleas/" in f.action)
    assert submit(at_desk.client, desk_form, answer="grant").status_code == 303
    assert status_of(session, made.case_id) is Status.FILED


def test_without_the_key_nobody_is_asked_and_nothing_is_taken(
    client: FlaskClient, session: Session
) -> None:
    made = a_case(session, Status.CLOSED)
    session.commit()
    assert page_of(client.get(f"/reports/{made.report_no}")).forms == []
    for key in ("", "x", "\x00", "长" * 5000):
        sent = client.post(
            f"/reports/{made.report_no}", data={"k": key, "what": "rate", "stars": "1"}
        )
        assert sent.status_code == 404
    assert client.post("/reports/JB0", data={"what": "urge"}).status_code == 404


@pytest.mark.parametrize("what", ["urge", "object", "rate", "dance", ""])
def test_what_makes_no_sense_now_is_refused_on_the_page(
    client: FlaskClient, session: Session, what: str
) -> None:
    made = a_case(session, Status.CLOSED if what in {"urge", "object"} else Status.FILED)
    session.commit()
    sent = client.post(f"/reports/{made.report_no}", data={"k": made.access_key, "what": what})
    assert sent.status_code == 409
    assert page_of(sent).alerts
