"""Points for filed reports. The caller tells what it knows of the case; we decide once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from kernel import bus, clock

from . import award_rules, ledger, requests
from .award_rules import WITHHELD_WORDS, AwardRules, Decision, Past, Withheld
from .errors import BadRules, KeyReused
from .events import PointsAwarded
from .models import Award, Insider, RuleSet, Transfer
from .rules import Code

_KEYS = UUID("0b2c9a34-55f3-5d0e-8f35-6c9e0d6c5b21")
# First of the two numbers of an advisory lock: which report of a case was first is decided once.
_CASE_LOCK = 20211202


@dataclass(frozen=True)
class Awarded:
    """The decision: points, and why there are fewer than the class is worth, if so."""

    points: int
    withheld: Withheld | None
    is_first: bool


@dataclass(frozen=True)
class RulesInForce:
    version: int
    rules: AwardRules


def award_for_report(
    session: Session,
    *,
    citizen_id: int | None,
    case_id: int,
    report_no: str,
    case_class: str | None,
    is_first: bool,
    filed_at: datetime,
    transfer_key: str,
    source: str = "wechat",
    reported_at: datetime | None = None,
) -> Awarded:
    """Decide on one person's report of one problem, once; a repetition gets the same answer.

    The rules in force at `filed_at` count. Of several who claim to be first the one who was
    decided first is; the others follow. A transaction that awards several people takes them in
    the order of their numbers, so that two such transactions cannot wait for each other. Raises
    KeyReused when the same report is decided with other arguments, or the key gave other points.
    """
    if citizen_id is None:
        return Awarded(0, Withheld.ANONYMOUS, is_first)
    session.execute(
        text("SELECT pg_advisory_xact_lock(:kind, :case)"),
        {"kind": _CASE_LOCK, "case": case_id % 2**31},
    )
    purse = ledger.lock(session, citizen_id)
    body_sha = requests.digest(
        case_class=case_class, is_first=is_first, source=source, key=transfer_key
    )
    earlier = session.get(Award, (case_id, citizen_id))
    if earlier is not None:
        return _same(earlier, body_sha)
    in_force = rules_at(session, filed_at)
    is_first = is_first and not _has_first(session, case_id)
    reported_at = reported_at or filed_at
    decision = _decide(
        session,
        citizen_id,
        in_force.rules,
        case_class=case_class,
        source=source,
        is_first=is_first,
        filed_at=filed_at,
        reported_at=reported_at,
    )
    transfer_id = uuid5(_KEYS, transfer_key)
    expires_on = award_rules.expiry(in_force.rules, ledger.today())
    if decision.points:
        if session.get(Transfer, transfer_id) is not None:
            raise KeyReused
        ledger.give(
            session,
            purse,
            ledger.Movement(
                id=transfer_id,
                code=Code.AWARD,
                amount=decision.points,
                cause=ledger.Cause("case", f"{case_id}:{citizen_id}"),
                expires_on=expires_on,
                rule_version=in_force.version,
            ),
        )
    session.execute(
        insert(Award).values(
            case_id=case_id,
            citizen_id=citizen_id,
            report_no=report_no,
            is_first=is_first,
            rule_version=in_force.version,
            filed_at=filed_at,
            reported_at=reported_at,
            filed_on=clock.city_day(filed_at),
            points=decision.points,
            withheld=decision.withheld,
            transfer_id=transfer_id if decision.points else None,
            request_sha=body_sha,
        )
    )
    bus.publish(
        session,
        PointsAwarded(
            citizen_id=citizen_id,
            case_id=case_id,
            report_no=report_no,
            points=decision.points,
            withheld=WITHHELD_WORDS[decision.withheld] if decision.withheld else None,
            balance=purse.wallet.available,
            expires_on=expires_on if decision.points else None,
        ),
    )
    return Awarded(decision.points, decision.withheld, is_first)


def _same(earlier: Award, body_sha: str) -> Awarded:
    if earlier.request_sha != body_sha:
        raise KeyReused
    withheld = Withheld(earlier.withheld) if earlier.withheld else None
    return Awarded(earlier.points, withheld, earlier.is_first)


def _has_first(session: Session, case_id: int) -> bool:
    found = session.scalar(select(Award.citizen_id).where(Award.case_id == case_id, Award.is_first))
    return found is not None


def _decide(
    session: Session,
    citizen_id: int,
    rules: AwardRules,
    *,
    case_class: str | None,
    source: str,
    is_first: bool,
    filed_at: datetime,
    reported_at: datetime,
) -> Decision:
    if session.get(Insider, citizen_id) is not None:
        return Decision(0, Withheld.INSIDER)
    day = clock.city_day(filed_at)
    earned = select(func.coalesce(func.sum(Award.points), 0)).where(
        Award.citizen_id == citizen_id, Award.points > 0
    )
    nearest = (
        select(Award.reported_at)
        .where(Award.citizen_id == citizen_id, Award.points > 0)
        .order_by(func.abs(func.extract("epoch", Award.reported_at - reported_at)))
        .limit(1)
    )
    past = Past(
        on_day=int(session.scalar(earned.where(Award.filed_on == day)) or 0),
        in_month=int(
            session.scalar(earned.where(Award.filed_on.between(*award_rules.month_of(day)))) or 0
        ),
        last_at=session.scalar(nearest) if rules.interval_minutes else None,
    )
    return award_rules.decide(
        rules,
        case_class=case_class,
        source=source,
        is_first=is_first,
        reported_at=reported_at,
        past=past,
    )


def rules_at(session: Session, instant: datetime) -> RulesInForce:
    """Return the rules in force at the instant: the latest version that had begun by then."""
    row = session.execute(
        select(RuleSet.version, RuleSet.body)
        .where(RuleSet.valid_from <= instant)
        .order_by(RuleSet.valid_from.desc())
        .limit(1)
    ).one()
    return RulesInForce(row.version, award_rules.from_body(row.body))


@dataclass(frozen=True)
class RuleVersion:
    version: int
    valid_from: datetime
    rules: AwardRules
    staff_id: int | None


def rule_versions(session: Session, *, limit: int = 20) -> tuple[RuleVersion, ...]:
    """Return the versions of the rules, those that begin last first."""
    rows = session.scalars(select(RuleSet).order_by(RuleSet.valid_from.desc()).limit(limit))
    return tuple(
        RuleVersion(row.version, row.valid_from, award_rules.from_body(row.body), row.staff_id)
        for row in rows
    )


def change_rules(
    session: Session, rules: AwardRules, *, valid_from: datetime, staff_id: int
) -> int:
    """Make the next version of the rules; what was decided before stays. Return its number.

    Raises BadRules when it would begin in the past or when another version begins then.
    """
    taken = session.scalar(select(RuleSet.version).where(RuleSet.valid_from == valid_from))
    if valid_from < clock.now() or taken is not None:
        raise BadRules
    made = RuleSet(valid_from=valid_from, body=award_rules.to_body(rules), staff_id=staff_id)
    session.add(made)
    session.flush()
    return made.version
