"""Points: the ledger, award rules, the mall, redemption."""

import sqlalchemy as sa
from alembic import op

from migrations.tables import m0003_accounts, m0003_ledger, m0003_redemptions

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
    m0003_accounts.create()
    m0003_ledger.create()
    m0003_redemptions.create()

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
