"""Other systems: webhooks, what is owed to them and to the other platform, and what that says."""

from migrations.tables import m0020_deliveries

revision = "0020_deliveries"
down_revision = "0019_residents_pages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    m0020_deliveries.create()


def downgrade() -> None:
    m0020_deliveries.drop()
