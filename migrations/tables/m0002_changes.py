"""Tables of migration 0002: changes, corrections, ratings. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_convenience_changes()
    create_convenience_corrections()
    create_convenience_ratings()


def create_convenience_changes() -> None:
    op.create_table(
        "convenience_changes",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_convenience_changes")),
    )
    op.create_index(
        "ix_convenience_changes_facility_id_id",
        "convenience_changes",
        ["facility_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_convenience_changes_import_id",
        "convenience_changes",
        ["import_id"],
        unique=False,
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )


def create_convenience_corrections() -> None:
    op.create_table(
        "convenience_corrections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("citizen_id", sa.BigInteger(), nullable=True),
        sa.Column("client_key", sa.String(), nullable=True),
        sa.Column(
            "reporter",
            sa.String(),
            sa.Computed(
                "CASE WHEN citizen_id IS NULL THEN 'client:' || client_key ELSE 'citizen:' || citizen_id::text END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("state", sa.String(), server_default=sa.text("'open'"), nullable=False),
        sa.Column(
            "reported_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("is_case", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('closed', 'moved', 'hours', 'not_there', 'broken', 'other')",
            name=op.f("ck_convenience_corrections_kind"),
        ),
        sa.CheckConstraint(
            "num_nulls(settled_at, settled_by) = CASE WHEN state = 'open' THEN 2 ELSE 0 END",
            name=op.f("ck_convenience_corrections_settled_by_somebody"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined')",
            name=op.f("ck_convenience_corrections_state"),
        ),
        sa.CheckConstraint(
            "length(answer) BETWEEN 1 AND 500",
            name=op.f("ck_convenience_corrections_answer_length"),
        ),
        sa.CheckConstraint(
            "length(client_key) BETWEEN 8 AND 64",
            name=op.f("ck_convenience_corrections_client_key_length"),
        ),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 500", name=op.f("ck_convenience_corrections_note_length")
        ),
        sa.CheckConstraint(
            "num_nonnulls(citizen_id, client_key) > 0",
            name=op.f("ck_convenience_corrections_somebody_says_so"),
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_convenience_corrections_citizen_id_accounts_citizens"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["convenience_facilities.id"],
            name=op.f("fk_convenience_corrections_facility_id_convenience_facilities"),
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"],
            ["accounts_staff.id"],
            name=op.f("fk_convenience_corrections_settled_by_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_convenience_corrections")),
    )
    op.create_index(
        "ix_convenience_corrections_reporter_reported_at",
        "convenience_corrections",
        ["reporter", "reported_at"],
        unique=False,
    )
    op.create_index(
        "ix_convenience_corrections_state_id",
        "convenience_corrections",
        ["state", "id"],
        unique=False,
    )
    op.create_index(
        "uq_convenience_corrections_open",
        "convenience_corrections",
        ["facility_id", "kind", "reporter"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )


def create_convenience_ratings() -> None:
    op.create_table(
        "convenience_ratings",
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("reporter", sa.String(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=True),
        sa.Column("stars", sa.BigInteger(), nullable=False),
        sa.Column(
            "rated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "CASE WHEN citizen_id IS NULL THEN reporter ~ '^client:.{8,64}$' ELSE reporter = 'citizen:' || citizen_id::text END",
            name=op.f("ck_convenience_ratings_reporter"),
        ),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_convenience_ratings_stars")),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_convenience_ratings_citizen_id_accounts_citizens"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["convenience_facilities.id"],
            name=op.f("fk_convenience_ratings_facility_id_convenience_facilities"),
        ),
        sa.PrimaryKeyConstraint("facility_id", "reporter", name=op.f("pk_convenience_ratings")),
    )
    op.create_index(
        "ix_convenience_ratings_reporter_rated_at",
        "convenience_ratings",
        ["reporter", "rated_at"],
        unique=False,
    )
