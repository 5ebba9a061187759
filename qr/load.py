"""Takes an import back."""

import json
from collections.abc import Mapping

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from kernel import clock

from . import service
from .errors import ImportNotFound, NotUndoable
from .models import Code, Import, Plate, Site, SiteChange


def undo(session: Session, import_id: int, *, staff_id: int | None = None) -> tuple[int, int]:
    """Put back what an import changed, and take out what it added; return (restored, removed).

    Codes that it issued are retired: a code is never used twice. Raises ImportNotFound, or
    NotUndoable when it was undone before, or when any of it changed or was printed since.
    """
    session.execute(text("LOCK TABLE qr_sites IN SHARE ROW EXCLUSIVE MODE"))
    record = session.get(Import, import_id, with_for_update=True)
    if record is None:
        raise ImportNotFound
    if record.undone_at is not None:
        raise NotUndoable
    made = session.execute(
        select(Site, SiteChange)
        .join(SiteChange, SiteChange.site_id == Site.id)
        .where(SiteChange.import_id == import_id)
    ).all()
    if any(site.revision != change.revision for site, change in made):
        raise NotUndoable
    added = [site.id for site, change in made if change.before is None]
    plates = session.scalars(
        select(Plate).join(Code, Code.code == Plate.code).where(Code.site_id.in_(added))
    ).all()
    if any(plate.version > 1 for plate in plates):
        raise NotUndoable
    for site, change in made:
        if change.before is not None:
            _put_back(session, site, change.before)
    session.execute(
        update(Site)
        .where(Site.id.in_(added))
        .values(removed_at=clock.now(), staff_id=staff_id, import_id=None)
    )
    session.execute(
        update(Code)
        .where(Code.site_id.in_(added), Code.retired_at.is_(None))
        .values(retired_at=func.now())
    )
    for plate in plates:
        service.withdraw(session, plate)
    record.undone_at = clock.now()
    session.flush()
    return len(made) - len(added), len(added)


def _put_back(session: Session, site: Site, before: Mapping[str, object]) -> None:
    restored = session.execute(
        text(
            "SELECT name, kind, address, latitude, longitude, cell, removed_at, import_id, staff_id"
            " FROM jsonb_populate_record(NULL::qr_sites, CAST(:before AS jsonb))"
        ),
        {"before": json.dumps(before)},
    ).mappings()
    session.execute(update(Site).where(Site.id == site.id).values(**restored.one()))
