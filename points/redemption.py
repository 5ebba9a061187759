"""A resident redeems: one transaction from the wallet's lock to the answer under the key.

All that can refuse is looked at before the first row is written, and all rows are written by one
statement that writes none when there is no unit left: a refusal leaves nothing behind but its
answer.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from kernel import bus, clock
from kernel.errors import Refusal

from . import ledger, requests
from .errors import (
    BY_CODE,
    BadPhone,
    InDebt,
    LimitReached,
    SoldOut,
    UnknownSite,
    WalletFrozen,
)
from .events import OF_STATUS, RedemptionEvent, RedemptionFulfilled
from .keys import Keys
from .ledger import Book, Change, Hold, Movement, Purse
from .offers import Offer, Seen, look, offer_of, period_name
from .requests import Request
from .rules import COUNTED, MOVES, REQUEST, By, Code, Move, Period, Phase, Sort, first_free

_PHONE = re.compile(r"1[3-9]\d{9}")
_HOURS_TO_DECIDE = 48


@dataclass(frozen=True)
class Answer:
    """What a request to redeem came to; the same request again gets the same answer.

    A refusal is returned and not raised, because it is remembered: the edge commits it, and then
    calls `check`.
    """

    redemption_id: UUID | None = None
    refusal: str | None = None

    def check(self) -> UUID:
        """Return the redemption, or raise the refusal."""
        if self.refusal is not None:
            raise BY_CODE.get(self.refusal, Refusal)
        if self.redemption_id is None:
            raise RuntimeError("an answer is a redemption or a refusal")
        return self.redemption_id


@dataclass(frozen=True)
class _Place:
    """What a redemption takes besides points and a unit: a number within the limit."""

    site_id: int | None
    limit_count: int | None
    limit_period: str | None
    limit_no: int | None


def redeem(
    session: Session,
    *,
    citizen_id: int,
    item_id: int,
    seen_version: int,
    request_key: str,
    keys: Keys,
    site_id: int | None = None,
    phone: str | None = None,
) -> Answer:
    """Hold the item's price and reserve a unit of it.

    `seen_version` is the version of the item whose terms the resident confirmed. Raises
    KeyReused when the key asked for something else, BadKey, BadPhone.
    """
    if phone is not None and not _PHONE.fullmatch(phone):
        raise BadPhone
    # The number is a secret that a plain hash would give away.
    who = keys.mac("phone", phone).hex() if phone else None
    body = requests.digest(item=item_id, version=seen_version, site=site_id, phone=who)
    request = Request(f"redeem:{citizen_id}", request_key, body)
    purse, row = look(session, citizen_id, request, item_id=item_id, site_id=site_id)
    earlier = requests.same(request, row.body_sha, row.answer)
    if earlier is not None:
        return _answer(earlier)
    try:
        offer = offer_of(row, seen_version, site_id, has_phone=phone is not None)
        changes, place = _may(session, purse, offer, row, site_id)
        hold, happened = _write(session, purse.wallet, offer, place, changes, request=request)
    except (BadPhone, UnknownSite):
        raise  # a form filled in wrongly is no verdict: it may be sent again, corrected
    except Refusal as refusal:
        requests.remember(session, request, {"refusal": refusal.code})
        return Answer(refusal=refusal.code)
    redemption_id = UUID(hold.cause.id)
    if phone is not None:
        _order_credit(session, redemption_id, offer, phone, keys)
    if isinstance(happened, RedemptionFulfilled):
        ledger.post(session, purse, hold)
    bus.publish(session, happened)
    return Answer(redemption_id=redemption_id)


def _answer(kept: requests.Answer) -> Answer:
    if "refusal" in kept:
        return Answer(refusal=str(kept["refusal"]))
    return Answer(redemption_id=UUID(str(kept["redemption"])))


def _may(
    session: Session, purse: Purse, offer: Offer, row: Seen, site_id: int | None
) -> tuple[list[Change], _Place]:
    """Return the lots and the place that it would take, or raise why not."""
    if purse.wallet.is_frozen:
        raise WalletFrozen
    if purse.owed:
        raise InDebt
    period, number = _limit(session, purse.wallet.citizen_id, offer)
    lots = zip(row.dates or (), row.seqs or (), row.frees or (), strict=True)
    changes = ledger.plan(lots, offer.price)
    return changes, _Place(site_id, offer.limit_count, period, number)


def _limit(session: Session, citizen_id: int, offer: Offer) -> tuple[str | None, int | None]:
    """Return the period's name and the person's lowest free number in it."""
    if offer.limit_count is None or offer.limit_period is None:
        return None, None
    period = period_name(Period(offer.limit_period), clock.now())
    taken = session.scalars(
        text("""
        SELECT limit_no FROM points_redemptions
        WHERE citizen_id = :citizen_id AND item_id = :item_id AND limit_period = :period
        AND status NOT IN ('cancelled', 'refused', 'lapsed', 'failed')
        """),
        {"citizen_id": citizen_id, "item_id": offer.item_id, "period": period},
    )
    number = first_free(taken, offer.limit_count)
    if number is None:
        raise LimitReached
    return period, number


# The lowest free unit that nobody is taking at this moment: nobody waits.
_UNIT = """
UPDATE points_units SET is_free = false
WHERE (item_id, unit_no) = (
    SELECT item_id, unit_no FROM points_units
    WHERE item_id = :item_id AND is_free AND {site}
    ORDER BY unit_no LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING unit_no
"""
_WRITE = """
WITH unit AS ({unit}), {move}, made AS (
    INSERT INTO points_redemptions (
        id, hold_id, citizen_id, account_id, item_id, sort, item_version, price, unit_no,
        site_id, limit_count, limit_period, limit_no, status, version, due_at, lapses_at,
        requested_at, updated_at
    ) SELECT
        :redemption_id, :id, :citizen_id, :account_id, :item_id, :sort, :item_version, :amount,
        unit_no, :site_id, :limit_count, :limit_period, :limit_no, :status, :version, :due_at,
        :lapses_at, :now, :now
    FROM unit RETURNING no
), steps AS (
    INSERT INTO points_redemption_moves (
        redemption_id, seq, name, from_status, to_status, by, at
    )
    SELECT :redemption_id, seq, name, from_status, to_status, by, :now FROM unit, unnest(
        CAST(:seqs AS bigint[]), CAST(:names AS text[]), CAST(:origins AS text[]),
        CAST(:outcomes AS text[]), CAST(:actors AS text[])
    ) AS m (seq, name, from_status, to_status, by)
), answered AS (
    INSERT INTO points_requests (scope, key, body_sha, answer)
    SELECT :scope, :key, :body_sha, jsonb_build_object('redemption', CAST(:redemption_id AS uuid))
    FROM unit
)
SELECT no, (SELECT id FROM account) AS account_id FROM made
"""


def _statement(unit: str) -> TextClause:
    move = ledger.MOVE.format(source="FROM unit", also=", unit")
    return text(_WRITE.format(unit=unit.strip(), move=move.strip()))


WRITE_AT_SITE = _statement(_UNIT.format(site="site_id = :site_id"))
_WRITE_ANYWHERE = _statement(_UNIT.format(site="site_id IS NULL"))
_WRITE_UNCOUNTED = _statement("SELECT CAST(NULL AS bigint) AS unit_no")


def _write(
    session: Session,
    wallet: Book,
    offer: Offer,
    place: _Place,
    changes: list[Change],
    *,
    request: Request,
) -> tuple[Hold, RedemptionEvent]:
    """Take a unit and hold the price; write it with the steps that it takes at once.

    Raises SoldOut, and has then written nothing.
    """
    redemption_id, steps, now = uuid4(), _steps(offer), clock.now()
    movement = Movement(
        id=uuid4(),
        code=Code.REDEEM,
        amount=offer.price,
        cause=ledger.Cause("redemption", str(redemption_id)),
        phase=Phase.PENDING,
    )
    values = ledger.values_of(wallet, movement, changes) | {
        **place.__dict__,
        **request.__dict__,
        "redemption_id": redemption_id,
        "citizen_id": wallet.citizen_id,
        "item_id": offer.item_id,
        "sort": offer.sort,
        "item_version": offer.version,
        "status": steps[-1].to,
        "version": len(steps),
        "due_at": now + timedelta(hours=_HOURS_TO_DECIDE),
        "lapses_at": now + timedelta(days=offer.pickup_days),
        "now": now,
        "seqs": list(range(1, len(steps) + 1)),
        "names": [step.name for step in steps],
        "origins": [step.origin for step in steps],
        "outcomes": [step.to for step in steps],
        "actors": [By.CITIZEN] + [By.HOUSE] * (len(steps) - 1),
    }
    if offer.sort not in COUNTED:
        statement = _WRITE_UNCOUNTED
    else:
        statement = _WRITE_ANYWHERE if place.site_id is None else WRITE_AT_SITE
    row = session.execute(statement, values).one_or_none()
    if row is None:
        raise SoldOut
    ledger.follow(wallet, values, row.account_id)
    hold = Hold(movement.id, wallet.id, Code.REDEEM, offer.price, movement.cause)
    return hold, OF_STATUS[steps[-1].to](
        redemption_id=str(redemption_id),
        no=row.no,
        seq=len(steps),
        citizen_id=wallet.citizen_id,
        item_name=offer.name,
        sort=offer.sort,
        price=offer.price,
        note=None,
        site_name=offer.site_name,
        lapses_at=values["lapses_at"],
    )


def _steps(offer: Offer) -> list[Move]:
    if offer.needs_approval:
        return [REQUEST]
    if offer.sort is Sort.DONATION:
        return [REQUEST, MOVES["approve"], MOVES["fulfil"]]
    return [REQUEST, MOVES["approve"]]


_ORDER = text("""
INSERT INTO points_recharges (redemption_id, order_no, phone_sealed, fen, next_at)
VALUES (:id, :order_no, :phone_sealed, :fen, :now)
""")


def _order_credit(
    session: Session, redemption_id: UUID, offer: Offer, phone: str, keys: Keys
) -> None:
    order_no = redemption_id.hex
    session.execute(
        _ORDER,
        {
            "id": redemption_id,
            "order_no": order_no,
            "phone_sealed": keys.encrypt(phone, place=f"recharge:{order_no}"),
            "fen": offer.worth_fen,
            "now": clock.now(),
        },
    )
