"""The operators' pages about signs: the register, a sign's history, rounds, use, imports."""

import uuid
from collections.abc import Iterable
from io import BytesIO
from typing import Any

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
from werkzeug.wrappers import Response as AnyResponse

import territory
from accounts import Role
from accounts.access import staff_only
from geo.datums import wgs84_to_gcj02
from kernel import blobs, clock, tables
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import MIB, body_limit, settings, status_of

from . import (
    exporting,
    forms,
    importing,
    ports,
    queries,
    readers,
    rounds,
    rules,
    scans,
    service,
    usage,
)
from .codes import pretty
from .errors import NotAFile, PhotoNotFound, PlateNotFound
from .forms import BIGGEST_ID, DeedForm
from .printing import LAYOUTS
from .queries import PlateFile
from .service import Deed

desk = Blueprint("signs_desk", __name__, url_prefix="/console/signs", template_folder="templates")

EDITORS = (Role.DATA_EDITOR, Role.INSPECTOR)
PAGE_LENGTH = 50
PHOTO_LIMIT = 12 * MIB
MOST_STOPS = 40
WEEKDAYS = "一二三四五六日"

HELP = {
    "install": "装好后拍一张：看得清牌面和周围。",
    "check": "到现场看过，牌面完好、扫得出来。",
    "damage": "写明哪里坏了：被遮、破损、褪色、不见了。",
    "repair": "修好后拍一张。",
    "move": "牌子换了地方：填新点位的编号，拍一张。码不变，网页随之换成新地点。",
    "replace": "重做一块。码被人复制或盖改过，就换一个新码，旧码作废。",
    "retire": "不再使用。码作废，以后扫到会指向最近的标牌；作废的码永远不再用。",
}


@desk.context_processor
def _words() -> dict[str, Any]:
    return {
        "state_words": rules.STATE_WORDS,
        "upkeep_words": rules.UPKEEP_WORDS,
        "move_words": rules.MOVE_WORDS,
        "client_words": rules.CLIENT_WORDS,
        "kind_words": rules.KIND_WORDS,
        "trouble_words": rules.TROUBLE_WORDS,
        "hanging": rules.HANGING,
        "pretty": pretty,
    }


@desk.get("/")
@staff_only(*EDITORS)
def register() -> str:
    """List the signs."""
    wanted = forms.read_wanted(request.args)
    with transaction() as session:
        page = queries.register(
            session,
            search=wanted.search,
            state=wanted.state,
            upkeep=wanted.upkeep,
            after=wanted.after,
            limit=PAGE_LENGTH,
        )
        counts = queries.counts_by_state(session)
        upkeep = queries.upkeep_counts(session)
        alarm = usage.open_alarm(session)
    return render_template(
        "qr/desk_register.html",
        page=page,
        counts=counts,
        upkeep=upkeep,
        wanted=wanted,
        alarm=alarm,
    )


@desk.get("/at/<number>")
@staff_only(*EDITORS)
def show(number: str) -> str:
    """Show a site, its plates and all that happened to them."""
    return site_page(number)


def site_page(
    number: str, *, form: DeedForm | None = None, plate_id: int = 0, refusal: Refusal | None = None
) -> str:
    """Return the page of a site, with a refusal of what was just sent to it."""
    today = clock.city_day(clock.now())
    with transaction() as session:
        site = queries.site_file(session, number)
        hours = usage.hours_of(session, site.codes, today)
        clients = usage.clients_of(session, site.codes, today)
    latitude, longitude = wgs84_to_gcj02(site.latitude, site.longitude)
    return render_template(
        "qr/desk_sign.html",
        place=site,  # `site` is what all pages know of the installation
        offered={plate.id: _offered(plate) for plate in site.plates},
        form=form,
        form_plate_id=plate_id,
        refusal=refusal,
        help=HELP,
        layouts=LAYOUTS,
        heat=_heat_rows(hours),
        clients=clients,
        new_key=lambda: uuid.uuid4().hex,
        note_limit=rules.LONGEST_NOTE,
        map_url="https://uri.amap.com/marker?"
        f"position={longitude:.6f},{latitude:.6f}&name={site.number}&src=baixing-chengguan"
        "&coordinate=gaode&callnative=0",
        public_url=settings().public_url,
    )


def _offered(plate: PlateFile) -> tuple[rules.Move, ...]:
    return rules.allowed(plate.state)


@desk.post(f"/plates/<int(min=1, max={BIGGEST_ID}):plate_id>")
@staff_only(*EDITORS)
@body_limit(PHOTO_LIMIT)
def move_plate(plate_id: int) -> AnyResponse | tuple[str, int]:
    """Note what was done to a plate; a refusal comes back with what was typed."""
    form = forms.read_deed(request.form)
    try:
        _move(plate_id, form)
    except PlateNotFound:
        raise
    except Refusal as refusal:
        return (
            site_page(_number_of(plate_id), form=form, plate_id=plate_id, refusal=refusal),
            status_of(refusal),
        )
    flash(f"已记下：{rules.MOVE_WORDS[form.name]}。")
    return redirect(url_for(".show", number=_number_of(plate_id)), 303)


def _move(plate_id: int, form: DeedForm) -> None:
    sent = request.files.get("photo")
    # Opening a photo takes a while; no connection to the database waits for it.
    photo = ports.reports().prepare(sent.read()).jpeg if sent and sent.filename else None
    with transaction() as session:
        service.move(
            session,
            plate_id,
            Deed(
                name=form.name,
                staff_id=g.staff.id,
                request_key=form.request_key,
                seen_version=form.seen_version,
                note=form.note or None,
                photo=photo,
                site_number=form.site_number or None,
                has_new_code=form.has_new_code,
            ),
        )


def _number_of(plate_id: int) -> str:
    with transaction() as session:
        number = queries.number_of(session, plate_id)
    if number is None:
        raise PlateNotFound
    return number


@desk.get(
    f"/plates/<int(min=1, max={BIGGEST_ID}):plate_id>/photos/<int(min=1, max={BIGGEST_ID}):seq>"
)
@staff_only(*EDITORS)
def show_photo(plate_id: int, seq: int) -> Response:
    """Serve the photo of something that was done to a plate."""
    with transaction() as session:
        key = queries.photo_key(session, plate_id, seq)
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing as missing:
        raise PhotoNotFound from missing
    answer = send_file(BytesIO(data), "image/jpeg", etag=key)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


# -- use and rounds ------------------------------------------------------------------------


@desk.get("/usage")
@staff_only(*EDITORS)
def show_usage() -> str:
    """Show which signs are used, which fell silent, which may have been copied."""
    with transaction() as session:
        return render_template(
            "qr/desk_usage.html",
            most=usage.most_used(session),
            silent=usage.silent(session),
            never=usage.never_used(session),
            far=usage.far(session),
            heat=_heat_rows(usage.heat(session)),
            alarm=usage.open_alarm(session),
            days=rules.HABIT_DAYS,
        )


def _heat_rows(hours: dict[tuple[int, int], int]) -> list[tuple[str, list[tuple[int, int]]]]:
    """Return a row for each weekday: its name, and for each hour scans and a warmth from 0 to 4."""
    most = max(hours.values(), default=0)

    def warmth(scans: int) -> int:
        return 0 if not scans else 1 + min(3, scans * 4 // (most + 1))

    return [
        (
            f"周{WEEKDAYS[day - 1]}",
            [(hours.get((day, hour), 0), warmth(hours.get((day, hour), 0))) for hour in range(24)],
        )
        for day in range(1, 8)
    ]


@desk.post("/alarm")
@staff_only(Role.DATA_EDITOR)
def clear_alarm() -> AnyResponse:
    """Close the alarm about guessed codes."""
    with transaction() as session:
        service.clear_alarm(session, staff_id=g.staff.id)
    flash("已处理。再有人大量试码，会重新报警。")
    return redirect(url_for(".register"), 303)


@desk.get("/patrol")
@staff_only(*EDITORS)
def patrol() -> str:
    """List what to see to on a round, nearest first from a sign or a point."""
    start_number = forms.tidy_text(request.args.get("from", "")).upper()[: rules.LONGEST_NUMBER]
    reasons = [name for name in rules.UPKEEP_WORDS if name in request.args.getlist("why")]
    refusal = None
    place = forms.read_place(request.args.get("lat", ""), request.args.get("lng", ""))
    with transaction() as session:
        if place is None and start_number:
            try:
                site = queries.site_file(session, start_number)
                place = site.latitude, site.longitude
            except Refusal as met:
                refusal = met
        stops = rounds.patrol(
            session, start=place or territory.centre(), reasons=reasons, most=MOST_STOPS
        )
    return render_template(
        "qr/desk_patrol.html",
        stops=stops,
        total_m=sum(stop.way_m for stop in stops),
        start_number=start_number,
        reasons=reasons,
        refusal=refusal,
        has_start=place is not None,
        most=MOST_STOPS,
    )


def figures() -> Iterable[tuple[str, str, float]]:
    """Give figures to the metrics page."""
    with transaction() as session:
        today, unknown, is_alarmed = scans.figures(session)
    yield "sign_scans_today", "Scans of signs since the city's midnight", today
    yield "sign_unknown_codes", "Unknown codes asked for in the last ten minutes", unknown
    yield "sign_alarm", "1 while an alarm about guessed codes is open", float(is_alarmed)


# -- files ---------------------------------------------------------------------------------


@desk.get("/export")
@staff_only(*EDITORS)
def export() -> Response:
    """Give the whole register as a workbook."""
    with transaction() as session:
        content = exporting.as_xlsx(session)
    answer = Response(content, content_type=tables.XLSX)
    answer.headers["Content-Disposition"] = 'attachment; filename="signs.xlsx"'
    return answer


@desk.get("/import")
@staff_only(Role.DATA_EDITOR)
def choose_file() -> str:
    """Ask for a file."""
    return _import_page()


@desk.post("/import")
@staff_only(Role.DATA_EDITOR)
@body_limit(readers.LIMITS.size + MIB)
def import_file() -> AnyResponse | str | tuple[str, int]:
    """Check a file, or bring it in."""
    sent = request.files.get("file")
    is_dry = request.form.get("do") != "apply"
    datum = request.form.get("datum", "")
    try:
        if sent is None or not sent.filename:
            raise NotAFile
        data = sent.read()
        with transaction() as session:
            report = (
                importing.check(session, data, datum=datum)
                if is_dry
                else importing.apply(
                    session,
                    data,
                    file_name=sent.filename,
                    datum=datum,
                    staff_id=g.staff.id,
                )
            )
    except Refusal as refusal:
        return _import_page(datum=datum, refusal=refusal), status_of(refusal)
    return _import_page(datum=datum, report=report, is_dry=is_dry)


def _import_page(
    *,
    datum: str = "",
    report: importing.Report | None = None,
    is_dry: bool = True,
    refusal: Refusal | None = None,
) -> str:
    return render_template(
        "qr/desk_import.html",
        datum=datum,
        report=report,
        is_dry=is_dry,
        refusal=refusal,
        shown=50,
    )
