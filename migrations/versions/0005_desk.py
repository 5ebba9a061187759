"""The desk's people: second factor, sessions that can be ended, and a log of every call."""

import sqlalchemy as sa
from alembic import op

revision = "0005_desk"
down_revision = "0004_everybody"
branch_labels = None
depends_on = None

# Kept for at least 180 days (等级保护), whoever asks; a table cannot be emptied at a stroke either.
AUDIT_IS_KEPT = """
CREATE FUNCTION accounts_refuse_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '180 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only, and kept for 180 days', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$
"""
AUDIT_ROWS = """
CREATE TRIGGER accounts_audit_is_kept BEFORE UPDATE OR DELETE ON accounts_audit
FOR EACH ROW EXECUTE FUNCTION accounts_refuse_forgetting()
"""
AUDIT_TABLE = """
CREATE TRIGGER accounts_audit_is_not_emptied BEFORE TRUNCATE ON accounts_audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.drop_column("accounts_staff", "wrong_passwords")
    op.drop_column("accounts_staff", "locked_until")
    op.add_column(
        "accounts_staff",
        sa.Column(
            "must_change_password", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    op.add_column("accounts_staff", sa.Column("totp_secret", sa.LargeBinary(), nullable=True))
    op.add_column("accounts_staff", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_accounts_staff_totp_wholly_or_not"),
        "accounts_staff",
        "num_nulls(totp_secret, totp_step) IN (0, 2)",
    )
    op.add_column(
        "accounts_staff_sessions",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    )
    op.create_unique_constraint(
        op.f("uq_accounts_staff_sessions_number"), "accounts_staff_sessions", ["number"]
    )
    op.add_column(
        "accounts_staff_sessions",
        sa.Column("client", sa.String(), server_default=sa.text("''"), nullable=False),
    )
    op.create_table(
        "accounts_wrong_sign_ins",
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("count >= 0", name=op.f("ck_accounts_wrong_sign_ins_count")),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_accounts_wrong_sign_ins")),
    )
    op.create_index("ix_accounts_wrong_sign_ins_last_at", "accounts_wrong_sign_ins", ["last_at"])
    op.create_table(
        "accounts_recovery_codes",
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_accounts_recovery_codes_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_accounts_recovery_codes")),
    )
    op.create_index("ix_accounts_recovery_codes_staff_id", "accounts_recovery_codes", ["staff_id"])
    op.create_table(
        "accounts_audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=True),
        sa.Column("is_allowed", sa.Boolean(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.CheckConstraint("length(path) <= 300", name=op.f("ck_accounts_audit_path_length")),
        sa.CheckConstraint("length(query) <= 300", name=op.f("ck_accounts_audit_query_length")),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_accounts_audit_staff_id_accounts_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_audit")),
    )
    op.create_index("ix_accounts_audit_staff_id_id", "accounts_audit", ["staff_id", "id"])
    op.create_index(
        "ix_accounts_audit_path_id",
        "accounts_audit",
        ["path", "id"],
        postgresql_ops={"path": "text_pattern_ops"},
    )
    op.create_index("ix_accounts_audit_at", "accounts_audit", ["at"], postgresql_using="brin")
    for statement in (AUDIT_IS_KEPT, AUDIT_ROWS, AUDIT_TABLE):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("accounts_audit")
    op.execute("DROP FUNCTION accounts_refuse_forgetting()")
    op.drop_table("accounts_recovery_codes")
    op.drop_table("accounts_wrong_sign_ins")
    op.drop_column("accounts_staff_sessions", "client")
    op.drop_constraint(
        op.f("uq_accounts_staff_sessions_number"), "accounts_staff_sessions", type_="unique"
    )
    op.drop_column("accounts_staff_sessions", "number")
    op.drop_constraint(
        op.f("ck_accounts_staff_totp_wholly_or_not"), "accounts_staff", type_="check"
    )
    for column in ("totp_step", "totp_secret", "must_change_password"):
        op.drop_column("accounts_staff", column)
    op.add_column(
        "accounts_staff", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "accounts_staff",
        sa.Column("wrong_passwords", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
