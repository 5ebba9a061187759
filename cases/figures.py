"""The indicators: what each means, and one SQL statement that counts them all.

Formulas after CJ/T 292 and GB/T 30428.4 as published systems word them (docs/cases.md says where
sources differ and what was chosen). A period is that in which the cases were reported; overdue work
counts as of now. Each numerator and denominator is a condition on `cases_facts`, so that the page
can lead to the very cases it counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, bindparam, extract, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel import clock

from .clock_models import Facts
from .workflow import OPEN, Status

PUBLIC_SOURCES = ("wechat", "page", "sign", "open311", "hotline")

Condition = ColumnElement[bool]
# Overdue as of when: given with the statement.
_NOW = bindparam("now", type_=DateTime(timezone=True))

F = Facts  # twenty conditions read better with a short name

_FILED = F.filed_at.is_not(None)
_DISPATCHED = F.dispatched_at.is_not(None)
_DISPOSED = F.disposed_at.is_not(None)
_OVERDUE = and_(
    F.status.in_((Status.DISPATCHED, Status.HANDLED)),
    F.disposed_at.is_(None),
    F.dispose_due_at < _NOW,
)
# 应处置数, 应结案数: what was disposed of, and what should have been by now.
_SHOULD = and_(_DISPATCHED, or_(_DISPOSED, _OVERDUE))
_CLOSED = and_(F.status == Status.CLOSED, F.closed_at.is_not(None))
_IN_TIME = F.disposed_at <= F.dispose_due_at
_CHECK_DUE = or_(F.checked_at.is_not(None), F.status == Status.DISPOSED)
_VERIFY_DUE = or_(F.verified_at.is_not(None), F.status == Status.VERIFYING)
_ANSWER_DUE = and_(
    F.answer_due_at.is_not(None), or_(F.answered_at.is_not(None), F.answer_due_at < _NOW)
)


@dataclass(frozen=True)
class Indicator:
    """A share: cases that meet `numerator` among those that meet `denominator`."""

    key: str
    name: str
    definition: str
    numerator: Condition
    denominator: Condition
    is_good_high: bool = True

    def part(self, which: str) -> Condition:
        """Return the condition of one of its parts: `n`, or `d`. What counts above counts below."""
        if which == "n":
            return and_(self.denominator, self.numerator)
        return self.denominator


_LISTED = (
    Indicator("filing", "立案率", "立案数 ÷ 上报数", _FILED, true()),
    Indicator(
        "filing_in_time",
        "按时立案率",
        "在受理时限内立案的案件数 ÷ 立案数",
        F.filed_at <= F.file_due_at,
        _FILED,
    ),
    Indicator(
        "filing_right",
        "准确立案率",
        "（立案数 − 作废数）÷ 立案数",
        F.status != Status.VOIDED,
        _FILED,
    ),
    Indicator("dispatch", "派遣率", "已派遣的案件数 ÷ 立案数（应派遣数）", _DISPATCHED, _FILED),
    Indicator(
        "dispatch_in_time",
        "按时派遣率",
        "在派遣时限内首次派遣的案件数 ÷ 立案数（应派遣数）",
        F.dispatched_at <= F.dispatch_due_at,
        _FILED,
    ),
    Indicator(
        "dispatch_right",
        "准确派遣率",
        "始终只派给一个单位的案件数 ÷ 已派遣的案件数",
        F.bodies <= 1,
        _DISPATCHED,
    ),
    Indicator(
        "verify_in_time",
        "按时核实率",
        "在时限内核实的案件数 ÷ 应核实数",
        F.verified_at <= F.verify_due_at,
        _VERIFY_DUE,
    ),
    Indicator(
        "dispose", "处置率", "处置数 ÷ 应处置数（处置数 + 超时未处置数）", _DISPOSED, _SHOULD
    ),
    Indicator(
        "dispose_in_time",
        "按期处置率",
        "在处置时限内处置的案件数 ÷ 应处置数（处置数 + 超时未处置数）",
        _IN_TIME,
        _SHOULD,
    ),
    Indicator(
        "check_in_time",
        "按时核查率",
        "在时限内核查的案件数 ÷ 应核查数",
        F.checked_at <= F.check_due_at,
        _CHECK_DUE,
    ),
    Indicator("close", "结案率", "结案数 ÷ 应结案数（处置数 + 超时未处置数）", _CLOSED, _SHOULD),
    Indicator(
        "close_in_time",
        "按期结案率",
        "处置和核查都没有超时的结案数 ÷ 应结案数",
        and_(_CLOSED, _IN_TIME, F.checked_at <= F.check_due_at),
        _SHOULD,
    ),
    Indicator(
        "rework", "返工率", "返工过的案件数 ÷ 应结案数", F.reworks > 0, _SHOULD, is_good_high=False
    ),
    Indicator(
        "first_time",
        "一次处置完成率",
        "没有返工就结案的案件数 ÷ 结案数",
        F.reworks == 0,
        _CLOSED,
    ),
    Indicator(
        "open",
        "未结案率",
        "还在办理的案件数 ÷ 上报数",
        F.status.in_(OPEN),
        true(),
        is_good_high=False,
    ),
    Indicator(
        "missed",
        "漏报率",
        "公众上报的立案数 ÷ 立案数（公众先发现的，算监督员漏报）",
        F.source.in_(PUBLIC_SOURCES),
        _FILED,
        is_good_high=False,
    ),
    Indicator(
        "answer_in_time",
        "按时答复率",
        "受理后 15 个工作日内答复上报人的案件数 ÷ 应答复数",
        F.answered_at <= F.answer_due_at,
        _ANSWER_DUE,
    ),
    Indicator(
        "satisfied",
        "满意率",
        "评价四星和五星的案件数 ÷ 有评价的案件数",
        F.stars >= 4,
        F.stars.is_not(None),
    ),
)
INDICATORS: Mapping[str, Indicator] = MappingProxyType({each.key: each for each in _LISTED})

GROUPS: Mapping[str, InstrumentedAttribute[Any]] = MappingProxyType(
    {"body": F.body_id, "street": F.street_code, "class": F.class_code, "source": F.source}
)


@dataclass(frozen=True)
class Wanted:
    """Cases reported from `since` until before `until`; of one body, street, class or source if named."""

    since: datetime
    until: datetime
    body_id: int | None = None
    class_code: str | None = None
    source: str | None = None
    street_code: str | None = None


@dataclass(frozen=True)
class Share:
    """One indicator's figures; no rate where nothing was to be done."""

    n: int
    d: int

    @property
    def rate(self) -> float | None:
        return self.n / self.d if self.d else None


@dataclass(frozen=True)
class Line:
    """The figures of one group (`key`: a body's id, a class, a source; None: without one)."""

    key: int | str | None
    reports: int
    hours: float | None  # from dispatch to disposal, on average, clock time
    shares: Mapping[str, Share]


def conditions_of(wanted: Wanted) -> list[Condition]:
    """Return what makes a case one of those wanted."""
    found: list[Condition] = [F.reported_at >= wanted.since, F.reported_at < wanted.until]
    if wanted.body_id is not None:
        found.append(F.body_id == wanted.body_id)
    if wanted.class_code is not None:
        found.append(F.class_code == wanted.class_code)
    if wanted.source is not None:
        found.append(F.source == wanted.source)
    if wanted.street_code is not None:
        found.append(F.street_code == wanted.street_code)
    return found


def figures(session: Session, wanted: Wanted, *, by: str | None = None) -> tuple[Line, ...]:
    """Count all indicators over the wanted cases: in one line, or one for each group."""
    group = GROUPS[by] if by else None
    counted = [
        func.count().filter(each.part(which)).label(f"{which}_{each.key}")
        for each in _LISTED
        for which in ("n", "d")
    ]
    hours = func.avg(extract("epoch", F.disposed_at - F.dispatched_at)) / 3600
    statement = select(
        *([group.label("key")] if group is not None else []),
        func.count().label("reports"),
        hours.label("hours"),
        *counted,
    ).where(*conditions_of(wanted))
    if group is not None:
        statement = statement.group_by(group).order_by(func.count().desc(), group)
    return tuple(
        Line(
            key=row["key"] if by else None,
            reports=row["reports"],
            hours=None if row["hours"] is None else float(row["hours"]),
            shares={
                each.key: Share(row[f"n_{each.key}"], row[f"d_{each.key}"]) for each in _LISTED
            },
        )
        for row in session.execute(statement, {"now": clock.now()}).mappings()
    )
