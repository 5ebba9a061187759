"""Work that dies at a statement leaves nothing; work whose answer got lost is not done again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from points import fulfilment
from points.keys import Keys
from tests import factories
from tests.points import invariants
from tests.points.conftest import Clock
from tests.points.mall import award, balance, goods, redeem, rich_citizen, settle

TABLES = (
    "points_transfers", "points_lot_entries", "points_lots", "points_redemptions",
    "points_redemption_moves", "points_requests", "points_awards", "points_pickup_codes",
)  # fmt: skip


class Death(Exception):
    """The process died here."""


@contextmanager
def dying_at(session: Session, number: int) -> Iterator[None]:
    """Die before the statement of this number, or before the commit where there are fewer."""
    left = number

    def die(*_args: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Death

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", die)
    try:
        with session.begin_nested():
            yield
            settle(session)
            raise Death
    finally:
        event.remove(connection, "before_cursor_execute", die)
        session.expire_all()


def everything(session: Session) -> list[object]:
    """Return all that the ledger and the mall consist of."""
    rows: list[object] = []
    for table in (*TABLES, "points_accounts", "points_units"):
        found = session.execute(text(f"SELECT t::text FROM {table} t ORDER BY 1"))  # noqa: S608  # ours
        rows += [(table, row[0]) for row in found]
    return rows


def die_everywhere(session: Session, work: Callable[[], object]) -> int:
    """Die at each statement of the work; return how many there are."""
    before = everything(session)
    for number in count(1):
        reached = False

        def watched() -> None:
            nonlocal reached
            work()
            reached = True

        with suppress(Death), dying_at(session, number):
            watched()
        assert everything(session) == before, f"something stayed after death at {number}"
        if reached:
            return number
    raise AssertionError("no end of statements")


@pytest.fixture
def people(session: Session) -> list[int]:
    return [rich_citizen(session) for _ in range(2)]


def test_a_redemption_happens_whole_or_not_at_all(
    session: Session, time: Clock, keys: Keys, people: list[int]
):
    (item_id, site_id), key = goods(session), factories.key()

    def work() -> object:
        return redeem(session, people[0], item_id, keys, site_id=site_id, request_key=key)

    assert die_everywhere(session, work) > 4
    assert work() == work()
    assert balance(session, people[0]) == (900, 100)
    settle(session)
    assert invariants.broken(session) == []


def test_a_cancellation_happens_whole_or_not_at_all(
    session: Session, time: Clock, keys: Keys, people: list[int]
):
    item_id, site_id = goods(session)
    made, key = redeem(session, people[0], item_id, keys, site_id=site_id).check(), factories.key()

    def work() -> None:
        fulfilment.cancel(session, redemption_id=made, citizen_id=people[0], request_key=key)

    assert die_everywhere(session, work) > 5
    work()
    work()
    assert balance(session, people[0]) == (1000, 0)


def test_a_hand_over_happens_whole_or_not_at_all(
    session: Session, time: Clock, keys: Keys, people: list[int]
):
    item_id, site_id = goods(session)
    made, key = redeem(session, people[0], item_id, keys, site_id=site_id).check(), factories.key()
    pickup = fulfilment.rotate_pickup(session, redemption_id=made, citizen_id=people[0], keys=keys)
    staff_id = factories.a_member_of_staff(session)

    def work() -> object:
        return fulfilment.hand_over(
            session, no=pickup.no, code=pickup.code, staff_id=staff_id, request_key=key, keys=keys
        )

    assert die_everywhere(session, work) > 5
    assert work() == work()
    assert balance(session, people[0]) == (900, 0)


def test_an_award_happens_whole_or_not_at_all(session: Session, time: Clock, people: list[int]):
    filed_at = time.instant
    assert die_everywhere(session, lambda: award(session, people[0], 1, filed_at=filed_at)) > 5
    award(session, people[0], 1, filed_at=filed_at)
    award(session, people[0], 1, filed_at=filed_at)
    assert balance(session, people[0]) == (1010, 0)
