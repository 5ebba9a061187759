"""Signs: print jobs of the desk, what people say of plates, check files, photos of places, search."""

from alembic import op

from migrations.tables import m0018_signs

revision = "0018_signs_desk"
down_revision = "0017_door"
branch_labels = None
depends_on = None

# All letters of some words and all pairs of neighbours: Chinese is searched by two characters, where
# the trigrams that PostgreSQL brings along find nothing.
GRAMS = """
CREATE FUNCTION qr_grams(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(lower(words), place, width)), '{}')
    FROM generate_series(1, length(words)) AS place, generate_series(1, 2) AS width
    WHERE place + width - 1 <= length(words)
$$
"""
CONTENT = """
    number, name, kind, address, latitude, longitude, cell, is_demo, removed_at, import_id, staff_id
"""


def _of(row: str) -> str:
    return ", ".join(f"{row}.{column.strip()}" for column in CONTENT.split(","))


def _revise_site(more: str = "") -> str:
    return f"""
CREATE OR REPLACE FUNCTION qr_revise_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id()::text::bigint;{more}
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


WITH_GRAMS = """
    NEW.grams := qr_grams(concat_ws(' ', NEW.number, NEW.name, NEW.address));"""
# A photo and what is searched for are no history of the place.
KEEP_SITE = """
CREATE OR REPLACE FUNCTION qr_keep_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO qr_site_changes (site_id, revision, import_id, staff_id)
        VALUES (NEW.id, NEW.revision, NEW.import_id, NEW.staff_id);
    ELSIF NEW.revision > OLD.revision THEN
        INSERT INTO qr_site_changes (site_id, revision, import_id, staff_id, before)
        VALUES (NEW.id, NEW.revision, NEW.import_id, NEW.staff_id,
            to_jsonb(OLD) - '{%s}'::text[]);
    END IF;
    RETURN NULL;
END $$
"""
BEFORE = "id,revision,updated_at,changed_in"


def upgrade() -> None:
    op.execute(GRAMS)
    m0018_signs.create()
    op.execute(_revise_site(WITH_GRAMS))
    op.execute(KEEP_SITE % f"{BEFORE},grams,photo_key")
    op.execute("UPDATE qr_sites SET grams = '{}'")  # the trigger says what they are


def downgrade() -> None:
    op.execute(_revise_site())
    op.execute(KEEP_SITE % BEFORE)
    m0018_signs.drop()
    op.execute("DROP FUNCTION qr_grams")
