"""Who may make which move: the service asks the member of staff's role and body, not the page."""

import pytest
from sqlalchemy.orm import Session

import accounts
import cases
from accounts import Role
from cases.workflow import STEPS, Status, may
from tests.cases.witness import everything
from tests.factories import a_body, a_case, a_member_of_staff, a_picture, key, move_on

PAIRS = [pair for pair, step in STEPS.items() if not step.by_request and pair[0] != "merge"]


def try_as(session: Session, case_id: int, name: str, staff_id: int) -> None:
    file = cases.case_file(session, case_id)
    cases.move(
        session,
        case_id=case_id,
        name=name,
        staff_id=staff_id,
        request_key=key(),
        seen_version=file.version,
        note="写明情况",
        body_id=a_body(session),
        photos=[a_picture()],
    )


@pytest.mark.parametrize(("name", "status"), PAIRS)
def test_exactly_the_roles_of_the_table_may(session: Session, name: str, status: Status) -> None:
    case_id = a_case(session, status).case_id
    body_id = cases.case_file(session, case_id).body_id
    for role in Role:
        staff_id = a_member_of_staff(
            session,
            role=role,
            body_id=(body_id or a_body(session)) if role == "body_staff" else None,
        )
        before = everything(session)
        with session.begin_nested() as attempt:
            if may(role, STEPS[name, status]):
                try_as(session, case_id, name, staff_id)
            else:
                with pytest.raises((cases.NotYourMove, cases.NotYourCase)):
                    try_as(session, case_id, name, staff_id)
                assert everything(session) == before
            attempt.rollback()
        session.expire_all()


def test_a_body_moves_only_its_own_cases(session: Session) -> None:
    case_id = a_case(session, Status.DISPATCHED).case_id
    stranger = a_member_of_staff(session, role=Role.BODY_STAFF, body_id=a_body(session))

    with pytest.raises(cases.NotYourCase):
        try_as(session, case_id, "dispose", stranger)

    own = a_member_of_staff(
        session, role=Role.BODY_STAFF, body_id=cases.case_file(session, case_id).body_id
    )
    try_as(session, case_id, "dispose", own)
    assert cases.case_file(session, case_id).status is Status.DISPOSED


def test_whoever_left_moves_nothing(session: Session) -> None:
    case_id = a_case(session, Status.REPORTED).case_id
    gone = a_member_of_staff(session)
    session.get_one(accounts.Staff, gone).is_active = False

    for staff_id in (gone, 10**9):
        with pytest.raises(cases.NotYourMove):
            try_as(session, case_id, "file", staff_id)


def test_the_short_way_of_a_small_district(session: Session) -> None:
    """Four people, five moves: an acceptor files and closes, the check has its photo."""
    acceptor = a_member_of_staff(session, role=Role.ACCEPTOR)
    dispatcher = a_member_of_staff(session, role=Role.DISPATCHER)
    case_id = a_case(session, Status.REPORTED).case_id
    for name, staff_id in (
        ("file", acceptor),
        ("dispatch", dispatcher),
        ("dispose", dispatcher),
        ("close", acceptor),
    ):
        move_on(session, case_id, name, staff_id=staff_id)

    file = cases.case_file(session, case_id)
    assert file.status is Status.CLOSED
    assert {photo.purpose for photo in file.photos} == {"disposal", "check"}
