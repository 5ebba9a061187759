"""Each rule of each table, one wrong row for each: the database names the rule that it breaks."""

import json
import uuid
from datetime import date

import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from points import adjustments, expiry, fulfilment, reconciliation, sealing
from points.keys import Keys
from points.rules import Code, Period, Sort
from tests import factories
from tests.points.conftest import Clock
from tests.points.mall import an_item, award, goods, redeem, rich_citizen, settle

FRESH = str(uuid.UUID(int=7))
FAR, NEAR = "2040-01-01T00:00:00Z", "2000-01-01T00:00:00Z"
LONG = "x" * 501

# table -> rule -> what is changed in a copy of a row that is right. A name that begins with "?" is
# a condition on which row is copied, "=name" the value of another column.
Change = dict[str, object]
CHECKS: dict[str, dict[str, Change]] = {
    "accounts": {
        "kind": {"?held": 0, "kind": "purse"},
        "number_is_personal": {"id": 999},
        "available": {"available": 10**12 + 1},
        "held": {"held": -1},
        "debts_hold_nothing": {"kind": "debt", "held": 1},
        "begins_with_nothing": {"seq": 0, "last_at": None},
    },
    "transfers": {
        "amount": {"amount": 1_000_001, "available_after": 1_000_001},
        "between_house_and_person": {"?code": "award", "debit_id": 0},
        "phase": {"phase": "maybe"},
        "resolves": {"pending_id": FRESH},
        "is_legal": {"?code": "award", "debit_id": 4},
        "seen_by_two": {"?code": "award", "code": "grant", "debit_id": 5},
        "not_own_approver": {"actor_id": 1, "approver_id": 1},
        "reclaimed_by_somebody": {
            "?code": "redeem", "code": "reclaim", "credit_id": 4, "phase": "single",
        },
        "what_is_given_has_a_date": {"?code": "award", "expires_on": None},
        "seq": {"account_seq": 0, "previous_at": NEAR},
        "first_has_no_previous": {"?account_seq": 1, "previous_at": NEAR},
        "first_begins_with_nothing": {"?account_seq": 1, "available_after": 2000},
        "time_rises": {"?code": "redeem", "previous_at": FAR},
        "never_below_nothing": {"?code": "redeem", "available_after": -1},
        "source_length": {"source_kind": ""},
        "reason_length": {"reason": LONG},
    },
    "lots": {"free": {"free": -1}},
    "lot_entries": {
        "changes_something": {"change": 0, "seq": 2},
        "free_after": {"free_after": -1, "change": -1},
        "begins_with_nothing": {"free_after": 5, "change": 6},
    },
    "awards": {
        "points": {"points": -1, "transfer_id": None, "withheld": "class"},
        "given_by_a_transfer": {"transfer_id": None},
        "nothing_has_a_reason": {"points": 0, "transfer_id": None},
    },
    "proposals": {
        "code": {"code": "award"},
        "amount": {"amount": 0},
        "seen_by_two": {"checker_id": "=maker_id", "is_approved": True, "decided_at": NEAR},
        "decided_wholly_or_not": {"is_approved": True},
        "reason_length": {"reason": ""},
    },
    "requests": {"key_length": {"key": "x" * 101}},
    "seals": {"seq": {"seq": 0}, "mac_length": {"mac": "\\x00"}},
    "daily_runs": {"seen_by_two": {"actor_id": 1, "approver_id": 1}},
    "sites": {"name_length": {"name": ""}, "address_length": {"address": ""}},
    "items": {"sort": {"sort": "gold"}},
    "item_versions": {
        "version": {"version": 0},
        "price": {"price": 0},
        "worth": {"worth_fen": 0},
        "name_length": {"name": ""},
        "limit_whole": {"limit_count": 1, "limit_period": None},
        "limit_count": {"limit_count": 1001, "limit_period": "day"},
        "limit_period": {"limit_count": 1, "limit_period": "week"},
        "opens_before_it_closes": {"opens_at": FAR, "closes_at": NEAR},
        "pickup_days": {"pickup_days": 0},
    },
    "units": {
        "unit_no": {"unit_no": 0},
        "gone_is_not_free": {
            "is_free": True, "written_off_at": NEAR, "written_off_by": 1, "note": "x",
        },
        "written_off_by_somebody": {"is_free": False, "written_off_at": NEAR},
    },
    "redemptions": {
        "status": {"status": "lost"},
        "counted_has_a_unit": {"unit_no": None},
        "goods_have_a_site": {"?sort": "goods", "site_id": None},
        "limit_whole": {"?sort": "voucher", "limit_no": 1},
        "within_limit": {"?sort": "goods", "limit_no": 9},
    },
    "redemption_moves": {
        "is_legal": {"name": "fulfil"},
        "staff_is_named": {"staff_id": 1},
        "no_has_a_reason": {
            "name": "refuse", "seq": 2, "from_status": "requested", "to_status": "refused",
            "by": "staff", "staff_id": 1,
        },
        "note_length": {"note": ""},
    },
    "pickup_codes": {"tries": {"tries_left": 6}},
    "recharges": {
        "state": {"state": "lost", "sent_at": NEAR},
        "sent_once": {"sent_at": NEAR},
        "fen": {"fen": 0},
    },
}  # fmt: skip
UNIQUES: dict[str, dict[str, Change]] = {
    "accounts": {"uq_points_accounts_one_of_a_kind": {"id": 10**9}},
    "transfers": {
        "uq_points_transfers_no": {
            "?code": "redeem", "id": FRESH, "account_seq": 99, "source_id": "other",
        },
        "uq_points_transfers_account_seq": {
            "?code": "redeem", "id": FRESH, "no": 10**9, "at": FAR, "source_id": "other",
        },
        "uq_points_transfers_cause": {
            "?code": "redeem", "id": FRESH, "no": 10**9, "account_seq": 99,
        },
    },
    "lot_entries": {
        "uq_points_lot_entries_once_per_transfer": {
            "?seq": 1, "seq": 99, "free_after": 10**6,
        },
    },
    "rule_sets": {"uq_points_rule_sets_valid_from": {"version": 10**9}},
    "awards": {
        "uq_points_awards_transfer_id": {"case_id": 10**9},
        "uq_points_awards_one_first_reporter": {"citizen_id": 10**9, "transfer_id": FRESH},
    },
    "insiders": {"uq_points_insiders_staff_id": {"citizen_id": 10**9}},
    "seals": {"uq_points_seals_transfer_id": {"seq": 10**9}},
    "sites": {"uq_points_sites_name": {"id": 10**9}},
    "voucher_codes": {"uq_points_voucher_codes_mac": {"unit_no": 10**9}},
    "redemptions": {
        "uq_points_redemptions_no": {
            "?sort": "voucher", "id": FRESH, "hold_id": FRESH, "unit_no": 10**9,
        },
        "uq_points_redemptions_hold_id": {"id": FRESH, "no": 10**9},
        "uq_points_redemptions_a_unit_once": {
            "?sort": "voucher", "id": FRESH, "no": 10**9, "hold_id": FRESH,
        },
        "uq_points_redemptions_within_limit": {
            "?sort": "goods", "id": FRESH, "no": 10**9, "hold_id": FRESH, "unit_no": 10**9,
        },
    },
    "recharges": {"uq_points_recharges_order_no": {"redemption_id": FRESH}},
    "alarms": {"uq_points_alarms_open": {"id": 10**9}},
}  # fmt: skip
TABLES = (
    "accounts", "transfers", "lots", "lot_entries", "rule_sets", "awards", "insiders", "proposals",
    "requests", "seals", "anchors", "daily_runs", "alarms", "sites", "items", "item_versions",
    "units", "voucher_codes", "redemptions", "redemption_moves", "pickup_codes", "recharges",
    "provider_events",
)  # fmt: skip
# Keys that foreign keys refer to: they fall with those.
REFERRED = {
    "uq_points_accounts_id_kind", "uq_points_transfers_state_after",
    "uq_points_transfers_resolved_once", "uq_points_transfers_resolution",
    "uq_points_transfers_hold", "uq_points_lot_entries_state_after", "uq_points_items_id_sort",
    "uq_points_item_versions_price", "uq_points_redemption_moves_outcome",
}  # fmt: skip


@pytest.fixture
def world(session: Session, time: Clock, keys: Keys) -> Session:
    """Have at least one row in each table."""
    citizen_id, staff_id = rich_citizen(session), factories.a_member_of_staff(session)
    item_id, site_id = goods(session, limit_count=3, limit_period=Period.EVER)
    made = redeem(session, citizen_id, item_id, keys, site_id=site_id).check()
    fulfilment.rotate_pickup(session, redemption_id=made, citizen_id=citizen_id, keys=keys)
    redeem(session, citizen_id, an_item(session, sort=Sort.VOUCHER, keys=keys), keys).check()
    credit = an_item(session, sort=Sort.CREDIT, worth_fen=1000)
    redeem(session, citizen_id, credit, keys, phone="13800138000").check()
    award(session, factories.a_citizen(session), 1)
    other = factories.a_citizen(session)
    adjustments.mark_insider(session, citizen_id=other, note="坐席", staff_id=staff_id)
    adjustments.propose(
        session,
        proposal_id=uuid.uuid4(),
        code=Code.GRANT,
        citizen_id=citizen_id,
        amount=1,
        reason="补发",
        staff_id=staff_id,
    )
    expiry.begin_day(session)
    time.forward(hours=1)
    reconciliation.reconcile(session)  # raises an alarm: nothing is sealed yet
    sealing.seal(session, keys)
    sealing.anchor(session, day=date(2026, 11, 15))
    session.execute(text("INSERT INTO points_provider_events VALUES ('e', 'o', 'done')"))
    settle(session)
    return session


def copied(session: Session, table: str, change: Change) -> dict[str, object]:
    """Return a row of the table as it would be with the change."""
    conditions = {name[1:]: value for name, value in change.items() if name[0] == "?"}
    where = " AND ".join(f"t.{name} = :{name}" for name in conditions) or "true"
    row: dict[str, object] = session.execute(
        text(f"SELECT to_jsonb(t) FROM points_{table} t WHERE {where} ORDER BY t LIMIT 1"),  # noqa: S608  # ours
        conditions,
    ).scalar_one()
    for name, value in change.items():
        if isinstance(value, str) and value.startswith("="):
            row[name] = row[value[1:]]
        elif name[0] != "?":
            row[name] = value
    return row


def broken_by(session: Session, table: str, change: Change) -> str | None:
    """Insert a copy of a row with this change; return the name of the rule that it breaks."""
    row = copied(session, table, change)
    columns = session.scalars(
        text("""
        SELECT quote_ident(column_name) FROM information_schema.columns
        WHERE table_name = :table AND is_generated = 'NEVER' ORDER BY ordinal_position
        """),
        {"table": f"points_{table}"},
    ).all()
    statement = text(
        f"INSERT INTO points_{table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE"  # noqa: S608  # ours
        f" SELECT {', '.join(columns)} FROM jsonb_populate_record(NULL::points_{table}, :row)"
    )
    with pytest.raises(IntegrityError) as caught:
        session.execute(statement, {"row": json.dumps(row)})
    refusal = caught.value.orig
    return refusal.diag.constraint_name if isinstance(refusal, errors.IntegrityError) else None


def cases(laws: dict[str, dict[str, Change]]) -> list[tuple[str, str]]:
    return [(table, rule) for table, rules in laws.items() for rule in rules]


@pytest.mark.parametrize(("table", "rule"), cases(CHECKS))
def test_a_row_that_breaks_a_rule_is_refused_by_its_name(world: Session, table: str, rule: str):
    assert broken_by(world, table, CHECKS[table][rule]) == f"ck_points_{table}_{rule}"


@pytest.mark.parametrize(("table", "rule"), cases(UNIQUES))
def test_what_there_is_once_is_there_once(world: Session, table: str, rule: str):
    assert broken_by(world, table, UNIQUES[table][rule]) == rule


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_there_once(world: Session, table: str):
    assert broken_by(world, table, {}) == f"pk_points_{table}"


def test_no_rule_is_forgotten_here(session: Session):
    """Every CHECK and every key of these tables has its wrong row above."""
    named = {f"ck_points_{table}_{rule}" for table, rule in cases(CHECKS)}
    named |= {rule for _, rule in cases(UNIQUES)} | {f"pk_points_{table}" for table in TABLES}
    found = session.scalars(
        text("""
        SELECT conname FROM pg_constraint
        WHERE conrelid::regclass::text LIKE 'points%' AND contype IN ('c', 'p', 'u')
        UNION SELECT indexname FROM pg_indexes
        WHERE tablename LIKE 'points%' AND indexdef LIKE 'CREATE UNIQUE%WHERE%'
        """)
    )
    assert set(found) - named == REFERRED
