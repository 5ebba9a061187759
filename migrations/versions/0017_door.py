"""Deferred messages by resident: what his next message must wait for."""

import sqlalchemy as sa
from alembic import op

revision = "0017_door"
down_revision = "0016_live_facilities"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_wechat_messages_deferred_of",
        "wechat_messages",
        ["openid", "received_at"],
        postgresql_where=sa.text("state = 'deferred'"),
    )


def downgrade() -> None:
    op.drop_index("ix_wechat_messages_deferred_of", table_name="wechat_messages")
