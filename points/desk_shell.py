"""What the operators' pages of this package share: who may, the sections, how a download looks."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, g

from accounts import Role
from kernel import clock, tables
from kernel.web import MIB

from . import keys, references, wording
from .forms import new_key
from .rules import LONGEST_REASON, SORT_WORDS, STATUS_WORDS

OPERATORS = (Role.POINTS_OPERATOR,)
READERS = (Role.POINTS_OPERATOR, Role.AUDITOR)
COUNTER = (Role.POINTS_OPERATOR, Role.SHOP_KEEPER)
UPLOAD_LIMIT = 12 * MIB  # of a form with a picture or a file of codes

desk = Blueprint("points_desk", __name__, url_prefix="/console/points", template_folder="templates")


@dataclass(frozen=True)
class Section:
    endpoint: str
    words: str
    roles: tuple[Role, ...]


SECTIONS = (
    Section("points_desk.queue", "待办", READERS),
    Section("points_desk.counter", "核销", COUNTER),
    Section("points_desk.items", "商品", READERS),
    Section("points_desk.sites", "领取点", READERS),
    Section("points_desk.people", "查人", READERS),
    Section("points_desk.proposals", "复核", READERS),
    Section("points_desk.review_signs", "异常", READERS),
    Section("points_desk.rules", "规则", READERS),
    Section("points_desk.sheet", "日报", READERS),
    Section("points_desk.ledger", "账本", READERS),
    Section("points_desk.books", "核对", READERS),
)


def sections(role: Role) -> list[Section]:
    """Return the parts of the points desk that this role may open."""
    is_everything = role is Role.ADMINISTRATOR
    return [each for each in SECTIONS if is_everything or role in each.roles]


def may_operate() -> bool:
    """Tell whether the member of staff may change anything; auditors only read."""
    return bool(g.staff.role in {*OPERATORS, Role.ADMINISTRATOR})


@desk.context_processor
def _words() -> dict[str, Any]:
    return {
        "points_sections": sections,
        "may_operate": may_operate,
        "sort_words": SORT_WORDS,
        "status_words": STATUS_WORDS,
        "reference_of": lambda citizen_id: references.reference_of(citizen_id, keys.current()),
        "moment": wording.moment,
        "new_key": new_key,
        "now": clock.now(),
        "note_limit": LONGEST_REASON,
    }


def done(words: str) -> None:
    """Say on the next page that it is done."""
    flash(words)


def download(name: str, data: bytes) -> Response:
    """Answer with a workbook that the browser saves under this name."""
    answer = Response(data, mimetype=tables.XLSX)
    day = clock.city_day(clock.now())
    answer.headers["Content-Disposition"] = (
        f"attachment; filename*=UTF-8''{quote(f'{name}-{day}.xlsx')}"
    )
    return answer
