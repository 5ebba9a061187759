"""The k nearest of many points by the way over the ellipsoid: exact, in microseconds.

A kd-tree finds candidates by chord; `earth` proves how far to look beyond the k-th, and what is
too near to its neighbour to be told by the chord is measured by Karney's method. Lengths are whole
millimetres, and points at the same millimetre come in the order of their rows: so the order does
not hang on the last digits of anybody's arithmetic, and whoever sorts an answer by what it shows
gets the order in which it was given.
"""

import math
import os
from bisect import bisect_right
from collections.abc import Iterator
from typing import TypeAlias

# One search is one thread's work of some microseconds. The library would start a thread a core for
# it and wait for them all: a thousand times slower. OpenMP reads this when it is loaded, once.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from numpy.typing import NDArray
from pykdtree.kdtree import KDTree

from .earth import (
    ARC,
    ARC_DOUBT,
    NEAR_M,
    ROUNDING_M,
    LocalFrame,
    longest_chord,
    longest_way,
)
from .geodesic import Floats, distance_m, distances_m

Mask: TypeAlias = NDArray[np.bool_]
Rows: TypeAlias = NDArray[np.int32]
# Millimetres and rows, side by side, in the order of both.
Hits: TypeAlias = tuple[list[int], NDArray[np.integer]]

_NOBODY = np.empty(0, dtype=np.int32)
# Beyond the k-th: when it is farther than the k-th can be, one search was enough.
_SPARE = 1
# The library sorts its finds by insertion: the work grows with the square of this number.
_MOST = 1024
_LEAST_BLOCK, _FIRST_BLOCKS = 64, 4
_NOWHERE = 1e9  # metres; the library says it with the largest number there is
_ARC_MM, _DOUBT_MM, _ROUNDING_MM = ARC * 1000, ARC_DOUBT * 1000, ROUNDING_M * 1000
# A choice of less than one in so many gets a tree of its own: in the whole one, a search would
# pass by too many that are hidden.
_RARE = 8


class Seeker:
    """A point from which to look, in the frame of the trees that it looks into."""

    __slots__ = ("latitude", "longitude", "point")

    def __init__(self, frame: LocalFrame, latitude: float, longitude: float) -> None:
        self.latitude = latitude
        self.longitude = longitude
        self.point = np.array((frame.point(latitude, longitude),))


class Choice:
    """Those rows of a tree that may be found. Immutable, like the tree."""

    __slots__ = ("_hidden", "_is_chosen", "_numbers", "_tree", "count")

    def __init__(self, tree: "PointTree", is_chosen: Mask | None) -> None:
        """Choose the rows where the mask is true; without a mask, all."""
        self._tree = tree
        self._hidden: NDArray[np.uint8] | None = None
        self._numbers: Rows | None = None
        self._is_chosen = None
        self.count = tree.count if is_chosen is None else int(np.count_nonzero(is_chosen))
        if is_chosen is None or self.count in (0, tree.count):
            return
        if self.count * _RARE < tree.count:
            self._numbers = np.flatnonzero(is_chosen).astype(np.int32)
            self._tree = tree.part(self._numbers)
            return
        self._is_chosen = is_chosen
        self._hidden = tree.hidden_places(is_chosen)

    def nearest(self, seeker: Seeker, k: int, within_m: float = math.inf) -> Hits:
        """Return the k nearest at most so far away: millimetres and rows, nearest first."""
        wanted = min(k, self.count)
        if wanted < 1:
            return [], _NOBODY
        ways, rows = self._tree.search(seeker, wanted, within_m, self._is_chosen, self._hidden)
        if self._numbers is not None:
            rows = self._numbers[rows]
        return ways, rows


class PointTree:
    """At least one point, WGS-84 degrees. Immutable; any number of threads may search."""

    def __init__(self, latitudes: Floats, longitudes: Floats, frame: LocalFrame) -> None:
        self.latitudes = latitudes
        self.longitudes = longitudes
        self.frame = frame
        self.count = len(latitudes)
        # Many facilities at one place (a mall's car parks) are one point of the tree.
        self._stacks = _Stacks.of(latitudes, longitudes)
        firsts = slice(None) if self._stacks is None else self._stacks.firsts
        self._points = frame.points(latitudes[firsts], longitudes[firsts])
        self._tree = KDTree(self._points)
        self._blocks: _Blocks | None = None

    @property
    def nbytes(self) -> int:
        """What the tree holds, nodes (by the library's structures, about 16 a point) included."""
        stacks = 0 if self._stacks is None else self._stacks.nbytes
        return self._points.nbytes + 20 * len(self._points) + stacks

    def part(self, rows: Rows) -> "PointTree":
        """Return a tree of some rows alone, numbered anew."""
        return PointTree(self.latitudes[rows], self.longitudes[rows], self.frame)

    def hidden_places(self, is_chosen: Mask) -> NDArray[np.uint8]:
        """Return what the library wants to hear: 1 for each place without a chosen row."""
        if self._stacks is None:
            return np.logical_not(is_chosen).view(np.uint8)
        return np.logical_not(self._stacks.any(is_chosen)).view(np.uint8)

    def search(
        self,
        seeker: Seeker,
        k: int,
        within_m: float,
        is_chosen: Mask | None,
        hidden: NDArray[np.uint8] | None,
    ) -> Hits:
        """Return the k nearest chosen rows; there are at least k chosen ones."""
        fetch, reach = k + _SPARE, None
        while fetch <= _MOST:
            chords, places = self._fetch(seeker, fetch, reach, hidden)
            ways, rows = self._hits(seeker, chords, places, k, is_chosen)
            if within_m != math.inf:
                count = _count_within(ways, within_m)
                ways, rows = ways[:count], rows[:count]
            farthest = (ways[k - 1] + 0.5) / 1000 if len(ways) >= k else within_m + 0.001
            reach = longest_chord(farthest)
            # Nothing is left, or what is left is farther than the last that may come into question.
            if len(chords) < fetch or chords[-1] > reach:
                return ways[:k], rows[:k]
            fetch = _MOST if fetch < _MOST else _MOST + 1
        return self._scan(seeker, k, within_m, is_chosen, hidden)

    def _fetch(
        self, seeker: Seeker, fetch: int, reach: float | None, hidden: NDArray[np.uint8] | None
    ) -> tuple[list[float], NDArray[np.uint32]]:
        found = self._tree.query(seeker.point, fetch, 0, reach, False, hidden)
        chords: list[float] = found[0][0].tolist()
        while chords and chords[-1] > _NOWHERE:
            chords.pop()
        return chords, found[1][0, : len(chords)]

    def _hits(
        self,
        seeker: Seeker,
        chords: list[float],
        places: NDArray[np.uint32],
        k: int,
        is_chosen: Mask | None,
    ) -> Hits:
        stacks = self._stacks
        rows = places if stacks is None else stacks.firsts[places]
        ways = self._ways_mm(seeker, chords, rows)
        if stacks is not None:
            heights: list[int] = stacks.heights[places].tolist()
            if len(heights) != sum(heights):
                pairs = zip(ways, places.tolist(), strict=True)
                hits = [(w, row) for w, at in pairs for row in stacks.rows_at(at, k, is_chosen)]
                return _in_order(hits)
        if len(set(ways)) == len(ways) and ways == sorted(ways):
            return ways, rows
        return _in_order(list(zip(ways, rows.tolist(), strict=True)))

    def _ways_mm(self, seeker: Seeker, chords: list[float], rows: NDArray[np.integer]) -> list[int]:
        if not chords or chords[-1] > NEAR_M:
            there = self.latitudes[rows], self.longitudes[rows]
            measured = _whole(distances_m(seeker.latitude, seeker.longitude, *there))
            return [int(way) for way in measured]
        ways: list[int] = []
        for chord in chords:
            cube = chord * chord * chord
            length = chord * 1000 + cube * _ARC_MM
            way = int(length + 0.5)
            doubt = cube * _DOUBT_MM + _ROUNDING_MM
            if not doubt - 0.5 < length - way < 0.5 - doubt:
                # The chord cannot tell which of two millimetres is the nearer one.
                way = self._measured_mm(seeker, int(rows[len(ways)]))
            ways.append(way)
        return ways

    def _measured_mm(self, seeker: Seeker, row: int) -> int:
        there = float(self.latitudes[row]), float(self.longitudes[row])
        return int(distance_m(seeker.latitude, seeker.longitude, *there) * 1000 + 0.5)

    # -- from another continent, or hundreds wanted --------------------------------------------

    def _scan(
        self,
        seeker: Seeker,
        k: int,
        within_m: float,
        is_chosen: Mask | None,
        hidden: NDArray[np.uint8] | None,
    ) -> Hits:
        """Measure block by block, nearest first, until no further block can hold one of the k.

        From far outside thousands of points are nearly as far, and a chord through half the earth
        says little about the way over it. A block's middle and radius do: the triangle inequality.
        """
        blocks = self._blocks = self._blocks or _Blocks(self)
        ways = np.empty(0, dtype=np.int64)
        rows = np.empty(0, dtype=np.int32)
        for nearest_m, places in blocks.outward(seeker):
            farthest_m = ways[k - 1] / 1000 if len(ways) == k else within_m
            if nearest_m > farthest_m + 0.001:
                break
            seen = places if hidden is None else places[hidden[places] == 0]
            more_ways, more_rows = self._measure(seeker, seen, is_chosen)
            ways = np.concatenate((ways, more_ways))
            rows = np.concatenate((rows, more_rows))
            best = np.lexsort((rows, ways))[:k]
            ways, rows = ways[best], rows[best]
        found: list[int] = ways.tolist()
        count = _count_within(found, within_m)
        return found[:count], rows[:count]

    def _measure(
        self, seeker: Seeker, places: Rows, is_chosen: Mask | None
    ) -> tuple[NDArray[np.int64], Rows]:
        stacks = self._stacks
        firsts = places if stacks is None else stacks.firsts[places]
        ways = _whole(
            distances_m(
                seeker.latitude,
                seeker.longitude,
                self.latitudes[firsts],
                self.longitudes[firsts],
            )
        )
        if stacks is None:
            return ways, places
        rows, heights = stacks.all_rows_at(places)
        ways = np.repeat(ways, heights)
        if is_chosen is None:
            return ways, rows
        keep = is_chosen[rows]
        return ways[keep], rows[keep]

    def place_points(self) -> tuple[Floats, Rows]:
        """Return each place's coordinates in the frame and one of its rows."""
        stacks = self._stacks
        rows = np.arange(self.count, dtype=np.int32) if stacks is None else stacks.firsts
        return self._points, rows


def _in_order(hits: list[tuple[int, int]]) -> Hits:
    hits.sort()
    return [way for way, _ in hits], np.array([row for _, row in hits], dtype=np.int32)


def _count_within(ways: list[int], within_m: float) -> int:
    """Count the ways, in order, that are no longer than so many metres."""
    return bisect_right(ways, within_m, key=lambda way: way / 1000)


def _whole(ways_m: Floats) -> NDArray[np.int64]:
    return np.floor(ways_m * 1000 + 0.5).astype(np.int64)


class _Stacks:
    """Which rows share a place: those of place p are rows[starts[p]:starts[p + 1]], ascending."""

    __slots__ = ("firsts", "heights", "rows", "starts")

    def __init__(self, rows: Rows, starts: Rows) -> None:
        self.rows = rows
        self.starts = starts
        self.firsts: Rows = rows[starts[:-1]]
        self.heights: Rows = np.diff(starts)

    @classmethod
    def of(cls, latitudes: Floats, longitudes: Floats) -> "_Stacks | None":
        """Return None when no two rows share a place."""
        rows = np.lexsort((longitudes, latitudes)).astype(np.int32)
        lat, lng = latitudes[rows], longitudes[rows]
        is_new = np.ones(len(rows) + 1, dtype=np.bool_)
        is_new[1:-1] = (lat[1:] != lat[:-1]) | (lng[1:] != lng[:-1])
        if is_new.all():
            return None
        return cls(rows, np.flatnonzero(is_new).astype(np.int32))

    @property
    def nbytes(self) -> int:
        return sum(a.nbytes for a in (self.rows, self.starts, self.firsts, self.heights))

    def any(self, is_chosen: Mask) -> Mask:
        return np.logical_or.reduceat(is_chosen[self.rows], self.starts[:-1])

    def rows_at(self, place: int, most: int, is_chosen: Mask | None) -> list[int]:
        """Return the first chosen rows at a place; more than `most` cannot be among the nearest."""
        rows = self.rows[self.starts[place] : self.starts[place + 1]]
        looked_at, found = most, rows[:most]
        if is_chosen is not None:
            found = found[is_chosen[found]]
            while len(found) < most and looked_at < len(rows):
                looked_at *= 8
                found = rows[:looked_at]
                found = found[is_chosen[found]]
        return [int(row) for row in found[:most]]

    def all_rows_at(self, places: Rows) -> tuple[Rows, Rows]:
        """Return the rows at some places, and how many there are at each."""
        heights = self.heights[places]
        ends = np.cumsum(heights)
        steps = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - heights, heights)
        return self.rows[np.repeat(self.starts[places], heights) + steps], heights


class _Blocks:
    """Places in compact heaps of some hundred, each with a middle and a radius in metres."""

    __slots__ = ("_latitudes", "_longitudes", "_places", "_radii", "_starts")

    def __init__(self, tree: PointTree) -> None:
        points, rows = tree.place_points()
        count = len(points)
        size = max(_LEAST_BLOCK, math.isqrt(count))
        # Strips from west to east, each cut from south to north.
        strip = size * max(1, math.isqrt(count // size))
        rank = np.empty(count, dtype=np.int32)
        rank[np.argsort(points[:, 0], kind="stable")] = np.arange(count, dtype=np.int32)
        self._places: Rows = np.lexsort((points[:, 1], rank // strip)).astype(np.int32)
        self._starts = np.arange(0, count, size)
        ends = np.minimum(self._starts + size, count)
        middles = self._places[(self._starts + ends) // 2]
        offsets = points[self._places] - np.repeat(points[middles], ends - self._starts, axis=0)
        chords = np.maximum.reduceat(np.sqrt((offsets * offsets).sum(axis=1)), self._starts)
        self._radii = np.array([longest_way(chord) for chord in chords.tolist()])
        self._latitudes = tree.latitudes[rows[middles]]
        self._longitudes = tree.longitudes[rows[middles]]

    def outward(self, seeker: Seeker) -> Iterator[tuple[float, Rows]]:
        """Give heaps of places, and how near to the seeker any place of it or later can be."""
        middles = distances_m(seeker.latitude, seeker.longitude, self._latitudes, self._longitudes)
        nearest = middles - self._radii - ROUNDING_M
        order = np.argsort(nearest)
        starts = [*self._starts.tolist(), len(self._places)]
        done, batch = 0, _FIRST_BLOCKS
        while done < len(order):
            taken = order[done : done + batch].tolist()
            places = np.concatenate([self._places[starts[b] : starts[b + 1]] for b in taken])
            yield float(nearest[taken[0]]), places
            done, batch = done + batch, batch * 2
