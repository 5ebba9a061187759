"""The district: its outline, its tree of areas, responsible bodies and people."""

from .errors import AreaNotFound, BodyNotFound, ImportChanged, ImportNotFound
from .importing import apply as apply_import
from .importing import check as check_import
from .locating import NOWHERE, Place, place_of
from .models import Area, Body, Person, TerritoryImport
from .outline import centre, district
from .queries import (
    AreaPage,
    AreaRow,
    BodyRow,
    PersonRow,
    active_bodies,
    active_codes,
    area_names,
    area_page,
    bodies,
    body_codes,
    body_list,
    body_name,
    body_names,
    import_record,
    imports,
    outlines,
    people_of,
    streets,
    tree,
)
from .records import WHAT_WORDS, read
from .rules import AREA_WORDS, BODY_KINDS, LEVEL_WORDS
from .service import add_body, set_body_active
from .shapes import DATUMS, rings

__all__ = [
    "AREA_WORDS",
    "BODY_KINDS",
    "DATUMS",
    "LEVEL_WORDS",
    "NOWHERE",
    "WHAT_WORDS",
    "Area",
    "AreaNotFound",
    "AreaPage",
    "AreaRow",
    "Body",
    "BodyNotFound",
    "BodyRow",
    "ImportChanged",
    "ImportNotFound",
    "Person",
    "PersonRow",
    "Place",
    "TerritoryImport",
    "active_bodies",
    "active_codes",
    "add_body",
    "apply_import",
    "area_names",
    "area_page",
    "bodies",
    "body_codes",
    "body_list",
    "body_name",
    "body_names",
    "centre",
    "check_import",
    "district",
    "import_record",
    "imports",
    "outlines",
    "people_of",
    "place_of",
    "read",
    "rings",
    "set_body_active",
    "streets",
    "tree",
]
