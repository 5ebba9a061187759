"""Citizens: one row each, however often and however many at once they write."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

import accounts
from accounts.models import Citizen
from local.postgres import EmbeddedPostgres
from tests.factories import committing_sessions, key
from tests.turns import Turns


@pytest.fixture(scope="module")
def committed(postgres: EmbeddedPostgres) -> Iterator[sessionmaker[Session]]:
    with committing_sessions(postgres) as made:
        yield made


def count(session: Session, openid: str) -> int:
    query = select(func.count()).select_from(Citizen).where(Citizen.openid == openid)
    return session.scalar(query) or 0


def test_who_writes_for_the_first_time_is_known_from_then_on(session: Session) -> None:
    openid = key()

    first, again = (accounts.citizen_for(session, openid) for _ in range(2))

    assert first == again
    assert count(session, openid) == 1
    assert accounts.citizen_openid(session, first) == openid


def test_two_residents_are_two(session: Session) -> None:
    openid = key()

    # The platform's names differ by case too.
    assert accounts.citizen_for(session, openid + "a") != accounts.citizen_for(
        session, openid + "A"
    )


def test_who_left_is_not_written_to(session: Session) -> None:
    citizen = accounts.citizen_for(session, key())

    accounts.mark_unfollowed(session, citizen)

    assert accounts.citizen_openid(session, citizen) is None
    row = session.get_one(Citizen, citizen, populate_existing=True)
    assert not row.is_following
    assert row.unfollowed_at is not None


@pytest.mark.parametrize("lock", [False, True])
def test_who_comes_back_is_the_same_person_and_follows_again(
    session: Session, *, lock: bool
) -> None:
    openid = key()
    citizen = accounts.citizen_for(session, openid)
    accounts.mark_unfollowed(session, citizen)

    assert accounts.citizen_for(session, openid, lock=lock) == citizen

    assert accounts.citizen_openid(session, citizen) == openid
    row = session.get_one(Citizen, citizen, populate_existing=True)
    assert (row.is_following, row.unfollowed_at) == (True, None)


def test_nobody_has_no_openid(session: Session) -> None:
    assert accounts.citizen_openid(session, 10**9) is None


@pytest.mark.parametrize("openid", ["", "o" * 65])
def test_the_database_refuses_what_is_no_openid(session: Session, openid: str) -> None:
    with pytest.raises(IntegrityError, match="openid_length"):
        accounts.citizen_for(session, openid)


@pytest.mark.parametrize("lock", [False, True])
def test_two_first_messages_at_once_are_of_one_person(
    committed: sessionmaker[Session], *, lock: bool
) -> None:
    openid = key()
    with Turns(committed) as (one, other):
        first = one.do(lambda session: accounts.citizen_for(session, openid, lock=lock))
        waiting = other.begin(lambda session: accounts.citizen_for(session, openid, lock=lock))
        other.wait_until_blocked()
        one.commit()
        assert waiting.result(10) == first
        other.commit()

    with committed() as session:
        assert count(session, openid) == 1


def test_when_the_first_of_two_fails_the_second_makes_the_row(
    committed: sessionmaker[Session],
) -> None:
    openid = key()
    with Turns(committed) as (one, other):
        one.do(lambda session: accounts.citizen_for(session, openid))
        waiting = other.begin(lambda session: accounts.citizen_for(session, openid))
        other.wait_until_blocked()
        one.rollback()
        made = waiting.result(10)
        other.commit()

    with committed() as session:
        assert accounts.citizen_openid(session, made) == openid


def test_naive_code_would_fail_in_the_same_turns(committed: sessionmaker[Session]) -> None:
    openid = key()

    def naive(session: Session) -> None:
        if session.scalar(select(Citizen.id).where(Citizen.openid == openid)) is None:
            session.add(Citizen(openid=openid))
            session.flush()

    with Turns(committed) as (one, other):
        one.do(naive)
        waiting = other.begin(naive)
        other.wait_until_blocked()
        one.commit()
        with pytest.raises(IntegrityError, match="uq_accounts_citizens_openid"):
            waiting.result(10)


def test_a_locked_citizens_messages_come_one_after_the_other(
    committed: sessionmaker[Session],
) -> None:
    openid = key()
    with committed() as session:
        accounts.citizen_for(session, openid)
        session.commit()
    with Turns(committed) as (one, other):
        one.do(lambda session: accounts.citizen_for(session, openid, lock=True))
        waiting = other.begin(lambda session: accounts.citizen_for(session, openid, lock=True))
        other.wait_until_blocked()
        one.do(lambda session: session.execute(text("SELECT 1")))
        assert not waiting.done()
        one.commit()
        waiting.result(10)
        other.commit()
