"""The desk's pages of the three responsibility lists, and their files."""

from collections.abc import Callable, Iterable, Sequence

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy.orm import Session

import territory
from accounts import Role
from accounts.access import staff_only
from kernel import tables
from kernel.database import transaction

from . import duties
from .duties import Month
from .errors import NoSuchFile
from .figures import INDICATORS
from .forms import whole_number
from .wording import DESK_WORDS

desk = Blueprint(
    "cases_duties", __name__, url_prefix="/console/duties", template_folder="templates"
)

READERS = (
    Role.SHIFT_LEADER,
    Role.SUPERVISOR,
    Role.DISPATCHER,
    Role.AUDITOR,
    Role.BODY_STAFF,
)
LISTS = {
    "upkeep": "日常管护",
    "rectification": "问题整改",
    "works": "项目建设",
    "monthly": "月度数据",
}
MONTHLY = (
    "dispose",
    "dispose_in_time",
    "close",
    "rework",
    "first_time",
    "answer_in_time",
    "satisfied",
)
_MOST_SHOWN = 300  # cases on a page; a file has all of the month

Table = tuple[Sequence[str], Iterable[tables.Row]]


def _asked() -> tuple[Month, int | None]:
    """Read month and body; a body's staff read their own and no other."""
    own: int | None = g.staff.body_id if g.staff.role is Role.BODY_STAFF else None
    if g.staff.role is Role.BODY_STAFF:
        own = own or -1  # without a body there is nothing to read
    month = Month.of(request.args.get("month", "")) or Month.now()
    return month, own if own is not None else whole_number(request.args.get("body", ""))


@desk.get("/")
@staff_only(*READERS)
def show() -> str:
    """Show the three lists and the month's figures, of one body or of all."""
    month, body_id = _asked()
    with transaction() as session:
        upkeep = duties.upkeep(session, body_id)
        cases = duties.rectifications(session, month, body_id, limit=_MOST_SHOWN + 1)
        works = duties.works(session, month, body_id)
        monthly = duties.monthly(session, month, body_id)
        bodies = territory.bodies(session)
    return render_template(
        "cases/duties.html",
        month=month,
        body_id=body_id,
        query={"month": str(month)} | ({"body": body_id} if body_id else {}),
        upkeep=upkeep,
        cases=cases[:_MOST_SHOWN],
        is_cut=len(cases) > _MOST_SHOWN,
        works=works,
        monthly=monthly,
        indicators=[INDICATORS[key] for key in MONTHLY],
        lists=LISTS,
        bodies=bodies,
        desk_words=DESK_WORDS,
        is_own=g.staff.role is Role.BODY_STAFF,
    )


@desk.get("/<name>.<kind>")
@staff_only(*READERS)
def export(name: str, kind: str) -> Response:
    """Give one list of the month as a file: csv or xlsx."""
    if name not in LISTS or kind not in {"csv", "xlsx"}:
        raise NoSuchFile
    month, body_id = _asked()
    with transaction() as session:
        head, rows = _TABLES[name](session, month, body_id)
    if kind == "csv":
        answer = Response(tables.csv_lines(head, rows), content_type=tables.CSV)
    else:
        answer = Response(tables.xlsx(LISTS[name], head, rows), content_type=tables.XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{month}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _upkeep(session: Session, _month: Month, body_id: int | None) -> Table:
    rows = [
        (
            row.body_name,
            row.class_words or "所有类别",
            row.place_words or "全区",
            row.source_words or "所有来源",
            row.time_words or "全天",
            row.line.no,
            f"坏了：{row.fault}" if row.fault else "完好",
        )
        for row in duties.upkeep(session, body_id)
    ]
    return ("责任单位", "类别", "地点", "来源", "时段", "规则", "状态"), rows


def _rectification(session: Session, month: Month, body_id: int | None) -> Table:
    rows = [
        (
            each.body_name,
            each.report_no,
            each.class_words,
            each.street_name,
            DESK_WORDS[each.status],
            each.dispatched_at,
            each.due_at,
            each.disposed_at,
            each.is_late,
            each.reworks,
        )
        for each in duties.rectifications(session, month, body_id)
    ]
    head = (
        "责任单位",
        "编号",
        "类别",
        "街道",
        "状态",
        "派遣",
        "处置期限",
        "处置完成",
        "超时",
        "返工次数",
    )
    return head, rows


def _works(session: Session, month: Month, body_id: int | None) -> Table:
    rows = [
        (
            each.body_name,
            each.report_no,
            each.class_words,
            each.street_name,
            each.reason,
            each.since,
            each.until,
            each.ended_at,
        )
        for each in duties.works(session, month, body_id)
    ]
    return ("责任单位", "编号", "类别", "街道", "原因", "挂账", "挂账到", "恢复办理"), rows


def _monthly(session: Session, month: Month, body_id: int | None) -> Table:
    head = ["责任单位", "上报数", "平均处置时长（小时）"]
    for each in INDICATORS.values():
        head += [each.name, f"{each.name}分子", f"{each.name}分母"]
    rows: list[list[tables.Cell]] = []
    for name, line in duties.monthly(session, month, body_id):
        row: list[tables.Cell] = [name, line.reports, line.hours and round(line.hours, 2)]
        for share in line.shares.values():
            row += [None if share.rate is None else round(share.rate, 4), share.n, share.d]
        rows.append(row)
    return head, rows


_TABLES: dict[str, Callable[[Session, Month, int | None], Table]] = {
    "upkeep": _upkeep,
    "rectification": _rectification,
    "works": _works,
    "monthly": _monthly,
}
