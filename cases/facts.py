"""What the indicators count of a case, written with each move (definitions: figures.py)."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from .clock_models import Facts, Stage
from .limits import Stages
from .models import Case
from .stages import Clocks
from .workflow import ANSWERED, Status


def begin(session: Session, case: Case) -> None:
    """Make the row of a fresh report."""
    session.execute(
        insert(Facts).values(
            case_id=case.id,
            reported_at=case.reported_at,
            source=case.source,
            class_code=case.class_code,
            street_code=case.street_code,
            status=case.status,
        )
    )


def note(
    session: Session,
    case: Case,
    *,
    name: str,
    at: datetime,
    clocks: Clocks,
    before: dict[str, Stage],
    is_another_body: bool,
) -> None:
    """Bring the row up to date with a move; `before` are the clocks that ran until it."""
    facts = session.get(Facts, case.id)
    if facts is None:  # reported before there were facts: it is counted from now on
        begin(session, case)
        facts = session.get_one(Facts, case.id)
    facts.status = case.status
    facts.class_code = case.class_code
    facts.body_id = case.body_id
    facts.street_code = case.street_code
    facts.answer_due_at = case.answer_due_at
    _note_stage(facts, name, at, before)
    if name == "dispatch" and is_another_body:
        facts.bodies += 1
    if name == "rework":
        facts.reworks += 1
    promised = clocks.running.get(Stages.DISPOSE)
    if promised is not None:
        facts.dispose_due_at = promised.due_at
    if case.status in ANSWERED and name != "revisit":
        facts.answered_at = at
    elif case.status not in ANSWERED and case.status != Status.MERGED:
        facts.answered_at = None
    facts.closed_at = at if name == "close" else facts.closed_at
    if name in {"reopen", "rework"}:
        facts.closed_at = facts.disposed_at = None


def _note_stage(facts: Facts, name: str, at: datetime, before: dict[str, Stage]) -> None:
    accept, verify = before.get(Stages.ACCEPT), before.get(Stages.VERIFY)
    dispatch, check = before.get(Stages.DISPATCH), before.get(Stages.CHECK)
    if name == "file" and accept and facts.filed_at is None:
        facts.filed_at, facts.file_due_at = at, accept.due_at
    if name == "verified" and verify:
        facts.verified_at, facts.verify_due_at = at, verify.due_at
    if name == "dispatch" and dispatch and facts.dispatched_at is None:
        facts.dispatched_at, facts.dispatch_due_at = at, dispatch.due_at
    if name in {"dispose", "feedback"}:
        facts.disposed_at = at
    if check and name in {"check", "close", "rework"}:
        facts.checked_at, facts.check_due_at = at, check.due_at
