"""What was done past our code is found, frozen and told, and never healed."""

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from points import adjustments, reconciliation
from points.keys import Keys
from points.models import Account
from points.rules import Code, Sort
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import an_item, award, goods, redeem, rich_citizen
from tests.points.test_sealing import as_owner

# What somebody may do by hand as the owner -> the checks that must find it.
DAMAGE: dict[str, tuple[str, set[str]]] = {
    "a balance": ("UPDATE points_accounts SET available = available + 5", {"balance", "books"}),
    "held points": (
        "UPDATE points_accounts SET held = held - 1 WHERE held > 0",
        {"balance", "held"},
    ),
    "a transfer": (
        "UPDATE points_transfers SET amount = amount + 5 WHERE code = 'award'",
        {"balance", "entries of transfer", "awards"},
    ),
    "a transfer that is gone": (
        "DELETE FROM points_transfers WHERE code = 'redeem'",
        {"balance", "order"},
    ),
    "a lot": ("UPDATE points_lots SET free = free + 5", {"lots of wallet", "entries of lot"}),
    "an entry": ("UPDATE points_lot_entries SET change = change + 5", {"entries of lot"}),
    "a status": (
        "UPDATE points_redemptions SET status = 'fulfilled'",
        {"resolution", "held"},
    ),
    "a unit sold twice": (
        "UPDATE points_redemptions SET unit_no = 1",
        {"oversold", "units"},
    ),
    "a unit that is free and taken": ("UPDATE points_units SET is_free = true", {"units"}),
    "a unit that nobody has": ("UPDATE points_units SET is_free = false", {"units"}),
    "a voucher without a code": ("DELETE FROM points_voucher_codes", {"voucher units"}),
    "an award": ("UPDATE points_awards SET points = points + 1", {"awards"}),
    "an award that is gone": ("DELETE FROM points_awards", {"awards"}),
    "a credit order": (
        "UPDATE points_recharges SET state = 'done', sent_at = '2026-11-16'",
        {"credit orders"},
    ),
    "a decision that nobody makes": (
        "UPDATE points_redemptions SET status = 'requested', due_at = '2026-01-01'",
        {"overdue"},
    ),
    "an order that nobody knows of": (
        "UPDATE points_recharges SET state = 'sent', sent_at = '2026-01-01'",
        {"overdue"},
    ),
    "seals that are late": ("UPDATE points_seals SET seq = seq", {"unsealed"}),
}


@pytest.fixture
def business(session: Session, time: Clock, keys: Keys) -> int:
    """Do a bit of everything; return whose wallet it was."""
    citizen_id = rich_citizen(session)
    award(session, citizen_id, 1)
    item_id, site_id = goods(session)
    for _ in range(2):
        redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
    voucher = an_item(session, sort=Sort.VOUCHER, keys=keys)
    redeem(session, citizen_id, voucher, keys).check()
    credit = an_item(session, sort=Sort.CREDIT, worth_fen=1000)
    redeem(session, citizen_id, credit, keys, phone="13800138000").check()
    return citizen_id


def serious(session: Session) -> set[str]:
    return {each.check for each in reconciliation.reconcile(session)} - {"unsealed"}


def test_sound_books_tie(session: Session, business: int):
    assert serious(session) == set()
    assert session.scalars(text("SELECT is_frozen FROM points_accounts")).all() == [False]


@pytest.mark.parametrize(("damage", "checks"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_found(
    session: Session, time: Clock, business: int, damage: str, checks: set[str]
):
    with as_owner(session):
        for name in ("uq_points_redemptions_a_unit_once", "uq_points_redemptions_within_limit"):
            session.execute(text(f"DROP INDEX {name}"))
        session.execute(text(damage))
    time.forward(hours=1)
    found = {each.check for each in reconciliation.reconcile(session)}
    assert checks <= found


def test_a_wallet_that_does_not_tie_is_frozen_and_left_as_it_is(
    session: Session, business: int, keys: Keys
):
    with as_owner(session):
        session.execute(text("UPDATE points_accounts SET available = available + 5"))
    reconciliation.reconcile(session)
    session.expire_all()
    account = session.query(Account).filter_by(citizen_id=business, kind="wallet").one()
    assert account.is_frozen
    assert account.available == 1000 + 10 - 400 + 5
    item_id, site_id = goods(session)
    assert redeem(session, business, item_id, keys, site_id=site_id).refusal == "wallet_frozen"


def test_an_item_that_does_not_tie_is_not_offered(session: Session, business: int):
    with as_owner(session):
        session.execute(text("UPDATE points_units SET is_free = false"))
    reconciliation.reconcile(session)
    assert True in session.scalars(text("SELECT is_frozen FROM points_items")).all()


def test_an_alarm_rings_once_until_it_is_cleared(session: Session, business: int):
    with as_owner(session):
        session.execute(text("UPDATE points_accounts SET available = available + 5"))
    for _ in range(2):
        reconciliation.reconcile(session)
    count = "SELECT count(*) FROM points_alarms WHERE \"check\" = 'balance'"
    assert session.execute(text(count)).scalar_one() == 1


def test_work_that_lies_freezes_nobody(session: Session, business: int):
    with as_owner(session):
        session.execute(text("UPDATE points_recharges SET state = 'sent', sent_at = '2026-01-01'"))
    reconciliation.reconcile(session)
    assert session.scalars(text("SELECT is_frozen FROM points_accounts")).all() == [False]


def test_much_by_one_hand_is_told_even_in_small_pieces(session: Session, time: Clock):
    citizen_id, staff_id = rich_citizen(session), factories.a_member_of_staff(session)
    for _ in range(3):
        adjustments.propose(
            session,
            proposal_id=uuid.uuid4(),
            code=Code.GRANT,
            citizen_id=citizen_id,
            amount=4000,
            reason="补发",
            staff_id=staff_id,
        )
    assert "much by one hand" in serious(session)
