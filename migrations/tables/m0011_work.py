"""Tables of migration 0011: campaigns, office hours, facts, permits, followers. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    create_cases_campaigns()
    create_cases_office_hours()
    create_cases_special_days()
    create_cases_facts()
    create_cases_followers()
    create_cases_permits()
    create_cases_saved_views()
    create_cases_supervisions()
    create_cases_tags()
    create_cases_urges()


def create_cases_campaigns() -> None:
    op.create_table(
        "cases_campaigns",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 30", name=op.f("ck_cases_campaigns_name_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_cases_campaigns_name")),
    )


def create_cases_office_hours() -> None:
    op.create_table(
        "cases_office_hours",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slots", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_cases_office_hours_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_office_hours")),
    )


def create_cases_special_days() -> None:
    op.create_table(
        "cases_special_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slots", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 100", name=op.f("ck_cases_special_days_note_length")
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_cases_special_days")),
    )


def create_cases_facts() -> None:
    op.create_table(
        "cases_facts",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("class_code", sa.String(), nullable=True),
        sa.Column("body_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("bodies", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reworks", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verify_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatch_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispose_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stars", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["body_id"],
            ["territory_bodies.id"],
            name=op.f("fk_cases_facts_body_id_territory_bodies"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_facts_case_id_cases_cases")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases_facts")),
    )
    op.create_index(
        "ix_cases_facts_body_id_reported_at",
        "cases_facts",
        ["body_id", "reported_at"],
        unique=False,
    )
    op.create_index("ix_cases_facts_reported_at", "cases_facts", ["reported_at"], unique=False)


def create_cases_followers() -> None:
    op.create_table(
        "cases_followers",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "followed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_followers_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_cases_followers_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("case_id", "citizen_id", name=op.f("pk_cases_followers")),
    )
    op.create_index(
        "ix_cases_followers_citizen_id", "cases_followers", ["citizen_id"], unique=False
    )


def create_cases_permits() -> None:
    op.create_table(
        "cases_permits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'asked'"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column(
            "asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("endorsed_by", sa.BigInteger(), nullable=True),
        sa.Column("endorsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_key", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'extension' AND state = 'granted') = (number IS NOT NULL)",
            name=op.f("ck_cases_permits_is_numbered"),
        ),
        sa.CheckConstraint(
            "(kind = 'suspension') = (until IS NOT NULL)",
            name=op.f("ck_cases_permits_suspended_until"),
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (endorsed_by IS NULL AND decided_by IS NULL)",
            name=op.f("ck_cases_permits_asked"),
        ),
        sa.CheckConstraint(
            "(state IN ('granted', 'refused')) = (decided_by IS NOT NULL)",
            name=op.f("ck_cases_permits_decided"),
        ),
        sa.CheckConstraint(
            "kind IN ('extension', 'suspension')", name=op.f("ck_cases_permits_kind")
        ),
        sa.CheckConstraint(
            "state <> 'granted' OR (endorsed_by IS NOT NULL AND decided_by <> endorsed_by AND decided_by <> asked_by)",
            name=op.f("ck_cases_permits_granted_by_two"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'endorsed', 'granted', 'refused')",
            name=op.f("ck_cases_permits_state"),
        ),
        sa.CheckConstraint(
            "length(reason) BETWEEN 1 AND 500", name=op.f("ck_cases_permits_reason_length")
        ),
        sa.CheckConstraint(
            "num_nulls(endorsed_by, endorsed_at) IN (0, 2) AND num_nulls(decided_by, decided_at) IN (0, 2)",
            name=op.f("ck_cases_permits_signed_and_dated"),
        ),
        sa.CheckConstraint("number BETWEEN 1 AND 2", name=op.f("ck_cases_permits_most_extensions")),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_permits_asked_by_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_permits_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_permits_decided_by_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["endorsed_by"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_permits_endorsed_by_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_permits")),
        sa.UniqueConstraint("request_key", name=op.f("uq_cases_permits_request_key")),
    )
    op.create_index("ix_cases_permits_case_id", "cases_permits", ["case_id"], unique=False)
    op.create_index(
        "ix_cases_permits_extensions",
        "cases_permits",
        ["case_id", "number"],
        unique=True,
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_permits_one_suspension",
        "cases_permits",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'suspension' AND state = 'granted'"),
    )
    op.create_index(
        "ix_cases_permits_pending",
        "cases_permits",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'endorsed')"),
    )
    op.create_index(
        "ix_cases_permits_until",
        "cases_permits",
        ["until"],
        unique=False,
        postgresql_where=sa.text("kind = 'suspension' AND state = 'granted' AND ended_at IS NULL"),
    )


def create_cases_saved_views() -> None:
    op.create_table(
        "cases_saved_views",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 20", name=op.f("ck_cases_saved_views_name_length")
        ),
        sa.CheckConstraint("length(query) <= 500", name=op.f("ck_cases_saved_views_query_length")),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_saved_views_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_saved_views")),
        sa.UniqueConstraint("staff_id", "name", name=op.f("uq_cases_saved_views_staff_id_name")),
    )


def create_cases_supervisions() -> None:
    op.create_table(
        "cases_supervisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 500", name=op.f("ck_cases_supervisions_note_length")
        ),
        sa.CheckConstraint(
            "num_nulls(lifted_by, lifted_at) IN (0, 2)", name=op.f("ck_cases_supervisions_lifted")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_supervisions_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_supervisions_lifted_by_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_supervisions_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_supervisions")),
    )
    op.create_index(
        "ix_cases_supervisions_case_id", "cases_supervisions", ["case_id"], unique=False
    )
    op.create_index(
        "ix_cases_supervisions_open",
        "cases_supervisions",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )


def create_cases_tags() -> None:
    op.create_table(
        "cases_tags",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["cases_campaigns.id"],
            name=op.f("fk_cases_tags_campaign_id_cases_campaigns"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_tags_case_id_cases_cases")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["accounts_staff.id"], name=op.f("fk_cases_tags_staff_id_accounts_staff")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "case_id", name=op.f("pk_cases_tags")),
    )
    op.create_index("ix_cases_tags_case_id", "cases_tags", ["case_id"], unique=False)


def create_cases_urges() -> None:
    op.create_table(
        "cases_urges",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_urges_case_id_cases_cases")
        ),
        sa.PrimaryKeyConstraint("case_id", "day", name=op.f("pk_cases_urges")),
    )
