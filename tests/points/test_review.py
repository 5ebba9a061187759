"""Signs of fraud are told; what they are drawn from is hashed, and forgotten after a month."""

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from points import adjustments, fulfilment, review, traces
from points.keys import Keys
from points.rules import Code, Mark
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import award, goods, redeem, rich_citizen


def see(session: Session, keys: Keys, citizen_id: int, **seen: str) -> None:
    traces.see(session, citizen_id=citizen_id, keys=keys, **seen)


def test_accounts_behind_one_device_are_told(session: Session, time: Clock, keys: Keys):
    people = sorted(factories.a_citizen(session) for _ in range(4))
    for citizen_id in people[:3]:
        for _ in range(2):
            see(session, keys, citizen_id, device="one phone")
    see(session, keys, people[3], device="another phone")
    award(session, people[0], 1)
    (found,) = review.shared(session)
    assert (found.sort, found.people, found.points) == (Mark.DEVICE, 3, 10)
    assert found.citizen_ids == tuple(people[:3])
    assert review.shared(session, least=4) == ()


@pytest.mark.parametrize(
    ("addresses", "is_shared"),
    [
        (["203.0.113.7", "203.0.113.7", "::ffff:203.0.113.7"], True),
        (["2001:db8::1", "2001:db8::2", "2001:db8::ffff"], True),
        (["203.0.113.7", "203.0.113.8", "203.0.113.9"], False),
        (["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1"], False),
        (["unknown", "", "x" * 9000], False),
    ],
)
def test_a_network_is_an_address_or_a_households_part_of_ipv6(
    session: Session, time: Clock, keys: Keys, addresses: list[str], *, is_shared: bool
):
    for address in addresses:
        see(session, keys, factories.a_citizen(session), network=address)
    assert bool(review.shared(session)) == is_shared


def test_many_reports_of_one_spot_are_told_with_their_numbers(
    session: Session, time: Clock, keys: Keys
):
    people = [factories.a_citizen(session) for _ in range(2)]
    for number in range(6):
        for _ in range(2):  # the same report again is the same
            traces.see_report(
                session,
                citizen_id=people[number % 2],
                report_no=f"JB{number}",
                spot="wm7b2h80" if number else "elsewhere",
                keys=keys,
            )
    (found,) = review.spots(session)
    assert (found.reports, found.people) == (5, 2)
    assert set(found.report_nos) == {f"JB{number}" for number in range(1, 6)}


def test_nothing_is_kept_that_could_be_read(session: Session, time: Clock, keys: Keys):
    citizen_id = factories.a_citizen(session)
    see(session, keys, citizen_id, device="one phone", network="203.0.113.7")
    traces.see_report(session, citizen_id=citizen_id, report_no="JB1", spot="wm7b2h80", keys=keys)
    kept = session.scalars(text("SELECT t::text FROM points_traces t")).all()
    assert len(kept) == 3
    assert not any(word in row for row in kept for word in ("phone", "203", "wm7b2h80"))
    other = Keys.of("another secret, and other hashes")
    assert other.mac("trace", "device", "one phone") != keys.mac("trace", "device", "one phone")


def test_traces_are_forgotten_after_a_month(session: Session, time: Clock, keys: Keys):
    for _ in range(3):
        see(session, keys, factories.a_citizen(session), device="one phone")
    time.forward(days=30)
    assert traces.forget(session) == 0
    time.forward(days=1)
    assert traces.forget(session) == 3


def test_what_one_hand_does_for_the_same_people_is_told(session: Session, time: Clock, keys: Keys):
    citizen_id = rich_citizen(session)
    maker, checker = (factories.a_member_of_staff(session, name=name) for name in ("李娜", "王强"))
    item_id, site_id = goods(session, price=1, needs_approval=True)
    for _ in range(5):
        chosen = uuid.uuid4()
        adjustments.propose(
            session,
            proposal_id=chosen,
            code=Code.GRANT,
            citizen_id=citizen_id,
            amount=3,
            reason="补发",
            staff_id=maker,
        )
        adjustments.decide(session, proposal_id=chosen, staff_id=checker, is_approved=True)
        made = redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
        fulfilment.approve(session, redemption_id=made, staff_id=maker, request_key=factories.key())
        pickup = fulfilment.rotate_pickup(
            session, redemption_id=made, citizen_id=citizen_id, keys=keys
        )
        fulfilment.hand_over(
            session,
            no=pickup.no,
            code=pickup.code,
            staff_id=maker,
            request_key=factories.key(),
            keys=keys,
        )
    found = {
        (each.words, each.staff_name, each.colleague_name, each.citizen_id): (
            each.times,
            each.points,
        )
        for each in review.habits(session)
    }
    assert found == {
        ("提议总由同一位同事复核", "李娜", "王强", None): (5, 15),
        ("多次为同一居民补发或退回积分", "李娜", None, citizen_id): (5, 15),
        ("多次为同一居民核销", "李娜", None, citizen_id): (5, 5),
        ("多次为同一居民通过审核", "李娜", None, citizen_id): (5, 5),
    }
    assert review.habits(session, least=6) == ()
    time.forward(days=31)
    assert review.habits(session) == ()
