"""The operators' pages of facilities: list, one of them, kinds, export."""

import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import staff_only
from kernel import blobs, tables
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import MIB, body_limit, status_of

from . import browsing, editing, pictures, queries, schemas, service
from .browsing import STATES, Wanted
from .cards import Card
from .editing import Typed
from .forms import searched, whole
from .rules import FLAG_WORDS, GENDER_WORDS, tidy

UPLOAD_LIMIT = pictures.LARGEST + MIB
TEXTS = (
    "name", "street", "address", "hours", "fee", "phone", "keeper", "capacity", "verified_on",
)  # fmt: skip

desk = Blueprint(
    "convenience_desk", __name__, url_prefix="/console/facilities", template_folder="templates"
)


@desk.get("/")
@staff_only(Role.DATA_EDITOR, Role.ACCEPTOR)
def worklist() -> str:
    """List the facilities."""
    wanted = _wanted()
    with transaction() as session:
        page = browsing.facilities(session, wanted)
        kinds = browsing.kinds(session)
        waiting = browsing.corrections(session, 1)[1]
    return render_template(
        "convenience/desk_list.html",
        page=page,
        wanted=wanted,
        kinds=kinds,
        kind_names={kind.code: kind.name for kind in kinds},
        states=STATES,
        waiting=waiting,
    )


def _wanted() -> Wanted:
    """Read the list's address; whatever makes no sense in it is left out."""
    state = request.args.get("state", "")
    after = request.args.get("after", "")
    is_number = after.isascii() and after.isdecimal() and len(after) < 19
    return Wanted(
        kind=tidy(request.args.get("kind", ""))[:40] or None,
        state=state if state in STATES else "",
        search=searched(request.args.get("q", "")),
        after_id=int(after) if is_number else 0,
    )


@desk.get("/new")
@staff_only(Role.DATA_EDITOR)
def new() -> str:
    """Ask what the new facility is."""
    return _form(None, {"kind": request.args.get("kind", "")})


@desk.post("/new")
@staff_only(Role.DATA_EDITOR)
@body_limit(UPLOAD_LIMIT)
def add() -> AnyResponse | tuple[str, int]:
    """Add a facility; a refusal comes back as the page with what was typed still in it."""
    try:
        typed = _typed()
        with transaction() as session:
            code = editing.add(session, typed, staff_id=g.staff.id)
    except Refusal as refusal:
        return _form(None, request.form, refusal), status_of(refusal)
    flash("已添加。几秒后就能在附近找到。")
    return redirect(url_for(".show", code=code), 303)


@desk.get("/<code>")
@staff_only(Role.DATA_EDITOR, Role.ACCEPTOR)
def show(code: str) -> str:
    """Show a facility with its history, to be changed."""
    with transaction() as session:
        card = queries.facility(session, code)
    return _form(card, _as_typed(card))


@desk.post("/<code>")
@staff_only(Role.DATA_EDITOR)
@body_limit(UPLOAD_LIMIT)
def change(code: str) -> AnyResponse | tuple[str, int]:
    """Change, remove or restore a facility."""
    revision = _number("revision")
    with transaction() as session:
        card = queries.facility(session, code)
    try:
        match request.form.get("move"):
            case "remove":
                reason = request.form.get("reason", "")
                with transaction() as session:
                    editing.remove(
                        session, code, reason=reason, revision=revision, staff_id=g.staff.id
                    )
                flash("已撤除。居民会看到原因。")
            case "undo":
                with transaction() as session:
                    editing.take_back(session, code, revision=revision)
                flash("已撤销，恢复到修改之前。")
            case _:
                typed = _typed()
                with transaction() as session:
                    editing.change(session, code, typed, revision=revision, staff_id=g.staff.id)
                flash("已保存。")
    except Refusal as refusal:
        kept = request.form if "name" in request.form else _as_typed(card)
        return _form(card, kept, refusal), status_of(refusal)
    return redirect(url_for(".show", code=code), 303)


def _number(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1


def _typed() -> Typed:
    names = ("code", "kind", "longitude", "latitude", "gender", *TEXTS, *FLAG_WORDS)
    sent = request.files.get("photo")
    key = None
    if sent is not None and sent.filename:
        # Opening a photo takes a while; no connection to the database waits for it.
        key = blobs.store().put(pictures.prepare(sent.read(pictures.LARGEST + 1)), "jpg")
    return Typed(
        texts={name: request.form.get(name, "") for name in names},
        datum=request.form.get("datum", ""),
        is_outside_kept=request.form.get("outside") == "1",
        photo_key=key,
        is_photo_dropped=request.form.get("drop_photo") == "1",
    )


def _as_typed(card: Card) -> dict[str, str]:
    said = {True: "是", False: "否", None: ""}
    texts = {name: _text(getattr(card, name)) for name in TEXTS}
    texts["hours"] = card.hours or card.hours_fault or ""
    return texts | {
        "kind": card.kind,
        "gender": card.gender or "",
        "latitude": f"{card.latitude:.7f}",
        "longitude": f"{card.longitude:.7f}",
        "datum": "wgs84",
        **{name: said[flag] for name, flag in card.flags.items()},
    }


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _form(card: Card | None, typed: Any, refusal: Refusal | None = None) -> str:  # noqa: ANN401  # a form's or a card's words
    with transaction() as session:
        kinds = browsing.kinds(session)
        most = min(whole(request.args.get("steps", "")) or browsing.CHANGES, browsing.MOST_CHANGES)
        steps, has_older = browsing.history(session, card.id, most) if card else ([], False)
        revision = browsing.revision_of(session, card.id) if card else 0
    return render_template(
        "convenience/desk_facility.html",
        card=card,
        typed=typed,
        refusal=refusal,
        kind_choices=[(kind.code, kind.name) for kind in kinds if kind.is_active],
        steps=steps,
        more_steps=most * 3 if has_older and most < browsing.MOST_CHANGES else None,
        revision=revision,
        flags=FLAG_WORDS,
        genders=GENDER_WORDS,
        datums=editing.DATUMS,
        upload_limit=pictures.LARGEST,
    )


# -- kinds ---------------------------------------------------------------------------------


@desk.get("/kinds")
@staff_only(Role.DATA_EDITOR)
def kinds() -> str:
    """List the kinds, and ask for a new one."""
    return _kinds_page({}, None)


@desk.post("/kinds")
@staff_only(Role.DATA_EDITOR)
def add_kind() -> AnyResponse | tuple[str, int]:
    """Add a kind."""
    form = request.form
    aliases = form.get("aliases", "").replace("，", ",").replace("、", ",").split(",")
    try:
        with transaction() as session:
            service.add_kind(
                session,
                code=form.get("code", ""),
                name=form.get("name", ""),
                aliases=[word[:20] for word in aliases[:20]],
                position=whole(form.get("position", "")) or 100,
            )
    except Refusal as refusal:
        return _kinds_page(form, refusal), status_of(refusal)
    flash("已添加类别。")
    return redirect(url_for(".kinds"), 303)


def _kinds_page(typed: Any, refusal: Refusal | None) -> str:  # noqa: ANN401  # as above
    with transaction() as session:
        known = browsing.kinds(session)
    return render_template("convenience/desk_kinds.html", kinds=known, typed=typed, refusal=refusal)


# -- export --------------------------------------------------------------------------------

_HEADINGS = (
    "编号", "类别", "名称", "街道或路名", "地址", "经度", "纬度", "开放时间", "收费说明",
    *FLAG_WORDS.values(), "男厕/女厕", "电话", "管理单位", "车位数/容量", "核实日期", "来源",
)  # fmt: skip


@desk.get("/export.<any(csv, xlsx, geojson):kind>")
@staff_only(Role.DATA_EDITOR, Role.AUDITOR)
def export(kind: str) -> Response:
    """Give the facilities of the list's kind and state as a file; coordinates are WGS-84."""
    wanted = _wanted()
    headers = {"Content-Disposition": f'attachment; filename="facilities.{kind}"'}
    if kind == "xlsx":
        with transaction() as session:
            data = tables.xlsx("设施", _HEADINGS, map(_exported, browsing.all_of(session, wanted)))
        return Response(data, content_type=tables.XLSX, headers=headers)
    given = _csv(wanted) if kind == "csv" else _geojson(wanted)
    content_type = tables.CSV if kind == "csv" else "application/geo+json"
    return Response(given, content_type=content_type, headers=headers)


def _csv(wanted: Wanted) -> Iterator[str]:
    with transaction() as session:
        yield from tables.csv_lines(_HEADINGS, map(_exported, browsing.all_of(session, wanted)))


def _geojson(wanted: Wanted) -> Iterator[str]:
    yield '{"type":"FeatureCollection","features":['
    comma = ""
    with transaction() as session:
        for card in browsing.all_of(session, wanted):
            properties = dict(zip(_HEADINGS, map(_text, _exported(card)), strict=True))
            feature = schemas.feature(card, properties)
            yield comma + json.dumps(feature, ensure_ascii=False)
            comma = ",\n"
    yield "]}"


def _exported(card: Card) -> list[tables.Cell]:
    said = {True: "是", False: "否", None: None}
    return [
        card.code, card.kind, card.name, card.street, card.address, card.longitude, card.latitude,
        card.hours or card.hours_fault, card.fee, *(said[card.flags[name]] for name in FLAG_WORDS),
        card.gender, card.phone, card.keeper, card.capacity, card.verified_on, card.source,
    ]  # fmt: skip
