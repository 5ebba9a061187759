"""An alarm rings in the log, at the console and in /metrics until somebody has looked into it."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from points import alarms, appeals, reconciliation
from points.errors import AlreadyDecided
from points.keys import Keys
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import goods, redeem, rich_citizen
from tests.points.test_sealing import as_owner


def figures() -> dict[str, float]:
    return {name: value for name, _, value in alarms.figures()}


def test_books_that_do_not_tie_ring_everywhere(
    session: Session, time: Clock, caplog: pytest.LogCaptureFixture
):
    citizen_id = rich_citizen(session)
    assert alarms.ringing(session) == 0
    with as_owner(session):
        session.execute(text("UPDATE points_accounts SET available = available + 5"))
    reconciliation.reconcile(session)
    session.commit()
    assert "points do not tie: balance" in caplog.text
    assert figures()["points_alarms"] == alarms.ringing(session) == 3
    assert {each.check for each in alarms.alarms(session)} == {"balance", "lots of wallet", "books"}
    kept = appeals.freeze_of(session, citizen_id)
    assert kept is not None
    assert (kept.staff_name, kept.reason) == (None, "对账不符，正在核对")
    assert appeals.appeal_freeze(session, citizen_id=citizen_id, words="请核对")


def test_an_alarm_is_cleared_once_by_somebody(session: Session, time: Clock):
    rich_citizen(session)
    with as_owner(session):
        session.execute(text("UPDATE points_accounts SET available = available + 5"))
    reconciliation.reconcile(session)
    staff_id, (first, *rest) = factories.a_member_of_staff(session), alarms.alarms(session)
    alarms.clear(session, alarm_id=first.id, staff_id=staff_id, note="备份恢复时多记")
    with pytest.raises(AlreadyDecided):
        alarms.clear(session, alarm_id=first.id, staff_id=staff_id, note="再次")
    assert list(alarms.alarms(session)) == rest
    reconciliation.reconcile(session)  # it still does not tie, and rings again
    assert alarms.ringing(session) == 3


def test_an_item_is_offered_again_when_its_last_alarm_is_cleared(
    session: Session, time: Clock, keys: Keys
):
    citizen_id, (item_id, site_id) = rich_citizen(session), goods(session, stock=2)
    with as_owner(session):
        session.execute(text("UPDATE points_units SET is_free = false WHERE unit_no = 2"))
    reconciliation.reconcile(session)
    assert redeem(session, citizen_id, item_id, keys, site_id=site_id).refusal == "not_offered"
    with as_owner(session):
        session.execute(text("UPDATE points_units SET is_free = true WHERE unit_no = 2"))
    staff_id = factories.a_member_of_staff(session)
    for each in alarms.alarms(session):
        alarms.clear(session, alarm_id=each.id, staff_id=staff_id, note="已盘点")
    assert redeem(session, citizen_id, item_id, keys, site_id=site_id).check()


def test_a_sealer_that_stands_still_shows(session: Session, time: Clock):
    assert figures()["points_unsealed_seconds"] == 0
    rich_citizen(session)
    session.commit()
    time.forward(minutes=2)
    assert 120 <= figures()["points_unsealed_seconds"] < 121
