"""The second factor: a code of the telephone opens the door once, and a paper code too."""

from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.orm import Session

import accounts
from accounts import (
    BadCode,
    BadCredentials,
    CodeRequired,
    LockedOut,
    Role,
    administration,
    keys,
    passwords,
    second_factor,
    signing_in,
)
from accounts.errors import SignInExpired
from accounts.models import Staff
from accounts.rules import RECOVERY_CODES, TICKET_LASTS, WRONG_PASSWORDS
from kernel import clock
from tests.factories import a_member_of_staff

PASSWORD = "correct-horse-battery"
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_HASH = _QUICK.hash(PASSWORD)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    keys.connect("s" * 40)
    monkeypatch.setattr(passwords, "_hasher", _QUICK)


@pytest.fixture
def member(session: Session) -> Staff:
    made = Staff(username="li.na", name="李娜", role=Role.ACCEPTOR, password_hash=_HASH)
    session.add(made)
    session.flush()
    return made


def at(monkeypatch: pytest.MonkeyPatch, later: timedelta) -> None:
    then = clock.now() + later
    monkeypatch.setattr(clock, "now", lambda: then)


def code_of(secret: str, later_s: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()) + later_s)


def enrolled(session: Session, member: Staff) -> tuple[str, list[str]]:
    secret = second_factor.new_secret()
    papers = second_factor.enrol(session, member, secret, code_of(secret, -30))
    session.flush()
    return secret, papers


def ticket(session: Session) -> str:
    with pytest.raises(CodeRequired) as required:
        accounts.sign_in(session, username="li.na", password=PASSWORD, hours=1)
    return required.value.ticket


def enter(session: Session, given: str, code: str) -> str:
    return accounts.sign_in_with_code(session, ticket=given, code=code, hours=1)


def test_a_password_alone_opens_nothing_any_more(session: Session, member: Staff) -> None:
    secret, _ = enrolled(session, member)

    token = enter(session, ticket(session), code_of(secret))

    found = accounts.staff_member(session, token)
    assert found is not None
    assert found.has_second_factor


def test_a_wrong_password_never_hears_of_a_second_factor(session: Session, member: Staff) -> None:
    enrolled(session, member)

    with pytest.raises(BadCredentials):
        accounts.sign_in(session, username="li.na", password="wrong", hours=1)


def test_a_code_opens_the_door_once(session: Session, member: Staff) -> None:
    secret, _ = enrolled(session, member)
    code = code_of(secret)
    enter(session, ticket(session), code)

    with pytest.raises(BadCode):
        enter(session, ticket(session), code)


def test_the_code_of_the_enrolment_opens_nothing(session: Session, member: Staff) -> None:
    secret = second_factor.new_secret()
    code = code_of(secret)
    second_factor.enrol(session, member, secret, code)
    session.flush()

    with pytest.raises(BadCode):
        enter(session, ticket(session), code)


@pytest.mark.parametrize(("late_s", "fits"), [(-30, True), (30, True), (-90, False), (90, False)])
def test_a_telephone_s_clock_may_be_half_a_minute_wrong(
    session: Session, member: Staff, late_s: int, *, fits: bool
) -> None:
    secret = second_factor.new_secret()
    second_factor.enrol(session, member, secret, code_of(secret))
    member.totp_step = 1
    session.flush()

    if fits:
        assert enter(session, ticket(session), code_of(secret, late_s))
    else:
        with pytest.raises(BadCode):
            enter(session, ticket(session), code_of(secret, late_s))


def test_nothing_changes_until_the_telephone_shows_the_right_code(
    session: Session, member: Staff
) -> None:
    with pytest.raises(BadCode):
        second_factor.enrol(session, member, second_factor.new_secret(), "000000")

    assert member.totp_secret is None
    assert accounts.sign_in(session, username="li.na", password=PASSWORD, hours=1)


def test_a_paper_code_opens_once_however_it_is_typed(session: Session, member: Staff) -> None:
    _, papers = enrolled(session, member)
    assert len(set(papers)) == RECOVERY_CODES

    assert enter(session, ticket(session), f" {papers[0].upper()} ")
    with pytest.raises(BadCode):
        enter(session, ticket(session), papers[0])
    assert enter(session, ticket(session), papers[1].replace("-", ""))
    assert second_factor.recovery_codes_left(session, member.id) == RECOVERY_CODES - 2


def test_another_person_s_paper_code_opens_nothing(session: Session, member: Staff) -> None:
    enrolled(session, member)
    other = session.get_one(Staff, a_member_of_staff(session))
    _, theirs = enrolled(session, other)

    with pytest.raises(BadCode):
        enter(session, ticket(session), theirs[0])


def test_enrolling_again_voids_the_old_papers(session: Session, member: Staff) -> None:
    _, papers = enrolled(session, member)
    enrolled(session, member)

    with pytest.raises(BadCode):
        enter(session, ticket(session), papers[0])


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "abcdef", "１２３４５６", "\0", "x" * 10_000, "12345\n6;", "-1"],
)
def test_garbage_is_a_wrong_code(session: Session, member: Staff, code: str) -> None:
    enrolled(session, member)

    with pytest.raises(BadCode):
        enter(session, ticket(session), code)


def test_guessing_codes_is_as_slow_as_guessing_passwords(session: Session, member: Staff) -> None:
    secret, _ = enrolled(session, member)
    given = ticket(session)
    for _ in range(WRONG_PASSWORDS):
        with pytest.raises(BadCode):
            enter(session, given, "000000")

    with pytest.raises(LockedOut):
        enter(session, given, code_of(secret))
    with pytest.raises(LockedOut):
        accounts.sign_in(session, username="li.na", password=PASSWORD, hours=1)


def test_right_passwords_in_between_do_not_forgive_wrong_codes(
    session: Session, member: Staff
) -> None:
    enrolled(session, member)
    for _ in range(WRONG_PASSWORDS):
        given = ticket(session)
        with pytest.raises(BadCode):
            enter(session, given, "000000")

    with pytest.raises(LockedOut):
        accounts.sign_in(session, username="li.na", password=PASSWORD, hours=1)


def test_a_ticket_is_void_after_its_time(
    session: Session, member: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _ = enrolled(session, member)
    given = ticket(session)
    late = clock.now().timestamp() + TICKET_LASTS.total_seconds() + 2
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: late)

    with pytest.raises(SignInExpired):
        enter(session, given, code_of(secret))


def test_a_ticket_is_void_once_the_password_changed(session: Session, member: Staff) -> None:
    secret, _ = enrolled(session, member)
    given = ticket(session)
    member.password_hash = _QUICK.hash("another long password")
    session.flush()

    with pytest.raises(SignInExpired):
        enter(session, given, code_of(secret))


@pytest.mark.parametrize("given", ["", "x", "a.b.c", "中文", "\0", "x" * 5000])
def test_a_ticket_that_nobody_was_given_opens_nothing(
    session: Session, member: Staff, given: str
) -> None:
    with pytest.raises(SignInExpired):
        enter(session, given, "123456")


def test_the_secret_is_kept_encrypted_and_is_one_person_s(session: Session, member: Staff) -> None:
    secret, _ = enrolled(session, member)
    kept = session.execute(
        text("SELECT totp_secret FROM accounts_staff WHERE id = :id"), {"id": member.id}
    ).scalar_one()

    assert secret.encode() not in bytes(kept)
    assert keys.current().decrypt(bytes(kept), staff_id=member.id) == secret
    assert keys.current().decrypt(bytes(kept), staff_id=member.id + 1) is None


def test_an_administrator_lets_in_whoever_lost_telephone_and_paper(
    session: Session, member: Staff
) -> None:
    enrolled(session, member)
    boss = a_member_of_staff(session, role=Role.ADMINISTRATOR)

    administration.remove_second_factor(session, member.id, by=boss)
    session.flush()

    assert accounts.sign_in(session, username="li.na", password=PASSWORD, hours=1)
    assert second_factor.recovery_codes_left(session, member.id) == 0


def test_enrolling_asks_for_the_password_again(session: Session, member: Staff) -> None:
    secret = second_factor.new_secret()

    def enrol(password: str) -> list[str]:
        return signing_in.enrol(
            session,
            staff_id=member.id,
            secret=secret,
            code=code_of(secret),
            password=password,
            network="",
        )

    with pytest.raises(BadCredentials):
        enrol("wrong")
    assert len(enrol(PASSWORD)) == RECOVERY_CODES
