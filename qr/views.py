"""A sign's pages: what is near, and a report from here. No cookie, no script, no question where one is.

A scan is counted by sign, hour and kind of client. Whose it was is not known to any of this, unless
a resident who signed in reports something.
"""

import gzip
import uuid
from datetime import datetime
from io import BytesIO
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import public, resident
from geo.geodesic import distance_m
from kernel import blobs, clock
from kernel.bursts import Limiter
from kernel.database import transaction
from kernel.errors import NotFound, Refusal
from kernel.languages import language
from kernel.web import MIB, body_limit, refuse_foreign_forms, settings, status_of
from kernel.words import later

from . import check_files, forms, keeper, plate_talk, ports, rules, service
from .codes import pretty, tidy_code
from .directory import Sign
from .errors import (
    NothingSaid,
    NoTrouble,
    PhotoNotFound,
    ReceiptNotFound,
    SignNotFound,
    TooManyPhotos,
    TooManyReports,
    TooManyUnknownCodes,
)
from .forms import ReportForm
from .landing import Facts, Pages
from .ports import Receipt
from .rules import Client, Trouble, client_kind

blueprint = Blueprint("signs", __name__, template_folder="templates")

NEAREST = 3  # of each kind
UPLOAD_LIMIT = 32 * MIB  # of one form with its photos
# The actions of the first screen; all other kinds follow.
FIRST_KINDS = {"parking": later("停车"), "toilet": later("上厕所")}
_DAY_S = 86_400

HEADERS = {"Content-Type": "text/html; charset=utf-8", "Vary": "Accept-Encoding"}
PACKED_HEADERS = {**HEADERS, "Content-Encoding": "gzip"}

PAGES = Pages()
# People mistype now and then; many people share one address of a mobile network.
UNKNOWN = Limiter(60, 600.0)
REPORTS = Limiter(30, 600.0)


@blueprint.get("/s/<code>")
@public
def show(code: str) -> AnyResponse | str | tuple[str, int]:
    """Show what is near a sign; a code typed by hand leads to its one address."""
    kept = keeper.current()
    sign = kept.directory().get(code)
    if sign is None:
        return _led_on(code)
    now = clock.now()
    if request.method == "GET":
        kept.counter.add(
            sign.code, client_kind(request.headers.get("User-Agent", "")), now.timestamp()
        )
        kept.counted()
    if sign.is_retired:
        return _retired(sign), 410
    packed = PAGES.packed(
        sign,
        ports.places().version(),
        int(now.timestamp()) // 60,
        language=language(),
        look=lambda: around(sign, now),
        make=lambda facts: _page(sign, facts),
    )
    return _answer(packed)


def _answer(packed: bytes) -> Response:
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(packed, headers=PACKED_HEADERS)
    return Response(gzip.decompress(packed), headers=HEADERS)


def around(sign: Sign, now: datetime) -> Facts:
    """Ask what is near a sign, in the words of this minute."""
    return ports.places().around(sign.latitude, sign.longitude, limit=NEAREST, now=now)


def _page(sign: Sign, facts: Facts) -> str:
    order = list(FIRST_KINDS)
    kinds = sorted(facts, key=lambda kind: order.index(kind.code) if kind.code in order else 9)
    return render_template(
        "qr/landing.html",
        sign=sign,
        kinds=kinds,
        firsts=[(kind, FIRST_KINDS[kind.code]) for kind in kinds if kind.code in FIRST_KINDS],
        here={
            "lat": f"{sign.latitude:.5f}",
            "lng": f"{sign.longitude:.5f}",
            "datum": "wgs84",
        },
        host=_host(),
        hotline=settings().hotline,
    )


def _host() -> str:
    return urlsplit(settings().public_url).netloc


def _retired(sign: Sign) -> str:
    nearest = keeper.current().directory().nearest(sign.latitude, sign.longitude)
    return render_template("qr/retired.html", sign=sign, nearest=nearest)


# -- typed codes ---------------------------------------------------------------------------


@blueprint.get("/s")
@public
def find() -> AnyResponse | str | tuple[str, int]:
    """Ask for the code on a plate, and lead to its page."""
    typed = forms.tidy_text(request.args.get("code", ""))[:64]
    return _led_on(typed) if typed else _find_page("", None)


def _led_on(typed: str) -> AnyResponse | tuple[str, int]:
    """Lead from what somebody typed to the sign that he meant; count and limit who guesses."""
    code = tidy_code(typed)
    if code is not None and keeper.current().directory().get(code):
        return redirect(url_for(".show", code=code), 302)
    _note_unknown()
    return _find_page(forms.tidy_text(typed)[:64], SignNotFound()), 404


def _note_unknown() -> None:
    """Count a code that is none of ours; raise TooManyUnknownCodes for who goes on and on."""
    kept = keeper.current()
    kept.counter.add_unknown(clock.now().timestamp())
    kept.counted()
    if not UNKNOWN.take(request.remote_addr or ""):
        raise TooManyUnknownCodes


def _find_page(typed: str, refusal: Refusal | None) -> str:
    return render_template("qr/find.html", typed=typed, refusal=refusal)


@blueprint.get("/s/<name>.txt")
@blueprint.get("/<name>.txt", endpoint="root_check_file")
@public
def check_file(name: str) -> Response:
    """Give a platform the file by which it finds out that the address is ours."""
    with transaction() as session:
        content = check_files.content_of(session, f"{name}.txt"[:100])
    if content is None:
        raise NotFound
    return Response(content, content_type="text/plain; charset=us-ascii")


@blueprint.get("/s/<code>/place.jpg")
@public
def show_place(code: str) -> Response:
    """Show a photo of the place, so that people can compare."""
    sign = _sign(code)
    if sign.photo_key is None:
        raise PhotoNotFound
    try:
        data = blobs.store().get(sign.photo_key)
    except blobs.BlobMissing as missing:
        raise PhotoNotFound from missing
    answer = send_file(BytesIO(data), "image/jpeg", etag=sign.photo_key)
    answer.headers["Cache-Control"] = f"public, max-age={_DAY_S}"
    return answer


# -- what is wrong with the plate ----------------------------------------------------------


@blueprint.get("/s/<code>/plate")
@public
def report_plate(code: str) -> AnyResponse | str:
    """Ask what is wrong with the plate itself."""
    sign = _sign(code)
    if sign.is_retired:
        return redirect(url_for(".show", code=sign.code), 302)
    return _plate_page(sign, is_done=request.args.get("thanks") == "1")


@blueprint.post("/s/<code>/plate")
@public
def file_plate(code: str) -> AnyResponse | tuple[str, int]:
    """Note it for whoever looks after the plates; the same form twice is once."""
    refuse_foreign_forms()
    sign = _sign(code)
    remark = " ".join(forms.tidy_text(request.form.get("remark", "")).split())
    trouble = next((each for each in Trouble if each == request.form.get("trouble", "")), None)
    key = forms.read_key(request.form)
    try:
        if trouble is None:
            raise NoTrouble
        if not REPORTS.take(request.remote_addr or ""):
            raise TooManyReports
        with transaction() as session:
            plate_talk.complain(
                session,
                code=sign.code,
                trouble=trouble,
                remark=remark[: rules.LONGEST_REMARK] or None,
                request_key=key,
            )
    except Refusal as refusal:
        page = _plate_page(sign, refusal=refusal, trouble=trouble, remark=remark, key=key)
        return page, status_of(refusal)
    return redirect(url_for(".report_plate", code=sign.code, thanks=1), 303)


def _plate_page(
    sign: Sign,
    *,
    is_done: bool = False,
    refusal: Refusal | None = None,
    trouble: Trouble | None = None,
    remark: str = "",
    key: str = "",
) -> str:
    return render_template(
        "qr/plate.html",
        sign=sign,
        is_done=is_done,
        refusal=refusal,
        trouble=trouble,
        remark=remark[: rules.LONGEST_REMARK],
        request_key=key or uuid.uuid4().hex,
        trouble_words=rules.TROUBLE_WORDS,
        longest_remark=rules.LONGEST_REMARK,
    )


# -- reports -------------------------------------------------------------------------------


@blueprint.get("/s/<code>/report")
@public
def report(code: str) -> AnyResponse | str:
    """Ask what is wrong here."""
    sign = _sign(code)
    if sign.is_retired or sign.code != code:
        return redirect(url_for(".show" if sign.is_retired else ".report", code=sign.code), 302)
    form = ReportForm(text="", phone="", request_key=uuid.uuid4().hex, here=None)
    return _report_page(sign, form, None)


@blueprint.post("/s/<code>/report")
@public
@body_limit(UPLOAD_LIMIT)
def file_report(code: str) -> AnyResponse | tuple[str, int]:
    """Take a report; the same form twice is one report."""
    refuse_foreign_forms()
    sign = _sign(code)
    form = forms.read_report(request.form)
    try:
        receipt = _file(sign, form)
    except Refusal as refusal:
        return _report_page(sign, form, refusal), status_of(refusal)
    return redirect(
        url_for(".receipt", code=sign.code, no=receipt.report_no, k=receipt.access_key), 303
    )


def _sign(code: str) -> Sign:
    """Return the sign meant by a code in an address; raise SignNotFound."""
    tidy = tidy_code(code)
    sign = keeper.current().directory().get(tidy) if tidy else None
    if sign is None:
        _note_unknown()
        raise SignNotFound
    return sign


def _file(sign: Sign, form: ReportForm) -> Receipt:
    sent = [file for file in request.files.getlist("photos") if file.filename]
    if not form.text and not sent:
        raise NothingSaid
    if len(sent) > rules.MOST_PHOTOS:
        raise TooManyPhotos
    if not REPORTS.take(request.remote_addr or ""):
        raise TooManyReports
    # Opening photos takes a while; no connection to the database waits for it.
    pictures = [ports.reports().prepare(file.read()) for file in sent]
    citizen_id = resident()
    with transaction() as session:
        receipt = ports.reports().file(
            session,
            request_key=f"sign:{sign.code}:{form.request_key}",
            sign_code=sign.code,
            place=f"{sign.name}（标牌 {sign.number}）",
            latitude=sign.latitude,
            longitude=sign.longitude,
            text=form.text or None,
            pictures=pictures,
            phone=None if citizen_id else form.phone or None,
            citizen_id=citizen_id,
        )
        if form.here is not None:
            away = distance_m(*form.here, sign.latitude, sign.longitude)
            if away > rules.FAR_M:
                service.note_far_report(
                    session, code=sign.code, report_no=receipt.report_no, distance_m=away
                )
    return receipt


def _report_page(sign: Sign, form: ReportForm, refusal: Refusal | None) -> str:
    kind = client_kind(request.headers.get("User-Agent", ""))
    return render_template(
        "qr/report.html",
        sign=sign,
        form=form,
        refusal=refusal,
        is_resident=resident() is not None,
        is_wechat=kind is Client.WECHAT,
        most_photos=rules.MOST_PHOTOS,
        longest_text=rules.LONGEST_TEXT,
        upload_limit=UPLOAD_LIMIT - MIB,
        hotline=settings().hotline,
    )


@blueprint.get("/s/<code>/receipt")
@public
def receipt(code: str) -> AnyResponse | str:
    """Show the number of a report that was just made."""
    sign = _sign(code)
    given = Receipt(request.args.get("no", "")[:40], request.args.get("k", "")[:40])
    with transaction() as session:
        if not ports.reports().knows(session, given):
            raise ReceiptNotFound
    return render_template(
        "qr/receipt.html", sign=sign, receipt=given, is_resident=resident() is not None
    )


@blueprint.app_template_filter("pretty_code")
def _pretty(code: str) -> str:
    return pretty(code)
