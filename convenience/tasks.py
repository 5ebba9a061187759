"""Jobs of facilities: feeds are fetched, lists are checked and imported."""

from kernel import settings
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.jobs import job, send

from . import fetching, import_tasks, lists_at_work, pulls, shown


@job(pulls.PULL)
def pull_feed(feed_id: int) -> None:
    """Fetch a feed that is due. Sweeper: `pull_feeds`."""
    pull(feed_id, is_private_allowed=settings.current().feeds_private_addresses)


def pull(feed_id: int, *, is_private_allowed: bool) -> None:
    """Fetch a feed that is due, and keep what it tells or why it could not."""
    with transaction() as session:
        wanted = pulls.claim(session, feed_id)
    if wanted is None:
        return
    try:
        fetched = fetching.fetch(
            wanted.url,
            etag=wanted.etag,
            last_modified=wanted.last_modified,
            is_private_allowed=is_private_allowed,
        )
        with transaction() as session:
            pulls.take(session, feed_id, fetched)
    except Refusal as refusal:
        with transaction() as session:
            pulls.fail(session, feed_id, refusal)


@job("convenience.pull_feeds")
def pull_feeds() -> None:
    """Send a job for each feed that is due."""
    with transaction() as session:
        numbers = pulls.due(session)
    for number in numbers:
        send(pulls.PULL, number)


@job("convenience.forget_shown")
def forget_shown() -> None:
    """Forget what residents were shown in the chat a while ago."""
    with transaction() as session:
        shown.forget(session)


@job(import_tasks.WORK)
def work_import(import_id: int) -> None:
    """Check or apply an uploaded list. Sweeper: `work_imports`."""
    lists_at_work.work(import_id)


@job("convenience.work_imports")
def work_imports() -> None:
    """Send a job for each list that nobody works on."""
    with transaction() as session:
        numbers = import_tasks.waiting(session)
    for number in numbers:
        send(import_tasks.WORK, number)
