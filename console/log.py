"""The audit log, for those who look after everybody else."""

from collections.abc import Iterator
from datetime import date

from flask import Response, render_template, request, stream_with_context

from accounts import Role, all_staff, audit
from accounts.access import staff_only
from kernel import clock, tables
from kernel.database import transaction

from .views import blueprint

_HEADINGS = (
    "编号",
    "时间",
    "人员",
    "动作",
    "方法",
    "页面",
    "参数",
    "是否允许",
    "请求编号",
    "网络地址",
)


@blueprint.get("/audit")
@staff_only(Role.AUDITOR)
def audit_log() -> str:
    """Show who called what, the newest first."""
    wanted, before = _wanted(), request.args.get("before", type=int)
    if before is not None and not 0 < before < 2**63:
        before = None
    with transaction() as session:
        lines = audit.lines(session, wanted, before_id=before)
        people = all_staff(session)
    return render_template(
        "console/audit.html",
        lines=lines,
        people=people,
        wanted=wanted,
        next_before=lines[-1].id if len(lines) == audit.PAGE else None,
        action_words=ACTION_WORDS,
    )


@blueprint.get("/audit.csv")
@staff_only(Role.AUDITOR)
def audit_export() -> Response:
    """Give all lines that are wanted as a table, as they come from the database."""
    answer = Response(stream_with_context(_lines(_wanted())), content_type=tables.CSV)
    day = clock.city_day(clock.now())
    answer.headers["Content-Disposition"] = f"attachment; filename=audit-{day:%Y%m%d}.csv"
    return answer


def _lines(wanted: audit.Wanted) -> Iterator[str]:
    with transaction() as session:
        yield from tables.csv_lines(_HEADINGS, map(_row, audit.all_lines(session, wanted)))


def _row(line: audit.Line) -> tables.Row:
    return (
        line.id,
        line.at,
        line.staff_name,
        ACTION_WORDS.get(line.action, line.action),
        line.method,
        line.path,
        line.query,
        line.is_allowed,
        line.request_id,
        line.network,
    )


def _wanted() -> audit.Wanted:
    """Read the filter; what makes no sense filters nothing."""
    staff_id = request.args.get("staff", type=int)
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        day = None
    return audit.Wanted(
        staff_id=staff_id if staff_id and 0 < staff_id < 2**63 else None,
        path=request.args.get("path", "").replace("\0", "")[:300],
        day=day if day and 2000 < day.year < 2200 else None,
        changes_only=request.args.get("changes") == "1",
    )


ACTION_WORDS = {
    "sign_in": "登录",
    "console.sign_out": "退出",
    "console.change_password": "换密码",
    "console.enrol_second_factor": "开通两步验证",
    "console.end_session": "退出别处的登录",
    "console.add_staff": "添加人员",
    "console.change_staff": "修改人员",
    "console.reset_password": "重设密码",
    "console.remove_second_factor": "关闭两步验证",
    "console.audit_log": "看审计记录",
    "console.audit_export": "导出审计记录",
    "cases_desk.worklist": "看案件列表",
    "cases_desk.show_case": "看案件",
    "cases_desk.show_photo": "看照片",
    "cases_desk.move_case": "办理案件",
}
