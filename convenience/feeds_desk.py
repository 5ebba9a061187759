"""Who tells how many spaces are free: keys for those who push, addresses of those who are fetched."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts import Role
from accounts.access import staff_only
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import status_of

from . import feeds, pulls
from .errors import BadFeed
from .forms import whole
from .rules import tidy
from .shapes import Shape

desk = Blueprint(
    "convenience_feeds",
    __name__,
    url_prefix="/console/facilities/feeds",
    template_folder="templates",
)


@desk.get("/")
@staff_only(Role.DATA_EDITOR)
def worklist() -> str:
    """List the feeds with how they do, and ask for a new one."""
    return _page()


@desk.post("/")
@staff_only(Role.DATA_EDITOR)
def add() -> AnyResponse | str | tuple[str, int]:
    """Add a feed; of one that pushes, show its key this once."""
    form = request.form
    try:
        if form.get("way") == "pull":
            with transaction() as session:
                number = pulls.add_pull(
                    session,
                    name=form.get("name", ""),
                    source=form.get("source", ""),
                    url=form.get("url", ""),
                    every_s=whole(form.get("every_s", "")) or 0,
                    shape=_shape(),
                )
                pulls.hurry(session, number)
            flash("已添加，马上去取第一次。")
            return redirect(url_for(".worklist"), 303)
        with transaction() as session:
            name = tidy(form.get("name", ""))
            key = feeds.add_feed(session, name=name, source=form.get("source", ""))
    except Refusal as refusal:
        return _page(refusal), status_of(refusal)
    # No redirect: the key would have to stand in an address or in a cookie.
    return _page(key=key, key_of=name)


def _shape() -> Shape:
    said = {
        name: tidy(request.form.get(name, ""))
        for name in ("rows", "code", "free", "at", "code_prefix")
    }
    return Shape(**said)


@desk.post("/<int(max=9223372036854775807):feed_id>")
@staff_only(Role.DATA_EDITOR)
def act(feed_id: int) -> AnyResponse | str | tuple[str, int]:
    """Close, open again, fetch now, or give a new key, which is shown this once."""
    move = request.form.get("move")
    try:
        with transaction() as session:
            match move:
                case "close" | "open":
                    feeds.switch(session, feed_id, is_active=move == "open")
                case "key":
                    key = feeds.new_key(session, feed_id)
                case "fetch":
                    pulls.hurry(session, feed_id)
                case _:
                    raise BadFeed("页面没有完整打开，请刷新后再试。")
    except Refusal as refusal:
        return _page(refusal), status_of(refusal)
    if move == "key":
        return _page(key=key, key_of=tidy(request.form.get("name", ""))[:60])
    flash({"close": "已停用。", "open": "已启用。", "fetch": "马上去取，请过几秒刷新。"}[move])
    return redirect(url_for(".worklist"), 303)


def _page(refusal: Refusal | None = None, **shown: Any) -> str:  # noqa: ANN401  # words of a template
    with transaction() as session:
        rows = pulls.watched(session)
    return render_template(
        "convenience/desk_feeds.html",
        rows=rows,
        refusal=refusal,
        typed=request.form if refusal else {},
        **shown,
    )
