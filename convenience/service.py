"""What may be done to facilities. The caller opens the transaction and commits."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel import bus, clock

from .errors import (
    AlreadySettled,
    BadCorrection,
    BadKind,
    BadRating,
    BadSpaces,
    CorrectionNotFound,
    FacilityNotFound,
    KindTaken,
    NoteTooLong,
    NotRated,
    TooManyWords,
)
from .events import CorrectionSettled, FacilityBroken
from .models import Correction, Facility, Kind, Rating
from .rules import (
    CLOCK_LEEWAY,
    KIND_CODE,
    LONGEST_NOTE,
    MOST_SPACES,
    WRONG_WORDS,
    Settled,
    Wrong,
    tidy,
)

# Words of one person in an hour: enough for a walk through the quarter, too few for a machine.
MOST_CORRECTIONS_AN_HOUR = 10
MOST_RATINGS_AN_HOUR = 30


def add_kind(
    session: Session, *, code: str, name: str, aliases: list[str] | None = None, position: int = 100
) -> None:
    """Add a kind of facility; raise BadKind, KindTaken."""
    name = tidy(name)
    if not KIND_CODE.fullmatch(code) or not 1 <= len(name) <= 20:
        raise BadKind
    added = session.scalar(
        insert(Kind)
        .values(
            code=code,
            name=name,
            aliases=[word for word in map(tidy, aliases or []) if word],
            position=position,
        )
        .on_conflict_do_nothing()
        .returning(Kind.code)
    )
    if added is None:
        raise KindTaken


def report_wrong(
    session: Session,
    *,
    facility_id: int,
    kind: str,
    note: str | None = None,
    citizen_id: int | None = None,
    client_key: str | None = None,
) -> int:
    """Take somebody's word that an entry is wrong, and return its number.

    The same person's same word, while it is open, is one. Three people who do not know of each
    other make the entry doubtful (a trigger does). What is broken is told to the case system.
    Raises FacilityNotFound, BadCorrection, NoteTooLong, TooManyWords.
    """
    if kind not in set(Wrong):
        raise BadCorrection
    note = (note or "").replace("\0", "").strip() or None
    if note and len(note) > LONGEST_NOTE:
        raise NoteTooLong
    facility = _standing(session, facility_id)
    earlier: int | None = session.scalar(
        select(Correction.id).where(
            Correction.facility_id == facility_id,
            Correction.kind == kind,
            Correction.reporter == _reporter(citizen_id, client_key),
            Correction.state == Settled.OPEN,
        )
    )
    if earlier is not None:
        return earlier
    _refuse_too_many(
        session,
        Correction.reporter == _reporter(citizen_id, client_key),
        Correction.reported_at,
        MOST_CORRECTIONS_AN_HOUR,
    )
    made: int | None = session.scalar(
        insert(Correction)
        .values(
            facility_id=facility_id,
            kind=kind,
            note=note,
            citizen_id=citizen_id,
            client_key=client_key,
            is_case=kind == Wrong.BROKEN,
        )
        .on_conflict_do_nothing()
        .returning(Correction.id)
    )
    if made is None:  # the same word, at the same moment, on another worker
        return report_wrong(
            session,
            facility_id=facility_id,
            kind=kind,
            note=note,
            citizen_id=citizen_id,
            client_key=client_key,
        )
    if kind == Wrong.BROKEN:
        bus.publish(
            session,
            FacilityBroken(
                correction_id=made,
                facility_id=facility_id,
                kind=facility.kind,
                name=facility.name,
                address=facility.address,
                latitude=facility.latitude,
                longitude=facility.longitude,
                note=note,
                citizen_id=citizen_id,
            ),
        )
    return made


def settle(
    session: Session,
    *,
    correction_id: int,
    is_right: bool,
    staff_id: int,
    answer: str | None = None,
) -> None:
    """Answer a resident's word, and tell him where he is known; raise CorrectionNotFound, AlreadySettled, NoteTooLong."""
    answer = (answer or "").strip() or None
    if answer and len(answer) > LONGEST_NOTE:
        raise NoteTooLong
    settled = session.execute(
        update(Correction)
        .where(Correction.id == correction_id, Correction.state == Settled.OPEN)
        .values(
            state=Settled.ACCEPTED if is_right else Settled.DECLINED,
            settled_at=clock.now(),
            settled_by=staff_id,
            answer=answer,
        )
        .returning(Correction.citizen_id, Correction.facility_id, Correction.kind)
    ).one_or_none()
    if settled is None:
        is_there = session.scalar(select(Correction.id).where(Correction.id == correction_id))
        raise AlreadySettled if is_there else CorrectionNotFound
    if settled.citizen_id is None:
        return  # from a page: nobody knows who it was
    facility = session.get_one(Facility, settled.facility_id)
    bus.publish(
        session,
        CorrectionSettled(
            correction_id=correction_id,
            citizen_id=settled.citizen_id,
            facility_code=facility.code,
            facility_name=facility.name,
            wrong=WRONG_WORDS[settled.kind],
            is_right=is_right,
            answer=answer,
        ),
    )


def rate(
    session: Session,
    *,
    facility_id: int,
    stars: int,
    citizen_id: int | None = None,
    client_key: str | None = None,
) -> None:
    """Keep somebody's stars for a facility; his newest word counts.

    Raises FacilityNotFound, BadRating, NotRated, TooManyWords.
    """
    if not 1 <= stars <= 5:
        raise BadRating
    facility = _standing(session, facility_id)
    if not session.scalar(select(Kind.is_rated).where(Kind.code == facility.kind)):
        raise NotRated
    reporter = _reporter(citizen_id, client_key)
    _refuse_too_many(session, Rating.reporter == reporter, Rating.rated_at, MOST_RATINGS_AN_HOUR)
    values = {"stars": stars, "citizen_id": citizen_id, "rated_at": clock.now()}
    session.execute(
        insert(Rating)
        .values(facility_id=facility_id, reporter=reporter, **values)
        .on_conflict_do_update(index_elements=["facility_id", "reporter"], set_=values)
    )


def _reporter(citizen_id: int | None, client_key: str | None) -> str:
    return f"client:{client_key}" if citizen_id is None else f"citizen:{citizen_id}"


def _standing(session: Session, facility_id: int) -> Facility:
    facility = session.get(Facility, facility_id)
    if facility is None or facility.removed_at is not None:
        raise FacilityNotFound
    return facility


def _refuse_too_many(session: Session, whose: Any, at: Any, most: int) -> None:  # noqa: ANN401  # expressions of two tables
    since = clock.now() - timedelta(hours=1)
    if (session.scalar(select(func.count()).where(whose, at > since)) or 0) >= most:
        raise TooManyWords


def record_spaces(session: Session, *, code: str, free: int, at: datetime) -> bool:
    """Keep how many spaces a car park had free at an instant; tell whether that was news.

    What is older than what is known changes nothing, so that messages may come twice and in any
    order. Raises FacilityNotFound, BadSpaces.
    """
    if not 0 <= free <= MOST_SPACES:
        raise BadSpaces(f"空位数应是 0 到 {MOST_SPACES} 的整数。")
    if at > clock.now() + CLOCK_LEEWAY:
        raise BadSpaces("时间在将来，请核对发送方的时钟。")
    # Before the row's lock: an import that holds the table waits for rows last.
    session.execute(text("LOCK TABLE convenience_facilities IN ROW EXCLUSIVE MODE"))
    known = session.execute(
        select(Facility.id, Facility.free_spaces_at)
        .where(Facility.code == code, Facility.removed_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if known is None:
        raise FacilityNotFound
    if known.free_spaces_at is not None and known.free_spaces_at >= at:
        return False
    session.execute(
        update(Facility)
        .where(Facility.id == known.id)
        .values(free_spaces=free, free_spaces_at=at)
        .execution_options(synchronize_session=False)
    )
    return True
