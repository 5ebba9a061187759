"""The first tables: who speaks, the district's bodies, cases, the door.

The release before this one keeps running while this is applied: add first, remove in a later
release, and hold no lock for long.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_first_tables"
down_revision = None
branch_labels = None
depends_on = None


# Rows that are written once: whoever changes or deletes one is told so, also by hand in psql.
REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$
"""
MOVES_ARE_APPENDED = """
CREATE TRIGGER cases_moves_are_appended
BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_moves
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.create_table(
        "accounts_citizens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("openid", sa.String(), nullable=False),
        sa.Column("is_following", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("unfollowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(openid) BETWEEN 1 AND 64", name=op.f("ck_accounts_citizens_openid_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_citizens")),
        sa.UniqueConstraint("openid", name=op.f("uq_accounts_citizens_openid")),
    )
    op.create_table(
        "accounts_staff",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("wrong_passwords", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "role IN ('administrator', 'acceptor', 'dispatcher')",
            name=op.f("ck_accounts_staff_role"),
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 40", name=op.f("ck_accounts_staff_name_length")
        ),
        sa.CheckConstraint(
            "username = lower(username)", name=op.f("ck_accounts_staff_username_lower")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_staff")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_staff_username")),
    )
    op.create_table(
        "territory_bodies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('street', 'town', 'business_area', 'department', 'company')",
            name=op.f("ck_territory_bodies_kind"),
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_territory_bodies_name_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_bodies")),
        sa.UniqueConstraint("code", name=op.f("uq_territory_bodies_code")),
        sa.UniqueConstraint("name", name=op.f("uq_territory_bodies_name")),
    )
    op.create_table(
        "wechat_messages",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("openid", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("raw", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reply", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "reply IS NOT NULL OR state = 'deferred'", name=op.f("ck_wechat_messages_answered")
        ),
        sa.CheckConstraint(
            "state IN ('done', 'failed', 'deferred')", name=op.f("ck_wechat_messages_state")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wechat_messages")),
    )
    op.create_index(
        "ix_wechat_messages_not_done",
        "wechat_messages",
        ["state", "received_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index(
        "ix_wechat_messages_with_raw",
        "wechat_messages",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("raw IS NOT NULL"),
    )
    op.create_table(
        "wechat_tokens",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetching_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(value IS NULL) = (fetched_at IS NULL) AND (value IS NULL) = (expires_at IS NULL)",
            name=op.f("ck_wechat_tokens_value_has_times"),
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_wechat_tokens")),
    )
    op.create_table(
        "accounts_staff_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_accounts_staff_sessions_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_accounts_staff_sessions")),
    )
    op.create_index(
        "ix_accounts_staff_sessions_expires_at",
        "accounts_staff_sessions",
        ["expires_at"],
        unique=False,
    )
    op.create_index(
        "ix_accounts_staff_sessions_staff_id", "accounts_staff_sessions", ["staff_id"], unique=False
    )
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
    op.create_foreign_key(
        "fk_cases_cases_status_is_last_move",
        "cases_cases",
        "cases_moves",
        ["id", "version", "status"],
        ["case_id", "seq", "to_status"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.execute(REFUSE_CHANGE)
    op.execute(MOVES_ARE_APPENDED)


def downgrade() -> None:
    op.execute("DROP TRIGGER cases_moves_are_appended ON cases_moves")
    op.execute("DROP FUNCTION refuse_change()")
    op.drop_constraint("fk_cases_cases_status_is_last_move", "cases_cases", type_="foreignkey")
    op.drop_index(
        "ix_wechat_media_pending",
        table_name="wechat_media",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_table("wechat_media")
    op.drop_index("ix_cases_photos_citizen_id", table_name="cases_photos")
    op.drop_index("ix_cases_photos_case_id_move_seq", table_name="cases_photos")
    op.drop_table("cases_photos")
    op.drop_table("cases_moves")
    op.drop_table("wechat_talks")
    op.drop_index(
        "ix_wechat_notices_topic_unsent",
        table_name="wechat_notices",
        postgresql_where=sa.text("state IN ('owed', 'parked')"),
    )
    op.drop_index(
        "ix_wechat_notices_owed",
        table_name="wechat_notices",
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.drop_index(
        "ix_wechat_notices_citizen_parked",
        table_name="wechat_notices",
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.drop_table("wechat_notices")
    op.drop_index("ix_cases_cases_status_id", table_name="cases_cases")
    op.drop_index("ix_cases_cases_citizen_id_id", table_name="cases_cases")
    op.drop_index("ix_cases_cases_body_id", table_name="cases_cases")
    op.drop_table("cases_cases")
    op.drop_index("ix_accounts_staff_sessions_staff_id", table_name="accounts_staff_sessions")
    op.drop_index("ix_accounts_staff_sessions_expires_at", table_name="accounts_staff_sessions")
    op.drop_table("accounts_staff_sessions")
    op.drop_table("wechat_tokens")
    op.drop_index(
        "ix_wechat_messages_with_raw",
        table_name="wechat_messages",
        postgresql_where=sa.text("raw IS NOT NULL"),
    )
    op.drop_index(
        "ix_wechat_messages_not_done",
        table_name="wechat_messages",
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.drop_table("wechat_messages")
    op.drop_table("territory_bodies")
    op.drop_table("accounts_staff")
    op.drop_table("accounts_citizens")
