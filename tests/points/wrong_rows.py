"""One wrong row for each rule of each table of points: what is changed in a row that is right.

A name that begins with "?" is a condition on which row is copied, "=name" the value of another
column. "update" changes the row in its place, "settle" checks at once what a commit would check.
"""

import uuid

FRESH = str(uuid.UUID(int=7))
FAR, NEAR = "2040-01-01T00:00:00Z", "2000-01-01T00:00:00Z"
LONG = "x" * 501

# table -> rule -> change
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
        "phase": {"?code": "redeem", "phase": "maybe"},
        "resolves": {"pending_id": FRESH},
        "is_legal": {"?code": "award", "debit_id": 4},
        "seen_by_two": {"?code": "award", "code": "grant", "debit_id": 5},
        "not_own_approver": {"actor_id": 1, "approver_id": 1},
        "reclaimed_by_somebody": {
            "?code": "redeem", "code": "reclaim", "credit_id": 4, "phase": "single",
        },
        "what_is_given_has_a_date": {"?code": "award", "expires_on": None},
        "seq": {"?code": "award", "account_seq": 0, "previous_at": NEAR},
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
    "book_checks": {"counts": {"done": -1}},
    "seals": {"seq": {"seq": 0}, "mac_length": {"mac": "\\x00"}, "key_id": {"key_id": -1}},
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
    "traces": {
        "sort": {"?sort": "device", "sort": "face"},
        "mark_is_a_hash": {"?sort": "device", "mark": "\\x00"},
        "spots_have_a_report": {"?sort": "spot", "report_no": ""},
    },
    "freezes": {
        "reason_length": {"reason": ""},
        "lift_reason_length": {"lift_reason": "", "lifted_at": NEAR, "lifted_by": 10**9},
        "lifted_wholly_or_not": {"lifted_at": NEAR},
        "another_lifts": {"lift_reason": "x", "lifted_at": NEAR, "lifted_by": "=staff_id"},
    },
    "appeals": {
        "about_one_thing": {"?case_id": 1, "case_id": None},
        "words_length": {"words": ""},
        "answer_length": {
            "answer": "", "decided_at": NEAR, "decided_by": 10**9, "is_upheld": True,
        },
        "decided_wholly_or_not": {"is_upheld": True},
        "another_decides": {
            "answer": "x", "decided_at": NEAR, "decided_by": "=against_id", "is_upheld": True,
        },
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
    "book_checks": {"uq_points_book_checks_one_at_a_time": {"id": 10**9}},
    "freezes": {"uq_points_freezes_open": {"id": 10**9}},
    "appeals": {
        "uq_points_appeals_freeze_id": {"?words": "家人共用", "id": 10**9, "citizen_id": 10**9},
        "uq_points_appeals_a_report_once": {"?case_id": 1, "id": 10**9},
    },
}  # fmt: skip
NOBODY = 10**9
SEEN = {"lifted_at": NEAR, "lift_reason": "x"}
FOREIGN: dict[str, dict[str, Change]] = {
    "accounts": {
        "balance_is_last_transfers": {
            "?kind": "wallet", "id": NOBODY, "kind": "debt", "held": 0, "settle": True,
        },
        "citizen_id_accounts_citizens": {"id": NOBODY, "citizen_id": NOBODY},
    },
    "transfers": {
        "account": {
            "?code": "award", "?account_seq": 1, "id": FRESH, "no": NOBODY, "credit_id": NOBODY,
            "source_id": "other",
        },
        "starts_where_the_last_ended": {
            "?code": "redeem", "id": FRESH, "no": NOBODY, "account_seq": 99, "source_id": "other",
        },
        "rule_version_points_rule_sets": {"rule_version": NOBODY, "update": True},
        "actor_id_accounts_staff": {"?code": "award", "actor_id": NOBODY, "update": True},
        "approver_id_accounts_staff": {"?code": "award", "approver_id": NOBODY, "update": True},
    },
    "lots": {
        "account_id_points_accounts": {"account_id": NOBODY},
        "free_is_last_entrys": {"free": 10**6, "update": True, "settle": True},
    },
    "lot_entries": {
        "lot": {"?seq": 1, "expires_on": "2040-01-01"},
        "transfer_id_points_transfers": {"transfer_id": FRESH, "update": True},
        "starts_where_the_last_ended": {"?seq": 1, "seq": 99, "update": True},
    },
    "rule_sets": {"staff_id_accounts_staff": {"staff_id": NOBODY, "update": True}},
    "awards": {
        "transfer_id_points_transfers": {"transfer_id": FRESH, "update": True},
        "citizen_id_accounts_citizens": {
            "citizen_id": NOBODY, "points": 0, "withheld": "class", "transfer_id": None,
            "is_first": False,
        },
        "rule_version_points_rule_sets": {"rule_version": NOBODY, "update": True},
    },
    "insiders": {
        "citizen_id_accounts_citizens": {"citizen_id": NOBODY, "update": True},
        "staff_id_accounts_staff": {"staff_id": NOBODY, "update": True},
    },
    "proposals": {
        "citizen_id_accounts_citizens": {"citizen_id": NOBODY, "update": True},
        "maker_id_accounts_staff": {"maker_id": NOBODY, "update": True},
        "checker_id_accounts_staff": {
            "checker_id": NOBODY, "is_approved": True, "decided_at": NEAR, "update": True,
        },
    },
    "book_checks": {"asked_by_accounts_staff": {"asked_by": 10**9, "update": True}},
    "seals": {"transfer_id_points_transfers": {"transfer_id": FRESH, "update": True}},
    "daily_runs": {
        "actor_id_accounts_staff": {"actor_id": NOBODY, "update": True},
        "approver_id_accounts_staff": {"approver_id": NOBODY, "update": True},
    },
    "alarms": {
        "cleared_by_accounts_staff": {"cleared_by": NOBODY, "cleared_at": NEAR, "update": True},
    },
    "items": {"version": {"id": NOBODY, "settle": True}},
    "item_versions": {
        "item_id_points_items": {"item_id": NOBODY},
        "staff_id_accounts_staff": {"staff_id": NOBODY, "update": True},
    },
    "units": {
        "item_id_points_items": {"item_id": NOBODY},
        "site_id_points_sites": {"site_id": NOBODY, "update": True},
        "received_by_accounts_staff": {"received_by": NOBODY, "update": True},
        "written_off_by_accounts_staff": {
            "?is_free": True, "is_free": False, "written_off_at": NEAR, "written_off_by": NOBODY,
            "note": "x", "update": True,
        },
    },
    "voucher_codes": {"unit": {"unit_no": NOBODY, "mac": "\\x01"}},
    "redemptions": {
        "citizen_id_accounts_citizens": {"citizen_id": NOBODY, "update": True},
        "site_id_points_sites": {"?sort": "goods", "site_id": NOBODY, "update": True},
        "unit": {"?sort": "voucher", "unit_no": NOBODY, "update": True},
        "price_is_the_versions": {
            "item_version": NOBODY, "update": True,
        },
        "status_is_last_move": {"version": 9, "update": True, "settle": True},
    },
    "redemption_moves": {
        "redemption_id_points_redemptions": {"?seq": 1, "redemption_id": FRESH},
        "staff_id_accounts_staff": {
            "?name": "approve", "by": "staff", "staff_id": NOBODY, "update": True,
        },
        "site_id_points_sites": {"site_id": NOBODY, "update": True},
        "starts_where_the_last_ended": {"?name": "approve", "seq": 98},
    },
    "pickup_codes": {"redemption_id_points_redemptions": {"redemption_id": FRESH}},
    "recharges": {
        "redemption_id_points_redemptions": {"redemption_id": FRESH, "order_no": "other"},
    },
    "keepers": {
        "staff_id_accounts_staff": {"staff_id": NOBODY, "update": True},
        "site_id_points_sites": {"site_id": NOBODY, "update": True},
    },
    "traces": {"citizen_id_accounts_citizens": {"citizen_id": NOBODY, "update": True}},
    "freezes": {
        "citizen_id_accounts_citizens": {"id": NOBODY, "citizen_id": NOBODY},
        "staff_id_accounts_staff": {"staff_id": NOBODY, "update": True},
        "lifted_by_accounts_staff": {"lifted_by": NOBODY, **SEEN, "update": True},
    },
    "appeals": {
        "freeze": {"?words": "家人共用", "freeze_id": NOBODY, "update": True},
        "award": {"?case_id": 1, "case_id": NOBODY, "update": True},
        "against_id_accounts_staff": {"against_id": NOBODY, "update": True},
        "decided_by_accounts_staff": {
            "decided_by": NOBODY, "decided_at": NEAR, "is_upheld": True, "answer": "x",
            "update": True,
        },
    },
}  # fmt: skip
# Those that need a story: test_ledger_law.py and test_redemption_law.py tell it.
TOLD_ELSEWHERE = {
    "fk_points_transfers_resolves_a_hold", "fk_points_redemptions_item",
    "fk_points_redemptions_holds_its_price", "fk_points_redemptions_ended_is_resolved",
}  # fmt: skip
TABLES = (
    "accounts", "transfers", "lots", "lot_entries", "rule_sets", "awards", "insiders", "proposals",
    "requests", "seals", "anchors", "daily_runs", "alarms", "sites", "items", "item_versions",
    "units", "voucher_codes", "redemptions", "redemption_moves", "pickup_codes", "recharges",
    "provider_events", "keepers", "traces", "freezes", "appeals", "book_checks",
)  # fmt: skip
# Keys that foreign keys refer to: they fall with those.
REFERRED = {
    "uq_points_accounts_id_kind", "uq_points_transfers_state_after",
    "uq_points_transfers_resolved_once", "uq_points_transfers_resolution",
    "uq_points_transfers_hold", "uq_points_lot_entries_state_after", "uq_points_items_id_sort",
    "uq_points_item_versions_price", "uq_points_redemption_moves_outcome",
    "uq_points_freezes_whose",
}  # fmt: skip


def laws_of(table: str) -> dict[str, Change]:
    """Return the table's laws by their names in the database, each with its wrong row."""
    laws: dict[str, Change] = {f"pk_points_{table}": {}}
    laws |= {f"ck_points_{table}_{rule}": change for rule, change in CHECKS.get(table, {}).items()}
    laws |= {f"fk_points_{table}_{rule}": change for rule, change in FOREIGN.get(table, {}).items()}
    return laws | UNIQUES.get(table, {})
