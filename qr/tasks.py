"""Jobs about signs."""

from kernel.database import transaction
from kernel.jobs import enqueue, job

from . import print_jobs, weighing


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


@job(print_jobs.JOB, time_limit_s=1200)
def print_batch(job_id: int) -> None:
    """Make a batch that the desk asked for. Sweeper: `qr.sweep_prints`."""
    print_jobs.carry_out(job_id)


@job("qr.sweep_prints")
def sweep_prints() -> None:
    """Send the batches again that nobody is at."""
    with transaction() as session:
        for job_id in print_jobs.unfinished(session):
            enqueue(session, print_jobs.JOB, job_id)
