"""Facilities of one kind, made ready for search: columns, a tree, and who fulfils which needs.

A shelf is immutable; what changes gives a new one. Free spaces and attributes change without a new
tree; who comes, goes or moves is left to the index, which sets a second small shelf beside it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntFlag
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.earth import LocalFrame
from geo.nearest import Choice, Mask, PointTree, Seeker

from .timetable import OpenNow

Ids: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]
# Millimetres and ids, side by side, in the order of both.
Found: TypeAlias = tuple[list[int], list[int]]
Opened: TypeAlias = Callable[[float], OpenNow]


class Need(IntFlag):
    """What a facility must surely have: unknown is not enough."""

    NOTHING = 0
    ACCESSIBLE = 1
    FREE = 2
    FAMILY_ROOM = 4
    NURSING_ROOM = 8
    PAPER = 16
    INDOOR = 32
    OPEN = 64  # at the instant of the question
    SPACES = 128  # a free one at least, told recently enough


_LASTING = 63  # needs that do not depend on the time
_OPEN, _SPACES = int(Need.OPEN), int(Need.SPACES)
# Different combinations of needs kept ready on a shelf, each at a byte a facility.
_KEPT = 24


@dataclass(frozen=True, slots=True)
class Facilities:
    """Columns, one row a facility, ascending by id."""

    ids: Ids
    latitudes: Floats  # degrees, WGS-84
    longitudes: Floats
    traits: NDArray[np.uint8]  # the lasting needs that are fulfilled
    hours: NDArray[np.int32]  # number in the timetable, or UNKNOWN
    spaces_until: Floats  # Unix seconds up to which a free space is known; 0: none, or unknown

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, rows: Rows | Mask) -> "Facilities":
        return Facilities(
            self.ids[rows],
            self.latitudes[rows],
            self.longitudes[rows],
            self.traits[rows],
            self.hours[rows],
            self.spaces_until[rows],
        )

    def joined(self, other: "Facilities") -> "Facilities":
        """Return both in one, ascending by id; no id is in both."""
        ids = np.concatenate((self.ids, other.ids))
        order = np.argsort(ids)
        return Facilities(
            ids[order],
            np.concatenate((self.latitudes, other.latitudes))[order],
            np.concatenate((self.longitudes, other.longitudes))[order],
            np.concatenate((self.traits, other.traits))[order],
            np.concatenate((self.hours, other.hours))[order],
            np.concatenate((self.spaces_until, other.spaces_until))[order],
        )

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, name).nbytes for name in self.__slots__)


class _Ready(NamedTuple):
    """Who fulfils some needs: exactly at `made_at`, and as far as hours go, until `until`.

    Free spaces only become too old in between: then it names too many, never too few.
    """

    choice: Choice
    made_at: float
    until: float


class Shelf:
    def __init__(
        self,
        facilities: Facilities,
        frame: LocalFrame,
        *,
        tree: PointTree | None = None,
        is_gone: Mask | None = None,
    ) -> None:
        """Take at least one facility; the tree is that of the same points."""
        self.facilities = facilities
        self._frame = frame
        self._tree = tree or PointTree(facilities.latitudes, facilities.longitudes, frame)
        self._is_gone = is_gone
        self.gone_count = 0 if is_gone is None else int(np.count_nonzero(is_gone))
        self._ready: dict[int, _Ready] = {}

    def __len__(self) -> int:
        return len(self.facilities) - self.gone_count

    @property
    def nbytes(self) -> int:
        return self.facilities.nbytes + self._tree.nbytes

    # -- search ------------------------------------------------------------------------------

    def nearest(
        self, seeker: Seeker, k: int, *, needs: int, within_m: float, now: float, opened: Opened
    ) -> Found:
        """Return the k nearest that fulfil the needs."""
        ready = self._ready.get(needs)
        if ready is None or not ready.made_at <= now < ready.until:
            ready = self._make_ready(needs, now, opened)
        ways, rows = ready.choice.nearest(seeker, k, within_m)
        if needs & _SPACES and (self.facilities.spaces_until[rows] < now).any():
            ready = self._make_ready(needs, now, opened)
            ways, rows = ready.choice.nearest(seeker, k, within_m)
        return ways, self.facilities.ids[rows].tolist()

    def _make_ready(self, needs: int, now: float, opened: Opened) -> _Ready:
        mask = None if self._is_gone is None else ~self._is_gone
        since, until = (now, math.inf) if needs & _SPACES else (-math.inf, math.inf)
        lasting = needs & _LASTING
        if lasting:
            mask = _both(mask, (self.facilities.traits & lasting) == lasting)
        if needs & _OPEN:
            open_now = opened(now)
            mask = _both(mask, open_now.is_open[self.facilities.hours])
            since, until = max(since, open_now.since), open_now.until
        if needs & _SPACES:
            mask = _both(mask, self.facilities.spaces_until >= now)
        ready = _Ready(Choice(self._tree, mask), since, until)
        for oldest in list(self._ready)[: 1 - _KEPT]:
            self._ready.pop(oldest, None)
        self._ready[needs] = ready
        return ready

    # -- changes -----------------------------------------------------------------------------

    def rows_of(self, ids: Ids) -> Rows:
        """Return the rows of those of the ids (ascending) that are here."""
        rows = np.searchsorted(self.facilities.ids, ids)
        rows = rows[rows < len(self.facilities)]
        rows = rows[np.isin(self.facilities.ids[rows], ids)]
        return rows if self._is_gone is None else rows[~self._is_gone[rows]]

    def staying(self) -> Facilities:
        """Return the facilities that are not gone."""
        return self.facilities if self._is_gone is None else self.facilities.at(~self._is_gone)

    def without(self, rows: Rows) -> "Shelf":
        """Return a shelf from which these rows are gone."""
        if not len(rows):
            return self
        is_gone = (
            np.zeros(len(self.facilities), dtype=np.bool_)
            if self._is_gone is None
            else self._is_gone.copy()
        )
        is_gone[rows] = True
        return Shelf(self.facilities, self._frame, tree=self._tree, is_gone=is_gone)

    def with_new(self, rows: Rows, new: Facilities) -> "Shelf":
        """Return a shelf whose rows have new attributes, at the same places."""
        if not len(rows):
            return self
        old = self.facilities
        spaces_until = old.spaces_until.copy()
        spaces_until[rows] = new.spaces_until
        changed = replace(old, spaces_until=spaces_until)
        is_alike = (old.traits[rows] == new.traits).all() and (old.hours[rows] == new.hours).all()
        if not is_alike:
            traits, hours = old.traits.copy(), old.hours.copy()
            traits[rows], hours[rows] = new.traits, new.hours
            changed = replace(changed, traits=traits, hours=hours)
        shelf = Shelf(changed, self._frame, tree=self._tree, is_gone=self._is_gone)
        if is_alike:
            kept = {needs: ready for needs, ready in self._ready.items() if not needs & _SPACES}
            shelf._ready = kept
        return shelf


def _both(one: Mask | None, other: Mask) -> Mask:
    return other if one is None else one & other
