"""The only writer of transfers. Everything goes through `lock`: a person's wallet is the mutex.

Lock order everywhere: wallet, debt, order of credit, units; two people never wait for each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel import clock

from .errors import BadAmount, InsufficientPoints, TransferNotFound
from .rules import SHAPES, Code, Kind, Phase, is_amount


@dataclass
class Book:
    """An account whose row this transaction has locked; it follows what is appended."""

    id: int
    kind: Kind
    citizen_id: int
    seq: int
    available: int
    held: int
    last_at: datetime | None
    is_frozen: bool


@dataclass
class Purse:
    """A person's accounts, locked."""

    wallet: Book
    debt: Book | None

    @property
    def owed(self) -> int:
        return 0 if self.debt is None else self.debt.available


class Cause(NamedTuple):
    """What a transfer is about; a code moves points for one cause once."""

    kind: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A transfer to be made. `id` is chosen by the caller, once for all tries."""

    id: UUID
    code: Code
    amount: int
    cause: Cause
    phase: Phase = Phase.SINGLE
    pending_id: UUID | None = None
    expires_on: date | None = None
    rule_version: int | None = None
    actor_id: int | None = None
    approver_id: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Change:
    """What a movement does to one lot."""

    expires_on: date
    seq: int
    change: int
    free_after: int


@dataclass(frozen=True)
class Hold:
    """A pending transfer that may be posted or voided."""

    id: UUID
    account_id: int
    code: Code
    amount: int
    cause: Cause


LOCK = text("""
SELECT id, kind, citizen_id, seq, available, held, last_at, is_frozen
FROM points_accounts WHERE citizen_id = :citizen_id ORDER BY id FOR UPDATE
""")
_OPEN = text("""
INSERT INTO points_accounts (citizen_id, kind) VALUES (:citizen_id, :kind)
ON CONFLICT (citizen_id, kind) DO NOTHING
""")


def lock(session: Session, citizen_id: int) -> Purse:
    """Lock the person's accounts until the transaction ends; a first call opens the wallet."""
    for _ in range(2):
        purse = purse_of(session.execute(LOCK, {"citizen_id": citizen_id}))
        if purse is not None:
            return purse
        session.execute(_OPEN, {"citizen_id": citizen_id, "kind": Kind.WALLET})
    raise RuntimeError("a wallet was opened and is not there")


def purse_of(rows: Iterable[Any]) -> Purse | None:
    """Return what `LOCK` found; None: the person has no wallet yet."""
    books = {Kind(row.kind): Book(row.id, Kind(row.kind), *row[2:]) for row in rows}
    return Purse(books[Kind.WALLET], books.get(Kind.DEBT)) if Kind.WALLET in books else None


def open_debt(session: Session, purse: Purse) -> Book:
    """Return the person's debt account; the wallet's lock stands for it until it is there."""
    if purse.debt is None:
        session.execute(_OPEN, {"citizen_id": purse.wallet.citizen_id, "kind": Kind.DEBT})
        purse.debt = lock(session, purse.wallet.citizen_id).debt
    if purse.debt is None:
        raise RuntimeError("a debt was opened and is not there")
    return purse.debt


def today() -> date:
    return clock.city_day(clock.now())


def give(session: Session, purse: Purse, movement: Movement) -> None:
    """Put points into the wallet, into the lot of `expires_on`; what is owed is repaid from it."""
    if not is_amount(movement.amount):
        raise BadAmount
    if movement.expires_on is None:
        raise ValueError("what is given has a date")
    seq, free = _lot(session, purse.wallet.id, movement.expires_on)
    change = Change(movement.expires_on, seq + 1, movement.amount, free + movement.amount)
    append(session, purse.wallet, movement, [change])
    if purse.owed:
        _repay(session, purse, movement.id)


def take(session: Session, purse: Purse, movement: Movement) -> None:
    """Take points out of the wallet, or hold them: those that expire first go first.

    Raises InsufficientPoints when too few are free and not past their date.
    """
    if not is_amount(movement.amount):
        raise BadAmount
    rows = session.execute(_LOTS, {"account_id": purse.wallet.id, "today": today()})
    changes = plan(((row.expires_on, row.seq, row.free) for row in rows), movement.amount)
    append(session, purse.wallet, movement, changes)


_LOTS = text("""
SELECT expires_on, seq, free FROM points_lots
WHERE account_id = :account_id AND free > 0 AND expires_on >= :today ORDER BY expires_on
""")


def plan(lots: Iterable[tuple[date, int, int]], amount: int) -> list[Change]:
    """Return how the amount would be taken from lots (date, seq, free) in this order.

    Raises InsufficientPoints.
    """
    changes: list[Change] = []
    wanted = amount
    for expires_on, seq, free in lots:
        part = min(wanted, free)
        changes.append(Change(expires_on, seq + 1, -part, free - part))
        wanted -= part
        if wanted == 0:
            return changes
    raise InsufficientPoints


def expire(session: Session, purse: Purse, expires_on: date, amount: int, *, cause: str) -> None:
    """Take what is free of one lot; `cause` says why."""
    wallet = purse.wallet
    seq, free = _lot(session, wallet.id, expires_on)
    name = f"{wallet.id}:{expires_on}:{seq}"
    movement = Movement(
        id=uuid5(_EXPIRIES, name),
        code=Code.EXPIRE,
        amount=amount,
        cause=Cause("lot", name),
        reason=cause,
    )
    append(session, wallet, movement, [Change(expires_on, seq + 1, -amount, free - amount)])


_EXPIRIES = UUID("6d1f6c1e-3f0c-5d0a-9a51-4f6f1c0a7e11")


def post(session: Session, purse: Purse, hold: Hold, *, actor_id: int | None = None) -> None:
    """Make a hold final: the points are gone. The lots gave them when they were held."""
    append(session, purse.wallet, _resolving(hold, Phase.POST, actor_id), [])


def void(
    session: Session, purse: Purse, hold: Hold, *, actor_id: int | None = None
) -> list[Change]:
    """Undo a hold: the points go back to the lots they came from; return what went where.

    What is owed is then repaid from what can be used.
    """
    rows = session.execute(
        text("""
        SELECT l.expires_on, l.seq, l.free, e.change FROM points_lot_entries e
        JOIN points_lots l USING (account_id, expires_on) WHERE e.transfer_id = :hold
        ORDER BY l.expires_on
        """),
        {"hold": hold.id},
    )
    changes = [
        Change(row.expires_on, row.seq + 1, -row.change, row.free - row.change) for row in rows
    ]
    movement = _resolving(hold, Phase.VOID, actor_id)
    append(session, purse.wallet, movement, changes)
    if purse.owed:
        _repay(session, purse, movement.id)
    return changes


def _resolving(hold: Hold, phase: Phase, actor_id: int | None) -> Movement:
    return Movement(
        id=uuid5(hold.id, phase),
        code=hold.code,
        amount=hold.amount,
        cause=hold.cause,
        phase=phase,
        pending_id=hold.id,
        actor_id=actor_id,
    )


def hold_of(session: Session, hold_id: UUID) -> Hold:
    """Return the pending transfer of this id; raise TransferNotFound."""
    row = session.execute(
        text("""
        SELECT id, account_id, code, amount, source_kind, source_id FROM points_transfers
        WHERE id = :id AND phase = 'pending'
        """),
        {"id": hold_id},
    ).one_or_none()
    if row is None:
        raise TransferNotFound
    return Hold(
        row.id, row.account_id, Code(row.code), row.amount, Cause(row.source_kind, row.source_id)
    )


def owe(session: Session, purse: Purse, movement: Movement) -> None:
    """Write down a debt, or with `settle` and `forgive` a part of it off; never below nothing."""
    append(session, open_debt(session, purse), movement, [])


def _repay(session: Session, purse: Purse, given: UUID) -> None:
    debt = open_debt(session, purse)
    amount = min(debt.available, usable(session, purse.wallet))
    if amount == 0:
        return
    cause = Cause("transfer", str(given))
    take(
        session,
        purse,
        Movement(id=uuid5(given, "repay"), code=Code.REPAY, amount=amount, cause=cause),
    )
    owe(
        session,
        purse,
        Movement(id=uuid5(given, "settle"), code=Code.SETTLE, amount=amount, cause=cause),
    )


def _lot(session: Session, account_id: int, expires_on: date) -> tuple[int, int]:
    found = text("SELECT seq, free FROM points_lots WHERE account_id = :id AND expires_on = :day")
    row = session.execute(found, {"id": account_id, "day": expires_on}).one_or_none()
    return (0, 0) if row is None else (row.seq, row.free)


# One statement, so that a transfer costs one round trip: the transfer, the account that follows
# it, and what it does to the lots. `{source}` lets another statement say for which rows it is
# written (redemption: only when there is a unit).
MOVE = """
moved AS (
    INSERT INTO points_transfers (
        id, debit_id, credit_id, amount, code, phase, pending_id, source_kind, source_id,
        rule_version, account_seq, available_after, held_after, at, previous_at, business_on,
        expires_on, actor_id, approver_id, reason
    ) SELECT
        :id, :debit_id, :credit_id, :amount, :code, :phase, :pending_id, :source_kind, :source_id,
        :rule_version, :seq, :available, :held, :at, :previous_at, :business_on,
        :expires_on, :actor_id, :approver_id, :reason
    {source}
), changes AS (
    SELECT c.* FROM unnest(
        CAST(:lot_dates AS date[]), CAST(:lot_seqs AS bigint[]),
        CAST(:lot_changes AS bigint[]), CAST(:lot_frees AS bigint[])
    ) AS c (expires_on, seq, change, free) {also}
), entries AS (
    INSERT INTO points_lot_entries (account_id, expires_on, seq, transfer_id, change, free_after)
    SELECT :account_id, expires_on, seq, :id, change, free FROM changes
), lots AS (
    INSERT INTO points_lots (account_id, expires_on, seq, free)
    SELECT :account_id, expires_on, seq, free FROM changes
    ON CONFLICT (account_id, expires_on) DO UPDATE SET seq = excluded.seq, free = excluded.free
), account AS (
    UPDATE points_accounts a
    SET seq = :seq, available = :available, held = :held, last_at = :at
    {source} WHERE a.id = :account_id AND a.seq = :seq - 1
    RETURNING a.id
)
"""
_APPEND = text(MOVE.format(source="", also="").join(("WITH", "SELECT id FROM account")))


def append(session: Session, book: Book, movement: Movement, changes: Sequence[Change]) -> None:
    """Write one transfer after the account's last one; the book follows.

    The same id, the same cause or the same place in the account's order twice is an
    IntegrityError: callers look before they ask, under the account's lock.
    """
    values = values_of(book, movement, changes)
    follow(book, values, session.execute(_APPEND, values).scalar())


def values_of(book: Book, movement: Movement, changes: Sequence[Change]) -> dict[str, Any]:
    """Return the values of `MOVE` for a transfer after the account's last one."""
    shape = SHAPES[movement.code]
    if not is_amount(movement.amount):
        raise BadAmount
    if shape.kind is not book.kind:
        raise ValueError(f"{movement.code} is no transfer of a {book.kind}")
    now = clock.now()
    at = now if book.last_at is None else max(now, book.last_at + timedelta(microseconds=1))
    available, held = _after(book, movement, is_credit=shape.is_credit)
    house, person = shape.house.value, book.id
    debit, credit = (house, person) if shape.is_credit else (person, house)
    return {
        **movement.__dict__,
        "source_kind": movement.cause.kind,
        "source_id": movement.cause.id,
        "debit_id": debit,
        "credit_id": credit,
        "account_id": book.id,
        "seq": book.seq + 1,
        "available": available,
        "held": held,
        "at": at,
        "previous_at": book.last_at,
        "business_on": clock.city_day(at),
        "lot_dates": [change.expires_on for change in changes],
        "lot_seqs": [change.seq for change in changes],
        "lot_changes": [change.change for change in changes],
        "lot_frees": [change.free_after for change in changes],
    }


def follow(book: Book, values: dict[str, Any], account_id: int | None) -> None:
    """Let the book follow what `MOVE` wrote; `account_id` is what it returned."""
    if account_id != book.id:
        raise RuntimeError("an account moved while it was locked")
    book.seq, book.available = values["seq"], values["available"]
    book.held, book.last_at = values["held"], values["at"]


def _after(book: Book, movement: Movement, *, is_credit: bool) -> tuple[int, int]:
    amount = movement.amount
    available, held = {
        Phase.SINGLE: (amount if is_credit else -amount, 0),
        Phase.PENDING: (-amount, amount),
        Phase.POST: (0, -amount),
        Phase.VOID: (amount, -amount),
    }[movement.phase]
    if book.available + available < 0 or book.held + held < 0:
        raise InsufficientPoints
    return book.available + available, book.held + held


def usable(session: Session, wallet: Book) -> int:
    """Return how many points can be taken: free, and not past their date."""
    found = session.scalar(
        text("""
        SELECT coalesce(sum(free), 0) FROM points_lots
        WHERE account_id = :account_id AND free > 0 AND expires_on >= :today
        """),
        {"account_id": wallet.id, "today": today()},
    )
    return int(found or 0)


def free_of(session: Session, wallet: Book, expires_on: date) -> int:
    """Return what is free of the wallet's lot of this date."""
    return _lot(session, wallet.id, expires_on)[1]
