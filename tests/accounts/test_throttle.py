"""Guessing is slow from one address and from many, and for names that there are not."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.orm import Session

import accounts
from accounts import BadCredentials, LockedOut, Role, keys, passwords
from accounts.models import Staff
from accounts.rules import WRONG_OF_A_NAME, WRONG_OF_AN_ADDRESS, WRONG_PASSWORDS
from kernel.errors import Refusal

PASSWORD = "correct-horse-battery"
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def lina(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.connect("s" * 40)
    monkeypatch.setattr(passwords, "_hasher", _QUICK)
    monkeypatch.setattr(passwords, "NOBODY", _QUICK.hash("nobody's password"))
    hashed = _QUICK.hash(PASSWORD)
    session.add(Staff(username="li.na", name="李娜", role=Role.ACCEPTOR, password_hash=hashed))
    session.flush()


def sign_in(session: Session) -> str:
    return accounts.sign_in(session, username="li.na", password=PASSWORD, hours=12)


def fail(session: Session, username: str = "li.na", network: str = "") -> type[Refusal]:
    with pytest.raises(Refusal) as refusal:
        accounts.sign_in(session, username=username, password="wrong", hours=12, network=network)
    return type(refusal.value)


def test_an_unknown_name_is_locked_as_a_known_one_is(session: Session) -> None:
    for name in ("li.na", "nobody.here"):
        met = [fail(session, name) for _ in range(WRONG_PASSWORDS + 1)]
        assert met == [BadCredentials] * WRONG_PASSWORDS + [LockedOut], name


def test_a_stranger_elsewhere_does_not_lock_the_owner_out(session: Session) -> None:
    for _ in range(WRONG_PASSWORDS + 1):
        fail(session, network="203.0.113.9")

    assert sign_in(session)


def test_many_addresses_at_once_lock_the_name_everywhere(session: Session) -> None:
    met = {fail(session, network=f"198.51.100.{at}") for at in range(WRONG_OF_A_NAME)}

    assert met == {BadCredentials}
    with pytest.raises(LockedOut):
        sign_in(session)


def test_an_address_that_tries_many_names_is_locked(session: Session) -> None:
    network = "198.51.100.7"
    met = {fail(session, f"name{at}", network) for at in range(WRONG_OF_AN_ADDRESS)}

    assert met == {BadCredentials}
    assert fail(session, "other", network) is LockedOut


def test_the_count_keeps_no_name_and_no_address(session: Session) -> None:
    fail(session, "my-secret-word", "198.51.100.7")

    kept = session.execute(text("SELECT w::text FROM accounts_wrong_sign_ins w")).scalars().all()
    assert len(kept) == 3
    assert not any("secret" in row or "198.51" in row for row in kept)
