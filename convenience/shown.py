"""What a resident was told of last in the chat, and his word that it is wrong.

Kept for a quarter of an hour: which facilities somebody was shown says roughly where he is.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import clock
from kernel.errors import Refusal

from . import service
from .complaints import complaint_in
from .live_models import Shown
from .models import Facility
from .rules import WRONG_WORDS

LASTS = timedelta(minutes=15)
_MOST = 10


@dataclass(frozen=True)
class Complained:
    """What became of a resident's word: noted of `name`, or refused, or which of `names` is asked."""

    wrong: str  # in words
    name: str | None = None
    names: tuple[str, ...] = ()
    refusal: str | None = None


def remember(session: Session, citizen_id: int, told: list[int]) -> None:
    """Keep what a resident was just told of, in the order of the answer; nothing of nothing."""
    if not told:
        return
    values = {"facility_ids": told[:_MOST], "at": clock.now()}
    session.execute(
        insert(Shown)
        .values(citizen_id=citizen_id, **values)
        .on_conflict_do_update(index_elements=["citizen_id"], set_=values)
    )


def complain(session: Session, citizen_id: int, text: str) -> Complained | None:
    """Take the word that one of those just shown is wrong; None when it says anything else."""
    complaint = complaint_in(text)
    if complaint is None:
        return None
    told = session.scalar(
        select(Shown.facility_ids).where(
            Shown.citizen_id == citizen_id, Shown.at > clock.now() - LASTS
        )
    )
    if not told:
        return None
    rows = session.execute(select(Facility.id, Facility.name).where(Facility.id.in_(told)))
    names = {row.id: row.name for row in rows}
    words = WRONG_WORDS[complaint.wrong]
    number = complaint.number or (1 if len(told) == 1 else None)
    if number is None or number > len(told):
        return Complained(words, names=tuple(names[one] for one in told if one in names))
    chosen = told[number - 1]
    try:
        service.report_wrong(
            session, facility_id=chosen, kind=complaint.wrong, citizen_id=citizen_id
        )
    except Refusal as refusal:
        return Complained(words, refusal=refusal.sentence)
    return Complained(words, name=names[chosen])


def forget(session: Session) -> int:
    """Delete what was shown long enough ago; return how many rows."""
    gone = session.execute(delete(Shown).where(Shown.at <= clock.now() - LASTS))
    return cast("CursorResult[Any]", gone).rowcount
