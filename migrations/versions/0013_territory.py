"""The district's tree, its people and imports; rules that propose a body; a case's place in the tree."""

import sqlalchemy as sa
from alembic import op

from migrations.tables import m0013_territory

revision = "0013_territory"
down_revision = "0012_feeds"
branch_labels = None
depends_on = None

BODY_KINDS = "kind IN ('street', 'town', 'business_area', 'department', 'public_service', 'park', 'community', 'village', 'property', 'company')"
BODY_KINDS_BEFORE = "kind IN ('street', 'town', 'business_area', 'department', 'company')"
CHECKS = {
    "cell_in_a_community_in_a_street": "(community_code IS NULL OR street_code IS NOT NULL)"
    " AND (grid_code IS NULL OR community_code IS NOT NULL)",
    "street_of_a_place": "street_code IS NULL OR latitude IS NOT NULL",
}

# Areas are retired, never deleted or renumbered; what was filed keeps its place; what went live
# is never changed.
TRIGGERS = """
CREATE FUNCTION territory_keep_areas() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an area is retired, not deleted or renumbered'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER territory_areas_are_kept BEFORE DELETE ON territory_areas
    FOR EACH ROW EXECUTE FUNCTION territory_keep_areas();
CREATE TRIGGER territory_areas_keep_their_codes BEFORE UPDATE ON territory_areas
    FOR EACH ROW WHEN (OLD.code <> NEW.code OR OLD.level <> NEW.level)
    EXECUTE FUNCTION territory_keep_areas();

CREATE FUNCTION cases_keep_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a filed case keeps its street, community and cell'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER cases_place_is_kept BEFORE UPDATE ON cases_cases
    FOR EACH ROW WHEN (
        OLD.status NOT IN ('reported', 'accepted', 'verifying') AND OLD.street_code IS NOT NULL
        AND (OLD.street_code, OLD.community_code, OLD.grid_code)
            IS DISTINCT FROM (NEW.street_code, NEW.community_code, NEW.grid_code))
    EXECUTE FUNCTION cases_keep_place();

CREATE FUNCTION cases_keep_live_books() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rules that went live are never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER cases_live_books_are_kept BEFORE UPDATE OR DELETE ON cases_rule_books
    FOR EACH ROW WHEN (OLD.state = 'live') EXECUTE FUNCTION cases_keep_live_books();
CREATE FUNCTION cases_keep_live_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM cases_rule_books WHERE state = 'live'
               AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.book_id END,
                          CASE WHEN TG_OP <> 'DELETE' THEN NEW.book_id END)) THEN
        RAISE EXCEPTION 'rules that went live are never changed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER cases_live_rules_are_kept BEFORE INSERT OR UPDATE OR DELETE ON cases_rules
    FOR EACH ROW EXECUTE FUNCTION cases_keep_live_rules();
"""


def upgrade() -> None:
    m0013_territory.create()
    op.add_column("cases_cases", sa.Column("street_code", sa.String(), nullable=True))
    op.add_column("cases_cases", sa.Column("community_code", sa.String(), nullable=True))
    op.add_column("cases_cases", sa.Column("grid_code", sa.String(), nullable=True))
    op.create_index(
        "ix_cases_cases_street_code", "cases_cases", ["street_code", "id"], unique=False
    )
    op.create_foreign_key(
        op.f("fk_cases_cases_grid_code_territory_areas"),
        "cases_cases",
        "territory_areas",
        ["grid_code"],
        ["code"],
    )
    op.create_foreign_key(
        op.f("fk_cases_cases_street_code_territory_areas"),
        "cases_cases",
        "territory_areas",
        ["street_code"],
        ["code"],
    )
    op.create_foreign_key(
        op.f("fk_cases_cases_community_code_territory_areas"),
        "cases_cases",
        "territory_areas",
        ["community_code"],
        ["code"],
    )
    op.add_column("cases_facts", sa.Column("street_code", sa.String(), nullable=True))
    op.create_index(
        "ix_cases_facts_street_code_reported_at",
        "cases_facts",
        ["street_code", "reported_at"],
        unique=False,
    )
    op.add_column("territory_bodies", sa.Column("area_code", sa.String(), nullable=True))
    op.create_index(
        "ix_territory_bodies_area_code", "territory_bodies", ["area_code"], unique=False
    )
    op.create_foreign_key(
        op.f("fk_territory_bodies_area_code_territory_areas"),
        "territory_bodies",
        "territory_areas",
        ["area_code"],
        ["code"],
    )

    op.drop_constraint(op.f("ck_territory_bodies_kind"), "territory_bodies", type_="check")
    op.create_check_constraint(op.f("ck_territory_bodies_kind"), "territory_bodies", BODY_KINDS)
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_cases_cases_{name}"), "cases_cases", rule)
    op.execute(TRIGGERS)


def downgrade() -> None:
    op.execute("DROP TRIGGER cases_place_is_kept ON cases_cases")
    op.execute("DROP FUNCTION cases_keep_place")
    # Kinds that the release before does not know.
    op.execute(
        "UPDATE territory_bodies SET kind = 'company'"
        " WHERE kind IN ('public_service', 'park', 'community', 'village', 'property')"
    )
    op.drop_constraint(op.f("ck_territory_bodies_kind"), "territory_bodies", type_="check")
    op.create_check_constraint(
        op.f("ck_territory_bodies_kind"), "territory_bodies", BODY_KINDS_BEFORE
    )
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_cases_cases_{name}"), "cases_cases", type_="check")
    op.drop_constraint(
        op.f("fk_territory_bodies_area_code_territory_areas"),
        "territory_bodies",
        type_="foreignkey",
    )
    op.drop_index("ix_territory_bodies_area_code", table_name="territory_bodies")
    op.drop_column("territory_bodies", "area_code")
    op.drop_index("ix_cases_facts_street_code_reported_at", table_name="cases_facts")
    op.drop_column("cases_facts", "street_code")
    op.drop_constraint(
        op.f("fk_cases_cases_community_code_territory_areas"), "cases_cases", type_="foreignkey"
    )
    op.drop_constraint(
        op.f("fk_cases_cases_street_code_territory_areas"), "cases_cases", type_="foreignkey"
    )
    op.drop_constraint(
        op.f("fk_cases_cases_grid_code_territory_areas"), "cases_cases", type_="foreignkey"
    )
    op.drop_index("ix_cases_cases_street_code", table_name="cases_cases")
    op.drop_column("cases_cases", "grid_code")
    op.drop_column("cases_cases", "community_code")
    op.drop_column("cases_cases", "street_code")
    op.drop_table("cases_rules")
    op.drop_table("territory_imports")
    op.drop_index(
        "ix_cases_rule_books_one_draft",
        table_name="cases_rule_books",
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.drop_table("cases_rule_books")
    op.drop_table("territory_people")
    op.drop_index("ix_territory_areas_parent_code", table_name="territory_areas")
    op.drop_index(
        "ix_territory_areas_one_district",
        table_name="territory_areas",
        postgresql_where=sa.text("is_active AND level = 1"),
    )
    op.drop_index(
        "ix_territory_areas_box",
        table_name="territory_areas",
        postgresql_using="gist",
        postgresql_where=sa.text("is_active"),
    )
    op.drop_table("territory_areas")
    op.execute("DROP FUNCTION cases_keep_live_rules")
    op.execute("DROP FUNCTION cases_keep_live_books")
    op.execute("DROP FUNCTION territory_keep_areas")
