"""The ledger's law is the database's: what must not happen cannot be written, by whatever code."""

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from points import ledger
from points.ledger import Cause, Movement
from points.rules import Code, Phase
from tests import factories
from tests.points import invariants, mall
from tests.points.conftest import Clock
from tests.points.mall import FAR_DAY, give, rich_citizen, settle

SOON, LATER = date(2026, 12, 31), date(2027, 3, 31)


# A transfer that is right in every column; each case below makes one thing wrong.
RIGHT: dict[str, object] = {
    "debit_id": 1,
    "code": "award",
    "phase": "single",
    "pending_id": None,
    "amount": 10,
    "account_seq": 2,
    "available_after": 110,
    "held_after": 0,
    "expires_on": FAR_DAY,
    "source_id": "x",
    "actor_id": None,
    "approver_id": None,
    "reason": None,
    "by": timedelta(seconds=1),
}


def write_by_hand(session: Session, citizen_id: int, **wrong: object) -> uuid.UUID:
    """Write a transfer past all our code, and the account and lot as it wants them."""
    account = ledger.lock(session, citizen_id).wallet
    row = {**RIGHT, "id": uuid.uuid4(), "credit_id": account.id, **wrong}
    previous = account.last_at if row["account_seq"] != 1 else None
    row |= {"previous_at": row.pop("previous_at", previous)}
    row["at"] = (account.last_at or previous) + row.pop("by")  # type: ignore[operator]  # a row by keywords
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    session.execute(
        text(
            f"INSERT INTO points_transfers ({columns}, source_kind, business_on)"  # noqa: S608  # our own column names
            f" VALUES ({values}, 'test', '2026-11-16')"
        ),
        row,
    )
    session.execute(
        text("""
        UPDATE points_accounts SET seq = :account_seq, available = :available_after,
        held = :held_after, last_at = :at WHERE id = :account
        """),
        row | {"account": account.id},
    )
    change = int(str(row["available_after"])) - account.available
    if change:
        session.execute(
            text("""
            INSERT INTO points_lot_entries
                (account_id, expires_on, seq, transfer_id, change, free_after)
            SELECT account_id, expires_on, seq + 1, :id, :change, free + :change
            FROM points_lots WHERE account_id = :account
            """),
            {"id": row["id"], "change": change, "account": account.id},
        )
        session.execute(
            text(
                "UPDATE points_lots SET seq = seq + 1, free = free + :change"
                " WHERE account_id = :account"
            ),
            {"change": change, "account": account.id},
        )
    settle(session)
    return uuid.UUID(str(row["id"]))


def test_a_right_row_written_by_hand_is_taken(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 100)
    write_by_hand(session, citizen_id)
    assert invariants.broken(session) == []


WRONG_ROWS: dict[str, dict[str, object]] = {
    "nothing moves": {"amount": 0, "available_after": 100},
    "a negative amount": {"amount": -10, "available_after": 90},
    "more than a transfer may move": {"amount": 1_000_001, "available_after": 1_000_101},
    "from an unknown account of the house": {"debit_id": 7},
    "between two of the house": {"credit_id": 2},
    "a code with another's account": {"debit_id": 3},
    "an unknown code": {"code": "gift"},
    "an unknown phase": {"phase": "maybe"},
    "a hold of what is given": {"phase": "pending"},
    "a number that was used": {"account_seq": 1},
    "a number left out": {"account_seq": 3},
    "a balance that does not follow": {"available_after": 111},
    "held points out of nothing": {"held_after": 5},
    "no date of expiry": {"expires_on": None},
    "a grant with one pair of eyes": {"code": "grant", "debit_id": 5, "reason": "补发"},
    "an instant before the last": {"by": timedelta(seconds=-1)},
    "the same instant as the last": {"by": timedelta(0)},
    "a claim to follow another instant": {"previous_at": date(2020, 1, 1)},
    "a resolution of nothing": {"phase": "post"},
    "an empty cause": {"source_id": ""},
    "an endless reason": {"reason": "x" * 501},
}


@pytest.mark.parametrize("wrong", WRONG_ROWS.values(), ids=WRONG_ROWS.keys())
def test_a_wrong_row_cannot_be_written(session: Session, time: Clock, wrong: dict[str, object]):
    citizen_id = rich_citizen(session, 100)
    with pytest.raises(DBAPIError):
        write_by_hand(session, citizen_id, **wrong)


def test_nobody_approves_his_own_transfer(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 100)
    staff_id = factories.a_member_of_staff(session)
    by_himself = {
        "code": "grant",
        "debit_id": 5,
        "reason": "补发",
        "actor_id": staff_id,
        "approver_id": staff_id,
    }
    with pytest.raises(DBAPIError, match=r"seen_by_two|not_own_approver"):
        write_by_hand(session, citizen_id, **by_himself)


def test_one_cause_moves_points_once(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 100)
    write_by_hand(session, citizen_id)
    with pytest.raises(DBAPIError, match="uq_points_transfers_cause"):
        write_by_hand(session, citizen_id, account_seq=3, available_after=120)


def a_resolution(hold: ledger.Hold, phase: str, **wrong: object) -> dict[str, object]:
    return {
        "debit_id": hold.account_id,
        "credit_id": 2,
        "code": "redeem",
        "phase": phase,
        "pending_id": hold.id,
        "amount": hold.amount,
        "expires_on": None,
        "account_seq": 3,
        "available_after": 70 if phase == "post" else 100,
        "held_after": 0,
        **wrong,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 20, "held_after": 10},
        {"pending_id": uuid.UUID(int=1)},
        {"pending_id": None},
        {"held_after": 30},
        {"available_after": 100},
    ],
    ids=["in part", "unknown", "none", "twice", "and given back"],
)
def test_a_hold_is_posted_as_it_was_made_or_not_at_all(
    session: Session, time: Clock, wrong: dict[str, object]
):
    citizen_id = rich_citizen(session, 100)
    hold = mall.hold(session, citizen_id, 30)
    with pytest.raises(DBAPIError):
        write_by_hand(session, citizen_id, **a_resolution(hold, "post", **wrong))


@pytest.mark.parametrize("second", ["post", "void"])
def test_a_hold_is_resolved_once(session: Session, time: Clock, second: str):
    citizen_id = rich_citizen(session, 100)
    hold, other = mall.hold(session, citizen_id, 30), mall.hold(session, citizen_id, 30)
    ledger.post(session, ledger.lock(session, citizen_id), hold)
    assert other.amount == 30
    again = a_resolution(hold, second, account_seq=5, source_id="other")
    again["available_after"] = 40 if second == "post" else 70
    with pytest.raises(DBAPIError, match=r"resolved_once|resolution"):
        write_by_hand(session, citizen_id, **again)


def test_a_void_must_give_back_to_the_lots_it_came_from(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, 50, expires_on=SOON)
    give(session, citizen_id, 50, expires_on=LATER)
    hold = mall.hold(session, citizen_id, 30)
    purse = ledger.lock(session, citizen_id)
    wrong = [ledger.Change(LATER, 2, 30, 80)]
    movement = Movement(
        id=uuid.uuid4(),
        code=Code.REDEEM,
        amount=30,
        cause=hold.cause,
        phase=Phase.VOID,
        pending_id=hold.id,
    )
    ledger.append(session, purse.wallet, movement, wrong)
    with pytest.raises(DBAPIError, match="give back"):
        settle(session)


@pytest.mark.parametrize("changes", [[], [(SOON, 2, -20, 30)], [(SOON, 2, -30, 21)]])
def test_lots_must_tie_with_the_balance(
    session: Session, time: Clock, changes: list[tuple[date, int, int, int]]
):
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, 50, expires_on=SOON)
    purse = ledger.lock(session, citizen_id)
    movement = Movement(
        id=uuid.uuid4(),
        code=Code.REDEEM,
        amount=30,
        cause=Cause("test", "1"),
        phase=Phase.PENDING,
    )

    def take_wrongly() -> None:
        ledger.append(session, purse.wallet, movement, [ledger.Change(*each) for each in changes])
        settle(session)

    with pytest.raises(DBAPIError):
        take_wrongly()


def test_a_lot_cannot_be_touched_without_a_transfer(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 100)
    settle(session)
    session.execute(text("UPDATE points_lots SET free = free + 5"))
    with pytest.raises(DBAPIError, match="free_is_last_entrys"):
        settle(session)
    assert citizen_id


def test_another_entry_for_a_transfer_that_is_done_is_refused(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    given = give(session, citizen_id, 50)
    settle(session)
    session.execute(
        text("""
        INSERT INTO points_lots (account_id, expires_on, seq, free)
        SELECT id, '2027-01-31', 1, 5 FROM points_accounts WHERE citizen_id = :citizen
        """),
        {"citizen": citizen_id},
    )
    session.execute(
        text("""
        INSERT INTO points_lot_entries
            (account_id, expires_on, seq, transfer_id, change, free_after)
        SELECT id, '2027-01-31', 1, :given, 5, 5 FROM points_accounts WHERE citizen_id = :citizen
        """),
        {"citizen": citizen_id, "given": given},
    )
    with pytest.raises(DBAPIError, match="do not tie"):
        settle(session)


def test_a_balance_cannot_be_touched_without_a_transfer(session: Session, time: Clock):
    rich_citizen(session, 100)
    settle(session)
    session.execute(text("UPDATE points_accounts SET available = available + 5"))
    with pytest.raises(DBAPIError, match="balance_is_last_transfers"):
        settle(session)


def test_a_person_has_one_wallet_and_it_stays(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 100)
    for statement in (
        "INSERT INTO points_accounts (citizen_id, kind) VALUES (:id, 'wallet')",
        "DELETE FROM points_accounts WHERE citizen_id = :id",
        "DELETE FROM accounts_citizens WHERE id = :id",
        "UPDATE points_accounts SET kind = 'debt' WHERE citizen_id = :id",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement), {"id": citizen_id})


APPENDED = {
    "points_transfers": "amount = amount + 1",
    "points_lot_entries": "change = change + 1",
    "points_rule_sets": "body = body",
    "points_awards": "points = points",
    "points_seals": "seq = seq",
    "points_anchors": "seq = seq",
    "points_daily_runs": "job = job",
    "points_item_versions": "price = 1",
    "points_redemption_moves": "note = note",
    "points_provider_events": "outcome = outcome",
}


@pytest.mark.parametrize("table", APPENDED)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_what_was_written_stays(session: Session, table: str, verb: str):
    statement = {
        "UPDATE": f"UPDATE {table} SET {APPENDED[table]}",  # noqa: S608  # names of ours
        "DELETE": f"DELETE FROM {table}",  # noqa: S608  # as above
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
    }[verb]
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))


def test_an_answer_stays(session: Session):
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text("UPDATE points_requests SET answer = '{}'"))


def test_the_same_transfer_cannot_be_made_twice(session: Session, time: Clock):
    citizen_id = factories.a_citizen(session)
    chosen = uuid.uuid4()
    give(session, citizen_id, 5, transfer_id=chosen)
    with pytest.raises(DBAPIError):
        give(session, citizen_id, 5, transfer_id=chosen)


def test_a_transfer_of_a_debt_needs_a_debt_account(session: Session, time: Clock):
    citizen_id = rich_citizen(session, 100)
    purse = ledger.lock(session, citizen_id)
    movement = Movement(id=uuid.uuid4(), code=Code.OWE, amount=5, cause=Cause("test", "1"))
    with pytest.raises(ValueError, match="no transfer of a wallet"):
        ledger.append(session, purse.wallet, movement, [])
    assert mall.balance(session, citizen_id) == (100, 0)
