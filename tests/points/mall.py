"""A small mall and people with points, made by one call each."""

import uuid
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel import clock
from points import awards, catalogue, ledger, redemption
from points.catalogue import Terms
from points.keys import Keys
from points.redemption import Answer
from points.rules import Code, Phase, Sort
from tests import factories

MUG = Terms(name="搪瓷杯", price=100)
FAR_DAY = date(2027, 11, 30)


def settle(session: Session) -> None:
    """Check now what the database would check at the commit."""
    session.flush()
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))


def give(
    session: Session,
    citizen_id: int,
    amount: int,
    *,
    expires_on: date = FAR_DAY,
    transfer_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Give points without asking the award rules."""
    chosen = transfer_id or uuid.uuid4()
    ledger.give(
        session,
        ledger.lock(session, citizen_id),
        ledger.Movement(
            id=chosen,
            code=Code.AWARD,
            amount=amount,
            cause=ledger.Cause("test", str(chosen)),
            expires_on=expires_on,
        ),
    )
    return chosen


def rich_citizen(session: Session, points: int = 1000) -> int:
    citizen_id = factories.a_citizen(session)
    give(session, citizen_id, points)
    return citizen_id


def an_item(
    session: Session,
    *,
    sort: Sort = Sort.GOODS,
    stock: int = 5,
    site_id: int | None = None,
    keys: Keys | None = None,
    is_listed: bool = True,
    **terms: object,
) -> int:
    """Offer an item with so many units of it."""
    offered = replace(MUG, **terms)  # type: ignore[arg-type]  # names of its fields
    staff_id = factories.a_member_of_staff(session)
    item_id = catalogue.add_item(session, sort=sort, terms=offered, staff_id=staff_id)
    if sort is Sort.VOUCHER:
        assert keys is not None
        codes = [f"V{item_id}-{number}" for number in range(1, stock + 1)]
        if codes:
            catalogue.import_codes(
                session, item_id=item_id, codes=codes, keys=keys, staff_id=staff_id
            )
    elif sort is not Sort.DONATION and stock:
        catalogue.receive(
            session,
            item_id=item_id,
            count=stock,
            request_key=factories.key(),
            staff_id=staff_id,
            site_id=(site_id or a_site(session)) if sort is Sort.GOODS else None,
        )
    catalogue.set_listed(session, item_id=item_id, is_listed=is_listed)
    return item_id


def a_site(session: Session, name: str | None = None) -> int:
    return catalogue.add_site(
        session, name=name or f"{factories.key()[:6]}便民点", address="建新东路3号"
    )


def goods(session: Session, stock: int = 5, **terms: object) -> tuple[int, int]:
    """Offer goods at one site; return item and site."""
    site_id = a_site(session)
    return an_item(session, stock=stock, site_id=site_id, **terms), site_id  # type: ignore[arg-type]  # as above


def redeem(
    session: Session,
    citizen_id: int,
    item_id: int,
    keys: Keys,
    *,
    site_id: int | None = None,
    request_key: str | None = None,
    seen_version: int = 1,
    phone: str | None = None,
) -> Answer:
    return redemption.redeem(
        session,
        citizen_id=citizen_id,
        item_id=item_id,
        seen_version=seen_version,
        request_key=factories.key() if request_key is None else request_key,
        keys=keys,
        site_id=site_id,
        phone=phone,
    )


def balance(session: Session, citizen_id: int) -> tuple[int, int]:
    """Return what the wallet has: free, held."""
    wallet = ledger.lock(session, citizen_id).wallet
    return wallet.available, wallet.held


def award(
    session: Session,
    citizen_id: int | None,
    case_id: int,
    *,
    is_first: bool = True,
    filed_at: datetime | None = None,
    transfer_key: str | None = None,
    case_class: str | None = None,
    source: str = "wechat",
) -> awards.Awarded:
    return awards.award_for_report(
        session,
        citizen_id=citizen_id,
        case_id=case_id,
        report_no=f"JB{case_id}",
        case_class=case_class,
        is_first=is_first,
        filed_at=filed_at or clock.now(),
        transfer_key=transfer_key or f"case:{case_id}:{citizen_id}",
        source=source,
    )


def one(session: Session, statement: str, **values: object) -> object:
    """Return the one value of a plain statement."""
    return session.execute(text(statement), values).scalar_one()


def hold(session: Session, citizen_id: int, amount: int) -> ledger.Hold:
    """Hold points for nothing in particular."""
    movement = ledger.Movement(
        id=uuid.uuid4(),
        code=Code.REDEEM,
        amount=amount,
        cause=ledger.Cause("test", str(uuid.uuid4())),
        phase=Phase.PENDING,
    )
    ledger.take(session, ledger.lock(session, citizen_id), movement)
    return ledger.hold_of(session, movement.id)
