"""Jobs towards other systems. Each reads, calls with no transaction open, and writes."""

import cases
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.jobs import job, send
from kernel.settings import current

from . import calling, filing, media


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
        wanted = media.due(session)
    for medium_id in wanted:
        send(filing.FETCH, medium_id)
