"""Signs: sites, codes, plates and how each changed; scans, alarms, figures."""

from alembic import op

from migrations.tables import m0010_places, m0010_plates

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
    m0010_places.create()
    m0010_plates.create()
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
