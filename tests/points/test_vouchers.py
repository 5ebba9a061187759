"""Vouchers: opened by their owner, given once, readable nowhere else."""

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from points import fulfilment
from points.errors import (
    IllegalMove,
    RedemptionNotFound,
)
from points.keys import Keys
from points.rules import Sort
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import an_item, balance, redeem, rich_citizen


def voucher(session: Session, keys: Keys, **terms: object) -> tuple[int, int, uuid.UUID]:
    citizen_id = rich_citizen(session)
    item_id = an_item(session, sort=Sort.VOUCHER, keys=keys, stock=2, **terms)  # type: ignore[arg-type]  # terms
    return citizen_id, item_id, redeem(session, citizen_id, item_id, keys).check()


def test_a_voucher_is_opened_by_its_owner_and_then_spent(session: Session, time: Clock, keys: Keys):
    citizen_id, item_id, made = voucher(session, keys)
    assert balance(session, citizen_id) == (900, 100)
    codes = {
        fulfilment.open_voucher(session, redemption_id=made, citizen_id=citizen_id, keys=keys)
        for _ in range(2)
    }
    assert codes == {f"V{item_id}-1"}
    assert balance(session, citizen_id) == (900, 0)
    with pytest.raises(IllegalMove):
        fulfilment.cancel(
            session, redemption_id=made, citizen_id=citizen_id, request_key=factories.key()
        )


def test_an_unopened_voucher_may_be_given_back_and_goes_to_another(
    session: Session, time: Clock, keys: Keys
):
    citizen_id, item_id, made = voucher(session, keys)
    fulfilment.cancel(
        session, redemption_id=made, citizen_id=citizen_id, request_key=factories.key()
    )
    other = rich_citizen(session)
    theirs = redeem(session, other, item_id, keys).check()
    code = fulfilment.open_voucher(session, redemption_id=theirs, citizen_id=other, keys=keys)
    assert code == f"V{item_id}-1"
    with pytest.raises(IllegalMove):
        fulfilment.open_voucher(session, redemption_id=made, citizen_id=citizen_id, keys=keys)


def test_nobody_opens_another_persons_voucher(session: Session, time: Clock, keys: Keys):
    _, _, made = voucher(session, keys)
    with pytest.raises(RedemptionNotFound):
        fulfilment.open_voucher(
            session, redemption_id=made, citizen_id=rich_citizen(session), keys=keys
        )


def test_a_voucher_waits_for_its_approval(session: Session, time: Clock, keys: Keys):
    citizen_id, _, made = voucher(session, keys, needs_approval=True)
    with pytest.raises(IllegalMove):
        fulfilment.open_voucher(session, redemption_id=made, citizen_id=citizen_id, keys=keys)


def test_a_code_cannot_be_read_without_the_key(session: Session, time: Clock, keys: Keys):
    voucher(session, keys)
    kept = session.execute(text("SELECT sealed, mac FROM points_voucher_codes")).all()
    assert all(b"V" not in row.sealed[:1] and b"-1" not in row.sealed for row in kept)
