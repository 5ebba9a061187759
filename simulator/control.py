"""/__sim__/: what tests and the phone page do with the simulator.

Reading needs no secret on loopback. Whatever changes something must bear the header
`X-Simulator: 1`, which a page of another origin cannot send.
"""

import json
from collections.abc import Mapping
from concurrent.futures import CancelledError

from flask import Blueprint, Response, current_app, request

from . import control_input as given
from .errors import BadCall
from .faults import KINDS
from .gcj02 import from_wgs84
from .judge import HTTP_OK
from .notices import Template
from .oauth import ANSWERS
from .oauth import read as read_authorize
from .phone import EVENT_ARTICLES, NO_REPLY, Phones, Sent
from .pusher import Outcome
from .transport import NoAnswer, exchange
from .world import World

blueprint = Blueprint("control", __name__, url_prefix="/__sim__")
MAX_DELIVERIES_SHOWN = 200


def _world() -> World:
    world: World = current_app.extensions["simulator.world"]
    return world


def _phones() -> Phones:
    return Phones(_world())


def _json(body: object, status: int = 200) -> Response:
    data = json.dumps(body, ensure_ascii=False)
    return Response(data, status, content_type="application/json; charset=utf-8")


@blueprint.before_request
def _only_our_own() -> None:
    if request.method not in ("GET", "HEAD") and request.headers.get("X-Simulator") != "1":
        raise BadCall("header_missing", "缺少请求头 X-Simulator: 1。", 403)


@blueprint.get("/health")
def health() -> Response:
    return _json({"status": "ok"})


# phones


@blueprint.get("/users")
def users() -> Response:
    return _json(
        {
            "items": [
                {"openid": user.openid, "name": user.name, "follows": user.follows}
                for user in _world().users.all()
            ]
        }
    )


@blueprint.post("/users")
def create_user() -> Response:
    body = given.body()
    user = _world().users.create(given.text(body, "name", None))
    about = {"openid": user.openid, "name": user.name}
    if body.get("follow", True) is False:
        return _json(about, 201)
    return _pushed(_phones().follow(user.openid, scene=given.text(body, "scene", None)), about)


@blueprint.post("/users/<openid>/follow")
def follow(openid: str) -> Response:
    return _pushed(_phones().follow(openid, scene=given.text(given.body(), "scene", None)))


@blueprint.post("/users/<openid>/unfollow")
def unfollow(openid: str) -> Response:
    return _pushed(_phones().unfollow(openid))


@blueprint.post("/users/<openid>/settings")
def settings(openid: str) -> Response:
    """Let the phone refuse template messages or take them again; say how it answers OAuth."""
    body, users = given.body(), _world().users
    users.get(openid)
    if "blocks_notices" in body:
        users.block_notices(openid, blocks=body["blocks_notices"] is True)
    oauth = given.text(body, "oauth", None)
    if oauth is not None:
        if oauth not in ANSWERS:
            raise BadCall("bad_field", f"oauth 只能是 {'、'.join(ANSWERS)}。")
        users.answer_oauth(openid, oauth)
    return _json({"status": "ok"})


@blueprint.post("/users/<openid>/authorize")
def authorize(openid: str) -> Response:
    """Do what the phone's browser does at the authorize address; tell where it is led back to."""
    body, world = given.body(), _world()
    wanted = read_authorize(given.text(body, "url"), world.config)
    answer = given.text(body, "answer", None) or world.users.get(openid).oauth
    if answer == "refuse":
        return _json({"location": wanted.back(None)})
    return _json({"location": wanted.back(world.oauth.code(openid, wanted.scope))})


@blueprint.get("/users/<openid>/screen")
def screen(openid: str) -> Response:
    """Tell what the phone shows; `after` leaves out messages up to that id."""
    world = _world()
    user = world.users.get(openid)
    tree = world.menu.get() if user.follows else None
    is_typing = user.typing_until is not None and world.clock.now() < user.typing_until
    return _json(
        {
            "openid": openid,
            "name": user.name,
            "follows": user.follows,
            "is_typing": is_typing,
            "menu": (tree or {}).get("button", []),
            "messages": world.chat.screen(openid, after=request.args.get("after", 0, int)),
        }
    )


@blueprint.post("/users/<openid>/text")
def text(openid: str) -> Response:
    body = given.body()
    menu_id = given.text(body, "menu_id", None)
    return _pushed(_phones().say(openid, given.text(body, "text"), menu_id=menu_id))


@blueprint.post("/users/<openid>/photo")
def photo(openid: str) -> Response:
    """Take a form with `photo`, or the bytes alone; ?unchecked=1 lets through what is no photo."""
    file = request.files.get("photo")
    data = request.get_data() if file is None else file.read()
    unchecked = request.args.get("unchecked") == "1"
    return _pushed(_phones().send_photo(openid, data, unchecked=unchecked))


@blueprint.post("/users/<openid>/recording")
def recording(openid: str) -> Response:
    """Take the bytes of a recording or, with ?kind=video or shortvideo, of a video."""
    file = request.files.get("recording")
    return _pushed(
        _phones().send_recording(
            openid,
            request.get_data() if file is None else file.read(),
            kind=request.args.get("kind", "voice"),
            unchecked=request.args.get("unchecked") == "1",
        )
    )


@blueprint.post("/users/<openid>/consent")
def consent(openid: str) -> Response:
    """Agree to subscription notices of a template, or refuse; `by` is `popup` or `switch`."""
    body = given.body()
    return _pushed(
        _phones().consent(
            openid,
            given.text(body, "template_id", None) or _world().config.subscription_id,
            is_given=given.text(body, "answer", "accept") == "accept",
            by_switch=given.text(body, "by", "popup") == "switch",
        )
    )


@blueprint.post("/users/<openid>/location")
def location(openid: str) -> Response:
    """Take GCJ-02, as a phone sends it, or with `datum: wgs84` convert first, as a phone does."""
    body = given.body()
    latitude, longitude = given.number(body, "lat"), given.number(body, "lng")
    if body.get("datum") == "wgs84":
        latitude, longitude = from_wgs84(latitude, longitude)
    label = given.text(body, "label", "") or ""
    return _pushed(
        _phones().send_place(openid, latitude=latitude, longitude=longitude, label=label)
    )


@blueprint.post("/users/<openid>/click")
def click(openid: str) -> Response:
    body = given.body()
    key, url = given.text(body, "key", None), given.text(body, "url", None)
    sent = _phones().tap(openid, key=key, url=url)
    return _pushed(sent, {"url": sent.url})


@blueprint.post("/users/<openid>/scan")
def scan(openid: str) -> Response:
    """Scan a parametric code: by its scene, or by the ticket or address of one that was made."""
    body = given.body()
    made = given.text(body, "code", None)
    if made is None:
        return _pushed(_phones().scan(openid, given.text(body, "scene")))
    found = _world().qrcodes.find(made)
    if found is None:
        raise BadCall("unknown_code", "二维码不存在或已过期。", 404)
    return _pushed(_phones().scan(openid, found.scene))


@blueprint.post("/users/<openid>/event")
def event(openid: str) -> Response:
    """Push any event: its name and its fields, which may be nested."""
    body = given.body()
    _world().users.get(openid)
    return _pushed(_phones().event(openid, given.text(body, "event"), given.fields(body)))


@blueprint.post("/users/<openid>/raw")
def raw(openid: str) -> Response:
    """Push any document in any envelope, true or forged; see README.md."""
    body = given.body()
    articles = {"message": 1, "event": EVENT_ARTICLES, "none": NO_REPLY}
    return _pushed(
        _phones().raw(
            openid,
            given.text(body, "xml"),
            forgery=given.forgery(body, now=_world().clock.push_now()),
            deliveries=given.count(body, "deliveries", highest=3),
            copies=given.count(body, "copies", highest=32),
            max_articles=articles.get(str(body.get("answer", "message")), 1),
        )
    )


# deliveries


@blueprint.get("/deliveries")
def deliveries() -> Response:
    """List the latest attempts, oldest first; `openid` chooses one phone."""
    openid = request.args.get("openid")
    rows = _world().store.all(
        "SELECT attempts.id, push_id, openid, kind, attempt, attempts.at AS time, status, ms,"
        " attempts.verdict, attempts.reason FROM attempts JOIN pushes ON pushes.id = push_id"
        " WHERE ?1 IS NULL OR openid = ?1 ORDER BY attempts.id DESC LIMIT ?2",
        openid,
        MAX_DELIVERIES_SHOWN,
    )
    return _json({"items": [dict(row) for row in reversed(rows)]})


@blueprint.post("/pushes/<int:push_id>/again")
def again(push_id: int) -> Response:
    return _pushed(_phones().again(push_id))


@blueprint.post("/verify")
def verify() -> Response:
    """Make the handshake that saving the server's URL in the platform's console makes."""
    query, echo = given.handshake(_world())
    config = _world().config
    try:
        answer = exchange("GET", config.callback_url, query, None, deadline_s=config.deadline_s)
    except NoAnswer as error:
        return _json({"verified": False, "reason": error.reason})
    verified = answer.status == HTTP_OK and answer.body == echo.encode()
    reason = None if verified else f"http_{answer.status}"
    return _json({"verified": verified, "reason": reason})


# the platform itself


@blueprint.post("/faults")
def order_fault() -> Response:
    body = given.body()
    kind = given.text(body, "kind")
    if kind not in KINDS:
        raise BadCall("unknown_fault", f"kind 只能是 {'、'.join(KINDS)}。")
    if kind == "revoke_tokens":
        _world().tokens.revoke_all()
        return _json({"status": "ok"})
    _world().faults.order(given.fault(body))
    return _json({"status": "ok"})


@blueprint.delete("/faults")
def clear_faults() -> Response:
    _world().faults.clear()
    return _json({"status": "ok"})


@blueprint.get("/quotas")
def quotas() -> Response:
    """Tell how often each endpoint was called today."""
    return _json({"items": _world().quotas.today()})


@blueprint.post("/quotas")
def order_quota() -> Response:
    """Set how many calls a day an endpoint allows; without `daily` as usual."""
    body = given.body()
    daily = None if body.get("daily") is None else int(given.number(body, "daily"))
    _world().quotas.order(given.text(body, "endpoint").strip("/"), daily)
    return _json({"status": "ok"})


@blueprint.post("/templates")
def define_template() -> Response:
    body = given.body()
    template_id, title, content = (
        given.text(body, name) for name in ("template_id", "title", "content")
    )
    kind = given.text(body, "kind", "template") or "template"
    if kind not in ("template", "once", "lasting"):
        raise BadCall("bad_field", "kind 只能是 template、once 或 lasting。")
    _world().notices.define(Template(template_id, title, content, kind))
    return _json({"status": "ok"})


@blueprint.post("/clock")
def set_clock() -> Response:
    """Move the platform's clock; pushes keep the true time unless push_offset_s says otherwise."""
    body = given.body()
    offset_s = given.number(body, "offset_s")
    _world().clock.set(offset_s=offset_s, push_offset_s=given.number(body, "push_offset_s", 0.0))
    return _json({"now": _world().clock.now()})


@blueprint.post("/reset")
def reset() -> Response:
    _world().reset()
    return _json({"status": "ok"})


def _pushed(sent: Sent, more: Mapping[str, object] | None = None) -> Response:
    """Answer when the delivery is over, or with ?wait=0 at once."""
    about = {**(more or {}), "push_id": sent.push_id, "message_id": sent.message_id}
    if request.args.get("wait") == "0":
        return _json({**about, "verdict": "pending"}, 202)
    try:
        outcome = sent.outcome.result()
    except CancelledError as error:
        raise BadCall("stopping", "模拟器正在停止。", 503) from error
    return _json({**about, **_outcome(outcome)})


def _outcome(outcome: Outcome) -> dict[str, object]:
    shown = outcome.verdict.shown
    return {
        "verdict": outcome.verdict.ruling,
        "reason": outcome.verdict.reason,
        "reply": None if shown is None else shown.text,
        "attempts": [
            {
                "attempt": attempt.number,
                "status": attempt.status,
                "ms": attempt.ms,
                "verdict": attempt.verdict.ruling,
                "reason": attempt.verdict.reason,
            }
            for attempt in outcome.attempts
        ],
    }
