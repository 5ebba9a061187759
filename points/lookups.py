"""How the desk finds a person or a redemption by what people say; who works at which point."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import accounts

from . import ports, references
from .errors import NotAShopKeeper, RedemptionNotFound, UnknownSite, UnknownUsername
from .keys import Keys
from .models import Insider, Keeper, Redemption, Site
from .queries import SiteRow


@dataclass(frozen=True)
class Found:
    """Whom a number led to; `case_id` where it was a report's."""

    citizen_id: int
    case_id: int | None = None


@dataclass(frozen=True)
class KeeperRow:
    staff_id: int
    staff_name: str
    site_id: int | None
    site_name: str | None


def redemption_of_no(session: Session, no: int) -> UUID:
    """Return the redemption that people call by this number; raise RedemptionNotFound."""
    found = session.scalar(select(Redemption.id).where(Redemption.no == no))
    if found is None:
        raise RedemptionNotFound
    return found


def find_person(session: Session, typed: str, keys: Keys) -> Found | None:
    """Return whom a reference, a report's or a redemption's number belongs to, or None.

    There is no other way to a person: nobody can be looked through by openid or name.
    """
    citizen_id = references.citizen_of(typed, keys)
    if citizen_id is not None and _is_known(session, citizen_id):
        return Found(citizen_id)
    digits = typed.strip().removeprefix("#")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 10:
        owner = session.scalar(select(Redemption.citizen_id).where(Redemption.no == int(digits)))
        return None if owner is None else Found(owner)
    report = ports.connected().reports.reporter(session, typed)
    if report is None or report[1] is None:
        return None
    return Found(report[1], case_id=report[0])


def _is_known(session: Session, citizen_id: int) -> bool:
    wanted = select(accounts.Citizen.id).where(accounts.Citizen.id == citizen_id)
    return session.scalar(wanted) is not None


@dataclass(frozen=True)
class InsiderRow:
    """Why somebody earns nothing by reporting, and whose name he has at the desk."""

    note: str
    staff_name: str | None


def insider(session: Session, citizen_id: int) -> InsiderRow | None:
    """Return for whom a resident works, or None."""
    kept = session.get(Insider, citizen_id)
    if kept is None:
        return None
    names = accounts.staff_names(session, [kept.staff_id] if kept.staff_id else [])
    return InsiderRow(kept.note, names.get(kept.staff_id or 0))


def staff_of_username(session: Session, username: str) -> int:
    """Return the member of staff who signs in by this name; raise UnknownUsername."""
    found = session.scalar(select(accounts.Staff.id).where(accounts.Staff.username == username))
    if found is None:
        raise UnknownUsername
    return found


# -- pick-up points ----------------------------------------------------------------------------


def site_of_keeper(session: Session, staff_id: int) -> SiteRow | None:
    """Return the pick-up point at which a shop keeper hands goods over."""
    row = session.scalar(
        select(Site).join(Keeper, Keeper.site_id == Site.id).where(Keeper.staff_id == staff_id)
    )
    return None if row is None else SiteRow(row.id, row.name, row.address, row.hours, row.is_active)


def keepers(session: Session) -> tuple[KeeperRow, ...]:
    """Return all shop keepers, each with his point, if he has one."""
    people = accounts.staff_with_role(session, accounts.Role.SHOP_KEEPER)
    rows = session.execute(
        select(Keeper.staff_id, Site.id, Site.name)
        .join(Site, Site.id == Keeper.site_id)
        .where(Keeper.staff_id.in_([each.id for each in people]))
    )
    placed = {row[0]: (row[1], row[2]) for row in rows}
    return tuple(
        KeeperRow(each.id, each.name, *placed.get(each.id, (None, None))) for each in people
    )


def place_keeper(session: Session, *, staff_id: int, site_id: int | None) -> None:
    """Let a shop keeper work at a point, or at none; raise NotAShopKeeper, UnknownSite."""
    people = accounts.staff_with_role(session, accounts.Role.SHOP_KEEPER)
    if staff_id not in {each.id for each in people}:
        raise NotAShopKeeper
    if site_id is None:
        session.execute(delete(Keeper).where(Keeper.staff_id == staff_id))
        return
    if session.get(Site, site_id) is None:
        raise UnknownSite
    session.execute(
        insert(Keeper)
        .values(staff_id=staff_id, site_id=site_id)
        .on_conflict_do_update(index_elements=["staff_id"], set_={"site_id": site_id})
    )
