"""What a resident sees of his points: the short answer for the chat, the statement for the page."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from . import queries
from .award_rules import WITHHELD_WORDS, Withheld
from .models import Account, Award, ItemVersion, Redemption, Transfer
from .queries import Expiring, Line, RedemptionRow
from .rules import OPEN, Code

_MOST_OPEN = 10


@dataclass(frozen=True)
class Summary:
    """What the chat says: points that can be used, held and owed, and what waits.

    `next_expiry` is what goes first, with the last day on which it can be used.
    """

    usable: int
    held: int
    owed: int
    is_frozen: bool
    next_expiry: Expiring | None
    open_redemptions: tuple[RedemptionRow, ...]


@dataclass(frozen=True)
class StatementLine:
    """One line of the history with what it was about; `change` is of the free points."""

    line: Line
    report_no: str | None = None
    redemption_id: UUID | None = None
    item_name: str | None = None


@dataclass(frozen=True)
class Unrewarded:
    """A report that earned nothing, and why not."""

    report_no: str
    why: str
    filed_on: date


@dataclass(frozen=True)
class TakenBack:
    """A report that was found false: what was taken, and what was spent already and is owed."""

    case_id: int
    report_no: str
    points: int
    owed: int
    reason: str
    at: datetime


def summary(session: Session, citizen_id: int) -> Summary:
    """Return what a resident has and what waits for him."""
    balance = queries.balance(session, citizen_id)
    waiting = queries.redemptions_of(session, citizen_id, limit=_MOST_OPEN, only=OPEN)
    return Summary(
        usable=balance.usable,
        held=balance.held,
        owed=balance.owed,
        is_frozen=balance.is_frozen,
        next_expiry=balance.expiring[0] if balance.expiring else None,
        open_redemptions=waiting,
    )


def statement(
    session: Session, citizen_id: int, *, before_seq: int | None = None, limit: int = 30
) -> tuple[StatementLine, ...]:
    """Return the history, newest first, each line with its report or redemption."""
    lines = queries.history(session, citizen_id, before_seq=before_seq, limit=limit)
    reports = _report_numbers(session, citizen_id, lines)
    redemptions = _redemptions(session, citizen_id, lines)
    return tuple(
        StatementLine(
            line,
            report_no=reports.get(line.source_id) if line.source_kind == "case" else None,
            redemption_id=_uuid(line.source_id) if line.source_id in redemptions else None,
            item_name=redemptions.get(line.source_id),
        )
        for line in lines
    )


def _report_numbers(session: Session, citizen_id: int, lines: tuple[Line, ...]) -> dict[str, str]:
    wanted = [line.source_id for line in lines if line.source_kind == "case"]
    cases = [int(words.partition(":")[0]) for words in wanted if words[:1].isdecimal()]
    rows = session.execute(
        select(Award.case_id, Award.report_no).where(
            tuple_(Award.case_id, Award.citizen_id).in_([(case, citizen_id) for case in cases])
        )
    )
    return {f"{row.case_id}:{citizen_id}": row.report_no for row in rows}


def _redemptions(session: Session, citizen_id: int, lines: tuple[Line, ...]) -> dict[str, str]:
    ids = [_uuid(line.source_id) for line in lines if line.source_kind == "redemption"]
    rows = session.execute(
        select(Redemption.id, ItemVersion.name)
        .join(
            ItemVersion,
            (ItemVersion.item_id == Redemption.item_id)
            & (ItemVersion.version == Redemption.item_version),
        )
        .where(
            Redemption.id.in_([each for each in ids if each]), Redemption.citizen_id == citizen_id
        )
    )
    return {str(row.id): row.name for row in rows}


def _uuid(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None


def unrewarded(session: Session, citizen_id: int, *, limit: int = 5) -> tuple[Unrewarded, ...]:
    """Return the newest reports that earned nothing, with the reason in words."""
    rows = session.execute(
        select(Award.report_no, Award.withheld, Award.filed_on)
        .where(Award.citizen_id == citizen_id, Award.points == 0)
        .order_by(Award.filed_on.desc(), Award.case_id.desc())
        .limit(limit)
    )
    return tuple(
        Unrewarded(row.report_no, WITHHELD_WORDS[Withheld(row.withheld)], row.filed_on)
        for row in rows
    )


@dataclass(frozen=True)
class Earned:
    """A report that earned points."""

    case_id: int
    report_no: str
    points: int
    filed_on: date


def earned(session: Session, citizen_id: int, *, limit: int = 50) -> tuple[Earned, ...]:
    """Return the reports that earned points, newest first."""
    rows = session.execute(
        select(Award.case_id, Award.report_no, Award.points, Award.filed_on)
        .where(Award.citizen_id == citizen_id, Award.points > 0)
        .order_by(Award.filed_on.desc(), Award.case_id.desc())
        .limit(limit)
    )
    return tuple(Earned(*row) for row in rows)


def taken_back(session: Session, citizen_id: int, *, limit: int = 10) -> tuple[TakenBack, ...]:
    """Return the reports whose points were taken back, newest first."""
    rows = session.execute(
        select(
            Award.case_id,
            Award.report_no,
            Transfer.code,
            Transfer.amount,
            Transfer.reason,
            Transfer.at,
        )
        .join(Account, Account.id == Transfer.account_id)
        .join(Award, Award.citizen_id == Account.citizen_id)
        .where(
            Account.citizen_id == citizen_id,
            Transfer.code.in_((Code.RECLAIM, Code.OWE)),
            Transfer.source_kind == "case",
            Transfer.source_id == func.concat(Award.case_id, ":", Award.citizen_id),
        )
        .order_by(Transfer.no.desc())
        .limit(2 * limit)
    )
    found: dict[int, TakenBack] = {}
    for row in rows:
        kept = found.get(row.case_id)
        owed = row.amount if row.code == Code.OWE else 0
        found[row.case_id] = TakenBack(
            case_id=row.case_id,
            report_no=row.report_no,
            points=row.amount + (kept.points if kept else 0),
            owed=owed + (kept.owed if kept else 0),
            reason=row.reason or "",
            at=row.at,
        )
    return tuple(found.values())[:limit]
