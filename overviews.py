"""What each feature shows on the duty desk's one screen: its figures as the console's cards.

Composition root like `connections.py`; `app.py` calls `connect`, nothing else imports this.
"""

from datetime import date, datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

import points.desk
import qr.desk
import territory
from accounts import Role
from cases import casemap, overview
from cases import glance as case_glance
from cases.classes import classes
from cases.wording import DESK_WORDS
from cases.workflow import Status
from console.ports import Cards, Chart, Map, Mark, Row, Source, Tile
from console.ports import connect as connect_console
from convenience import glance as facility_glance
from kernel import clock
from points import glance as points_glance
from qr import glance as sign_glance
from qr import usage

_DAYS = 14
_LONGEST_LABEL = 12


def _worklist(**asked: Any) -> str:  # noqa: ANN401 - handed on to Flask
    return url_for("cases_desk.worklist", **asked)


def _of_cases(session: Session, now: datetime) -> Cards:
    seen = case_glance.glance(session, now)
    columns = overview.columns(session)
    today = f"{clock.city_day(now):%Y-%m-%d}"
    week = f"{clock.city_day(now) - timedelta(days=6):%Y-%m-%d}"
    new = next(c.count for c in columns if c.status is Status.REPORTED)
    on_day = _worklist(since=today, until=today)
    tiles = (
        Tile("今天上报", seen.reported.today, on_day, seen.reported.usual),
        Tile("今天立案", seen.filed.today, url_for("cases_board.show_figures"), seen.filed.usual),
        Tile("等待立案", new, _worklist(status=Status.REPORTED)),
        Tile(
            "已超时", sum(c.red for c in columns), _worklist(late="red", open=1), is_alarming=True
        ),
        Tile("快到期", sum(c.yellow for c in columns), _worklist(late="yellow", open=1)),
        Tile("紧急", seen.urgent, _worklist(urgent=1, open=1), is_alarming=True),
        Tile("居民意见待答复", overview.pleas_waiting(session), _worklist(plea=1)),
    )
    return Cards(tiles, _case_charts(session, seen, columns, on_day, week), _case_map(session))


def _case_charts(
    session: Session,
    seen: case_glance.Glance,
    columns: tuple[overview.Column, ...],
    on_day: str,
    week: str,
) -> tuple[Chart, ...]:
    names = territory.body_names(session, [body for body, _, _ in seen.bodies])
    stages = tuple(
        Row(DESK_WORDS[c.status], (c.count, c.red), _worklist(status=c.status)) for c in columns
    )
    bodies = tuple(
        Row(names.get(body, "")[:_LONGEST_LABEL], (count, late), _worklist(body=body, open=1))
        for body, count, late in seen.bodies
    )
    sorts = tuple(
        Row(
            classes()[code].name[:_LONGEST_LABEL],
            (count,),
            _worklist(since=week, **{"class": code}),
        )
        for code, count in seen.classes
    )
    hours = tuple(
        Row(f"{hour} 时", (today, usual), on_day)
        for hour, (today, usual) in enumerate(zip(seen.hours, seen.usual_hours, strict=True))
    )
    return (
        Chart("stages", "各阶段在办", ("在办", "超时"), stages),
        Chart("hours", "今天各时段上报", ("今天", "平时"), hours, is_line=True),
        Chart("bodies", "责任单位在办", ("在办", "超时"), bodies),
        Chart("classes", "近七天各类问题", ("上报",), sorts),
    )


def _case_map(session: Session) -> Map:
    points_ = overview.points(session)
    facilities = facility_glance.standing(session)
    rings = [[(float(lat), float(lng)) for lat, lng in ring] for ring in territory.district().rings]
    drawing = casemap.draw(rings, (*facilities, *points_))
    places = iter(drawing.marks)
    marks = [Mark(*next(places), "facility", each.name) for each in facilities]
    marks += [
        Mark(
            *next(places),
            each.lamp,
            each.report_no,
            url_for("cases_desk.show_case", case_id=each.case_id),
        )
        for each in points_
    ]
    return Map(drawing.width, drawing.height, drawing.outline, tuple(marks))


def _of_facilities(session: Session, _now: datetime) -> Cards:
    return Cards(
        (
            Tile(
                "设施纠错待办",
                facility_glance.corrections_waiting(session),
                url_for("convenience_corrections.worklist"),
            ),
            Tile(
                "存疑的设施",
                facility_glance.doubtful(session),
                url_for("convenience_desk.worklist", state="doubtful"),
            ),
        )
    )


def _last_days(now: datetime) -> list[date]:
    today = clock.city_day(now)
    return [today - timedelta(days=back) for back in range(_DAYS - 1, -1, -1)]


def _of_points(session: Session, now: datetime) -> Cards:
    days = _last_days(now)
    found = points_glance.by_day(session, case_glance.day_begin(now) - timedelta(days=_DAYS - 1))
    rows = tuple(
        Row(
            f"{on.month}-{on.day}",
            found.get(on, (0, 0)),
            url_for("points_desk.sheet", day=f"{on:%Y-%m-%d}"),
        )
        for on in days
    )
    return Cards(charts=(Chart("points", "积分发放和使用", ("发放", "使用"), rows, is_line=True),))


def _of_signs(session: Session, now: datetime) -> Cards:
    today = clock.city_day(now)
    scans, heat = sign_glance.hours_of_day(session, today), usage.heat(session)
    url = url_for("signs_desk.show_usage")
    rows = tuple(
        Row(f"{hour} 时", (count, heat.get((today.isoweekday(), hour), 0) / 4), url)
        for hour, count in enumerate(scans)
    )
    return Cards(charts=(Chart("scans", "今天标牌扫码", ("今天", "平时"), rows, is_line=True),))


def connect() -> None:
    """Connect the overview of this process."""
    connect_console(
        (
            Source(_of_cases),
            Source(_of_facilities, frozenset({Role.DATA_EDITOR, Role.ACCEPTOR})),
            Source(_of_points, frozenset(points.desk.READERS)),
            Source(_of_signs, frozenset(qr.desk.EDITORS)),
        )
    )
