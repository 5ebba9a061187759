"""Sites, codes and plates: what may be done to them. The caller opens the transaction and commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random, SystemRandom

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.cells import NotOnEarth, cell
from kernel import blobs, clock
from kernel.database import after_commit
from kernel.errors import Invalid

from . import plate_talk, rules
from .codes import new_code
from .errors import (
    IllegalPlateMove,
    KeyReused,
    NoteRequired,
    NoteTooLong,
    NothingToPrint,
    NumberTaken,
    OtherSiteRequired,
    PhotoRequired,
    PlateNotFound,
    SiteNotFound,
    StalePlate,
)
from .models import Alarm, Batch, Code, FarReport, Plate, PlateMove, Site
from .rules import HANGING, MAKING, PlateState, SiteKind

# Nobody must be able to guess the next code.
_RANDOM = SystemRandom()
# 35 random bits: with a million codes in use one draw in 30,000 is taken.
_DRAWS = 20


class BadSite(Invalid):
    code = "bad_site"
    sentence = "点位填写有误：要有编号、名称和区内的坐标。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a site is; degrees are WGS-84."""

    number: str
    name: str
    kind: SiteKind = SiteKind.OTHER
    address: str | None = None
    latitude: float
    longitude: float
    is_demo: bool = False


def add_site(
    session: Session, place: Place, *, staff_id: int | None = None, import_id: int | None = None
) -> int:
    """Register a site; raise NumberTaken or BadSite."""
    try:
        geohash = cell(place.latitude, place.longitude)
    except NotOnEarth as fault:
        raise BadSite from fault
    if not rules.NUMBER.fullmatch(place.number) or not place.name:
        raise BadSite
    site_id: int | None = session.scalar(
        insert(Site)
        .values(
            number=place.number,
            name=place.name,
            kind=place.kind,
            address=place.address,
            latitude=place.latitude,
            longitude=place.longitude,
            cell=geohash,
            is_demo=place.is_demo,
            staff_id=staff_id,
            import_id=import_id,
        )
        .on_conflict_do_nothing()
        .returning(Site.id)
    )
    if site_id is None:
        raise NumberTaken
    return site_id


def issue_code(session: Session, site_id: int, *, random: Random = _RANDOM) -> str:
    """Draw a code that was never used, for a site."""
    for _ in range(_DRAWS):
        code: str | None = session.scalar(
            insert(Code)
            .values(code=new_code(random), site_id=site_id)
            .on_conflict_do_nothing()
            .returning(Code.code)
        )
        if code is not None:
            return code
    raise RuntimeError("no free code found")


def plan_plate(
    session: Session, code: str, *, begins: str = "plan", replaces_id: int | None = None
) -> int:
    """Register a plate that is to be made (`plan`), or one that hangs already (`adopt`)."""
    move = rules.move_from(None, begins)
    if move is None:
        raise IllegalPlateMove
    now = clock.now()
    plate = Plate(
        code=code,
        state=move.to,
        replaces_id=replaces_id,
        seen_at=now if move.to in HANGING else None,
    )
    session.add(plate)
    session.flush()
    site_id = session.scalars(select(Code.site_id).where(Code.code == code)).one()
    _append(session, plate_id=plate.id, seq=1, name=move.name, to_state=move.to, site_id=site_id)
    return plate.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody did to a plate, as he says; `photo` is a clean JPEG."""

    name: str
    staff_id: int
    request_key: str
    seen_version: int
    note: str | None = None
    photo: bytes | None = None
    site_number: str | None = None
    has_new_code: bool = False  # of a replacement: the old one was copied or misused


def move(session: Session, plate_id: int, deed: Deed) -> None:
    """Do something to a plate; the same request again does nothing more.

    Raises PlateNotFound, IllegalPlateMove, StalePlate, KeyReused, NoteRequired, NoteTooLong,
    PhotoRequired or OtherSiteRequired.
    """
    plate = session.scalar(
        select(Plate)
        .where(Plate.id == plate_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if plate is None:
        raise PlateNotFound
    if _is_repeated(session, plate_id, deed):
        return
    step = rules.move_from(PlateState(plate.state), deed.name)
    if deed.seen_version != plate.version:
        raise StalePlate
    if step is None or deed.name in rules.BY_NOBODY:
        raise IllegalPlateMove
    _check(step, deed)
    site_id = session.scalars(select(Code.site_id).where(Code.code == plate.code)).one()
    if "site" in step.needs:
        site_id = _other_site(session, deed.site_number, site_id)
        session.execute(update(Code).where(Code.code == plate.code).values(site_id=site_id))
    plate.version += 1
    _append(
        session,
        plate_id=plate.id,
        seq=plate.version,
        name=deed.name,
        from_state=step.origin,
        to_state=step.to,
        site_id=site_id,
        staff_id=deed.staff_id,
        note=deed.note,
        photo_key=blobs.store().put(deed.photo, "jpg") if deed.photo else None,
        request_key=deed.request_key,
    )
    plate.state, plate.updated_at = step.to, clock.now()
    if step.to is PlateState.INSTALLED:
        plate.seen_at = clock.now()
    session.flush()
    plate_talk.settle(session, plate.code, staff_id=deed.staff_id)
    _follow_up(session, plate, step, deed, site_id)


def withdraw(session: Session, plate: Plate) -> None:
    """Take a plate out of the register to which nothing has happened yet."""
    _append(
        session,
        plate_id=plate.id,
        seq=plate.version + 1,
        name="withdraw",
        from_state=plate.state,
        to_state=PlateState.RETIRED,
        site_id=session.scalars(select(Code.site_id).where(Code.code == plate.code)).one(),
    )
    plate.version += 1
    plate.state, plate.updated_at = PlateState.RETIRED, clock.now()
    session.flush()


def _is_repeated(session: Session, plate_id: int, deed: Deed) -> bool:
    earlier = session.execute(
        select(PlateMove.plate_id, PlateMove.name).where(PlateMove.request_key == deed.request_key)
    ).one_or_none()
    if earlier is None:
        return False
    if (earlier.plate_id, earlier.name) != (plate_id, deed.name):
        raise KeyReused
    return True


def _check(step: rules.Move, deed: Deed) -> None:
    if "note" in step.needs and not deed.note:
        raise NoteRequired
    if deed.note and len(deed.note) > rules.LONGEST_NOTE:
        raise NoteTooLong
    if "photo" in step.needs and not deed.photo:
        raise PhotoRequired


def _other_site(session: Session, number: str | None, here: int) -> int:
    found = session.scalar(
        select(Site.id).where(Site.number == (number or ""), Site.removed_at.is_(None))
    )
    if found is None or found == here:
        raise OtherSiteRequired
    return found


def _follow_up(session: Session, plate: Plate, step: rules.Move, deed: Deed, site_id: int) -> None:
    """Order the plate that comes in place of another; let a code that hangs nowhere retire."""
    if step.name == "replace":
        code = issue_code(session, site_id) if deed.has_new_code else plate.code
        plan_plate(session, code, replaces_id=plate.id)
        if deed.has_new_code:
            _retire_code(session, plate.code)
    elif step.to is PlateState.RETIRED:
        alive = select(Plate.id).where(Plate.code == plate.code, Plate.state.in_(MAKING + HANGING))
        if session.scalar(alive.limit(1)) is None:
            _retire_code(session, plate.code)


def _retire_code(session: Session, code: str) -> None:
    session.execute(
        update(Code)
        .where(Code.code == code, Code.retired_at.is_(None))
        .values(retired_at=clock.now())
    )


def _append(session: Session, **columns: object) -> None:
    session.add(PlateMove(**columns))
    session.flush()


# -- batches -------------------------------------------------------------------------------


def start_batch(
    session: Session, *, plate_ids: Sequence[int], layout: str, staff_id: int | None = None
) -> int:
    """Mark planned plates as printed together; return the batch.

    Called when their sheets were made and read back. Raises NothingToPrint, or StalePlate when one
    of them was printed by somebody else meanwhile: then none is marked.
    """
    if not plate_ids:
        raise NothingToPrint
    wanted = select(Plate).where(Plate.id.in_(plate_ids)).order_by(Plate.id).with_for_update()
    plates = session.scalars(wanted.execution_options(populate_existing=True)).all()
    if len(plates) != len(set(plate_ids)) or any(p.state != PlateState.PLANNED for p in plates):
        raise StalePlate
    batch = Batch(layout=layout, plates=len(plates), staff_id=staff_id)
    session.add(batch)
    session.flush()
    codes = {plate.code for plate in plates}
    sites: dict[str, int] = dict(
        session.execute(select(Code.code, Code.site_id).where(Code.code.in_(codes))).all()
    )
    for plate in plates:
        plate.version += 1
        plate.state, plate.batch_id, plate.updated_at = PlateState.PRINTED, batch.id, clock.now()
        session.add(
            PlateMove(
                plate_id=plate.id,
                seq=plate.version,
                name="print",
                from_state=PlateState.PLANNED,
                to_state=PlateState.PRINTED,
                site_id=sites[plate.code],
                staff_id=staff_id,
            )
        )
    session.flush()
    return batch.id


# -- what residents and the watch bring ----------------------------------------------------


def note_far_report(session: Session, *, code: str, report_no: str, distance_m: float) -> None:
    """Keep that a report was made far from its sign: how far, roughly, and not where."""
    session.execute(
        insert(FarReport)
        .values(code=code, report_no=report_no, distance_m=max(100, round(distance_m / 100) * 100))
        .on_conflict_do_nothing()
    )


def settle_far_reports(session: Session, codes: Sequence[str], *, staff_id: int) -> None:
    """Note that somebody looked into reports made far from these signs."""
    session.execute(
        update(FarReport)
        .where(FarReport.code.in_(codes), FarReport.settled_at.is_(None))
        .values(settled_at=clock.now(), staff_id=staff_id)
    )


def set_photo(session: Session, site_id: int, photo: bytes | None) -> None:
    """Show this JPEG of the place on its sign's page, or none any more."""
    before = session.scalars(
        select(Site.photo_key).where(Site.id == site_id).with_for_update()
    ).one()
    key = blobs.store().put(photo, "jpg") if photo else None
    session.execute(update(Site).where(Site.id == site_id).values(photo_key=key))
    if before is None or before == key:
        return
    others = select(Site.id).where(Site.photo_key == before, Site.id != site_id).limit(1)
    if session.scalar(others) is None:
        after_commit(session, partial(blobs.store().delete, before))


def raise_alarm(session: Session, scans: int) -> bool:
    """Open an alarm, or keep the open one; tell whether it is new."""
    made = session.execute(
        text(
            "INSERT INTO qr_alarms AS old (scans) VALUES (:scans)"
            " ON CONFLICT ((cleared_at IS NULL)) WHERE cleared_at IS NULL DO UPDATE"
            " SET last_at = now(), scans = greatest(old.scans, excluded.scans)"
            " RETURNING xmax = 0 AS is_new"
        ),
        {"scans": scans},
    ).one()
    return bool(made.is_new)


def clear_alarm(session: Session, *, staff_id: int) -> None:
    """Close the open alarm: somebody has looked."""
    session.execute(
        update(Alarm)
        .where(Alarm.cleared_at.is_(None))
        .values(cleared_at=clock.now(), staff_id=staff_id)
    )


def site_id_of(session: Session, number: str) -> int:
    """Return the id of a site by its number; raise SiteNotFound."""
    found = session.scalar(select(Site.id).where(Site.number == number))
    if found is None:
        raise SiteNotFound
    return found
