"""The desk at a glance: a board by stage, a map of open cases, figures and their files."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy.orm import Session

import territory
from accounts import Role
from accounts.access import staff_only
from kernel import clock, tables
from kernel.database import transaction

from . import figures, lists, overview, voices
from .casemap import draw
from .classes import classes
from .dossier import LAMP_WORDS
from .errors import NoSuchFile
from .figures import INDICATORS, Line, Wanted
from .forms import day_start, street_code, whole_number
from .limits import STAGE_WORDS
from .rules import REFUSE_REASONS, SOURCES
from .wording import DESK_WORDS, SOURCE_WORDS

board = Blueprint("cases_board", __name__, url_prefix="/console", template_folder="templates")

LONGEST_PERIOD = timedelta(days=366)
_DAY = "%Y-%m-%d"
_LEADERS = (Role.SHIFT_LEADER, Role.SUPERVISOR, Role.ACCEPTOR, Role.DISPATCHER, Role.AUDITOR)
GROUP_WORDS = {"body": "责任单位", "street": "街道", "class": "类别", "source": "来源"}


def _own_body() -> int | None:
    body_id: int | None = g.staff.body_id
    return body_id if g.staff.role is Role.BODY_STAFF else None


@board.get("/board")
@staff_only()
def show_board() -> str:
    """Show how many cases wait at each stage, how many of them are late, and the most overdue."""
    with transaction() as session:
        columns = overview.columns(session, body_id=_own_body())
        pleas = overview.pleas_waiting(session) if _own_body() is None else 0
        reminders = overview.reminders(session, body_id=_own_body())
        campaigns = voices.tag_counts(session)
    return render_template(
        "cases/board.html",
        columns=columns,
        pleas=pleas,
        reminders=reminders,
        campaigns=campaigns,
        desk_words=DESK_WORDS,
        stage_words=STAGE_WORDS,
        is_own=_own_body() is not None,
    )


@board.get("/map")
@staff_only()
def show_map() -> str:
    """Draw the open cases on the district's outline: no tiles, no other host."""
    chosen = street_code(request.args.get("street"))
    with transaction() as session:
        points = overview.points(session, body_id=_own_body(), street_code=chosen)
        outlines = territory.outlines(session)
    rings = [[(float(lat), float(lng)) for lat, lng in ring] for ring in territory.district().rings]
    drawing = draw(rings, points, {code: rings for code, _, rings in outlines})
    return render_template(
        "cases/map.html",
        drawing=drawing,
        points=points,
        lamp_words=LAMP_WORDS,
        streets=[(code, name) for code, name, _ in outlines],
        chosen=chosen,
    )


@board.get("/refusals")
@staff_only(Role.SUPERVISOR, Role.SHIFT_LEADER, Role.AUDITOR)
def show_refusals() -> str:
    """Show refusals by reason, and how many reporters objected: refusing must not pay."""
    since = day_start(request.args.get("since", "")) or _start_of_month()
    with transaction() as session:
        rows = lists.refusals(session, since)
    return render_template(
        "cases/refusals.html", rows=rows, since=f"{since:{_DAY}}", reasons=REFUSE_REASONS
    )


@board.get("/figures")
@staff_only(*_LEADERS, Role.BODY_STAFF)
def show_figures() -> str:
    """Show the indicators of a period, with what each means and the cases behind it."""
    wanted, by = _asked()
    with transaction() as session:
        total = figures.figures(session, wanted)[0]
        lines = figures.figures(session, wanted, by=by) if by else ()
        names = _names(session, lines, by)
        choices = territory.bodies(session)
        streets = territory.streets(session)
    return render_template(
        "cases/figures.html",
        total=total,
        lines=[(line, _name(line, by, names), _narrowing(line, by)) for line in lines],
        indicators=INDICATORS.values(),
        wanted=wanted,
        by=by,
        query=_query(wanted),
        group_words=GROUP_WORDS,
        bodies=choices,
        streets=streets,
        class_choices=classes(),
        source_words=SOURCE_WORDS,
        is_own=_own_body() is not None,
    )


@board.get("/figures/<kind>")
@staff_only(*_LEADERS, Role.BODY_STAFF)
def export_figures(kind: str) -> Response:
    """Give the indicators as a file: csv or xlsx."""
    if kind not in {"csv", "xlsx"}:
        raise NoSuchFile
    wanted, by = _asked()
    with transaction() as session:
        lines = figures.figures(session, wanted, by=by)
        names = _names(session, lines, by)
    head = [GROUP_WORDS.get(by or "", "范围"), "上报数", "平均处置时长（小时）"]
    for each in INDICATORS.values():
        head += [each.name, f"{each.name}分子", f"{each.name}分母"]
    return _file(kind, "indicators", head, [_row(line, by, names) for line in lines])


def _names(session: Session, lines: Sequence[Line], by: str | None) -> dict[Any, str]:
    """Return what the groups are called: bodies and streets, also those of the past."""
    if by == "street":
        return territory.area_names(session, [str(line.key) for line in lines if line.key])
    return territory.body_names(session, [line.key for line in lines if isinstance(line.key, int)])


def _row(line: Line, by: str | None, names: Mapping[Any, str]) -> Sequence[tables.Cell]:
    row: list[tables.Cell] = [
        _name(line, by, names),
        line.reports,
        None if line.hours is None else round(line.hours, 2),
    ]
    for share in line.shares.values():
        row += [None if share.rate is None else round(share.rate, 4), share.n, share.d]
    return row


def _file(kind: str, name: str, head: Sequence[str], rows: list[Sequence[tables.Cell]]) -> Response:
    if kind == "csv":
        answer = Response(tables.csv_lines(head, rows), content_type=tables.CSV)
    else:
        answer = Response(tables.xlsx("指标", head, rows), content_type=tables.XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _asked() -> tuple[Wanted, str | None]:
    """Read period and narrowing; the usual period is this month, the longest a year."""
    asked = request.args
    since = day_start(asked.get("since", "")) or _start_of_month()
    until = day_start(asked.get("until", ""), later=1) or _tomorrow()
    if not since < until <= since + LONGEST_PERIOD:
        until = since + LONGEST_PERIOD
    source, class_code = asked.get("source"), asked.get("class")
    wanted = Wanted(
        since=since,
        until=until,
        body_id=_own_body() or whole_number(asked.get("body", "")),
        class_code=class_code if class_code in classes() else None,
        source=source if source in SOURCES else None,
        street_code=street_code(asked.get("street")),
    )
    by = asked.get("by", "")
    return wanted, by if by in GROUP_WORDS else None


def _query(wanted: Wanted) -> dict[str, object]:
    """Return the narrowing as the list's address says it."""
    said = {
        "since": f"{wanted.since:{_DAY}}",
        "until": f"{wanted.until - timedelta(days=1):{_DAY}}",
        "body": wanted.body_id,
        "class": wanted.class_code,
        "source": wanted.source,
        "street": wanted.street_code,
    }
    return {name: value for name, value in said.items() if value is not None}


def _narrowing(line: Line, by: str | None) -> dict[str, object] | None:
    """Return what leads to the group's cases; None for those without the group's mark."""
    return {by: line.key} if by and line.key is not None else None


def _name(line: Line, by: str | None, names: Mapping[Any, str]) -> str:
    if by is None:
        return "全部"
    if by in {"body", "street"} and line.key is not None:
        return names.get(line.key, str(line.key))
    if by == "class" and line.key in classes():
        return f"{line.key} {classes()[str(line.key)].name}"
    if by == "source":
        return SOURCE_WORDS.get(str(line.key), str(line.key))
    return "没有" + GROUP_WORDS[by]


def _start_of_month() -> datetime:
    return datetime.combine(clock.city_day(clock.now()).replace(day=1), time(), clock.CITY)


def _tomorrow() -> datetime:
    day = clock.city_day(clock.now()) + timedelta(days=1)
    return datetime.combine(day, time(), clock.CITY)
