from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import accounts
from kernel import clock
from wechat import notices
from wechat.models import Notice


@pytest.fixture
def citizen(session: Session) -> int:
    return accounts.citizen_for(session, "o-li")


def owe(session: Session, citizen: int, fact: str, *, topic: str = "case:1") -> int:
    notices.owe(session, citizen_id=citizen, topic=topic, fact=fact, title="t", text=fact)
    return session.scalars(select(Notice.id).where(Notice.fact == fact)).one()


def state(session: Session, notice_id: int) -> str:
    return session.scalars(select(Notice.state).where(Notice.id == notice_id)).one()


def test_a_fact_is_told_once_however_often_it_is_announced(session: Session, citizen: int):
    assert owe(session, citizen, "case:1:2") == owe(session, citizen, "case:1:2")


def test_a_notice_is_sent_by_one_worker_at_a_time(session: Session, citizen: int):
    notice = owe(session, citizen, "a")
    assert notices.claim(session, notice) is not None
    assert notices.claim(session, notice) is None


def test_a_claim_whose_worker_died_ends(session: Session, citizen: int):
    notice = owe(session, citizen, "a")
    notices.claim(session, notice)
    session.execute(update(Notice).values(next_attempt_at=Notice.next_attempt_at - notices.LEASE))
    again = notices.claim(session, notice)
    assert again is not None
    assert again.attempts == 2


def test_the_notices_of_a_case_are_told_in_order(session: Session, citizen: int):
    first, second = owe(session, citizen, "a"), owe(session, citizen, "b")
    assert notices.claim(session, second) is None
    assert notices.due(session) == [first]
    notices.claim(session, first)
    notices.settle(session, first)
    assert notices.claim(session, second) is not None


def test_cases_do_not_wait_for_each_other(session: Session, citizen: int):
    owe(session, citizen, "a", topic="case:1")
    assert notices.claim(session, owe(session, citizen, "b", topic="case:2")) is not None


def test_a_sent_notice_is_not_sent_again(session: Session, citizen: int):
    notice = owe(session, citizen, "a")
    notices.claim(session, notice)
    notices.settle(session, notice)
    session.execute(update(Notice).values(next_attempt_at=Notice.created_at - timedelta(days=1)))
    assert notices.claim(session, notice) is None
    assert notices.due(session) == []


def test_a_parked_notice_waits_until_its_resident_writes(session: Session, citizen: int):
    notice = owe(session, citizen, "a")
    notices.claim(session, notice)
    notices.park(session, notice, fault="45015")
    notices.unpark(session, accounts.citizen_for(session, "o-somebody-else"))
    assert state(session, notice) == "parked"
    notices.unpark(session, citizen)
    assert notices.claim(session, notice) is not None


def test_a_notice_after_a_parked_one_of_its_case_waits_too(session: Session, citizen: int):
    first, second = owe(session, citizen, "a"), owe(session, citizen, "b")
    notices.claim(session, first)
    notices.park(session, first, fault="45015")
    assert notices.claim(session, second) is None
    assert notices.due(session) == []


def test_the_pause_doubles_up_to_an_hour(session: Session, citizen: int):
    notice = owe(session, citizen, "a")
    pauses = []
    for attempts in (1, 2, 10, 40):
        session.execute(update(Notice).values(attempts=attempts))
        session.expire_all()
        notices.postpone(session, notice, fault="busy")
        session.flush()
        row = session.get_one(Notice, notice)
        pauses.append((row.next_attempt_at - clock.now()).total_seconds())
    assert pauses == [pytest.approx(p, abs=2) for p in (10, 20, 3600, 3600)]


def test_news_of_last_week_is_given_up_and_the_next_has_its_turn(session: Session, citizen: int):
    first, second = owe(session, citizen, "a"), owe(session, citizen, "b")
    session.execute(
        update(Notice).where(Notice.id == first).values(created_at=clock.now() - timedelta(days=8))
    )
    session.expire_all()
    notices.postpone(session, first, fault="busy")
    assert state(session, first) == "given_up"
    assert notices.claim(session, second) is not None
