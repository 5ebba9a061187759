"""A report from any browser: photos and words, a place, a look at what is known there, a number.

The form's key makes it once, however often it is sent; the photos of a report that is still being
written wait under the same key. Nothing of it needs a script, a cookie or an account.
"""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import cases
from accounts.access import public, resident
from kernel.bursts import Limiter
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import MIB, body_limit, refuse_foreign_forms, settings, status_of

from . import forms, places
from .errors import NothingSaid, ReceiptNotFound, TooManyPhotos, TooManyReports
from .forms import ReportForm, Step
from .places import Where

blueprint = Blueprint("reporting", __name__, url_prefix="/report", template_folder="templates")

UPLOAD_LIMIT = 48 * MIB  # of one form with its photos
# Many people share one address of a mobile network.
REPORTS = Limiter(60, 600.0)

# What becomes of the one who pressed a button: a page, or where to go.
Answer = AnyResponse | str | tuple[str, int]


@blueprint.get("")
@public
def ask() -> str:
    """Ask what is wrong, and where."""
    return _form_page(forms.fresh())


@blueprint.post("")
@public
@body_limit(UPLOAD_LIMIT)
def take() -> Answer:
    """Take what is there of a report, show it again, or make it a case; twice is once."""
    refuse_foreign_forms()
    form = forms.read_report(request.form)
    citizen_id = resident()
    try:
        _keep_photos(form, citizen_id)
        point = places.tapped(form)
        if point is not None:
            level = min(form.level + 1, places.CLOSEST)
            return _form_page(replace(form, here=point, level=level), is_map_open=True)
        if form.step is Step.EDIT:
            return _form_page(form)
        return _go_on(form, citizen_id)
    except Refusal as refusal:
        return _form_page(form, refusal), status_of(refusal)


def _keep_photos(form: ReportForm, citizen_id: int | None) -> None:
    """Keep what was sent under the form's key: the next step has no files."""
    sent = [file for file in request.files.getlist("photos") if file.filename]
    if len(sent) > cases.MOST_PHOTOS:
        raise TooManyPhotos
    is_end = form.step is Step.SEND
    if (sent or is_end) and not REPORTS.take(request.remote_addr or ""):
        raise TooManyReports
    if not sent and not form.drop_photos:
        return
    # Opening photos takes a while; no connection to the database waits for it.
    pictures = [cases.prepare(file.read()) for file in sent]
    with transaction() as session:
        gone = cases.hold_pictures(
            session, draft_key=form.request_key, citizen_id=citizen_id, pictures=pictures
        )
    _forget(gone)


def _forget(keys: tuple[str, ...]) -> None:
    with transaction() as session:
        for key in keys:
            cases.forget_bytes(session, key)


def _go_on(form: ReportForm, citizen_id: int | None) -> Answer:
    """Make the report, or show it with what is known of the place."""
    gone: tuple[str, ...] = ()
    with transaction() as session:
        made = cases.reported_under(session, f"page:{form.request_key}")
        if made is None:
            photos = len(cases.held_pictures(session, form.request_key))
            if not form.what and not photos:
                raise NothingSaid
            if citizen_id is None:
                cases.tidy_phone(form.phone)
            where = places.place_of(session, form)
            suggested = cases.suggest(form.what)
            if form.step is Step.LOOK and not form.class_code and suggested:
                form = replace(form, class_code=suggested[0].code)
            chosen = form.class_code if form.class_code in cases.classes() else None
            alike = places.alike(session, where, chosen, form.what)
            followed = _followed(form, citizen_id, alike)
            if followed is not None and citizen_id is not None:
                cases.follow(session, followed.case_id, citizen_id)
                gone = cases.hold_pictures(
                    session, draft_key=form.request_key, citizen_id=citizen_id, pictures=()
                )
            elif form.step is not Step.SEND or {x.report_no for x in alike} - set(form.seen):
                return _look_page(
                    session, form, where, alike=alike, suggested=suggested, photos=photos
                )
            else:
                made = _report(session, form, where, chosen, citizen_id)
    if made is None:
        _forget(gone)
        return redirect(url_for(".followed", no=form.follow), 303)
    return redirect(url_for(".receipt", no=made.report_no, k=made.access_key), 303)


def _followed(
    form: ReportForm, citizen_id: int | None, alike: Sequence[cases.Similar]
) -> cases.Similar | None:
    """Return the case that a resident wants to follow: one of those that are near."""
    if citizen_id is None or form.step is not Step.SEND:
        return None
    return next((each for each in alike if each.report_no == form.follow), None)


def _report(
    session: Session,
    form: ReportForm,
    where: Where,
    class_code: str | None,
    citizen_id: int | None,
) -> cases.Reported:
    return cases.report(
        session,
        request_key=f"page:{form.request_key}",
        prefix=settings().report_prefix,
        source="page",
        citizen_id=citizen_id,
        text=form.what or None,
        latitude=where.latitude,
        longitude=where.longitude,
        place_label=where.words,
        class_code=class_code,
        sign_code=where.sign_code,
        contact_phone=None if citizen_id else form.phone or None,
        draft_key=form.request_key,
    )


def _form_page(
    form: ReportForm, refusal: Refusal | None = None, *, is_map_open: bool = False
) -> str:
    with transaction() as session:
        held = len(cases.held_pictures(session, form.request_key))
    return render_template(
        "portal/report.html",
        form=form,
        refusal=refusal,
        held=held,
        is_map_open=is_map_open,
        is_resident=resident() is not None,
        is_wechat="MicroMessenger" in request.headers.get("User-Agent", ""),
        most_photos=cases.MOST_PHOTOS,
        longest_text=cases.LONGEST_TEXT,
        longest_place=forms.LONGEST_PLACE,
        upload_limit=UPLOAD_LIMIT - MIB,
        spans=" ".join(f"{span:.0f}" for span in places.spans_m()),
        whole=places.view(None, 0),
        closest=places.CLOSEST,
        size=(places.WIDTH, places.HEIGHT),
    )


def _look_page(
    session: Session,
    form: ReportForm,
    where: Where,
    *,
    alike: Sequence[cases.Similar],
    suggested: Sequence[cases.CaseClass],
    photos: int,
) -> str:
    needs_choice = where.point is None and bool(where.words)
    known = {each.code for each in suggested}
    chosen = cases.classes().get(form.class_code)
    return render_template(
        "portal/report_look.html",
        form=form,
        where=where,
        alike=alike,
        status_words=cases.STATUS_WORDS,
        seen=",".join(each.report_no for each in alike),
        suggested=[*suggested, *([chosen] if chosen and chosen.code not in known else [])],
        all_classes=cases.classes().values(),
        choices=places.choices(session, form.place) if needs_choice else (),
        photos=photos,
        is_resident=resident() is not None,
    )


@blueprint.get("/map.svg")
@public
def show_map() -> Response:
    """Draw the district, or the surroundings of a point, with some names to know the way by."""
    here = forms.read_place(request.args.get("lat", ""), request.args.get("lng", ""))
    seen = places.view(here, forms.read_level(request.args.get("level", "")))
    with transaction() as session:
        marks = places.landmarks(session, seen)
    answer = make_response(
        render_template(
            "portal/map.svg",
            seen=seen,
            path=seen.path(places.outline()),
            marks=marks,
            here=seen.place(*here) if here else None,
        )
    )
    answer.headers["Content-Type"] = "image/svg+xml"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@blueprint.get("/receipt")
@public
def receipt() -> str:
    """Show the number of a report that was just made."""
    no, key = request.args.get("no", "")[:40], request.args.get("k", "")[:40]
    try:
        with transaction() as session:
            is_owner = cases.public_case(session, no, key).is_owner
    except cases.CaseNotFound as refusal:
        raise ReceiptNotFound from refusal
    if not is_owner:
        raise ReceiptNotFound
    return render_template(
        "portal/receipt.html", report_no=no, key=key, is_resident=resident() is not None
    )


@blueprint.get("/followed")
@public
def followed() -> str:
    """Say that a resident follows a case instead of reporting it again."""
    no = cases.tidy_report_number(request.args.get("no", "")[:40])
    if no is None:
        raise ReceiptNotFound
    return render_template("portal/followed.html", report_no=no)
