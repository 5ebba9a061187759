"""Points: traces, freezes and appeals, for a review of fraud."""

import sqlalchemy as sa
from alembic import op

revision = "0010_points_review"
down_revision = "0005_desk"
branch_labels = None
depends_on = None

# What is frozen already was frozen by reconciliation.
FROZEN = """
INSERT INTO points_freezes (citizen_id, reason)
SELECT citizen_id, '对账不符，正在核对' FROM points_accounts WHERE kind = 'wallet' AND is_frozen
"""


def upgrade() -> None:
    op.create_table(
        "points_freezes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.Column("lift_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "length(lift_reason) BETWEEN 1 AND 500",
            name=op.f("ck_points_freezes_lift_reason_length"),
        ),
        sa.CheckConstraint(
            "length(reason) BETWEEN 1 AND 500", name=op.f("ck_points_freezes_reason_length")
        ),
        sa.CheckConstraint("lifted_by <> staff_id", name=op.f("ck_points_freezes_another_lifts")),
        sa.CheckConstraint(
            "num_nulls(lifted_at, lifted_by, lift_reason) IN (0, 3)",
            name=op.f("ck_points_freezes_lifted_wholly_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_points_freezes_citizen_id_accounts_citizens"),
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"],
            ["accounts_staff.id"],
            name=op.f("fk_points_freezes_lifted_by_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_freezes_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_freezes")),
        sa.UniqueConstraint("id", "citizen_id", name="uq_points_freezes_whose"),
    )
    op.create_index(
        "uq_points_freezes_open",
        "points_freezes",
        ["citizen_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "points_traces",
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("report_no", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(sort = 'spot') = (report_no <> '')", name=op.f("ck_points_traces_spots_have_a_report")
        ),
        sa.CheckConstraint(
            "sort IN ('device', 'network', 'spot')", name=op.f("ck_points_traces_sort")
        ),
        sa.CheckConstraint("length(mark) = 32", name=op.f("ck_points_traces_mark_is_a_hash")),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_points_traces_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint(
            "citizen_id", "sort", "mark", "seen_on", "report_no", name=op.f("pk_points_traces")
        ),
    )
    op.create_index("ix_points_traces_seen_on", "points_traces", ["seen_on", "sort"], unique=False)
    op.create_table(
        "points_appeals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("freeze_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("against_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("is_upheld", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.CheckConstraint(
            "decided_by <> against_id", name=op.f("ck_points_appeals_another_decides")
        ),
        sa.CheckConstraint(
            "length(answer) BETWEEN 1 AND 500", name=op.f("ck_points_appeals_answer_length")
        ),
        sa.CheckConstraint(
            "length(words) BETWEEN 1 AND 500", name=op.f("ck_points_appeals_words_length")
        ),
        sa.CheckConstraint(
            "num_nonnulls(freeze_id, case_id) = 1", name=op.f("ck_points_appeals_about_one_thing")
        ),
        sa.CheckConstraint(
            "num_nulls(decided_at, decided_by, is_upheld, answer) IN (0, 4)",
            name=op.f("ck_points_appeals_decided_wholly_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["against_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_appeals_against_id_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "citizen_id"],
            ["points_awards.case_id", "points_awards.citizen_id"],
            name="fk_points_appeals_award",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["accounts_staff.id"],
            name=op.f("fk_points_appeals_decided_by_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["freeze_id", "citizen_id"],
            ["points_freezes.id", "points_freezes.citizen_id"],
            name="fk_points_appeals_freeze",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_appeals")),
        sa.UniqueConstraint("case_id", "citizen_id", name="uq_points_appeals_a_report_once"),
        sa.UniqueConstraint("freeze_id", name=op.f("uq_points_appeals_freeze_id")),
    )
    op.create_index(
        "ix_points_appeals_waiting",
        "points_appeals",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_index(
        "ix_points_redemption_moves_of_staff",
        "points_redemption_moves",
        ["at"],
        unique=False,
        postgresql_where=sa.text("staff_id IS NOT NULL"),
    )
    op.execute(FROZEN)


def downgrade() -> None:
    op.drop_index(
        "ix_points_redemption_moves_of_staff",
        table_name="points_redemption_moves",
        postgresql_where=sa.text("staff_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_points_appeals_waiting",
        table_name="points_appeals",
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_table("points_appeals")
    op.drop_index("ix_points_traces_seen_on", table_name="points_traces")
    op.drop_table("points_traces")
    op.drop_index(
        "uq_points_freezes_open",
        table_name="points_freezes",
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.drop_table("points_freezes")
