"""GET and POST /wechat: the platform's deliveries in, our answers out."""

import logging
from collections.abc import Iterable

from flask import Blueprint, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from accounts.access import public, signed_by_platform
from kernel import clock
from kernel.database import transaction
from kernel.settings import Settings
from kernel.web import body_limit

from . import service
from .codec import MAX_BODY, Codec
from .errors import Forged, Malformed
from .handlers import House, house_of
from .service import Unavailable

log = logging.getLogger(__name__)

blueprint = Blueprint("wechat", __name__, template_folder="templates")


def install(settings: Settings, csrf: CSRFProtect) -> tuple[Codec, House]:
    """Make the codec, which refuses settings that would leave the door open."""
    csrf.exempt(blueprint)
    codec = Codec(
        token=settings.wechat_token.get_secret_value(),
        app_id=settings.wechat_app_id,
        aes_key=settings.wechat_aes_key.get_secret_value(),
        mode=settings.wechat_mode,
        window_s=settings.wechat_window_s,
    )
    return codec, house_of(settings)


@blueprint.get("/wechat")
@signed_by_platform
def prove() -> Response:
    """Answer the platform's question whether this address is ours."""
    codec, _ = _door()
    try:
        echo = codec.verify_url(request.args.to_dict(flat=False), now=_now())
    except (Malformed, Forged) as refusal:
        return _refuse(refusal)
    return Response(echo, content_type="text/plain; charset=utf-8")


@blueprint.post("/wechat")
@signed_by_platform
@body_limit(MAX_BODY)
def receive() -> Response:
    """Take one delivery. An empty body says: received, nothing to say."""
    codec, house = _door()
    try:
        message = codec.decode(request.args.to_dict(flat=False), _body(), now=_now())
    except (Malformed, Forged) as refusal:
        return _refuse(refusal)
    try:
        reply = service.accept(message, house)
    except Unavailable:
        # Not acknowledged: the platform delivers the message again.
        log.error("nothing can be stored; the platform is asked to come again")  # noqa: TRY400  # one line is enough
        return Response(status=503)
    body = codec.encode(reply, to=message, now=_now())
    return Response(body, content_type="application/xml; charset=utf-8")


@blueprint.get("/sign-in")
@public
def sign_in() -> str:
    """Say how to get to a page of one's own: the platform alone knows who is reading."""
    return render_template("wechat/sign_in.html")


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


def _door() -> tuple[Codec, House]:
    door: tuple[Codec, House] = current_app.extensions["baixing_wechat"]
    return door


def _body() -> bytes:
    try:
        return request.get_data(cache=False)
    except HTTPException as broken:  # too long, or the sender went away
        raise Malformed("body_unreadable") from broken


def _now() -> int:
    return int(clock.now().timestamp())


def _refuse(refusal: Malformed | Forged) -> Response:
    log.warning("delivery refused: %s", refusal.reason)
    return Response(status=403 if isinstance(refusal, Forged) else 400)
