"""Tables of migration 0002: kinds, imports and facilities. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_convenience_kinds()
    create_convenience_imports()
    create_convenience_mappings()
    create_convenience_facilities()


def create_convenience_kinds() -> None:
    op.create_table(
        "convenience_kinds",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("aliases", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("100"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_rated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "code ~ '^[a-z][a-z0-9_]{1,31}$'", name=op.f("ck_convenience_kinds_code")
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 20", name=op.f("ck_convenience_kinds_name_length")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_convenience_kinds")),
        sa.UniqueConstraint("name", name=op.f("uq_convenience_kinds_name")),
    )


def create_convenience_imports() -> None:
    op.create_table(
        "convenience_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_key", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=True),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("faults_key", sa.String(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(applied_at IS NOT NULL) = (state IN ('applied', 'undone'))",
            name=op.f("ck_convenience_imports_applied_has_time"),
        ),
        sa.CheckConstraint(
            "(undone_at IS NOT NULL) = (state = 'undone')",
            name=op.f("ck_convenience_imports_undone_has_time"),
        ),
        sa.CheckConstraint(
            "state = 'received' OR num_nulls(mapping, report) = 0",
            name=op.f("ck_convenience_imports_checked_has_report"),
        ),
        sa.CheckConstraint(
            "state IN ('received', 'checked', 'applied', 'undone')",
            name=op.f("ck_convenience_imports_state"),
        ),
        sa.CheckConstraint(
            "length(file_name) BETWEEN 1 AND 200",
            name=op.f("ck_convenience_imports_file_name_length"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_convenience_imports_staff_id_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"],
            ["accounts_staff.id"],
            name=op.f("fk_convenience_imports_undone_by_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_convenience_imports")),
    )


def create_convenience_mappings() -> None:
    op.create_table(
        "convenience_mappings",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("toml", sa.String(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_convenience_mappings_name_length")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_convenience_mappings_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_convenience_mappings")),
    )


def create_convenience_facilities() -> None:
    op.create_table(
        "convenience_facilities",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("hours", sa.String(), nullable=True),
        sa.Column("hours_fault", sa.String(), nullable=True),
        sa.Column("fee", sa.String(), nullable=True),
        sa.Column("is_free", sa.Boolean(), nullable=True),
        sa.Column("is_accessible", sa.Boolean(), nullable=True),
        sa.Column("has_family_room", sa.Boolean(), nullable=True),
        sa.Column("has_nursing_room", sa.Boolean(), nullable=True),
        sa.Column("has_paper", sa.Boolean(), nullable=True),
        sa.Column("is_indoor", sa.Boolean(), nullable=True),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("keeper", sa.String(), nullable=True),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("photo_key", sa.String(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removal_reason", sa.String(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("free_spaces", sa.BigInteger(), nullable=True),
        sa.Column("free_spaces_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_doubtful", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "changed_in",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id())::text::bigint"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'",
            name=op.f("ck_convenience_facilities_code"),
        ),
        sa.CheckConstraint(
            "gender IN ('male', 'female', 'both', 'unisex')",
            name=op.f("ck_convenience_facilities_gender"),
        ),
        sa.CheckConstraint(
            "capacity BETWEEN 0 AND 100000", name=op.f("ck_convenience_facilities_capacity")
        ),
        sa.CheckConstraint(
            "free_spaces BETWEEN 0 AND 100000", name=op.f("ck_convenience_facilities_free_spaces")
        ),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude >= -180 AND longitude < 180",
            name=op.f("ck_convenience_facilities_on_earth"),
        ),
        sa.CheckConstraint(
            "length(address) BETWEEN 1 AND 200",
            name=op.f("ck_convenience_facilities_address_length"),
        ),
        sa.CheckConstraint("length(cell) = 8", name=op.f("ck_convenience_facilities_cell")),
        sa.CheckConstraint(
            "length(fee) BETWEEN 1 AND 200", name=op.f("ck_convenience_facilities_fee_length")
        ),
        sa.CheckConstraint(
            "length(hours) BETWEEN 1 AND 200", name=op.f("ck_convenience_facilities_hours_length")
        ),
        sa.CheckConstraint(
            "length(hours_fault) BETWEEN 1 AND 200",
            name=op.f("ck_convenience_facilities_hours_fault_length"),
        ),
        sa.CheckConstraint(
            "length(keeper) BETWEEN 1 AND 200", name=op.f("ck_convenience_facilities_keeper_length")
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 100", name=op.f("ck_convenience_facilities_name_length")
        ),
        sa.CheckConstraint(
            "length(phone) BETWEEN 1 AND 40", name=op.f("ck_convenience_facilities_phone_length")
        ),
        sa.CheckConstraint(
            "length(removal_reason) BETWEEN 1 AND 200",
            name=op.f("ck_convenience_facilities_removal_reason_length"),
        ),
        sa.CheckConstraint(
            "length(source) BETWEEN 1 AND 64", name=op.f("ck_convenience_facilities_source_length")
        ),
        sa.CheckConstraint(
            "length(street) BETWEEN 1 AND 200", name=op.f("ck_convenience_facilities_street_length")
        ),
        sa.CheckConstraint(
            "num_nonnulls(hours, hours_fault) < 2",
            name=op.f("ck_convenience_facilities_hours_are_read_or_not"),
        ),
        sa.CheckConstraint(
            "num_nulls(free_spaces, free_spaces_at) IN (0, 2)",
            name=op.f("ck_convenience_facilities_spaces_have_time"),
        ),
        sa.CheckConstraint(
            "removal_reason IS NULL OR removed_at IS NOT NULL",
            name=op.f("ck_convenience_facilities_reason_of_a_removal"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["convenience_imports.id"],
            name=op.f("fk_convenience_facilities_import_id_convenience_imports"),
        ),
        sa.ForeignKeyConstraint(
            ["kind"],
            ["convenience_kinds.code"],
            name=op.f("fk_convenience_facilities_kind_convenience_kinds"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_convenience_facilities_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_convenience_facilities")),
        sa.UniqueConstraint("code", name=op.f("uq_convenience_facilities_code")),
    )
    op.create_index(
        "ix_convenience_facilities_changed_in_id",
        "convenience_facilities",
        ["changed_in", "id"],
        unique=False,
    )
    op.create_index(
        "ix_convenience_facilities_doubtful",
        "convenience_facilities",
        ["id"],
        unique=False,
        postgresql_where=sa.text("is_doubtful AND removed_at IS NULL"),
    )
    op.create_index(
        "ix_convenience_facilities_kind_id", "convenience_facilities", ["kind", "id"], unique=False
    )
    op.create_index(
        "ix_convenience_facilities_updated_at_id",
        "convenience_facilities",
        ["updated_at", "id"],
        unique=False,
    )
