"""Reads about signs, for the desk and for commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

import accounts
from kernel import clock

from . import rules
from .codes import tidy_code
from .errors import PhotoNotFound, SiteNotFound
from .models import (
    Code,
    FarReport,
    Plate,
    PlateMove,
    Site,
    SiteChange,
    Usage,
)
from .plate_talk import Said, open_complaints
from .rules import PlateState
from .upkeep_models import PlateReport

_LIVE = (*rules.MAKING, *rules.HANGING)


def upkeep_conditions(now: datetime) -> dict[str, ColumnElement[bool]]:
    far = select(FarReport.id).where(
        FarReport.code == Plate.code,
        FarReport.at > now - rules.FAR_COUNTS,
        FarReport.settled_at.is_(None),
    )
    reported = select(PlateReport.id).where(
        PlateReport.code == Plate.code, PlateReport.settled_at.is_(None)
    )
    silent = select(Usage.code).where(Usage.code == Plate.code, Usage.is_silent)
    hangs = Plate.state == PlateState.INSTALLED
    return {
        "damaged": Plate.state == PlateState.DAMAGED,
        "reported": and_(hangs, reported.correlate(Plate).exists()),
        "uninstalled": and_(
            Plate.state == PlateState.PRINTED, Plate.updated_at < now - rules.INSTALL_WITHIN
        ),
        "unchecked": and_(hangs, Plate.seen_at < now - rules.CHECK_AFTER),
        "silent": and_(hangs, silent.correlate(Plate).exists()),
        "far": and_(hangs, far.correlate(Plate).exists()),
    }


@dataclass(frozen=True, slots=True)
class Row:
    """A plate with its place."""

    plate_id: int
    code: str
    state: PlateState
    number: str
    name: str
    address: str | None
    latitude: float
    longitude: float
    seen_at: datetime | None
    scans_28d: int | None
    is_demo: bool
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Row, ...]
    next_after: str | None  # opaque


def plate_rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Plate.id,
            Plate.code,
            Plate.state,
            Site.number,
            Site.name,
            Site.address,
            Site.latitude,
            Site.longitude,
            Plate.seen_at,
            Usage.scans_28d,
            Site.is_demo,
            func.coalesce(Usage.is_silent, False),
        )
        .join(Code, Code.code == Plate.code)
        .join(Site, Site.id == Code.site_id)
        .outerjoin(Usage, Usage.code == Plate.code)
    )


def row_of(found: Sequence[object]) -> Row:
    plate_id, code, state, *rest = found
    return Row(plate_id, code, PlateState(str(state)), *rest)  # type: ignore[arg-type]  # as selected


def register(
    session: Session,
    *,
    search: str | None = None,
    state: PlateState | None = None,
    upkeep: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Return plates in the order of their signs' numbers; without a state, those not yet gone."""
    query = plate_rows().order_by(Site.number, Plate.id).limit(limit + 1)
    query = query.where(Plate.state == state if state else Plate.state.in_(_LIVE))
    if upkeep in rules.UPKEEP_WORDS:
        query = query.where(upkeep_conditions(clock.now())[upkeep])
    if search:
        query = query.where(_matches(search))
    number, _, plate_id = (after or "").rpartition(".")
    if plate_id.isdecimal() and len(plate_id) < 19:
        query = query.where(tuple_(Site.number, Plate.id) > (number, int(plate_id)))
    found = [row_of(each) for each in session.execute(query)]
    shown = found[:limit]
    has_more = len(found) > limit
    last = f"{shown[-1].number}.{shown[-1].plate_id}" if has_more else None
    return Page(tuple(shown), last)


def _matches(search: str) -> ColumnElement[bool]:
    """Find sites through the index of their letters and pairs of letters, or by a plate's code."""
    said = select(Site.id).where(
        Site.grams.contains(func.qr_grams(search)),
        # Letters in another order have the same pairs.
        or_(
            Site.number.istartswith(search, autoescape=True),
            Site.name.icontains(search, autoescape=True),
            Site.address.icontains(search, autoescape=True),
        ),
    )
    code = tidy_code(search)
    if code is None:
        return Code.site_id.in_(said)
    return Code.site_id.in_(said.union(select(Code.site_id).where(Code.code == code)))


def counts_by_state(session: Session) -> dict[PlateState, int]:
    """Return how many plates are in each state."""
    rows = session.execute(select(Plate.state, func.count()).group_by(Plate.state))
    return {PlateState(state): count for state, count in rows}


def upkeep_counts(session: Session) -> dict[str, int]:
    """Return how many plates somebody must see to, by reason."""
    conditions = upkeep_conditions(clock.now())
    row = session.execute(
        select(*(func.count().filter(condition) for condition in conditions.values())).where(
            Plate.state.in_(_LIVE)
        )
    ).one()
    return dict(zip(conditions, row, strict=True))


# -- one site ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MoveRow:
    name: str
    state: PlateState
    at: datetime
    site_number: str
    staff_name: str | None
    note: str | None
    seq: int
    plate_id: int
    has_photo: bool


@dataclass(frozen=True, slots=True)
class PlateFile:
    """One piece: what it is now, and all that happened to it, the newest first."""

    id: int
    code: str
    state: PlateState
    version: int
    batch_id: int | None
    replaces_id: int | None
    seen_at: datetime | None
    is_code_retired: bool
    moves: tuple[MoveRow, ...]


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A place with everything that ever stood for it."""

    id: int
    number: str
    name: str
    kind: str
    address: str | None
    latitude: float
    longitude: float
    is_demo: bool
    removed_at: datetime | None
    plates: tuple[PlateFile, ...]
    changes: tuple[tuple[datetime, str | None, dict[str, object] | None], ...]
    usage: tuple[Usage, ...]
    photo_key: str | None
    far: tuple[tuple[datetime, str, int, datetime | None], ...]  # when, number, metres, settled
    said: tuple[Said, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(plate.code for plate in self.plates))


def site_file(session: Session, number: str) -> SiteFile:
    """Return a site by its number, with its plates and their history; raise SiteNotFound."""
    site = session.scalar(select(Site).where(Site.number == number))
    if site is None:
        raise SiteNotFound
    was_here = select(PlateMove.plate_id).where(PlateMove.site_id == site.id)
    plates = session.execute(
        select(Plate, Code.retired_at)
        .join(Code, Code.code == Plate.code)
        .where(or_(Code.site_id == site.id, Plate.id.in_(was_here)))
        .order_by(Plate.id.desc())
        .limit(50)
    ).all()
    moves = _moves(session, [plate.id for plate, _ in plates])
    codes = {plate.code for plate, _ in plates}
    return SiteFile(
        id=site.id,
        number=site.number,
        name=site.name,
        kind=site.kind,
        address=site.address,
        latitude=site.latitude,
        longitude=site.longitude,
        is_demo=site.is_demo,
        removed_at=site.removed_at,
        plates=tuple(
            PlateFile(
                id=plate.id,
                code=plate.code,
                state=PlateState(plate.state),
                version=plate.version,
                batch_id=plate.batch_id,
                replaces_id=plate.replaces_id,
                seen_at=plate.seen_at,
                is_code_retired=retired_at is not None,
                moves=tuple(move for move in moves if move.plate_id == plate.id),
            )
            for plate, retired_at in plates
        ),
        changes=_changes(session, site.id),
        usage=tuple(session.scalars(select(Usage).where(Usage.code.in_(codes)))),
        far=tuple(
            session.execute(
                select(
                    FarReport.at,
                    FarReport.report_no,
                    FarReport.distance_m,
                    FarReport.settled_at,
                )
                .where(FarReport.code.in_(codes))
                .order_by(FarReport.at.desc())
                .limit(20)
            )
        ),
        photo_key=site.photo_key,
        said=tuple(open_complaints(session, tuple(codes))),
    )


def _moves(session: Session, plate_ids: Sequence[int]) -> list[MoveRow]:
    rows = session.execute(
        select(PlateMove, Site.number)
        .join(Site, Site.id == PlateMove.site_id)
        .where(PlateMove.plate_id.in_(plate_ids))
        .order_by(PlateMove.at.desc(), PlateMove.seq.desc())
        .limit(500)
    ).all()
    names = accounts.staff_names(session, [move.staff_id for move, _ in rows if move.staff_id])
    return [
        MoveRow(
            name=move.name,
            state=PlateState(move.to_state),
            at=move.at,
            site_number=number,
            staff_name=names.get(move.staff_id or 0),
            note=move.note,
            seq=move.seq,
            plate_id=move.plate_id,
            has_photo=move.photo_key is not None,
        )
        for move, number in rows
    ]


def _changes(
    session: Session, site_id: int
) -> tuple[tuple[datetime, str | None, dict[str, object] | None], ...]:
    rows = session.execute(
        select(SiteChange.at, SiteChange.staff_id, SiteChange.before)
        .where(SiteChange.site_id == site_id)
        .order_by(SiteChange.revision.desc())
        .limit(20)
    ).all()
    names = accounts.staff_names(session, [row.staff_id for row in rows if row.staff_id])
    return tuple((row.at, names.get(row.staff_id or 0), row.before) for row in rows)


def photo_key(session: Session, plate_id: int, seq: int) -> str:
    """Return where the photo of a move is stored; raise PhotoNotFound."""
    found = session.scalar(
        select(PlateMove.photo_key).where(PlateMove.plate_id == plate_id, PlateMove.seq == seq)
    )
    if found is None:
        raise PhotoNotFound
    return found


def number_of(session: Session, plate_id: int) -> str | None:
    """Return the number of the site that a plate's code stands for."""
    return session.scalar(
        select(Site.number)
        .join(Code, Code.site_id == Site.id)
        .join(Plate, Plate.code == Code.code)
        .where(Plate.id == plate_id)
    )
