"""The HTTP rim: every refusal's answer, headers, request ids, limits, health and figures."""

import io
import logging
import re
from collections.abc import Iterator
from inspect import signature

import pytest
from flask import Blueprint, Flask, request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.exceptions import NotAcceptable, ServiceUnavailable
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, TooLarge, TooMany
from kernel.logs import request_id
from kernel.settings import Settings
from kernel.web import BODY_LIMIT, HEADERS, STATUS, body_limit, open_to

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SECRET = "Zx9-secret-of-the-defect"

provoked = Blueprint("provoked", __name__)


class RareConflict(Conflict):
    """A feature's own refusal, in no table."""

    code = "rare_conflict"
    sentence = "这件事刚刚有人办过了，请刷新。"


def kinds(of: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Return all refusals that the service can make."""
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


@provoked.get("/provoked/<name>")
@provoked.get("/api/provoked/<name>")
@open_to("everybody")
def provoke(name: str) -> str:
    if name == "defect":
        raise ValueError(SECRET)
    if name == "unavailable":
        raise ServiceUnavailable
    if name == "odd":
        raise NotAcceptable
    # Two packages may have a refusal of the same name.
    raise next(
        kind for kind in kinds() if name in (kind.__name__, f"{kind.__module__}.{kind.__name__}")
    )


@provoked.post("/provoked/small")
@open_to("everybody")
def small() -> str:
    return str(len(request.get_data()))


@provoked.post("/provoked/large")
@open_to("everybody")
@body_limit(BODY_LIMIT * 4)
def large() -> str:
    return str(len(request.get_data()))


@pytest.fixture(scope="module")
def provoking(settings: Settings) -> Flask:
    made = create_app(settings)
    made.testing = False
    made.config["WTF_CSRF_ENABLED"] = False
    made.register_blueprint(provoked)
    return made


@pytest.fixture
def client(provoking: Flask, sessions: sessionmaker[Session]) -> FlaskClient:
    return provoking.test_client()


EXPECTED = {
    NotFound: 404,
    Conflict: 409,
    RareConflict: 409,
    Forbidden: 403,
    Invalid: 422,
    TooLarge: 413,
    TooMany: 429,
    Refusal: 409,
}


def test_every_general_refusal_has_its_status() -> None:
    assert set(STATUS) == set(EXPECTED) - {RareConflict}


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_program_gets_a_problem_document(client: FlaskClient, kind: type[Refusal]) -> None:
    answer = client.get(f"/api/provoked/{kind.__name__}")

    assert answer.status_code == EXPECTED[kind]
    assert answer.content_type == "application/problem+json"
    assert answer.get_json() == {
        "type": "about:blank",
        "title": kind.code,
        "status": EXPECTED[kind],
        "detail": kind.sentence,
        "code": kind.code,
    }


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_person_gets_a_page_with_the_sentence(client: FlaskClient, kind: type[Refusal]) -> None:
    answer = client.get(f"/provoked/{kind.__name__}", headers={"Accept": "text/html,*/*;q=0.8"})

    assert answer.status_code == EXPECTED[kind]
    assert answer.content_type == "text/html; charset=utf-8"
    assert '<html lang="zh' in answer.text
    assert kind.sentence in answer.text


def test_every_refusal_of_the_service_has_a_code_a_status_and_a_chinese_sentence(
    client: FlaskClient,
) -> None:
    found = set(kinds())
    assert len(found) > 15
    for kind in found:
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", kind.code), kind
        assert CHINESE.search(kind.sentence), kind
        assert kind.sentence.endswith(("。", "？", "！")), kind
        if any(each.default is each.empty for each in signature(kind).parameters.values()):
            continue  # says what was wrong with which field: its own tests raise it
        answer = client.get(f"/api/provoked/{kind.__module__}.{kind.__name__}")
        assert 400 <= answer.status_code < 500
        assert answer.get_json()["code"] == kind.code


def test_a_code_means_one_thing_wherever_it_comes_from() -> None:
    named = {(kind.code, kind.__name__) for kind in kinds()}
    codes = [code for code, _ in named]

    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize(
    ("accept", "is_program"),
    [
        ("application/json", True),
        ("application/json, text/plain", True),
        ("text/html", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("*/*", False),
        ("", False),
        ("application/json;q=0.5, text/html", False),
    ],
)
def test_who_asks_decides_between_page_and_document(
    client: FlaskClient, accept: str, *, is_program: bool
) -> None:
    answer = client.get("/provoked/NotFound", headers={"Accept": accept})

    assert answer.content_type.startswith("application/problem+json" if is_program else "text/html")


@pytest.mark.parametrize("path", ["/api/nothing/here", "/open311/v2/nothing.json"])
def test_an_address_that_does_not_exist_is_a_problem_for_programs(
    client: FlaskClient, path: str
) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert answer.get_json()["code"] == "not_found"
    assert CHINESE.search(answer.get_json()["detail"])


def test_an_address_that_does_not_exist_is_a_page_for_people(client: FlaskClient) -> None:
    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert "没有找到" in answer.text


@pytest.mark.parametrize(
    ("path", "status"), [("/provoked/unavailable", 503), ("/provoked/odd", 406)]
)
def test_other_http_errors_speak_chinese_too(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert CHINESE.search(answer.text)
    assert "The requested" not in answer.text


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete("/healthz", headers={"Accept": "application/json"})

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.get_json()["code"] == "method_not_allowed"


def test_an_address_that_needs_its_slash_is_led_there(client: FlaskClient) -> None:
    answer = client.get("/console")

    assert answer.status_code == 308
    assert answer.location.endswith("/console/")


@pytest.mark.parametrize("path", ["/provoked/defect", "/api/provoked/defect"])
def test_a_defect_tells_the_log_and_not_the_caller(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get(path)

    assert answer.status_code == 500
    assert CHINESE.search(answer.text) or CHINESE.search(answer.get_json()["detail"])
    assert SECRET not in answer.text
    assert "ValueError" not in answer.text
    assert caplog.records[-1].getMessage() == "unhandled ValueError at provoked.provoke"
    assert caplog.records[-1].exc_info is not None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/healthz"),
        ("GET", "/static/portal.css"),
        ("GET", "/console"),
        ("GET", "/console/cases"),
        ("GET", "/no/such/page"),
        ("GET", "/api/no/such/thing"),
        ("GET", "/provoked/defect"),
        ("GET", "/provoked/RareConflict"),
        ("DELETE", "/healthz"),
        ("POST", "/wechat"),
    ],
)
def test_every_answer_wears_the_security_headers(
    client: FlaskClient, method: str, path: str
) -> None:
    answer = client.open(path, method=method, buffered=True)

    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert re.fullmatch(r"[0-9a-f]{12}", answer.headers["X-Request-ID"])
    assert len(answer.headers.getlist("Content-Security-Policy")) == 1


def test_pages_load_nothing_from_elsewhere_and_are_framed_by_nobody() -> None:
    policy = HEADERS["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/", "/healthz", "/no/such/page", "/provoked/defect"])
def test_no_page_is_kept_by_what_lies_between(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_style_sheets_may_be_kept(client: FlaskClient) -> None:
    answer = client.get("/static/portal.css", buffered=True)

    assert answer.headers["Cache-Control"] == "no-cache"  # kept, and asked for again


@pytest.mark.parametrize(
    "given", ["12345678", "a" * 64, "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "ABC-def-123"]
)
def test_a_sane_request_id_is_kept(client: FlaskClient, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "short",
        "a" * 65,
        "--------",
        "a b c d e f g",
        "<script>alert(1)</script>",
        "id=1;DROP TABLE",
        "请求编号一二三四五",
        "abcdefgh\tWARNING forged line",
    ],
)
def test_any_other_request_id_is_replaced(client: FlaskClient, given: str) -> None:
    environ = {"HTTP_X_REQUEST_ID": given.encode().decode("latin-1")}
    answer = client.get("/healthz", environ_overrides=environ)

    assert re.fullmatch(r"[0-9a-f]{12}", answer.headers["X-Request-ID"])


def test_two_requests_have_two_ids(client: FlaskClient) -> None:
    ids = {client.get("/healthz").headers["X-Request-ID"] for _ in range(20)}

    assert len(ids) == 20


def test_after_a_request_its_id_is_gone(client: FlaskClient) -> None:
    for path in ("/healthz", "/provoked/defect"):
        client.get(path)
        assert request_id.get() == "-"


def test_a_body_up_to_the_limit_is_read(client: FlaskClient) -> None:
    assert client.post("/provoked/small", data=b"x" * BODY_LIMIT).text == str(BODY_LIMIT)
    assert client.post("/provoked/large", data=b"x" * BODY_LIMIT * 4).status_code == 200


@pytest.mark.parametrize(
    ("path", "length"),
    [("/provoked/small", BODY_LIMIT + 1), ("/provoked/large", BODY_LIMIT * 4 + 1)],
)
def test_a_larger_body_is_refused(client: FlaskClient, path: str, length: int) -> None:
    answer = client.post(path, data=b"x" * length)

    assert answer.status_code == 413
    assert CHINESE.search(answer.text)


def test_of_a_body_that_does_not_say_its_length_no_more_is_read(
    provoking: Flask, client: FlaskClient
) -> None:
    endless = io.BytesIO(b"x" * (BODY_LIMIT * 3))
    environ = EnvironBuilder("/provoked/small", method="POST").get_environ()
    environ.pop("CONTENT_LENGTH", None)
    # As gunicorn hands on what comes in chunks.
    environ |= {"wsgi.input": endless, "wsgi.input_terminated": True}

    _, status, _ = run_wsgi_app(provoking, environ)

    assert endless.tell() == BODY_LIMIT
    assert status == "200 OK"


def test_a_form_that_is_too_large_is_refused_before_anything_is_checked(
    client: FlaskClient,
) -> None:
    answer = client.post(
        "/console/sign-in", data={"username": "li.na", "password": "x" * BODY_LIMIT}
    )

    assert answer.status_code == 413
