"""Convenience: kinds, facilities, how they change, imports, residents' corrections and ratings."""

import sqlalchemy as sa
from alembic import op

from migrations.tables import m0002_changes, m0002_facilities

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
    m0002_facilities.create()
    m0002_changes.create()
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
