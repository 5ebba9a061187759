"""How a report becomes a case. The caller opens the transaction and commits."""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import territory
from geo import cells
from kernel import clock

from . import facts, history, photos, recordings, rules, stages
from .classes import check_class
from .errors import EmptyReport, TextTooLong
from .history import Reported, tidy
from .models import Case
from .pictures import Picture
from .workflow import REPORT, Status

# Six random digits a day: even at 100,000 reports a day nine tries fail once in a billion.
_NUMBER_TRIES = 9


def report(
    session: Session,
    *,
    request_key: str,
    prefix: str,
    source: str,
    citizen_id: int | None,
    text: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    place_label: str | None = None,
    photo_ids: Sequence[int] = (),
    pictures: Sequence[Picture] = (),
    recording_ids: Sequence[int] = (),
    is_urgent: bool = False,
    class_code: str | None = None,
    sign_code: str | None = None,
    contact_phone: str | None = None,
    draft_key: str | None = None,
) -> Reported:
    """Make a case of a report; the same `request_key` again gives the same case.

    Coordinates are WGS-84 degrees; what is no place on earth counts as none. A photo is named by
    the id that `receive_photo` gave; its bytes may still be on their way; another citizen's, or
    one that a case has already, is left where it is. `pictures` are photos whose bytes are at
    hand; `draft_key` names those that `hold_pictures` kept. An anonymous report has no `citizen_id`. Raises EmptyReport, TextTooLong, BadPhone or
    UnknownClass.
    """
    earlier = reported_under(session, request_key)
    if earlier is not None:
        return earlier
    text, place_label, now = tidy(text), tidy(place_label), clock.now()
    cell = _cell(latitude, longitude)
    place = territory.place_of(session, latitude, longitude) if cell else territory.NOWHERE
    theirs = [
        *photos.loose(session, citizen_id, photo_ids),
        *(photos.held_pictures(session, draft_key) if draft_key else ()),
    ]
    recorded = recordings.loose(session, citizen_id, recording_ids)
    if not rules.is_complete(
        text=text, photos=[*theirs, *pictures, *recorded], has_place=bool(cell or place_label)
    ):
        raise EmptyReport
    if text and len(text) > rules.LONGEST_TEXT:
        raise TextTooLong
    values = {
        "status": Status.REPORTED,
        "source": source,
        "citizen_id": citizen_id,
        "text": text,
        "place_label": place_label[: rules.LONGEST_LABEL] if place_label else None,
        "latitude": latitude if cell else None,
        "longitude": longitude if cell else None,
        "cell": cell,
        "street_code": place.street_code,
        "community_code": place.community_code,
        "grid_code": place.grid_code,
        "is_urgent": is_urgent,
        "class_code": check_class(class_code),
        "sign_code": sign_code,
        "contact_phone": rules.tidy_phone(contact_phone),
        "reported_at": now,
        "updated_at": now,
    }
    made, is_new = _insert(session, prefix, request_key, values)
    if not is_new:
        return made
    history.append(
        session,
        made.case_id,
        seq=1,
        name=REPORT,
        to=Status.REPORTED,
        request_key=request_key,
        at=now,
    )
    photos.adopt(session, case_id=made.case_id, move_seq=1, photo_ids=theirs)
    recordings.adopt(session, case_id=made.case_id, recording_ids=recorded)
    photos.attach(
        session,
        case_id=made.case_id,
        move_seq=1,
        purpose="report",
        origin=f"page:{request_key}",
        pictures=pictures,
    )
    case = session.get_one(Case, made.case_id)
    stages.turn(session, case, name=REPORT, seq=1, at=case.reported_at, running={})
    facts.begin(session, case)
    history.tell(session, name=REPORT, seq=1, reported=made, citizen_id=citizen_id)
    return made


def _insert(
    session: Session, prefix: str, request_key: str, values: Mapping[str, object]
) -> tuple[Reported, bool]:
    """Insert under a fresh number; tell whether it is new, or the same request's of this moment."""
    for _ in range(_NUMBER_TRIES):
        number = rules.report_number(
            prefix, clock.city_day(clock.now()), secrets.randbelow(1_000_000)
        )
        access_key = secrets.token_urlsafe(12)
        case_id = session.scalar(
            insert(Case)
            .values(report_no=number, access_key=access_key, request_key=request_key, **values)
            .on_conflict_do_nothing()
            .returning(Case.id)
        )
        if case_id is not None:
            return Reported(case_id, number, access_key), True
        same = reported_under(session, request_key)
        if same is not None:
            return same, False
    raise RuntimeError("no free report number found")


def reported_under(session: Session, request_key: str) -> Reported | None:
    """Return what a request made already, or None."""
    row = session.execute(
        select(Case.id, Case.report_no, Case.access_key).where(Case.request_key == request_key)
    ).one_or_none()
    return None if row is None else Reported(row.id, row.report_no, row.access_key)


def _cell(latitude: float | None, longitude: float | None) -> str | None:
    """Return the place's cell, or None where there are no coordinates, or none on earth."""
    if latitude is None or longitude is None:
        return None
    try:
        return cells.cell(latitude, longitude)
    except cells.NotOnEarth:
        return None
