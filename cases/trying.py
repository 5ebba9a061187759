"""A draft of rules on past cases: what would change before it goes live."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

import territory

from .clock_models import Facts
from .editing import locked_draft
from .matching import Book
from .models import Case
from .routing import matter_of
from .rulebooks import faults, lines_of, live_book

MOST_SHOWN = 200  # cases of a trial
# A month has tens of thousands of cases: nothing of them is read that rules do not look at.
_LOOKED_AT = (
    Case.report_no,
    Case.class_code,
    Case.street_code,
    Case.community_code,
    Case.grid_code,
    Case.source,
    Case.body_id,
)


@dataclass(frozen=True)
class Outcome:
    """What one book says of a case: a body, a broken rule, or nothing."""

    body_id: int | None = None
    rule_no: int | None = None
    is_broken: bool = False


@dataclass(frozen=True)
class Tried:
    """One past case under the rules in force and under the draft; `went_to` is what was done."""

    case_id: int
    report_no: str
    class_code: str | None
    before: Outcome
    after: Outcome
    went_to: int | None


@dataclass(frozen=True)
class Trial:
    """The draft on past cases. `moves` counts those whose body changes, by (before, after)."""

    revision: int
    since: datetime
    cases: int
    changed: tuple[Tried, ...]
    changed_count: int
    moves: tuple[tuple[tuple[int | None, int | None], int], ...]
    right_before: int
    right_after: int
    nothing_before: int
    nothing_after: int
    broken_before: int
    broken_after: int
    names: Mapping[int, str]


def try_out(session: Session, since: datetime) -> Trial:
    """Replay the draft and the book in force on the cases reported since then; changes nothing else.

    The draft may go live afterwards, as it was tried. Raises RulesChanged where there is no draft.
    """
    draft = locked_draft(session, None)
    live = live_book(session)
    past = _past(session, since)
    before = _outcomes(session, live.id if live else None, past)
    after = _outcomes(session, draft.id, past)
    tried = [
        Tried(
            case.id,
            case.report_no,
            case.class_code,
            before[case.id],
            after[case.id],
            case.body_id,
        )
        for case, _ in past
    ]
    changed = [each for each in tried if _said(each.before) != _said(each.after)]
    moves = Counter((each.before.body_id, each.after.body_id) for each in changed)
    draft.tried_revision = draft.revision
    session.flush()
    bodies = {
        body
        for each in changed
        for body in (each.before.body_id, each.after.body_id, each.went_to)
        if body is not None
    }
    return Trial(
        revision=draft.revision,
        since=since,
        cases=len(tried),
        changed=tuple(changed[:MOST_SHOWN]),
        changed_count=len(changed),
        moves=tuple(moves.most_common()),
        right_before=sum(_is_right(each.before, each.went_to) for each in tried),
        right_after=sum(_is_right(each.after, each.went_to) for each in tried),
        nothing_before=sum(each.before.rule_no is None for each in tried),
        nothing_after=sum(each.after.rule_no is None for each in tried),
        broken_before=sum(each.before.is_broken for each in tried),
        broken_after=sum(each.after.is_broken for each in tried),
        names=territory.body_names(session, bodies),
    )


def _said(outcome: Outcome) -> tuple[int | None, bool]:
    return outcome.body_id, outcome.is_broken


def _is_right(outcome: Outcome, went_to: int | None) -> bool:
    return went_to is not None and outcome.body_id == went_to and not outcome.is_broken


def _past(session: Session, since: datetime) -> list[tuple[Case, datetime]]:
    """Return the filed cases reported since then, with the instant at which they were dispatched."""
    rows = session.execute(
        select(Case, func.coalesce(Facts.dispatched_at, Facts.filed_at))
        .join(Facts, Facts.case_id == Case.id)
        .options(load_only(*_LOOKED_AT))
        .where(Facts.reported_at >= since, Facts.filed_at.is_not(None))
        .order_by(Case.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def _outcomes(
    session: Session, book_id: int | None, past: Iterable[tuple[Case, datetime]]
) -> dict[int, Outcome]:
    book = Book(lines_of(session, book_id) if book_id is not None else ())
    broken = faults(session, book.lines)
    found = {}
    for case, at in past:
        line = book.decide(matter_of(case, at))
        found[case.id] = (
            Outcome() if line is None else Outcome(line.body_id, line.no, line.no in broken)
        )
    return found
