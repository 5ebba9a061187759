"""Tables of migration 0001: cases, moves, photos, and what residents are owed. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_cases_cases()
    create_wechat_notices()
    create_wechat_talks()
    create_cases_moves()
    create_cases_photos()
    create_wechat_media()
    close_circles()


def create_cases_cases() -> None:
    op.create_table(
        "cases_cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("report_no", sa.String(), nullable=False),
        sa.Column("access_key", sa.String(), nullable=False),
        sa.Column("request_key", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("place_label", sa.String(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("cell", sa.String(), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "reported_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("source IN ('wechat')", name=op.f("ck_cases_cases_source")),
        sa.CheckConstraint(
            "status IN ('reported', 'filed', 'dispatched', 'disposed', 'closed', 'refused')",
            name=op.f("ck_cases_cases_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('dispatched', 'disposed', 'closed') OR body_id IS NOT NULL",
            name=op.f("ck_cases_cases_somebody_is_responsible"),
        ),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
            name=op.f("ck_cases_cases_on_earth"),
        ),
        sa.CheckConstraint(
            "latitude IS NOT NULL OR place_label IS NOT NULL",
            name=op.f("ck_cases_cases_is_somewhere"),
        ),
        sa.CheckConstraint(
            "length(place_label) BETWEEN 1 AND 200", name=op.f("ck_cases_cases_label_length")
        ),
        sa.CheckConstraint(
            "length(text) BETWEEN 1 AND 2000", name=op.f("ck_cases_cases_text_length")
        ),
        sa.CheckConstraint(
            "num_nulls(latitude, longitude, cell) IN (0, 3)",
            name=op.f("ck_cases_cases_located_wholly_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id"],
            ["territory_bodies.id"],
            name=op.f("fk_cases_cases_body_id_territory_bodies"),
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_cases_cases_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_cases")),
        sa.UniqueConstraint("report_no", name=op.f("uq_cases_cases_report_no")),
        sa.UniqueConstraint("request_key", name=op.f("uq_cases_cases_request_key")),
    )
    op.create_index("ix_cases_cases_body_id", "cases_cases", ["body_id"], unique=False)
    op.create_index(
        "ix_cases_cases_citizen_id_id", "cases_cases", ["citizen_id", "id"], unique=False
    )
    op.create_index("ix_cases_cases_status_id", "cases_cases", ["status", "id"], unique=False)


def create_wechat_notices() -> None:
    op.create_table(
        "wechat_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("state", sa.String(), server_default=sa.text("'owed'"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_fault", sa.String(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(title) BETWEEN 1 AND 5", name=op.f("ck_wechat_notices_title_fits_a_phrase")
        ),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_wechat_notices_sent_has_time")
        ),
        sa.CheckConstraint(
            "state IN ('owed', 'sent', 'parked', 'given_up')", name=op.f("ck_wechat_notices_state")
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_wechat_notices_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_notices")),
        sa.UniqueConstraint("fact", name=op.f("uq_wechat_notices_fact")),
    )
    op.create_index(
        "ix_wechat_notices_citizen_parked",
        "wechat_notices",
        ["citizen_id"],
        unique=False,
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        "ix_wechat_notices_owed",
        "wechat_notices",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.create_index(
        "ix_wechat_notices_topic_unsent",
        "wechat_notices",
        ["topic", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('owed', 'parked')"),
    )


def create_wechat_talks() -> None:
    op.create_table(
        "wechat_talks",
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "draft", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_wechat_talks_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("citizen_id", name=op.f("pk_wechat_talks")),
    )


def create_cases_moves() -> None:
    op.create_table(
        "cases_moves",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
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
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("body_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("request_key", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(seq = 1 AND name = 'report' AND from_status IS NULL AND to_status = 'reported' AND staff_id IS NULL) OR (seq > 1 AND staff_id IS NOT NULL AND from_status IS NOT NULL AND (name, from_status, to_status) IN (('close', 'disposed', 'closed'), ('dispatch', 'filed', 'dispatched'), ('dispose', 'dispatched', 'disposed'), ('file', 'reported', 'filed'), ('refuse', 'reported', 'refused'), ('return', 'dispatched', 'filed'), ('rework', 'disposed', 'dispatched')))",
            name=op.f("ck_cases_moves_is_legal"),
        ),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 500", name=op.f("ck_cases_moves_note_length")
        ),
        sa.ForeignKeyConstraint(
            ["body_id"],
            ["territory_bodies.id"],
            name=op.f("fk_cases_moves_body_id_territory_bodies"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "previous_seq", "from_status"],
            ["cases_moves.case_id", "cases_moves.seq", "cases_moves.to_status"],
            name="fk_cases_moves_starts_where_the_last_ended",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_moves_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["accounts_staff.id"], name=op.f("fk_cases_moves_staff_id_accounts_staff")
        ),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_cases_moves")),
        sa.UniqueConstraint(
            "case_id", "seq", "to_status", name=op.f("uq_cases_moves_case_id_seq_to_status")
        ),
        sa.UniqueConstraint("request_key", name=op.f("uq_cases_moves_request_key")),
    )


def create_cases_photos() -> None:
    op.create_table(
        "cases_photos",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("move_seq", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("blob_key", sa.String(), nullable=True),
        sa.Column("thumb_key", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "num_nulls(blob_key, thumb_key, sha256, width, height) = CASE WHEN state = 'stored' THEN 0 ELSE 5 END",
            name=op.f("ck_cases_photos_stored_has_bytes"),
        ),
        sa.CheckConstraint(
            "purpose IN ('report', 'disposal')", name=op.f("ck_cases_photos_purpose")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'stored', 'refused', 'lost')", name=op.f("ck_cases_photos_state")
        ),
        sa.CheckConstraint(
            "num_nulls(case_id, move_seq) IN (0, 2)",
            name=op.f("ck_cases_photos_attached_wholly_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "move_seq"],
            ["cases_moves.case_id", "cases_moves.seq"],
            name=op.f("fk_cases_photos_case_id_cases_moves"),
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_cases_photos_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_photos")),
        sa.UniqueConstraint("origin", name=op.f("uq_cases_photos_origin")),
    )
    op.create_index(
        "ix_cases_photos_case_id_move_seq", "cases_photos", ["case_id", "move_seq"], unique=False
    )
    op.create_index("ix_cases_photos_citizen_id", "cases_photos", ["citizen_id"], unique=False)


def create_wechat_media() -> None:
    op.create_table(
        "wechat_media",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("photo_id", sa.BigInteger(), nullable=False),
        sa.Column("media_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_fault", sa.String(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'given_up')", name=op.f("ck_wechat_media_state")
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["cases_photos.id"], name=op.f("fk_wechat_media_photo_id_cases_photos")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_media")),
        sa.UniqueConstraint("photo_id", name=op.f("uq_wechat_media_photo_id")),
    )
    op.create_index(
        "ix_wechat_media_pending",
        "wechat_media",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )


def close_circles() -> None:
    op.create_foreign_key(
        "fk_cases_cases_status_is_last_move",
        "cases_cases",
        "cases_moves",
        ["id", "version", "status"],
        ["case_id", "seq", "to_status"],
        deferrable=True,
        initially="DEFERRED",
    )
