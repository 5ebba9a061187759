"""Health for those who watch the service, and figures for those who may see them."""

import json

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from kernel import database, web
from kernel.settings import Settings
from kernel.web import open_to


def test_a_living_process_says_so(client: FlaskClient) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_with_its_database_the_service_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ok", "checks": {"database": "ok"}}


def test_without_its_database_the_service_lives_and_is_not_ready(client: FlaskClient) -> None:
    database.use(sessionmaker(create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")))

    ready = client.get("/readyz")

    assert ready.status_code == 503
    assert ready.get_json() == {"status": "unavailable", "checks": {"database": "unavailable"}}
    assert client.get("/healthz").status_code == 200


def test_figures_are_given_to_this_machine(client: FlaskClient) -> None:
    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    assert "# TYPE baixing_wechat_notices_owed gauge\nbaixing_wechat_notices_owed 0.0\n" in (
        answer.text
    )


@pytest.mark.parametrize(
    "environ",
    [
        {"REMOTE_ADDR": "203.0.113.7"},
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": ""},
        # A reverse proxy on this machine that we were not told of.
        {"HTTP_X_FORWARDED_FOR": "203.0.113.7"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=203.0.113.7"},
        {"HTTP_AUTHORIZATION": "Bearer ", "REMOTE_ADDR": "203.0.113.7"},
    ],
)
def test_figures_are_not_given_to_others(client: FlaskClient, environ: dict[str, str]) -> None:
    answer = client.get("/metrics", environ_overrides=environ)

    assert answer.status_code == 403
    assert "baixing_" not in answer.text


@pytest.fixture
def with_token(
    app: Flask, client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    careful = settings.model_copy(update={"metrics_token": SecretStr("right-token")})
    monkeypatch.setitem(app.extensions, "baixing_settings", careful)
    return client


@pytest.mark.parametrize("address", ["127.0.0.1", "203.0.113.7"])
@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer right-token", 200),
        ("Bearer wrong-token", 403),
        ("Bearer ", 403),
        ("Bearer", 403),
        ("right-token", 403),
        ("Basic right-token", 403),
        ("Bearer right-token\xe9", 403),
        ("", 403),
    ],
)
def test_with_a_token_set_figures_are_given_to_who_knows_it(
    with_token: FlaskClient, authorization: str, status: int, address: str
) -> None:
    answer = with_token.get(
        "/metrics",
        headers={"Authorization": authorization},
        environ_overrides={"REMOTE_ADDR": address},
    )

    assert answer.status_code == status


def bare_app(settings: Settings, proxies: int) -> FlaskClient:
    app = Flask(__name__)
    web.install(app, settings.model_copy(update={"trusted_proxies": proxies}))

    @app.get("/who")
    @open_to("everybody")
    def who() -> str:
        return json.dumps([request.remote_addr, request.scheme, request.host])

    return app.test_client()


FORWARDED = {
    "X-Forwarded-For": "127.0.0.1, 203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "city.example",
}


def test_what_a_stranger_claims_about_the_way_he_came_is_not_believed(settings: Settings) -> None:
    answer = bare_app(settings, 0).get("/who", headers=FORWARDED)

    assert json.loads(answer.text) == ["127.0.0.1", "http", "localhost"]


def test_what_our_own_proxy_says_is_believed(settings: Settings) -> None:
    answer = bare_app(settings, 1).get("/who", headers=FORWARDED)

    # The last step is what our proxy saw; the ones before are what it was told.
    assert json.loads(answer.text) == ["203.0.113.7", "https", "city.example"]
