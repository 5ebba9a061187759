"""Tables of migration 0010: sites, codes, batches and imports. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_qr_heat()
    create_qr_unknown_scans()
    create_qr_alarms()
    create_qr_batches()
    create_qr_imports()
    create_qr_sites()
    create_qr_codes()
    create_qr_site_changes()


def create_qr_heat() -> None:
    op.create_table(
        "qr_heat",
        sa.Column("weekday", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("weekday", "hour", name=op.f("pk_qr_heat")),
    )


def create_qr_unknown_scans() -> None:
    op.create_table(
        "qr_unknown_scans",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("scans > 0", name=op.f("ck_qr_unknown_scans_some")),
        sa.PrimaryKeyConstraint("minute", name=op.f("pk_qr_unknown_scans")),
    )


def create_qr_alarms() -> None:
    op.create_table(
        "qr_alarms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "last_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["accounts_staff.id"], name=op.f("fk_qr_alarms_staff_id_accounts_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_alarms")),
    )
    op.create_index(
        "uq_qr_alarms_one_open",
        "qr_alarms",
        [sa.text("(cleared_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )


def create_qr_batches() -> None:
    op.create_table(
        "qr_batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("plates", sa.BigInteger(), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "length(layout) BETWEEN 1 AND 40", name=op.f("ck_qr_batches_layout_length")
        ),
        sa.CheckConstraint("plates > 0", name=op.f("ck_qr_batches_has_plates")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["accounts_staff.id"], name=op.f("fk_qr_batches_staff_id_accounts_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_batches")),
    )


def create_qr_imports() -> None:
    op.create_table(
        "qr_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("datum", sa.String(), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column(
            "applied_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["accounts_staff.id"], name=op.f("fk_qr_imports_staff_id_accounts_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_imports")),
    )


def create_qr_sites() -> None:
    op.create_table(
        "qr_sites",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
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
            "kind IN ('crossroads', 'park', 'square', 'station', 'market', 'community', 'other')",
            name=op.f("ck_qr_sites_kind"),
        ),
        sa.CheckConstraint("number ~ '^[0-9A-Z][0-9A-Z-]{0,15}$'", name=op.f("ck_qr_sites_number")),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
            name=op.f("ck_qr_sites_on_earth"),
        ),
        sa.CheckConstraint(
            "length(address) BETWEEN 1 AND 120", name=op.f("ck_qr_sites_address_length")
        ),
        sa.CheckConstraint("length(cell) = 8", name=op.f("ck_qr_sites_cell")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name=op.f("ck_qr_sites_name_length")),
        sa.CheckConstraint("length(number) <= 16", name=op.f("ck_qr_sites_number_length")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["qr_imports.id"], name=op.f("fk_qr_sites_import_id_qr_imports")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["accounts_staff.id"], name=op.f("fk_qr_sites_staff_id_accounts_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_sites")),
        sa.UniqueConstraint("number", name=op.f("uq_qr_sites_number")),
    )
    op.create_index("ix_qr_sites_cell", "qr_sites", ["cell"], unique=False)
    op.create_index("ix_qr_sites_changed_in", "qr_sites", ["changed_in"], unique=False)
    op.create_index("ix_qr_sites_import_id", "qr_sites", ["import_id"], unique=False)


def create_qr_codes() -> None:
    op.create_table(
        "qr_codes",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
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
        sa.CheckConstraint("code ~ '^[0-9A-HJKMNP-TV-Z]{8}$'", name=op.f("ck_qr_codes_code")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["qr_sites.id"], name=op.f("fk_qr_codes_site_id_qr_sites")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_qr_codes")),
    )
    op.create_index("ix_qr_codes_changed_in", "qr_codes", ["changed_in"], unique=False)
    op.create_index("ix_qr_codes_site_id", "qr_codes", ["site_id"], unique=False)


def create_qr_site_changes() -> None:
    op.create_table(
        "qr_site_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["qr_imports.id"], name=op.f("fk_qr_site_changes_import_id_qr_imports")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["qr_sites.id"], name=op.f("fk_qr_site_changes_site_id_qr_sites")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_qr_site_changes_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_site_changes")),
        sa.UniqueConstraint(
            "site_id", "revision", name=op.f("uq_qr_site_changes_site_id_revision")
        ),
    )
    op.create_index("ix_qr_site_changes_import_id", "qr_site_changes", ["import_id"], unique=False)
