"""The chat: additions to sent reports, voice and video, buttons that are owed."""

import sqlalchemy as sa
from alembic import op

revision = "0006_talk"
down_revision = "0005_desk"
branch_labels = None
depends_on = None

ADDITIONS_ARE_APPENDED = """
CREATE TRIGGER cases_additions_are_appended
BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_additions
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "cases_additions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("request_key", sa.String(), nullable=False),
        now("at"),
        sa.CheckConstraint(
            "length(text) BETWEEN 1 AND 2000", name=op.f("ck_cases_additions_text_length")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_additions_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_cases_additions_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_additions")),
        sa.UniqueConstraint("request_key", name=op.f("uq_cases_additions_request_key")),
    )
    for column in ("case_id", "citizen_id"):
        op.create_index(f"ix_cases_additions_{column}", "cases_additions", [column])
    op.execute(ADDITIONS_ARE_APPENDED)
    op.create_table(
        "cases_recordings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("blob_key", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        now("received_at"),
        sa.CheckConstraint("kind IN ('voice', 'video')", name=op.f("ck_cases_recordings_kind")),
        sa.CheckConstraint(
            "state IN ('pending', 'stored', 'refused', 'lost')",
            name=op.f("ck_cases_recordings_state"),
        ),
        sa.CheckConstraint(
            "num_nulls(blob_key, sha256, size_bytes)"
            " = CASE WHEN state = 'stored' THEN 0 ELSE 3 END",
            name=op.f("ck_cases_recordings_stored_has_bytes"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_recordings_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_cases_recordings_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_recordings")),
        sa.UniqueConstraint("origin", name=op.f("uq_cases_recordings_origin")),
    )
    for column in ("case_id", "citizen_id"):
        op.create_index(f"ix_cases_recordings_{column}", "cases_recordings", [column])
    op.add_column("wechat_talks", sa.Column("sent_report_no", sa.String(), nullable=True))
    op.add_column("wechat_talks", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "wechat_talks",
        sa.Column("owes_buttons", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index(
        "ix_wechat_talks_owes_buttons",
        "wechat_talks",
        ["updated_at"],
        postgresql_where=sa.text("owes_buttons"),
    )
    op.create_check_constraint(
        op.f("ck_wechat_talks_sent_wholly_or_not"),
        "wechat_talks",
        "num_nulls(sent_report_no, sent_at) IN (0, 2)",
    )
    op.add_column("wechat_media", sa.Column("recording_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_wechat_media_recording_id_cases_recordings"),
        "wechat_media",
        "cases_recordings",
        ["recording_id"],
        ["id"],
    )
    op.create_unique_constraint(
        op.f("uq_wechat_media_recording_id"), "wechat_media", ["recording_id"]
    )
    op.alter_column("wechat_media", "photo_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_wechat_media_of_one_thing"),
        "wechat_media",
        "num_nonnulls(photo_id, recording_id) = 1",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_wechat_media_of_one_thing"), "wechat_media", type_="check")
    op.execute("DELETE FROM wechat_media WHERE photo_id IS NULL")
    op.alter_column("wechat_media", "photo_id", nullable=False)
    op.drop_column("wechat_media", "recording_id")
    op.drop_constraint(op.f("ck_wechat_talks_sent_wholly_or_not"), "wechat_talks", type_="check")
    op.drop_index("ix_wechat_talks_owes_buttons", table_name="wechat_talks")
    op.drop_column("wechat_talks", "owes_buttons")
    op.drop_column("wechat_talks", "sent_at")
    op.drop_column("wechat_talks", "sent_report_no")
    op.drop_table("cases_recordings")
    op.drop_table("cases_additions")
