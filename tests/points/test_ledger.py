"""Points are given, held, posted, voided; those that expire first go first."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from points import ledger
from points.errors import BadAmount, InsufficientPoints
from tests import factories
from tests.points import invariants
from tests.points.conftest import Clock
from tests.points.mall import balance, give, hold, rich_citizen, settle

SOON, LATER = date(2026, 12, 31), date(2027, 3, 31)


def lots(session: Session, citizen_id: int) -> dict[date, int]:
    rows = session.execute(
        text("""
        SELECT l.expires_on, l.free FROM points_lots l JOIN points_accounts a ON a.id = account_id
        WHERE a.citizen_id = :id ORDER BY 1
        """),
        {"id": citizen_id},
    )
    return {row.expires_on: row.free for row in rows}


def test_points_that_are_given_are_there(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 70)
    assert balance(session, citizen_id) == (70, 0)
    settle(session)
    assert invariants.broken(session) == []


def test_held_points_are_neither_free_nor_gone(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 70)
    hold(session, citizen_id, 30)
    assert balance(session, citizen_id) == (40, 30)


def test_a_posted_hold_is_gone_and_a_voided_one_is_back(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 70)
    gone, back = hold(session, citizen_id, 30), hold(session, citizen_id, 20)
    purse = ledger.lock(session, citizen_id)
    ledger.post(session, purse, gone)
    ledger.void(session, purse, back)
    assert balance(session, citizen_id) == (40, 0)
    settle(session)
    assert invariants.broken(session) == []


def test_what_expires_first_goes_first_and_comes_back_where_it_was(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, 50, expires_on=LATER)
    give(session, citizen_id, 30, expires_on=SOON)
    held = hold(session, citizen_id, 40)
    assert lots(session, citizen_id) == {SOON: 0, LATER: 40}
    ledger.void(session, ledger.lock(session, citizen_id), held)
    assert lots(session, citizen_id) == {SOON: 30, LATER: 50}


def test_points_past_their_date_cannot_be_taken(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, 50, expires_on=SOON)
    time.forward(days=60)
    with pytest.raises(InsufficientPoints):
        hold(session, citizen_id, 10)


def test_points_can_be_used_on_their_last_day(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, 50, expires_on=date(2026, 11, 16))
    assert hold(session, citizen_id, 10).amount == 10


def test_more_than_there_is_cannot_be_taken(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 70)
    with pytest.raises(InsufficientPoints):
        hold(session, citizen_id, 71)


@pytest.mark.parametrize("amount", [0, -1, 1_000_001, 2**63, 1.5, "5", True, None])
def test_only_whole_numbers_of_points_move(session: Session, time: Clock, amount: int):
    citizen_id = rich_citizen(session, 70)
    with pytest.raises(BadAmount):
        give(session, citizen_id, amount)
    with pytest.raises(BadAmount):
        hold(session, citizen_id, amount)


def test_time_rises_when_the_clock_goes_back(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 70)
    time.forward(days=-400)
    give(session, citizen_id, 5)
    settle(session)
    assert invariants.broken(session) == []
