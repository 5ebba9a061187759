"""Somebody's points are frozen or taken back, he says why that is wrong, and another decides."""

import uuid
from contextlib import nullcontext

import pytest
from sqlalchemy.orm import Session

from points import adjustments, appeals, explorer, ledger
from points.errors import (
    AlreadyDecided,
    AppealNotFound,
    IllegalMove,
    NoteRequired,
    NothingToAppeal,
    OwnAffair,
    SecondPersonRequired,
)
from points.events import AppealDecided, PointsFrozen, PointsUnfrozen
from points.keys import Keys
from points.rules import Code
from tests import factories
from tests.points import invariants
from tests.points.conftest import Clock
from tests.points.mall import award, balance, give, goods, redeem, rich_citizen, settle


class Desk:
    """A resident, who froze or took back, and who looks at it afterwards."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.one, self.other, self.third = (factories.a_member_of_staff(session) for _ in range(3))
        self.citizen_id = rich_citizen(session)

    def freeze(self) -> int:
        return appeals.freeze(
            self.session, citizen_id=self.citizen_id, staff_id=self.one, reason="同一设备多个账号"
        )

    def unfreeze(self, staff_id: int) -> None:
        appeals.unfreeze(
            self.session, citizen_id=self.citizen_id, staff_id=staff_id, reason="已核实"
        )

    def appeal(self) -> int:
        return appeals.appeal_freeze(
            self.session, citizen_id=self.citizen_id, words="手机是全家共用的"
        )

    def decide(self, appeal_id: int, staff_id: int, *, is_upheld: bool = True) -> None:
        appeals.decide_appeal(
            self.session,
            appeal_id=appeal_id,
            staff_id=staff_id,
            is_upheld=is_upheld,
            answer="已核实",
        )


@pytest.fixture
def desk(session: Session, time: Clock) -> Desk:
    return Desk(session)


def test_a_freeze_has_a_reason_and_is_told(desk: Desk, heard: list[object]):
    with pytest.raises(NoteRequired):
        appeals.freeze(desk.session, citizen_id=desk.citizen_id, staff_id=desk.one, reason=" ")
    made = desk.freeze()
    assert desk.freeze() == made
    assert heard == [PointsFrozen(desk.citizen_id, made, "同一设备多个账号")]
    kept = appeals.freeze_of(desk.session, desk.citizen_id)
    assert kept is not None
    assert (kept.id, kept.staff_name) == (made, "李娜")
    assert appeals.freezes(desk.session) == (kept,)


def test_who_froze_does_not_unfreeze(desk: Desk, heard: list[object]):
    made = desk.freeze()
    with pytest.raises(SecondPersonRequired):
        desk.unfreeze(desk.one)
    desk.unfreeze(desk.other)
    desk.unfreeze(desk.other)
    assert heard[1:] == [PointsUnfrozen(desk.citizen_id, made, "已核实")]
    assert appeals.freeze_of(desk.session, desk.citizen_id) is None


def test_nobody_unfreezes_himself(desk: Desk):
    adjustments.mark_insider(
        desk.session, citizen_id=desk.citizen_id, note="坐席", staff_id=desk.other
    )
    desk.freeze()
    with pytest.raises(OwnAffair):
        desk.unfreeze(desk.other)
    with pytest.raises(OwnAffair):
        desk.decide(desk.appeal(), desk.other)


def test_an_appeal_that_is_upheld_lifts_the_freeze(desk: Desk, keys: Keys, heard: list[object]):
    desk.freeze()
    asked = desk.appeal()
    assert desk.appeal() == asked
    assert [each.id for each in appeals.appeals(desk.session)] == [asked]
    with pytest.raises(SecondPersonRequired):
        desk.decide(asked, desk.one)
    desk.decide(asked, desk.other)
    desk.decide(asked, desk.other)
    with pytest.raises(AlreadyDecided):
        desk.decide(asked, desk.other, is_upheld=False)
    assert appeals.appeals(desk.session) == ()
    assert heard[-1] == AppealDecided(desk.citizen_id, asked, "freeze", True, "已核实")
    (mine,) = appeals.appeals_of(desk.session, desk.citizen_id)
    assert (mine.is_upheld, mine.answer, mine.against_reason) == (
        True, "已核实", "同一设备多个账号",
    )  # fmt: skip
    item_id, site_id = goods(desk.session)
    assert redeem(desk.session, desk.citizen_id, item_id, keys, site_id=site_id).check()


def test_an_appeal_that_is_not_upheld_changes_nothing(desk: Desk):
    desk.freeze()
    desk.decide(desk.appeal(), desk.other, is_upheld=False)
    assert appeals.freeze_of(desk.session, desk.citizen_id) is not None


def test_a_freeze_that_was_lifted_meanwhile_stays_lifted(desk: Desk, heard: list[object]):
    desk.freeze()
    asked = desk.appeal()
    desk.unfreeze(desk.other)
    desk.decide(asked, desk.third)
    assert [type(each) for each in heard].count(PointsUnfrozen) == 1


def test_without_a_freeze_or_a_claw_back_there_is_nothing_to_appeal(desk: Desk):
    award(desk.session, desk.citizen_id, 1)
    with pytest.raises(NothingToAppeal):
        desk.appeal()
    with pytest.raises(NothingToAppeal):
        appeals.appeal_reclaim(desk.session, citizen_id=desk.citizen_id, case_id=1, words="属实")
    with pytest.raises(AppealNotFound):
        desk.decide(10**9, desk.other)


def reclaimed(desk: Desk, keys: Keys, *, spent: int) -> int:
    """Let somebody spend some of ten points, and have all ten taken back."""
    citizen_id = factories.a_citizen(desk.session)
    award(desk.session, citizen_id, 1)
    item_id, site_id = goods(desk.session, price=spent)
    redeem(desk.session, citizen_id, item_id, keys, site_id=site_id).check()
    adjustments.reclaim(
        desk.session, case_id=1, citizen_id=citizen_id, staff_id=desk.one, reason="不实"
    )
    return citizen_id


def approve(desk: Desk, staff_id: int) -> None:
    (waiting,) = explorer.proposals(desk.session)
    adjustments.decide(desk.session, proposal_id=waiting.id, staff_id=staff_id, is_approved=True)


def owed(desk: Desk, citizen_id: int) -> int:
    return ledger.lock(desk.session, citizen_id).owed


def test_a_claw_back_that_was_wrong_is_undone_by_a_second_person(desk: Desk, keys: Keys):
    citizen_id = reclaimed(desk, keys, spent=6)
    asked = appeals.appeal_reclaim(desk.session, citizen_id=citizen_id, case_id=1, words="属实")
    assert asked == appeals.appeal_reclaim(
        desk.session, citizen_id=citizen_id, case_id=1, words="属实"
    )
    with pytest.raises(SecondPersonRequired):
        desk.decide(asked, desk.one)
    desk.decide(asked, desk.other)
    (mine,) = appeals.appeals_of(desk.session, citizen_id)
    assert (mine.case_id, mine.against_reason) == (1, "不实")
    (waiting,) = explorer.proposals(desk.session)
    assert (waiting.code, waiting.amount) == (Code.RESTORE, 10)
    with pytest.raises(SecondPersonRequired):
        approve(desk, desk.other)
    approve(desk, desk.third)
    assert (balance(desk.session, citizen_id), owed(desk, citizen_id)) == ((4, 6), 0)
    settle(desk.session)
    assert invariants.broken(desk.session) == []


def test_what_was_repaid_meanwhile_is_given_back_too(desk: Desk, keys: Keys):
    citizen_id = reclaimed(desk, keys, spent=6)
    asked = appeals.appeal_reclaim(desk.session, citizen_id=citizen_id, case_id=1, words="属实")
    give(desk.session, citizen_id, 10)  # six of them repay what is owed
    desk.decide(asked, desk.other)
    approve(desk, desk.third)
    assert (balance(desk.session, citizen_id), owed(desk, citizen_id)) == ((14, 6), 0)


def test_what_an_appeal_gave_back_is_not_given_back_again(desk: Desk, keys: Keys):
    citizen_id = reclaimed(desk, keys, spent=6)
    desk.decide(
        appeals.appeal_reclaim(desk.session, citizen_id=citizen_id, case_id=1, words="属实"),
        desk.other,
    )
    adjustments.propose(
        desk.session,
        proposal_id=uuid.uuid4(),
        code=Code.FORGIVE,
        citizen_id=citizen_id,
        amount=1,
        reason="属实",
        staff_id=desk.other,
        source_kind="case",
        source_id=f"1:{citizen_id}",
    )
    restore, forgive = explorer.proposals(desk.session)
    for proposal_id, error in ((restore.id, None), (forgive.id, IllegalMove)):
        with pytest.raises(error) if error else nullcontext():
            adjustments.decide(
                desk.session, proposal_id=proposal_id, staff_id=desk.third, is_approved=True
            )
