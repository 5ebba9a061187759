"""The words and the law of the ledger: accounts, codes, phases, and the life of a redemption.

Plain Python. `models` turns these tables into constraints, so that code and database cannot
disagree about what is legal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TypeGuard

from kernel.words import later

# Numbers below belong to the house's own accounts, which have no row: nobody's balance is kept
# there, so there is no row that every transfer would have to update.
FIRST_PERSONAL = 1000
LARGEST_AMOUNT = 1_000_000  # points in one transfer
LARGEST_BALANCE = 10**12
LONGEST_REASON = 500
LONGEST_KEY = 100
GRACE_DAYS = 30  # for points that come back, by our fault, after their date


class House(IntEnum):
    """The house's accounts: where points come from and go to."""

    ISSUED = 1
    REDEEMED = 2
    EXPIRED = 3
    RECLAIMED = 4
    ADJUSTED = 5
    OWED = 6


class Kind(StrEnum):
    """What a person has: a wallet, and a debt where points already spent were taken back."""

    WALLET = "wallet"
    DEBT = "debt"


class Phase(StrEnum):
    SINGLE = "single"
    PENDING = "pending"
    POST = "post"
    VOID = "void"


class Code(StrEnum):
    """Why points moved."""

    AWARD = "award"
    GRANT = "grant"
    DEDUCT = "deduct"
    REDEEM = "redeem"
    REFUND = "refund"
    EXPIRE = "expire"
    REINSTATE = "reinstate"
    RECLAIM = "reclaim"
    RESTORE = "restore"
    REPAY = "repay"
    OWE = "owe"
    SETTLE = "settle"
    FORGIVE = "forgive"


@dataclass(frozen=True)
class Shape:
    """What a transfer of one code looks like; `needs_second` is a second person's consent."""

    kind: Kind
    house: House
    is_credit: bool  # of the person's account
    words: str
    is_two_phase: bool = False
    needs_second: bool = False


SHAPES: dict[Code, Shape] = {
    Code.AWARD: Shape(Kind.WALLET, House.ISSUED, True, later("上报奖励")),
    Code.GRANT: Shape(Kind.WALLET, House.ADJUSTED, True, later("人工发放"), needs_second=True),
    Code.DEDUCT: Shape(Kind.WALLET, House.ADJUSTED, False, later("人工扣减"), needs_second=True),
    Code.REDEEM: Shape(Kind.WALLET, House.REDEEMED, False, later("兑换"), is_two_phase=True),
    Code.REFUND: Shape(Kind.WALLET, House.REDEEMED, True, later("兑换退回"), needs_second=True),
    Code.EXPIRE: Shape(Kind.WALLET, House.EXPIRED, False, later("过期")),
    Code.REINSTATE: Shape(Kind.WALLET, House.EXPIRED, True, later("过期积分恢复")),
    Code.RECLAIM: Shape(Kind.WALLET, House.RECLAIMED, False, later("不实上报收回")),
    Code.RESTORE: Shape(Kind.WALLET, House.RECLAIMED, True, later("申诉后退还"), needs_second=True),
    Code.REPAY: Shape(Kind.WALLET, House.RECLAIMED, False, later("抵还欠分")),
    Code.OWE: Shape(Kind.DEBT, House.OWED, True, later("记欠分")),
    Code.SETTLE: Shape(Kind.DEBT, House.OWED, False, later("欠分抵还")),
    Code.FORGIVE: Shape(Kind.DEBT, House.OWED, False, later("欠分免除"), needs_second=True),
}
# Of codes with two phases.
VOIDED_WORDS = {Code.REDEEM: later("兑换取消，积分退回")}


def is_amount(value: object) -> TypeGuard[int]:
    """Tell a whole number of points that one transfer may move; True is an int, and is none."""
    return type(value) is int and 0 < value <= LARGEST_AMOUNT


class Sort(StrEnum):
    """What the mall offers."""

    GOODS = "goods"
    VOUCHER = "voucher"
    CREDIT = "credit"
    DONATION = "donation"


SORT_WORDS = {
    Sort.GOODS: later("实物"),
    Sort.VOUCHER: later("兑换券"),
    Sort.CREDIT: later("话费"),
    Sort.DONATION: later("公益捐赠"),
}
# A donation cannot run out; of everything else each unit has a number.
COUNTED = (Sort.GOODS, Sort.VOUCHER, Sort.CREDIT)


class Period(StrEnum):
    """Within which a person may have so many of an item."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    EVER = "ever"


class Status(StrEnum):
    REQUESTED = "requested"
    READY = "ready"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    LAPSED = "lapsed"
    FAILED = "failed"


STATUS_WORDS = {
    Status.REQUESTED: later("待审核"),
    Status.READY: later("待领取"),
    Status.FULFILLED: later("已完成"),
    Status.CANCELLED: later("已取消"),
    Status.REFUSED: later("未通过"),
    Status.LAPSED: later("逾期未领"),
    Status.FAILED: later("未成功"),
}
OPEN = (Status.REQUESTED, Status.READY)
# The points went back, and with them the unit and the place within the limit.
UNDONE = (Status.CANCELLED, Status.REFUSED, Status.LAPSED, Status.FAILED)


class By(StrEnum):
    """Who made a move."""

    CITIZEN = "citizen"
    STAFF = "staff"
    HOUSE = "house"


@dataclass(frozen=True)
class Move:
    """One way a redemption may go. `is_our_fault`: points that return late get days of grace."""

    name: str
    origin: Status | None
    to: Status
    by: tuple[By, ...]
    is_our_fault: bool = False
    needs_note: bool = False


REQUEST = Move("request", None, Status.REQUESTED, (By.CITIZEN,))
MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        REQUEST,
        Move("approve", Status.REQUESTED, Status.READY, (By.STAFF, By.HOUSE)),
        Move(
            "refuse",
            Status.REQUESTED,
            Status.REFUSED,
            (By.STAFF,),
            is_our_fault=True,
            needs_note=True,
        ),
        Move("withdraw", Status.REQUESTED, Status.CANCELLED, (By.CITIZEN,)),
        Move("fulfil", Status.READY, Status.FULFILLED, (By.CITIZEN, By.STAFF, By.HOUSE)),
        Move("cancel", Status.READY, Status.CANCELLED, (By.CITIZEN,)),
        Move(
            "revoke", Status.READY, Status.REFUSED, (By.STAFF,), is_our_fault=True, needs_note=True
        ),
        Move("lapse", Status.READY, Status.LAPSED, (By.HOUSE,)),
        Move("fail", Status.READY, Status.FAILED, (By.STAFF, By.HOUSE), is_our_fault=True),
    )
}


class Mark(StrEnum):
    """What a trace is of."""

    DEVICE = "device"
    NETWORK = "network"
    SPOT = "spot"


def resolution(status: Status) -> Phase | None:
    """Return how the hold of a redemption in this status was resolved."""
    if status is Status.FULFILLED:
        return Phase.POST
    return Phase.VOID if status in UNDONE else None


def first_free(taken: Iterable[int], limit: int) -> int | None:
    """Return the lowest number of 1..limit that nobody has, or None."""
    numbers = set(taken)
    return next((number for number in range(1, limit + 1) if number not in numbers), None)
