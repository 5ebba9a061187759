"""The phone, as a page in the browser."""

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from .api import ENDPOINTS
from .faults import KINDS
from .oauth import read
from .world import World

# Which phone this browser plays: pages that ask who is reading are told this one.
PHONE_COOKIE = "sim_phone"

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
def phone(openid: str) -> Response:
    page = make_response(_page(_world().users.get(openid).openid))
    page.set_cookie(PHONE_COOKIE, openid, httponly=True, samesite="Lax")
    return page


def _page(openid: str | None) -> str:
    world = _world()
    return render_template(
        "phone.html",
        openid=openid,
        users=world.users.all(),
        account_name=world.config.account_name,
        callback_url=world.config.callback_url,
        endpoints=sorted(ENDPOINTS),
        kinds=KINDS,
    )


@blueprint.get("/mmbiz/<media_id>/<int:_size>")
def picture(media_id: str, _size: int) -> Response:
    """Serve PicUrl: a picture's public address."""
    medium = _world().media.get(media_id)
    if medium is None:
        return Response("", 404)
    return Response(medium.data, content_type=medium.mime)


@blueprint.get("/connect/oauth2/authorize")
def authorize() -> AnyResponse | str:
    """Say who is reading: the phone last looked at in this browser, or one that is chosen."""
    world = _world()
    wanted = read(request.url, world.config)
    chosen = request.args.get("sim_phone") or request.cookies.get(PHONE_COOKIE, "")
    user = world.users.find(chosen)
    answer = request.args.get("sim_answer") or (user.oauth if user else "ask")
    if answer == "refuse":
        return redirect(wanted.back(None))
    if answer == "grant" and user is not None:
        return redirect(wanted.back(world.oauth.code(user.openid, wanted.scope)))
    here = {name: value for name, value in request.args.items() if not name.startswith("sim_")}
    return render_template(
        "authorize.html",
        account_name=world.config.account_name,
        users=[user] if user else world.users.all(),
        here=here,
    )
