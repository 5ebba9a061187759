"""Straight lines through the WGS-84 ellipsoid, and what they prove about the ways over it.

A tree can search by straight lines (chords) only; people ask for the way over the ground (the
geodesic, s). For two points with chord c, both in metres:

    2 R_MAX asin(c / 2 R_MAX)  <=  s  <=  2 R_MIN asin(c / 2 R_MIN)

where R_MIN and R_MAX bound the ellipsoid's radius of curvature at all places in all directions.

Above: a geodesic's curvature is the surface's in its direction, so at most 1 / R_MIN; by Schur's
comparison its chord is at least that of a circle of R_MIN with as long an arc (s <= pi R_MIN).
Below: each principal curvature is at least 1 / R_MAX, so (Blaschke) the ellipsoid holds, with two
of its points, all arcs of R_MAX between them: a spindle. A way over the ground stays outside of
that spindle, projecting it onto the spindle makes it no longer, and on the spindle's surface the
arc is the shortest.
"""

import math
from dataclasses import dataclass

import numpy as np

from .geodesic import Floats

_A = 6378137.0  # semi-major axis, metres
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)
_B = _A * (1 - _F)

R_MIN = _B * _B / _A  # of a meridian where it crosses the equator
R_MAX = _A * _A / _B  # at the poles

# Coordinates of 6.4 million metres in 64 bits, some ten operations, and Karney's own nanometres.
ROUNDING_M = 1e-7
# Up to here the way is told by the chord (c): c + ARC c^3, to ARC_DOUBT c^3 + ROUNDING_M. The two
# bounds above, as series; what is left of them, 3 c^5 / 640 R^4, is 70 nanometres.
NEAR_M = 30_000.0
ARC = (1 / R_MIN**2 + 1 / R_MAX**2) / 48
ARC_DOUBT = (1 / R_MIN**2 - 1 / R_MAX**2) / 48 + NEAR_M**2 / (200 * R_MIN**4)


def longest_chord(way_m: float) -> float:
    """Return a chord that no pair of points exceeds whose shortest way is at most this long."""
    # Half a circle of R_MAX is longer than any shortest way: no chord is excluded from there on.
    half = min(way_m / (2 * R_MAX), math.pi / 2)
    return 2 * R_MAX * math.sin(half) + ROUNDING_M


def longest_way(chord_m: float) -> float:
    """Return a way that no pair of points with at most this chord exceeds."""
    # Beyond, Schur's comparison ends; no way is longer than half the equator.
    if chord_m > 1.9 * R_MIN:
        return math.pi * _A
    return 2 * R_MIN * math.asin(chord_m / (2 * R_MIN)) + ROUNDING_M


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """Axes east, north and up of a place: a rotation of the earth, so that chords stay as long.

    In it a district is flat: the boxes of a tree are tight, and a search from far outside does
    not look into most of them.
    """

    sin_lat: float
    cos_lat: float
    sin_lng: float
    cos_lng: float
    # The place itself, seen from the middle of the earth along these axes: metres. Its vertical does
    # not quite meet that middle.
    north_0: float
    up_0: float

    @classmethod
    def at(cls, latitude: float, longitude: float) -> "LocalFrame":
        phi, lam = math.radians(latitude), math.radians(longitude)
        sin_lat, cos_lat = math.sin(phi), math.cos(phi)
        flat = math.sqrt(1 - _E2 * sin_lat * sin_lat)
        return cls(
            sin_lat=sin_lat,
            cos_lat=cos_lat,
            sin_lng=math.sin(lam),
            cos_lng=math.cos(lam),
            north_0=-_A * _E2 * sin_lat * cos_lat / flat,
            up_0=_A * flat,
        )

    def point(self, latitude: float, longitude: float) -> tuple[float, float, float]:
        """Return metres east, north and up of a point on the ellipsoid."""
        phi, lam = math.radians(latitude), math.radians(longitude)
        sin = math.sin(phi)
        vertical = _A / math.sqrt(1 - _E2 * sin * sin)
        outward = vertical * math.cos(phi)
        x, y, z = outward * math.cos(lam), outward * math.sin(lam), vertical * (1 - _E2) * sin
        across = self.cos_lng * x + self.sin_lng * y
        return (
            self.cos_lng * y - self.sin_lng * x,
            self.cos_lat * z - self.sin_lat * across - self.north_0,
            self.cos_lat * across + self.sin_lat * z - self.up_0,
        )

    def points(self, latitudes: Floats, longitudes: Floats) -> Floats:
        """Return metres east, north and up of many points: one row each."""
        phi, lam = np.radians(latitudes), np.radians(longitudes)
        sin = np.sin(phi)
        vertical = _A / np.sqrt(1 - _E2 * sin * sin)
        outward = vertical * np.cos(phi)
        x, y, z = outward * np.cos(lam), outward * np.sin(lam), vertical * (1 - _E2) * sin
        across = self.cos_lng * x + self.sin_lng * y
        found = np.empty((len(phi), 3))
        found[:, 0] = self.cos_lng * y - self.sin_lng * x
        found[:, 1] = self.cos_lat * z - self.sin_lat * across - self.north_0
        found[:, 2] = self.cos_lat * across + self.sin_lat * z - self.up_0
        return found
