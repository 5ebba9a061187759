"""Who hands goods over where; a month's filed reports, a day's transfers are found by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0008_points_pages"
down_revision = "0007_outbound"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "points_keepers",
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["accounts_staff.id"],
            name=op.f("fk_points_keepers_staff_id_accounts_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["points_sites.id"],
            name=op.f("fk_points_keepers_site_id_points_sites"),
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_points_keepers")),
    )
    op.create_index("ix_points_keepers_site_id", "points_keepers", ["site_id"])
    op.create_index("ix_points_transfers_at", "points_transfers", ["at"], postgresql_using="brin")
    op.create_index(
        "ix_cases_moves_filed", "cases_moves", ["at"], postgresql_where=sa.text("name = 'file'")
    )


def downgrade() -> None:
    op.drop_index("ix_cases_moves_filed", "cases_moves")
    op.drop_index("ix_points_transfers_at", "points_transfers")
    op.drop_table("points_keepers")
