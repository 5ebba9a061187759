"""What a resident chooses about his own data: each choice is kept, and what it makes of him now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel import clock

from .models import Choice, Citizen, CitizenSession

_MOST_LISTED = 100


@dataclass(frozen=True)
class Chosen:
    """One line of the log."""

    about: str
    is_given: bool
    version: str | None
    at: datetime


@dataclass(frozen=True)
class Resident:
    """What is kept of a resident himself."""

    openid: str
    is_following: bool
    since: datetime
    phone: str | None
    wants_notices: bool
    browsers: int
    agreed_to: str | None  # the newest privacy text that he agreed to and did not take back
    choices: tuple[Chosen, ...]  # the newest first


def resident_file(session: Session, citizen_id: int) -> Resident:
    """Return what is kept of the resident himself, with the newest of his choices."""
    citizen = session.get_one(Citizen, citizen_id, populate_existing=True)
    browsers = session.scalars(
        select(CitizenSession.expires_at).where(
            CitizenSession.citizen_id == citizen_id, CitizenSession.expires_at > clock.now()
        )
    ).all()
    choices = tuple(
        Chosen(row.about, row.is_given, row.version, row.at)
        for row in session.scalars(
            select(Choice)
            .where(Choice.citizen_id == citizen_id)
            .order_by(Choice.id.desc())
            .limit(_MOST_LISTED)
        )
    )
    privacy = session.scalars(
        select(Choice)
        .where(Choice.citizen_id == citizen_id, Choice.about == "privacy")
        .order_by(Choice.id.desc())
        .limit(1)
    ).one_or_none()
    return Resident(
        openid=citizen.openid,
        is_following=citizen.is_following,
        since=citizen.created_at,
        phone=citizen.phone,
        wants_notices=citizen.wants_notices,
        browsers=len(browsers),
        agreed_to=privacy.version if privacy and privacy.is_given else None,
        choices=choices,
    )


def choose(
    session: Session, citizen_id: int, about: str, *, is_given: bool, version: str | None = None
) -> None:
    """Write a choice down. `about`: privacy (with its version), notices, phone, export, erasure."""
    session.add(
        Choice(
            citizen_id=citizen_id, about=about, is_given=is_given, version=version, at=clock.now()
        )
    )
    session.flush()


def agree(session: Session, citizen_id: int, version: str, *, is_given: bool) -> None:
    """Agree to a privacy text, or take it back; the same word twice is one line."""
    _locked(session, citizen_id)
    if (resident_file(session, citizen_id).agreed_to == version) is not is_given:
        choose(session, citizen_id, "privacy", is_given=is_given, version=version)


def want_notices(session: Session, citizen_id: int, *, is_wanted: bool) -> None:
    """Turn notices on or off; the same word twice is one line."""
    citizen = _locked(session, citizen_id)
    if citizen.wants_notices is not is_wanted:
        citizen.wants_notices = is_wanted
        choose(session, citizen_id, "notices", is_given=is_wanted)


def wants_notices(session: Session, citizen_id: int) -> bool:
    """Tell whether the resident wants to be told of his cases and points."""
    found = session.scalar(select(Citizen.wants_notices).where(Citizen.id == citizen_id))
    return found is not False


def keep_phone(session: Session, citizen_id: int, phone: str | None) -> None:
    """Keep, correct or delete the number under which he may be asked about his reports.

    `phone` is tidy already; the log says that there is one, and not which.
    """
    citizen = _locked(session, citizen_id)
    if citizen.phone != phone:
        citizen.phone = phone
        choose(session, citizen_id, "phone", is_given=phone is not None)


def phone_of(session: Session, citizen_id: int | None) -> str | None:
    """Return the number that a resident left for questions about his reports."""
    return session.scalar(select(Citizen.phone).where(Citizen.id == (citizen_id or 0)))


def erase(session: Session, citizen_id: int) -> None:
    """Delete what is kept of the resident himself and may go; that he asked for it is written down."""
    session.execute(update(Citizen).where(Citizen.id == citizen_id).values(phone=None))
    choose(session, citizen_id, "erasure", is_given=True)


def asked_to_erase(session: Session, citizen_id: int) -> bool:
    """Tell whether the newest thing that he chose is to have deleted what may go."""
    newest = session.scalar(
        select(Choice.about)
        .where(Choice.citizen_id == citizen_id)
        .order_by(Choice.id.desc())
        .limit(1)
    )
    return newest == "erasure"


def _locked(session: Session, citizen_id: int) -> Citizen:
    return session.scalars(
        select(Citizen)
        .where(Citizen.id == citizen_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
