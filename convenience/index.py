"""The k nearest facilities with what somebody needs: exact, in some ten microseconds.

An index is a snapshot: it never changes, and a changed one shares with it what stayed. Of each kind
it holds a large shelf and, after changes, a small one with those who came or moved since; when the
small one has grown, both become one.

Memory: 37 bytes a facility for the columns, 44 to 60 for the tree, and one more for each combination
of needs that was asked for lately.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from geo.cells import NotOnEarth
from geo.earth import LocalFrame
from geo.nearest import Seeker

from .shelf import Facilities, Found, Ids, Need, Rows, Shelf
from .timetable import Timetable

__all__ = ["Facilities", "Index", "Need"]

Shelves: TypeAlias = Mapping[str, tuple[Shelf, ...]]

# The second shelf costs each search some microseconds, a new tree some 0.6 of one per facility:
# up to here nobody waits for it.
_SMALL = 40_000
# Above, the second shelf may hold one in so many before both become one.
_SHARE = 32


class Index:
    """Facilities by kind. Safe for any number of threads."""

    def __init__(self, shelves: Shelves, frame: LocalFrame, timetable: Timetable) -> None:
        self._shelves = shelves
        self._all = tuple(shelf for both in shelves.values() for shelf in both)
        self._frame = frame
        self.timetable = timetable

    @classmethod
    def of(cls, kinds: Mapping[str, Facilities], timetable: Timetable) -> "Index":
        """Make an index from all facilities; their hours are numbers in the timetable."""
        kinds = {kind: some for kind, some in kinds.items() if len(some)}
        frame = _frame_of(kinds.values())
        shelves = {kind: (Shelf(some, frame),) for kind, some in kinds.items()}
        return cls(shelves, frame, timetable)

    def __len__(self) -> int:
        return sum(len(shelf) for shelf in self._all)

    @property
    def nbytes(self) -> int:
        """Memory of columns and trees."""
        return sum(shelf.nbytes for shelf in self._all)

    def nearest(
        self,
        latitude: float,
        longitude: float,
        k: int,
        *,
        kind: str | Sequence[str] | None = None,
        needs: Need | int = Need.NOTHING,
        radius_m: float = math.inf,
        now: float = 0.0,
    ) -> list[tuple[int, float]]:
        """Return (id, metres) of the k nearest, nearest first; equally far ones by id.

        Metres are the geodesic distance on WGS-84 by Karney's method, to the millimetre. `now` is in
        Unix seconds; only the needs OPEN and SPACES ask for it. Of one kind, of several, or of all;
        an unknown kind has no facilities. Raises NotOnEarth.
        """
        # A comparison with NaN is false, so the order of the test matters.
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise NotOnEarth(f"{latitude}, {longitude}")
        shelves = self._all if kind is None else self._of_kinds(kind)
        seeker = Seeker(self._frame, latitude, longitude)
        opened = self.timetable.at
        ways: list[int] = []
        ids: list[int] = []
        for shelf in shelves:
            more = shelf.nearest(
                seeker, k, needs=int(needs), within_m=radius_m, now=now, opened=opened
            )
            ways, ids = _nearer((ways, ids), more, k) if ways else more
            if len(ways) == k and ways:
                radius_m = min(radius_m, ways[-1] / 1000)
        return list(zip(ids, [way / 1000 for way in ways], strict=True))

    def _of_kinds(self, kind: str | Sequence[str]) -> tuple[Shelf, ...]:
        if isinstance(kind, str):
            return self._shelves.get(kind, ())
        return tuple(shelf for one in kind for shelf in self._shelves.get(one, ()))

    def changed(
        self,
        kinds: Mapping[str, Facilities],
        gone: Ids,
        timetable: Timetable | None = None,
    ) -> "Index":
        """Return an index in which these facilities are as given, and those ids are gone."""
        touched = np.sort(np.concatenate((gone, *(some.ids for some in kinds.values()))))
        shelves = {
            kind: _restocked(self._shelves.get(kind, ()), kinds.get(kind), touched, self._frame)
            for kind in (self._shelves.keys() | kinds.keys())
        }
        stocked = {kind: shelves[kind] for kind in sorted(shelves) if shelves[kind]}
        return Index(stocked, self._frame, timetable or self.timetable)

    @property
    def is_tidy(self) -> bool:
        """Tell whether each kind is on one shelf, with nobody gone from it."""
        return all(
            len(shelves) == 1 and not shelves[0].gone_count for shelves in self._shelves.values()
        )

    def tidied(self) -> "Index":
        """Return the same index at its fastest. Takes a second for a million changed a little."""
        shelves = {kind: _merged(both, self._frame) for kind, both in self._shelves.items()}
        return Index(shelves, self._frame, self.timetable)


def _nearer(one: Found, other: Found, k: int) -> Found:
    """Return the k nearest of both."""
    both = sorted((*zip(*one, strict=True), *zip(*other, strict=True)))[:k]
    return [way for way, _ in both], [number for _, number in both]


def _frame_of(kinds: Iterable[Facilities]) -> LocalFrame:
    """Return a frame in the middle of the largest kind: any frame is right, a near one is fast."""
    largest = max(kinds, key=len, default=None)
    if largest is None:
        return LocalFrame.at(0.0, 0.0)
    return LocalFrame.at(float(np.median(largest.latitudes)), float(np.median(largest.longitudes)))


def _restocked(
    shelves: tuple[Shelf, ...], new: Facilities | None, touched: Ids, frame: LocalFrame
) -> tuple[Shelf, ...]:
    """Return the shelves of one kind after the changes."""
    kept: list[Shelf] = []
    for shelf in shelves:
        stays, leaving = shelf, shelf.rows_of(touched)
        if new is not None and len(new) and len(leaving):
            stays, leaving, new = _updated(shelf, leaving, new)
        kept.append(stays.without(leaving))
    if new is not None and len(new):
        return _with_second(kept, new, frame)
    return _tidied(kept, frame)


def _updated(shelf: Shelf, rows: Rows, new: Facilities) -> tuple[Shelf, Rows, Facilities]:
    """Update who stays where he was; return the rows of the others, and the others."""
    ids = shelf.facilities.ids[rows]
    at = np.searchsorted(new.ids, ids)
    at[at == len(new)] = 0
    stays = (
        (new.ids[at] == ids)
        & (new.latitudes[at] == shelf.facilities.latitudes[rows])
        & (new.longitudes[at] == shelf.facilities.longitudes[rows])
    )
    is_other = np.ones(len(new), dtype=np.bool_)
    is_other[at[stays]] = False
    return shelf.with_new(rows[stays], new.at(at[stays])), rows[~stays], new.at(is_other)


def _with_second(kept: list[Shelf], new: Facilities, frame: LocalFrame) -> tuple[Shelf, ...]:
    """Set the new ones on the second shelf."""
    for second in kept[1:]:
        new = new.joined(second.staying())
    return _tidied([*kept[:1], Shelf(new, frame)], frame)


def _tidied(shelves: list[Shelf], frame: LocalFrame) -> tuple[Shelf, ...]:
    """Make one shelf of all when they are small, or changed too much to be kept apart."""
    shelves = [shelf for shelf in shelves if len(shelf)]
    total = sum(len(shelf) for shelf in shelves)
    aside = sum(len(shelf) for shelf in shelves[1:]) + sum(shelf.gone_count for shelf in shelves)
    if not aside or (total > _SMALL and aside * _SHARE <= total):
        return tuple(shelves)
    return _merged(shelves, frame)


def _merged(shelves: Sequence[Shelf], frame: LocalFrame) -> tuple[Shelf, ...]:
    if len(shelves) == 1 and not shelves[0].gone_count:
        return tuple(shelves)
    staying = shelves[0].staying()
    for shelf in shelves[1:]:
        staying = staying.joined(shelf.staying())
    return (Shelf(staying, frame),)
