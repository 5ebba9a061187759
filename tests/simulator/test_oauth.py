"""Who is reading a page: codes once and for five minutes, and a phone that may refuse."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

from simulator.world import World

from .account import APP_ID, APP_SECRET
from .test_pusher import follower

BACK = "http://127.0.0.1:8000/sign-in/back"


def address(**changed: str) -> str:
    query = {
        "appid": APP_ID,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "abc",
        **changed,
    }
    return f"/connect/oauth2/authorize?{urlencode(query)}"


def exchange(client: FlaskClient, code: str = "x", **changed: str) -> dict[str, object]:
    known = {"appid": APP_ID, "secret": APP_SECRET, "grant_type": "authorization_code"}
    query = known | {"code": code} | changed
    answer: dict[str, object] = client.get(f"/sns/oauth2/access_token?{urlencode(query)}").get_json(
        force=True
    )
    return answer


def code_of(location: str) -> str:
    return parse_qs(urlsplit(location).query)["code"][0]


def grant(client: FlaskClient, openid: str, **changed: str) -> str:
    client.set_cookie("sim_phone", openid)
    return client.get(address(**changed)).location


def test_a_phone_in_this_browser_is_led_back_with_a_code(world: World, client: FlaskClient) -> None:
    openid = follower(world)
    location = grant(client, openid)
    assert location.startswith(f"{BACK}?code=")
    assert location.endswith("&state=abc")
    answer = exchange(client, code_of(location))
    assert (answer["openid"], answer["scope"]) == (openid, "snsapi_base")
    assert "errcode" not in answer
    assert "unionid" not in answer


def test_a_code_is_good_once_and_five_minutes(world: World, client: FlaskClient) -> None:
    openid = follower(world)
    code = code_of(grant(client, openid))
    exchange(client, code)
    assert exchange(client, code)["errcode"] == 40163
    late = code_of(grant(client, openid))
    world.clock.set(offset_s=301)
    assert exchange(client, late)["errcode"] == 40029
    assert exchange(client, "unknown")["errcode"] == 40029


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"appid": "wx0"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"grant_type": "client_credential"}, 40002),
        ({"code": ""}, 41008),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
    ],
)
def test_wrong_exchanges_have_their_numbers(
    client: FlaskClient, changed: dict[str, str], errcode: int
) -> None:
    assert exchange(client, **changed)["errcode"] == errcode


def test_a_refusal_comes_back_without_a_code(world: World, client: FlaskClient) -> None:
    openid = follower(world)
    client.post(
        f"/__sim__/users/{openid}/settings", json={"oauth": "refuse"}, headers={"X-Simulator": "1"}
    )
    assert grant(client, openid) == f"{BACK}?state=abc"


def test_a_browser_that_plays_no_phone_is_asked_which(world: World, client: FlaskClient) -> None:
    openid = follower(world)
    page = client.get(address())
    assert page.status_code == 200
    assert openid in page.text
    assert "拒绝" in page.text


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"redirect_uri": "http://evil.example/back"}, "10003"),
        ({"redirect_uri": "javascript:x"}, "10003"),
        ({"scope": "snsapi_login"}, "10005"),
        ({"appid": "wx0"}, "10013"),
        ({"state": "x" * 129}, "bad_state"),
    ],
)
def test_a_page_that_asks_wrongly_is_told_the_number(
    world: World, client: FlaskClient, changed: dict[str, str], number: str
) -> None:
    follower(world)
    answer = client.get(address(**changed))
    assert answer.status_code == 400
    assert answer.get_json()["error"] == number


def test_user_info_needs_its_scope_and_a_token_is_refreshed(
    world: World, client: FlaskClient
) -> None:
    openid = follower(world)
    base = exchange(client, code_of(grant(client, openid)))
    asked = urlencode({"access_token": base["access_token"], "openid": openid})
    assert client.get(f"/sns/userinfo?{asked}").get_json(force=True)["errcode"] == 48001
    assert client.get(f"/sns/auth?{asked}").get_json(force=True)["errcode"] == 0
    more = exchange(client, code_of(grant(client, openid, scope="snsapi_userinfo")))
    query = urlencode(
        {
            "appid": APP_ID,
            "grant_type": "refresh_token",
            "refresh_token": more["refresh_token"],
        }
    )
    fresh = client.get(f"/sns/oauth2/refresh_token?{query}").get_json(force=True)
    asked = urlencode({"access_token": fresh["access_token"], "openid": openid})
    shown = client.get(f"/sns/userinfo?{asked}").get_json(force=True)
    assert (shown["openid"], shown["unionid"]) == (openid, more["unionid"])
    world.clock.set(offset_s=7201)
    assert client.get(f"/sns/auth?{asked}").get_json(force=True)["errcode"] == 42001
    world.clock.set(offset_s=31 * 86400)
    assert client.get(f"/sns/oauth2/refresh_token?{query}").get_json(force=True)["errcode"] == 42002
