"""What there is of an item, point by point, and counting it on the shelf."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kernel import clock

from . import catalogue, requests
from .errors import BadAmount, BadItem, NoteRequired, UnknownSite
from .models import ItemVersion, Redemption, Site, Unit
from .rules import OPEN, Sort


@dataclass(frozen=True)
class StockRow:
    """Units of an item at one point: free, promised to somebody, handed over, written off."""

    site_id: int | None
    site_name: str | None
    free: int
    promised: int
    handed_over: int
    written_off: int

    @property
    def on_shelf(self) -> int:
        """How many should be lying there."""
        return self.free + self.promised


@dataclass(frozen=True)
class VersionRow:
    version: int
    name: str
    price: int
    at: datetime
    staff_id: int | None


def stock_of(session: Session, item_id: int) -> tuple[StockRow, ...]:
    """Return the stock of an item, by pick-up point."""
    promised = (
        select(Redemption.unit_no)
        .where(Redemption.item_id == item_id, Redemption.status.in_(OPEN))
        .scalar_subquery()
    )
    is_promised = Unit.unit_no.in_(promised)
    is_gone = Unit.written_off_at.is_not(None)
    count = func.count()
    rows = session.execute(
        select(
            Unit.site_id,
            Site.name,
            count.filter(Unit.is_free).label("free"),
            count.filter(is_promised).label("promised"),
            count.filter(~Unit.is_free & ~is_gone & ~is_promised).label("handed_over"),
            count.filter(is_gone).label("written_off"),
        )
        .outerjoin(Site, Site.id == Unit.site_id)
        .where(Unit.item_id == item_id)
        .group_by(Unit.site_id, Site.name)
        .order_by(Site.name)
    )
    return tuple(StockRow(*row) for row in rows)


def versions(session: Session, item_id: int, *, limit: int = 20) -> tuple[VersionRow, ...]:
    """Return an item's versions, newest first."""
    rows = session.execute(
        select(
            ItemVersion.version,
            ItemVersion.name,
            ItemVersion.price,
            ItemVersion.created_at,
            ItemVersion.staff_id,
        )
        .where(ItemVersion.item_id == item_id)
        .order_by(ItemVersion.version.desc())
        .limit(limit)
    )
    return tuple(VersionRow(*row) for row in rows)


def take_stock(
    session: Session,
    *,
    item_id: int,
    site_id: int,
    counted: int,
    note: str,
    staff_id: int,
    request_key: str,
) -> int:
    """Make the books say what was counted on the shelf; return the difference.

    What is missing is written off, what is over is taken in; what is promised to somebody counts
    as lying there. The same request again changes nothing. Raises NoteRequired, BadItem,
    UnknownSite, BadAmount (fewer counted than promised).
    """
    if not note.strip():
        raise NoteRequired
    item = catalogue.locked(session, item_id)
    if item.sort != Sort.GOODS:
        raise BadItem
    body = requests.digest(site=site_id, counted=counted, note=note)
    request = requests.Request(f"stock:{item_id}", request_key, body)
    earlier = requests.earlier(session, request)
    if earlier is not None:
        return int(str(earlier["difference"]))
    if session.get(Site, site_id) is None:
        raise UnknownSite
    row = next((each for each in stock_of(session, item_id) if each.site_id == site_id), None)
    difference = counted - (row.on_shelf if row else 0)
    if difference > 0:
        catalogue.receive(
            session,
            item_id=item_id,
            count=difference,
            request_key=f"stock {request_key}",
            staff_id=staff_id,
            site_id=site_id,
        )
    elif difference < 0:
        _write_off(
            session,
            item_id=item_id,
            site_id=site_id,
            count=-difference,
            staff_id=staff_id,
            note=f"盘点：{note.strip()}",
        )
    requests.remember(session, request, {"difference": difference})
    return difference


def _write_off(
    session: Session, *, item_id: int, site_id: int, count: int, staff_id: int, note: str
) -> None:
    chosen = (
        select(Unit.unit_no)
        .where(Unit.item_id == item_id, Unit.site_id == site_id, Unit.is_free)
        .order_by(Unit.unit_no.desc())
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    numbers = session.scalars(chosen).all()
    if len(numbers) < count:
        raise BadAmount("数目比已经答应给居民的还少，请先处理待领取的兑换，或重新清点。")
    session.execute(
        update(Unit)
        .where(Unit.item_id == item_id, Unit.unit_no.in_(numbers))
        .values(is_free=False, written_off_at=clock.now(), written_off_by=staff_id, note=note[:500])
    )
