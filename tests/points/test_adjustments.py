"""Points moved by people: claw-back as a debt, and two pairs of eyes for the rest."""

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from points import adjustments, fulfilment, ledger
from points.errors import (
    BadAmount,
    IllegalMove,
    InsufficientPoints,
    NoteRequired,
    OwnAffair,
    SecondPersonRequired,
    TransferNotFound,
)
from points.events import PointsAdjusted, PointsReclaimed
from points.keys import Keys
from points.rules import Code, Sort
from tests import factories
from tests.points import invariants
from tests.points.conftest import Clock
from tests.points.mall import an_item, award, balance, give, redeem, rich_citizen, settle


def spend(session: Session, citizen_id: int, keys: Keys, price: int) -> uuid.UUID:
    item_id = an_item(session, sort=Sort.DONATION, price=price)
    return redeem(session, citizen_id, item_id, keys).check()


def owed(session: Session, citizen_id: int) -> int:
    return ledger.lock(session, citizen_id).owed


def reclaim(session: Session, citizen_id: int, case_id: int = 1) -> tuple[int, int]:
    staff_id = factories.a_member_of_staff(session)
    return adjustments.reclaim(
        session, case_id=case_id, citizen_id=citizen_id, staff_id=staff_id, reason="现场不存在"
    )


def test_a_false_reports_points_are_taken_back(session: Session, time: Clock, heard: list[object]):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 1)
    assert reclaim(session, citizen_id) == (10, 0)
    assert balance(session, citizen_id) == (0, 0)
    assert isinstance(heard[-1], PointsReclaimed)


def test_what_was_spent_already_is_owed(session: Session, time: Clock, keys: Keys):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 1)
    spend(session, citizen_id, keys, 6)
    assert reclaim(session, citizen_id) == (4, 6)
    assert (balance(session, citizen_id), owed(session, citizen_id)) == ((0, 0), 6)
    settle(session)
    assert invariants.broken(session) == []


def test_a_report_is_taken_back_once(session: Session, time: Clock, keys: Keys):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 1)
    spend(session, citizen_id, keys, 6)
    assert reclaim(session, citizen_id) == reclaim(session, citizen_id) == (4, 6)
    assert owed(session, citizen_id) == 6


def test_what_earned_nothing_cannot_be_taken_back(session: Session, time: Clock):
    with pytest.raises(TransferNotFound):
        reclaim(session, rich_citizen(session))


def test_who_owes_cannot_redeem_until_it_is_earned_back(session: Session, time: Clock, keys: Keys):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 1)
    spend(session, citizen_id, keys, 10)
    reclaim(session, citizen_id)
    cheap = an_item(session, sort=Sort.DONATION, price=1)
    give(session, citizen_id, 4)
    assert (balance(session, citizen_id), owed(session, citizen_id)) == ((0, 0), 6)
    assert redeem(session, citizen_id, cheap, keys).refusal == "in_debt"
    give(session, citizen_id, 10)
    assert (balance(session, citizen_id), owed(session, citizen_id)) == ((4, 0), 0)
    assert redeem(session, citizen_id, cheap, keys).check()
    settle(session)
    assert invariants.broken(session) == []


def test_points_that_come_back_repay_what_is_owed(session: Session, time: Clock, keys: Keys):
    citizen_id = factories.a_citizen(session)
    award(session, citizen_id, 1)
    voucher = an_item(session, sort=Sort.VOUCHER, keys=keys, price=10)
    made = redeem(session, citizen_id, voucher, keys).check()
    assert reclaim(session, citizen_id) == (0, 10)
    fulfilment.cancel(
        session, redemption_id=made, citizen_id=citizen_id, request_key=factories.key()
    )
    assert (balance(session, citizen_id), owed(session, citizen_id)) == ((0, 0), 0)
    settle(session)
    assert invariants.broken(session) == []


# -- two pairs of eyes -------------------------------------------------------------------------


class Desk:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.maker, self.checker = (factories.a_member_of_staff(session) for _ in range(2))

    def propose(
        self,
        citizen_id: int,
        code: Code = Code.GRANT,
        amount: int = 50,
        *,
        reason: str = "补发",
        **cause: str,
    ) -> uuid.UUID:
        chosen = uuid.uuid4()
        adjustments.propose(
            self.session,
            proposal_id=chosen,
            code=code,
            citizen_id=citizen_id,
            amount=amount,
            reason=reason,
            staff_id=self.maker,
            **cause,
        )
        return chosen

    def decide(self, proposal: uuid.UUID, *, by: int | None = None, yes: bool = True) -> None:
        adjustments.decide(
            self.session, proposal_id=proposal, staff_id=by or self.checker, is_approved=yes
        )


@pytest.fixture
def desk(session: Session, time: Clock) -> Desk:
    return Desk(session)


def test_a_second_person_makes_it_happen_once(desk: Desk, heard: list[object]):
    citizen_id = rich_citizen(desk.session, 5)
    asked = desk.propose(citizen_id)
    assert balance(desk.session, citizen_id) == (5, 0)
    desk.decide(asked)
    desk.decide(asked)
    assert balance(desk.session, citizen_id) == (55, 0)
    assert [type(event) for event in heard] == [PointsAdjusted]
    settle(desk.session)
    assert invariants.broken(desk.session) == []


def test_nobody_approves_his_own_proposal(desk: Desk):
    asked = desk.propose(rich_citizen(desk.session, 5))
    with pytest.raises(SecondPersonRequired):
        desk.decide(asked, by=desk.maker)
    with pytest.raises(DBAPIError, match="seen_by_two"):
        desk.session.execute(
            text(
                "UPDATE points_proposals SET checker_id = maker_id, is_approved = true,"
                " decided_at = now()"
            )
        )


def test_nobody_gives_himself_points_or_approves_them(desk: Desk):
    own = rich_citizen(desk.session, 5)
    asked = desk.propose(own)
    adjustments.mark_insider(desk.session, citizen_id=own, note="坐席", staff_id=desk.checker)
    with pytest.raises(OwnAffair):
        desk.decide(asked)
    desk.maker, desk.checker = desk.checker, desk.maker
    with pytest.raises(OwnAffair):
        desk.propose(own)


def test_a_refused_proposal_moves_nothing_and_stays_refused(desk: Desk):
    citizen_id = rich_citizen(desk.session, 5)
    asked = desk.propose(citizen_id)
    desk.decide(asked, yes=False)
    with pytest.raises(IllegalMove):
        desk.decide(asked, yes=True)
    assert balance(desk.session, citizen_id) == (5, 0)


def test_more_than_there_is_cannot_be_deducted(desk: Desk):
    citizen_id = rich_citizen(desk.session, 5)
    with pytest.raises(InsufficientPoints):
        desk.decide(desk.propose(citizen_id, Code.DEDUCT, 6))
    desk.decide(desk.propose(citizen_id, Code.DEDUCT, 5))
    assert balance(desk.session, citizen_id) == (0, 0)


@pytest.mark.parametrize("amount", [0, -5, 1.5, True, 10**7])
def test_a_proposal_moves_whole_points(desk: Desk, amount: int):
    with pytest.raises(BadAmount):
        desk.propose(rich_citizen(desk.session), amount=amount)


def test_a_proposal_has_a_reason_and_a_known_kind(desk: Desk):
    citizen_id = rich_citizen(desk.session)
    with pytest.raises(NoteRequired):
        desk.propose(citizen_id, reason=" ")
    with pytest.raises(IllegalMove):
        desk.propose(citizen_id, Code.AWARD)


def test_a_fulfilled_redemption_is_refunded_once_and_for_its_price_at_most(desk: Desk, keys: Keys):
    citizen_id = rich_citizen(desk.session, 100)
    about = {
        "source_kind": "redemption",
        "source_id": str(spend(desk.session, citizen_id, keys, 60)),
    }
    with pytest.raises(IllegalMove):
        desk.decide(desk.propose(citizen_id, Code.REFUND, 61, **about))
    desk.decide(desk.propose(citizen_id, Code.REFUND, 60, **about))
    with pytest.raises(IllegalMove):
        desk.decide(desk.propose(citizen_id, Code.REFUND, 60, **about))
    assert balance(desk.session, citizen_id) == (100, 0)


def test_a_refund_of_points_past_their_date_lives_for_days_of_grace(
    desk: Desk, keys: Keys, time: Clock
):
    citizen_id = rich_citizen(desk.session, 100)
    spent = spend(desk.session, citizen_id, keys, 60)
    time.forward(days=400)
    desk.decide(
        desk.propose(citizen_id, Code.REFUND, 60, source_kind="redemption", source_id=str(spent))
    )
    days = desk.session.scalar(
        text("SELECT expires_on - business_on FROM points_transfers WHERE code = 'refund'")
    )
    assert days == 30


def test_an_open_redemption_is_cancelled_and_not_refunded(desk: Desk, keys: Keys):
    citizen_id = rich_citizen(desk.session, 100)
    item_id = an_item(desk.session, sort=Sort.VOUCHER, keys=keys)
    made = redeem(desk.session, citizen_id, item_id, keys).check()
    for source_id in (str(made), "nonsense"):
        about = {"source_kind": "redemption", "source_id": source_id}
        with pytest.raises(IllegalMove):
            desk.decide(desk.propose(citizen_id, Code.REFUND, 60, **about))


def test_an_appeal_gives_back_what_was_taken_and_forgives_what_is_owed(desk: Desk, keys: Keys):
    citizen_id = factories.a_citizen(desk.session)
    award(desk.session, citizen_id, 1)
    spend(desk.session, citizen_id, keys, 6)
    reclaim(desk.session, citizen_id)
    about = {"source_kind": "case", "source_id": f"1:{citizen_id}"}
    desk.decide(desk.propose(citizen_id, Code.FORGIVE, 6, **about))
    desk.decide(desk.propose(citizen_id, Code.RESTORE, 4, **about))
    assert (balance(desk.session, citizen_id), owed(desk.session, citizen_id)) == ((4, 0), 0)
    with pytest.raises(IllegalMove):
        desk.decide(desk.propose(citizen_id, Code.RESTORE, 4, **about))
    settle(desk.session)
    assert invariants.broken(desk.session) == []


def test_more_than_is_owed_cannot_be_forgiven(desk: Desk):
    with pytest.raises(InsufficientPoints):
        desk.decide(desk.propose(rich_citizen(desk.session), Code.FORGIVE, 1))
