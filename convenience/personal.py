"""What is kept of one resident among the facilities: what he said of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .models import Correction, Facility, Rating
from .rules import WRONG_WORDS, Wrong

MOST = 1000  # of one list


def kept_of(session: Session, citizen_id: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return his corrections and stars as rows fit for JSON; newest first."""
    corrections = session.execute(
        select(Facility.name, Correction.kind, Correction.note, Correction.reported_at)
        .join(Facility, Facility.id == Correction.facility_id)
        .where(Correction.reporter == f"citizen:{citizen_id}")
        .order_by(Correction.id.desc())
        .limit(MOST)
    )
    ratings = session.execute(
        select(Facility.name, Rating.stars, Rating.rated_at)
        .join(Facility, Facility.id == Rating.facility_id)
        .where(Rating.reporter == f"citizen:{citizen_id}")
        .order_by(Rating.rated_at.desc())
        .limit(MOST)
    )
    return {
        "corrections": [
            {
                "facility": row.name,
                "what": WRONG_WORDS[Wrong(row.kind)],
                "note": row.note,
                "at": row.reported_at,
            }
            for row in corrections
        ],
        "ratings": [{"facility": r.name, "stars": r.stars, "at": r.rated_at} for r in ratings],
    }
