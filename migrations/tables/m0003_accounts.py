"""Tables of migration 0003: accounts, rules, upkeep and what can be redeemed. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_points_anchors()
    create_points_items()
    create_points_provider_events()
    create_points_requests()
    create_points_sites()
    create_points_accounts()
    create_points_alarms()
    create_points_daily_runs()
    create_points_insiders()
    create_points_item_versions()
    create_points_proposals()
    create_points_rule_sets()


def create_points_anchors() -> None:
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


def create_points_items() -> None:
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


def create_points_provider_events() -> None:
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


def create_points_requests() -> None:
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


def create_points_sites() -> None:
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


def create_points_accounts() -> None:
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


def create_points_alarms() -> None:
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


def create_points_daily_runs() -> None:
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


def create_points_insiders() -> None:
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


def create_points_item_versions() -> None:
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


def create_points_proposals() -> None:
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


def create_points_rule_sets() -> None:
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
