"""Tables of migration 0003: lots' entries, seals, redemptions and their moves. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    create_points_lot_entries()
    create_points_redemptions()
    create_points_seals()
    create_points_pickup_codes()
    create_points_recharges()
    create_points_redemption_moves()
    close_circles()


def create_points_lot_entries() -> None:
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


def create_points_redemptions() -> None:
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


def create_points_seals() -> None:
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


def create_points_pickup_codes() -> None:
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


def create_points_recharges() -> None:
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


def create_points_redemption_moves() -> None:
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


def close_circles() -> None:
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
