"""The desk's page of rules that propose a body: in force, draft, trial, versions."""

from datetime import datetime, timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import accounts
import territory
from accounts import Role
from accounts.access import staff_only
from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import status_of

from . import editing, rulebooks, trying
from .classes import classes
from .errors import NoSuchRule, RulesChanged, UnfitRule
from .forms import BIGGEST_ID, tidy_text, whole_number
from .matching import Line
from .rulebooks import RuleRow, class_words
from .wording import SOURCE_WORDS

desk = Blueprint("cases_rules", __name__, url_prefix="/console/rules", template_folder="templates")

READERS = (
    Role.SUPERVISOR,
    Role.SHIFT_LEADER,
    Role.DISPATCHER,
    Role.ACCEPTOR,
    Role.AUDITOR,
)
EDITORS = (Role.SUPERVISOR, Role.SHIFT_LEADER)
TRIED_DAYS = 30


@desk.get("/")
@staff_only(*READERS)
def show_live() -> str:
    """Show the rules in force, which of them are broken, and the versions before."""
    with transaction() as session:
        live, draft = rulebooks.live_book(session), rulebooks.draft_book(session)
        rows = rulebooks.rules_of(session, live.id) if live else ()
        versions = rulebooks.books(session)
        names = _names(session, rows, [book.live_by for book, _ in versions])
    return render_template(
        "cases/rules.html",
        book=live,
        rows=rows,
        names=names,
        draft=draft,
        versions=versions,
        may_edit=g.staff.role in (*EDITORS, Role.ADMINISTRATOR),
    )


@desk.get(f"/versions/<int(min=1, max={BIGGEST_ID}):book_id>")
@staff_only(*READERS)
def show_version(book_id: int) -> str:
    """Show the rules of an earlier version."""
    with transaction() as session:
        book = next((each for each, _ in rulebooks.books(session) if each.id == book_id), None)
        if book is None:
            raise NoSuchRule("没有找到这一版规则。")
        rows = rulebooks.rules_of(session, book.id)
        names = _names(session, rows, [book.live_by])
    return render_template("cases/rules_version.html", book=book, rows=rows, names=names)


@desk.post("/")
@staff_only(*EDITORS)
def begin() -> AnyResponse:
    """Begin a draft, or go on with it."""
    with transaction() as session:
        editing.begin_draft(session, g.staff.id)
    return redirect(url_for(".show_draft"), 303)


@desk.get("/draft")
@staff_only(*EDITORS)
def show_draft() -> str | AnyResponse:
    """Show the draft with a form for a rule."""
    return _draft_page()


@desk.post("/draft")
@staff_only(*EDITORS)
def change_draft() -> AnyResponse | str | tuple[str | AnyResponse, int]:
    """Write a rule, take one out, or forget the draft."""
    act, seen = request.form.get("act", ""), _seen()
    work = {"drop": _drop, "discard": _discard}.get(act, _save)
    try:
        with transaction() as session:
            done = work(session, seen)
    except Refusal as refusal:
        return _draft_page(refusal), status_of(refusal)
    flash(done)
    return redirect(url_for(".show_live" if act == "discard" else ".show_draft"), 303)


def _seen() -> int:
    seen = request.form.get("seen_revision", "")
    if not (seen.isascii() and seen.isdecimal() and len(seen) < 18):
        raise RulesChanged
    return int(seen)


def _save(session: Session, seen: int) -> str:
    no = editing.set_rule(
        session,
        staff_id=g.staff.id,
        seen_revision=seen,
        line=_line(),
        note=tidy_text(request.form.get("note", ""))[:100],
    )
    return f"第 {no} 条规则已写入草稿。"


def _drop(session: Session, seen: int) -> str:
    no = whole_number(request.form.get("no", "")) or 0
    editing.drop_rule(session, seen_revision=seen, no=no)
    return f"第 {no} 条规则已从草稿里删除。"


def _discard(session: Session, seen: int) -> str:
    editing.discard_draft(session, seen_revision=seen)
    return "草稿已丢弃，现行规则没有变。"


def _line() -> Line:
    """Read the form; raise UnfitRule for times that are none."""
    posted = request.form
    begin, end = (_minute(posted.get(name, "")) for name in ("from", "to"))
    if (begin is None) != (end is None):
        raise UnfitRule("时间要么起止都填，要么都不填。")
    return Line(
        no=whole_number(posted.get("no", "")) or 0,
        body_id=whole_number(posted.get("body_id", "")) or 0,
        class_key=tidy_text(posted.get("class_key", ""))[:10] or None,
        area_code=tidy_text(posted.get("area_code", "")).upper()[:30] or None,
        source=tidy_text(posted.get("source", ""))[:20] or None,
        from_minute=begin,
        to_minute=end,
    )


def _minute(typed: str) -> int | None:
    if not typed.strip():
        return None
    try:
        at = datetime.strptime(typed.strip(), "%H:%M")  # noqa: DTZ007  # a time of any day
    except ValueError as fault:
        raise UnfitRule("时间请写成 22:00 的样子。") from fault
    return at.hour * 60 + at.minute


def _draft_page(refusal: Refusal | None = None) -> str | AnyResponse:
    with transaction() as session:
        draft = rulebooks.draft_book(session)
        if draft is None:
            return redirect(url_for(".show_live"), 303)
        rows = rulebooks.rules_of(session, draft.id)
        names = _names(session, rows, [draft.made_by])
        bodies = territory.bodies(session)
        areas = territory.tree(session, deepest=3)
    edited = whole_number(request.args.get("no", ""))
    row = next((each for each in rows if each.line.no == edited), None)
    return render_template(
        "cases/rules_draft.html",
        book=draft,
        rows=rows,
        names=names,
        bodies=bodies,
        areas=[area for area in areas if area.level > 1],
        groups=_groups(),
        class_choices=classes(),
        source_words=SOURCE_WORDS,
        row=row,
        typed=request.form if refusal else _as_typed(row),
        refusal=refusal,
    )


def _as_typed(row: RuleRow | None) -> dict[str, str]:
    """Return a rule as the form shows it."""
    if row is None:
        return {}
    line = row.line

    def clock_of(minute: int | None) -> str:
        return "" if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"

    return {
        "no": str(line.no),
        "class_key": line.class_key or "",
        "area_code": line.area_code or "",
        "source": line.source or "",
        "from": clock_of(line.from_minute),
        "to": clock_of(line.to_minute),
        "body_id": str(line.body_id),
        "note": row.note or "",
    }


def _groups() -> dict[str, str]:
    """Return the groups of classes by their keys: C, C01 …"""
    keys = sorted({code[:length] for code in classes() for length in (1, 3)})
    return {key: class_words(key) for key in keys}


@desk.get("/draft/trial")
@staff_only(*EDITORS)
def show_trial() -> str | AnyResponse:
    """Try the draft on the cases of the last thirty days; only what was tried may go live."""
    try:
        with transaction() as session:
            trial = trying.try_out(session, clock.now() - timedelta(days=TRIED_DAYS))
            draft = rulebooks.draft_book(session)
    except RulesChanged:
        return redirect(url_for(".show_live"), 303)
    return render_template("cases/rules_trial.html", trial=trial, draft=draft, days=TRIED_DAYS)


@desk.post("/draft/trial")
@staff_only(*EDITORS)
def go_live() -> AnyResponse:
    """Put the draft in force, as it was tried."""
    try:
        with transaction() as session:
            version = editing.go_live(
                session,
                staff_id=g.staff.id,
                seen_revision=_seen(),
                note=tidy_text(request.form.get("note", "")),
            )
    except Refusal as refusal:
        flash(str(refusal))
        return redirect(url_for(".show_draft"), 303)
    flash(f"第 {version} 版规则已启用，从现在起按它建议。")
    return redirect(url_for(".show_live"), 303)


def _names(session: Session, rows: tuple[RuleRow, ...], others: list[int | None]) -> dict[int, str]:
    """Return the names of those who changed the rules."""
    people = {row.changed_by for row in rows} | set(others)
    return accounts.staff_names(session, {who for who in people if who})
