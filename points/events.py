"""What happened to somebody's points, told to whoever must act on it (`reactions.py`)."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class PointsAwarded:
    """A report earned points, or none: `withheld` says in Chinese why there are fewer."""

    citizen_id: int
    case_id: int
    report_no: str
    points: int
    withheld: str | None
    balance: int
    expires_on: date | None


@dataclass(frozen=True)
class PointsReclaimed:
    """A report was found false; what was spent already is owed."""

    citizen_id: int
    case_id: int
    points: int
    owed: int
    reason: str
    balance: int


@dataclass(frozen=True)
class PointsAdjusted:
    """Points were given or taken by hand; `words` names the kind."""

    citizen_id: int
    words: str
    change: int
    reason: str
    balance: int


@dataclass(frozen=True)
class PointsFrozen:
    """The points cannot be spent for now; the resident may appeal."""

    citizen_id: int
    freeze_id: int
    reason: str


@dataclass(frozen=True)
class PointsUnfrozen:
    citizen_id: int
    freeze_id: int
    reason: str


@dataclass(frozen=True)
class AppealDecided:
    """Somebody else looked at it; `about` is "freeze" or "case"."""

    citizen_id: int
    appeal_id: int
    about: str
    is_upheld: bool
    answer: str


@dataclass(frozen=True)
class PointsExpireSoon:
    citizen_id: int
    points: int
    on: date


@dataclass(frozen=True)
class RedemptionEvent:
    """A step of a redemption; `no` is what people say, `seq` numbers its steps from 1."""

    redemption_id: str
    no: int
    seq: int
    citizen_id: int
    item_name: str
    sort: str
    price: int
    note: str | None
    site_name: str | None
    lapses_at: datetime


class RedemptionRequested(RedemptionEvent):
    """The points are held; somebody will look at it."""


class RedemptionReady(RedemptionEvent):
    """It may be picked up, opened, or is being topped up."""


class RedemptionFulfilled(RedemptionEvent):
    """It was handed over; the points are gone."""


class RedemptionCancelled(RedemptionEvent):
    """The resident changed his mind; the points are back."""


class RedemptionRefused(RedemptionEvent):
    """It could not be granted; the note says why, and the points are back."""


class RedemptionLapsed(RedemptionEvent):
    """Nobody came for it; the points are back, those past their date are gone."""


class RedemptionFailed(RedemptionEvent):
    """The provider could not deliver; the points are back."""


OF_STATUS: dict[str, type[RedemptionEvent]] = {
    "requested": RedemptionRequested,
    "ready": RedemptionReady,
    "fulfilled": RedemptionFulfilled,
    "cancelled": RedemptionCancelled,
    "refused": RedemptionRefused,
    "lapsed": RedemptionLapsed,
    "failed": RedemptionFailed,
}
