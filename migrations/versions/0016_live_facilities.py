"""Convenience: feeds that are fetched, imports as jobs, what a resident was just shown."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016_live_facilities"
down_revision = "0015_points_keys_and_checks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A feed that is fetched has no key.
    op.alter_column("convenience_feeds", "key_hash", nullable=True)
    create_convenience_pulls()
    create_convenience_import_tasks()
    create_convenience_shown()


def create_convenience_pulls() -> None:
    op.create_table(
        "convenience_pulls",
        sa.Column("feed_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("every_s", sa.BigInteger(), server_default=sa.text("60"), nullable=False),
        sa.Column("rows_path", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("code_path", sa.String(), nullable=False),
        sa.Column("code_prefix", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("free_path", sa.String(), nullable=False),
        sa.Column("at_path", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("failures", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("fault_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tally", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "length(url) <= 500 AND url ~ '^https?://'", name=op.f("ck_convenience_pulls_url")
        ),
        sa.CheckConstraint(
            "every_s BETWEEN 30 AND 3600", name=op.f("ck_convenience_pulls_every_s")
        ),
        sa.CheckConstraint(
            "code_path <> '' AND free_path <> '' AND"
            " greatest(length(rows_path), length(code_path), length(free_path), length(at_path),"
            " length(code_prefix)) <= 100",
            name=op.f("ck_convenience_pulls_paths"),
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_convenience_pulls_failures")),
        sa.CheckConstraint(
            "num_nulls(fault, fault_at) IN (0, 2)",
            name=op.f("ck_convenience_pulls_fault_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["convenience_feeds.id"],
            name=op.f("fk_convenience_pulls_feed_id_convenience_feeds"),
        ),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_convenience_pulls")),
    )
    op.create_index("ix_convenience_pulls_next_at", "convenience_pulls", ["next_at"])


def create_convenience_import_tasks() -> None:
    op.create_table(
        "convenience_import_tasks",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=True),
        sa.Column("wish", postgresql.JSONB(), nullable=True),
        sa.Column("save_as", sa.String(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "verb IN ('check', 'apply')", name=op.f("ck_convenience_import_tasks_verb")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'failed')", name=op.f("ck_convenience_import_tasks_state")
        ),
        sa.CheckConstraint(
            "(fault IS NOT NULL) = (state = 'failed')",
            name=op.f("ck_convenience_import_tasks_failed_has_fault"),
        ),
        sa.CheckConstraint(
            "num_nulls(mapping, wish) = CASE WHEN verb = 'check' THEN 0 ELSE 2 END",
            name=op.f("ck_convenience_import_tasks_a_check_has_mapping"),
        ),
        sa.CheckConstraint(
            "done >= 0 AND total >= 0 AND attempts >= 0",
            name=op.f("ck_convenience_import_tasks_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["convenience_imports.id"],
            name=op.f("fk_convenience_import_tasks_import_id_convenience_imports"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_convenience_import_tasks_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_convenience_import_tasks")),
    )


def create_convenience_shown() -> None:
    op.create_table(
        "convenience_shown",
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("facility_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "cardinality(facility_ids) BETWEEN 1 AND 10", name=op.f("ck_convenience_shown_some")
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_convenience_shown_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("citizen_id", name=op.f("pk_convenience_shown")),
    )
    op.create_index("ix_convenience_shown_at", "convenience_shown", ["at"])


def downgrade() -> None:
    op.drop_table("convenience_shown")
    op.drop_table("convenience_import_tasks")
    op.drop_table("convenience_pulls")
    op.execute("DELETE FROM convenience_feeds WHERE key_hash IS NULL")
    op.alter_column("convenience_feeds", "key_hash", nullable=False)
