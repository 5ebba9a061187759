"""Jobs of the cases. Each finds its work in the tables, so that a lost message costs one turn."""

from kernel.database import transaction
from kernel.jobs import job

from . import permits, reminders, showing


@job("cases.remind")
def remind() -> None:
    """Remind of stages at 80 % and 100 % of their limits. No sweeper: the next run goes on."""
    with transaction() as session:
        reminders.remind(session)


@job("cases.resume")
def resume() -> None:
    """Let suspended cases go on whose day has come. No sweeper: the next run goes on."""
    with transaction() as session:
        permits.resume_due(session)


@job("cases.count_days")
def count_days() -> None:
    """Count past days for the public page, once a day. No sweeper: the next run goes on."""
    with transaction() as session:
        showing.count_days(session)
