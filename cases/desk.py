"""The operators' pages: the list, a case, its moves, its photos."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import staff_only
from geo.datums import wgs84_to_gcj02
from kernel import blobs, clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import MIB, body_limit, settings, status_of
from territory import area_names, bodies, people_of, streets

from . import lists, queries, routing, service, voices
from .classes import classes
from .dossier import LAMP_WORDS, dossier
from .errors import CaseNotFound, PhotoNotFound, StaleCase
from .figures import INDICATORS
from .forms import (
    BIGGEST_ID,
    PUBLIC_NOTES,
    MoveForm,
    TooManyPhotos,
    read_move,
    read_wanted,
    tidy_text,
    whole_number,
)
from .limits import conditions
from .pictures import prepare
from .queries import CaseFile
from .rules import LONGEST_NOTE, MOST_PHOTOS, REFUSE_REASONS
from .wording import (
    DESK_WORDS,
    ENDING_WORDS,
    MOVE_WORDS,
    PERMIT_WORDS,
    PHOTO_WORDS,
    PLEA_WORDS,
    SOURCE_WORDS,
    WAITING_WORDS,
)
from .workflow import MOVES, STEPS, Status, may, offered

UPLOAD_LIMIT = 32 * MIB  # of one form with its photos
PAGE_LENGTH = 50  # rows of the list

desk = Blueprint("cases_desk", __name__, url_prefix="/console", template_folder="templates")

# Who hears residents' voices: not the responsible bodies, who need no more than what was filed.
LISTENERS = (
    Role.ACCEPTOR,
    Role.SHIFT_LEADER,
    Role.DISPATCHER,
    Role.INSPECTOR,
    Role.SUPERVISOR,
    Role.AUDITOR,
)
MEDIA_TYPES = {
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "amr": "audio/amr",
    "speex": "audio/x-speex",
}
# What browsers play. The platform's own AMR they do not: it is offered as a file.
PLAYED = frozenset({"mp4", "mp3", "ogg"})

# Moves that have a form of their own on the case's page.
APART = frozenset({"merge"})


def own_body() -> int | None:
    """Return the body whose cases alone the speaker may see, or None for all."""
    body_id: int | None = g.staff.body_id
    return body_id if g.staff.role is Role.BODY_STAFF else None


@dataclass(frozen=True)
class MapLink:
    name: str
    url: str


@desk.context_processor
def _words() -> dict[str, Any]:
    return {"age": age, "desk_words": DESK_WORDS, "photo_words": PHOTO_WORDS, "played": PLAYED}


@desk.get("/cases")
@staff_only()
def worklist() -> str:
    """List the cases, newest first."""
    wanted = read_wanted(request.args)
    with transaction() as session:
        filters = wanted.filters
        if own_body() is not None:
            filters = replace(filters, body_id=own_body())
        page = lists.listed(session, filters, before_id=wanted.before_id, limit=PAGE_LENGTH)
        counts = queries.counts_by_status(session, body_id=own_body())
        views = lists.views_of(session, g.staff.id)
        campaigns = voices.tag_counts(session)
        choices = bodies(session)
        street_choices = streets(session)
    return render_template(
        "cases/worklist.html",
        page=page,
        counts=counts,
        wanted=wanted,
        views=views,
        campaigns=campaigns,
        bodies=choices,
        streets=street_choices,
        class_choices=classes(),
        source_words=SOURCE_WORDS,
        is_own=own_body() is not None,
        may_dispatch=may(g.staff.role, STEPS["dispatch", Status.FILED]),
        bulk_key=uuid.uuid4().hex,
        now=clock.now(),
        indicators=INDICATORS,
    )


@desk.post("/views")
@staff_only()
def save_view() -> AnyResponse:
    """Keep the list under a name, or forget it."""
    # Read and written again, so that the address leads to a list and nowhere else.
    query = urlencode(read_wanted(dict(parse_qsl(request.form.get("query", "")[:2000]))).query)
    forgotten = whole_number(request.form.get("forget", ""))
    with transaction() as session:
        if forgotten:
            lists.forget_view(session, staff_id=g.staff.id, view_id=forgotten)
        else:
            name = tidy_text(request.form.get("name", ""))
            lists.save_view(session, staff_id=g.staff.id, name=name, query=query)
    return redirect(
        f"{url_for('.worklist')}?{query}" if not forgotten else url_for(".worklist"), 303
    )


@desk.post("/cases/dispatch")
@staff_only(Role.DISPATCHER, Role.SHIFT_LEADER)
def dispatch_many() -> AnyResponse:
    """Send the chosen cases to one body, or each to its proposed one; each for itself, so that one that changed stops no other."""
    chosen = request.form.getlist("case")[:PAGE_LENGTH]
    by_rule = request.form.get("body_id") == "rules"
    chosen_body = whole_number(request.form.get("body_id", ""))
    key = request.form.get("bulk_key", "")[:40]
    done, failed = 0, ""
    for each in chosen:
        case_id, _, version = each.partition(":")
        try:
            with transaction() as session:
                number = whole_number(case_id) or 0
                body_id = routing.proposed_body(session, number) if by_rule else chosen_body
                service.move(
                    session,
                    case_id=number,
                    name="dispatch",
                    staff_id=g.staff.id,
                    request_key=f"{key}:{case_id[:20]}",
                    seen_version=whole_number(version) or 0,
                    body_id=body_id,
                )
            done += 1
        except Refusal as refusal:
            failed = str(refusal)
    flash(f"已派遣 {done} 件。" if chosen else "请先勾选要派遣的案件。")
    if failed:
        flash(f"有 {len(chosen) - done} 件没有派遣：{failed}")
    return redirect(url_for(".worklist", status=Status.FILED.value), 303)


@desk.get(f"/cases/<int(min=1, max={BIGGEST_ID}):case_id>")
@staff_only()
def show_case(case_id: int) -> str:
    """Show a case and what may be done with it."""
    return _case_page(case_id)


@desk.post(f"/cases/<int(min=1, max={BIGGEST_ID}):case_id>")
@staff_only()
@body_limit(UPLOAD_LIMIT)
def move_case(case_id: int) -> AnyResponse | tuple[str, int]:
    """Move a case; a refusal comes back as the page with what was typed still in it."""
    form = read_move(request.form)
    try:
        _move(case_id, form)
    except CaseNotFound:
        raise
    except Refusal as refusal:
        return _case_page(case_id, form=form, refusal=refusal), status_of(refusal)
    _confirm(form.name, MOVES[form.name].origin)
    return redirect(url_for(".show_case", case_id=case_id), 303)


def _confirm(name: str, waiting: Status) -> None:
    """Say on the next page that it is done, with a way back to the same kind of work."""
    address = url_for(".worklist", status=waiting.value)
    line = Markup('{} <a href="{}">继续办{}的案件</a>')
    flash(line.format(MOVE_WORDS[name].done, address, DESK_WORDS[waiting]))


def _move(case_id: int, form: MoveForm) -> None:
    note = form.note_to_record()
    sent = [file for file in request.files.getlist("photos") if file.filename]
    if len(sent) > MOST_PHOTOS:
        raise TooManyPhotos
    # Opening photos takes a while; no connection to the database waits for it.
    photos = [prepare(file.read()) for file in sent]
    with transaction() as session:
        service.move(
            session,
            case_id=case_id,
            name=form.name,
            staff_id=g.staff.id,
            request_key=form.request_key,
            seen_version=form.seen_version,
            note=note,
            body_id=form.body_id,
            photos=photos,
            class_code=form.class_code if form.name == "file" else None,
            condition=form.condition if form.name == "file" else None,
            reason=form.reason if form.name == "refuse" else None,
        )


def _case_page(
    case_id: int, *, form: MoveForm | None = None, refusal: Refusal | None = None
) -> str:
    with transaction() as session:
        case = queries.case_file(session, case_id, body_id=own_body())
        choices = bodies(session)
        beside = dossier(session, case, is_bodys=own_body() is not None)
        is_to_dispatch = case.status is Status.FILED and may(
            g.staff.role, STEPS["dispatch", Status.FILED]
        )
        advice = routing.advise(session, case_id) if is_to_dispatch else None
        areas = area_names(session, case.place.codes)
        people = people_of(session, case.place.codes) if own_body() is None else ()
    shown = [name for name in offered(case.status, g.staff.role) if name not in APART]
    shown.sort(key=lambda name: not MOVE_WORDS[name].is_usual)
    home = settings().public_url
    public_path = url_for("cases.show", report_no=case.report_no, k=case.access_key)
    return render_template(
        "cases/desk_case.html",
        case=case,
        bodies=choices,
        beside=beside,
        advice=advice,
        areas=[areas.get(code, code) for code in reversed(case.place.codes)],
        people=people,
        lamp_words=LAMP_WORDS,
        permit_words=PERMIT_WORDS,
        plea_words=PLEA_WORDS,
        role=g.staff.role.value,
        may_listen=g.staff.role in {*LISTENERS, Role.ADMINISTRATOR},
        offered=shown,
        form=form,
        refusal=refusal,
        meanwhile=_since(case, form) if isinstance(refusal, StaleCase) else (),
        ending_words=ENDING_WORDS,
        maps=map_links(case),
        move_words=MOVE_WORDS,
        needs={name: STEPS[name, case.status].needs for name in shown},
        class_choices=classes(),
        condition_choices=conditions(case.class_code),
        waiting_words=WAITING_WORDS,
        new_key=lambda: uuid.uuid4().hex,
        note_limit=LONGEST_NOTE,
        photo_limit=MOST_PHOTOS,
        public_notes=PUBLIC_NOTES,
        refuse_reasons=REFUSE_REASONS,
        source_words=SOURCE_WORDS,
        upload_limit=UPLOAD_LIMIT - MIB,  # the rest of the form needs room too
        desk_url=home + url_for(".show_case", case_id=case.id),
        public_url=home + public_path,
    )


def _since(case: CaseFile, form: MoveForm | None) -> tuple[queries.MoveRow, ...]:
    """Return what happened to the case after the operator opened the page."""
    seen = form.seen_version if form else case.version
    return tuple(step for step in case.moves if step.seq > seen)


@desk.get(f"/photos/<int(min=1, max={BIGGEST_ID}):photo_id>")
@staff_only()
def show_photo(photo_id: int) -> Response:
    """Serve a photo, or with size=thumb its small copy."""
    with transaction() as session:
        key = queries.photo_blob(
            session,
            photo_id,
            thumb=request.args.get("size") == "thumb",
            body_id=own_body(),
        )
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing as missing:
        raise PhotoNotFound from missing
    answer = send_file(BytesIO(data), "image/jpeg", etag=key)
    # Kept by the browser, but shown only after asking whether the person is still signed in.
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@desk.get(f"/recordings/<int(min=1, max={BIGGEST_ID}):recording_id>")
@staff_only(*LISTENERS)
def show_recording(recording_id: int) -> Response:
    """Serve a voice message or a video: to be played here, or as a file where no browser can."""
    with transaction() as session:
        key = queries.recording_blob(session, recording_id)
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing as missing:
        raise CaseNotFound from missing
    ending = key.rpartition(".")[2]
    answer = send_file(
        BytesIO(data),
        MEDIA_TYPES[ending],
        etag=key,
        as_attachment=ending not in PLAYED,
        download_name=f"recording-{recording_id}.{ending}",
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def map_links(case: CaseFile) -> tuple[MapLink, ...]:
    """Return links that show the case's place on public maps (both want GCJ-02)."""
    if case.latitude is None or case.longitude is None:
        return ()
    lat, lng = wgs84_to_gcj02(case.latitude, case.longitude)
    name = quote(case.report_no)
    # Separators of Tencent's own syntax must not come through, not even encoded.
    address = quote("".join(c for c in case.place_label or case.report_no if c not in ":;|")[:60])
    return (
        MapLink(
            "高德地图",
            f"https://uri.amap.com/marker?position={lng:.6f},{lat:.6f}&name={name}"
            "&src=baixing-chengguan&coordinate=gaode&callnative=0",
        ),
        MapLink(
            "腾讯地图",
            f"https://apis.map.qq.com/uri/v1/marker?marker=coord:{lat:.6f},{lng:.6f};title:{name};"
            f"addr:{address}&coord_type=2&referer=baixing-chengguan",
        ),
    )


def age(then: datetime, *, at: datetime | None = None) -> str:
    """Say how long ago an instant was: 刚刚, 5 分钟前, 3 小时前, 12 天前, then the date."""
    passed = (at or clock.now()) - then
    if passed < timedelta(minutes=1):
        return "刚刚"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} 分钟前"
    if passed < timedelta(days=1):
        return f"{passed // timedelta(hours=1)} 小时前"
    if passed < timedelta(days=30):
        return f"{passed // timedelta(days=1)} 天前"
    return clock.spoken(then, at=at)
