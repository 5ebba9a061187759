"""What pages read: in plain words, in a stated order, and of one's own only."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from kernel import clock
from points import explorer, fulfilment, queries
from points.errors import RedemptionNotFound, UnknownItem
from points.keys import Keys
from points.rules import Code, Sort, Status
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import (
    FAR_DAY,
    MUG,
    an_item,
    award,
    give,
    goods,
    redeem,
    rich_citizen,
)


def test_a_balance_says_what_can_be_used_and_what_expires_when(
    session: Session, time: Clock, keys: Keys
):
    citizen_id = rich_citizen(session, 100)
    soon = clock.city_day(clock.now()) + timedelta(days=3)
    give(session, citizen_id, 30, expires_on=soon)
    redeem(session, citizen_id, an_item(session, sort=Sort.VOUCHER, keys=keys), keys).check()
    seen = queries.balance(session, citizen_id)
    assert (seen.usable, seen.held, seen.owed) == (30, 100, 0)
    assert [(lot.on, lot.points) for lot in seen.expiring] == [(FAR_DAY, 30)]
    time.forward(days=1000)
    assert queries.balance(session, citizen_id).usable == 0


def test_who_never_had_points_has_none(session: Session):
    assert queries.balance(session, factories.a_citizen(session)).usable == 0


def test_history_is_in_plain_words_newest_first(session: Session, time: Clock, keys: Keys):
    citizen_id = rich_citizen(session, 100)
    made = redeem(session, citizen_id, an_item(session, sort=Sort.VOUCHER, keys=keys), keys).check()
    fulfilment.cancel(
        session, redemption_id=made, citizen_id=citizen_id, request_key=factories.key()
    )
    lines = queries.history(session, citizen_id)
    assert [(line.words, line.change, line.after) for line in lines] == [
        ("兑换取消，积分退回", 100, 100),
        ("兑换", -100, 0),
        ("上报奖励", 100, 100),
    ]
    assert queries.history(session, citizen_id, before_seq=2) == lines[2:]


def test_the_mall_shows_what_is_listed_and_what_is_left(session: Session, time: Clock, keys: Keys):
    item_id, site_id = goods(session, stock=3)
    hidden = an_item(session, sort=Sort.DONATION, is_listed=False)
    over = an_item(session, sort=Sort.DONATION, closes_at=clock.now())
    gift = an_item(session, sort=Sort.DONATION, price=5)
    redeem(session, rich_citizen(session), item_id, keys, site_id=site_id).check()
    shown = queries.mall(session)
    assert [(row.item_id, row.left) for row in shown] == [(gift, None), (item_id, 2)]
    assert [(site.site_id, site.left) for site in shown[1].sites] == [(site_id, 2)]
    assert {row.item_id for row in queries.mall(session, all_items=True)} >= {hidden, over}
    assert queries.offer(session, hidden).name == MUG.name
    with pytest.raises(UnknownItem):
        queries.offer(session, 10**9)


def test_ones_redemptions_and_the_desks_queue(session: Session, time: Clock, keys: Keys):
    citizen_id = rich_citizen(session)
    item_id, site_id = goods(session, needs_approval=True)
    made = [redeem(session, citizen_id, item_id, keys, site_id=site_id).check() for _ in range(2)]
    mine = queries.redemptions_of(session, citizen_id)
    assert [row.id for row in mine] == made[::-1]
    assert queries.redemptions_of(session, citizen_id, before_no=mine[0].no) == mine[1:]
    assert [row.id for row in queries.queue(session, site_id=site_id)] == made
    assert queries.queue(session, status=Status.READY, site_id=site_id) == ()


def test_a_redemptions_file_is_its_owners_and_the_desks(session: Session, time: Clock, keys: Keys):
    citizen_id = rich_citizen(session)
    item_id, site_id = goods(session, needs_approval=True)
    made = redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
    staff_id = factories.a_member_of_staff(session, name="陈敏")
    fulfilment.approve(session, redemption_id=made, staff_id=staff_id, request_key=factories.key())
    seen = queries.redemption_file(session, made, citizen_id=citizen_id)
    assert [(step.name, step.staff_name) for step in seen.steps] == [
        ("request", None),
        ("approve", "陈敏"),
    ]
    with pytest.raises(RedemptionNotFound):
        queries.redemption_file(session, made, citizen_id=factories.a_citizen(session))
    now = clock.now()
    sheet = explorer.daily_sheet(session, begins=now - timedelta(hours=1), ends=now)
    assert [(row.staff_name, row.move, row.count, row.points) for row in sheet] == [
        ("陈敏", "approve", 1, 100)
    ]


def test_the_explorer_shows_each_transfer_with_its_cause(session: Session, time: Clock, keys: Keys):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 77)
    (row,) = explorer.explore(session, citizen_id=citizen_id)
    assert (row.code, row.source_kind, row.source_id) == (Code.AWARD, "case", f"77:{citizen_id}")
    assert explorer.explore(session, source=("case", f"77:{citizen_id}")) == (row,)
    assert row not in explorer.explore(session, before_no=row.no)
    assert explorer.totals(session)["1"] >= 10


def test_nobody_can_list_codes():
    """No read of this package returns a voucher's code or a pick-up code."""
    for module in (queries, explorer):
        assert not {"VoucherCode", "PickupCode"} & set(vars(module))
