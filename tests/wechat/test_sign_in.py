"""A resident's browser comes in by the platform's word, and by nothing else."""

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.models import Citizen, CitizenSession
from tests.wechat.sim import SECRET, Sim, platform
from wechat import client as platform_client
from wechat import sign_in

WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"}
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with platform(tmp_path_factory.mktemp("sim")) as made:
        yield made


@pytest.fixture
def browser(app: Flask, sim: Sim, request: pytest.FixtureRequest) -> Iterator[FlaskClient]:
    sim.post("reset")
    made = sim.client(request.node.name)
    platform_client.use(made)
    yield app.test_client()
    made.close()


def goes_to(browser: FlaskClient, wanted: str = "/reports") -> str:
    """Ask for a page of one's own; return where the platform is asked."""
    answer = browser.get("/sign-in", query_string={"next": wanted}, headers=WECHAT)
    assert answer.status_code == 303
    return answer.location


def comes_back(browser: FlaskClient, location: str) -> TestResponse:
    return browser.get(location.removeprefix("http://city.test"), headers=WECHAT)


def authorized(sim: Sim, openid: str, location: str, answer: str = "grant") -> str:
    body = {"url": location, "answer": answer}
    return str(sim.post(f"users/{openid}/authorize", body)["location"])


def is_signed_in(browser: FlaskClient) -> bool:
    return browser.get_cookie("bx_me") is not None


def test_the_platform_is_asked_who_is_reading_and_for_no_more(browser: FlaskClient) -> None:
    parts = urlsplit(goes_to(browser))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.netloc, parts.path, parts.fragment) == (
        "open.weixin.qq.com",
        "/connect/oauth2/authorize",
        "wechat_redirect",
    )
    assert query["scope"] == "snsapi_base"
    assert query["redirect_uri"] == "http://city.test/sign-in/back"
    assert re.fullmatch("[0-9a-f]{32}", query["state"])


def test_who_is_vouched_for_gets_to_his_page(
    browser: FlaskClient, sim: Sim, session: Session
) -> None:
    phone = sim.phone()
    back = comes_back(browser, authorized(sim, phone, goes_to(browser, "/reports?no=1")))
    assert (back.status_code, back.location) == (303, "/reports?no=1")
    assert is_signed_in(browser)
    known = session.scalars(select(Citizen)).one()
    assert (known.openid, known.is_following) == (phone, False)
    assert session.scalars(select(CitizenSession.citizen_id)).one() == known.id


def test_following_is_not_changed_by_reading(
    browser: FlaskClient, sim: Sim, session: Session
) -> None:
    phone = sim.phone()
    session.add(Citizen(openid=phone, is_following=True))
    session.commit()
    comes_back(browser, authorized(sim, phone, goes_to(browser)))
    assert session.scalars(select(Citizen.is_following)).all() == [True]


def test_who_refuses_is_helped_and_not_signed_in(browser: FlaskClient, sim: Sim) -> None:
    back = comes_back(browser, authorized(sim, sim.phone(), goes_to(browser), "refuse"))
    assert back.status_code == 200
    assert "没有登录，也可以办事" in back.text
    assert 'href="/reports"' in back.text
    assert not is_signed_in(browser)


def test_the_way_back_taken_twice_leads_to_the_page_both_times(
    browser: FlaskClient, sim: Sim, session: Session
) -> None:
    location = authorized(sim, sim.phone(), goes_to(browser, "/reports?no=1"))
    assert comes_back(browser, location).location == "/reports?no=1"
    again = comes_back(browser, location)
    assert again.status_code == 303
    assert session.scalar(select(func.count()).select_from(CitizenSession)) == 1


def test_a_code_is_used_once_though_two_ways_back_are_taken_at_once(
    app: Flask, browser: FlaskClient, sim: Sim
) -> None:
    location = authorized(sim, sim.phone(), goes_to(browser))
    (cookie,) = [
        each for each in (browser._cookies or {}).values() if each.key.startswith("bx_in")
    ]  # werkzeug lists them nowhere else

    def back(_: int) -> TestResponse:
        other = app.test_client()
        other.set_cookie(cookie.key, cookie.value, path="/sign-in")
        return comes_back(other, location)

    # One connection holds the test's transaction, so the threads take turns at the database.
    with ThreadPoolExecutor(1) as pool:
        answers = list(pool.map(back, range(2)))
    assert sorted(answer.status_code for answer in answers) == [303, 400]
    assert "请再点一次" in next(a.text for a in answers if a.status_code == 400)


def test_a_state_of_another_browser_signs_nobody_in(
    app: Flask, browser: FlaskClient, sim: Sim
) -> None:
    location = authorized(sim, sim.phone(), goes_to(browser))
    victim = app.test_client()
    back = comes_back(victim, location)
    assert back.status_code == 400
    assert not is_signed_in(victim)
    # The code was not spent on him.
    assert comes_back(browser, location).status_code == 303


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?state=&code=",
        "?state=0123&code=abc",
        f"?state={'0' * 32}&code=abc",
        f"?state={'g' * 32}&code=abc",
        f"?code={'c' * 5000}",
        "?state=%00%ff&code=%00",
        "?state=a&state=b&code=c&code=d",
    ],
)
def test_garbage_on_the_way_back_gets_a_kind_page(browser: FlaskClient, query: str) -> None:
    back = browser.get(f"/sign-in/back{query}", headers=WECHAT)
    assert back.status_code == 400
    assert "继续" in back.text
    assert not is_signed_in(browser)


@pytest.mark.parametrize("fault", ["busy", "http502", "html", "truncated", "reset", "quota"])
def test_a_platform_in_trouble_costs_a_minute_and_no_secret(
    browser: FlaskClient, sim: Sim, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    location = authorized(sim, sim.phone(), goes_to(browser))
    sim.fault("sns/oauth2/access_token", fault)
    back = comes_back(browser, location)
    assert back.status_code == 503
    assert "不是您的问题" in back.text
    code = parse_qs(urlsplit(location).query)["code"][0]
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert code not in said.replace(location, "")
    assert SECRET not in said
    # The state is still good: the same link works once the platform does, if the code is unspent.
    again = comes_back(browser, location)
    assert again.status_code == (400 if fault == "truncated" else 303)


def test_an_unknown_code_begins_anew(browser: FlaskClient, sim: Sim) -> None:
    location = authorized(sim, sim.phone(), goes_to(browser))
    code = parse_qs(urlsplit(location).query)["code"][0]
    back = comes_back(browser, location.replace(code, "0" * 32))
    assert back.status_code == 400
    assert "请再点一次" in back.text


def test_several_ways_in_of_one_browser_do_not_disturb_each_other(
    browser: FlaskClient, sim: Sim
) -> None:
    phone = sim.phone()
    first, second = goes_to(browser, "/reports?no=1"), goes_to(browser, "/reports?no=2")
    assert comes_back(browser, authorized(sim, phone, first)).location == "/reports?no=1"
    assert comes_back(browser, authorized(sim, phone, second)).location == "/reports?no=2"


def test_outside_wechat_the_page_says_where_to_open_it(client: FlaskClient) -> None:
    answer = client.get("/sign-in?next=/reports")
    assert answer.status_code == 200
    assert "请从微信打开" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_what_was_typed_in_a_form_is_said_to_be_lost(client: FlaskClient) -> None:
    answer = client.get("/sign-in?next=/reports&lost=1", headers=WECHAT)
    assert answer.status_code == 200
    assert "没有发出" in answer.text
    assert 'href="/sign-in?next=/reports"' in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\n//evil.example",
        "javascript:alert(1)",
        "reports",
        "",
        "/console/cases",
        "/sign-in/back",
        "/wechat",
        "http://[",
        "/" + "x" * 2000,
    ],
)
def test_only_our_own_pages_are_led_to(address: str) -> None:
    assert sign_in.own_page(address) == "/"


@pytest.mark.parametrize("address", ["/", "/reports", "/points?page=2", "/signs/AB12", "/me#top"])
def test_our_own_pages_are_led_to(address: str) -> None:
    assert sign_in.own_page(address) == address


def test_a_cookie_is_good_for_its_own_state_key_and_ten_minutes() -> None:
    attempt = sign_in.begin("/reports")
    value = sign_in.signed(attempt, "k" * 32, NOW)
    assert sign_in.read(value, attempt.state, "k" * 32, NOW) == attempt
    assert sign_in.read(value, "0" * 32, "k" * 32, NOW) is None
    assert sign_in.read(value, attempt.state, "j" * 32, NOW) is None
    late = NOW + sign_in.LASTS + timedelta(seconds=1)
    assert sign_in.read(value, attempt.state, "k" * 32, late) is None
    for broken in ("", ".", value[:-1], value + "x", "W10.abc"):
        assert sign_in.read(broken, attempt.state, "k" * 32, NOW) is None
