"""What every change of a case leaves behind: a row of its history, and word to whoever must act."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

import territory
from kernel import bus

from .events import OF_MOVE
from .models import CaseMove
from .workflow import Status


@dataclass(frozen=True)
class Reported:
    """A report's number, and the key that opens its details."""

    case_id: int
    report_no: str
    access_key: str


def append(
    session: Session,
    case_id: int,
    *,
    seq: int,
    name: str,
    to: Status,
    request_key: str,
    origin: Status | None = None,
    staff_id: int | None = None,
    body_id: int | None = None,
    note: str | None = None,
    at: datetime | None = None,
) -> None:
    values = {
        "case_id": case_id,
        "seq": seq,
        "name": name,
        "from_status": origin,
        "to_status": to,
        "request_key": request_key,
        "staff_id": staff_id,
        "body_id": body_id,
        "note": note,
    }
    # At once, and past the session: what comes with the move refers to it, and nothing changes it.
    session.execute(insert(CaseMove).values(values if at is None else {**values, "at": at}))


def tell(
    session: Session,
    *,
    name: str,
    seq: int,
    reported: Reported,
    citizen_id: int | None,
    body_id: int | None = None,
    note: str | None = None,
) -> None:
    names = territory.body_names(session, [body_id] if body_id is not None else [])
    bus.publish(
        session,
        OF_MOVE[name](
            case_id=reported.case_id,
            seq=seq,
            report_no=reported.report_no,
            access_key=reported.access_key,
            citizen_id=citizen_id,
            body_name=names.get(body_id or 0),
            note=note,
        ),
    )


def tidy(text: str | None) -> str | None:
    """Return text that PostgreSQL can keep, without surrounding space; None for nothing."""
    if text is None:
        return None
    kept = text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8").strip()
    return kept or None
