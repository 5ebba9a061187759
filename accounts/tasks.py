"""The jobs of this package."""

from kernel.database import transaction
from kernel.jobs import job
from kernel.settings import current

from . import audit


@job("accounts.forget")
def forget() -> None:
    """Delete lines of the audit log that are past their time."""
    with transaction() as session:
        audit.forget(session, days=current().audit_days)
