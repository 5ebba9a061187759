"""A point of the earth with the datum in which somebody gave it."""

from dataclasses import dataclass
from enum import StrEnum

from geo import datums


class Datum(StrEnum):
    """The datums that programs may ask and be answered in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@dataclass(frozen=True, slots=True)
class Spot:
    """(latitude, longitude) as given, and the same in WGS-84. Degrees."""

    given: tuple[float, float]
    datum: Datum
    latitude: float
    longitude: float


def to_wgs84(latitude: float, longitude: float, datum: Datum) -> tuple[float, float]:
    if datum is Datum.GCJ02:
        return datums.gcj02_to_wgs84(latitude, longitude)
    if datum is Datum.BD09:
        return datums.gcj02_to_wgs84(*datums.bd09_to_gcj02(latitude, longitude))
    return latitude, longitude


def from_wgs84(latitude: float, longitude: float, datum: Datum) -> tuple[float, float]:
    if datum is Datum.GCJ02:
        return datums.wgs84_to_gcj02(latitude, longitude)
    if datum is Datum.BD09:
        return datums.gcj02_to_bd09(*datums.wgs84_to_gcj02(latitude, longitude))
    return latitude, longitude
