"""Facilities: import, exact nearest search, live parking, and what residents say of them."""

from . import personal
from .cards import Card, KindRow
from .complaints import complaint_in
from .errors import FacilityNotFound, UnknownKind
from .events import CorrectionSettled, FacilityBroken
from .index import Need
from .queries import Found, Near, Nearby, facility, find, kinds, kinds_at_hand, nearest
from .service import rate, record_spaces, report_wrong
from .shown import Complained, complain, remember
from .telling import Line, Told, lines, open_called, open_near, outside_words

__all__ = [
    "Card",
    "Complained",
    "CorrectionSettled",
    "FacilityBroken",
    "FacilityNotFound",
    "Found",
    "KindRow",
    "Line",
    "Near",
    "Nearby",
    "Need",
    "Told",
    "UnknownKind",
    "complain",
    "complaint_in",
    "facility",
    "find",
    "kinds",
    "kinds_at_hand",
    "lines",
    "nearest",
    "open_called",
    "open_near",
    "outside_words",
    "personal",
    "rate",
    "record_spaces",
    "remember",
    "report_wrong",
]
