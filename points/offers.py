"""An item as it is offered at this moment, seen together with all else that decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel import clock
from kernel.database import ask_together

from . import ledger
from .errors import BadPhone, ItemChanged, NotOffered, UnknownItem, UnknownSite
from .ledger import Purse
from .requests import Request
from .rules import Period, Sort


@dataclass(frozen=True)
class Offer:
    """An item as it is offered now."""

    item_id: int
    sort: Sort
    version: int
    name: str
    price: int
    worth_fen: int | None
    limit_count: int | None
    limit_period: str | None
    pickup_days: int
    needs_approval: bool
    site_name: str | None


# One statement, after the wallet is locked: the earlier answer, the item as it is offered, and
# the wallet's lots.
LOOK = text("""
SELECT q.body_sha, q.answer, i.id AS item_id, i.sort, i.version, v.name, v.price, v.worth_fen,
    v.limit_count, v.limit_period, v.pickup_days, v.needs_approval, v.opens_at, v.closes_at,
    i.is_listed AND NOT i.is_frozen AS is_offered,
    (SELECT name FROM points_sites WHERE id = CAST(:site_id AS bigint) AND is_active) AS site_name,
    l.dates, l.seqs, l.frees
FROM (SELECT) AS one
LEFT JOIN points_requests q ON q.scope = :scope AND q.key = :key
LEFT JOIN points_items i ON i.id = :item_id
LEFT JOIN points_item_versions v ON v.item_id = i.id AND v.version = i.version
CROSS JOIN LATERAL (
    SELECT array_agg(expires_on ORDER BY expires_on) AS dates,
        array_agg(seq ORDER BY expires_on) AS seqs, array_agg(free ORDER BY expires_on) AS frees
    FROM points_lots
    WHERE account_id = (
        SELECT id FROM points_accounts WHERE citizen_id = :citizen_id AND kind = 'wallet'
    ) AND free > 0 AND expires_on >= :today
) AS l
""")
Seen = Any


def look(
    session: Session, citizen_id: int, request: Request, *, item_id: int, site_id: int | None
) -> tuple[Purse, Seen]:
    """Lock the wallet; return it with what was answered before and what the item is now.

    Both statements are sent at once. The second runs when the wallet's lock is held, and sees what
    the lock's last holder did.
    """
    values = {
        "scope": request.scope,
        "key": request.key,
        "item_id": item_id,
        "site_id": site_id,
        "citizen_id": citizen_id,
        "today": ledger.today(),
    }
    questions = (ledger.LOCK, values), (LOOK, values)
    locked, (seen,) = ask_together(session, *questions)
    purse = ledger.purse_of(locked)
    if purse is None:
        purse = ledger.lock(session, citizen_id)
        (seen,) = session.execute(LOOK, values).all()
    return purse, seen


def offer_of(row: Seen, seen_version: int, site_id: int | None, *, has_phone: bool) -> Offer:
    """Return the offer, or raise why it is none to whoever saw this version of it."""
    if row.item_id is None:
        raise UnknownItem
    sort = Sort(row.sort)
    if (sort is Sort.GOODS) != (row.site_name is not None) or (sort is not Sort.GOODS and site_id):
        raise UnknownSite
    if (sort is Sort.CREDIT) != has_phone:
        raise BadPhone
    if not row.is_offered or not _is_open(row, clock.now()):
        raise NotOffered
    if row.version != seen_version:
        raise ItemChanged
    return Offer(
        item_id=row.item_id,
        sort=sort,
        version=row.version,
        name=row.name,
        price=row.price,
        worth_fen=row.worth_fen,
        limit_count=row.limit_count,
        limit_period=row.limit_period,
        pickup_days=row.pickup_days,
        needs_approval=row.needs_approval,
        site_name=row.site_name,
    )


def _is_open(row: Seen, now: datetime) -> bool:
    begins, ends = row.opens_at, row.closes_at
    return (begins is None or begins <= now) and (ends is None or now < ends)


def period_name(period: Period, instant: datetime) -> str:
    """Name the period in which the instant lies, by the district's calendar."""
    day = clock.city_day(instant)
    return {
        Period.DAY: f"{day}",
        Period.MONTH: f"{day:%Y-%m}",
        Period.YEAR: f"{day:%Y}",
        Period.EVER: "ever",
    }[period]
