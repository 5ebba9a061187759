"""The HTTP face: the API half, the control half and the phone page in one Flask application."""

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

# The api_ modules enter their endpoints into the table when they are imported.
from . import (
    api,
    api_account,
    api_codes,
    api_media,
    api_messages,
    api_notices,
    api_oauth,
    api_people,
    api_tokens,
    control,
    pages,
)
from .errors import BadCall
from .world import World

__all__ = [
    "api_account",
    "api_codes",
    "api_media",
    "api_messages",
    "api_notices",
    "api_oauth",
    "api_people",
    "api_tokens",
    "create_app",
]

MAX_BODY = 12 * 1024 * 1024
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
API_ROOTS = ("cgi-bin/", "sns/", "wxaapi/")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: http: https:;"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def create_app(world: World) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.extensions["simulator.world"] = world
    app.register_blueprint(control.blueprint)
    app.register_blueprint(pages.blueprint)
    for root in API_ROOTS:
        app.add_url_rule(f"/{root}<path:path>", root, _platform(world, root), methods=METHODS)
    app.before_request(_refuse_foreign_names)
    app.after_request(_harden)
    app.register_error_handler(BadCall, _bad_call)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _platform(world: World, root: str) -> Callable[[str], Response]:
    def view(path: str) -> Response:
        return api.answer(world, request, f"{root}{path}")

    return view


def _is_api_call() -> bool:
    return request.path.startswith(tuple(f"/{root}" for root in API_ROOTS))


def _refuse_foreign_names() -> None:
    """Keep a foreign name that resolves to this computer from reading phones (DNS rebinding)."""
    if _is_api_call():
        return
    try:
        host = urlsplit("//" + request.headers.get("Host", "")).hostname
    except ValueError:
        host = None
    if host not in LOOPBACK:
        raise BadCall("foreign_host", "只能从本机打开。", 403)


def _harden(response: Response) -> Response:
    if not _is_api_call():
        response.headers.update(HEADERS)
    return response


def _bad_call(error: BadCall) -> Response:
    return _problem(error.code, error.sentence, error.status)


def _http_error(error: HTTPException) -> Response:
    return _problem(error.name, error.description or error.name, error.code or 500)


def _problem(code: str, sentence: str, status: int) -> Response:
    body = json.dumps({"error": code, "sentence": sentence}, ensure_ascii=False)
    return Response(body, status, content_type="application/json; charset=utf-8")
