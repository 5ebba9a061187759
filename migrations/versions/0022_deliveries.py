"""Other systems: webhooks, what is owed to them and to the other platform, and what that says."""

from migrations.tables import m0022_deliveries

revision = "0022_deliveries"
down_revision = "0014_other_systems"
branch_labels = None
depends_on = None


def upgrade() -> None:
    m0022_deliveries.create()


def downgrade() -> None:
    m0022_deliveries.drop()
