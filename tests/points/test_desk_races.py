"""What happens behind the counter, two at once: deliveries, terms, seals, and stock in demand."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from points import catalogue, sealing
from points.keys import Keys
from tests import factories
from tests.points.mall import MUG, goods, rich_citizen
from tests.points.rivals import Sessions, Work, meetings, run
from tests.points.scenes import redeems

pytestmark = pytest.mark.timeout(300)


def test_two_deliveries_at_once_both_come(racing: Sessions):
    def make(session: Session) -> tuple[Work, Work]:
        item_id, site_id = goods(session, stock=2)
        staff_id = factories.a_member_of_staff(session)

        def delivers(count: int) -> Work:
            key = factories.key()
            return lambda s: catalogue.receive(
                s, item_id=item_id, count=count, request_key=key, staff_id=staff_id,
                site_id=site_id,
            )  # fmt: skip

        return delivers(3), delivers(4)

    for _, first, second in meetings(racing, make):
        assert first.error is None
        assert second.error is None
        assert {first.value, second.value} in ({5, 9}, {6, 9})


def test_two_who_change_terms_at_once_make_two_versions(racing: Sessions):
    def make(session: Session) -> tuple[Work, Work]:
        item_id, _ = goods(session)
        staff_id = factories.a_member_of_staff(session)
        one, other = (
            lambda s, price=price: catalogue.change_item(
                s, item_id=item_id, terms=replace(MUG, price=price), staff_id=staff_id
            )
            for price in (90, 110)
        )
        return one, other

    for _, first, second in meetings(racing, make):
        assert first.error is None
        assert second.error is None
        assert {first.value, second.value} == {2, 3}


def test_two_sealers_make_one_chain(racing: Sessions, keys: Keys):
    def make(session: Session) -> tuple[Work, Work]:
        for _ in range(3):
            rich_citizen(session)
        return (lambda s: sealing.seal(s, keys)), (lambda s: sealing.seal(s, keys))

    for _, first, second in meetings(racing, make):
        assert first.error is None
        assert second.error is None
        assert sorted((first.value, second.value)) == [0, 3]  # type: ignore[type-var]  # numbers
    with racing() as session:
        assert sealing.verify(session, keys).is_whole


def test_nobody_waits_for_stock_that_somebody_is_taking(racing: Sessions, keys: Keys):
    with racing() as session, session.begin():
        item_id, site_id = goods(session, stock=2)
        one, other = rich_citizen(session), rich_citizen(session)

    def without_waiting(session: Session) -> object:
        session.execute(text("SET LOCAL lock_timeout = '300ms'"))
        return redeems(keys, other, item_id, site_id)(session)

    with racing() as slow, slow.begin():
        redeems(keys, one, item_id, site_id)(slow)
        assert run(racing, without_waiting).error is None
