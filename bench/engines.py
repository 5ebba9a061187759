"""The usual ways to find the nearest, each as its users write it, and ours.

The others are given the facilities of each question sorted out beforehand, and may prepare what they
like; ours filters by itself. All answer with (id, metres), nearest first.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import geohash2
import numpy as np
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import cKDTree
from sklearn.neighbors import BallTree

from convenience.index import Index
from geo.cells import neighbours
from geo.earth import LocalFrame

from .town import NOW, Floats, Question, Town

Found = list[tuple[int, float]]
Ask = Callable[[float, float], Found]
Ids = NDArray[np.int64]

K = 10
_EARTH = Geod(ellps="WGS84")
_RADIUS = 6371008.8  # metres, mean, of a sphere
_SPARE = 8


class Engine(Protocol):
    name: str

    def prepare(self, question: Question, ids: Ids, latitudes: Floats, longitudes: Floats) -> Ask:
        """Take the facilities that answer a question; return what finds the nearest K of them."""


class Ours:
    name = "ours"

    def __init__(self, index: Index) -> None:
        self._index = index

    def prepare(
        self, question: Question, _ids: Ids, _latitudes: Floats, _longitudes: Floats
    ) -> Ask:
        index, kind, needs, radius_m = self._index, question.kind, question.needs, question.radius_m

        def ask(latitude: float, longitude: float) -> Found:
            return index.nearest(
                latitude, longitude, K, kind=kind, needs=needs, radius_m=radius_m, now=NOW
            )

        return ask


class GeohashPrefix:
    """A dictionary by prefix: the longest prefix that holds enough with its eight neighbours."""

    name = "geohash2 prefix, dict"

    def prepare(self, question: Question, ids: Ids, latitudes: Floats, longitudes: Floats) -> Ask:
        known: dict[str, list[int]] = {}
        for row, (lat, lng) in enumerate(zip(latitudes.tolist(), longitudes.tolist(), strict=True)):
            geohash = geohash2.encode(lat, lng, 8)
            for length in range(1, 9):
                known.setdefault(geohash[:length], []).append(row)

        def ask(latitude: float, longitude: float) -> Found:
            geohash = geohash2.encode(latitude, longitude, 8)
            rows: list[int] = []
            for length in range(8, 0, -1):
                rows = [row for near in around(geohash[:length]) for row in known.get(near, ())]
                if len(rows) >= K:
                    break
            ways = haversine(latitude, longitude, latitudes[rows], longitudes[rows])
            return best(ids[rows], ways, question.radius_m)

        return ask


@lru_cache(maxsize=100_000)
def around(geohash: str) -> tuple[str, ...]:
    return (geohash, *neighbours(geohash))


def haversine(latitude: float, longitude: float, latitudes: Floats, longitudes: Floats) -> Floats:
    phi, other = math.radians(latitude), np.radians(latitudes)
    across = np.sin((np.radians(longitudes) - math.radians(longitude)) / 2) ** 2
    half = np.sin((other - phi) / 2) ** 2 + math.cos(phi) * np.cos(other) * across
    found: Floats = 2 * _RADIUS * np.arcsin(np.sqrt(half))
    return found


def best(ids: Ids, ways: Floats, radius_m: float) -> Found:
    order = np.argsort(ways, kind="stable")[:K]
    return within(ids[order], ways[order], radius_m)


def within(ids: Ids, ways: Floats, radius_m: float) -> Found:
    found = zip(ids.tolist(), ways.tolist(), strict=True)
    if radius_m == math.inf:
        return list(found)
    return [(number, way) for number, way in found if way <= radius_m]


class Ball:
    name = "scikit-learn BallTree, haversine"

    def prepare(self, question: Question, ids: Ids, latitudes: Floats, longitudes: Floats) -> Ask:
        tree = BallTree(np.radians(np.column_stack((latitudes, longitudes))), metric="haversine")
        k = min(K, len(ids))

        def ask(latitude: float, longitude: float) -> Found:
            angles, rows = tree.query([[math.radians(latitude), math.radians(longitude)]], k=k)
            return within(ids[rows[0]], angles[0] * _RADIUS, question.radius_m)

        return ask


class Brute:
    """All of them, by the chord through the ellipsoid."""

    name = "NumPy, all by chord"

    def prepare(self, question: Question, ids: Ids, latitudes: Floats, longitudes: Floats) -> Ask:
        centre = LocalFrame.at(0.0, 0.0)
        x, y, z = (column.copy() for column in centre.points(latitudes, longitudes).T)
        k = min(K, len(ids))

        def ask(latitude: float, longitude: float) -> Found:
            east, north, up = centre.point(latitude, longitude)
            square = (x - east) ** 2 + (y - north) ** 2 + (z - up) ** 2
            rows = np.argpartition(square, k - 1)[:k]
            rows = rows[np.argsort(square[rows])]
            return within(ids[rows], arcs(np.sqrt(square[rows])), question.radius_m)

        return ask


class Tree:
    """SciPy's tree over the chords; nothing proves the order, but it is nearly always right."""

    name = "SciPy cKDTree, by chord"

    def prepare(self, question: Question, ids: Ids, latitudes: Floats, longitudes: Floats) -> Ask:
        centre = LocalFrame.at(0.0, 0.0)
        tree = cKDTree(centre.points(latitudes, longitudes))
        k = min(K, len(ids))

        def ask(latitude: float, longitude: float) -> Found:
            chords, rows = tree.query(centre.point(latitude, longitude), k)
            return within(ids[rows], arcs(chords), question.radius_m)

        return ask


class MeasuredTree:
    """The same with eight to spare, put in order by Karney's method."""

    name = "SciPy cKDTree, Karney on 18"

    def prepare(self, question: Question, ids: Ids, latitudes: Floats, longitudes: Floats) -> Ask:
        centre = LocalFrame.at(0.0, 0.0)
        tree = cKDTree(centre.points(latitudes, longitudes))
        k = min(K + _SPARE, len(ids))
        lat_0, lng_0 = np.empty(k), np.empty(k)

        def ask(latitude: float, longitude: float) -> Found:
            _, rows = tree.query(centre.point(latitude, longitude), k)
            lat_0[:], lng_0[:] = latitude, longitude
            _, _, ways = _EARTH.inv(lng_0, lat_0, longitudes[rows], latitudes[rows])
            return best(ids[rows], ways, question.radius_m)

        return ask


def arcs(chords: Floats) -> Floats:
    found: Floats = 2 * _RADIUS * np.arcsin(chords / (2 * _RADIUS))
    return found


def in_process(town: Town) -> list[Engine]:
    return [Ours(town.index()), Tree(), MeasuredTree(), Brute(), Ball(), GeohashPrefix()]
