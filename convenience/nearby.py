"""Which of many points lie within a few metres of each other."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_METRES_PER_DEGREE = 111_195.0
_NEIGHBOURS = ((0, 0), (0, 1), (1, -1), (1, 0), (1, 1))  # each pair of cells once
_MOST_A_CELL = 50  # of points that lie on one spot, only so many are paired


def pairs_within(
    latitudes: Floats,
    longitudes: Floats,
    metres: float,
    is_wanted: NDArray[np.bool_],
    *,
    most: int,
) -> tuple[Places, Places]:
    """Return places of pairs nearer than `metres`, one of each wanted; at most `most` of them.

    Points are put into square cells as wide as the distance, so that only neighbours are compared.
    """
    across = np.cos(np.radians(latitudes)) * _METRES_PER_DEGREE
    row = np.floor(latitudes * _METRES_PER_DEGREE / metres).astype(np.int64)
    key = _cell(row, longitudes, metres)
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    ones, others, left = [], [], most
    for down, right in _NEIGHBOURS:
        wanted = _cell(row + down, longitudes, metres) + right
        first = np.searchsorted(sorted_key, wanted, "left")
        counts = np.searchsorted(sorted_key, wanted, "right") - first
        counts = np.minimum(counts, _MOST_A_CELL)
        one = np.repeat(np.arange(len(key)), counts)
        offset = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
        other = order[np.repeat(first, counts) + offset]
        # Within a cell the earlier ones come first: a later point meets them, not they it.
        is_pair = (one > other) if (down, right) == (0, 0) else (one != other)
        is_pair &= is_wanted[one] | is_wanted[other]
        one, other = one[is_pair], other[is_pair]
        apart = np.hypot(
            (latitudes[one] - latitudes[other]) * _METRES_PER_DEGREE,
            (longitudes[one] - longitudes[other]) * across[one],
        )
        near = np.flatnonzero(apart <= metres)[:left]
        left -= len(near)
        ones.append(one[near])
        others.append(other[near])
    return np.concatenate(ones), np.concatenate(others)


def _cell(row: Places, longitudes: Floats, metres: float) -> Places:
    """Return numbers of cells: along a row, whose cells have its own width in degrees, then row by row."""
    shrink = np.maximum(np.cos(np.radians(row * metres / _METRES_PER_DEGREE)), 1e-6)
    column = np.floor((longitudes + 180) * _METRES_PER_DEGREE * shrink / metres).astype(np.int64)
    number: Places = row * int(4 * math.pi * 6_400_000 / metres) + column
    return number
