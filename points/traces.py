"""Who was seen where, as keyed hashes that live for weeks: what a review of fraud can compare.

No address, no device's number and no place is stored; without the key a hash cannot be tried out.
"""

import ipaddress
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock

from .keys import Keys
from .models import Trace
from .rules import Mark

KEPT_DAYS = 30


def see(
    session: Session,
    *,
    citizen_id: int,
    keys: Keys,
    device: str | None = None,
    network: str | None = None,
) -> None:
    """Note that somebody acts from a device (a random number that it keeps) and an address.

    Addresses of IPv6 count by their /64, which one household has. What is no address is left out.
    """
    if device:
        _note(session, citizen_id, Mark.DEVICE, keys.mac("trace", Mark.DEVICE, device))
    name = _network(network)
    if name is not None:
        _note(session, citizen_id, Mark.NETWORK, keys.mac("trace", Mark.NETWORK, name))


def see_report(session: Session, *, citizen_id: int, report_no: str, spot: str, keys: Keys) -> None:
    """Note at which spot somebody's report is; `spot` names a cell of some tens of metres."""
    _note(session, citizen_id, Mark.SPOT, keys.mac("trace", Mark.SPOT, spot), report_no)


def _network(address: str | None) -> str | None:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _note(session: Session, citizen_id: int, sort: Mark, mark: bytes, report_no: str = "") -> None:
    session.execute(
        insert(Trace)
        .values(
            citizen_id=citizen_id,
            sort=sort,
            mark=mark,
            seen_on=clock.city_day(clock.now()),
            report_no=report_no,
        )
        .on_conflict_do_nothing()
    )


def forget(session: Session) -> int:
    """Drop traces that are too old to be kept; return how many."""
    cut = clock.city_day(clock.now()) - timedelta(days=KEPT_DAYS)
    gone = session.execute(delete(Trace).where(Trace.seen_on < cut).returning(Trace.sort))
    return len(gone.all())
