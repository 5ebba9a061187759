"""Two at once, on two connections, in an order that the test decides.

Each race has its naive control in the same turns: where naive code would not fail, the test would
prove nothing.
"""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

import cases
from cases.models import Case, CaseMove, Photo
from cases.rules import Status
from kernel import blobs, bus, database
from kernel.settings import Settings
from local.postgres import EmbeddedPostgres
from tests.factories import (
    a_case,
    a_citizen,
    a_member_of_staff,
    a_photo,
    a_picture,
    a_report,
    committing_sessions,
    key,
)
from tests.turns import Turns

Sessions = sessionmaker[Session]
Move = Callable[[Session], None]


@pytest.fixture(scope="module")
def committed(postgres: EmbeddedPostgres) -> Iterator[Sessions]:
    with committing_sessions(postgres) as made:
        yield made


@pytest.fixture(autouse=True)
def connected(committed: Sessions, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_sessions", committed)
    monkeypatch.setattr(blobs, "_store", blobs.LocalBlobs(settings.blob_dir))
    monkeypatch.setattr(bus, "_subscriptions", {})


def a_committed_case(sessions: Sessions, status: Status) -> int:
    with sessions.begin() as session:
        return a_case(session, status).case_id


def people(sessions: Sessions) -> tuple[int, int]:
    with sessions.begin() as session:
        return a_member_of_staff(session, name="李娜"), a_member_of_staff(session, name="王伟")


def move(case_id: int, name: str, staff_id: int, **changed: object) -> Move:
    values: dict[str, object] = {"request_key": key(), "seen_version": 1, "note": "看过了"}

    def work(session: Session) -> None:
        cases.move(
            session,
            case_id=case_id,
            name=name,
            staff_id=staff_id,
            **(values | changed),  # type: ignore[arg-type]  # keywords by name
        )

    return work


def test_of_two_operators_at_once_one_wins_and_the_other_hears_of_it(
    committed: Sessions,
) -> None:
    case_id, (lina, wangwei) = a_committed_case(committed, Status.REPORTED), people(committed)
    with Turns(committed) as (one, other):
        one.do(move(case_id, "file", lina))
        waiting = other.begin(move(case_id, "refuse", wangwei))
        other.wait_until_blocked()
        one.commit()
        with pytest.raises(cases.StaleCase):
            waiting.result(10)
        other.rollback()

    with committed() as session:
        file = cases.case_file(session, case_id)
    assert (file.status, file.version) == (Status.FILED, 2)
    assert [row.actor_name for row in file.moves] == [None, "李娜"]


def test_the_second_operator_wins_when_the_first_one_gives_up(committed: Sessions) -> None:
    case_id, (lina, wangwei) = a_committed_case(committed, Status.REPORTED), people(committed)
    with Turns(committed) as (one, other):
        one.do(move(case_id, "file", lina))
        waiting = other.begin(move(case_id, "refuse", wangwei))
        other.wait_until_blocked()
        one.rollback()
        waiting.result(10)
        other.commit()

    with committed() as session:
        assert cases.case_file(session, case_id).status is Status.REFUSED


def test_who_has_read_the_case_before_is_not_fooled_by_what_he_remembers(
    committed: Sessions,
) -> None:
    case_id, (lina, wangwei) = a_committed_case(committed, Status.REPORTED), people(committed)
    with Turns(committed) as (one, other):
        remembered = other.do(lambda session: session.get_one(Case, case_id))
        one.do(move(case_id, "file", lina))
        one.commit()
        with pytest.raises(cases.StaleCase):
            other.do(move(case_id, "refuse", wangwei))
        assert remembered.version == 2


def test_naive_code_lets_both_operators_win_in_the_same_turns(committed: Sessions) -> None:
    case_id = a_committed_case(committed, Status.REPORTED)
    told: list[str] = []

    def check(session: Session) -> None:
        if session.scalar(select(Case.status).where(Case.id == case_id)) != "reported":
            raise cases.IllegalMove

    def write(name: str) -> Move:
        def work(session: Session) -> None:
            session.execute(update(Case).where(Case.id == case_id).values(text=name))
            told.append(name)

        return work

    with Turns(committed) as (one, other):
        one.do(check)
        other.do(check)  # both saw it open
        one.do(write("file"))
        waiting = other.begin(write("refuse"))
        other.wait_until_blocked()
        one.commit()
        waiting.result(10)  # nobody hears of anything
        other.commit()

    with committed() as session:
        assert session.get_one(Case, case_id).text == "refuse"  # the first one's is lost
    assert told == ["file", "refuse"]


def test_without_the_lock_the_history_itself_still_lets_only_one_win(
    committed: Sessions,
) -> None:
    case_id, (lina, wangwei) = a_committed_case(committed, Status.REPORTED), people(committed)

    def unlocked(name: str, to: str, staff_id: int) -> Move:
        def work(session: Session) -> None:
            session.add(
                CaseMove(
                    case_id=case_id,
                    seq=2,
                    name=name,
                    from_status="reported",
                    to_status=to,
                    staff_id=staff_id,
                    request_key=key(),
                )
            )
            session.flush()

        return work

    with Turns(committed) as (one, other):
        one.do(unlocked("file", "filed", lina))
        waiting = other.begin(unlocked("refuse", "refused", wangwei))
        other.wait_until_blocked()
        one.do(
            lambda session: session.execute(
                update(Case).where(Case.id == case_id).values(status="filed", version=2)
            )
        )
        one.commit()
        with pytest.raises(IntegrityError, match="pk_cases_moves"):
            waiting.result(10)


def test_a_double_click_moves_the_case_once(committed: Sessions) -> None:
    case_id, (lina, _) = a_committed_case(committed, Status.DISPATCHED), people(committed)
    same = {"request_key": key(), "seen_version": 3, "photos": [a_picture()]}
    with Turns(committed) as (one, other):
        one.do(move(case_id, "dispose", lina, **same))
        waiting = other.begin(move(case_id, "dispose", lina, **same))
        other.wait_until_blocked()
        one.commit()
        waiting.result(10)
        other.commit()

    with committed() as session:
        file = cases.case_file(session, case_id)
    assert file.version == 4
    assert len(file.photos) == 1


def test_two_cases_do_not_wait_for_each_other(committed: Sessions) -> None:
    first, second = (a_committed_case(committed, Status.REPORTED) for _ in range(2))
    lina, wangwei = people(committed)
    with Turns(committed) as (one, other):
        one.do(move(first, "file", lina))
        other.do(move(second, "file", wangwei))
        other.commit()
        one.commit()


def test_a_report_sent_twice_at_once_is_one_case(committed: Sessions) -> None:
    with committed.begin() as session:
        citizen = a_citizen(session)
        photo = a_photo(session, citizen)
    same = key()

    def report(session: Session) -> cases.Reported:
        return a_report(session, citizen_id=citizen, request_key=same, photo_ids=(photo,))

    with Turns(committed) as (one, other):
        first = one.do(report)
        waiting = other.begin(report)
        other.wait_until_blocked()
        one.commit()
        assert waiting.result(10) == first
        other.commit()

    with committed() as session:
        made = session.scalars(select(Case.id).where(Case.citizen_id == citizen)).all()
        assert made == [first.case_id]
        assert session.get_one(Photo, photo).case_id == first.case_id


def test_when_the_first_of_two_sendings_fails_the_second_makes_the_case(
    committed: Sessions,
) -> None:
    with committed.begin() as session:
        citizen = a_citizen(session)
    same = key()

    def report(session: Session) -> cases.Reported:
        return a_report(session, citizen_id=citizen, request_key=same)

    with Turns(committed) as (one, other):
        lost = one.do(report)
        waiting = other.begin(report)
        other.wait_until_blocked()
        one.rollback()
        made = waiting.result(10)
        other.commit()

    assert made.access_key != lost.access_key
    with committed() as session:
        assert cases.case_file(session, made.case_id).report_no == made.report_no


def test_naive_reporting_fails_in_the_same_turns(committed: Sessions) -> None:
    same = key()

    def naive(session: Session) -> None:
        if session.scalar(select(Case.id).where(Case.request_key == same)) is not None:
            return
        case = Case(
            report_no=key(),
            access_key="k",
            request_key=same,
            status="reported",
            source="wechat",
            place_label="观音桥",
        )
        session.add(case)
        session.flush()
        session.add(
            CaseMove(case_id=case.id, seq=1, name="report", to_status="reported", request_key=same)
        )
        session.flush()

    with Turns(committed) as (one, other):
        one.do(naive)
        waiting = other.begin(naive)
        other.wait_until_blocked()
        one.commit()
        with pytest.raises(IntegrityError, match="uq_cases_cases_request_key"):
            waiting.result(10)


def test_two_reports_at_once_do_not_share_a_photo(committed: Sessions) -> None:
    with committed.begin() as session:
        citizen = a_citizen(session)
        photo = a_photo(session, citizen)

    def report(session: Session) -> cases.Reported:
        return a_report(session, citizen_id=citizen, photo_ids=(photo,))

    with Turns(committed) as (one, other):
        first = one.do(report)
        waiting = other.begin(report)
        other.wait_until_blocked()
        one.commit()
        second = waiting.result(10)
        other.commit()

    with committed() as session:
        assert [p.id for p in cases.case_file(session, first.case_id).photos] == [photo]
        assert cases.case_file(session, second.case_id).photos == ()


def test_a_photo_that_arrives_while_it_is_given_up_ends_in_one_state(
    committed: Sessions,
) -> None:
    with committed.begin() as session:
        photo = a_photo(session, a_citizen(session), is_stored=False)
    with Turns(committed) as (one, other):
        one.do(lambda session: cases.give_up_photo(session, photo_id=photo, state="lost"))
        waiting = other.begin(
            lambda session: cases.store_photo(session, photo_id=photo, picture=a_picture())
        )
        other.wait_until_blocked()
        one.commit()
        waiting.result(10)
        other.commit()

    with committed() as session:
        assert session.get_one(Photo, photo).state == "lost"
