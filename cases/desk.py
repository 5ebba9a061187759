"""The operators' pages: the list, a case, its moves, its photos."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote

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

from accounts.access import staff_only
from geo.datums import wgs84_to_gcj02
from kernel import blobs, clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import MIB, body_limit, settings, status_of
from territory import bodies

from . import queries, service
from .errors import CaseNotFound, PhotoNotFound, StaleCase
from .forms import (
    BIGGEST_ID,
    PUBLIC_NOTES,
    REFUSE_REASONS,
    MoveForm,
    TooManyPhotos,
    read_move,
    read_wanted,
)
from .pictures import prepare
from .queries import CaseFile
from .rules import LONGEST_NOTE, MOST_PHOTOS, MOVES, Status

UPLOAD_LIMIT = 32 * MIB  # of one form with its photos
PAGE_LENGTH = 50  # rows of the list

desk = Blueprint("cases_desk", __name__, url_prefix="/console", template_folder="templates")

# The desk calls a status by what it waits for; residents read rules.STATUS_WORDS.
DESK_WORDS = {
    Status.REPORTED: "待立案",
    Status.FILED: "待派遣",
    Status.DISPATCHED: "处置中",
    Status.DISPOSED: "待核查",
    Status.CLOSED: "已办结",
    Status.REFUSED: "不予受理",
}
SOURCE_WORDS = {
    "wechat": "居民微信上报",
    "page": "居民网页上报",
    "sign": "扫标牌上报",
    "open311": "其他系统转来",
    "patrol": "巡查发现",
    "video": "视频发现",
    "hotline": "热线转来",
    "sensor": "感知设备报警",
}
PHOTO_WORDS = {
    "pending": "照片正在下载，请稍后刷新",
    "refused": "居民发来的文件不是能打开的照片",
    "lost": "照片没能从微信取回，请联系居民重发",
}
ENDING_WORDS = {
    Status.CLOSED: "案件已办结，没有要办的事了。",
    Status.REFUSED: "案件没有受理，没有要办的事了。",
}


@dataclass(frozen=True)
class MoveWords:
    """How a move is offered: heading, advice, the note's label, the button; and how it is told."""

    title: str
    help: str
    note: str
    button: str
    done: str
    is_usual: bool = True


MOVE_WORDS = {
    "file": MoveWords(
        title="立案",
        help="情况清楚、归我们管，就立案；下一步再派给责任单位。",
        note="说明",
        button="立案",
        done="已立案。下一步：派给责任单位。",
    ),
    "refuse": MoveWords(
        title="不予受理",
        help="原因会发给居民，请写得客气、清楚。",
        note="补充说明",
        button="不予受理",
        done="已办理为不予受理。",
        is_usual=False,
    ),
    "dispatch": MoveWords(
        title="派遣",
        help="选一个责任单位去现场处置。",
        note="交办要求",
        button="派遣",
        done="已派遣。责任单位处置后，在这里填写结果。",
    ),
    "return": MoveWords(
        title="退回",
        help="不归这个单位管，退回来重新派遣。",
        note="退回原因",
        button="退回，重新派遣",
        done="已退回。下一步：重新派给责任单位。",
        is_usual=False,
    ),
    "dispose": MoveWords(
        title="处置完成",
        help="写明怎么处置的，附上处置后的照片。",
        note="处置情况",
        button="提交处置结果",
        done="处置结果已记下。下一步：核查。",
    ),
    "rework": MoveWords(
        title="返工",
        help="核查不合格，退给原单位重做。",
        note="哪里不合格",
        button="不合格，退回返工",
        done="已退回原单位返工。",
        is_usual=False,
    ),
    "close": MoveWords(
        title="核查结案",
        help="对照前后照片，核查合格就结案。",
        note="给居民的答复",
        button="核查合格，结案",
        done="已结案。",
    ),
}


@dataclass(frozen=True)
class MapLink:
    name: str
    url: str


@desk.context_processor
def _words() -> dict[str, Any]:
    return {"age": age, "desk_words": DESK_WORDS, "photo_words": PHOTO_WORDS}


@desk.get("/cases")
@staff_only()
def worklist() -> str:
    """List the cases, newest first."""
    wanted = read_wanted(request.args)
    with transaction() as session:
        page = queries.worklist(
            session,
            status=wanted.status,
            search=wanted.search,
            before_id=wanted.before_id,
            limit=PAGE_LENGTH,
        )
        counts = queries.counts_by_status(session)
    return render_template("cases/worklist.html", page=page, counts=counts, wanted=wanted)


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
    _confirm(form.name)
    return redirect(url_for(".show_case", case_id=case_id), 303)


def _confirm(name: str) -> None:
    """Say on the next page that it is done, with a way back to the same kind of work."""
    waiting = MOVES[name].origin
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
        )


def _case_page(
    case_id: int, *, form: MoveForm | None = None, refusal: Refusal | None = None
) -> str:
    with transaction() as session:
        case = queries.case_file(session, case_id)
        choices = bodies(session)
    offered = sorted(case.allowed, key=lambda name: not MOVE_WORDS[name].is_usual)
    home = settings().public_url
    public_path = url_for("cases.show", report_no=case.report_no, k=case.access_key)
    return render_template(
        "cases/desk_case.html",
        case=case,
        bodies=choices,
        offered=offered,
        form=form,
        refusal=refusal,
        meanwhile=_since(case, form) if isinstance(refusal, StaleCase) else (),
        ending_words=ENDING_WORDS,
        maps=map_links(case),
        move_words=MOVE_WORDS,
        needs={name: MOVES[name].needs for name in offered},
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
        key = queries.photo_blob(session, photo_id, thumb=request.args.get("size") == "thumb")
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing as missing:
        raise PhotoNotFound from missing
    answer = send_file(BytesIO(data), "image/jpeg", etag=key)
    # Kept by the browser, but shown only after asking whether the person is still signed in.
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
