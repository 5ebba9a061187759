"""What the database itself refuses about redemptions, whatever code writes it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from points.keys import Keys
from points.rules import Period
from tests.points.conftest import Clock
from tests.points.counter import Case
from tests.points.mall import redeem, settle


@pytest.fixture
def case(session: Session, time: Clock, keys: Keys) -> Case:
    return Case(session, keys)


def test_a_redemption_cannot_end_without_its_hold(case: Case):
    settle(case.session)
    case.session.execute(
        text("""
        INSERT INTO points_redemption_moves
            (redemption_id, seq, name, from_status, to_status, by, at)
        VALUES (:id, 3, 'lapse', 'ready', 'lapsed', 'house', now())
        """),
        {"id": case.id},
    )
    case.session.execute(
        text("UPDATE points_redemptions SET status = 'lapsed', version = 3 WHERE id = :id"),
        {"id": case.id},
    )
    with pytest.raises(DBAPIError, match="ended_is_resolved"):
        settle(case.session)


WRONG_STEPS = {
    "a step that does not exist": "(:id, 3, 'lapse', 'ready', 'fulfilled', 'house', now())",
    "a step by the wrong person": "(:id, 3, 'lapse', 'ready', 'lapsed', 'citizen', now())",
    "a step from elsewhere": "(:id, 3, 'withdraw', 'requested', 'cancelled', 'citizen', now())",
    "a step without a name": "(:id, 3, 'fulfil', 'ready', 'fulfilled', 'staff', now())",
    "a number twice": "(:id, 2, 'approve', 'requested', 'ready', 'house', now())",
    "a number left out": "(:id, 4, 'lapse', 'ready', 'lapsed', 'house', now())",
    "a first step again": "(:id, 1, 'request', NULL, 'requested', 'citizen', now())",
}


@pytest.mark.parametrize("row", WRONG_STEPS.values(), ids=WRONG_STEPS.keys())
def test_a_wrong_step_cannot_be_written(case: Case, row: str):
    with pytest.raises(DBAPIError):
        case.session.execute(
            text(
                "INSERT INTO points_redemption_moves"  # noqa: S608  # rows from above
                f" (redemption_id, seq, name, from_status, to_status, by, at) VALUES {row}"
            ),
            {"id": case.id},
        )


WRONG_CHANGES = {
    "a status without its step": ("status = 'requested'", "status_is_last_move"),
    "another price": ("price = 1", "price_is_the_versions|holds_its_price"),
    "another person's hold": ("account_id = account_id + 1", "holds_its_price"),
    "no unit": ("unit_no = NULL", "counted_has_a_unit"),
    "a unit that never came": ("unit_no = 6", "redemptions_unit"),
    "no site": ("site_id = NULL", "goods_have_a_site"),
    "half a limit": ("limit_no = 1", "limit_whole"),
    "beyond the limit": (
        "limit_no = 2, limit_count = 1, limit_period = 'ever'",
        "within_limit",
    ),
    "another sort": ("sort = 'donation', unit_no = NULL, site_id = NULL", "redemptions_item"),
}


@pytest.mark.parametrize(("change", "law"), WRONG_CHANGES.values(), ids=WRONG_CHANGES.keys())
def test_a_redemption_cannot_be_changed_into_nonsense(case: Case, change: str, law: str):
    settle(case.session)

    def change_it() -> None:
        case.session.execute(
            text(f"UPDATE points_redemptions SET {change} WHERE id = :id"),  # noqa: S608  # from above
            {"id": case.id},
        )
        settle(case.session)

    with pytest.raises(DBAPIError, match=law):
        change_it()


def test_a_unit_has_one_live_redemption(case: Case):
    redeem(case.session, case.citizen_id, case.item_id, case.keys, site_id=case.site_id).check()
    with pytest.raises(DBAPIError, match="a_unit_once"):
        case.session.execute(text("UPDATE points_redemptions SET unit_no = 1"))


def test_a_number_within_the_limit_is_one_persons_once(session: Session, time: Clock, keys: Keys):
    case = Case(session, keys, limit_count=2, limit_period=Period.EVER)
    redeem(session, case.citizen_id, case.item_id, keys, site_id=case.site_id).check()
    with pytest.raises(DBAPIError, match="within_limit"):
        session.execute(text("UPDATE points_redemptions SET limit_no = 1"))
