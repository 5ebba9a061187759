"""Faults to order on the API half, over real connections."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from simulator.config import Config
from simulator.server import running

from .account import APP_ID, APP_SECRET

ACCOUNT = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET}
HEADERS = {"X-Simulator": "1"}


@pytest.fixture
def platform(config: Config) -> Iterator[str]:
    with running(config) as address:
        yield address


def ordered(platform: str, kind: str, **more: object) -> None:
    order = {"endpoint": "cgi-bin/stable_token", "kind": kind, **more}
    requests.post(f"{platform}/__sim__/faults", json=order, headers=HEADERS, timeout=5)


def asked(platform: str) -> requests.Response:
    return requests.post(f"{platform}/cgi-bin/stable_token", json=ACCOUNT, timeout=5)


def token(platform: str) -> str:
    body: dict[str, Any] = asked(platform).json()
    return str(body["access_token"])


def test_busy_is_an_error_code_as_often_as_ordered(platform: str) -> None:
    ordered(platform, "busy", times=2)
    codes = [asked(platform).json().get("errcode") for _ in range(3)]
    assert codes == [-1, -1, None]


def test_a_gateway_error_and_a_page_instead_of_json(platform: str) -> None:
    ordered(platform, "http502")
    assert asked(platform).status_code == 502
    ordered(platform, "html")
    page = asked(platform)
    assert (page.status_code, page.text[:6]) == (200, "<html>")


def test_a_connection_that_breaks_before_the_answer(platform: str) -> None:
    ordered(platform, "reset")
    with pytest.raises(requests.ConnectionError):
        asked(platform)


def test_a_connection_that_breaks_within_the_answer(platform: str) -> None:
    ordered(platform, "cut")
    with pytest.raises(requests.RequestException):
        asked(platform)


def test_json_that_ends_in_the_middle(platform: str) -> None:
    ordered(platform, "truncated")
    with pytest.raises(requests.JSONDecodeError):
        asked(platform).json()


def test_an_answer_that_takes_its_time(platform: str) -> None:
    ordered(platform, "latency", latency_s=0.2)
    began = time.monotonic()
    assert "access_token" in asked(platform).json()
    assert time.monotonic() - began >= 0.2


def test_a_used_up_quota(platform: str) -> None:
    ordered(platform, "quota")
    assert asked(platform).json()["errcode"] == 45009


def test_revoked_tokens_are_refused_at_once(platform: str) -> None:
    old = token(platform)
    ordered(platform, "revoke_tokens")
    answer = requests.get(
        f"{platform}/cgi-bin/menu/get", params={"access_token": old}, timeout=5
    ).json()
    assert answer["errcode"] == 40001
    assert token(platform) != old


def test_a_call_may_take_effect_although_its_answer_is_lost(platform: str) -> None:
    forced = {**ACCOUNT, "force_refresh": True}
    before = token(platform)
    ordered(platform, "reset", takes_effect=True)
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{platform}/cgi-bin/stable_token", json=forced, timeout=5)
    assert token(platform) != before


def test_a_fault_meets_only_its_endpoint_or_every_one(platform: str) -> None:
    ordered(platform, "busy", endpoint="cgi-bin/menu/get")
    assert "access_token" in asked(platform).json()
    ordered(platform, "busy", endpoint="*")
    assert asked(platform).json()["errcode"] == -1


def test_a_fault_may_last_for_a_time_and_be_called_off(platform: str) -> None:
    ordered(platform, "busy", seconds=60)
    assert [asked(platform).json()["errcode"] for _ in range(3)] == [-1] * 3
    requests.delete(f"{platform}/__sim__/faults", headers=HEADERS, timeout=5)
    assert "access_token" in asked(platform).json()
