"""How long each step may take: a class's disposal limits by filing condition, the centre's stages.

`classes.csv` words a class's limits by condition: 「2紧急工作时; 4小时; 2天」. In that table plain
hours and days are hours and days of work, and 紧急工作日 runs on as calendar days do. What the
conditions themselves say is not in the published list, so a condition is named by its limit, in
the order of the table. Sources: docs/cases.md.
"""

import re
from dataclasses import dataclass
from functools import cache

from .calendars import Limit, Unit
from .classes import classes

_LIMIT = re.compile(r"([0-9]{1,3})(紧急工作时|紧急工作日|小时|天)(.{0,8})")
_UNITS = {
    "紧急工作时": Unit.URGENT_HOUR,
    "紧急工作日": Unit.NATURAL_DAY,
    "小时": Unit.WORK_HOUR,
    "天": Unit.WORK_DAY,
}
# Where a case has no class, or somebody filed it without naming a condition of its class.
GENERAL = "general"


@dataclass(frozen=True)
class Condition:
    """A filing condition: its code (`C0101/2`), and how long the disposal may take."""

    code: str
    limit: Limit
    remark: str = ""  # what the limit is for, where the table says: 制止

    @property
    def words(self) -> str:
        return f"{self.limit.words}内{self.remark or '处置'}"


class UnreadableLimit(ValueError):
    """A limit of the table is in words that nobody taught us."""


@cache
def conditions(class_code: str | None) -> tuple[Condition, ...]:
    """Return the filing conditions of a class in the order of its table; without one, the general."""
    if class_code is None:
        return (Condition(GENERAL, Limit(5, Unit.WORK_DAY)),)
    return tuple(
        Condition(f"{class_code}/{number}", *parse(part.strip()))
        for number, part in enumerate(classes()[class_code].limits.split(";"), 1)
    )


def parse(text: str) -> tuple[Limit, str]:
    """Read one limit and what it is for; raise UnreadableLimit."""
    found = _LIMIT.fullmatch(text)
    if found is None:
        raise UnreadableLimit(text)
    value, unit, remark = found.groups()
    return Limit(int(value), _UNITS[unit]), remark


def condition(class_code: str | None, code: str | None, *, is_urgent: bool) -> Condition | None:
    """Return the named condition; the usual one where none is named; None for a wrong name.

    Usual is the first of the class's table, and of an urgent case the shortest that runs on.
    """
    known = conditions(class_code)
    if code is not None:
        return next((each for each in known if each.code == code), None)
    running = [each for each in known if each.limit.runs_on]
    if is_urgent and running:
        return min(running, key=lambda each: each.limit.value)
    return known[0]


class Stages:
    """Names of the centre's stages, each with a clock of its own."""

    ACCEPT = "accept"
    VERIFY = "verify"
    DISPATCH = "dispatch"
    DISPOSE = "dispose"
    CHECK = "check"
    CLOSE = "close"
    ANSWER = "answer"


STAGE_WORDS = {
    Stages.ACCEPT: "受理立案",
    Stages.VERIFY: "现场核实",
    Stages.DISPATCH: "派遣",
    Stages.DISPOSE: "处置",
    Stages.CHECK: "核查",
    Stages.CLOSE: "结案",
    Stages.ANSWER: "答复上报人",
}
# As one published system has them, in minutes that run on; closing is ours, as long as filing.
STAGE_LIMITS = {
    Stages.ACCEPT: Limit(15, Unit.MINUTE),
    Stages.VERIFY: Limit(30, Unit.MINUTE),
    Stages.DISPATCH: Limit(15, Unit.MINUTE),
    Stages.CHECK: Limit(30, Unit.MINUTE),
    Stages.CLOSE: Limit(15, Unit.MINUTE),
}
# Chongqing's regulation on appearance and sanitation, article 73: the reporter hears the result
# within 15 working days of acceptance. Nothing stops this clock.
ANSWER_DAYS = 15
MOST_EXTENSIONS = 2
LONGEST_SUSPENSION_DAYS = 365
