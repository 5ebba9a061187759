"""What is kept of one resident among the cases: for him to see and take along; what of it may go."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from .classes import classes
from .models import Addition, Case, Photo, Recording
from .rules import STATUS_WORDS
from .voice_models import Follower, Rating
from .workflow import Status

MOST = 1000  # of one list; who has more is told

Row = Mapping[str, Any]


def kept_of(session: Session, citizen_id: int) -> Mapping[str, Sequence[Row]]:
    """Return all that is kept of a resident, as lists of rows fit for JSON; newest first."""
    cases = session.scalars(
        select(Case).where(Case.citizen_id == citizen_id).order_by(Case.id.desc()).limit(MOST)
    ).all()
    photos = _counted(session, Photo.case_id, [each.id for each in cases])
    recordings = _counted(session, Recording.case_id, [each.id for each in cases])
    return {
        "reports": [
            {
                "report_no": each.report_no,
                "reported_at": each.reported_at,
                "status": STATUS_WORDS[Status(each.status)],
                "class": _class_name(each.class_code),
                "text": each.text,
                "place": each.place_label,
                "latitude": each.latitude,
                "longitude": each.longitude,
                "phone": each.contact_phone,
                "photos": photos.get(each.id, 0),
                "recordings": recordings.get(each.id, 0),
                "path": f"/reports/{each.report_no}?k={each.access_key}",
            }
            for each in cases
        ],
        "additions": _rows(
            session,
            select(Case.report_no, Addition.at, Addition.text)
            .join(Case, Case.id == Addition.case_id)
            .where(Addition.citizen_id == citizen_id)
            .order_by(Addition.id.desc()),
        ),
        "ratings": _rows(
            session,
            select(Case.report_no, Rating.rated_at, Rating.stars, Rating.reason)
            .join(Case, Case.id == Rating.case_id)
            .where(Case.citizen_id == citizen_id)
            .order_by(Rating.rated_at.desc()),
        ),
        "followed": _rows(
            session,
            select(Case.report_no, Follower.followed_at)
            .join(Case, Case.id == Follower.case_id)
            .where(Follower.citizen_id == citizen_id)
            .order_by(Follower.followed_at.desc()),
        ),
        "unfinished_photos": _rows(
            session,
            select(Photo.received_at, Photo.state)
            .where(Photo.citizen_id == citizen_id, Photo.case_id.is_(None))
            .order_by(Photo.id.desc()),
        ),
    }


def erase(session: Session, citizen_id: int) -> None:
    """Delete what of a resident need not stay: the cases of others that he follows.

    His own reports stay: they are a public file. Photos that became part of none go with the chat's.
    """
    session.execute(delete(Follower).where(Follower.citizen_id == citizen_id))


def _counted(session: Session, column: Any, ids: Sequence[int]) -> dict[int, int]:  # noqa: ANN401  # a column's type is the library's own
    rows = session.execute(
        select(column, func.count()).where(column.in_(ids)).group_by(column)
    ).all()
    return {row[0]: row[1] for row in rows}


def _rows(session: Session, wanted: Any) -> list[Row]:  # noqa: ANN401  # a statement's type is the library's own
    return [dict(row) for row in session.execute(wanted.limit(MOST)).mappings()]


def _class_name(code: str | None) -> str | None:
    known = classes().get(code or "")
    return known.name if known else None
