"""Tables of migration 0011: pleas, ratings, stages, reminders and the columns of a case. Not changed any more once it has landed."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    create_cases_pleas()
    create_cases_ratings()
    create_cases_stages()
    create_cases_reminders()
    extend_cases()


def create_cases_pleas() -> None:
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


def create_cases_ratings() -> None:
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


def create_cases_stages() -> None:
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


def create_cases_reminders() -> None:
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


def extend_cases() -> None:
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
