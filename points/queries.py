"""Reads for pages: frozen rows, always in a stated order, with work that does not grow."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

import accounts
from kernel import clock

from .errors import RedemptionNotFound, UnknownItem
from .models import (
    Account,
    Item,
    ItemVersion,
    Lot,
    Redemption,
    RedemptionMove,
    Site,
    Transfer,
    Unit,
)
from .rules import OPEN, SHAPES, STATUS_WORDS, VOIDED_WORDS, Code, Kind, Phase, Sort, Status


@dataclass(frozen=True)
class Expiring:
    on: date
    points: int


@dataclass(frozen=True)
class Balance:
    """What a resident has: `usable` now, `held` for open redemptions, and what is `owed`."""

    usable: int
    held: int
    owed: int
    is_frozen: bool
    expiring: tuple[Expiring, ...]


@dataclass(frozen=True)
class Line:
    """One line of the history in plain words; `change` is what it did to the free points."""

    seq: int
    at: datetime
    words: str
    change: int
    after: int
    source_kind: str
    source_id: str
    reason: str | None


@dataclass(frozen=True)
class OfferRow:
    """What the mall shows; `left` is None for what cannot run out."""

    item_id: int
    version: int
    sort: Sort
    name: str
    description: str
    terms: str
    picture_key: str | None
    price: int
    limit_count: int | None
    limit_period: str | None
    opens_at: datetime | None
    closes_at: datetime | None
    needs_approval: bool
    is_listed: bool
    is_frozen: bool
    left: int | None
    sites: tuple["SiteStock", ...]


@dataclass(frozen=True)
class SiteStock:
    site_id: int
    name: str
    address: str
    hours: str
    left: int


@dataclass(frozen=True)
class RedemptionRow:
    id: UUID
    no: int
    citizen_id: int
    item_id: int
    item_name: str
    sort: Sort
    price: int
    status: Status
    status_words: str
    site_name: str | None
    requested_at: datetime
    due_at: datetime
    lapses_at: datetime


@dataclass(frozen=True)
class StepRow:
    seq: int
    name: str
    to_status: Status
    by: str
    staff_name: str | None
    note: str | None
    at: datetime


@dataclass(frozen=True)
class RedemptionFile:
    row: RedemptionRow
    terms: str
    steps: tuple[StepRow, ...]


# -- residents ---------------------------------------------------------------------------------


def balance(session: Session, citizen_id: int) -> Balance:
    """Return what the resident has; nothing, where there is no wallet yet."""
    kept = {
        account.kind: account
        for account in session.scalars(select(Account).where(Account.citizen_id == citizen_id))
    }
    wallet, debt = kept.get(Kind.WALLET), kept.get(Kind.DEBT)
    if wallet is None:
        return Balance(0, 0, 0, is_frozen=False, expiring=())
    today = clock.city_day(clock.now())
    lots = session.execute(
        select(Lot.expires_on, Lot.free)
        .where(Lot.account_id == wallet.id, Lot.free > 0, Lot.expires_on >= today)
        .order_by(Lot.expires_on)
    ).all()
    return Balance(
        usable=sum(lot.free for lot in lots),
        held=wallet.held,
        owed=debt.available if debt else 0,
        is_frozen=wallet.is_frozen,
        expiring=tuple(Expiring(lot.expires_on, lot.free) for lot in lots),
    )


def history(
    session: Session, citizen_id: int, *, before_seq: int | None = None, limit: int = 30
) -> tuple[Line, ...]:
    """Return the wallet's movements, newest first; a hold that was posted changes nothing more."""
    wanted = (
        select(Transfer)
        .join(Account, Account.id == Transfer.account_id)
        .where(
            Account.citizen_id == citizen_id,
            Account.kind == Kind.WALLET,
            Transfer.phase != Phase.POST,
        )
        .order_by(Transfer.account_seq.desc())
        .limit(limit)
    )
    if before_seq is not None:
        wanted = wanted.where(Transfer.account_seq < before_seq)
    return tuple(
        Line(
            seq=row.account_seq,
            at=row.at,
            words=transfer_words(Code(row.code), Phase(row.phase)),
            change=row.available_after - row.available_before,
            after=row.available_after,
            source_kind=row.source_kind,
            source_id=row.source_id,
            reason=row.reason,
        )
        for row in session.scalars(wanted)
    )


def transfer_words(code: Code, phase: Phase) -> str:
    """Say in Chinese what a transfer was."""
    return VOIDED_WORDS[code] if phase is Phase.VOID else SHAPES[code].words


def mall(
    session: Session, *, item_id: int | None = None, all_items: bool = False
) -> tuple[OfferRow, ...]:
    """Return what is offered, cheapest first; `all_items` also what is not listed or not open."""
    now = clock.now()
    wanted = (
        select(Item, ItemVersion)
        .join(
            ItemVersion,
            (ItemVersion.item_id == Item.id) & (ItemVersion.version == Item.version),
        )
        .order_by(ItemVersion.price, Item.id)
    )
    if item_id is not None:
        wanted = wanted.where(Item.id == item_id)
    if not all_items:
        wanted = wanted.where(
            Item.is_listed,
            ~Item.is_frozen,
            func.coalesce(ItemVersion.closes_at > now, True),  # SQL's true
        )
    rows = session.execute(wanted).all()
    stocks = _stocks(session, [item.id for item, _ in rows])
    return tuple(_offer_row(item, version, stocks.get(item.id, ())) for item, version in rows)


def offer(session: Session, item_id: int) -> OfferRow:
    """Return one item as the mall shows it; raise UnknownItem."""
    found = mall(session, item_id=item_id, all_items=True)
    if not found:
        raise UnknownItem
    return found[0]


_Stock = tuple[SiteStock | int, ...]


def _stocks(session: Session, item_ids: Sequence[int]) -> dict[int, _Stock]:
    """Return for each item its free units: a number, or one for each site."""
    rows = session.execute(
        select(Unit.item_id, Site, func.count())
        .outerjoin(Site, Site.id == Unit.site_id)
        .where(Unit.item_id.in_(item_ids), Unit.is_free)
        .group_by(Unit.item_id, Site.id)
        .order_by(Unit.item_id, Site.id)
    )
    stocks: dict[int, _Stock] = {}
    for item_id, site, count in rows:
        each = (
            count
            if site is None
            else SiteStock(site.id, site.name, site.address, site.hours, count)
        )
        stocks[item_id] = (*stocks.get(item_id, ()), each)
    return stocks


def _offer_row(item: Item, version: ItemVersion, stock: _Stock) -> OfferRow:
    sites = tuple(each for each in stock if isinstance(each, SiteStock))
    loose = sum(each for each in stock if isinstance(each, int))
    is_counted = item.sort != Sort.DONATION
    return OfferRow(
        item_id=item.id,
        version=item.version,
        sort=Sort(item.sort),
        name=version.name,
        description=version.description,
        terms=version.terms,
        picture_key=version.picture_key,
        price=version.price,
        limit_count=version.limit_count,
        limit_period=version.limit_period,
        opens_at=version.opens_at,
        closes_at=version.closes_at,
        needs_approval=version.needs_approval,
        is_listed=item.is_listed,
        is_frozen=item.is_frozen,
        left=loose + sum(site.left for site in sites) if is_counted else None,
        sites=sites,
    )


@dataclass(frozen=True)
class SiteRow:
    """A pick-up point: where it is and when it is open."""

    id: int
    name: str
    address: str
    hours: str
    is_active: bool


def sites(session: Session) -> tuple[SiteRow, ...]:
    """Return all pick-up points, those in use first."""
    rows = session.scalars(select(Site).order_by(~Site.is_active, Site.name))
    return tuple(SiteRow(row.id, row.name, row.address, row.hours, row.is_active) for row in rows)


def site(session: Session, name: str) -> SiteRow | None:
    """Return the pick-up point of this name; names are unique."""
    row = session.scalar(select(Site).where(Site.name == name))
    return None if row is None else SiteRow(row.id, row.name, row.address, row.hours, row.is_active)


# -- redemptions -------------------------------------------------------------------------------


def _rows() -> Select[Redemption, str, str]:
    return (
        select(Redemption, ItemVersion.name, func.coalesce(Site.name, ""))
        .join(
            ItemVersion,
            (ItemVersion.item_id == Redemption.item_id)
            & (ItemVersion.version == Redemption.item_version),
        )
        .outerjoin(Site, Site.id == Redemption.site_id)
    )


def _row(made: Redemption, item_name: str, site_name: str) -> RedemptionRow:
    return RedemptionRow(
        id=made.id,
        no=made.no,
        citizen_id=made.citizen_id,
        item_id=made.item_id,
        item_name=item_name,
        sort=Sort(made.sort),
        price=made.price,
        status=Status(made.status),
        status_words=STATUS_WORDS[Status(made.status)],
        site_name=site_name or None,
        requested_at=made.requested_at,
        due_at=made.due_at,
        lapses_at=made.lapses_at,
    )


def redemptions_of(
    session: Session,
    citizen_id: int,
    *,
    before_no: int | None = None,
    limit: int = 20,
    only: Collection[Status] = tuple(Status),
) -> tuple[RedemptionRow, ...]:
    """Return a resident's redemptions, newest first, or only those of some states."""
    wanted = _rows().where(Redemption.citizen_id == citizen_id, Redemption.status.in_(only))
    if before_no is not None:
        wanted = wanted.where(Redemption.no < before_no)
    rows = session.execute(wanted.order_by(Redemption.no.desc()).limit(limit))
    return tuple(_row(*row) for row in rows)


def queue(
    session: Session,
    *,
    status: Status = Status.REQUESTED,
    site_id: int | None = None,
    limit: int = 100,
) -> tuple[RedemptionRow, ...]:
    """Return open redemptions for the desk, those first that are due first."""
    wanted = _rows().where(Redemption.status == status, Redemption.status.in_(OPEN))
    if site_id is not None:
        wanted = wanted.where(Redemption.site_id == site_id)
    rows = session.execute(wanted.order_by(Redemption.due_at, Redemption.no).limit(limit))
    return tuple(_row(*row) for row in rows)


def redemption_file(
    session: Session, redemption_id: UUID, *, citizen_id: int | None = None
) -> RedemptionFile:
    """Return all of a redemption; with `citizen_id` only one's own. Raises RedemptionNotFound."""
    found = session.execute(_rows().where(Redemption.id == redemption_id)).one_or_none()
    if found is None or citizen_id not in {None, found[0].citizen_id}:
        raise RedemptionNotFound
    made = found[0]
    terms = session.scalar(
        select(ItemVersion.terms).where(
            ItemVersion.item_id == made.item_id, ItemVersion.version == made.item_version
        )
    )
    moves = session.scalars(
        select(RedemptionMove)
        .where(RedemptionMove.redemption_id == redemption_id)
        .order_by(RedemptionMove.seq)
    ).all()
    names = accounts.staff_names(session, [move.staff_id for move in moves if move.staff_id])
    steps = tuple(
        StepRow(
            seq=move.seq,
            name=move.name,
            to_status=Status(move.to_status),
            by=move.by,
            staff_name=names.get(move.staff_id or 0),
            note=move.note,
            at=move.at,
        )
        for move in moves
    )
    return RedemptionFile(_row(*found), terms or "", steps)
