"""Jobs about signs."""

from kernel.database import transaction
from kernel.jobs import job

from . import weighing


@job("qr.weigh_usage")
def weigh_usage() -> None:
    """Work out how signs are used and which have gone silent; no sweeper: the next run does it anew."""
    with transaction() as session:
        weighing.weigh(session)


@job("qr.forget_scans")
def forget_scans() -> None:
    """Delete counts that are older than anybody asks for; the next run does what this one left."""
    with transaction() as session:
        weighing.forget(session)
