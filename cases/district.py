"""How the district is doing: a page for everybody, and the desk's list of pairs of photos to show."""

import hashlib
import threading
from datetime import timedelta
from io import BytesIO

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import public, staff_only
from kernel import blobs, clock
from kernel.database import transaction
from kernel.errors import Refusal

from . import showing
from .errors import PhotoNotFound
from .forms import BIGGEST_ID, whole_number
from .showing import Standing

district = Blueprint("district", __name__, template_folder="templates")

_FRESH = timedelta(seconds=60)
_RELEASERS = (Role.SHIFT_LEADER, Role.SUPERVISOR)


class _Kept:
    """The figures of this process, a minute old at most: who asks in between costs nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing: Standing | None = None

    def get(self) -> Standing:
        with self._lock:  # of many who ask at once, one counts
            kept = self._standing
            if kept is None or not timedelta(0) <= clock.now() - kept.at < _FRESH:
                with transaction() as session:
                    kept = self._standing = showing.standing(session)
            return kept

    def forget(self) -> None:
        """Begin anew: what is shown was changed."""
        with self._lock:
            self._standing = None


KEPT = _Kept()


@district.get("/district")
@public
def show() -> AnyResponse:
    """Show counts, times, classes, months, and pairs that the desk released."""
    page = render_template("cases/district.html", standing=KEPT.get())
    answer = make_response(page)
    answer.set_etag(hashlib.blake2b(page.encode(), digest_size=12).hexdigest())
    answer.headers["Cache-Control"] = "no-cache"
    return answer.make_conditional(request)


@district.get(
    f"/district/photos/<int(min=1, max={BIGGEST_ID}):release_id>/<any(before, after):which>"
)
@public
def show_photo(release_id: int, which: str) -> Response:
    """Serve a released photo, small: only while the desk shows it."""
    with transaction() as session:
        key = showing.released_photo(session, release_id, is_after=which == "after")
    try:
        data = blobs.store().get(key)
    except blobs.BlobMissing as missing:
        raise PhotoNotFound from missing
    answer = send_file(BytesIO(data), "image/jpeg", etag=key)
    answer.headers["Cache-Control"] = "no-cache"  # it may be taken back
    return answer


@district.get("/console/showcase")
@staff_only(*_RELEASERS)
def showcase() -> str:
    """List closed cases with photos of before and after, each with its button."""
    before_id = whole_number(request.args.get("before", ""))
    with transaction() as session:
        rows = showing.candidates(session, before_id=before_id)
    return render_template("cases/showcase.html", rows=rows, before_id=before_id)


@district.post("/console/showcase")
@staff_only(*_RELEASERS)
def release() -> AnyResponse:
    """Show a pair to everybody, or no more."""
    asked = {
        name: whole_number(request.form.get(name, "")) or 0 for name in ("case", "before", "after")
    }
    is_shown = request.form.get("shown") == "1"
    try:
        with transaction() as session:
            showing.release(
                session,
                case_id=asked["case"],
                before_id=asked["before"],
                after_id=asked["after"],
                staff_id=g.staff.id,
                is_shown=is_shown,
            )
    except Refusal as refusal:
        flash(str(refusal))
    else:
        KEPT.forget()
        flash("已公开，一分钟内人人可见。" if is_shown else "已撤下，不再公开。")
    return redirect(url_for(".showcase", before=request.form.get("page") or None), 303)
