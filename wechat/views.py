"""GET and POST /wechat: the platform's deliveries in, our answers out; and the residents' way in."""

from collections.abc import Iterable

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
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

import accounts
from accounts.access import keep_resident, public, resident, signed_by_platform
from kernel import clock
from kernel.database import transaction
from kernel.settings import Settings
from kernel.web import HEADERS, body_limit, cookie_name, settings

from . import callback, checking, client, js_sdk, service
from . import sign_in as ways_in
from .callback import Door
from .client import CodeRefused, PlatformError, Visitor
from .codec import MAX_BODY, Codec
from .errors import Forged, Malformed
from .handlers import house_of

blueprint = Blueprint("wechat", __name__, template_folder="templates")


def install(settings: Settings, csrf: CSRFProtect) -> Door:
    """Make the door, whose codec refuses settings that would leave it open."""
    csrf.exempt(blueprint)
    codec = Codec(
        token=settings.wechat_token.get_secret_value(),
        app_id=settings.wechat_app_id,
        aes_key=settings.wechat_aes_key.get_secret_value(),
        mode=settings.wechat_mode,
        window_s=settings.wechat_window_s,
    )
    return Door(codec, house_of(settings), checking.networks(settings.wechat_callback_addresses))


@blueprint.get("/wechat")
@signed_by_platform
def prove() -> Response:
    """Answer the platform's question whether this address is ours."""
    try:
        echo = _door().codec.verify_url(
            request.args.to_dict(flat=False), now=int(clock.now().timestamp())
        )
    except (Malformed, Forged) as refusal:
        return Response(status=callback.refused(refusal))
    return Response(echo, content_type="text/plain; charset=utf-8")


@blueprint.post("/wechat")
@signed_by_platform
@body_limit(MAX_BODY)
def receive() -> Response:
    """Take one delivery that `shortcut` did not take."""
    try:
        body = request.get_data(cache=False)
    except HTTPException:  # too long, or the sender went away
        return Response(status=callback.refused(Malformed("body_unreadable")))
    status, answer = callback.receive(
        _door(), request.args.to_dict(flat=False), body, request.remote_addr
    )
    kind = callback.KIND if status == 200 else None
    return Response(answer, status=status, content_type=kind)


@blueprint.get("/sign-in")
@public
def sign_in() -> AnyResponse | str:
    """Ask the platform who is reading; outside its browser, say how to get there."""
    wanted = ways_in.own_page(request.args.get("next", ""))
    if "lost" in request.args:
        return render_template("wechat/sign_in.html", why="form_lost", wanted=wanted)
    if resident() is not None:
        return redirect(wanted, 303)
    if not ways_in.is_platforms_browser(
        request.headers.get("User-Agent", ""), settings().wechat_oauth_base
    ):
        return render_template("wechat/sign_in.html", why="elsewhere", wanted=wanted)
    attempt = ways_in.begin(wanted)
    back = settings().public_url + url_for(".signed_in")
    answer = redirect(
        ways_in.authorize_url(
            settings().wechat_oauth_base,
            app_id=settings().wechat_app_id,
            back=back,
            state=attempt.state,
        ),
        303,
    )
    answer.set_cookie(
        _cookie(attempt.cookie),
        ways_in.signed(attempt, settings().secret_key.get_secret_value(), clock.now()),
        max_age=int(ways_in.LASTS.total_seconds()),
        path=ways_in.COOKIE_PATH,
        secure=settings().cookie_secure,
        httponly=True,
        samesite="Lax",  # the way back is a link from the platform's page
    )
    return answer


@blueprint.get("/sign-in/back")
@public
def signed_in() -> AnyResponse | tuple[str, int]:
    """Take the browser back from the platform: signed in, or with a page that helps without it."""
    attempt = _attempt(request.args.get("state", ""))
    wanted = attempt.wanted if attempt else "/"
    if resident() is not None:
        return redirect(wanted, 303)  # the way back taken twice
    if attempt is None:
        return _not_signed_in("expired", wanted)
    visitor = _visitor(request.args.get("code", ""))
    if isinstance(visitor, str):
        return _not_signed_in(visitor, wanted)
    with transaction() as session:
        citizen_id = accounts.citizen_of_browser(session, visitor.openid)
        token = accounts.open_citizen_session(session, citizen_id)
    answer = redirect(wanted, 303)
    keep_resident(answer, token)
    answer.delete_cookie(_cookie(attempt.cookie), path=ways_in.COOKIE_PATH)
    return answer


@blueprint.get("/notices")
@public
def agree() -> AnyResponse:
    """Let a resident agree to a notice, by WeChat's own element where it can be shown."""
    template_id = settings().wechat_subscription_template_id
    asks = bool(template_id) and _may_load_script()
    answer = make_response(render_template("wechat/agree.html", asks=asks, template_id=template_id))
    if asks:
        policy = js_sdk.policy_for_elements(HEADERS["Content-Security-Policy"])
        answer.headers["Content-Security-Policy"] = policy
    return answer


def _visitor(code: str) -> Visitor | str:
    """Return whose code this is, or why that cannot be said."""
    if not ways_in.is_code(code):
        return "refused"
    try:
        visitor = client.current().visitor(code)
    except CodeRefused:
        return "expired"
    except PlatformError:
        return "busy"
    return "snapshot" if visitor.is_snapshot else visitor


def _attempt(state: str) -> ways_in.Attempt | None:
    name = ways_in.cookie_for(state)
    value = request.cookies.get(_cookie(name)) if name else None
    if value is None:
        return None
    return ways_in.read(value, state, settings().secret_key.get_secret_value(), clock.now())


def _cookie(base: str) -> str:
    return cookie_name(base, settings().public_url)


def _not_signed_in(why: str, wanted: str) -> tuple[str, int]:
    status = {"expired": 400, "busy": 503}.get(why, 200)
    return render_template("wechat/sign_in.html", why=why, wanted=wanted), status


@blueprint.app_context_processor
def _script() -> dict[str, str | None]:
    """Let the residents' layout load WeChat's script where it is of use."""
    return {"wechat_js_sdk": js_sdk.SCRIPT if _may_load_script() else None}


@blueprint.after_app_request
def _let_script_in(response: Response) -> Response:
    if response.mimetype == "text/html" and _may_load_script():
        name = "Content-Security-Policy"
        response.headers[name] = js_sdk.content_policy(response.headers.get(name, HEADERS[name]))
    return response


def _may_load_script() -> bool:
    return (
        settings().wechat_js_sdk
        and "MicroMessenger" in request.headers.get("User-Agent", "")
        and not request.path.startswith("/console")
    )


_MEANINGS = {
    "messages_deferred": "messages stored and not yet handled",
    "messages_failed": "messages whose handling failed",
    "notices_owed": "notices to be sent",
    "notices_parked": "notices that wait for the resident to write",
    "media_pending": "files to be fetched from the platform",
}


def figures() -> Iterable[tuple[str, str, float]]:
    """Give the door's backlog to /metrics."""
    with transaction() as session:
        counted = service.backlog(session)
    for name, meaning in _MEANINGS.items():
        yield f"wechat_{name}", meaning, counted[name]


def _door() -> Door:
    door: Door = current_app.extensions["baixing_wechat"]
    return door
