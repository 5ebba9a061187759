"""What is offered and what there is of it."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kernel import clock
from points import catalogue
from points.errors import (
    BadAmount,
    BadCodes,
    BadItem,
    KeyReused,
    NoteRequired,
    UnknownItem,
    UnknownSite,
)
from points.keys import Keys, Unreadable, hmac
from points.rules import Period, Sort
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import MUG, an_item, goods, one, redeem, rich_citizen


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 61},
        {"price": 0},
        {"price": -1},
        {"price": 1.5},
        {"limit_count": 1},
        {"limit_period": Period.DAY},
        {"limit_count": 0, "limit_period": Period.DAY},
        {"pickup_days": 0},
        {"worth_fen": 100},
        {"opens_at": clock.now(), "closes_at": clock.now().replace(year=2020)},
    ],
)
def test_an_item_that_makes_no_sense_is_refused(session: Session, wrong: dict[str, object]):
    with pytest.raises(BadItem):
        catalogue.add_item(session, sort=Sort.GOODS, terms=replace(MUG, **wrong))  # type: ignore[arg-type]  # wrong on purpose


def test_phone_credit_says_what_it_is_worth(session: Session):
    with pytest.raises(BadItem):
        catalogue.add_item(session, sort=Sort.CREDIT, terms=MUG)


def receive(session: Session, item_id: int, count: int, **rest: object) -> int:
    return catalogue.receive(
        session,
        item_id=item_id,
        count=count,
        staff_id=factories.a_member_of_staff(session),
        **({"request_key": factories.key()} | rest),  # type: ignore[arg-type]  # its own arguments
    )


def test_the_same_delivery_comes_once(session: Session, time: Clock):
    item_id, site_id = goods(session, stock=0)
    assert receive(session, item_id, 3, site_id=site_id, request_key="delivery") == 3
    assert receive(session, item_id, 3, site_id=site_id, request_key="delivery") == 3
    with pytest.raises(KeyReused):
        receive(session, item_id, 4, site_id=site_id, request_key="delivery")
    assert receive(session, item_id, 2, site_id=site_id) == 5


def test_a_delivery_is_some_units_to_a_known_site(session: Session, time: Clock, keys: Keys):
    item_id, site_id = goods(session, stock=0)
    for count in (0, -1, 10_001, 1.5, True):
        with pytest.raises(BadAmount):
            receive(session, item_id, count, site_id=site_id)  # type: ignore[arg-type]  # wrong on purpose
    for wrong in (None, 10**9):
        with pytest.raises(UnknownSite):
            receive(session, item_id, 1, site_id=wrong)
    with pytest.raises(BadItem):
        receive(session, an_item(session, sort=Sort.DONATION), 1)
    with pytest.raises(BadItem):
        receive(session, an_item(session, sort=Sort.VOUCHER, keys=keys), 1)
    with pytest.raises(UnknownItem):
        receive(session, 10**9, 1)


def import_codes(session: Session, item_id: int, keys: Keys, *codes: str) -> int:
    staff_id = factories.a_member_of_staff(session)
    return catalogue.import_codes(
        session, item_id=item_id, codes=codes, keys=keys, staff_id=staff_id
    )


@pytest.mark.parametrize("codes", [["A", "A"], ["A", ""], ["A", "x" * 201], [], ["A", "A "]])
def test_codes_come_all_or_none(session: Session, time: Clock, keys: Keys, codes: list[str]):
    item_id = an_item(session, sort=Sort.VOUCHER, keys=keys, stock=0)
    with pytest.raises(BadCodes):
        import_codes(session, item_id, keys, *codes)
    assert one(session, "SELECT count(*) FROM points_units WHERE item_id = :i", i=item_id) == 0


def test_a_code_is_imported_once_also_for_another_item(session: Session, time: Clock, keys: Keys):
    first, second = (an_item(session, sort=Sort.VOUCHER, keys=keys, stock=0) for _ in range(2))
    assert import_codes(session, first, keys, "A", "B") == 2
    with pytest.raises(BadCodes):
        import_codes(session, second, keys, "C", "B")
    kept = session.execute(text("SELECT mac, sealed FROM points_voucher_codes LIMIT 1")).one()
    with pytest.raises(DBAPIError, match="mac"), session.begin_nested():
        session.execute(text("UPDATE points_voucher_codes SET mac = :mac"), {"mac": kept.mac})


def test_codes_belong_to_vouchers(session: Session, time: Clock, keys: Keys):
    item_id, _ = goods(session)
    with pytest.raises(BadItem):
        import_codes(session, item_id, keys, "A")


def test_an_empty_pool_refuses(session: Session, time: Clock, keys: Keys):
    item_id = an_item(session, sort=Sort.VOUCHER, keys=keys, stock=1)
    first, second = rich_citizen(session), rich_citizen(session)
    assert redeem(session, first, item_id, keys).check()
    assert redeem(session, second, item_id, keys).refusal == "sold_out"


def test_what_is_encrypted_is_read_in_its_place_only(keys: Keys):
    sealed = keys.encrypt("CODE", place="voucher:1:1")
    assert keys.decrypt(sealed, place="voucher:1:1") == "CODE"
    with pytest.raises(Unreadable):
        keys.decrypt(sealed, place="voucher:1:2")
    with pytest.raises(Unreadable):
        Keys.of("another secret of the tests").decrypt(sealed, place="voucher:1:1")


def test_no_part_of_a_mac_slips_into_the_next():
    assert hmac(b"k" * 32, b"a", b"bc") != hmac(b"k" * 32, b"ab", b"c")
    assert hmac(b"k" * 32, b"a|b", b"c") != hmac(b"k" * 32, b"a", b"b|c")


def write_off(session: Session, item_id: int, unit_no: int, note: str = "破损") -> None:
    catalogue.write_off(
        session,
        item_id=item_id,
        unit_no=unit_no,
        note=note,
        staff_id=factories.a_member_of_staff(session),
    )


def test_what_is_broken_is_written_off_unless_somebody_has_it(
    session: Session, time: Clock, keys: Keys
):
    item_id, site_id = goods(session, stock=2)
    redeem(session, rich_citizen(session), item_id, keys, site_id=site_id).check()
    for unit_no in (1, 3):
        with pytest.raises(UnknownItem):
            write_off(session, item_id, unit_no)
    with pytest.raises(NoteRequired):
        write_off(session, item_id, 2, " ")
    write_off(session, item_id, 2)
    assert (
        redeem(session, rich_citizen(session), item_id, keys, site_id=site_id).refusal == "sold_out"
    )
