"""The HTTP rim: request ids, security headers, body limits, refusals to answers, health, metrics."""

import hmac
import logging
import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    current_app,
    jsonify,
    render_template,
    request,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from . import database, openapi
from .errors import Conflict, Forbidden, ForeignForm, Invalid, NotFound, Refusal, TooLarge, TooMany
from .logs import request_id
from .settings import Settings
from .words import later, said

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., Any])

KIB = 1024
MIB = 1024 * KIB
BODY_LIMIT = 64 * KIB

# The one table that knows how a refusal looks in HTTP.
STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    Invalid: 422,
    TooLarge: 413,
    TooMany: 429,
    Refusal: 409,
}

SENTENCES = {
    400: later("请求有误，请返回上一页再试一次。"),
    401: later("请先登录。"),
    403: later("这个页面您现在打不开。如果页面放得太久，请返回刷新后再试。"),
    404: later("没有找到这个页面，请核对地址，或从公众号菜单重新进入。"),
    405: later("请求有误，请返回上一页再试一次。"),
    413: later("内容太大了，请少发一些再试；照片请选小于 10 MB 的。"),
    429: later("操作太频繁了，请稍等几分钟再试。"),
    500: later("系统出了点问题，我们已经记下。请稍等几分钟再试一次。"),
}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_HEADERS = tuple((name.lower(), (name, value)) for name, value in HEADERS.items())

# Gives figures at the moment of a scrape: (name, what it is, value).
Figures = Callable[[], Iterable[tuple[str, str, float]]]


def open_to(audience: str) -> Callable[[View], View]:
    """Say who may call a view; a test fails for a view that says nothing."""

    def mark(view: View) -> View:
        view.open_to = audience  # type: ignore[attr-defined]  # a mark on a function
        return view

    return mark


def body_limit(size: int) -> Callable[[View], View]:
    """Let this view take bodies up to `size` bytes instead of the general 64 KiB."""

    def mark(view: View) -> View:
        view.body_limit = size  # type: ignore[attr-defined]  # a mark on a function
        return view

    return mark


def install(app: Flask, settings: Settings, *, figures: Iterable[Figures] = ()) -> None:
    """Give the application its rim. Call before other `before_request` hooks are registered."""
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]  # as Flask documents it
    app.wsgi_app = _Rim(app.wsgi_app)  # type: ignore[method-assign]  # as Flask documents it
    app.session_interface = _Sessions()
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _defect)
    app.extensions["baixing_settings"] = settings
    app.extensions["baixing_figures"] = tuple(figures)
    app.register_blueprint(_health)


def settings() -> Settings:
    """Return the settings of the application at hand."""
    found: Settings = current_app.extensions["baixing_settings"]
    return found


def _begin() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, "body_limit", BODY_LIMIT)


class _Sessions(SecureCookieSessionInterface):
    """Flask's own, that makes no keys ready for who brings no cookie: half of routing's time."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if app.secret_key and "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)


class _Rim:
    """Names each request, and gives every answer the headers that its view did not set.

    Below Flask, where headers are a plain list: Flask's own look through all of them for each.
    """

    def __init__(self, inner: "WSGIApplication") -> None:
        self._inner = inner

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:  # noqa: ANN401  # WSGI's own
            named = {name.lower() for name, _ in headers}
            headers += [pair for name, pair in _HEADERS if name not in named]
            headers.append(("X-Request-ID", request_id.get()))
            return start_response(status, headers, *rest)

        given = environ.get("HTTP_X_REQUEST_ID", "")
        usable = 8 <= len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum()
        # A name for the log, no secret: asking the kernel for it would take as long as the routing.
        request_id.set(given if usable else f"{random.getrandbits(48):012x}")
        try:
            return self._inner(environ, start)
        finally:
            request_id.set("-")  # what this thread logs next is not about this request


def _finish(response: Response) -> Response:
    if "Cache-Control" not in response.headers and request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def refuse_foreign_forms() -> None:
    """Refuse a form that another site sends through somebody's browser; raise ForeignForm.

    For forms that need no cookie, and so have no token in one; a cookie is not sent along with
    another site's form (SameSite). Browsers say whose page a form is on; what says nothing is no
    browser that another site could use.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise ForeignForm
        return
    origin = request.headers.get("Origin", "null")
    if origin != "null" and urlsplit(origin).netloc != request.host:
        raise ForeignForm


def wants_json() -> bool:
    """Tell whether the caller is a program."""
    if request.path.startswith(("/api/", "/open311/")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" and not request.accept_mimetypes.accept_html


def answer_error(status: int, code: str, sentence: str) -> tuple[Response | str, int]:
    """Answer with a problem document to a program, with a page to a person."""
    if wants_json():
        problem = openapi.Problem(title=code, status=status, detail=sentence, code=code)
        response = jsonify(problem.model_dump())
        response.content_type = "application/problem+json"
        return response, status
    page = render_template("portal/error.html", status=status, sentence=sentence)
    return page, status


def status_of(refusal: Refusal) -> int:
    """Return the refusal's HTTP status, by the nearest kind that the table knows."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def cookie_name(base: str, public_url: str) -> str:
    """Name a cookie so that two instances on one host do not take each other's: cookies know no port."""
    port = urlsplit(public_url).port
    return base if port is None else f"{base}_{port}"


def _refused(refusal: Refusal) -> tuple[Response | str, int]:
    return answer_error(status_of(refusal), refusal.code, said(refusal))


def _http_error(error: HTTPException) -> Any:  # noqa: ANN401  # Flask's own union of answers
    if error.response is not None or error.code is None or error.code < 400:
        return error
    sentence = SENTENCES.get(error.code, SENTENCES[400] if error.code < 500 else SENTENCES[500])
    name = error.name.lower().replace(" ", "_")
    answer, status = answer_error(error.code, name, said(sentence))
    if error.code == 405 and error.get_headers():
        return answer, status, [h for h in error.get_headers() if h[0] == "Allow"]
    return answer, status


def _defect(failure: Exception) -> tuple[Response | str, int]:
    log.error("unhandled %s at %s", failure.__class__.__name__, request.endpoint, exc_info=failure)
    return answer_error(500, "internal_error", said(SENTENCES[500]))


_health = Blueprint("health", __name__)


@_health.get("/healthz")
@open_to("everybody")
def live() -> Response:
    """Say that this process answers."""
    return jsonify(status="ok")


@_health.get("/readyz")
@open_to("everybody")
def ready() -> tuple[Response, int]:
    """Say whether this process can do its work: the database answers."""
    reachable = database.is_reachable()
    answer = jsonify(
        status="ok" if reachable else "unavailable",
        checks={"database": "ok" if reachable else "unavailable"},
    )
    return answer, 200 if reachable else 503


@_health.get("/api/openapi.json")
@open_to("everybody")
def api_document() -> Response:
    """Describe the JSON interface."""
    return jsonify(
        openapi.document(
            current_app.url_map, current_app.view_functions, server=settings().public_url
        )
    )


@_health.get("/metrics")
@open_to("operations")
def metrics() -> Response | tuple[Response, int]:
    """Give figures to Prometheus: with the token, or without one from this machine only."""
    token = settings().metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "")
    if token:
        allowed = hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    else:
        # What a reverse proxy hands on comes from this machine only by its last step.
        is_handed_on = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
        allowed = request.remote_addr in ("127.0.0.1", "::1") and not is_handed_on
    if not allowed:
        return jsonify(code="forbidden"), 403
    registry = CollectorRegistry()
    registry.register(_AtScrape())
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4")


class _AtScrape(Collector):
    """Figures come from the database, so that every process gives the same ones."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for figures in current_app.extensions["baixing_figures"]:
            for name, meaning, value in figures():
                yield GaugeMetricFamily(f"baixing_{name}", meaning, value=value)
