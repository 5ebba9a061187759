"""The queue of redemptions with their due times, and one redemption with what may be done."""

from dataclasses import dataclass

from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import staff_only
from kernel import tables
from kernel.database import transaction
from kernel.errors import Invalid, Refusal
from kernel.web import status_of

from . import fulfilment, lookups, queries
from .desk_shell import OPERATORS, READERS, desk, done, download
from .errors import RedemptionNotFound
from .forms import BIGGEST_ID, line, request_key, tidy, whole_number
from .queries import RedemptionRow
from .rules import SORT_WORDS, Sort, Status

TABS = {"requested": "待审核", "ready": "待领取"}
MOST_ROWS = 200
MOST_EXPORTED = 5000
# Why a redemption is turned away, as the resident reads it.
REFUSE_REASONS = {
    "stock": "商品缺货或有破损",
    "checking": "积分来源正在核对",
    "terms": "不符合兑换说明里的条件",
    "repeated": "重复申请",
    "unreachable": "联系不上您，无法交付",
    "other": "其他原因",
}
STEP_WORDS = {
    "request": "居民提交",
    "approve": "审核通过",
    "refuse": "不予通过",
    "withdraw": "居民取消",
    "fulfil": "已交付",
    "cancel": "居民取消",
    "revoke": "撤回通过",
    "lapse": "逾期未领",
    "fail": "充值失败",
}


class RefuseReasonRequired(Invalid):
    code = "refuse_reason_required"
    sentence = "请选择不通过的原因；选「其他原因」时请写明。"


@dataclass(frozen=True)
class Offered:
    """What may be done with a redemption as it is."""

    approve: bool
    refuse: bool
    ship: bool


@desk.get("")
@staff_only(*READERS)
def queue() -> str:
    """List what waits, first what is due first."""
    status, site_id = _wanted()
    with transaction() as session:
        rows = queries.queue(session, status=status, site_id=site_id, limit=MOST_ROWS)
        sites = queries.sites(session)
    return render_template(
        "points/desk_queue.html",
        rows=rows,
        status=status,
        site_id=site_id,
        sites=sites,
        tabs=TABS,
        is_full=len(rows) == MOST_ROWS,
    )


def _wanted() -> tuple[Status, int | None]:
    status = Status.READY if request.args.get("status") == "ready" else Status.REQUESTED
    return status, whole_number(request.args.get("site_id", ""))


@desk.get("/queue.xlsx")
@staff_only(*READERS)
def queue_sheet() -> Response:
    """Give the same list as a workbook; nobody's name or code is in it."""
    status, site_id = _wanted()
    with transaction() as session:
        rows = queries.queue(session, status=status, site_id=site_id, limit=MOST_EXPORTED)
    columns = ("编号", "商品", "类别", "积分", "状态", "领取点", "提交时间", "审核期限", "领取期限")
    data = tables.xlsx(TABS[status], columns, map(_cells, rows))
    return download(f"兑换{TABS[status]}", data)


def _cells(row: RedemptionRow) -> tuple[tables.Cell, ...]:
    return (
        row.no,
        row.item_name,
        SORT_WORDS[row.sort],
        row.price,
        row.status_words,
        row.site_name,
        row.requested_at,
        row.due_at,
        row.lapses_at,
    )


@desk.get(f"/redemptions/<int(min=1, max={BIGGEST_ID}):no>")
@staff_only(*READERS)
def redemption(no: int) -> str:
    """Show a redemption, its steps, and what may be done."""
    return _page(no)


def _page(no: int, refusal: Refusal | None = None) -> str:
    with transaction() as session:
        redemption_id = lookups.redemption_of_no(session, no)
        file = queries.redemption_file(session, redemption_id)
    return render_template(
        "points/desk_redemption.html",
        file=file,
        row=file.row,
        offered=_offered(file.row),
        reasons=REFUSE_REASONS,
        step_words=STEP_WORDS,
        refusal=refusal,
        typed=request.form,
    )


def _offered(row: RedemptionRow) -> Offered:
    is_asked, is_ready = row.status is Status.REQUESTED, row.status is Status.READY
    return Offered(
        approve=is_asked,
        refuse=is_asked or (is_ready and row.sort is not Sort.CREDIT),
        ship=is_ready and row.sort is Sort.GOODS,
    )


@desk.post(f"/redemptions/<int(min=1, max={BIGGEST_ID}):no>")
@staff_only(*OPERATORS)
def decide_redemption(no: int) -> AnyResponse | tuple[str, int]:
    """Approve, refuse with a reason, or note that it was sent."""
    try:
        words = _decide(no)
    except RedemptionNotFound:
        raise
    except Refusal as refusal:
        return _page(no, refusal), status_of(refusal)
    done(words)
    return redirect(url_for(".redemption", no=no), 303)


def _decide(no: int) -> str:
    posted, staff_id = request.form, g.staff.id
    key, name = request_key(posted), posted.get("move", "")
    with transaction() as session:
        redemption_id = lookups.redemption_of_no(session, no)
        if name == "approve":
            fulfilment.approve(
                session, redemption_id=redemption_id, staff_id=staff_id, request_key=key
            )
            return "已通过，居民会收到通知。"
        if name == "ship":
            fulfilment.ship(
                session,
                redemption_id=redemption_id,
                staff_id=staff_id,
                carrier=line(posted, "carrier", longest=20),
                tracking_no=line(posted, "tracking_no", longest=60),
                request_key=key,
            )
            return "已记为寄出，居民会收到单号。"
        fulfilment.refuse(
            session,
            redemption_id=redemption_id,
            staff_id=staff_id,
            note=_reason(),
            request_key=key,
        )
    return "已办理为不通过，积分已退回。"


def _reason() -> str:
    chosen, words = request.form.get("reason", ""), tidy(request.form.get("note", ""))
    if chosen not in REFUSE_REASONS or (chosen == "other" and not words):
        raise RefuseReasonRequired
    if chosen == "other":
        return words
    return "。".join(filter(None, (REFUSE_REASONS[chosen], words)))
