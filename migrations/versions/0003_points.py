"""Points: the ledger, award rules, the mall, redemption."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_points"
down_revision = "0002_convenience"
branch_labels = None
depends_on = None

APPENDED = (
    "points_transfers",
    "points_lot_entries",
    "points_rule_sets",
    "points_awards",
    "points_seals",
    "points_anchors",
    "points_daily_runs",
    "points_item_versions",
    "points_redemption_moves",
    "points_provider_events",
)
# Answers to requests may be forgotten after months, and are never changed.
ANSWERS_STAY = """
CREATE TRIGGER points_requests_are_appended BEFORE UPDATE OR TRUNCATE ON points_requests
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
# What a transfer did to the lots is what it did to the balance.
LOTS_TIE = """
CREATE FUNCTION points_check_lots() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved points_transfers%ROWTYPE;
    total bigint;
    strangers bigint;
BEGIN
    IF TG_TABLE_NAME = 'points_transfers' THEN
        moved := NEW;
    ELSE
        SELECT * INTO moved FROM points_transfers WHERE id = NEW.transfer_id;
    END IF;
    SELECT coalesce(sum(change), 0), count(*) FILTER (
        WHERE account_id <> moved.account_id
        OR (moved.expires_on IS NOT NULL AND expires_on <> moved.expires_on)
    ) INTO total, strangers
    FROM points_lot_entries WHERE transfer_id = moved.id;
    IF strangers > 0 OR total <> (
        CASE moved.account_kind WHEN 'debt' THEN 0
        ELSE moved.available_after - moved.available_before END
    ) THEN
        RAISE EXCEPTION 'transfer % and its lots do not tie', moved.id
            USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'points_lots_tie';
    END IF;
    IF moved.phase = 'void' AND EXISTS (
        SELECT expires_on, -change FROM points_lot_entries WHERE transfer_id = moved.pending_id
        EXCEPT
        SELECT expires_on, change FROM points_lot_entries WHERE transfer_id = moved.id
    ) THEN
        RAISE EXCEPTION 'void % does not give back what was taken', moved.id
            USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'points_void_gives_back';
    END IF;
    RETURN NULL;
END
$$
"""
LAW = (
    *(
        f"CREATE TRIGGER {table}_are_appended BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in APPENDED
    ),
    ANSWERS_STAY,
    LOTS_TIE,
    *(
        f"CREATE CONSTRAINT TRIGGER {table}_tie AFTER INSERT ON {table}"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION points_check_lots()"
        for table in ("points_transfers", "points_lot_entries")
    ),
)
FUNCTIONS = ("points_check_lots",)
# Something to begin with; the console makes the next versions.
FIRST_RULES = """
INSERT INTO points_rule_sets (valid_from, body) VALUES ('2000-01-01T00:00:00Z', '{
    "points": {"": 10},
    "follower_points": 1,
    "daily_cap": 50,
    "monthly_cap": 500,
    "interval_minutes": 2,
    "kept_months": 12
}')
"""


def upgrade() -> None:
    op.create_table(
        "points_anchors",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_points_anchors")),
    )
    op.create_table(
        "points_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_frozen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "sort IN ('goods', 'voucher', 'credit', 'donation')", name=op.f("ck_points_items_sort")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_items")),
        sa.UniqueConstraint("id", "sort", name="uq_points_items_id_sort"),
    )
    op.create_table(
        "points_provider_events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_provider_events")),
    )
    op.create_table(
        "points_requests",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_sha", sa.String(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "length(key) BETWEEN 1 AND 100", name=op.f("ck_points_requests_key_length")
        ),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_points_requests")),
    )
    op.create_index("ix_points_requests_at", "points_requests", ["at"], unique=False)
    op.create_table(
        "points_sites",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "length(address) BETWEEN 1 AND 200", name=op.f("ck_points_sites_address_length")
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_points_sites_name_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_sites")),
        sa.UniqueConstraint("name", name=op.f("uq_points_sites_name")),
    )
    op.create_table(
        "points_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, start=1000), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("available", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("held", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "last_seq",
            sa.BigInteger(),
            sa.Computed("NULLIF(seq, 0)", persisted=True),
            nullable=True,
        ),
        sa.Column("is_frozen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind = 'wallet' OR held = 0", name=op.f("ck_points_accounts_debts_hold_nothing")
        ),
        sa.CheckConstraint("kind IN ('wallet', 'debt')", name=op.f("ck_points_accounts_kind")),
        sa.CheckConstraint(
            "CASE WHEN seq = 0 THEN available = 0 AND held = 0 AND last_at IS NULL ELSE seq > 0 AND last_at IS NOT NULL END",
            name=op.f("ck_points_accounts_begins_with_nothing"),
        ),
        sa.CheckConstraint(
            "available BETWEEN 0 AND 1000000000000", name=op.f("ck_points_accounts_available")
        ),
        sa.CheckConstraint(
            "held BETWEEN 0 AND 1000000000000", name=op.f("ck_points_accounts_held")
        ),
        sa.CheckConstraint("id >= 1000", name=op.f("ck_points_accounts_number_is_personal")),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_points_accounts_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_accounts")),
        sa.UniqueConstraint("citizen_id", "kind", name="uq_points_accounts_one_of_a_kind"),
        sa.UniqueConstraint("id", "kind", name="uq_points_accounts_id_kind"),
    )
    op.create_table(
        "points_alarms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("check", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column(
            "found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cleared_by"],
            ["accounts_staff.id"],
            name=op.f("fk_points_alarms_cleared_by_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_alarms")),
    )
    op.create_index(
        "uq_points_alarms_open",
        "points_alarms",
        ["check", "subject"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_table(
        "points_daily_runs",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("approver_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "approver_id IS NULL OR approver_id <> actor_id",
            name=op.f("ck_points_daily_runs_seen_by_two"),
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_daily_runs_actor_id_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_daily_runs_approver_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("job", "business_on", name=op.f("pk_points_daily_runs")),
    )
    op.create_table(
        "points_insiders",
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_points_insiders_citizen_id_accounts_citizens"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_insiders_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("citizen_id", name=op.f("pk_points_insiders")),
        sa.UniqueConstraint("staff_id", name=op.f("uq_points_insiders_staff_id")),
    )
    op.create_table(
        "points_item_versions",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("picture_key", sa.String(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("worth_fen", sa.BigInteger(), nullable=True),
        sa.Column("limit_count", sa.BigInteger(), nullable=True),
        sa.Column("limit_period", sa.String(), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pickup_days", sa.BigInteger(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "limit_period IN ('day', 'month', 'year', 'ever')",
            name=op.f("ck_points_item_versions_limit_period"),
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_points_item_versions_name_length")
        ),
        sa.CheckConstraint(
            "limit_count BETWEEN 1 AND 1000", name=op.f("ck_points_item_versions_limit_count")
        ),
        sa.CheckConstraint(
            "num_nulls(limit_count, limit_period) IN (0, 2)",
            name=op.f("ck_points_item_versions_limit_whole"),
        ),
        sa.CheckConstraint(
            "opens_at < closes_at", name=op.f("ck_points_item_versions_opens_before_it_closes")
        ),
        sa.CheckConstraint(
            "pickup_days BETWEEN 1 AND 365", name=op.f("ck_points_item_versions_pickup_days")
        ),
        sa.CheckConstraint(
            "price BETWEEN 1 AND 1000000", name=op.f("ck_points_item_versions_price")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_points_item_versions_version")),
        sa.CheckConstraint(
            "worth_fen IS NULL OR worth_fen > 0", name=op.f("ck_points_item_versions_worth")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["points_items.id"],
            name=op.f("fk_points_item_versions_item_id_points_items"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_item_versions_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("item_id", "version", name=op.f("pk_points_item_versions")),
        sa.UniqueConstraint("item_id", "version", "price", name="uq_points_item_versions_price"),
    )
    op.create_table(
        "points_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source_kind", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("maker_id", sa.BigInteger(), nullable=False),
        sa.Column("checker_id", sa.BigInteger(), nullable=True),
        sa.Column("is_approved", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "code IN ('grant', 'deduct', 'refund', 'restore', 'forgive')",
            name=op.f("ck_points_proposals_code"),
        ),
        sa.CheckConstraint("amount BETWEEN 1 AND 1000000", name=op.f("ck_points_proposals_amount")),
        sa.CheckConstraint("checker_id <> maker_id", name=op.f("ck_points_proposals_seen_by_two")),
        sa.CheckConstraint(
            "length(reason) BETWEEN 1 AND 500", name=op.f("ck_points_proposals_reason_length")
        ),
        sa.CheckConstraint(
            "num_nulls(checker_id, is_approved, decided_at) IN (0, 3)",
            name=op.f("ck_points_proposals_decided_wholly_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["checker_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_proposals_checker_id_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_points_proposals_citizen_id_accounts_citizens"),
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_proposals_maker_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_proposals")),
    )
    op.create_index(
        "ix_points_proposals_waiting",
        "points_proposals",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "points_rule_sets",
        sa.Column("version", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_rule_sets_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_points_rule_sets")),
        sa.UniqueConstraint("valid_from", name=op.f("uq_points_rule_sets_valid_from")),
    )
    op.create_table(
        "points_units",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("is_free", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("written_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_off_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("received_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("unit_no >= 1", name=op.f("ck_points_units_unit_no")),
        sa.CheckConstraint(
            "written_off_at IS NULL OR (written_off_by IS NOT NULL AND note IS NOT NULL)",
            name=op.f("ck_points_units_written_off_by_somebody"),
        ),
        sa.CheckConstraint(
            "written_off_at IS NULL OR NOT is_free", name=op.f("ck_points_units_gone_is_not_free")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["points_items.id"], name=op.f("fk_points_units_item_id_points_items")
        ),
        sa.ForeignKeyConstraint(
            ["received_by"],
            ["accounts_staff.id"],
            name=op.f("fk_points_units_received_by_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["points_sites.id"], name=op.f("fk_points_units_site_id_points_sites")
        ),
        sa.ForeignKeyConstraint(
            ["written_off_by"],
            ["accounts_staff.id"],
            name=op.f("fk_points_units_written_off_by_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("item_id", "unit_no", name=op.f("pk_points_units")),
    )
    op.create_index(
        "ix_points_units_free",
        "points_units",
        ["item_id", "site_id", "unit_no"],
        unique=False,
        postgresql_where=sa.text("is_free"),
    )
    op.create_table(
        "points_lots",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("free", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("free >= 0", name=op.f("ck_points_lots_free")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["points_accounts.id"],
            name=op.f("fk_points_lots_account_id_points_accounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", "expires_on", name=op.f("pk_points_lots")),
    )
    op.create_index(
        "ix_points_lots_to_expire",
        "points_lots",
        ["expires_on", "account_id"],
        unique=False,
        postgresql_where=sa.text("free > 0"),
    )
    op.create_table(
        "points_transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("debit_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("pending_id", sa.Uuid(), nullable=True),
        sa.Column(
            "pending_phase",
            sa.String(),
            sa.Computed("CASE WHEN pending_id IS NOT NULL THEN 'pending' END", persisted=True),
            nullable=True,
        ),
        sa.Column("source_kind", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("rule_version", sa.BigInteger(), nullable=True),
        sa.Column(
            "account_id",
            sa.BigInteger(),
            sa.Computed("GREATEST(debit_id, credit_id)", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "account_kind",
            sa.String(),
            sa.Computed(
                "CASE WHEN code IN ('owe', 'settle', 'forgive') THEN 'debt' ELSE 'wallet' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("account_seq", sa.BigInteger(), nullable=False),
        sa.Column("available_after", sa.BigInteger(), nullable=False),
        sa.Column("held_after", sa.BigInteger(), nullable=False),
        sa.Column(
            "previous_seq",
            sa.BigInteger(),
            sa.Computed("CASE WHEN account_seq > 1 THEN account_seq - 1 END", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "available_before",
            sa.BigInteger(),
            sa.Computed(
                "available_after - (CASE phase WHEN 'single' THEN CASE WHEN debit_id < 1000 THEN amount ELSE -amount END WHEN 'pending' THEN -amount WHEN 'void' THEN amount ELSE 0 END)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "held_before",
            sa.BigInteger(),
            sa.Computed(
                "held_after - (CASE phase WHEN 'single' THEN 0 WHEN 'pending' THEN amount ELSE -amount END)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("approver_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(code, LEAST(debit_id, credit_id), debit_id < 1000, phase <> 'single') IN (('award', 1, true, false), ('grant', 5, true, false), ('deduct', 5, false, false), ('redeem', 2, false, true), ('refund', 2, true, false), ('expire', 3, false, false), ('reinstate', 3, true, false), ('reclaim', 4, false, false), ('restore', 4, true, false), ('repay', 4, false, false), ('owe', 6, true, false), ('settle', 6, false, false), ('forgive', 6, false, false))",
            name=op.f("ck_points_transfers_is_legal"),
        ),
        sa.CheckConstraint(
            "(expires_on IS NOT NULL) = (debit_id < 1000 AND code NOT IN ('owe', 'settle', 'forgive'))",
            name=op.f("ck_points_transfers_what_is_given_has_a_date"),
        ),
        sa.CheckConstraint(
            "(phase IN ('post', 'void')) = (pending_id IS NOT NULL)",
            name=op.f("ck_points_transfers_resolves"),
        ),
        sa.CheckConstraint(
            "code <> 'reclaim' OR (actor_id IS NOT NULL AND reason IS NOT NULL)",
            name=op.f("ck_points_transfers_reclaimed_by_somebody"),
        ),
        sa.CheckConstraint(
            "code NOT IN ('grant', 'deduct', 'refund', 'restore', 'forgive') OR (actor_id IS NOT NULL AND approver_id IS NOT NULL AND actor_id <> approver_id AND reason IS NOT NULL)",
            name=op.f("ck_points_transfers_seen_by_two"),
        ),
        sa.CheckConstraint(
            "phase IN ('single', 'pending', 'post', 'void')", name=op.f("ck_points_transfers_phase")
        ),
        sa.CheckConstraint(
            "(account_seq = 1) = (previous_at IS NULL)",
            name=op.f("ck_points_transfers_first_has_no_previous"),
        ),
        sa.CheckConstraint(
            "LEAST(debit_id, credit_id) IN (1, 2, 3, 4, 5, 6) AND GREATEST(debit_id, credit_id) >= 1000",
            name=op.f("ck_points_transfers_between_house_and_person"),
        ),
        sa.CheckConstraint(
            "account_seq > 1 OR (available_before = 0 AND held_before = 0)",
            name=op.f("ck_points_transfers_first_begins_with_nothing"),
        ),
        sa.CheckConstraint("account_seq >= 1", name=op.f("ck_points_transfers_seq")),
        sa.CheckConstraint("amount BETWEEN 1 AND 1000000", name=op.f("ck_points_transfers_amount")),
        sa.CheckConstraint(
            "approver_id IS NULL OR approver_id <> actor_id",
            name=op.f("ck_points_transfers_not_own_approver"),
        ),
        sa.CheckConstraint(
            "available_after >= 0 AND held_after >= 0",
            name=op.f("ck_points_transfers_never_below_nothing"),
        ),
        sa.CheckConstraint(
            "length(reason) BETWEEN 1 AND 500", name=op.f("ck_points_transfers_reason_length")
        ),
        sa.CheckConstraint(
            "length(source_kind) BETWEEN 1 AND 40 AND length(source_id) BETWEEN 1 AND 100",
            name=op.f("ck_points_transfers_source_length"),
        ),
        sa.CheckConstraint(
            "previous_at IS NULL OR previous_at < at", name=op.f("ck_points_transfers_time_rises")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "account_kind"],
            ["points_accounts.id", "points_accounts.kind"],
            name="fk_points_transfers_account",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "previous_seq", "available_before", "held_before", "previous_at"],
            [
                "points_transfers.account_id",
                "points_transfers.account_seq",
                "points_transfers.available_after",
                "points_transfers.held_after",
                "points_transfers.at",
            ],
            name="fk_points_transfers_starts_where_the_last_ended",
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_transfers_actor_id_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_transfers_approver_id_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["pending_id", "pending_phase", "debit_id", "credit_id", "amount"],
            [
                "points_transfers.id",
                "points_transfers.phase",
                "points_transfers.debit_id",
                "points_transfers.credit_id",
                "points_transfers.amount",
            ],
            name="fk_points_transfers_resolves_a_hold",
        ),
        sa.ForeignKeyConstraint(
            ["rule_version"],
            ["points_rule_sets.version"],
            name=op.f("fk_points_transfers_rule_version_points_rule_sets"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_transfers")),
        sa.UniqueConstraint(
            "account_id",
            "account_seq",
            "available_after",
            "held_after",
            "at",
            name="uq_points_transfers_state_after",
        ),
        sa.UniqueConstraint("account_id", "account_seq", name="uq_points_transfers_account_seq"),
        sa.UniqueConstraint(
            "code", "source_kind", "source_id", "phase", name="uq_points_transfers_cause"
        ),
        sa.UniqueConstraint(
            "id", "phase", "debit_id", "credit_id", "amount", name="uq_points_transfers_hold"
        ),
        sa.UniqueConstraint("no", name=op.f("uq_points_transfers_no")),
        sa.UniqueConstraint("pending_id", "phase", name="uq_points_transfers_resolution"),
        sa.UniqueConstraint("pending_id", name="uq_points_transfers_resolved_once"),
    )
    op.create_table(
        "points_voucher_codes",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id", "unit_no"],
            ["points_units.item_id", "points_units.unit_no"],
            name="fk_points_voucher_codes_unit",
        ),
        sa.PrimaryKeyConstraint("item_id", "unit_no", name=op.f("pk_points_voucher_codes")),
        sa.UniqueConstraint("mac", name=op.f("uq_points_voucher_codes_mac")),
    )
    op.create_table(
        "points_awards",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("report_no", sa.String(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("rule_version", sa.BigInteger(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("withheld", sa.String(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("request_sha", sa.String(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(points > 0) = (transfer_id IS NOT NULL)",
            name=op.f("ck_points_awards_given_by_a_transfer"),
        ),
        sa.CheckConstraint(
            "points > 0 OR withheld IS NOT NULL", name=op.f("ck_points_awards_nothing_has_a_reason")
        ),
        sa.CheckConstraint("points >= 0", name=op.f("ck_points_awards_points")),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_points_awards_citizen_id_accounts_citizens"),
        ),
        sa.ForeignKeyConstraint(
            ["rule_version"],
            ["points_rule_sets.version"],
            name=op.f("fk_points_awards_rule_version_points_rule_sets"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["points_transfers.id"],
            name=op.f("fk_points_awards_transfer_id_points_transfers"),
        ),
        sa.PrimaryKeyConstraint("case_id", "citizen_id", name=op.f("pk_points_awards")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_points_awards_transfer_id")),
    )
    op.create_index(
        "ix_points_awards_citizen_id_filed_on",
        "points_awards",
        ["citizen_id", "filed_on"],
        unique=False,
    )
    op.create_index(
        "uq_points_awards_one_first_reporter",
        "points_awards",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("is_first"),
    )
    op.create_table(
        "points_lot_entries",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("free_after", sa.BigInteger(), nullable=False),
        sa.Column(
            "previous_seq",
            sa.BigInteger(),
            sa.Computed("CASE WHEN seq > 1 THEN seq - 1 END", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "free_before",
            sa.BigInteger(),
            sa.Computed("free_after - change", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint("change <> 0", name=op.f("ck_points_lot_entries_changes_something")),
        sa.CheckConstraint("free_after >= 0", name=op.f("ck_points_lot_entries_free_after")),
        sa.CheckConstraint(
            "seq > 1 OR (seq = 1 AND free_after = change)",
            name=op.f("ck_points_lot_entries_begins_with_nothing"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "expires_on", "previous_seq", "free_before"],
            [
                "points_lot_entries.account_id",
                "points_lot_entries.expires_on",
                "points_lot_entries.seq",
                "points_lot_entries.free_after",
            ],
            name="fk_points_lot_entries_starts_where_the_last_ended",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "expires_on"],
            ["points_lots.account_id", "points_lots.expires_on"],
            name="fk_points_lot_entries_lot",
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["points_transfers.id"],
            name=op.f("fk_points_lot_entries_transfer_id_points_transfers"),
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "expires_on", "seq", name=op.f("pk_points_lot_entries")
        ),
        sa.UniqueConstraint(
            "account_id",
            "expires_on",
            "seq",
            "free_after",
            name="uq_points_lot_entries_state_after",
        ),
        sa.UniqueConstraint(
            "transfer_id", "expires_on", name="uq_points_lot_entries_once_per_transfer"
        ),
    )
    op.create_table(
        "points_redemptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("item_version", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column(
            "hold_phase", sa.String(), sa.Computed("'pending'", persisted=True), nullable=False
        ),
        sa.Column("house_id", sa.BigInteger(), sa.Computed("2", persisted=True), nullable=False),
        sa.Column("unit_no", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("limit_count", sa.BigInteger(), nullable=True),
        sa.Column("limit_period", sa.String(), nullable=True),
        sa.Column("limit_no", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "resolution",
            sa.String(),
            sa.Computed(
                "CASE WHEN status = 'fulfilled' THEN 'post' WHEN status IN ('cancelled', 'refused', 'lapsed', 'failed') THEN 'void' END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(site_id IS NOT NULL) = (sort = 'goods')",
            name=op.f("ck_points_redemptions_goods_have_a_site"),
        ),
        sa.CheckConstraint(
            "(unit_no IS NOT NULL) = (sort IN ('goods', 'voucher', 'credit'))",
            name=op.f("ck_points_redemptions_counted_has_a_unit"),
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'ready', 'fulfilled', 'cancelled', 'refused', 'lapsed', 'failed')",
            name=op.f("ck_points_redemptions_status"),
        ),
        sa.CheckConstraint(
            "limit_no BETWEEN 1 AND limit_count", name=op.f("ck_points_redemptions_within_limit")
        ),
        sa.CheckConstraint(
            "num_nulls(limit_count, limit_period, limit_no) IN (0, 3)",
            name=op.f("ck_points_redemptions_limit_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_points_redemptions_citizen_id_accounts_citizens"),
        ),
        sa.ForeignKeyConstraint(
            ["hold_id", "hold_phase", "account_id", "house_id", "price"],
            [
                "points_transfers.id",
                "points_transfers.phase",
                "points_transfers.debit_id",
                "points_transfers.credit_id",
                "points_transfers.amount",
            ],
            name="fk_points_redemptions_holds_its_price",
        ),
        sa.ForeignKeyConstraint(
            ["hold_id", "resolution"],
            ["points_transfers.pending_id", "points_transfers.phase"],
            name="fk_points_redemptions_ended_is_resolved",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["item_id", "item_version", "price"],
            [
                "points_item_versions.item_id",
                "points_item_versions.version",
                "points_item_versions.price",
            ],
            name="fk_points_redemptions_price_is_the_versions",
        ),
        sa.ForeignKeyConstraint(
            ["item_id", "sort"],
            ["points_items.id", "points_items.sort"],
            name="fk_points_redemptions_item",
        ),
        sa.ForeignKeyConstraint(
            ["item_id", "unit_no"],
            ["points_units.item_id", "points_units.unit_no"],
            name="fk_points_redemptions_unit",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["points_sites.id"],
            name=op.f("fk_points_redemptions_site_id_points_sites"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_redemptions")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_points_redemptions_hold_id")),
        sa.UniqueConstraint("no", name=op.f("uq_points_redemptions_no")),
    )
    op.create_index(
        "ix_points_redemptions_citizen_id_no",
        "points_redemptions",
        ["citizen_id", "no"],
        unique=False,
    )
    op.create_index(
        "ix_points_redemptions_item_id_no", "points_redemptions", ["item_id", "no"], unique=False
    )
    op.create_index(
        "ix_points_redemptions_open",
        "points_redemptions",
        ["status", "due_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('requested', 'ready')"),
    )
    op.create_index(
        "uq_points_redemptions_a_unit_once",
        "points_redemptions",
        ["item_id", "unit_no"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('cancelled', 'refused', 'lapsed', 'failed')"),
    )
    op.create_index(
        "uq_points_redemptions_within_limit",
        "points_redemptions",
        ["citizen_id", "item_id", "limit_period", "limit_no"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('cancelled', 'refused', 'lapsed', 'failed')"),
    )
    op.create_table(
        "points_seals",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_no", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(mac) = 32", name=op.f("ck_points_seals_mac_length")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_points_seals_seq")),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["points_transfers.id"],
            name=op.f("fk_points_seals_transfer_id_points_transfers"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_points_seals")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_points_seals_transfer_id")),
    )
    op.create_index("ix_points_seals_transfer_no", "points_seals", ["transfer_no"], unique=False)
    op.create_table(
        "points_pickup_codes",
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries_left", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("tries_left BETWEEN 0 AND 5", name=op.f("ck_points_pickup_codes_tries")),
        sa.ForeignKeyConstraint(
            ["redemption_id"],
            ["points_redemptions.id"],
            name=op.f("fk_points_pickup_codes_redemption_id_points_redemptions"),
        ),
        sa.PrimaryKeyConstraint("redemption_id", name=op.f("pk_points_pickup_codes")),
    )
    op.create_table(
        "points_recharges",
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'owed'"), nullable=False),
        sa.Column("asked", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "(state = 'owed') = (sent_at IS NULL)", name=op.f("ck_points_recharges_sent_once")
        ),
        sa.CheckConstraint(
            "state IN ('owed', 'sent', 'done', 'failed')", name=op.f("ck_points_recharges_state")
        ),
        sa.CheckConstraint("fen > 0", name=op.f("ck_points_recharges_fen")),
        sa.ForeignKeyConstraint(
            ["redemption_id"],
            ["points_redemptions.id"],
            name=op.f("fk_points_recharges_redemption_id_points_redemptions"),
        ),
        sa.PrimaryKeyConstraint("redemption_id", name=op.f("pk_points_recharges")),
        sa.UniqueConstraint("order_no", name=op.f("uq_points_recharges_order_no")),
    )
    op.create_index(
        "ix_points_recharges_next_at",
        "points_recharges",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('owed', 'sent')"),
    )
    op.create_table(
        "points_redemption_moves",
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "previous_seq",
            sa.BigInteger(),
            sa.Computed("CASE WHEN seq > 1 THEN seq - 1 END", persisted=True),
            nullable=True,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column("to_status", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(by = 'staff') = (staff_id IS NOT NULL)",
            name=op.f("ck_points_redemption_moves_staff_is_named"),
        ),
        sa.CheckConstraint(
            "(seq = 1 AND name = 'request' AND from_status IS NULL AND to_status = 'requested' AND by = 'citizen') OR (seq > 1 AND from_status IS NOT NULL AND (name, from_status, to_status, by) IN (('approve', 'requested', 'ready', 'staff'), ('approve', 'requested', 'ready', 'house'), ('refuse', 'requested', 'refused', 'staff'), ('withdraw', 'requested', 'cancelled', 'citizen'), ('fulfil', 'ready', 'fulfilled', 'citizen'), ('fulfil', 'ready', 'fulfilled', 'staff'), ('fulfil', 'ready', 'fulfilled', 'house'), ('cancel', 'ready', 'cancelled', 'citizen'), ('revoke', 'ready', 'refused', 'staff'), ('lapse', 'ready', 'lapsed', 'house'), ('fail', 'ready', 'failed', 'staff'), ('fail', 'ready', 'failed', 'house')))",
            name=op.f("ck_points_redemption_moves_is_legal"),
        ),
        sa.CheckConstraint(
            "name NOT IN ('refuse', 'revoke') OR note IS NOT NULL",
            name=op.f("ck_points_redemption_moves_no_has_a_reason"),
        ),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 500", name=op.f("ck_points_redemption_moves_note_length")
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id", "previous_seq", "from_status"],
            [
                "points_redemption_moves.redemption_id",
                "points_redemption_moves.seq",
                "points_redemption_moves.to_status",
            ],
            name="fk_points_redemption_moves_starts_where_the_last_ended",
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"],
            ["points_redemptions.id"],
            name=op.f("fk_points_redemption_moves_redemption_id_points_redemptions"),
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["points_sites.id"],
            name=op.f("fk_points_redemption_moves_site_id_points_sites"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_redemption_moves_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("redemption_id", "seq", name=op.f("pk_points_redemption_moves")),
        sa.UniqueConstraint(
            "redemption_id", "seq", "to_status", name="uq_points_redemption_moves_outcome"
        ),
    )
    op.create_foreign_key(
        "fk_points_accounts_balance_is_last_transfers",
        "points_accounts",
        "points_transfers",
        ["id", "last_seq", "available", "held", "last_at"],
        ["account_id", "account_seq", "available_after", "held_after", "at"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_foreign_key(
        "fk_points_items_version",
        "points_items",
        "points_item_versions",
        ["id", "version"],
        ["item_id", "version"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_foreign_key(
        "fk_points_lots_free_is_last_entrys",
        "points_lots",
        "points_lot_entries",
        ["account_id", "expires_on", "seq", "free"],
        ["account_id", "expires_on", "seq", "free_after"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_foreign_key(
        "fk_points_redemptions_status_is_last_move",
        "points_redemptions",
        "points_redemption_moves",
        ["id", "version", "status"],
        ["redemption_id", "seq", "to_status"],
        deferrable=True,
        initially="DEFERRED",
    )

    for statement in LAW:
        op.execute(statement)
    op.execute(FIRST_RULES)


def downgrade() -> None:
    op.drop_constraint(
        "fk_points_accounts_balance_is_last_transfers", "points_accounts", type_="foreignkey"
    )
    op.drop_constraint("fk_points_items_version", "points_items", type_="foreignkey")
    op.drop_constraint("fk_points_lots_free_is_last_entrys", "points_lots", type_="foreignkey")
    op.drop_constraint(
        "fk_points_redemptions_status_is_last_move", "points_redemptions", type_="foreignkey"
    )
    op.drop_table("points_redemption_moves")
    op.drop_index(
        "ix_points_recharges_next_at",
        table_name="points_recharges",
        postgresql_where=sa.text("state IN ('owed', 'sent')"),
    )
    op.drop_table("points_recharges")
    op.drop_table("points_pickup_codes")
    op.drop_index("ix_points_seals_transfer_no", table_name="points_seals")
    op.drop_table("points_seals")
    op.drop_index(
        "uq_points_redemptions_within_limit",
        table_name="points_redemptions",
        postgresql_where=sa.text("status NOT IN ('cancelled', 'refused', 'lapsed', 'failed')"),
    )
    op.drop_index(
        "uq_points_redemptions_a_unit_once",
        table_name="points_redemptions",
        postgresql_where=sa.text("status NOT IN ('cancelled', 'refused', 'lapsed', 'failed')"),
    )
    op.drop_index(
        "ix_points_redemptions_open",
        table_name="points_redemptions",
        postgresql_where=sa.text("status IN ('requested', 'ready')"),
    )
    op.drop_index("ix_points_redemptions_item_id_no", table_name="points_redemptions")
    op.drop_index("ix_points_redemptions_citizen_id_no", table_name="points_redemptions")
    op.drop_table("points_redemptions")
    op.drop_table("points_lot_entries")
    op.drop_index(
        "uq_points_awards_one_first_reporter",
        table_name="points_awards",
        postgresql_where=sa.text("is_first"),
    )
    op.drop_index("ix_points_awards_citizen_id_filed_on", table_name="points_awards")
    op.drop_table("points_awards")
    op.drop_table("points_voucher_codes")
    op.drop_table("points_transfers")
    op.drop_index(
        "ix_points_lots_to_expire", table_name="points_lots", postgresql_where=sa.text("free > 0")
    )
    op.drop_table("points_lots")
    op.drop_index(
        "ix_points_units_free", table_name="points_units", postgresql_where=sa.text("is_free")
    )
    op.drop_table("points_units")
    op.drop_table("points_rule_sets")
    op.drop_index(
        "ix_points_proposals_waiting",
        table_name="points_proposals",
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_table("points_proposals")
    op.drop_table("points_item_versions")
    op.drop_table("points_insiders")
    op.drop_table("points_daily_runs")
    op.drop_index(
        "uq_points_alarms_open",
        table_name="points_alarms",
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.drop_table("points_alarms")
    op.drop_table("points_accounts")
    op.drop_table("points_sites")
    op.drop_index("ix_points_requests_at", table_name="points_requests")
    op.drop_table("points_requests")
    op.drop_table("points_provider_events")
    op.drop_table("points_items")
    op.drop_table("points_anchors")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
