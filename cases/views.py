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

from accounts.access import public, resident
from kernel import blobs, clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.openapi import operation
from kernel.web import settings, status_of
from kernel.words import later

from . import public as course
from . import voices
from .errors import CaseNotFound, PhotoNotFound
from .forms import BIGGEST_ID, PUBLIC_NOTES, MistypedNumber, tidy_text, whole_number
from .public import PublicCase, Step
from .rules import report_number, tidy_report_number
from .schemas import PhotoAnswer, ReportAnswer, StepAnswer
from .workflow import STATUS_WORDS, Status

blueprint = Blueprint("cases", __name__, template_folder="templates")

# What comes next, promised in words that we can keep.
NEXT_WORDS = {
    Status.REPORTED: later("值班人员正在核对，受理以后微信会告诉您。"),
    Status.ACCEPTED: later("已经有人在看了，立案以后微信会告诉您。"),
    Status.VERIFYING: later("已请人到现场核实。"),
    Status.FILED: later("已经受理，正在安排责任单位。"),
    Status.DISPATCHED: later("责任单位正在处理，处理完会拍照回复。"),
    Status.SUSPENDED: later("现在还没有条件处理，到期会接着办。"),
    Status.HANDLED: later("现场已经处理，责任单位正在确认。"),
    Status.DISPOSED: later("责任单位说处理好了，我们正在核查。"),
    Status.CHECKED: later("现场核查合格，马上办结。"),
    Status.CLOSED: later("核查合格。问题还在的话，请在下面告诉我们。"),
    Status.FORCE_CLOSED: later("这件事现在没有条件解决，原因写在下面。"),
    Status.REFUSED: later("这件事我们办不了。原因写在微信发给您的消息里。"),
    Status.VOIDED: later("这件事不符合立案条件。原因写在微信发给您的消息里。"),
    Status.MERGED: later("别人也报了同一个问题，我们一起办，结果会告诉您。"),
}
STEP_WORDS = {
    "report": later("收到您的上报"),
    "accept": later("受理"),
    "verify": later("请人到现场核实"),
    "verified": later("现场核实完成"),
    "file": later("立案"),
    "refuse": later("不予受理"),
    "dispatch": later("交给责任单位"),
    "return": later("重新安排责任单位"),
    "extend": later("处理时间延长"),
    "suspend": later("暂缓处理"),
    "resume": later("恢复处理"),
    "handle": later("现场处理完成"),
    "redo": later("责任单位自己要求重做"),
    "feedback": later("责任单位确认处理完成"),
    "dispose": later("责任单位处理完成"),
    "check": later("现场核查合格"),
    "rework": later("核查不合格，要求重做"),
    "close": later("核查合格，办结"),
    "void": later("作废"),
    "force_close": later("结束办理"),
    "merge": later("和同一个问题的上报一起办理"),
    "split": later("分开办理"),
    "revisit": later("回访"),
    "reopen": later("重新办理"),
    "readmit": later("重新受理"),
}
SAID_WORDS = {
    "urge": later("已经替您催办，我们会尽快处理。"),
    "rate": later("谢谢您的评价。"),
    "object": later("您的意见收到了，会有专人答复。"),
}
PHOTO_WORDS = {
    "pending": later("照片正在接收，过一会儿再看"),
    "refused": later("这张照片打不开，请在公众号里重发一张"),
    "lost": later("这张照片没有收到，请在公众号里重发一张"),
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
            course.public_case(session, number, None)
    except CaseNotFound as refusal:
        return _find_page(typed, refusal), 404
    return redirect(url_for(".show", report_no=number), 303)


def _find_page(typed: str, refusal: Refusal | None) -> str:
    example = report_number(settings().report_prefix, clock.city_day(clock.now()), 123456)
    is_wechat = "MicroMessenger" in request.headers.get("User-Agent", "")
    citizen_id = resident()
    return render_template(
        "cases/find.html",
        typed=typed,
        refusal=refusal,
        example_no=example,
        mine=_mine(citizen_id) if citizen_id is not None else None,
        may_sign_in=is_wechat and citizen_id is None,
        status_words=STATUS_WORDS,
    )


_SHOWN = {"": None, "open": True, "ended": False}


def _mine(citizen_id: int) -> dict[str, object]:
    """Return the resident's reports and those that he follows, as he wants to see them."""
    wanted = request.args.get("show", "")
    is_open = _SHOWN.get(wanted)
    before_id = whole_number(request.args.get("before", ""))
    with transaction() as session:
        own, next_before = course.mine(session, citizen_id, is_open=is_open, before_id=before_id)
        followed = () if before_id else course.followed_by(session, citizen_id, is_open=is_open)
    return {
        "own": own,
        "followed": followed,
        "next_before": next_before,
        "wanted": wanted if wanted in _SHOWN else "",
    }


@blueprint.get("/reports/<report_no>")
@public
def show(report_no: str) -> str | tuple[str, int]:
    """Show where a report stands; with its key also what was reported."""
    try:
        return _report_page(report_no, request.args.get("k"))
    except CaseNotFound as refusal:
        return _find_page(tidy_text(report_no)[:40], refusal), 404


def _report_page(
    report_no: str, key: str | None, *, refusal: Refusal | None = None, typed: str = ""
) -> str:
    with transaction() as session:
        case = course.public_case(session, report_no, key)
    return render_template(
        "cases/report.html",
        case=case,
        key=key,
        steps=[(step, STEP_WORDS[step.name], _note(step)) for step in case.steps],
        main_steps=[(step, STEP_WORDS[step.name]) for step in case.main.steps] if case.main else [],
        refusal=refusal,
        typed=typed,
        said=SAID_WORDS.get(request.args.get("said", "")) if case.is_owner else None,
        next_words=NEXT_WORDS[case.status],
        photo_words=PHOTO_WORDS,
        status_words=STATUS_WORDS,
    )


def _note(step: Step) -> str | None:
    return step.note if step.name in PUBLIC_NOTES else None


@blueprint.post("/reports/<report_no>")
@public
def speak(report_no: str) -> AnyResponse | tuple[str, int]:
    """Take what the reporter says: he urges, rates, or objects. His link's key speaks for him."""
    key, what = request.form.get("k"), request.form.get("what", "")
    reason = tidy_text(request.form.get("reason", ""))
    try:
        with transaction() as session:
            if what == "urge":
                voices.urge(session, report_no, key)
            elif what == "object":
                voices.object_to(session, report_no, key, reason=reason)
            else:
                voices.rate(
                    session,
                    report_no,
                    key,
                    stars=whole_number(request.form.get("stars", "")) or 0,
                    reason=reason,
                    wants_reopening=request.form.get("reopen") == "1",
                )
    except CaseNotFound as refusal:
        return _find_page(tidy_text(report_no)[:40], refusal), 404
    except Refusal as refusal:
        return _report_page(report_no, key, refusal=refusal, typed=reason), status_of(refusal)
    return redirect(url_for(".show", report_no=report_no, k=key, said=what), 303)


@blueprint.get(f"/reports/<report_no>/photos/<int(min=1, max={BIGGEST_ID}):photo_id>")
@public
def show_photo(report_no: str, photo_id: int) -> Response:
    """Serve a photo of the report to who holds its key, or with size=thumb its small copy."""
    is_thumb = request.args.get("size") == "thumb"
    with transaction() as session:
        key = course.public_photo_blob(
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
        case = course.public_case(session, report_no, key)
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
        promised_at=case.promised_at,
        answer_due_at=case.answer_due_at,
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
