"""What residents see of their reports: pages, photos, and the same as JSON."""

from io import BytesIO

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import public
from kernel import blobs, clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.openapi import operation
from kernel.web import settings

from . import queries
from .errors import CaseNotFound, PhotoNotFound
from .forms import BIGGEST_ID, PUBLIC_NOTES, MistypedNumber, tidy_text
from .queries import PublicCase, Step
from .rules import STATUS_WORDS, Status, report_number, tidy_report_number
from .schemas import PhotoAnswer, ReportAnswer, StepAnswer

blueprint = Blueprint("cases", __name__, template_folder="templates")

# What comes next, promised in words that we can keep.
NEXT_WORDS = {
    Status.REPORTED: "值班人员正在核对，受理以后微信会告诉您。",
    Status.FILED: "已经受理，正在安排责任单位。",
    Status.DISPATCHED: "责任单位正在处理，处理完会拍照回复。",
    Status.DISPOSED: "责任单位说处理好了，我们正在核查。",
    Status.CLOSED: "核查合格。如果问题还在，请在公众号里再上报一次。",
    Status.REFUSED: "这件事我们办不了。原因写在微信发给您的消息里。",
}
STEP_WORDS = {
    "report": "收到您的上报",
    "file": "立案",
    "refuse": "不予受理",
    "dispatch": "交给责任单位",
    "return": "重新安排责任单位",
    "dispose": "责任单位处理完成",
    "rework": "核查不合格，要求重做",
    "close": "核查合格，办结",
}
PHOTO_WORDS = {
    "pending": "照片正在接收，过一会儿再看",
    "refused": "这张照片打不开，请在公众号里重发一张",
    "lost": "这张照片没有收到，请在公众号里重发一张",
}


@blueprint.get("/reports")
@public
def find() -> AnyResponse | str | tuple[str, int]:
    """Ask for a report number, and lead to its page."""
    typed = tidy_text(request.args.get("no", ""))[:40]
    if not typed:
        return _find_page(typed, None)
    number = tidy_report_number(typed)
    if number is None:
        return _find_page(typed, MistypedNumber()), 422
    try:
        with transaction() as session:
            queries.public_case(session, number, None)
    except CaseNotFound as refusal:
        return _find_page(typed, refusal), 404
    return redirect(url_for(".show", report_no=number), 303)


def _find_page(typed: str, refusal: Refusal | None) -> str:
    example = report_number(settings().report_prefix, clock.city_day(clock.now()), 123456)
    return render_template("cases/find.html", typed=typed, refusal=refusal, example_no=example)


@blueprint.get("/reports/<report_no>")
@public
def show(report_no: str) -> str | tuple[str, int]:
    """Show where a report stands; with its key also what was reported."""
    key = request.args.get("k")
    try:
        with transaction() as session:
            case = queries.public_case(session, report_no, key)
    except CaseNotFound as refusal:
        return _find_page(tidy_text(report_no)[:40], refusal), 404
    return render_template(
        "cases/report.html",
        case=case,
        key=key,
        steps=[(step, STEP_WORDS[step.name], _note(step)) for step in case.steps],
        next_words=NEXT_WORDS[case.status],
        photo_words=PHOTO_WORDS,
        status_words=STATUS_WORDS,
    )


def _note(step: Step) -> str | None:
    return step.note if step.name in PUBLIC_NOTES else None


@blueprint.get(f"/reports/<report_no>/photos/<int(min=1, max={BIGGEST_ID}):photo_id>")
@public
def show_photo(report_no: str, photo_id: int) -> Response:
    """Serve a photo of the report to who holds its key, or with size=thumb its small copy."""
    is_thumb = request.args.get("size") == "thumb"
    with transaction() as session:
        key = queries.public_photo_blob(
            session, report_no, photo_id, request.args.get("k"), thumb=is_thumb
        )
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing as missing:
        raise PhotoNotFound from missing
    answer = send_file(BytesIO(data), "image/jpeg", etag=key)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.get("/api/v1/reports/<report_no>")
@public
@operation(
    "One report: status and timeline; with its key also words, place and photos",
    ReportAnswer,
    query={"k": "the key from the resident's link"},
)
def api_show(report_no: str) -> Response:
    """Say where a report stands, as JSON."""
    key = request.args.get("k")
    with transaction() as session:
        case = queries.public_case(session, report_no, key)
    return jsonify(_as_answer(case, key).model_dump(mode="json"))


def _as_answer(case: PublicCase, key: str | None) -> ReportAnswer:
    def photo_url(photo_id: int) -> str:
        path = url_for(".show_photo", report_no=case.report_no, photo_id=photo_id, k=key)
        return settings().public_url + path

    return ReportAnswer(
        report_no=case.report_no,
        status=case.status,
        status_words=STATUS_WORDS[case.status],
        next_words=NEXT_WORDS[case.status],
        reported_at=case.reported_at,
        steps=[
            StepAnswer(
                status=step.status,
                words=STEP_WORDS[step.name],
                at=step.at,
                body_name=step.body_name,
                note=_note(step),
            )
            for step in case.steps
        ],
        is_owner=case.is_owner,
        text=case.text,
        place_label=case.place_label,
        photos=[
            PhotoAnswer(
                purpose=photo.purpose,
                state=photo.state,
                url=photo_url(photo.id) if photo.state == "stored" else None,
                width=photo.width,
                height=photo.height,
            )
            for photo in case.photos
        ],
    )
