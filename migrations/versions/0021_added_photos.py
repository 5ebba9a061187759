"""Photos added to a report just now, for 「新问题」; who left, for forgetting him after a time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021_added_photos"
down_revision = "0020_deliveries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "wechat_talks",
        sa.Column(
            "added_photos",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.create_check_constraint(
        op.f("ck_wechat_talks_added_to_what_was_sent"),
        "wechat_talks",
        "sent_report_no IS NOT NULL OR cardinality(added_photos) = 0",
    )

    op.create_index(
        "ix_accounts_citizens_left",
        "accounts_citizens",
        ["unfollowed_at", "id"],
        postgresql_where=sa.text("unfollowed_at IS NOT NULL AND openid NOT LIKE 'gone:%'"),
    )


def downgrade() -> None:
    op.drop_index("ix_accounts_citizens_left", table_name="accounts_citizens")
    op.drop_constraint(op.f("ck_wechat_talks_added_to_what_was_sent"), "wechat_talks")
    op.drop_column("wechat_talks", "added_photos")
