"""The desk's pages of the district: its tree, its bodies and people, and files that change them."""

import hashlib
from functools import partial

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import territory
from accounts import Role
from accounts.access import staff_only
from kernel import blobs, clock
from kernel.database import after_commit, transaction
from kernel.errors import Invalid, Refusal
from kernel.web import MIB, body_limit, status_of
from territory import TerritoryImport

blueprint = Blueprint(
    "territory_desk", __name__, url_prefix="/console/territory", template_folder="templates"
)

EDITORS = (Role.DATA_EDITOR,)
READERS = (
    *EDITORS,
    Role.ACCEPTOR,
    Role.DISPATCHER,
    Role.SHIFT_LEADER,
    Role.SUPERVISOR,
    Role.AUDITOR,
)
UPLOAD_LIMIT = 33 * MIB
BIGGEST_ID = 2**63 - 1
_MOST_LINES = 200  # of a report on a page


class NoFile(Invalid):
    code = "no_file"
    sentence = "请先选择文件。"


def _may_edit() -> bool:
    return g.staff.role in (*EDITORS, Role.ADMINISTRATOR)


@blueprint.get("/")
@staff_only(*READERS)
def show() -> str:
    """Show the tree down to communities."""
    with transaction() as session:
        rows = territory.tree(session)
    return render_template(
        "console/territory.html", rows=rows, words=territory.AREA_WORDS, may_edit=_may_edit()
    )


@blueprint.get("/areas/<code>")
@staff_only(*READERS)
def show_area(code: str) -> str:
    """Show an area: what is beneath it, who answers for it, which bodies are at home there."""
    with transaction() as session:
        page = territory.area_page(session, code[:30])
    return render_template(
        "console/area.html",
        page=page,
        words=territory.AREA_WORDS,
        levels=territory.LEVEL_WORDS,
        kinds=territory.BODY_KINDS,
    )


@blueprint.get("/bodies")
@staff_only(*READERS)
def show_bodies() -> str:
    """List the bodies, of one kind if it is named."""
    kind = request.args.get("kind")
    chosen = kind if kind in territory.BODY_KINDS else None
    with transaction() as session:
        rows = territory.body_list(session, kind=chosen)
        areas = territory.area_names(session, {row.area_code or "" for row in rows})
    return render_template(
        "console/bodies.html",
        rows=rows,
        areas=areas,
        kinds=territory.BODY_KINDS,
        chosen=chosen,
        may_edit=_may_edit(),
    )


@blueprint.post(f"/bodies/<int(min=1, max={BIGGEST_ID}):body_id>")
@staff_only(*EDITORS)
def change_body(body_id: int) -> AnyResponse:
    """Close a body, or open it again."""
    is_active = request.form.get("act") == "open"
    with transaction() as session:
        body = territory.set_body_active(session, body_id, is_active=is_active)
        name, kind = body.name, body.kind
    done = "启用" if is_active else "停用"
    rest = "" if is_active else "；派给它的规则会标为坏了，请到「规则」里修改"
    flash(f"已{done}{name}{rest}。")
    return redirect(url_for(".show_bodies", kind=kind), 303)


@blueprint.get("/imports")
@staff_only(*EDITORS)
def show_imports() -> str:
    """Ask for a file, and list those before."""
    return _imports_page(None)


def _imports_page(refusal: Refusal | None) -> str:
    with transaction() as session:
        rows = territory.imports(session)
    return render_template(
        "console/territory_imports.html",
        rows=rows,
        refusal=refusal,
        datums=territory.DATUMS,
        whats=territory.WHAT_WORDS,
        upload_limit=UPLOAD_LIMIT - MIB,
    )


@blueprint.post("/imports")
@staff_only(*EDITORS)
@body_limit(UPLOAD_LIMIT)
def receive() -> AnyResponse | tuple[str, int]:
    """Check a file and keep it with what it would do; nothing is imported yet."""
    sent = request.files.get("file")
    wish = {
        "datum": request.form.get("datum", ""),
        "is_complete": request.form.get("complete") == "1",
    }
    try:
        if sent is None or not sent.filename:
            raise NoFile
        data = sent.read()
        found = territory.read(data, datum=str(wish["datum"]))
        key = blobs.store().put(data, "list")
        with transaction() as session:
            report = territory.check_import(session, found, is_complete=bool(wish["is_complete"]))
            record = TerritoryImport(
                state="checked",
                file_name="".join(filter(str.isprintable, sent.filename))[-200:] or "未命名",
                file_key=key,
                sha256=hashlib.sha256(data).hexdigest(),
                wish=wish,
                report=report.as_json(),
                staff_id=g.staff.id,
            )
            session.add(record)
            session.flush()
            number = record.id
    except Refusal as refusal:
        return _imports_page(refusal), status_of(refusal)
    return redirect(url_for(".show_import", import_id=number), 303)


@blueprint.get(f"/imports/<int(min=1, max={BIGGEST_ID}):import_id>")
@staff_only(*EDITORS)
def show_import(import_id: int) -> str:
    """Show row by row what an import would do, or did."""
    return _import_page(import_id, None)


@blueprint.post(f"/imports/<int(min=1, max={BIGGEST_ID}):import_id>")
@staff_only(*EDITORS)
def apply(import_id: int) -> AnyResponse | tuple[str, int]:
    """Import what was looked at: all of it, or nothing when it would do something else by now."""
    try:
        with transaction() as session:
            record = territory.import_record(session, import_id, is_locked=True)
            if record.state != "checked":
                raise territory.ImportChanged("这份文件已经导入过了；要再导一次，请重新上传。")
            found = territory.read(_data(record), datum=str(record.wish["datum"]))
            report = territory.apply_import(
                session,
                found,
                is_complete=bool(record.wish["is_complete"]),
                expected=record.report,
            )
            if report.refused:
                raise territory.ImportChanged("有的行不能导入：请改好文件，重新上传。")
            record.state, record.applied_at = "applied", clock.now()
            # It may hold people's telephones, and nobody needs it any more.
            key, record.file_key = record.file_key, None
            after_commit(session, partial(_forget, key))
    except territory.ImportNotFound:
        raise
    except Refusal as refusal:
        _check_again(import_id)
        return _import_page(import_id, refusal), status_of(refusal)
    flash("已导入。")
    return redirect(url_for(".show_import", import_id=import_id), 303)


def _forget(key: str | None) -> None:
    if key is not None:
        blobs.store().delete(key)


def _check_again(import_id: int) -> None:
    """Find out anew what a file would do that was looked at before something else changed."""
    with transaction() as session:
        record = territory.import_record(session, import_id, is_locked=True)
        if record.state == "checked":
            found = territory.read(_data(record), datum=str(record.wish["datum"]))
            wish = bool(record.wish["is_complete"])
            record.report = territory.check_import(session, found, is_complete=wish).as_json()


def _data(record: TerritoryImport) -> bytes:
    if record.file_key is None:
        raise territory.ImportNotFound("这份文件已经导入过，不在这里了；要再导一次，请重新上传。")
    try:
        return blobs.store().get(record.file_key)
    except blobs.BlobMissing as missing:
        raise territory.ImportNotFound("上传的文件不在了，请重新上传。") from missing


def _import_page(import_id: int, refusal: Refusal | None) -> str:
    with transaction() as session:
        record = territory.import_record(session, import_id)
    return render_template(
        "console/territory_import.html",
        record=record,
        report=record.report,
        most=_MOST_LINES,
        refusal=refusal,
        whats=territory.WHAT_WORDS,
    )
