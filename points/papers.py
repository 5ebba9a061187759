"""What leaves the house on paper: a resident's statement as a file, the published daily anchors."""

from collections.abc import Iterator

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy.orm import Session

from accounts.access import public, resident_only
from kernel import clock, tables, words
from kernel.database import transaction
from kernel.words import gettext, later, said

from . import explorer, overview, page_words
from .forms import BadDate, day
from .rules import House

MOST_LINES = 5_000  # of a statement: years of anybody's reports
PAGE = 500
ANCHORS = 31  # on one page
MOST_ANCHORS = 1_100  # in the file: three years
COLUMNS = (
    later("时间"),
    later("摘要"),
    later("变动"),
    later("之后可用"),
    later("上报或商品"),
    later("说明"),
)
HOUSE_WORDS = {
    House.ISSUED: later("发放"),
    House.REDEEMED: later("兑换支出"),
    House.EXPIRED: later("到期"),
    House.RECLAIMED: later("收回"),
    House.ADJUSTED: later("人工调整"),
    House.OWED: later("居民欠分"),
}

blueprint = Blueprint("points_papers", __name__, url_prefix="/points", template_folder="templates")


@blueprint.get("/statement.<any(csv, xlsx):form>")
@resident_only
def statement(form: str) -> Response:
    """Give the resident's own history, newest first, as a file that his phone can open."""
    with transaction() as session:
        rows = list(_lines(session, g.citizen_id))
    columns = [said(each) for each in COLUMNS]
    if form == "csv":
        data = "".join(tables.csv_lines(columns, rows)).encode()
        answer = Response(data, content_type=tables.CSV)
    else:
        answer = Response(tables.xlsx(gettext("积分明细"), columns, rows), content_type=tables.XLSX)
    name = f"points-{clock.city_day(clock.now())}.{form}"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def _lines(session: Session, citizen_id: int) -> Iterator[tables.Row]:
    before = None
    for _ in range(MOST_LINES // PAGE):
        page = overview.statement(session, citizen_id, before_seq=before, limit=PAGE)
        for each in page:
            line = each.line
            about = each.report_no or each.item_name
            yield line.at, said(line.words), line.change, line.after, about, line.reason
        if len(page) < PAGE:
            return
        before = page[-1].line.seq


@blueprint.get("/anchors")
@public
def anchors() -> str:
    """Publish each day's head of the ledger's chain with the totals, and how to check them."""
    try:
        before = day(request.args.get("before", ""))
    except BadDate:
        before = None
    with transaction() as session:
        rows = explorer.anchors(session, before=before, limit=ANCHORS)
    return render_template(
        "points/anchors.html",
        rows=rows,
        totals={row.day: _in_words(row.totals) for row in rows},
        older=rows[-1].day if len(rows) == ANCHORS else None,
        day_words=words.day,
        in_points=page_words.in_points,
    )


@blueprint.get("/anchors.csv")
@public
def anchors_file() -> Response:
    """Give the published anchors as a file, to be kept outside of this house."""
    with transaction() as session:
        rows = explorer.anchors(session, limit=MOST_ANCHORS)
    totals = (said(each) for each in HOUSE_WORDS.values())
    columns = (gettext("日期"), gettext("条数"), gettext("封签"), *totals)
    cells: list[tables.Row] = [
        (str(row.day), row.seq, row.head, *(row.totals.get(str(each.value), 0) for each in House))
        for row in rows
    ]
    answer = Response("".join(tables.csv_lines(columns, cells)), content_type=tables.CSV)
    answer.headers["Content-Disposition"] = "attachment; filename=points-anchors.csv"
    return answer


def _in_words(totals: dict[str, int]) -> list[tuple[str, int]]:
    """Return what was given, spent and taken in all, as people count it: without a minus."""
    named = ((name, totals.get(str(house.value), 0)) for house, name in HOUSE_WORDS.items())
    return [(name, abs(points)) for name, points in named if points]
