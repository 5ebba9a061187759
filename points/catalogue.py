"""What the mall offers and what there is of it: items, their versions, units, codes, sites."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from kernel import clock

from . import requests
from .errors import BadAmount, BadCodes, BadItem, BadSite, NoteRequired, UnknownItem, UnknownSite
from .keys import Keys
from .models import Item, ItemVersion, Site, Unit, VoucherCode
from .rules import COUNTED, Period, Sort, is_amount

MOST_UNITS = 10_000  # in one delivery
LONGEST_CODE = 200


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an item is offered at; `worth_fen` is what a top-up costs, in fen.

    Goods wait `pickup_days` to be picked up, everything else that long to be dealt with.
    """

    name: str
    price: int
    description: str = ""
    terms: str = ""
    picture_key: str | None = None
    worth_fen: int | None = None
    limit_count: int | None = None
    limit_period: Period | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    pickup_days: int = 14
    needs_approval: bool = False

    def check(self, sort: Sort) -> None:
        """Raise BadItem when an item of this sort cannot be offered like this."""
        opens_wrongly = (
            self.opens_at is not None
            and self.closes_at is not None
            and self.opens_at >= self.closes_at
        )
        limit = (self.limit_count is None, self.limit_period is None)
        faults = (
            not 1 <= len(self.name.strip()) <= 60,
            not is_amount(self.price),
            (self.worth_fen is None) == (sort is Sort.CREDIT),
            self.worth_fen is not None and not is_amount(self.worth_fen),
            limit[0] != limit[1],
            self.limit_count is not None and not 1 <= self.limit_count <= 1000,
            opens_wrongly,
            not 1 <= self.pickup_days <= 365,
        )
        if any(faults):
            raise BadItem


def add_site(session: Session, *, name: str, address: str, hours: str = "") -> int:
    """Add a pick-up point; raise BadSite when a word is missing, or the name is taken."""
    name, address, hours = _site_words(name, address, hours)
    if session.scalar(select(Site.id).where(Site.name == name)) is not None:
        raise BadSite
    made = Site(name=name, address=address, hours=hours)
    session.add(made)
    session.flush()
    return made.id


def change_site(
    session: Session, *, site_id: int, name: str, address: str, hours: str, is_active: bool
) -> None:
    """Correct a pick-up point; where it is closed, what waits there can still be handed over."""
    site = session.get(Site, site_id)
    if site is None:
        raise UnknownSite
    name, address, hours = _site_words(name, address, hours)
    if session.scalar(select(Site.id).where(Site.name == name, Site.id != site_id)) is not None:
        raise BadSite
    site.name, site.address, site.hours = name, address, hours
    site.is_active = is_active
    session.flush()


def _site_words(name: str, address: str, hours: str) -> tuple[str, str, str]:
    name, address, hours = name.strip(), address.strip(), hours.strip()
    if not 1 <= len(name) <= 60 or not 1 <= len(address) <= 200 or len(hours) > 200:
        raise BadSite
    return name, address, hours


def terms_of(session: Session, item_id: int) -> Terms:
    """Return the terms at which an item is offered now; raise UnknownItem."""
    row = session.scalar(
        select(ItemVersion)
        .join(Item, (Item.id == ItemVersion.item_id) & (Item.version == ItemVersion.version))
        .where(Item.id == item_id)
    )
    if row is None:
        raise UnknownItem
    kept = {field.name: getattr(row, field.name) for field in fields(Terms)}
    return Terms(**kept)


def picture_key(session: Session, *, item_id: int, version: int) -> str:
    """Return where the bytes of a version's picture are; raise UnknownItem."""
    key = session.scalar(
        select(ItemVersion.picture_key).where(
            ItemVersion.item_id == item_id, ItemVersion.version == version
        )
    )
    if key is None:
        raise UnknownItem
    return key


def add_item(session: Session, *, sort: Sort, terms: Terms, staff_id: int | None = None) -> int:
    """Add an item; it is offered once it is listed (`set_listed`)."""
    terms.check(sort)
    made = Item(sort=sort, version=1)
    session.add(made)
    session.flush()
    _add_version(session, made.id, 1, terms, staff_id)
    return made.id


def change_item(session: Session, *, item_id: int, terms: Terms, staff_id: int) -> int:
    """Give an item new terms and return their version; open redemptions keep theirs."""
    item = locked(session, item_id)
    terms.check(Sort(item.sort))
    item.version += 1
    _add_version(session, item_id, item.version, terms, staff_id)
    return item.version


def _add_version(
    session: Session, item_id: int, version: int, terms: Terms, staff_id: int | None
) -> None:
    session.execute(
        insert(ItemVersion).values(
            item_id=item_id, version=version, staff_id=staff_id, **terms.__dict__
        )
    )
    session.flush()


def set_listed(session: Session, *, item_id: int, is_listed: bool) -> None:
    locked(session, item_id).is_listed = is_listed
    session.flush()


def locked(session: Session, item_id: int) -> Item:
    """Return the item, and nobody else's to change; redemptions of it go on."""
    item = session.scalar(
        select(Item)
        .where(Item.id == item_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if item is None:
        raise UnknownItem
    return item


def receive(
    session: Session,
    *,
    item_id: int,
    count: int,
    request_key: str,
    staff_id: int,
    site_id: int | None = None,
) -> int:
    """Take in units, the same delivery once; return how many there are now of all numbers.

    Goods come to a site. Units of phone credit are its budget. Codes come by `import_codes`.
    """
    item = locked(session, item_id)
    body = requests.digest(count=count, site=site_id)
    request = requests.Request(f"item:{item_id}", request_key, body)
    if requests.earlier(session, request) is not None:
        return _last_unit(session, item_id)
    if type(count) is not int or not 1 <= count <= MOST_UNITS:
        raise BadAmount
    if item.sort not in COUNTED or item.sort == Sort.VOUCHER:
        raise BadItem
    _check_site(session, item, site_id)
    first = _last_unit(session, item_id) + 1
    _insert_units(session, item_id, range(first, first + count), staff_id, site_id)
    requests.remember(session, request, {"first": first, "count": count})
    return first + count - 1


def _check_site(session: Session, item: Item, site_id: int | None) -> None:
    is_needed = item.sort == Sort.GOODS
    if is_needed != (site_id is not None):
        raise UnknownSite
    if site_id is not None and session.get(Site, site_id) is None:
        raise UnknownSite


def _insert_units(
    session: Session, item_id: int, numbers: range, staff_id: int, site_id: int | None = None
) -> None:
    session.execute(
        insert(Unit),
        [
            {"item_id": item_id, "unit_no": n, "received_by": staff_id, "site_id": site_id}
            for n in numbers
        ],
    )


def _last_unit(session: Session, item_id: int) -> int:
    found = session.scalar(select(func.max(Unit.unit_no)).where(Unit.item_id == item_id))
    return found or 0


def import_codes(
    session: Session, *, item_id: int, codes: Sequence[str], keys: Keys, staff_id: int
) -> int:
    """Take in voucher codes, all or none; return how many.

    Raises BadCodes when one is empty, too long, or known already, here or in an earlier import.
    """
    item = locked(session, item_id)
    if item.sort != Sort.VOUCHER:
        raise BadItem
    tidy = [code.strip() for code in codes]
    if not 1 <= len(tidy) <= MOST_UNITS or len(set(tidy)) != len(tidy):
        raise BadCodes
    if any(not 1 <= len(code) <= LONGEST_CODE or not code.isprintable() for code in tidy):
        raise BadCodes
    macs = [keys.mac("voucher", code) for code in tidy]
    if session.scalar(select(VoucherCode.unit_no).where(VoucherCode.mac.in_(macs)).limit(1)):
        raise BadCodes
    first = _last_unit(session, item_id) + 1
    numbers = range(first, first + len(tidy))
    _insert_units(session, item_id, numbers, staff_id)
    session.execute(
        insert(VoucherCode),
        [
            {
                "item_id": item_id,
                "unit_no": number,
                "sealed": keys.encrypt(code, place=voucher_place(item_id, number)),
                "mac": mac,
            }
            for number, code, mac in zip(numbers, tidy, macs, strict=True)
        ],
    )
    return len(tidy)


def voucher_place(item_id: int, unit_no: int) -> str:
    return f"voucher:{item_id}:{unit_no}"


def write_off(session: Session, *, item_id: int, unit_no: int, note: str, staff_id: int) -> None:
    """Take a free unit out of stock: broken, lost, returned. Raises UnknownItem if it is taken."""
    if not note.strip():
        raise NoteRequired
    gone = session.execute(
        update(Unit)
        .where(Unit.item_id == item_id, Unit.unit_no == unit_no, Unit.is_free)
        .values(
            is_free=False,
            written_off_at=clock.now(),
            written_off_by=staff_id,
            note=note.strip(),
        )
        .returning(Unit.unit_no)
    ).one_or_none()
    if gone is None:
        raise UnknownItem
