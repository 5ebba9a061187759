"""What administrators do to accounts, and what nobody does to his own."""

import pytest
from sqlalchemy.orm import Session

import accounts
from accounts import Role, administration, keys
from accounts.errors import (
    BadName,
    BodyRequired,
    NotOneself,
    PasswordsDiffer,
    SamePassword,
    StaffNotFound,
    UnknownBody,
)
from accounts.models import Staff
from accounts.signing_in import change_password
from tests.factories import a_body, a_member_of_staff

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def connected() -> None:
    keys.connect("s" * 40)


@pytest.fixture
def boss(session: Session) -> int:
    return a_member_of_staff(session, role=Role.ADMINISTRATOR)


@pytest.fixture
def clerk(session: Session) -> int:
    return accounts.create_staff(
        session, username="li.na", name="李娜", password=PASSWORD, role=Role.ACCEPTOR
    )


def change(session: Session, staff_id: int, by: int, **changed: object) -> None:
    wanted = {"name": "李娜", "role": Role.DISPATCHER, "body_id": None, "is_active": True} | changed
    administration.change_staff(session, staff_id, by=by, **wanted)  # type: ignore[arg-type]  # a test's row


def sign_in(session: Session, password: str = PASSWORD) -> str:
    return accounts.sign_in(session, username="li.na", password=password, hours=1)


def test_a_change_holds_from_the_next_page_on(session: Session, boss: int, clerk: int) -> None:
    token = sign_in(session)

    change(session, clerk, boss, name=" 李娜娜 ")

    member = accounts.staff_member(session, token)
    assert member is not None
    assert (member.name, member.role) == ("李娜娜", Role.DISPATCHER)


def test_whoever_is_closed_out_is_signed_out_at_once(
    session: Session, boss: int, clerk: int
) -> None:
    token = sign_in(session)

    change(session, clerk, boss, is_active=False)
    change(session, clerk, boss, is_active=True)

    assert accounts.staff_member(session, token) is None


def test_a_new_password_opens_nothing_but_the_page_that_changes_it(
    session: Session, boss: int, clerk: int
) -> None:
    old_token = sign_in(session)

    given = administration.new_password(session, clerk, by=boss)

    assert accounts.staff_member(session, old_token) is None
    with pytest.raises(accounts.BadCredentials):
        sign_in(session)
    member = accounts.staff_member(session, sign_in(session, given))
    assert member is not None
    assert member.must_change_password


def change_own(session: Session, clerk: int, token: str = "", **typed: str) -> None:
    words = {"old": PASSWORD, "new": "a-new-long-password", "again": "a-new-long-password"} | typed
    change_password(
        session,
        staff_id=clerk,
        old=words["old"],
        new=words["new"],
        again=words["again"],
        token=token,
        network="",
    )


def test_changing_the_password_ends_the_sessions_elsewhere(session: Session, clerk: int) -> None:
    here, elsewhere = sign_in(session), sign_in(session)

    change_own(session, clerk, here)

    assert accounts.staff_member(session, here) is not None
    assert accounts.staff_member(session, elsewhere) is None
    assert sign_in(session, "a-new-long-password")


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"old": "wrong"}, accounts.BadCredentials),
        ({"again": "another-long-one"}, PasswordsDiffer),
        ({"new": PASSWORD, "again": PASSWORD}, SamePassword),
        ({"new": "short", "again": "short"}, accounts.WeakPassword),
        ({"new": "x" * 300, "again": "x" * 300}, accounts.WeakPassword),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    session: Session, clerk: int, typed: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        change_own(session, clerk, **typed)

    assert sign_in(session)


def test_nobody_does_it_to_himself(session: Session, boss: int) -> None:
    with pytest.raises(NotOneself):
        change(session, boss, boss)
    with pytest.raises(NotOneself):
        administration.new_password(session, boss, by=boss)
    with pytest.raises(NotOneself):
        administration.remove_second_factor(session, boss, by=boss)


@pytest.mark.parametrize("name", ["", "   ", "名" * 41])
def test_a_name_is_a_name(session: Session, boss: int, clerk: int, name: str) -> None:
    with pytest.raises(BadName):
        change(session, clerk, boss, name=name)


def test_staff_of_a_body_that_there_is_not_are_refused(
    session: Session, boss: int, clerk: int
) -> None:
    with pytest.raises(BodyRequired):
        change(session, clerk, boss, role=Role.BODY_STAFF)
    with pytest.raises(UnknownBody):
        change(session, clerk, boss, role=Role.BODY_STAFF, body_id=2**40)
    change(session, clerk, boss, role=Role.BODY_STAFF, body_id=a_body(session))
    change(session, clerk, boss, role=Role.ACCEPTOR, body_id=a_body(session))

    assert session.get_one(Staff, clerk).body_id is None


def test_nobody_is_changed_who_is_not_there(session: Session, boss: int) -> None:
    with pytest.raises(StaffNotFound):
        change(session, 2**40, boss)
