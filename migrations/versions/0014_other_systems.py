"""Other systems: keys, what was handed in with them, and what they added to cases."""

import sqlalchemy as sa
from alembic import op

from migrations.tables import m0014_exchange

revision = "0014_other_systems"
down_revision = "0013_territory"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases_additions", sa.Column("said_by", sa.String(), nullable=True))
    op.alter_column("cases_additions", "citizen_id", existing_type=sa.BigInteger(), nullable=True)
    op.create_check_constraint(
        op.f("ck_cases_additions_somebody_said_it"),
        "cases_additions",
        "num_nonnulls(citizen_id, said_by) = 1",
    )
    op.create_check_constraint(
        op.f("ck_cases_additions_said_by_length"),
        "cases_additions",
        "length(said_by) BETWEEN 1 AND 60",
    )
    op.create_index("ix_cases_cases_updated_at", "cases_cases", ["updated_at", "id"], unique=False)
    op.create_index("ix_cases_moves_at", "cases_moves", ["at", "case_id", "seq"], unique=False)
    m0014_exchange.create()


def downgrade() -> None:
    m0014_exchange.drop()
    op.drop_index("ix_cases_moves_at", table_name="cases_moves")
    op.drop_index("ix_cases_cases_updated_at", table_name="cases_cases")
    op.drop_constraint(op.f("ck_cases_additions_said_by_length"), "cases_additions", type_="check")
    op.drop_constraint(
        op.f("ck_cases_additions_somebody_said_it"), "cases_additions", type_="check"
    )
    # What other systems added has no place in the older table.
    op.execute("ALTER TABLE cases_additions DISABLE TRIGGER USER")
    op.execute("DELETE FROM cases_additions WHERE citizen_id IS NULL")
    op.execute("ALTER TABLE cases_additions ENABLE TRIGGER USER")
    op.alter_column("cases_additions", "citizen_id", existing_type=sa.BigInteger(), nullable=False)
    op.drop_column("cases_additions", "said_by")
