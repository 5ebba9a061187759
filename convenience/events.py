"""What happened to facilities, told to whoever must act on it (`reactions.py`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FacilityBroken:
    """A resident says that something at a facility is broken: a matter for the case system."""

    correction_id: int
    facility_id: int
    kind: str
    name: str
    address: str | None
    latitude: float  # degrees, WGS-84
    longitude: float  # degrees, WGS-84
    note: str | None
    citizen_id: int | None


@dataclass(frozen=True)
class CorrectionSettled:
    """Somebody looked into a resident's word that an entry is wrong."""

    correction_id: int
    citizen_id: int
    facility_code: str
    facility_name: str
    wrong: str  # in words
    is_right: bool
    answer: str | None
