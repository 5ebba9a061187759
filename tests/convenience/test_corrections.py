"""What residents say of a facility: counted once, doubted together, answered by staff."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from convenience import service
from convenience.errors import (
    AlreadySettled,
    BadCorrection,
    BadRating,
    BadSpaces,
    CorrectionNotFound,
    FacilityNotFound,
    NotRated,
    TooManyWords,
)
from convenience.events import FacilityBroken
from convenience.models import Facility, Rating
from convenience.rules import CLOCK_LEEWAY
from kernel import bus, clock
from tests import factories
from tests.convenience.files import a_row, bring_in, mapping, table


@pytest.fixture
def facility(session: Session) -> int:
    bring_in(session, table([a_row(1)]))
    return session.scalars(select(Facility.id)).one()


def is_doubtful(session: Session, facility: int) -> bool:
    session.expire_all()
    return session.get_one(Facility, facility).is_doubtful


def report(session: Session, facility: int, who: int, kind: str = "closed") -> int:
    return service.report_wrong(
        session, facility_id=facility, kind=kind, client_key=f"client-{who:04}"
    )


def test_the_same_word_of_the_same_person_is_one(session: Session, facility: int) -> None:
    assert report(session, facility, 1) == report(session, facility, 1)
    assert report(session, facility, 1, "moved") != report(session, facility, 1)


def test_three_people_make_an_entry_doubtful_until_somebody_looked(
    session: Session, facility: int
) -> None:
    for kind in ("closed", "moved", "hours"):
        report(session, facility, 1, kind)
    numbers = [report(session, facility, 2), report(session, facility, 2, "moved")]
    assert not is_doubtful(session, facility), "two people, however often they say it"
    report(session, facility, 3, "broken")
    assert not is_doubtful(session, facility), "a broken tap says nothing of the entry"
    numbers.append(report(session, facility, 3, "not_there"))
    assert is_doubtful(session, facility)
    staff = factories.a_member_of_staff(session)
    service.settle(session, correction_id=numbers[-1], is_right=False, staff_id=staff)
    assert not is_doubtful(session, facility)
    with pytest.raises(AlreadySettled):
        service.settle(session, correction_id=numbers[-1], is_right=True, staff_id=staff)
    with pytest.raises(CorrectionNotFound):
        service.settle(session, correction_id=0, is_right=True, staff_id=staff)


def test_what_is_broken_is_told_to_the_case_system(session: Session, facility: int) -> None:
    told: list[object] = []
    bus.connect({FacilityBroken: [lambda _, event: told.append(event)]})
    report(session, facility, 1)
    assert told == []
    report(session, facility, 1, "broken")
    report(session, facility, 1, "broken")
    assert len(told) == 1


def test_what_is_broken_becomes_one_case(session: Session, facility: int) -> None:
    for _ in range(2):
        report(session, facility, 1, "broken")
    (case,) = session.execute(
        text("SELECT source, class_code, citizen_id, text, latitude FROM cases_cases")
    ).all()
    assert (case.source, case.class_code, case.citizen_id) == ("page", "C0301", None)
    assert "第1公厕" in case.text
    assert case.latitude == session.get_one(Facility, facility).latitude


def test_a_machine_is_stopped_and_a_citizen_is_not(session: Session) -> None:
    bring_in(session, table([a_row(n) for n in range(1, 30)]))
    ids = session.scalars(select(Facility.id)).all()
    for number in ids[: service.MOST_CORRECTIONS_AN_HOUR]:
        report(session, number, 1)
    with pytest.raises(TooManyWords):
        report(session, ids[-1], 1)
    report(session, ids[-1], 2)


def test_nonsense_is_refused(session: Session, facility: int) -> None:
    with pytest.raises(BadCorrection):
        report(session, facility, 1, "nonsense")
    with pytest.raises(FacilityNotFound):
        report(session, 0, 1)
    session.execute(text("UPDATE convenience_facilities SET removed_at = now()"))
    session.expire_all()
    with pytest.raises(FacilityNotFound):
        report(session, facility, 1)


def test_the_newest_stars_count_once(session: Session, facility: int) -> None:
    for stars in (1, 5, 4):
        service.rate(session, facility_id=facility, stars=stars, client_key="client-0001")
    assert session.scalars(select(Rating.stars)).all() == [4]
    for stars in (0, 6):
        with pytest.raises(BadRating):
            service.rate(session, facility_id=facility, stars=stars, client_key="client-0001")


def test_a_car_park_gets_no_stars(session: Session) -> None:
    bring_in(session, table([a_row(1)]), mapping(kind="parking"))
    number = session.scalars(select(Facility.id)).one()
    with pytest.raises(NotRated):
        service.rate(session, facility_id=number, stars=5, client_key="client-0001")


def test_free_spaces_are_kept_with_their_time_and_never_go_back(
    session: Session, facility: int
) -> None:
    now = clock.now()
    revision = session.get_one(Facility, facility).revision
    assert service.record_spaces(session, code="T-1", free=7, at=now)
    assert not service.record_spaces(session, code="T-1", free=9, at=now)
    assert not service.record_spaces(session, code="T-1", free=9, at=now - CLOCK_LEEWAY)
    session.expire_all()
    stored = session.get_one(Facility, facility)
    assert (stored.free_spaces, stored.free_spaces_at) == (7, now)
    assert stored.revision == revision
    for free, at in ((-1, now), (10**9, now), (1, now + 2 * CLOCK_LEEWAY)):
        with pytest.raises(BadSpaces):
            service.record_spaces(session, code="T-1", free=free, at=at)
    with pytest.raises(FacilityNotFound):
        service.record_spaces(session, code="nothing", free=1, at=now)
