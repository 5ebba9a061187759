"""Places in any datum or grid, brought to WGS-84, many at a time.

A frame of reference is named, or refused: there is no default, since a place in the wrong one is half
a kilometre away and looks right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from . import datums

Floats = NDArray[np.float64]
_Convert = Callable[[Floats, Floats], tuple[Floats, Floats]]

# Parameters of a transverse Mercator grid, as PROJ calls them; angles in degrees, lengths in metres.
GRID_PARAMETERS = ("lat_0", "lon_0", "k", "x_0", "y_0")
# Older ellipsoids (Krasovsky, IAU 1976) lie a hundred metres off, and parameters do not say which way.
ELLIPSOIDS = ("GRS80", "WGS84")
# CGCS2000 differs from WGS-84 by the drift of the continent: decimetres.
_AS_WGS84 = (4326, 4490)


class UnknownFrame(ValueError):
    """No datum or grid is known by this name, or its parameters make no sense."""


@dataclass(frozen=True)
class Frame:
    """A datum or grid; `is_grid` tells metres east and north from degrees."""

    name: str
    is_grid: bool
    _convert: _Convert

    def to_wgs84(self, eastward: Floats, northward: Floats) -> tuple[Floats, Floats]:
        """Return (latitudes, longitudes) in WGS-84; NaN where a pair has no place on earth.

        Takes longitudes and latitudes, or metres east and north: eastward first, as x and y.
        """
        lat, lng = self._convert(eastward, northward)
        is_bad = ~(np.isfinite(lat) & np.isfinite(lng) & (np.abs(lat) <= 90) & (np.abs(lng) <= 180))
        lat, lng = np.where(is_bad, np.nan, lat), np.where(is_bad, np.nan, lng)
        # The 180th meridian has two names; cells know the western one.
        lng[lng == 180.0] = -180.0
        return lat, lng


def frame(name: str, grid: Mapping[str, float | str] | None = None) -> Frame:
    """Return the frame of this name: wgs84, cgcs2000, gcj02, bd09, EPSG:n, or `grid` by parameters.

    Raises UnknownFrame.
    """
    if name == "grid":
        return _of_parameters(tuple(sorted((grid or {}).items())))
    return _named(name)


def _same(eastward: Floats, northward: Floats) -> tuple[Floats, Floats]:
    return northward, eastward


def _from_gcj02(eastward: Floats, northward: Floats) -> tuple[Floats, Floats]:
    return datums.gcj02_to_wgs84(*_on_earth(northward, eastward))


def _from_bd09(eastward: Floats, northward: Floats) -> tuple[Floats, Floats]:
    return datums.gcj02_to_wgs84(*datums.bd09_to_gcj02(*_on_earth(northward, eastward)))


def _on_earth(lat: Floats, lng: Floats) -> tuple[Floats, Floats]:
    """Take out what the formulas would warn of: far from the earth they have no meaning."""
    is_there = (np.abs(lat) <= 90) & (np.abs(lng) <= 180)
    return np.where(is_there, lat, np.nan), np.where(is_there, lng, np.nan)


_CHINESE: dict[str, _Convert] = {
    "wgs84": _same,
    "cgcs2000": _same,
    "gcj02": _from_gcj02,
    "bd09": _from_bd09,
}


@lru_cache(maxsize=64)
def _named(name: str) -> Frame:
    if name in _CHINESE:
        return Frame(name, is_grid=False, _convert=_CHINESE[name])
    authority, _, code = name.partition(":")
    if authority.upper() != "EPSG" or not code.isascii() or not code.isdecimal():
        raise UnknownFrame(name)
    try:
        return _of_crs(f"EPSG:{code}", CRS.from_epsg(int(code)))
    except CRSError as unknown:
        raise UnknownFrame(name) from unknown


@lru_cache(maxsize=64)
def _of_parameters(given: tuple[tuple[str, float | str], ...]) -> Frame:
    values = dict(given)
    if set(values) - {*GRID_PARAMETERS, "ellps"} or {"lat_0", "lon_0", "x_0", "y_0"} - set(values):
        raise UnknownFrame(", ".join(values))
    if values.get("ellps", "GRS80") not in ELLIPSOIDS:
        raise UnknownFrame(str(values["ellps"]))
    try:
        crs = CRS.from_dict({"proj": "tmerc", "ellps": "GRS80", "k": 1.0, **values, "units": "m"})
        return _of_crs("grid", crs)
    except CRSError as unknown:
        raise UnknownFrame(str(values)) from unknown


def _of_crs(name: str, crs: CRS) -> Frame:
    base = crs.geodetic_crs
    if base is None or len(crs.axis_info) != 2 or not (crs.is_projected or crs.is_geographic):
        raise UnknownFrame(name)
    is_ours = name == "grid" or base.to_epsg() in _AS_WGS84
    # Elsewhere a known operation carries a point over; PROJ's way out without one is no shift at all.
    transformer = Transformer.from_crs(
        crs, base if is_ours else 4326, always_xy=True, allow_ballpark=is_ours
    )

    def convert(eastward: Floats, northward: Floats) -> tuple[Floats, Floats]:
        lng, lat = transformer.transform(eastward, northward)
        return np.asarray(lat), np.asarray(lng)

    return Frame(name, is_grid=crs.is_projected, _convert=convert)
