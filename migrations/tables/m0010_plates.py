"""Tables of migration 0010: plates, their moves, scans. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    create_qr_far_reports()
    create_qr_plates()
    create_qr_scans()
    create_qr_usage()
    create_qr_plate_moves()
    close_circles()


def create_qr_far_reports() -> None:
    op.create_table(
        "qr_far_reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("report_no", sa.String(), nullable=False),
        sa.Column("distance_m", sa.BigInteger(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("distance_m > 0", name=op.f("ck_qr_far_reports_is_far")),
        sa.ForeignKeyConstraint(
            ["code"], ["qr_codes.code"], name=op.f("fk_qr_far_reports_code_qr_codes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_far_reports")),
        sa.UniqueConstraint("report_no", name=op.f("uq_qr_far_reports_report_no")),
    )
    op.create_index("ix_qr_far_reports_code", "qr_far_reports", ["code"], unique=False)


def create_qr_plates() -> None:
    op.create_table(
        "qr_plates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'printed', 'installed', 'damaged', 'replaced', 'retired')",
            name=op.f("ck_qr_plates_state"),
        ),
        sa.CheckConstraint("replaces_id <> id", name=op.f("ck_qr_plates_replaces_another")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["qr_batches.id"], name=op.f("fk_qr_plates_batch_id_qr_batches")
        ),
        sa.ForeignKeyConstraint(
            ["code"], ["qr_codes.code"], name=op.f("fk_qr_plates_code_qr_codes")
        ),
        sa.ForeignKeyConstraint(
            ["id", "version", "state"],
            ["qr_plate_moves.plate_id", "qr_plate_moves.seq", "qr_plate_moves.to_state"],
            name="fk_qr_plates_state_is_last_move",
            initially="DEFERRED",
            deferrable=True,
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["qr_plates.id"], name=op.f("fk_qr_plates_replaces_id_qr_plates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_plates")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_qr_plates_replaces_id")),
    )
    op.create_index("ix_qr_plates_batch_id", "qr_plates", ["batch_id"], unique=False)
    op.create_index("ix_qr_plates_code", "qr_plates", ["code"], unique=False)
    op.create_index("ix_qr_plates_state_id", "qr_plates", ["state", "id"], unique=False)
    op.create_index(
        "uq_qr_plates_one_hangs",
        "qr_plates",
        ["code"],
        unique=True,
        postgresql_where=sa.text("state IN ('installed', 'damaged')"),
    )
    op.create_index(
        "uq_qr_plates_one_in_the_making",
        "qr_plates",
        ["code"],
        unique=True,
        postgresql_where=sa.text("state IN ('planned', 'printed')"),
    )


def create_qr_scans() -> None:
    op.create_table(
        "qr_scans",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "client IN ('wechat', 'alipay', 'browser', 'bot')", name=op.f("ck_qr_scans_client")
        ),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_qr_scans_hour")),
        sa.CheckConstraint("scans > 0", name=op.f("ck_qr_scans_some")),
        sa.ForeignKeyConstraint(
            ["code"], ["qr_codes.code"], name=op.f("fk_qr_scans_code_qr_codes")
        ),
        sa.PrimaryKeyConstraint("code", "day", "hour", "client", name=op.f("pk_qr_scans")),
    )
    op.create_index("ix_qr_scans_day", "qr_scans", ["day"], unique=False)


def create_qr_usage() -> None:
    op.create_table(
        "qr_usage",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("scans_7d", sa.BigInteger(), nullable=False),
        sa.Column("scans_28d", sa.BigInteger(), nullable=False),
        sa.Column("habit_per_day", sa.Double(), nullable=False),
        sa.Column("last_scan_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_silent", sa.Boolean(), nullable=False),
        sa.Column("weighed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["code"], ["qr_codes.code"], name=op.f("fk_qr_usage_code_qr_codes")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_qr_usage")),
    )
    op.create_index("ix_qr_usage_scans_28d_code", "qr_usage", ["scans_28d", "code"], unique=False)
    op.create_index(
        "ix_qr_usage_silent",
        "qr_usage",
        ["code"],
        unique=False,
        postgresql_where=sa.text("is_silent"),
    )


def create_qr_plate_moves() -> None:
    op.create_table(
        "qr_plate_moves",
        sa.Column("plate_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "previous_seq",
            sa.BigInteger(),
            sa.Computed("CASE WHEN seq > 1 THEN seq - 1 END", persisted=True),
            nullable=True,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("photo_key", sa.String(), nullable=True),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(seq = 1 AND from_state IS NULL AND (name, to_state) IN (('adopt', 'installed'),"
            " ('plan', 'planned'))) OR (seq > 1 AND from_state IS NOT NULL AND (name, from_st"
            "ate, to_state) IN (('check', 'installed', 'installed'), ('damage', 'installed', "
            "'damaged'), ('install', 'printed', 'installed'), ('move', 'installed', 'installe"
            "d'), ('print', 'planned', 'printed'), ('repair', 'damaged', 'installed'), ('repl"
            "ace', 'damaged', 'replaced'), ('replace', 'installed', 'replaced'), ('retire', '"
            "damaged', 'retired'), ('retire', 'installed', 'retired'), ('retire', 'planned', "
            "'retired'), ('retire', 'printed', 'retired'), ('withdraw', 'installed', 'retired"
            "'), ('withdraw', 'planned', 'retired')))",
            name=op.f("ck_qr_plate_moves_is_legal"),
        ),
        sa.CheckConstraint(
            "name IN ('adopt', 'plan', 'print', 'withdraw') OR staff_id IS NOT NULL",
            name=op.f("ck_qr_plate_moves_by_somebody"),
        ),
        sa.CheckConstraint(
            "name NOT IN ('damage', 'replace', 'retire') OR note IS NOT NULL",
            name=op.f("ck_qr_plate_moves_says_why"),
        ),
        sa.CheckConstraint(
            "name NOT IN ('install', 'move', 'repair') OR photo_key IS NOT NULL",
            name=op.f("ck_qr_plate_moves_shows_itself"),
        ),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 300", name=op.f("ck_qr_plate_moves_note_length")
        ),
        sa.ForeignKeyConstraint(
            ["plate_id", "previous_seq", "from_state"],
            ["qr_plate_moves.plate_id", "qr_plate_moves.seq", "qr_plate_moves.to_state"],
            name="fk_qr_plate_moves_starts_where_the_last_ended",
        ),
        sa.ForeignKeyConstraint(
            ["plate_id"], ["qr_plates.id"], name=op.f("fk_qr_plate_moves_plate_id_qr_plates")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["qr_sites.id"], name=op.f("fk_qr_plate_moves_site_id_qr_sites")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_qr_plate_moves_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("plate_id", "seq", name=op.f("pk_qr_plate_moves")),
        sa.UniqueConstraint(
            "plate_id", "seq", "to_state", name=op.f("uq_qr_plate_moves_plate_id_seq_to_state")
        ),
        sa.UniqueConstraint("request_key", name=op.f("uq_qr_plate_moves_request_key")),
    )


def close_circles() -> None:
    op.create_foreign_key(
        "fk_qr_plates_state_is_last_move",
        "qr_plates",
        "qr_plate_moves",
        ["id", "version", "state"],
        ["plate_id", "seq", "to_state"],
        deferrable=True,
        initially="DEFERRED",
    )
