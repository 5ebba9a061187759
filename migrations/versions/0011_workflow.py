"""The whole workflow: more states and moves, clocks, requests, followers, ratings, tags, figures."""

import sqlalchemy as sa
from alembic import op

from migrations.tables import m0011_voices, m0011_work

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
    m0011_work.create()
    m0011_voices.create()
    for table, name, rule in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
    op.execute(FACTS)


def downgrade() -> None:
    for table, name, _ in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    drop_columns()
    drop_tables()
    for table, name, rule in BEFORE:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def drop_columns() -> None:
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


def drop_tables() -> None:
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
