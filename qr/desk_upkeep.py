"""The operators' pages of upkeep: a place's photo, copied signs that were looked into, check files."""

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import staff_only
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import body_limit, status_of

from . import check_files, ports, queries, rules, service
from .desk import EDITORS, PHOTO_LIMIT, desk, site_page
from .errors import BadCheckFile, PhotoRequired


@desk.post("/at/<number>/photo")
@staff_only(*EDITORS)
@body_limit(PHOTO_LIMIT)
def set_photo(number: str) -> AnyResponse | tuple[str, int]:
    """Show a photo of the place on its sign's page, or take it away."""
    is_dropped = request.form.get("drop") == "1"
    sent = request.files.get("photo")
    try:
        if not is_dropped and not (sent and sent.filename):
            raise PhotoRequired("请先选一张照片：看得清牌子挂在哪里，不要拍到人脸和车牌。")
        # Opening a photo takes a while; no connection to the database waits for it.
        photo = None if is_dropped or sent is None else ports.reports().prepare(sent.read()).thumb
        with transaction() as session:
            service.set_photo(session, service.site_id_of(session, number), photo)
    except Refusal as refusal:
        return site_page(number, refusal=refusal), status_of(refusal)
    flash("照片已撤下。" if is_dropped else "照片已经放到居民看到的页面上。")
    return redirect(url_for(".show", number=number), 303)


@desk.post("/at/<number>/far")
@staff_only(*EDITORS)
def settle_far(number: str) -> AnyResponse:
    """Note that somebody looked into reports that were made elsewhere."""
    with transaction() as session:
        site = queries.site_file(session, number)
        service.settle_far_reports(session, site.codes, staff_id=g.staff.id)
    flash("已记下。以后再有人在别处扫到，会重新列出。")
    return redirect(url_for(".show", number=number), 303)


# -- check files ---------------------------------------------------------------------------


@desk.get("/check-files")
@staff_only(Role.DATA_EDITOR)
def show_check_files() -> str:
    """List the check files, and ask for one."""
    return _check_files_page(None)


def _check_files_page(refusal: Refusal | None) -> str:
    with transaction() as session:
        return render_template(
            "qr/desk_check_files.html",
            files=check_files.check_files(session),
            refusal=refusal,
            most=rules.MOST_CHECK_FILES,
        )


@desk.post("/check-files")
@staff_only(Role.DATA_EDITOR)
def keep_check_file() -> AnyResponse | tuple[str, int]:
    """Serve a check file from now on."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise BadCheckFile
        data = sent.read(rules.LONGEST_CHECK_FILE + 1)
        with transaction() as session:
            check_files.keep(session, name=sent.filename, data=data, staff_id=g.staff.id)
    except Refusal as refusal:
        return _check_files_page(refusal), status_of(refusal)
    flash("已放上。请回到平台的页面点「保存」或「校验」。")
    return redirect(url_for(".show_check_files"), 303)


@desk.post("/check-files/<name>/drop")
@staff_only(Role.DATA_EDITOR)
def drop_check_file(name: str) -> AnyResponse:
    """Serve a check file no more."""
    with transaction() as session:
        check_files.drop(session, name)
    flash("已删除。")
    return redirect(url_for(".show_check_files"), 303)
