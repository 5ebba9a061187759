"""The phone, as a page in the browser."""

from flask import Blueprint, Response, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from .world import World

blueprint = Blueprint("pages", __name__)


def _world() -> World:
    world: World = current_app.extensions["simulator.world"]
    return world


@blueprint.get("/")
def start() -> AnyResponse | str:
    """Show the latest phone; where there is none yet, the account before it is followed."""
    users = _world().users.all()
    if users:
        return redirect(url_for("pages.phone", openid=users[-1].openid))
    return _page(None)


@blueprint.get("/phone/<openid>")
def phone(openid: str) -> str:
    return _page(_world().users.get(openid).openid)


def _page(openid: str | None) -> str:
    world = _world()
    return render_template(
        "phone.html",
        openid=openid,
        users=world.users.all(),
        account_name=world.config.account_name,
        callback_url=world.config.callback_url,
    )


@blueprint.get("/mmbiz/<media_id>/<int:_size>")
def picture(media_id: str, _size: int) -> Response:
    """Serve PicUrl: a picture's public address."""
    medium = _world().media.get(media_id)
    if medium is None:
        return Response("", 404)
    return Response(medium.data, content_type=medium.mime)
