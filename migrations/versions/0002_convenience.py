"""Convenience: kinds, facilities, how they change, imports, residents' corrections and ratings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_convenience"
down_revision = "0001_first_tables"
branch_labels = None
depends_on = None

# What a facility's content is: a change of it makes a revision and keeps what was before.
CONTENT = """
    kind, name, street, address, latitude, longitude, cell, hours, hours_fault, fee, is_free,
    is_accessible, has_family_room, has_nursing_room, has_paper, is_indoor, gender, phone, keeper,
    capacity, photo_key, verified_on, source, is_demo, removed_at, removal_reason, import_id,
    staff_id
"""


def _of(row: str) -> str:
    return ", ".join(f"{row}.{column.strip()}" for column in CONTENT.split(","))


REVISE = f"""
CREATE FUNCTION convenience_revise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Indexes in other processes ask what transactions wrote that they had not seen (following.py).
    NEW.changed_in := pg_current_xact_id()::text::bigint;
    IF TG_OP = 'INSERT' THEN
        NEW.revision := nextval('convenience_revisions');
        RETURN NEW;
    END IF;
    IF NEW.code <> OLD.code THEN
        RAISE EXCEPTION 'the code of a facility stays' USING ERRCODE = 'restrict_violation';
    END IF;
    -- An undo puts the revision of before back, together with its content.
    IF NEW.revision >= OLD.revision THEN
        NEW.revision := OLD.revision;
        IF ROW({_of("NEW")}) IS DISTINCT FROM ROW({_of("OLD")}) THEN
            NEW.revision := nextval('convenience_revisions');
        END IF;
    END IF;
    IF NEW.revision <> OLD.revision OR NEW.is_doubtful <> OLD.is_doubtful THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END $$
"""
REVISES = """
CREATE TRIGGER convenience_facilities_revise
BEFORE INSERT OR UPDATE ON convenience_facilities
FOR EACH ROW EXECUTE FUNCTION convenience_revise()
"""
# Once a statement, not once a row: an import writes a million.
KEEP_ADDED = """
CREATE FUNCTION convenience_keep_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO convenience_changes (id, facility_id, import_id, staff_id)
    SELECT revision, id, import_id, staff_id FROM added;
    RETURN NULL;
END $$
"""
KEEPS_ADDED = """
CREATE TRIGGER convenience_facilities_keep_added
AFTER INSERT ON convenience_facilities
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION convenience_keep_added()
"""
# The plan is made once, for the few rows of the first update: a nested loop would then meet a million.
KEEP_BEFORE = """
CREATE FUNCTION convenience_keep_before() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = off AS $$
BEGIN
    INSERT INTO convenience_changes (id, facility_id, import_id, staff_id, before)
    SELECT now_.revision, now_.id, now_.import_id, now_.staff_id,
        to_jsonb(was) - '{id,code,free_spaces,free_spaces_at,is_doubtful,updated_at,changed_in}'::text[]
    FROM changed AS now_ JOIN before AS was USING (id)
    WHERE now_.revision > was.revision;
    RETURN NULL;
END $$
"""
KEEPS_BEFORE = """
CREATE TRIGGER convenience_facilities_keep_before
AFTER UPDATE ON convenience_facilities
REFERENCING OLD TABLE AS before NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION convenience_keep_before()
"""
CHANGES_ARE_APPENDED = """
CREATE TRIGGER convenience_changes_are_appended
BEFORE UPDATE OR DELETE OR TRUNCATE ON convenience_changes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
KEEP_IMPORTS = """
CREATE TRIGGER convenience_imports_are_kept
BEFORE DELETE ON convenience_imports
FOR EACH ROW WHEN (OLD.applied_at IS NOT NULL)
EXECUTE FUNCTION refuse_change()
"""
KEEP_TOMBSTONES = """
CREATE FUNCTION convenience_keep_tombstones() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a facility is removed by removed_at, not deleted'
        USING ERRCODE = 'restrict_violation';
END $$
"""
KEEPS_TOMBSTONES = """
CREATE TRIGGER convenience_facilities_keep_tombstones
BEFORE DELETE ON convenience_facilities
FOR EACH ROW
WHEN (OLD.removed_at IS NULL OR OLD.removed_at > now() - interval '1 hour')
EXECUTE FUNCTION convenience_keep_tombstones()
"""
# Several people who do not know of each other make an entry doubtful until somebody looks.
# The lock comes first, in a statement of its own: the count must see who held it before.
DOUBT = """
CREATE FUNCTION convenience_doubt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Before the row's lock: an import that holds the table waits for rows last.
    LOCK TABLE convenience_facilities IN ROW EXCLUSIVE MODE;
    PERFORM 1 FROM convenience_facilities WHERE id = NEW.facility_id FOR UPDATE;
    UPDATE convenience_facilities AS f SET is_doubtful = d.doubt
    FROM (
        SELECT count(DISTINCT reporter) >= 3 AS doubt
        FROM convenience_corrections
        WHERE facility_id = NEW.facility_id AND state = 'open'
            AND kind IN ('closed', 'moved', 'hours', 'not_there')
    ) AS d
    WHERE f.id = NEW.facility_id AND f.is_doubtful <> d.doubt;
    RETURN NULL;
END $$
"""
DOUBTS = """
CREATE TRIGGER convenience_corrections_doubt
AFTER INSERT OR UPDATE OF state ON convenience_corrections
FOR EACH ROW EXECUTE FUNCTION convenience_doubt()
"""
LAWS = (
    REVISE,
    REVISES,
    KEEP_ADDED,
    KEEPS_ADDED,
    KEEP_BEFORE,
    KEEPS_BEFORE,
    CHANGES_ARE_APPENDED,
    KEEP_IMPORTS,
    KEEP_TOMBSTONES,
    KEEPS_TOMBSTONES,
    DOUBT,
    DOUBTS,
)
FUNCTIONS = (
    "convenience_revise",
    "convenience_keep_added",
    "convenience_keep_before",
    "convenience_keep_tombstones",
    "convenience_doubt",
)
TABLES = (
    "convenience_ratings",
    "convenience_corrections",
    "convenience_changes",
    "convenience_facilities",
    "convenience_mappings",
    "convenience_imports",
    "convenience_kinds",
)
KINDS = (
    ("toilet", "公厕", ["公共厕所", "厕所", "卫生间", "洗手间", "公廁", "廁所"], 10, True),
    ("police_kiosk", "治安岗亭", ["岗亭", "警务亭", "治安亭", "便民警务站"], 20, False),
    ("parking", "停车场", ["停车", "车库", "停车位", "停车楼", "停車場"], 30, False),
    ("car_wash", "洗车点", ["洗车", "洗车场", "洗车店", "洗車"], 40, False),
)


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("convenience_revisions")))
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
    for law in LAWS:
        op.execute(law)
    kinds = sa.table(
        "convenience_kinds",
        sa.column("code", sa.String()),
        sa.column("name", sa.String()),
        sa.column("aliases", sa.ARRAY(sa.Text())),
        sa.column("position", sa.BigInteger()),
        sa.column("is_rated", sa.Boolean()),
    )
    names = ("code", "name", "aliases", "position", "is_rated")
    op.bulk_insert(kinds, [dict(zip(names, kind, strict=True)) for kind in KINDS])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
    op.execute(sa.schema.DropSequence(sa.Sequence("convenience_revisions")))
