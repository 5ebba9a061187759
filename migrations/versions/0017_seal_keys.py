"""Points: the number of the key that sealed a transfer."""

import sqlalchemy as sa
from alembic import op

revision = "0017_seal_keys"
down_revision = "0012_feeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is there was sealed with the key that has no number of its own.
    op.add_column(
        "points_seals",
        sa.Column("key_id", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(op.f("ck_points_seals_key_id"), "points_seals", "key_id >= 0")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_points_seals_key_id"), "points_seals")
    op.drop_column("points_seals", "key_id")
