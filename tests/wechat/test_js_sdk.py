"""Signatures for pages in WeChat's browser: for ours only, and the ticket stays here."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete
from sqlalchemy.orm import sessionmaker

from kernel import database
from kernel.web import HEADERS
from tests.wechat.sim import APP_ID, Sim, platform
from wechat import client as platform_client
from wechat import js_sdk, wording
from wechat.tokens import WeChatToken

WECHAT = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.50"}
PAGE = "http://city.test/facilities/t1?a=b"


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with platform(tmp_path_factory.mktemp("sim")) as made:
        yield made


@pytest.fixture
def signer(app: Flask, sim: Sim, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    sim.post("reset")
    real = app.extensions["baixing_settings"].model_copy(update={"wechat_js_sdk": True})
    monkeypatch.setitem(app.extensions, "baixing_settings", real)
    made = sim.client("signer")
    platform_client.use(made)
    yield app.test_client()
    made.close()


def asked(*urls: str) -> str:
    return "/api/v1/wechat/js-signature?" + urlencode([("url", url) for url in urls])


def test_the_platforms_own_example_comes_out() -> None:
    ticket = (
        "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    )
    made = js_sdk.signature(
        ticket=ticket,
        nonce="Wm3WZYTPz0wzccnW",
        timestamp=1414587457,
        url="http://mp.weixin.qq.com?params=value",
    )
    assert made == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_a_page_of_ours_is_signed_without_what_follows_the_mark(
    signer: FlaskClient, sim: Sim
) -> None:
    given = signer.get(asked(f"{PAGE}#top")).get_json()
    ticket = sim_ticket()
    signed = (
        f"jsapi_ticket={ticket}&noncestr={given['nonceStr']}"
        f"&timestamp={given['timestamp']}&url={PAGE}"
    )
    assert given["signature"] == hashlib.sha1(signed.encode()).hexdigest()  # noqa: S324  # the platform's choice
    assert given["appId"] == APP_ID
    assert set(given) == {"appId", "timestamp", "nonceStr", "signature"}


def sim_ticket() -> str:
    return platform_client.current().js_ticket()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://city.test/",
        "http://city.test.evil.example/",
        "http://city.test@evil.example/",
        "http://user@city.test/",
        "http://city.test:8080/",
        "http://evil.example/http://city.test/",
        "//city.test/",
        "/facilities/t1",
        "javascript:alert(1)",
        "http://city.test\\@evil.example/",
        "http://city.test/\n",
        "http://[",
        "http://city.test/" + "x" * 3000,
    ],
)
def test_no_other_page_is_signed(signer: FlaskClient, url: str) -> None:
    answer = signer.get(asked(url))
    assert answer.status_code == 422
    assert answer.get_json()["code"] == "not_our_page"


def test_one_address_and_one_only(signer: FlaskClient) -> None:
    assert signer.get(asked()).status_code == 422
    assert signer.get(asked(PAGE, PAGE)).status_code == 422


def test_a_platform_in_trouble_is_said_and_asked_again(signer: FlaskClient, sim: Sim) -> None:
    sim.fault("cgi-bin/ticket/getticket", "busy")
    assert signer.get(asked(PAGE)).status_code == 409
    assert signer.get(asked(PAGE)).status_code == 200


def test_without_the_setting_nothing_is_signed(client: FlaskClient) -> None:
    answer = client.get(asked(PAGE))
    assert (answer.status_code, answer.get_json()["code"]) == (404, "js_sdk_off")


def test_wechats_browser_gets_the_script_and_the_policy_that_lets_it_in(
    signer: FlaskClient,
) -> None:
    page = signer.get("/", headers=WECHAT)
    assert f'src="{js_sdk.SCRIPT}"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self' https://res.wx.qq.com;" in policy
    assert (
        policy.replace(" script-src 'self' https://res.wx.qq.com;", "")
        == (HEADERS["Content-Security-Policy"])
    )


@pytest.mark.parametrize(
    ("address", "headers"),
    [("/", {}), ("/console/sign-in", WECHAT)],
)
def test_nobody_else_gets_it(signer: FlaskClient, address: str, headers: dict[str, str]) -> None:
    answer = signer.get(address, headers=headers)
    assert "res.wx.qq.com" not in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_without_the_setting_wechats_browser_gets_no_script(client: FlaskClient) -> None:
    assert "res.wx.qq.com" not in client.get("/", headers=WECHAT).text


def test_sixteen_threads_of_two_clients_fetch_one_ticket(
    engine: Engine, sim: Sim, tmp_path: Path
) -> None:
    sim.post("reset")
    database.use(sessionmaker(engine, expire_on_commit=False))
    clients = [sim.client(str(tmp_path)) for _ in range(2)]
    try:
        with ThreadPoolExecutor(16) as pool:
            tickets = list(pool.map(lambda n: clients[n % 2].js_ticket(), range(16)))
        assert len(set(tickets)) == 1
        used = {each["endpoint"]: each["used"] for each in sim.get("quotas")["items"]}
        assert used["cgi-bin/ticket/getticket"] == 1
        assert used["cgi-bin/stable_token"] == 1
    finally:
        for each in clients:
            each.close()
        with database.transaction() as session:
            session.execute(delete(WeChatToken).where(WeChatToken.name.endswith(str(tmp_path))))


# The page where residents agree to notices.


@pytest.fixture
def agreeing(signer: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    real = app.extensions["baixing_settings"].model_copy(
        update={"wechat_subscription_template_id": "template-1"}
    )
    monkeypatch.setitem(app.extensions, "baixing_settings", real)
    return signer


def test_in_wechat_the_page_has_its_element_for_our_template(agreeing: FlaskClient) -> None:
    page = agreeing.get("/notices", headers=WECHAT)
    assert '<wx-open-subscribe template="template-1"' in page.text
    assert "agree.js" in page.text
    assert "frame-src https://*.qq.com webcompt:" in page.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]


def test_elsewhere_the_page_says_what_to_do_and_works_without(agreeing: FlaskClient) -> None:
    page = agreeing.get("/notices")
    assert page.status_code == 200
    assert "wx-open-subscribe" not in page.text
    assert "请在微信里打开这一页" in page.text


def test_without_a_template_nothing_is_asked(signer: FlaskClient) -> None:
    assert "wx-open-subscribe" not in signer.get("/notices", headers=WECHAT).text


def test_a_report_leads_to_the_page_only_where_there_is_something_to_agree_to() -> None:
    without = wording.submitted(report_no="JB1", url="http://city.test/r")
    led = wording.submitted(
        report_no="JB1", url="http://city.test/r", agree_url="http://city.test/notices"
    )
    assert "/notices" in led
    assert "/notices" not in without
