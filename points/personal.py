"""What is kept of one resident in the ledger and the mall, for him to see and take along."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from . import queries

MOST = 1000  # of one list


def kept_of(session: Session, citizen_id: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return balance, movements and redemptions as rows fit for JSON; newest first.

    A telephone number that was topped up is kept sealed and is not opened for this.
    """
    balance = queries.balance(session, citizen_id)
    return {
        "balance": [{"usable": balance.usable, "held": balance.held, "owed": balance.owed}],
        "movements": [
            {"at": line.at, "what": line.words, "change": line.change, "after": line.after}
            for line in queries.history(session, citizen_id, limit=MOST)
        ],
        "redemptions": [
            {
                "no": row.no,
                "item": row.item_name,
                "price": row.price,
                "status": row.status_words,
                "site": row.site_name,
                "requested_at": row.requested_at,
            }
            for row in queries.redemptions_of(session, citizen_id, limit=MOST)
        ],
    }
