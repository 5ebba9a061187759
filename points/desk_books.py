"""The daily sheet, the ledger with each transfer's cause, and the condition of the books."""

from datetime import date, datetime, timedelta

from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import staff_only
from kernel import clock, tables
from kernel.database import transaction
from kernel.errors import Invalid, Refusal
from kernel.web import status_of

from . import alarms, book_checks, explorer, keys, lookups, references
from .desk_queue import STEP_WORDS
from .desk_shell import OPERATORS, READERS, desk, done, download
from .errors import AlreadyDecided, NobodyFound, NoteRequired
from .explorer import TransferRow
from .forms import begin_of, day, line, tidy, whole_number

ROWS = 100
MOST_EXPORTED = 10_000


@desk.get("/sheet")
@staff_only(*READERS)
def sheet() -> str | tuple[str, int]:
    """Show a day: what moved, who did what, what was handed over."""
    try:
        on = _day()
    except Invalid as refusal:
        return _sheet_page(clock.city_day(clock.now()), refusal), status_of(refusal)
    return _sheet_page(on)


def _day() -> date:
    today = clock.city_day(clock.now())
    on = day(request.args.get("day", "")) or today
    return min(max(on, date(2000, 1, 1)), today)


def _span(on: date) -> tuple[datetime, datetime]:
    return begin_of(on), begin_of(on + timedelta(days=1))


def _sheet_page(on: date, refusal: Refusal | None = None) -> str:
    begins, ends = _span(on)
    with transaction() as session:
        return render_template(
            "points/desk_sheet.html",
            on=on,
            totals=explorer.day_totals(session, begins=begins, ends=ends),
            staff=explorer.daily_sheet(session, begins=begins, ends=ends),
            handed_over=explorer.handed_over(session, begins=begins, ends=ends, limit=200),
            step_words=STEP_WORDS,
            refusal=refusal,
        )


@desk.get("/sheet.xlsx")
@staff_only(*READERS)
def sheet_export() -> Response:
    """Give what was handed over on a day as a workbook."""
    on = _day()
    begins, ends = _span(on)
    with transaction() as session:
        rows = explorer.handed_over(session, begins=begins, ends=ends)
    columns = ("时间", "编号", "商品", "积分", "领取点", "经办人")
    cells = ((r.at, r.no, r.item_name, r.points, r.site_name, r.staff_name) for r in rows)
    return download(f"核销日报{on}", tables.xlsx(f"{on}", columns, cells))


@desk.get("/ledger")
@staff_only(*READERS)
def ledger() -> str | tuple[str, int]:
    """Show transfers, newest first, each with its cause; of all, or of one person."""
    who = line(request.args, "q", longest=40)
    before = whole_number(request.args.get("before", ""), most=10**15)
    try:
        rows, numbers = _transfers(who, before, ROWS)
    except NobodyFound as refusal:
        page = render_template(
            "points/desk_ledger.html", rows=(), numbers={}, who=who, older=None, refusal=refusal
        )
        return page, 404
    older = rows[-1].no if len(rows) == ROWS else None
    return render_template(
        "points/desk_ledger.html", rows=rows, numbers=numbers, who=who, older=older, refusal=None
    )


def _transfers(
    who: str, before: int | None, limit: int
) -> tuple[tuple[TransferRow, ...], dict[str, int]]:
    with transaction() as session:
        found = lookups.find_person(session, who, keys.current()) if who else None
        if who and found is None:
            raise NobodyFound
        rows = explorer.explore(
            session,
            citizen_id=found.citizen_id if found else None,
            before_no=before,
            limit=limit,
        )
        return rows, explorer.redemption_numbers(session, rows)


@desk.get("/ledger.xlsx")
@staff_only(*READERS)
def ledger_export() -> Response:
    """Give the newest transfers, or one person's, as a workbook."""
    rows, numbers = _transfers(line(request.args, "q", longest=40), None, MOST_EXPORTED)
    columns = (
        "序号",
        "时间",
        "积分号",
        "摘要",
        "分数",
        "可用",
        "冻结",
        "缘由",
        "经办",
        "复核",
        "说明",
    )
    cells = (
        (
            row.no,
            row.at,
            references.reference_of(row.citizen_id, keys.current()),
            row.words,
            row.amount,
            row.available_after,
            row.held_after,
            cause_words(row, numbers),
            row.actor_name,
            row.approver_name,
            row.reason,
        )
        for row in rows
    )
    return download("积分流水", tables.xlsx("流水", columns, cells))


def cause_words(row: TransferRow, numbers: dict[str, int]) -> str:
    """Name what a transfer came from."""
    if row.source_kind == "redemption" and row.source_id in numbers:
        return f"兑换 {numbers[row.source_id]}"
    if row.source_kind == "case":
        return f"案件 {row.source_id.partition(':')[0]}"
    return {"proposal": "人工复核", "hold": "过期恢复"}.get(row.source_kind, row.source_kind)


@desk.app_template_global("points_cause")
def _cause(row: TransferRow, numbers: dict[str, int]) -> tuple[str, str | None]:
    """Return a transfer's cause in words, and where the desk shows it."""
    words, address = cause_words(row, numbers), None
    if row.source_kind == "redemption" and row.source_id in numbers:
        address = url_for(".redemption", no=numbers[row.source_id])
    elif row.source_kind == "case" and row.source_id.partition(":")[0].isdecimal():
        address = url_for("cases_desk.show_case", case_id=int(row.source_id.partition(":")[0]))
    return words, address


@desk.get("/books")
@staff_only(*READERS)
def books() -> str:
    """Show when the books were checked last, what rings, and what is stopped."""
    return _books_page()


def _books_page(refusal: Refusal | None = None) -> str:
    with transaction() as session:
        return render_template(
            "points/desk_books.html",
            condition=explorer.condition(session),
            alarms=alarms.alarms(session),
            asked=book_checks.newest(session),
            refusal=refusal,
        )


@desk.post("/books")
@staff_only(*OPERATORS)
def clear_alarm() -> AnyResponse | tuple[str, int]:
    """Note that an alarm was looked into."""
    alarm_id = whole_number(request.form.get("alarm_id", ""), most=10**12)
    note = tidy(request.form.get("note", ""))
    try:
        if not note:
            raise NoteRequired
        if alarm_id is None:
            raise AlreadyDecided
        with transaction() as session:
            alarms.clear(session, alarm_id=alarm_id, staff_id=g.staff.id, note=note)
    except Refusal as refusal:
        return _books_page(refusal), status_of(refusal)
    done("已记下处理情况。仍对不上的，下次核对会再报警。")
    return redirect(url_for(".books"), 303)


@desk.post("/books/check")
@staff_only(*READERS)
def check_books() -> AnyResponse:
    """Let the books be checked now; the page shows how far it is. An auditor may ask too."""
    with transaction() as session:
        book_checks.ask(session, staff_id=g.staff.id)
    done("已开始核对，页面会自动刷新。")
    return redirect(url_for(".books", _anchor="state"), 303)
