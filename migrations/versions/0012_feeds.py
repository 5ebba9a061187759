"""Convenience: feeds of live parking; removed facilities by number."""

import sqlalchemy as sa
from alembic import op

revision = "0012_feeds"
down_revision = "0011_workflow"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "convenience_feeds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_convenience_feeds_name_length")
        ),
        sa.CheckConstraint(
            "length(source) BETWEEN 1 AND 64", name=op.f("ck_convenience_feeds_source_length")
        ),
        sa.CheckConstraint(
            "length(key_hash) = 32", name=op.f("ck_convenience_feeds_key_hash_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_convenience_feeds")),
        sa.UniqueConstraint("name", name=op.f("uq_convenience_feeds_name")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_convenience_feeds_key_hash")),
    )
    op.create_index(
        "ix_convenience_facilities_removed",
        "convenience_facilities",
        ["id"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_convenience_facilities_removed", "convenience_facilities")
    op.drop_table("convenience_feeds")
