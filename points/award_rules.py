"""How many points a report is worth. Plain Python: a decision depends on its arguments alone.

Nothing is ever earned by following, inviting or sharing: the platform forbids it.
"""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum

from kernel.words import later

from .errors import BadRules


class Withheld(StrEnum):
    """Why a report got fewer points than its class is worth, or none."""

    ANONYMOUS = "anonymous"
    INSIDER = "insider"
    CLASS = "class"
    SOURCE = "source"
    INTERVAL = "interval"
    DAILY_CAP = "daily_cap"
    MONTHLY_CAP = "monthly_cap"


WITHHELD_WORDS = {
    Withheld.ANONYMOUS: later("匿名上报不计积分"),
    Withheld.INSIDER: later("工作人员上报不计积分"),
    Withheld.CLASS: later("这一类问题不计积分"),
    Withheld.SOURCE: later("这个渠道不计积分"),
    Withheld.INTERVAL: later("离上一次上报时间太近"),
    Withheld.DAILY_CAP: later("今天的积分已达上限"),
    Withheld.MONTHLY_CAP: later("本月的积分已达上限"),
}


@dataclass(frozen=True, kw_only=True)
class AwardRules:
    """The rules of one version.

    `points` maps the beginning of a class code to points; the longest beginning wins, "" is the
    rest. Points expire at the end of the month that is `kept_months` after the award.
    """

    points: Mapping[str, int]
    follower_points: int = 1
    daily_cap: int
    monthly_cap: int
    interval_minutes: int = 0
    kept_months: int = 12
    excluded_sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        whole = [
            *self.points.values(),
            self.follower_points,
            self.daily_cap,
            self.monthly_cap,
            self.interval_minutes,
        ]
        if any(type(number) is not int or not 0 <= number <= 100_000 for number in whole):
            raise BadRules
        if type(self.kept_months) is not int or not 1 <= self.kept_months <= 120:
            raise BadRules
        if "" not in self.points or self.daily_cap > self.monthly_cap:
            raise BadRules
        if not all(isinstance(word, str) for word in (*self.points, *self.excluded_sources)):
            raise BadRules


def from_body(body: Mapping[str, object]) -> AwardRules:
    """Read rules as they are stored; raise BadRules."""
    known = {field.name for field in fields(AwardRules)}
    points, excluded = body.get("points"), body.get("excluded_sources", ())
    if set(body) - known or not isinstance(points, Mapping):
        raise BadRules
    if not isinstance(excluded, list | tuple):
        raise BadRules
    figures = {
        name: value for name, value in body.items() if name not in {"points", "excluded_sources"}
    }
    try:
        return AwardRules(points=dict(points), excluded_sources=tuple(excluded), **figures)  # type: ignore[arg-type]  # checked in __post_init__
    except TypeError:
        raise BadRules from None


def to_body(rules: AwardRules) -> dict[str, object]:
    return asdict(rules) | {"excluded_sources": list(rules.excluded_sources)}


@dataclass(frozen=True)
class Past:
    """What a person earned before this report."""

    on_day: int = 0
    in_month: int = 0
    last_at: datetime | None = None  # of the nearest report that earned points


@dataclass(frozen=True)
class Decision:
    points: int
    withheld: Withheld | None = None


def decide(
    rules: AwardRules,
    *,
    case_class: str | None,
    source: str,
    is_first: bool,
    reported_at: datetime,
    past: Past,
) -> Decision:
    """Return what a report is worth to a person who may earn points."""
    if source in rules.excluded_sources:
        return Decision(0, Withheld.SOURCE)
    full = _worth(rules, case_class)
    points = full if is_first else min(full, rules.follower_points)
    if points == 0:
        return Decision(0, Withheld.CLASS)
    if past.last_at is not None and abs(reported_at - past.last_at) < timedelta(
        minutes=rules.interval_minutes
    ):
        return Decision(0, Withheld.INTERVAL)
    for cap, earned, reason in (
        (rules.daily_cap, past.on_day, Withheld.DAILY_CAP),
        (rules.monthly_cap, past.in_month, Withheld.MONTHLY_CAP),
    ):
        if earned + points > cap:
            return _within(rules, points, past, reason if cap - earned <= 0 else None)
    return Decision(points)


def _within(rules: AwardRules, points: int, past: Past, reason: Withheld | None) -> Decision:
    """Give what the caps leave, and say which cap it was."""
    day, month = rules.daily_cap - past.on_day, rules.monthly_cap - past.in_month
    left = max(0, min(points, day, month))
    return Decision(left, reason or (Withheld.DAILY_CAP if day <= month else Withheld.MONTHLY_CAP))


def _worth(rules: AwardRules, case_class: str | None) -> int:
    code = case_class or ""
    longest = max((start for start in rules.points if code.startswith(start)), key=len)
    return rules.points[longest]


def expiry(rules: AwardRules, day: date) -> date:
    """Return the last day on which points that are given today can be used."""
    months = day.year * 12 + day.month - 1 + rules.kept_months
    year, month = months // 12, months % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the day's month."""
    last = calendar.monthrange(day.year, day.month)[1]
    return day.replace(day=1), day.replace(day=last)


@dataclass(frozen=True)
class PastReport:
    """A filed report of last month, as the console hands it over for a preview."""

    citizen_id: int
    case_class: str | None
    source: str
    is_first: bool
    reported_at: datetime
    filed_on: date


@dataclass(frozen=True)
class Preview:
    points: int
    people: int
    reports: int
    withheld: Mapping[Withheld, int]


def preview(rules: AwardRules, reports: Iterable[PastReport]) -> Preview:
    """Return what these reports would have earned under the rules."""
    pasts: dict[int, list[tuple[PastReport, int]]] = {}
    withheld: dict[Withheld, int] = {}
    points = count = 0
    for report in sorted(reports, key=lambda each: (each.filed_on, each.reported_at)):
        earned = pasts.setdefault(report.citizen_id, [])
        decision = decide(
            rules,
            case_class=report.case_class,
            source=report.source,
            is_first=report.is_first,
            reported_at=report.reported_at,
            past=_past_of(report, earned),
        )
        earned.append((report, decision.points))
        points, count = points + decision.points, count + 1
        if decision.withheld is not None:
            withheld[decision.withheld] = withheld.get(decision.withheld, 0) + 1
    people = sum(1 for earned in pasts.values() if any(amount for _, amount in earned))
    return Preview(points, people, count, withheld)


def _past_of(report: PastReport, earned: list[tuple[PastReport, int]]) -> Past:
    month = (report.filed_on.year, report.filed_on.month)
    return Past(
        on_day=sum(amount for other, amount in earned if other.filed_on == report.filed_on),
        in_month=sum(
            amount
            for other, amount in earned
            if (other.filed_on.year, other.filed_on.month) == month
        ),
        last_at=min(
            (other.reported_at for other, amount in earned if amount),
            key=lambda at: abs(at - report.reported_at),
            default=None,
        ),
    )
