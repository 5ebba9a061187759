"""Jobs towards other systems. Each reads, calls with no transaction open, and writes."""

import logging

import cases
from kernel import calling
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.jobs import job, send
from kernel.settings import current

from . import filing, media, outbox, sending

log = logging.getLogger(__name__)

_MOST_BATCHES = 50  # in one run; the next one goes on


@job(filing.FETCH)
def fetch_medium(medium_id: int) -> None:
    """Fetch a photo that a client named by its address. Sweeper: `sweep`."""
    with transaction() as session:
        wanted = media.claim(session, medium_id)
    if wanted is None:
        return
    fault, is_final = "", False
    try:
        answer = calling.call(
            "GET",
            wanted.url,
            limit=cases.LARGEST_PICTURE,
            may_be_private=current().exchange_private_addresses,
        )
        if answer.status == 200:
            picture = cases.prepare(answer.body)
            with transaction() as session:
                media.keep(session, wanted, picture)
            return
        fault, is_final = f"HTTP {answer.status}", 400 <= answer.status < 500
    except calling.CallFailed as trouble:
        fault, is_final = str(trouble), isinstance(trouble, calling.NotAllowed)
    except Refusal as refusal:  # no picture, or one photo too many
        fault, is_final = refusal.sentence, True
    with transaction() as session:
        media.fail(session, wanted, fault, is_final=is_final)


@job("exchange.sweep")
def sweep() -> None:
    """Be the sweeper: find rows whose job was lost, or whose time has come."""
    with transaction() as session:
        wanted, owed = media.due(session), outbox.due(session)
    for medium_id in wanted:
        send(filing.FETCH, medium_id)
    for message_id in owed:
        send(outbox.DELIVER, message_id)


@job(outbox.DELIVER)
def deliver(message_id: int) -> None:
    """Tell a webhook or the gateway one step of a case. Sweeper: `sweep`."""
    sending.deliver(message_id, current())


@job("exchange.ask")
def ask() -> None:
    """Ask the other platform for the states of cases. No sweeper: the next run asks again."""
    try:
        sending.ask(current())
    except calling.CallFailed as trouble:
        log.warning("the other platform was not asked: %s", trouble)


@job("exchange.forget")
def forget() -> None:
    """Delete messages that were settled long ago. No sweeper: the next run does the same work."""
    for _ in range(_MOST_BATCHES):
        with transaction() as session:
            if not outbox.forget(session):
                return
