"""All signs, in this process's memory: a scan asks no database.

The rule of following is convenience's: a row's `changed_in` is the transaction that wrote it last,
and a reading asks for what the snapshot of the last one did not see, so that nothing that was
committed late is missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import TextClause, or_, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from geo.earth import LocalFrame
from geo.nearest import Choice, PointTree, Seeker

from .models import Code, Site


@dataclass(frozen=True, slots=True)
class Sign:
    """A code and the site that it stands for: the same object for as long as nothing changes."""

    code: str
    site_id: int
    number: str
    name: str
    kind: str
    address: str | None
    latitude: float  # degrees, WGS-84
    longitude: float  # degrees, WGS-84
    is_demo: bool
    is_retired: bool
    photo_key: str | None


_COLUMNS: tuple[Any, ...] = (
    Code.code,
    Code.site_id,
    Site.number,
    Site.name,
    Site.kind,
    Site.address,
    Site.latitude,
    Site.longitude,
    Site.is_demo,
    or_(Code.retired_at.is_not(None), Site.removed_at.is_not(None)).label("is_retired"),
    Site.photo_key,
)


class Directory:
    """A snapshot of all signs; safe for any number of threads."""

    def __init__(self, signs: Mapping[str, Sign], seen: str) -> None:
        self.signs = signs
        self._seen = seen

    def get(self, code: str) -> Sign | None:
        return self.signs.get(code)

    def nearest(self, latitude: float, longitude: float) -> tuple[Sign, float] | None:
        """Return the nearest sign in use and its distance in metres, or None without any."""
        choice, active, frame = self._tree
        if choice is None:
            return None
        ways, rows = choice.nearest(Seeker(frame, latitude, longitude), 1, float("inf"))
        return active[int(rows[0])], ways[0] / 1000

    @cached_property
    def _tree(self) -> tuple[Choice | None, list[Sign], LocalFrame]:
        active = [sign for sign in self.signs.values() if not sign.is_retired]
        if not active:
            return None, active, LocalFrame.at(0.0, 0.0)
        frame = LocalFrame.at(active[0].latitude, active[0].longitude)
        tree = PointTree(
            np.array([sign.latitude for sign in active]),
            np.array([sign.longitude for sign in active]),
            frame,
        )
        return Choice(tree, None), active, frame

    def followed(self, session: Session) -> "Directory":
        """Return what it has become since; the same object when nothing did."""
        seen, is_writing = _snapshot(session)
        if seen == self._seen and not is_writing:
            return self
        read = _read(session, self._seen)
        changed = [sign for sign in read if sign != self.signs.get(sign.code)]
        if not changed:
            self._seen = seen
            return self
        return Directory({**self.signs, **{sign.code: sign for sign in changed}}, seen)

    @classmethod
    def read(cls, session: Session) -> "Directory":
        seen, _ = _snapshot(session)  # first: what is committed afterwards is read again next time
        return cls({sign.code: sign for sign in _read(session, None)}, seen)


def _snapshot(session: Session) -> tuple[str, bool]:
    """Return what is committed by now, and whether this transaction itself writes (tests do)."""
    snapshot, is_writing = session.execute(
        sql("SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned() IS NOT NULL")
    ).one()
    return snapshot, is_writing


def _read(session: Session, since: str | None) -> list[Sign]:
    query = select(*_COLUMNS).join(Site, Site.id == Code.site_id)
    if since is not None:
        query = query.where(
            Code.code.in_(
                select(Code.code)
                .where(*_unseen("qr_codes", since))
                .union(
                    select(Code.code)
                    .join(Site, Site.id == Code.site_id)
                    .where(*_unseen("qr_sites", since))
                )
            )
        )
    return [Sign(*row) for row in session.execute(query)]


def _unseen(table: str, since: str) -> tuple[TextClause, TextClause]:
    oldest = int(since.partition(":")[0])  # the first transaction of then that was running
    return (
        sql(f"{table}.changed_in >= {oldest}"),
        sql(
            f"NOT pg_visible_in_snapshot({table}.changed_in::text::xid8,"
            f" CAST(:seen_{table} AS pg_snapshot))"
        ).bindparams(**{f"seen_{table}": since}),
    )
