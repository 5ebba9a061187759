"""Tables of migration 0003: units, transfers, lots and awards. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    create_points_units()
    create_points_lots()
    create_points_transfers()
    create_points_voucher_codes()
    create_points_awards()


def create_points_units() -> None:
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


def create_points_lots() -> None:
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


def create_points_transfers() -> None:
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


def create_points_voucher_codes() -> None:
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


def create_points_awards() -> None:
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
