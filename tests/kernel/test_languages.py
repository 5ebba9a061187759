"""Which language a page speaks, who remembers it, and who does not."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kernel import words
from kernel.errors import Refusal
from kernel.words import said

ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}


def speaks(page: str) -> str:
    found = re.search(r'<html lang="([^"]+)"', page)
    assert found
    return found[1]


def test_chinese_is_what_everybody_gets(client: FlaskClient) -> None:
    assert speaks(client.get("/").text) == "zh-CN"
    assert speaks(client.get("/", headers={"Accept-Language": "de, fr;q=0.5"}).text) == "zh-CN"


def test_what_the_browser_prefers_decides_where_nobody_chose(client: FlaskClient) -> None:
    assert speaks(client.get("/", headers=ENGLISH).text) == "en"
    both = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    assert speaks(client.get("/", headers=both).text) == "zh-CN"
    assert client.get_cookie("bx_lang", domain="city.test") is None


def test_a_choice_is_kept_and_is_all_that_is_kept(client: FlaskClient) -> None:
    chosen = client.get("/?lang=en", base_url="http://city.test")
    assert speaks(chosen.text) == "en"
    assert speaks(client.get("/", base_url="http://city.test").text) == "en"
    kept = client.get_cookie("bx_lang", domain="city.test")
    assert kept
    assert (kept.value, kept.http_only, kept.same_site) == ("en", True, "Lax")
    client.get("/?lang=zh", base_url="http://city.test", headers=ENGLISH)
    assert speaks(client.get("/", base_url="http://city.test", headers=ENGLISH).text) == "zh-CN"


@pytest.mark.parametrize("asked", ["xx", "", "EN", "en%00", "../en", "zh_CN", "e" * 5000])
def test_a_language_that_is_none_of_ours_changes_nothing(client: FlaskClient, asked: str) -> None:
    answer = client.get(f"/?lang={asked}")
    assert answer.status_code == 200
    assert speaks(answer.text) == "zh-CN"
    assert "Set-Cookie" not in answer.headers


def test_a_spoilt_cookie_is_no_choice(client: FlaskClient) -> None:
    client.set_cookie("bx_lang", "../../etc/passwd", domain="city.test")
    assert speaks(client.get("/", base_url="http://city.test").text) == "zh-CN"


def test_every_page_offers_the_other_language_at_its_own_address(client: FlaskClient) -> None:
    page = client.get("/reports?no=JB12&_external=1&endpoint=x").text
    assert 'href="/reports?no=JB12&amp;_external=1&amp;endpoint=x&amp;lang=en">English</a>' in page
    # What was sent cannot be asked for again, and what is not there has no other language.
    assert 'href="/?lang=en"' in client.get("//elsewhere.example/x").text
    assert 'href="/?lang=en"' in client.post("/", data={"a": "b"}).text
    assert 'href="/?lang=zh">中文</a>' in client.get("/?lang=en").text


def test_the_desk_and_programs_are_spoken_to_in_chinese(client: FlaskClient) -> None:
    assert speaks(client.get("/console/sign-in?lang=en", headers=ENGLISH).text) == "zh-CN"
    answer = client.get("/api/v1/nothing?lang=en", headers=ENGLISH)
    assert answer.json
    assert "没有找到" in answer.json["detail"]
    assert "Set-Cookie" not in answer.headers


def test_texts_are_chinese_where_nobody_asks(app: Flask) -> None:
    assert words.gettext("查办理进度") == "查办理进度"


def test_a_refusal_is_said_in_the_language_of_the_page(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert said(Refusal()) == "We cannot do this now. Please try again later."
        assert said(Refusal("某人自己的 100% 说法")) == "某人自己的 100% 说法"
        assert said(None) == ""
    with app.test_request_context("/"):
        assert said(Refusal()) == Refusal.sentence


def test_a_refusal_keeps_what_it_is_about_apart_from_its_words() -> None:
    refusal = Refusal("最多 %(most)s 张", most=3)
    assert (refusal.sentence, str(refusal), said(refusal)) == ("最多 3 张",) * 3
