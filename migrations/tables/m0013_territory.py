"""Tables of migration 0013: the district's tree, its people and imports, rules. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    create_territory_areas()
    create_territory_people()
    create_territory_imports()
    create_cases_rule_books()
    create_cases_rules()


def create_territory_areas() -> None:
    op.create_table(
        "territory_areas",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_code", sa.String(), nullable=True),
        sa.Column(
            "parent_level",
            sa.BigInteger(),
            sa.Computed("CASE WHEN level > 1 THEN level - 1 END", persisted=True),
            nullable=True,
        ),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "needs_active_parent",
            sa.Boolean(),
            sa.Computed("CASE WHEN is_active THEN true END", persisted=True),
            nullable=True,
        ),
        sa.Column("shape", sa.LargeBinary(), nullable=True),
        sa.Column("west", sa.Double(), nullable=True),
        sa.Column("south", sa.Double(), nullable=True),
        sa.Column("east", sa.Double(), nullable=True),
        sa.Column("north", sa.Double(), nullable=True),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(level, kind) IN ((1, 'district'), (2, 'street'), (2, 'town'), (2, 'business_area'), (3, 'community'), (3, 'village'), (4, 'grid'))",
            name=op.f("ck_territory_areas_kind_of_its_level"),
        ),
        sa.CheckConstraint(
            "code ~ CASE level WHEN 1 THEN '^[0-9]{6}$' WHEN 2 THEN '^[0-9]{6}([0-9]{3}|-[A-Z][0-9]{1,2})$' ELSE '^[0-9]{6}[0-9A-Z-]{3,18}$' END",
            name=op.f("ck_territory_areas_code"),
        ),
        sa.CheckConstraint(
            '"left"(code, 6) = "left"(parent_code, 6)',
            name=op.f("ck_territory_areas_code_of_one_district"),
        ),
        sa.CheckConstraint(
            "(level = 1) = (parent_code IS NULL)",
            name=op.f("ck_territory_areas_all_but_the_root_have_a_parent"),
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_territory_areas_name_length")
        ),
        sa.CheckConstraint(
            "num_nulls(shape, west, south, east, north) IN (0, 5)",
            name=op.f("ck_territory_areas_shaped_wholly_or_not"),
        ),
        sa.CheckConstraint(
            "octet_length(shape) <= 1000000", name=op.f("ck_territory_areas_shape_size")
        ),
        sa.CheckConstraint(
            "west < east AND south < north AND west >= -180 AND east <= 180 AND south >= -90 AND north <= 90",
            name=op.f("ck_territory_areas_on_earth"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_code", "parent_level", "needs_active_parent"],
            ["territory_areas.code", "territory_areas.level", "territory_areas.is_active"],
            name="fk_territory_areas_active_under_active",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["parent_code", "parent_level"],
            ["territory_areas.code", "territory_areas.level"],
            name="fk_territory_areas_parent_is_one_level_up",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_territory_areas")),
        sa.UniqueConstraint(
            "code", "level", "is_active", name=op.f("uq_territory_areas_code_level_is_active")
        ),
        sa.UniqueConstraint("code", "level", name=op.f("uq_territory_areas_code_level")),
    )
    op.create_index(
        "ix_territory_areas_box",
        "territory_areas",
        [sa.literal_column("box(point(east, north), point(west, south))")],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(
        "ix_territory_areas_one_district",
        "territory_areas",
        ["level"],
        unique=True,
        postgresql_where=sa.text("is_active AND level = 1"),
    )
    op.create_index(
        "ix_territory_areas_parent_code", "territory_areas", ["parent_code"], unique=False
    )


def create_territory_people() -> None:
    op.create_table(
        "territory_people",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("body_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "length(duty) BETWEEN 1 AND 20", name=op.f("ck_territory_people_duty_length")
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_territory_people_name_length")
        ),
        sa.CheckConstraint(
            "length(phone) BETWEEN 3 AND 32", name=op.f("ck_territory_people_phone_length")
        ),
        sa.ForeignKeyConstraint(
            ["area_code"],
            ["territory_areas.code"],
            name=op.f("fk_territory_people_area_code_territory_areas"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id"],
            ["territory_bodies.id"],
            name=op.f("fk_territory_people_body_id_territory_bodies"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_people")),
        sa.UniqueConstraint(
            "area_code", "duty", "name", name=op.f("uq_territory_people_area_code_duty_name")
        ),
    )


def create_territory_imports() -> None:
    op.create_table(
        "territory_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_key", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("wish", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)",
            name=op.f("ck_territory_imports_applied_at"),
        ),
        sa.CheckConstraint(
            "state IN ('checked', 'applied')", name=op.f("ck_territory_imports_state")
        ),
        sa.CheckConstraint(
            "length(file_name) BETWEEN 1 AND 200",
            name=op.f("ck_territory_imports_file_name_length"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_territory_imports_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_imports")),
    )


def create_cases_rule_books() -> None:
    op.create_table(
        "cases_rule_books",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tried_revision", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("live_by", sa.BigInteger(), nullable=True),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'live') = (live_at IS NOT NULL)", name=op.f("ck_cases_rule_books_live_since")
        ),
        sa.CheckConstraint(
            "state <> 'live' OR coalesce(tried_revision, -1) = revision",
            name=op.f("ck_cases_rule_books_tried_before_live"),
        ),
        sa.CheckConstraint("state IN ('draft', 'live')", name=op.f("ck_cases_rule_books_state")),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 200", name=op.f("ck_cases_rule_books_note_length")
        ),
        sa.ForeignKeyConstraint(
            ["live_by"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_rule_books_live_by_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_rule_books_made_by_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_rule_books")),
    )
    op.create_index(
        "ix_cases_rule_books_one_draft",
        "cases_rule_books",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )


def create_cases_rules() -> None:
    op.create_table(
        "cases_rules",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("class_key", sa.String(), nullable=True),
        sa.Column("area_code", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("from_minute", sa.BigInteger(), nullable=True),
        sa.Column("to_minute", sa.BigInteger(), nullable=True),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "class_key ~ '^[CE]([0-9]{2}){0,2}$'", name=op.f("ck_cases_rules_class_key")
        ),
        sa.CheckConstraint(
            "source IN ('wechat', 'page', 'sign', 'open311', 'patrol', 'video', 'hotline', 'sensor')",
            name=op.f("ck_cases_rules_source"),
        ),
        sa.CheckConstraint(
            "from_minute BETWEEN 0 AND 1439 AND to_minute BETWEEN 0 AND 1439 AND from_minute <> to_minute",
            name=op.f("ck_cases_rules_minutes"),
        ),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 100", name=op.f("ck_cases_rules_note_length")
        ),
        sa.CheckConstraint("no > 0", name=op.f("ck_cases_rules_no")),
        sa.CheckConstraint(
            "num_nulls(from_minute, to_minute) IN (0, 2)", name=op.f("ck_cases_rules_from_and_to")
        ),
        sa.ForeignKeyConstraint(
            ["area_code"],
            ["territory_areas.code"],
            name=op.f("fk_cases_rules_area_code_territory_areas"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id"],
            ["territory_bodies.id"],
            name=op.f("fk_cases_rules_body_id_territory_bodies"),
        ),
        sa.ForeignKeyConstraint(
            ["book_id"],
            ["cases_rule_books.id"],
            name=op.f("fk_cases_rules_book_id_cases_rule_books"),
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_rules_changed_by_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("book_id", "no", name=op.f("pk_cases_rules")),
        sa.UniqueConstraint(
            "book_id",
            "class_key",
            "area_code",
            "source",
            "from_minute",
            "to_minute",
            name="uq_cases_rules_one_answer",
            postgresql_nulls_not_distinct=True,
        ),
    )
