"""Signs: sites, codes, plates and how each changed; scans, alarms, figures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_signs"
down_revision = "0009_points_review"
branch_labels = None
depends_on = None

# The same rule as qr/codes.py: letters of the alphabet, and a Damm check character over GF(32).
IS_CODE = """
CREATE FUNCTION qr_is_code(code text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    letters CONSTANT text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    running int := 0;
BEGIN
    IF length(code) <> 8 OR translate(code, letters, '') <> '' THEN
        RETURN false;
    END IF;
    FOR place IN 1..8 LOOP
        running := (running # (position(substr(code, place, 1) IN letters) - 1)) << 1;
        IF running & 32 <> 0 THEN
            running := running # 37;
        END IF;
    END LOOP;
    RETURN running = 0;
END $$
"""
# What a site's content is: a change of it makes a revision and keeps what was before.
CONTENT = """
    number, name, kind, address, latitude, longitude, cell, is_demo, removed_at, import_id, staff_id
"""


def _of(row: str) -> str:
    return ", ".join(f"{row}.{column.strip()}" for column in CONTENT.split(","))


REVISE_SITE = f"""
CREATE FUNCTION qr_revise_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id()::text::bigint;
    IF TG_OP = 'INSERT' THEN
        NEW.revision := 1;
    ELSE
        NEW.revision := OLD.revision;
        IF ROW({_of("NEW")}) IS DISTINCT FROM ROW({_of("OLD")}) THEN
            NEW.revision := OLD.revision + 1;
            NEW.updated_at := now();
        END IF;
    END IF;
    RETURN NEW;
END $$
"""
REVISES_SITE = """
CREATE TRIGGER qr_sites_revise BEFORE INSERT OR UPDATE ON qr_sites
FOR EACH ROW EXECUTE FUNCTION qr_revise_site()
"""
KEEP_SITE = """
CREATE FUNCTION qr_keep_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO qr_site_changes (site_id, revision, import_id, staff_id)
        VALUES (NEW.id, NEW.revision, NEW.import_id, NEW.staff_id);
    ELSIF NEW.revision > OLD.revision THEN
        INSERT INTO qr_site_changes (site_id, revision, import_id, staff_id, before)
        VALUES (NEW.id, NEW.revision, NEW.import_id, NEW.staff_id,
            to_jsonb(OLD) - '{id,revision,updated_at,changed_in}'::text[]);
    END IF;
    RETURN NULL;
END $$
"""
KEEPS_SITE = """
CREATE TRIGGER qr_sites_keep AFTER INSERT OR UPDATE ON qr_sites
FOR EACH ROW EXECUTE FUNCTION qr_keep_site()
"""
# Whoever finds a plate in twenty years must still be answered.
KEEP_CODE = """
CREATE FUNCTION qr_keep_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT qr_is_code(NEW.code) THEN
        RAISE EXCEPTION 'a code has a right check character' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.code <> OLD.code OR NEW.created_at <> OLD.created_at THEN
            RAISE EXCEPTION 'a printed code stays' USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at THEN
            RAISE EXCEPTION 'a retired code stays retired' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    NEW.changed_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$
"""
KEEPS_CODE = """
CREATE TRIGGER qr_codes_keep BEFORE INSERT OR UPDATE ON qr_codes
FOR EACH ROW EXECUTE FUNCTION qr_keep_code()
"""
# A plate keeps its code: another code is another plate.
KEEP_PLATE = """
CREATE FUNCTION qr_keep_plate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.code <> OLD.code OR NEW.id <> OLD.id) THEN
        RAISE EXCEPTION 'a plate keeps its code' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""
KEEPS_PLATE = """
CREATE TRIGGER qr_plates_keep BEFORE UPDATE ON qr_plates
FOR EACH ROW EXECUTE FUNCTION qr_keep_plate()
"""
_FOR_EVER = "qr_sites", "qr_codes", "qr_plates", "qr_batches"
STAY = [
    f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    for table in _FOR_EVER
]
APPENDED = [
    f"CREATE TRIGGER {table}_are_appended BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    for table in ("qr_plate_moves", "qr_site_changes")
]
LAWS = (
    REVISE_SITE,
    REVISES_SITE,
    KEEP_SITE,
    KEEPS_SITE,
    KEEP_CODE,
    KEEPS_CODE,
    KEEP_PLATE,
    KEEPS_PLATE,
    *STAY,
    *APPENDED,
)
FUNCTIONS = ("qr_revise_site", "qr_keep_site", "qr_keep_code", "qr_keep_plate", "qr_is_code")


def upgrade() -> None:
    op.execute(IS_CODE)
    op.create_table(
        "qr_heat",
        sa.Column("weekday", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("weekday", "hour", name=op.f("pk_qr_heat")),
    )
    op.create_table(
        "qr_unknown_scans",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("scans > 0", name=op.f("ck_qr_unknown_scans_some")),
        sa.PrimaryKeyConstraint("minute", name=op.f("pk_qr_unknown_scans")),
    )
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
    op.create_table(
        "qr_far_reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("report_no", sa.String(), nullable=False),
        sa.Column("distance_m", sa.BigInteger(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("distance_m > 0", name=op.f("ck_qr_far_reports_is_far")),
        sa.ForeignKeyConstraint(
            ["code"], ["qr_codes.code"], name=op.f("fk_qr_far_reports_code_qr_codes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_far_reports")),
        sa.UniqueConstraint("report_no", name=op.f("uq_qr_far_reports_report_no")),
    )
    op.create_index("ix_qr_far_reports_code", "qr_far_reports", ["code"], unique=False)
    op.create_table(
        "qr_plates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'printed', 'installed', 'damaged', 'replaced', 'retired')",
            name=op.f("ck_qr_plates_state"),
        ),
        sa.CheckConstraint("replaces_id <> id", name=op.f("ck_qr_plates_replaces_another")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["qr_batches.id"], name=op.f("fk_qr_plates_batch_id_qr_batches")
        ),
        sa.ForeignKeyConstraint(
            ["code"], ["qr_codes.code"], name=op.f("fk_qr_plates_code_qr_codes")
        ),
        sa.ForeignKeyConstraint(
            ["id", "version", "state"],
            ["qr_plate_moves.plate_id", "qr_plate_moves.seq", "qr_plate_moves.to_state"],
            name="fk_qr_plates_state_is_last_move",
            initially="DEFERRED",
            deferrable=True,
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["qr_plates.id"], name=op.f("fk_qr_plates_replaces_id_qr_plates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_plates")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_qr_plates_replaces_id")),
    )
    op.create_index("ix_qr_plates_batch_id", "qr_plates", ["batch_id"], unique=False)
    op.create_index("ix_qr_plates_code", "qr_plates", ["code"], unique=False)
    op.create_index("ix_qr_plates_state_id", "qr_plates", ["state", "id"], unique=False)
    op.create_index(
        "uq_qr_plates_one_hangs",
        "qr_plates",
        ["code"],
        unique=True,
        postgresql_where=sa.text("state IN ('installed', 'damaged')"),
    )
    op.create_index(
        "uq_qr_plates_one_in_the_making",
        "qr_plates",
        ["code"],
        unique=True,
        postgresql_where=sa.text("state IN ('planned', 'printed')"),
    )
    op.create_table(
        "qr_scans",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "client IN ('wechat', 'alipay', 'browser', 'bot')", name=op.f("ck_qr_scans_client")
        ),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_qr_scans_hour")),
        sa.CheckConstraint("scans > 0", name=op.f("ck_qr_scans_some")),
        sa.ForeignKeyConstraint(
            ["code"], ["qr_codes.code"], name=op.f("fk_qr_scans_code_qr_codes")
        ),
        sa.PrimaryKeyConstraint("code", "day", "hour", "client", name=op.f("pk_qr_scans")),
    )
    op.create_index("ix_qr_scans_day", "qr_scans", ["day"], unique=False)
    op.create_table(
        "qr_usage",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("scans_7d", sa.BigInteger(), nullable=False),
        sa.Column("scans_28d", sa.BigInteger(), nullable=False),
        sa.Column("habit_per_day", sa.Double(), nullable=False),
        sa.Column("last_scan_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_silent", sa.Boolean(), nullable=False),
        sa.Column("weighed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["code"], ["qr_codes.code"], name=op.f("fk_qr_usage_code_qr_codes")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_qr_usage")),
    )
    op.create_index("ix_qr_usage_scans_28d_code", "qr_usage", ["scans_28d", "code"], unique=False)
    op.create_index(
        "ix_qr_usage_silent",
        "qr_usage",
        ["code"],
        unique=False,
        postgresql_where=sa.text("is_silent"),
    )
    op.create_table(
        "qr_plate_moves",
        sa.Column("plate_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "previous_seq",
            sa.BigInteger(),
            sa.Computed("CASE WHEN seq > 1 THEN seq - 1 END", persisted=True),
            nullable=True,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("photo_key", sa.String(), nullable=True),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(seq = 1 AND from_state IS NULL AND (name, to_state) IN (('adopt', 'installed'),"
            " ('plan', 'planned'))) OR (seq > 1 AND from_state IS NOT NULL AND (name, from_st"
            "ate, to_state) IN (('check', 'installed', 'installed'), ('damage', 'installed', "
            "'damaged'), ('install', 'printed', 'installed'), ('move', 'installed', 'installe"
            "d'), ('print', 'planned', 'printed'), ('repair', 'damaged', 'installed'), ('repl"
            "ace', 'damaged', 'replaced'), ('replace', 'installed', 'replaced'), ('retire', '"
            "damaged', 'retired'), ('retire', 'installed', 'retired'), ('retire', 'planned', "
            "'retired'), ('retire', 'printed', 'retired'), ('withdraw', 'installed', 'retired"
            "'), ('withdraw', 'planned', 'retired')))",
            name=op.f("ck_qr_plate_moves_is_legal"),
        ),
        sa.CheckConstraint(
            "name IN ('adopt', 'plan', 'print', 'withdraw') OR staff_id IS NOT NULL",
            name=op.f("ck_qr_plate_moves_by_somebody"),
        ),
        sa.CheckConstraint(
            "name NOT IN ('damage', 'replace', 'retire') OR note IS NOT NULL",
            name=op.f("ck_qr_plate_moves_says_why"),
        ),
        sa.CheckConstraint(
            "name NOT IN ('install', 'move', 'repair') OR photo_key IS NOT NULL",
            name=op.f("ck_qr_plate_moves_shows_itself"),
        ),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 300", name=op.f("ck_qr_plate_moves_note_length")
        ),
        sa.ForeignKeyConstraint(
            ["plate_id", "previous_seq", "from_state"],
            ["qr_plate_moves.plate_id", "qr_plate_moves.seq", "qr_plate_moves.to_state"],
            name="fk_qr_plate_moves_starts_where_the_last_ended",
        ),
        sa.ForeignKeyConstraint(
            ["plate_id"], ["qr_plates.id"], name=op.f("fk_qr_plate_moves_plate_id_qr_plates")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["qr_sites.id"], name=op.f("fk_qr_plate_moves_site_id_qr_sites")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_qr_plate_moves_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("plate_id", "seq", name=op.f("pk_qr_plate_moves")),
        sa.UniqueConstraint(
            "plate_id", "seq", "to_state", name=op.f("uq_qr_plate_moves_plate_id_seq_to_state")
        ),
        sa.UniqueConstraint("request_key", name=op.f("uq_qr_plate_moves_request_key")),
    )

    op.create_foreign_key(
        "fk_qr_plates_state_is_last_move",
        "qr_plates",
        "qr_plate_moves",
        ["id", "version", "state"],
        ["plate_id", "seq", "to_state"],
        deferrable=True,
        initially="DEFERRED",
    )
    for law in LAWS:
        op.execute(law)


def downgrade() -> None:
    op.drop_constraint("fk_qr_plates_state_is_last_move", "qr_plates", type_="foreignkey")
    for table in (
        "qr_plate_moves",
        "qr_usage",
        "qr_scans",
        "qr_plates",
        "qr_far_reports",
        "qr_site_changes",
        "qr_codes",
        "qr_sites",
        "qr_imports",
        "qr_batches",
        "qr_alarms",
        "qr_unknown_scans",
        "qr_heat",
    ):
        op.drop_table(table)
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
