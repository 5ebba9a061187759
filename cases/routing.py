"""What the live rules propose for a case, and which rules are broken."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

import territory
from kernel import clock

from .errors import CaseNotFound, NoProposal
from .matching import Matter
from .models import Case
from .rulebooks import RuleRow, faults, live_book, live_rules, rules_of


@dataclass(frozen=True)
class Proposal:
    """Which body a rule of the live book names for a case.

    When the rule that speaks is broken, `fault` says how, and `instead` is the next one that is whole.
    """

    book_id: int
    rule: RuleRow
    instead: RuleRow | None = None

    @property
    def fault(self) -> str | None:
        return self.rule.fault

    @property
    def body_id(self) -> int | None:
        """The body to take with one key; none when the rule is broken."""
        return None if self.rule.fault else self.rule.line.body_id


@dataclass(frozen=True)
class Advice:
    """What the dispatcher is told: the proposal, and all rules of the live book that are broken."""

    proposal: Proposal | None
    broken: tuple[RuleRow, ...]


def matter_of(case: Case, at: datetime) -> Matter:
    """Return what rules look at in a case that is dispatched then."""
    place = territory.Place(case.street_code, case.community_code, case.grid_code)
    return Matter(case.class_code, place.codes, case.source, at)


def advise(session: Session, case_id: int) -> Advice:
    """Return what the live rules propose for a case now, and which of them are broken."""
    case, book = session.get(Case, case_id), live_book(session)
    if case is None:
        raise CaseNotFound
    if book is None:
        return Advice(None, ())
    rules = live_rules(session, book)
    broken = faults(session, rules.lines)
    ranked = rules.ranked(matter_of(case, clock.now()))
    whole = next((line.no for line in ranked if line.no not in broken), None)
    numbers = {*broken, *(line.no for line in ranked[:1]), *([whole] if whole else [])}
    rows = {row.line.no: row for row in rules_of(session, book.id, only=numbers)}
    proposal = None
    if ranked:
        first = rows[ranked[0].no]
        instead = rows[whole] if first.fault and whole is not None else None
        proposal = Proposal(book.id, first, instead)
    return Advice(proposal, tuple(rows[no] for no in sorted(broken)))


def proposed_body(session: Session, case_id: int) -> int:
    """Return the body that the live rules name; raise NoProposal when none does, or a broken one."""
    proposal = advise(session, case_id).proposal
    if proposal is None:
        raise NoProposal
    if proposal.body_id is None:
        raise NoProposal(
            f"规则第 {proposal.rule.line.no} 条坏了（{proposal.fault}），请自己选单位。"
        )
    return proposal.body_id
