"""The operators' way to bring in a list: upload, say what the columns are, look, confirm, undo."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import staff_only
from kernel import blobs, tables
from kernel.database import transaction
from kernel.documents import open_document
from kernel.errors import EmptyFile, FileTooLarge, Refusal
from kernel.readers import WEB, Document, Options, Source
from kernel.web import MIB, body_limit, status_of

from . import browsing, dialogue, import_tasks, importing, lists_at_work, mapping_toml
from .errors import TOO_LARGE_FOR_WEB, BadMapping, ImportNotFound
from .forms import whole
from .importing import Wish
from .mapping import ANYWHERE, FIELDS, FileMapping
from .models import Import
from .rules import tidy

DATUMS = {
    "wgs84": "WGS-84（GPS、谷歌、OSM）",
    "cgcs2000": "CGCS2000（天地图、测绘部门的经纬度）",
    "gcj02": "GCJ-02（高德、腾讯、微信）",
    "bd09": "BD-09（百度）",
    "other": "EPSG 编号（投影坐标，写在右边）",
}
STATES = {
    "received": "待核对",
    "checked": "已检查，待确认",
    "applied": "已导入",
    "undone": "已撤销",
}
_SAMPLES = 3

desk = Blueprint(
    "convenience_imports",
    __name__,
    url_prefix="/console/facilities/imports",
    template_folder="templates",
)


@desk.get("/")
@staff_only(Role.DATA_EDITOR)
def worklist() -> str:
    """List the imports, and ask for a file."""
    return _list(None)


@desk.post("/")
@staff_only(Role.DATA_EDITOR)
@body_limit(WEB.size + MIB)
def receive() -> AnyResponse | tuple[str, int]:
    """Keep a file and lead to the dialogue; nothing is imported yet."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise EmptyFile("请先选择文件。")
        data = sent.read(WEB.size + 1)
        if len(data) > WEB.size:
            raise FileTooLarge(TOO_LARGE_FOR_WEB)
        document = Document(tidy(sent.filename)[-200:] or "未命名", data)
        open_document(document, Options(), WEB)
        key = blobs.store().put(data, "list")
        with transaction() as session:
            record = Import(
                state="received",
                file_name=document.name,
                file_key=key,
                sha256=document.sha256(),
                staff_id=g.staff.id,
            )
            session.add(record)
            session.flush()
            number = record.id
    except Refusal as refusal:
        return _list(refusal), status_of(refusal)
    return redirect(url_for(".show", import_id=number), 303)


def _list(refusal: Refusal | None) -> str:
    before = whole(request.args.get("before", "")) or 0
    with transaction() as session:
        rows, older = browsing.imports(session, before_id=before)
        newest = browsing.newest_applied(session)
    return render_template(
        "convenience/desk_imports.html",
        rows=rows,
        refusal=refusal,
        states=STATES,
        newest=newest,
        older=older,
        is_later=bool(before),
        upload_limit=WEB.size,
    )


@desk.get("/<int(max=9223372036854775807):import_id>")
@staff_only(Role.DATA_EDITOR)
def show(import_id: int) -> str:
    """Show the dialogue, and what the last check found."""
    return _page(import_id, None)


@desk.post("/<int(max=9223372036854775807):import_id>")
@staff_only(Role.DATA_EDITOR)
@body_limit(256 * 1024)
def act(import_id: int) -> AnyResponse | tuple[str, int]:
    """Check, import or undo; a refusal comes back as the page with what was chosen still in it."""
    move = request.form.get("move")
    try:
        match move:
            case "check":
                _check(import_id)
            case "apply":
                with transaction() as session:
                    import_tasks.ask_apply(session, import_id, staff_id=g.staff.id)
            case "undo":
                with transaction() as session:
                    undone = importing.undo(session, import_id=import_id, staff_id=g.staff.id)
                flash(f"已撤销：恢复 {undone.restored} 个，撤除 {undone.removed} 个。")
            case _:
                raise BadMapping("页面没有完整打开，请刷新后再试。")
    except ImportNotFound:
        raise
    except Refusal as refusal:
        return _page(import_id, refusal), status_of(refusal)
    return redirect(url_for(".show", import_id=import_id), 303)


def _opened(import_id: int) -> tuple[Document, Source, FileMapping]:
    """Open the kept file, with the mapping that its dialogue begins with."""
    with transaction() as session:
        record = browsing.one_import(session, import_id)
        document = lists_at_work.kept_document(record)
        name = request.values.get("mapping", "")
        if name.startswith("saved:"):
            base = mapping_toml.load(browsing.saved_mapping(session, name.removeprefix("saved:")))
        elif name:
            base = mapping_toml.load(mapping_toml.shipped_toml(name))
        elif (task := import_tasks.of(session, import_id)) and task.mapping:
            base = mapping_toml.load(task.mapping)
        elif record.mapping:
            base = mapping_toml.load(record.mapping)
        else:
            base = None
    source = open_document(document, base.file if base else Options(), WEB)
    if base is None:
        base = replace(dialogue.guessed(source.columns), datum=source.datum)
    return document, source, base


def _check(import_id: int) -> None:
    """Have found what the import would do; what the form says wrong is refused at once."""
    _, source, base = _opened(import_id)
    mapping = dialogue.read(request.form, base, source.columns)
    wish = Wish(
        is_complete=request.form.get("complete") == "1",
        is_strict=request.form.get("strict") == "1",
    )
    if wish.is_complete and not mapping.source:
        raise BadMapping("完整名单要写来源：只有同一来源里没有的设施才会撤除。")
    with transaction() as session:
        importing.refuse_unreadable(session, source, mapping)
        import_tasks.ask_check(
            session,
            import_id,
            mapping,
            wish,
            save_as=request.form.get("save_as", ""),
            staff_id=g.staff.id,
        )


@desk.get("/<int(max=9223372036854775807):import_id>/progress")
@staff_only(Role.DATA_EDITOR)
def progress(import_id: int) -> str | tuple[str, int]:
    """Give how far it is, as a piece of the page; nothing (204) when there is nothing to wait for."""
    with transaction() as session:
        task = import_tasks.of(session, import_id)
    if task is None or task.state != "waiting":
        return "", 204
    return render_template("convenience/_progress.html", task=task)


@desk.get("/<int(max=9223372036854775807):import_id>/faults.csv")
@staff_only(Role.DATA_EDITOR)
def faults(import_id: int) -> Response:
    """Give the rows that cannot come in, to be corrected and uploaded again."""
    with transaction() as session:
        key = browsing.one_import(session, import_id).faults_key
    if key is None:
        raise ImportNotFound("这次检查没有要改的行。")
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing as missing:
        raise ImportNotFound from missing
    headers = {"Content-Disposition": f'attachment; filename="rows-to-correct-{import_id}.csv"'}
    return Response(data, content_type=tables.CSV, headers=headers)


def _page(import_id: int, refusal: Refusal | None) -> str:
    with transaction() as session:
        record = browsing.one_import(session, import_id)
        task = import_tasks.of(session, import_id)
        kinds = [(kind.code, kind.name) for kind in browsing.kinds(session) if kind.is_active]
        saved = browsing.saved_mappings(session)
        newest = browsing.newest_applied(session)
    is_waiting = task is not None and task.state == "waiting"
    is_open = (
        record.state in ("received", "checked") and record.file_key is not None and not is_waiting
    )
    source, mapping = None, FileMapping()
    if is_open:
        _, source, mapping = _opened(import_id)
    return render_template(
        "convenience/desk_import.html",
        record=record,
        report=record.report,
        refusal=refusal or (task and task.fault),
        task=task if is_waiting else None,
        kind_choices=kinds,
        is_open=is_open,
        columns=_columns(source) if source else [],
        chosen=_chosen(mapping, source) if source else {},
        mapping=mapping,
        fields=FIELDS,
        datums=DATUMS,
        states=STATES,
        typed=request.form,
        saved=saved,
        shipped=mapping_toml.shipped(),
        anywhere=ANYWHERE,
        newest=newest,
    )


def _columns(source: Source) -> list[tuple[str, str]]:
    """Return the file's columns, each with what stands in its first rows."""
    rows = [cells for (_, cells), _ in zip(source.rows(None), range(_SAMPLES), strict=False)]
    return [
        (name, "、".join(tidy(cells[at])[:20] for cells in rows if cells[at])[:60])
        for at, name in enumerate(source.columns)
    ]


def _chosen(mapping: FileMapping, source: Source) -> dict[str, Any]:
    """Return for each field the column in its list, or KEEP where the mapping says more than one."""
    loose = {"".join(tidy(name).casefold().split()): name for name in source.columns}
    chosen = {}
    for field, column in mapping.columns.items():
        name = loose.get("".join(tidy(column.names[0]).casefold().split()))
        chosen[field] = name if len(column.names) == 1 and name else dialogue.KEEP
    return chosen
