"""The whole workflow: more states and moves, clocks, requests, followers, ratings, tags, figures."""

import sqlalchemy as sa
from alembic import op

revision = "0011_workflow"
down_revision = "0010_signs"
branch_labels = None
depends_on = None

# Each a table, a name, and a rule.
CHECKS = (
    (
        "cases_cases",
        "status",
        "status IN ('reported', 'accepted', 'verifying', 'filed', 'dispatched', 'suspended', 'handled', 'disposed', 'checked', 'closed', 'force_closed', 'refused', 'voided', 'merged')",
    ),
    (
        "cases_cases",
        "somebody_is_responsible",
        "status NOT IN ('dispatched', 'suspended', 'handled', 'disposed', 'checked', 'closed') OR body_id IS NOT NULL",
    ),
    (
        "cases_moves",
        "is_legal",
        "(seq = 1 AND name = 'report' AND from_status IS NULL AND to_status = 'reported' AND staff_id IS NULL) OR (seq > 1 AND (staff_id IS NOT NULL OR name IN ('resume')) AND from_status IS NOT NULL AND (name, from_status, to_status) IN (('accept', 'reported', 'accepted'), ('check', 'disposed', 'checked'), ('close', 'checked', 'closed'), ('close', 'disposed', 'closed'), ('dispatch', 'filed', 'dispatched'), ('dispose', 'dispatched', 'disposed'), ('extend', 'dispatched', 'dispatched'), ('feedback', 'handled', 'disposed'), ('file', 'accepted', 'filed'), ('file', 'reported', 'filed'), ('force_close', 'checked', 'force_closed'), ('force_close', 'dispatched', 'force_closed'), ('force_close', 'disposed', 'force_closed'), ('force_close', 'filed', 'force_closed'), ('force_close', 'handled', 'force_closed'), ('force_close', 'suspended', 'force_closed'), ('handle', 'dispatched', 'handled'), ('merge', 'accepted', 'merged'), ('merge', 'filed', 'merged'), ('merge', 'reported', 'merged'), ('readmit', 'refused', 'accepted'), ('readmit', 'voided', 'accepted'), ('redo', 'handled', 'dispatched'), ('refuse', 'accepted', 'refused'), ('refuse', 'reported', 'refused'), ('reopen', 'closed', 'filed'), ('reopen', 'force_closed', 'filed'), ('resume', 'suspended', 'dispatched'), ('return', 'dispatched', 'filed'), ('revisit', 'closed', 'closed'), ('revisit', 'force_closed', 'force_closed'), ('rework', 'checked', 'dispatched'), ('rework', 'disposed', 'dispatched'), ('split', 'merged', 'accepted'), ('suspend', 'dispatched', 'suspended'), ('verified', 'verifying', 'accepted'), ('verify', 'accepted', 'verifying'), ('verify', 'reported', 'verifying'), ('void', 'dispatched', 'voided'), ('void', 'filed', 'voided')))",
    ),
    ("cases_photos", "purpose", "purpose IN ('report', 'disposal', 'check', 'verify')"),
    (
        "cases_cases",
        "merged",
        "(status = 'merged') = (merged_into IS NOT NULL) AND merged_into <> id",
    ),
    (
        "cases_cases",
        "refuse_reason_length",
        "refuse_reason IS NULL OR length(refuse_reason) BETWEEN 1 AND 30",
    ),
)
BEFORE = (
    (
        "cases_cases",
        "status",
        "status IN ('reported', 'filed', 'dispatched', 'disposed', 'closed', 'refused')",
    ),
    (
        "cases_cases",
        "somebody_is_responsible",
        "status NOT IN ('dispatched', 'disposed', 'closed') OR body_id IS NOT NULL",
    ),
    (
        "cases_moves",
        "is_legal",
        "(seq = 1 AND name = 'report' AND from_status IS NULL AND to_status = 'reported' AND staff_id IS NULL) OR (seq > 1 AND staff_id IS NOT NULL AND from_status IS NOT NULL AND (name, from_status, to_status) IN (('close', 'disposed', 'closed'), ('dispatch', 'filed', 'dispatched'), ('dispose', 'dispatched', 'disposed'), ('file', 'reported', 'filed'), ('refuse', 'reported', 'refused'), ('return', 'dispatched', 'filed'), ('rework', 'disposed', 'dispatched')))",
    ),
    ("cases_photos", "purpose", "purpose IN ('report', 'disposal')"),
)

# The facts and clocks of cases that were reported before there were any: what their moves say.
FACTS = """
INSERT INTO cases_facts (case_id, reported_at, source, class_code, body_id, status, filed_at,
    dispatched_at, disposed_at, closed_at, answered_at, reworks)
SELECT c.id, c.reported_at, c.source, c.class_code, c.body_id, c.status,
    min(m.at) FILTER (WHERE m.name = 'file'), min(m.at) FILTER (WHERE m.name = 'dispatch'),
    CASE WHEN c.status IN ('disposed', 'closed')
        THEN max(m.at) FILTER (WHERE m.name = 'dispose') END,
    max(m.at) FILTER (WHERE m.name = 'close'),
    max(m.at) FILTER (WHERE m.name IN ('close', 'refuse')),
    count(*) FILTER (WHERE m.name = 'rework')
FROM cases_cases c JOIN cases_moves m ON m.case_id = c.id GROUP BY c.id
"""


def upgrade() -> None:
    for table, name, _ in BEFORE:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
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
    op.create_table(
        "cases_office_hours",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slots", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_cases_office_hours_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_office_hours")),
    )
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
    op.create_table(
        "cases_pleas",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'asked'"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('objection', 'reopening')", name=op.f("ck_cases_pleas_kind")),
        sa.CheckConstraint(
            "num_nulls(answered_by, answered_at) = CASE WHEN state = 'asked' THEN 2 ELSE 0 END",
            name=op.f("ck_cases_pleas_answered"),
        ),
        sa.CheckConstraint(
            "state <> 'declined' OR answer IS NOT NULL",
            name=op.f("ck_cases_pleas_declined_with_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'granted', 'declined')", name=op.f("ck_cases_pleas_state")
        ),
        sa.CheckConstraint(
            "length(reason) BETWEEN 1 AND 500", name=op.f("ck_cases_pleas_reason_length")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["accounts_staff.id"],
            name=op.f("fk_cases_pleas_answered_by_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "seq"],
            ["cases_moves.case_id", "cases_moves.seq"],
            name=op.f("fk_cases_pleas_case_id_cases_moves"),
        ),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_cases_pleas")),
    )
    op.create_index(
        "ix_cases_pleas_waiting",
        "cases_pleas",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "cases_ratings",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stars", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column(
            "rated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "length(reason) BETWEEN 1 AND 500", name=op.f("ck_cases_ratings_reason_length")
        ),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_cases_ratings_stars")),
        sa.ForeignKeyConstraint(
            ["case_id", "seq"],
            ["cases_moves.case_id", "cases_moves.seq"],
            name=op.f("fk_cases_ratings_case_id_cases_moves"),
        ),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_cases_ratings")),
    )
    op.create_table(
        "cases_stages",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("begun_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=True),
        sa.Column("limit_value", sa.BigInteger(), nullable=False),
        sa.Column("limit_unit", sa.String(), nullable=False),
        sa.Column("whole_s", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_s", sa.Double(), nullable=True),
        sa.Column("ended_seq", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "limit_unit IN ('minute', 'urgent_hour', 'work_hour', 'work_day', 'natural_day')",
            name=op.f("ck_cases_stages_unit"),
        ),
        sa.CheckConstraint(
            "stage IN ('accept', 'verify', 'dispatch', 'dispose', 'check', 'close', 'answer')",
            name=op.f("ck_cases_stages_stage"),
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR paused_at IS NULL",
            name=op.f("ck_cases_stages_ended_is_not_paused"),
        ),
        sa.CheckConstraint(
            "limit_value > 0 AND whole_s > 0", name=op.f("ck_cases_stages_limit_is_some")
        ),
        sa.CheckConstraint(
            "num_nulls(ended_seq, ended_at) IN (0, 2)", name=op.f("ck_cases_stages_ended_by_a_move")
        ),
        sa.CheckConstraint(
            "num_nulls(paused_at, left_s) IN (0, 2)",
            name=op.f("ck_cases_stages_paused_keeps_the_rest"),
        ),
        sa.CheckConstraint("warn_at <= due_at", name=op.f("ck_cases_stages_yellow_before_red")),
        sa.ForeignKeyConstraint(
            ["body_id"],
            ["territory_bodies.id"],
            name=op.f("fk_cases_stages_body_id_territory_bodies"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "begun_seq"],
            ["cases_moves.case_id", "cases_moves.seq"],
            name=op.f("fk_cases_stages_case_id_cases_moves"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "ended_seq"],
            ["cases_moves.case_id", "cases_moves.seq"],
            name="fk_cases_stages_ended_by",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases_cases.id"], name=op.f("fk_cases_stages_case_id_cases_cases")
        ),
        sa.PrimaryKeyConstraint("case_id", "begun_seq", "stage", name=op.f("pk_cases_stages")),
    )
    op.create_index(
        "ix_cases_stages_running",
        "cases_stages",
        ["case_id", "stage"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_cases_stages_turning_yellow",
        "cases_stages",
        ["warn_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL AND paused_at IS NULL"),
    )
    op.create_table(
        "cases_reminders",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("begun_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("percent", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("percent IN (80, 100)", name=op.f("ck_cases_reminders_percent")),
        sa.ForeignKeyConstraint(
            ["case_id", "begun_seq", "stage"],
            ["cases_stages.case_id", "cases_stages.begun_seq", "cases_stages.stage"],
            name=op.f("fk_cases_reminders_case_id_cases_stages"),
        ),
        sa.PrimaryKeyConstraint(
            "case_id", "begun_seq", "stage", "percent", "due_at", name=op.f("pk_cases_reminders")
        ),
    )
    op.create_index("ix_cases_reminders_made_at", "cases_reminders", ["made_at"], unique=False)
    op.add_column("cases_cases", sa.Column("condition", sa.String(), nullable=True))
    op.add_column("cases_cases", sa.Column("refuse_reason", sa.String(), nullable=True))
    op.add_column("cases_cases", sa.Column("merged_into", sa.BigInteger(), nullable=True))
    op.add_column(
        "cases_cases",
        sa.Column("is_supervised", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "cases_cases",
        sa.Column("urges", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("cases_cases", sa.Column("stage", sa.String(), nullable=True))
    op.add_column(
        "cases_cases", sa.Column("stage_warn_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "cases_cases", sa.Column("stage_due_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("cases_cases", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "cases_cases", sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.drop_index(op.f("ix_cases_cases_body_id"), table_name="cases_cases")
    op.create_index("ix_cases_cases_body_id", "cases_cases", ["body_id", "id"], unique=False)
    op.create_index("ix_cases_cases_class_code", "cases_cases", ["class_code", "id"], unique=False)
    op.create_index(
        "ix_cases_cases_merged_into",
        "cases_cases",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_cases_near",
        "cases_cases",
        [sa.literal_column('"left"(cell, 7)')],
        unique=False,
        postgresql_where=sa.text(
            "status IN ('reported', 'accepted', 'verifying', 'filed', 'dispatched', 'suspended', 'handled', 'disposed', 'checked')"
        ),
    )
    op.create_index(
        "ix_cases_cases_open",
        "cases_cases",
        ["id"],
        unique=False,
        postgresql_where=sa.text(
            "status IN ('reported', 'accepted', 'verifying', 'filed', 'dispatched', 'suspended', 'handled', 'disposed', 'checked')"
        ),
    )
    op.create_index(
        "ix_cases_cases_open_body",
        "cases_cases",
        ["body_id", "id"],
        unique=False,
        postgresql_where=sa.text(
            "status IN ('reported', 'accepted', 'verifying', 'filed', 'dispatched', 'suspended', 'handled', 'disposed', 'checked')"
        ),
    )
    op.create_index("ix_cases_cases_reported_at", "cases_cases", ["reported_at"], unique=False)
    op.create_index("ix_cases_cases_source", "cases_cases", ["source", "id"], unique=False)
    op.create_index(
        "ix_cases_cases_stage_due_at",
        "cases_cases",
        ["stage_due_at"],
        unique=False,
        postgresql_where=sa.text("stage_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_cases_supervised",
        "cases_cases",
        ["id"],
        unique=False,
        postgresql_where=sa.text("is_supervised"),
    )
    op.create_index(
        "ix_cases_cases_urgent",
        "cases_cases",
        ["id"],
        unique=False,
        postgresql_where=sa.text("is_urgent"),
    )
    op.create_foreign_key(
        op.f("fk_cases_cases_merged_into_cases_cases"),
        "cases_cases",
        "cases_cases",
        ["merged_into"],
        ["id"],
    )
    for table, name, rule in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
    op.execute(FACTS)


def downgrade() -> None:
    for table, name, _ in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")

    op.drop_constraint(
        op.f("fk_cases_cases_merged_into_cases_cases"), "cases_cases", type_="foreignkey"
    )
    op.drop_index(
        "ix_cases_cases_urgent", table_name="cases_cases", postgresql_where=sa.text("is_urgent")
    )
    op.drop_index(
        "ix_cases_cases_supervised",
        table_name="cases_cases",
        postgresql_where=sa.text("is_supervised"),
    )
    op.drop_index(
        "ix_cases_cases_stage_due_at",
        table_name="cases_cases",
        postgresql_where=sa.text("stage_due_at IS NOT NULL"),
    )
    op.drop_index("ix_cases_cases_source", table_name="cases_cases")
    op.drop_index("ix_cases_cases_reported_at", table_name="cases_cases")
    op.drop_index(
        "ix_cases_cases_open_body",
        table_name="cases_cases",
        postgresql_where=sa.text(
            "status IN ('reported', 'accepted', 'verifying', 'filed', 'dispatched', 'suspended', 'handled', 'disposed', 'checked')"
        ),
    )
    op.drop_index(
        "ix_cases_cases_open",
        table_name="cases_cases",
        postgresql_where=sa.text(
            "status IN ('reported', 'accepted', 'verifying', 'filed', 'dispatched', 'suspended', 'handled', 'disposed', 'checked')"
        ),
    )
    op.drop_index(
        "ix_cases_cases_near",
        table_name="cases_cases",
        postgresql_where=sa.text(
            "status IN ('reported', 'accepted', 'verifying', 'filed', 'dispatched', 'suspended', 'handled', 'disposed', 'checked')"
        ),
    )
    op.drop_index(
        "ix_cases_cases_merged_into",
        table_name="cases_cases",
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.drop_index("ix_cases_cases_class_code", table_name="cases_cases")
    op.drop_index("ix_cases_cases_body_id", table_name="cases_cases")
    op.create_index(op.f("ix_cases_cases_body_id"), "cases_cases", ["body_id"], unique=False)
    op.drop_column("cases_cases", "answer_due_at")
    op.drop_column("cases_cases", "due_at")
    op.drop_column("cases_cases", "stage_due_at")
    op.drop_column("cases_cases", "stage_warn_at")
    op.drop_column("cases_cases", "stage")
    op.drop_column("cases_cases", "urges")
    op.drop_column("cases_cases", "is_supervised")
    op.drop_column("cases_cases", "merged_into")
    op.drop_column("cases_cases", "refuse_reason")
    op.drop_column("cases_cases", "condition")
    op.drop_index("ix_cases_reminders_made_at", table_name="cases_reminders")
    op.drop_table("cases_reminders")
    op.drop_index(
        "ix_cases_stages_turning_yellow",
        table_name="cases_stages",
        postgresql_where=sa.text("ended_at IS NULL AND paused_at IS NULL"),
    )
    op.drop_index(
        "ix_cases_stages_running",
        table_name="cases_stages",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("cases_stages")
    op.drop_table("cases_ratings")
    op.drop_index(
        "ix_cases_pleas_waiting",
        table_name="cases_pleas",
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.drop_table("cases_pleas")
    op.drop_table("cases_urges")
    op.drop_index("ix_cases_tags_case_id", table_name="cases_tags")
    op.drop_table("cases_tags")
    op.drop_index(
        "ix_cases_supervisions_open",
        table_name="cases_supervisions",
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.drop_index("ix_cases_supervisions_case_id", table_name="cases_supervisions")
    op.drop_table("cases_supervisions")
    op.drop_table("cases_saved_views")
    op.drop_index(
        "ix_cases_permits_until",
        table_name="cases_permits",
        postgresql_where=sa.text("kind = 'suspension' AND state = 'granted' AND ended_at IS NULL"),
    )
    op.drop_index(
        "ix_cases_permits_pending",
        table_name="cases_permits",
        postgresql_where=sa.text("state IN ('asked', 'endorsed')"),
    )
    op.drop_index(
        "ix_cases_permits_one_suspension",
        table_name="cases_permits",
        postgresql_where=sa.text("kind = 'suspension' AND state = 'granted'"),
    )
    op.drop_index(
        "ix_cases_permits_extensions",
        table_name="cases_permits",
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.drop_index("ix_cases_permits_case_id", table_name="cases_permits")
    op.drop_table("cases_permits")
    op.drop_index("ix_cases_followers_citizen_id", table_name="cases_followers")
    op.drop_table("cases_followers")
    op.drop_index("ix_cases_facts_reported_at", table_name="cases_facts")
    op.drop_index("ix_cases_facts_body_id_reported_at", table_name="cases_facts")
    op.drop_table("cases_facts")
    op.drop_table("cases_special_days")
    op.drop_table("cases_office_hours")
    op.drop_table("cases_campaigns")
    for table, name, rule in BEFORE:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
