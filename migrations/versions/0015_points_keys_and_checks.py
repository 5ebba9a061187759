"""Points: the number of the key that sealed a transfer; checks of the books that were asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0015_points_keys_and_checks"
down_revision = "0014_other_systems"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is there was sealed with the key that has no number of its own.
    op.add_column(
        "points_seals",
        sa.Column("key_id", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(op.f("ck_points_seals_key_id"), "points_seals", "key_id >= 0")
    op.create_table(
        "points_book_checks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "done >= 0 AND findings >= 0", name=op.f("ck_points_book_checks_counts")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["accounts_staff.id"],
            name=op.f("fk_points_book_checks_asked_by_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_book_checks")),
    )
    op.create_index(
        "uq_points_book_checks_one_at_a_time",
        "points_book_checks",
        [sa.text("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("points_book_checks")
    op.drop_constraint(op.f("ck_points_seals_key_id"), "points_seals")
    op.drop_column("points_seals", "key_id")
