"""Printing at the desk: choose what and how, watch it being made, fetch the released files."""

import uuid
from io import BytesIO
from typing import TypedDict

from flask import Response, flash, g, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import staff_only
from kernel import blobs
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import settings, status_of

from . import forms, print_jobs, rounds, rules
from .desk import desk
from .errors import PlateNotFound, PrintJobNotFound, UnknownLayout
from .forms import BIGGEST_ID, PrintForm
from .printing import (
    CSV_NAME,
    JSON_NAME,
    LAYOUTS,
    PDF_NAME,
    BatchSpec,
    Plate,
    level_for,
    preview_png,
    preview_svg,
    printed_url,
)

_WATCH_S = 3  # while a batch is made, its page comes again
_TYPES = {
    PDF_NAME: "application/pdf",
    CSV_NAME: "text/csv; charset=utf-8",
    JSON_NAME: "application/json",
}
FILE_WORDS = {
    PDF_NAME: "印刷文件（PDF）",
    CSV_NAME: "清单（给印厂和安装人员）",
    JSON_NAME: "核对记录（含各文件的校验值）",
}


@desk.get("/print")
@staff_only(Role.DATA_EDITOR)
def show_prints() -> str:
    """Ask what to print, and list what was printed."""
    return _prints_page(forms.read_print(request.args), None)


def _prints_page(form: PrintForm, refusal: Refusal | None) -> str:
    address = printed_url(settings().public_url, "0" * 8)
    try:
        level, fault = level_for(settings().public_url), None
    except Refusal as met:
        level, fault = None, met
    with transaction() as session:
        return render_template(
            "qr/desk_prints.html",
            waiting=print_jobs.waiting_plates(session),
            jobs=print_jobs.latest(session),
            batches=rounds.batches(session),
            layouts=LAYOUTS,
            form=form,
            refusal=refusal,
            new_key=uuid.uuid4().hex,
            address=address,
            level=level,
            fault=fault,
            print_words=rules.PRINT_WORDS,
            most=rules.MOST_PRINTED,
        )


@desk.post("/print")
@staff_only(Role.DATA_EDITOR)
def ask_print() -> AnyResponse | tuple[str, int]:
    """Queue a batch; the same form twice is one batch."""
    form = forms.read_print(request.form)
    try:
        key = forms.read_key(request.form)
        with transaction() as session:
            job_id = print_jobs.ask(
                session,
                print_jobs.Wish(
                    layout=form.layout,
                    numbers=form.numbers,
                    again_id=form.again_id,
                    **_same_on_all(),
                ),
                request_key=key,
                staff_id=g.staff.id,
            )
    except Refusal as refusal:
        return _prints_page(form, refusal), status_of(refusal)
    flash("已排队。印好并逐块读回核对后，才会放出文件。")
    return redirect(url_for(".show_print", job_id=job_id), 303)


class SameOnAll(TypedDict):
    """What stands on every plate of this district."""

    public_url: str
    district_name: str
    hotline: str


def _same_on_all() -> SameOnAll:
    chosen = settings()
    return SameOnAll(
        public_url=chosen.public_url,
        district_name=chosen.district_name,
        hotline=chosen.hotline,
    )


@desk.get(f"/print/<int(min=1, max={BIGGEST_ID}):job_id>")
@staff_only(Role.DATA_EDITOR)
def show_print(job_id: int) -> Response:
    """Show how far a batch is, what became of it, and its files."""
    with transaction() as session:
        shown = print_jobs.one(session, job_id)
    page = render_template(
        "qr/desk_print.html",
        shown=shown,
        layout=LAYOUTS.get(shown.job.layout),
        print_words=rules.PRINT_WORDS,
        file_words=FILE_WORDS,
        watch_s=_WATCH_S,
    )
    answer = Response(page)
    if not shown.is_over:
        answer.headers["Refresh"] = str(_WATCH_S)
    return answer


@desk.get(f"/print/<int(min=1, max={BIGGEST_ID}):job_id>/<name>")
@staff_only(Role.DATA_EDITOR)
def fetch_print(job_id: int, name: str) -> Response:
    """Give a file of a released batch."""
    if name not in _TYPES:
        raise PrintJobNotFound
    with transaction() as session:
        key = print_jobs.file_of(session, job_id, name)
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing as missing:
        raise PrintJobNotFound from missing
    answer = send_file(
        BytesIO(data),
        _TYPES[name],
        as_attachment=True,
        download_name=f"signs-{job_id}-{name}",
        etag=key,
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


# -- one plate -----------------------------------------------------------------------------


@desk.get(f"/plates/<int(min=1, max={BIGGEST_ID}):plate_id>/plate.svg")
@staff_only(Role.DATA_EDITOR)
def draw_svg(plate_id: int) -> Response:
    """Draw one plate as lines, for whoever cuts or prints a single piece."""
    plate, spec = _one_plate(plate_id)
    answer = Response(preview_svg(plate, spec), content_type="image/svg+xml; charset=utf-8")
    return _to_keep(answer, f"{plate.number}-{spec.layout}.svg")


@desk.get(f"/plates/<int(min=1, max={BIGGEST_ID}):plate_id>/plate.png")
@staff_only(Role.DATA_EDITOR)
def draw_png(plate_id: int) -> Response:
    """Draw one plate as a picture."""
    plate, spec = _one_plate(plate_id)
    answer = Response(preview_png(plate, spec), content_type="image/png")
    return _to_keep(answer, f"{plate.number}-{spec.layout}.png")


def _one_plate(plate_id: int) -> tuple[Plate, BatchSpec]:
    layout = request.args.get("layout", "post")
    if layout not in LAYOUTS:
        raise UnknownLayout
    with transaction() as session:
        found = rounds.plates_to_print(session, [plate_id])
    if not found:
        raise PlateNotFound
    plate = Plate(code=found[0].code, number=found[0].number, place_name=found[0].name)
    return plate, BatchSpec(batch=f"plate-{plate_id}", layout=layout, **_same_on_all())


def _to_keep(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer
