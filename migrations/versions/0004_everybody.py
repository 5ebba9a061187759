"""More ways in and more people: sources, classes, anonymous reports; roles, residents' sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0004_everybody"
down_revision = "0003_points"
branch_labels = None
depends_on = None

ROLES = (
    "'administrator', 'acceptor', 'shift_leader', 'dispatcher', 'body_staff', 'inspector',"
    " 'points_operator', 'shop_keeper', 'data_editor', 'supervisor', 'auditor'"
)
SOURCES = "'wechat', 'page', 'sign', 'open311', 'patrol', 'video', 'hotline', 'sensor'"


def replace_check(table: str, name: str, rule: str) -> None:
    """Put another rule under the same name."""
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def upgrade() -> None:
    replace_check("accounts_staff", "role", f"role IN ({ROLES})")
    op.add_column("accounts_staff", sa.Column("body_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_accounts_staff_body_id_territory_bodies"),
        "accounts_staff",
        "territory_bodies",
        ["body_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_accounts_staff_body_staff_has_a_body"),
        "accounts_staff",
        "role <> 'body_staff' OR body_id IS NOT NULL",
    )
    op.create_table(
        "accounts_citizen_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["accounts_citizens.id"],
            name=op.f("fk_accounts_citizen_sessions_citizen_id_accounts_citizens"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_accounts_citizen_sessions")),
    )
    for column in ("citizen_id", "expires_at"):
        op.create_index(
            f"ix_accounts_citizen_sessions_{column}", "accounts_citizen_sessions", [column]
        )
    for column in ("contact_phone", "class_code", "sign_code"):
        op.add_column("cases_cases", sa.Column(column, sa.String(), nullable=True))
    replace_check("cases_cases", "source", f"source IN ({SOURCES})")
    for name, rule in (
        ("class_code", "class_code ~ '^[CE][0-9]{4}$'"),
        ("sign_code_length", "length(sign_code) BETWEEN 1 AND 16"),
        ("sign_is_named", "source <> 'sign' OR sign_code IS NOT NULL"),
        ("phone_length", "length(contact_phone) BETWEEN 3 AND 32"),
    ):
        op.create_check_constraint(op.f(f"ck_cases_cases_{name}"), "cases_cases", rule)


def downgrade() -> None:
    for name in ("phone_length", "sign_is_named", "sign_code_length", "class_code"):
        op.drop_constraint(op.f(f"ck_cases_cases_{name}"), "cases_cases", type_="check")
    replace_check("cases_cases", "source", "source IN ('wechat')")
    for column in ("sign_code", "class_code", "contact_phone"):
        op.drop_column("cases_cases", column)
    op.drop_table("accounts_citizen_sessions")
    op.drop_constraint(
        op.f("ck_accounts_staff_body_staff_has_a_body"), "accounts_staff", type_="check"
    )
    op.drop_column("accounts_staff", "body_id")
    replace_check("accounts_staff", "role", "role IN ('administrator', 'acceptor', 'dispatcher')")
