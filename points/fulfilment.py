"""What happens to a redemption after it was asked for, until its hold is posted or voided.

Each step locks the wallet, which stands for all that is its owner's, so that of two people who
decide at once one finds it decided.
"""

from datetime import timedelta
from uuid import UUID, uuid5

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from kernel import bus, clock

from . import ledger, pickup, requests
from .adjustments import check_not_own
from .errors import IllegalMove, NoteRequired, RedemptionNotFound
from .events import OF_STATUS
from .keys import Keys
from .ledger import Change, Purse
from .models import (
    ItemVersion,
    Redemption,
    RedemptionMove,
    Site,
    Unit,
    VoucherCode,
)
from .pickup import HandOver, Pickup
from .rules import (
    GRACE_DAYS,
    LONGEST_REASON,
    MOVES,
    By,
    Code,
    Move,
    Phase,
    Sort,
    Status,
    resolution,
)

LONGEST_TRACKING = 60


# -- residents ---------------------------------------------------------------------------------


def cancel(session: Session, *, redemption_id: UUID, citizen_id: int, request_key: str) -> None:
    """Take one's own redemption back; the points return to the lots they came from.

    Not possible once it was handed over or opened, nor when phone credit is on its way.
    """
    purse, redemption = _locked(session, redemption_id, citizen_id)
    if _is_done(session, redemption, request_key, move="cancel"):
        return
    if redemption.sort == Sort.CREDIT and redemption.status == Status.READY:
        raise IllegalMove
    name = "withdraw" if redemption.status == Status.REQUESTED else "cancel"
    move(session, purse, redemption, name, by=By.CITIZEN)


def open_voucher(session: Session, *, redemption_id: UUID, citizen_id: int, keys: Keys) -> str:
    """Return the code of one's own voucher; the first look fulfils the redemption."""
    purse, redemption = _locked(session, redemption_id, citizen_id)
    if redemption.sort != Sort.VOUCHER or redemption.unit_no is None:
        raise IllegalMove
    if redemption.status == Status.READY:
        move(session, purse, redemption, "fulfil", by=By.CITIZEN)
    if redemption.status != Status.FULFILLED:
        raise IllegalMove
    sealed = session.scalar(
        select(VoucherCode.sealed).where(
            VoucherCode.item_id == redemption.item_id,
            VoucherCode.unit_no == redemption.unit_no,
        )
    )
    if sealed is None:
        raise RuntimeError("a voucher without a code")
    return keys.decrypt(sealed, place=f"voucher:{redemption.item_id}:{redemption.unit_no}")


def show_pickup(session: Session, *, redemption_id: UUID, citizen_id: int, keys: Keys) -> Pickup:
    """Return the code of this minute for goods that wait; raise CodeLocked after wrong ones."""
    redemption = _waiting(session, redemption_id, citizen_id)
    return pickup.show(session, redemption_id, redemption.no, keys, is_fresh=False)


def rotate_pickup(session: Session, *, redemption_id: UUID, citizen_id: int, keys: Keys) -> Pickup:
    """Make a fresh code for goods that wait; the one before opens nothing any more."""
    redemption = _waiting(session, redemption_id, citizen_id)
    return pickup.show(session, redemption_id, redemption.no, keys, is_fresh=True)


def _waiting(session: Session, redemption_id: UUID, citizen_id: int) -> Redemption:
    _, redemption = _locked(session, redemption_id, citizen_id)
    if redemption.sort != Sort.GOODS or redemption.status != Status.READY:
        raise IllegalMove
    return redemption


# -- operators ---------------------------------------------------------------------------------


def approve(session: Session, *, redemption_id: UUID, staff_id: int, request_key: str) -> None:
    """Let a redemption go on; a donation is thereby made."""
    purse, redemption = _at_desk(session, redemption_id, staff_id)
    if _is_done(session, redemption, request_key, move="approve", staff=staff_id):
        return
    move(session, purse, redemption, "approve", by=By.STAFF, staff_id=staff_id)
    if redemption.sort == Sort.DONATION:
        move(session, purse, redemption, "fulfil", by=By.STAFF, staff_id=staff_id)


def refuse(
    session: Session, *, redemption_id: UUID, staff_id: int, note: str, request_key: str
) -> None:
    """Do not grant it, or take back the grant while it waits; the points return."""
    purse, redemption = _at_desk(session, redemption_id, staff_id)
    if _is_done(session, redemption, request_key, move="refuse", staff=staff_id, note=note):
        return
    if redemption.sort == Sort.CREDIT and redemption.status == Status.READY:
        raise IllegalMove  # the provider's word decides
    name = "refuse" if redemption.status == Status.REQUESTED else "revoke"
    move(session, purse, redemption, name, by=By.STAFF, staff_id=staff_id, note=note)


def hand_over(
    session: Session,
    *,
    no: int,
    code: str,
    staff_id: int,
    request_key: str,
    keys: Keys,
    site_id: int | None = None,
) -> HandOver:
    """Hand goods over to whoever shows the code of the moment; five wrong codes lock it.

    Each try has its own request key. Raises IllegalMove when there is nothing to hand over here.
    """
    redemption_id = session.scalar(select(Redemption.id).where(Redemption.no == no))
    if redemption_id is None:
        raise RedemptionNotFound
    purse, redemption = _at_desk(session, redemption_id, staff_id)
    typed = keys.mac("typed", str(redemption_id), code.strip()).hex()
    body = requests.digest(staff=staff_id, site=site_id, code=typed)
    request = requests.Request(f"hand-over:{redemption_id}", request_key, body)
    earlier = requests.earlier(session, request)
    if earlier is not None:
        return HandOver(*(earlier[name] for name in ("refusal", "tries_left")))  # type: ignore[arg-type]  # as stored below
    if redemption.status != Status.READY or redemption.sort != Sort.GOODS:
        raise IllegalMove
    if site_id is not None and site_id != redemption.site_id:
        raise IllegalMove
    outcome = pickup.try_code(session, redemption_id, code, keys)
    if outcome.refusal is None:
        move(session, purse, redemption, "fulfil", by=By.STAFF, staff_id=staff_id, site_id=site_id)
    requests.remember(session, request, outcome.__dict__)
    return outcome


def ship(
    session: Session,
    *,
    redemption_id: UUID,
    staff_id: int,
    carrier: str,
    tracking_no: str,
    request_key: str,
) -> None:
    """Send goods by a carrier to somebody who cannot come; what was agreed by telephone.

    Whoever lives there is the carrier's to know: no address is kept here.
    """
    note = " ".join(f"已寄出：{carrier} {tracking_no}".split())
    purse, redemption = _at_desk(session, redemption_id, staff_id)
    if _is_done(session, redemption, request_key, move="ship", staff=staff_id, note=note):
        return
    if redemption.sort != Sort.GOODS:
        raise IllegalMove
    if not carrier.strip() or not 4 <= len(tracking_no.strip()) <= LONGEST_TRACKING:
        raise NoteRequired
    move(session, purse, redemption, "fulfil", by=By.STAFF, staff_id=staff_id, note=note)


def lapse(session: Session, *, redemption_id: UUID) -> bool:
    """End a redemption that nobody came for in time; tell whether it did."""
    purse, redemption = _locked(session, redemption_id)
    is_waiting = redemption.status == Status.READY and redemption.sort != Sort.CREDIT
    if not is_waiting or redemption.lapses_at > clock.now():
        return False
    move(session, purse, redemption, "lapse", by=By.HOUSE)
    return True


def lapsing(session: Session, *, limit: int = 500) -> tuple[UUID, ...]:
    """Return redemptions whose time to be picked up is over."""
    found = session.scalars(
        select(Redemption.id)
        .where(
            Redemption.status == Status.READY,
            Redemption.sort != Sort.CREDIT,
            Redemption.lapses_at <= clock.now(),
        )
        .order_by(Redemption.lapses_at)
        .limit(limit)
    )
    return tuple(found)


# -- every step --------------------------------------------------------------------------------


def locked(session: Session, redemption_id: UUID) -> tuple[Purse, Redemption]:
    """Lock the wallet, which stands for all of a person's redemptions; raise RedemptionNotFound."""
    return _locked(session, redemption_id)


def _locked(
    session: Session, redemption_id: UUID, citizen_id: int | None = None
) -> tuple[Purse, Redemption]:
    owner = session.scalar(select(Redemption.citizen_id).where(Redemption.id == redemption_id))
    if owner is None or citizen_id not in {None, owner}:
        raise RedemptionNotFound
    purse = ledger.lock(session, owner)
    redemption = session.scalars(
        select(Redemption)
        .where(Redemption.id == redemption_id)
        # What this session read before it had the lock may be old.
        .execution_options(populate_existing=True)
    ).one()
    return purse, redemption


def _at_desk(session: Session, redemption_id: UUID, staff_id: int) -> tuple[Purse, Redemption]:
    purse, redemption = _locked(session, redemption_id)
    check_not_own(session, staff_id=staff_id, citizen_id=redemption.citizen_id)
    return purse, redemption


def _is_done(session: Session, redemption: Redemption, request_key: str, **asked: object) -> bool:
    """Tell whether this request was carried out before; if not, note that it is now."""
    scope, body = f"redemption:{redemption.id}", requests.digest(**asked)
    request = requests.Request(scope, request_key, body)
    if requests.earlier(session, request) is not None:
        return True
    requests.remember(session, request, {})
    return False


def move(
    session: Session,
    purse: Purse,
    redemption: Redemption,
    name: str,
    *,
    by: By,
    staff_id: int | None = None,
    site_id: int | None = None,
    note: str | None = None,
) -> None:
    """Move a redemption that is locked; its hold is resolved with it. Raises IllegalMove."""
    step = MOVES[name]
    if step.origin != redemption.status or by not in step.by:
        raise IllegalMove
    note = (note or "").replace("\0", "").strip()[:LONGEST_REASON] or None
    if step.needs_note and note is None:
        raise NoteRequired
    redemption.status = step.to
    redemption.version += 1
    redemption.updated_at = clock.now()
    session.execute(
        insert(RedemptionMove).values(
            redemption_id=redemption.id,
            seq=redemption.version,
            name=name,
            from_status=step.origin,
            to_status=step.to,
            by=by,
            staff_id=staff_id,
            site_id=site_id,
            note=note,
            at=redemption.updated_at,
        )
    )
    session.flush()
    _resolve(session, purse, redemption, step, staff_id)
    tell(session, redemption.id, note=note)


def _resolve(
    session: Session, purse: Purse, redemption: Redemption, step: Move, staff_id: int | None
) -> None:
    how = resolution(step.to)
    if how is None:
        return
    hold = ledger.hold_of(session, redemption.hold_id)
    if how is Phase.POST:
        ledger.post(session, purse, hold, actor_id=staff_id)
        return
    returned = ledger.void(session, purse, hold, actor_id=staff_id)
    if step.is_our_fault:
        _reinstate(session, purse, hold.id, returned)
    if redemption.unit_no is not None:
        session.execute(
            update(Unit)
            .where(
                Unit.item_id == redemption.item_id,
                Unit.unit_no == redemption.unit_no,
                Unit.written_off_at.is_(None),
            )
            .values(is_free=True)
        )


def _reinstate(session: Session, purse: Purse, hold_id: UUID, returned: list[Change]) -> None:
    """Give days of grace to points that came back after their date, and never a full term."""
    today = ledger.today()
    for change in returned:
        if change.expires_on >= today:
            continue
        ledger.expire(session, purse, change.expires_on, change.change, cause="reinstated")
        ledger.give(
            session,
            purse,
            ledger.Movement(
                id=uuid5(hold_id, f"reinstate:{change.expires_on}"),
                code=Code.REINSTATE,
                amount=change.change,
                cause=ledger.Cause("hold", f"{hold_id}:{change.expires_on}"),
                expires_on=today + timedelta(days=GRACE_DAYS),
            ),
        )


def tell(session: Session, redemption_id: UUID, *, note: str | None = None) -> None:
    """Publish the event of the status that the redemption has now."""
    row = session.execute(
        select(
            Redemption.no,
            Redemption.version,
            Redemption.citizen_id,
            Redemption.sort,
            Redemption.status,
            Redemption.price,
            Redemption.lapses_at,
            ItemVersion.name,
            func.coalesce(Site.name, "").label("site"),
        )
        .join(
            ItemVersion,
            (ItemVersion.item_id == Redemption.item_id)
            & (ItemVersion.version == Redemption.item_version),
        )
        .outerjoin(Site, Site.id == Redemption.site_id)
        .where(Redemption.id == redemption_id)
    ).one()
    bus.publish(
        session,
        OF_STATUS[row.status](
            redemption_id=str(redemption_id),
            no=row.no,
            seq=row.version,
            citizen_id=row.citizen_id,
            item_name=row.name,
            sort=row.sort,
            price=row.price,
            note=note,
            site_name=row.site or None,
            lapses_at=row.lapses_at,
        ),
    )
