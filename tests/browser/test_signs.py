"""Somebody scans a sign: finds a toilet, reports what is broken, and does not lose what he wrote."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Response, ViewportSize, expect

import cases
from tests.browser.conftest import PHONE, House, open_window
from tests.browser.test_desk import all_the_way
from tests.convenience.places import HERE
from tests.qr.signs import WECHAT

pytestmark = pytest.mark.browser
SIZE = ViewportSize(width=PHONE[0], height=PHONE[1])
FIRST_VIEW = 30 * 1024


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport=SIZE, locale="zh-CN", has_touch=True, is_mobile=True, user_agent=WECHAT
    )
    yield context
    context.close()


@pytest.fixture
def plain_phone(chromium: Browser) -> Iterator[BrowserContext]:
    """Lend a phone that runs no scripts, gives no place and keeps no cookie."""
    context = chromium.new_context(
        viewport=SIZE, locale="zh-CN", has_touch=True, java_script_enabled=False, permissions=[]
    )
    yield context
    assert context.cookies() == []
    context.close()


def test_from_the_scan_to_the_way_there_without_scripts(
    plain_phone: BrowserContext, house: House
) -> None:
    window = open_window(plain_phone, house)
    page = window.open(f"/s/{house.signs['hanging'].code}")
    expect(page.get_by_role("heading", level=1)).to_have_text("观音桥步行街路口")
    page.get_by_role("link", name="上厕所", exact=True).tap()
    expect(page).to_have_url(f"{house.url}/s/{house.signs['hanging'].code}#toilet")
    first = page.locator("#toilet li").first
    expect(first).to_contain_text("米")
    expect(page.locator("#toilet li")).to_have_count(3)
    way = first.get_by_role("link", name="导航").get_attribute("href") or ""
    assert way.startswith("https://apis.map.qq.com/uri/v1/routeplan?type=walk&to=")
    page.get_by_text("这块牌子是真的吗").tap()
    assert window.faults == []


def test_all_of_the_first_view_is_under_30_kb_over_the_wire(
    phone: BrowserContext, house: House
) -> None:
    page = phone.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  # no builtin here
    page.goto(f"{house.url}/s/{house.signs['hanging'].code}")
    page.wait_for_load_state("networkidle")
    weight = sum(len(answer.body()) for answer in answers)

    assert {answer.url.rpartition("/")[2] for answer in answers} >= {"portal.css", "sign.css"}
    assert not any(answer.url.endswith(".js") for answer in answers)
    assert weight < FIRST_VIEW, weight


def test_from_the_scan_to_a_closed_case(
    phone: BrowserContext, chromium: Browser, house: House, photo_file: Path
) -> None:
    window = open_window(phone, house)
    page = window.open(f"/s/{house.signs['hanging'].code}")
    page.get_by_role("link", name="上报这里的问题").tap()
    page.get_by_label("怎么了").fill("路面坑洼，积水很深")
    page.get_by_label("照片").set_input_files(photo_file)
    page.get_by_label("您的电话").fill("13812345678")
    page.get_by_role("button", name="提交").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("报上去了，谢谢您")
    number = page.locator(".big-number").inner_text()

    desk = chromium.new_context(locale="zh-CN")
    at_desk = open_window(desk, house)
    made = cases.Reported(0, number, "")
    all_the_way(at_desk.open("/console/"), made, photo_file)
    page.get_by_role("link", name="看办理进度").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("已办结")
    assert window.faults == at_desk.faults == []
    desk.close()


def test_a_page_that_the_phone_threw_away_comes_back_with_words_and_photos(
    phone: BrowserContext, house: House, photo_file: Path
) -> None:
    window = open_window(phone, house)
    page = window.open(f"/s/{house.signs['hanging'].code}/report")
    page.get_by_label("怎么了").fill("护栏断了")
    page.get_by_label("照片").set_input_files(photo_file)
    # The photo is kept when the database has it.
    page.wait_for_function(
        """async () => {
          const opened = indexedDB.open('bx-drafts', 1);
          const base = await new Promise((done) => { opened.onsuccess = () => done(opened.result); });
          const asked = base.transaction('photos').objectStore('photos').count();
          return await new Promise((done) => { asked.onsuccess = () => done(asked.result === 1); });
        }"""
    )
    key = page.locator("[name=request_key]").input_value()
    page.close()
    again = open_window(phone, house)
    page = again.open(f"/s/{house.signs['hanging'].code}/report")

    expect(page.get_by_label("怎么了")).to_have_value("护栏断了")
    expect(page.get_by_text("已经恢复您刚才填的内容")).to_be_visible()
    assert page.locator("[name=request_key]").input_value() == key
    page.wait_for_function("document.querySelector('[name=photos]').files.length === 1")
    page.get_by_role("button", name="提交").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("报上去了，谢谢您")
    page = again.open(f"/s/{house.signs['hanging'].code}/report")
    expect(page.get_by_label("怎么了")).to_have_value("")
    assert window.faults == again.faults == []


def test_who_wants_to_may_show_that_he_stands_there(phone: BrowserContext, house: House) -> None:
    phone.grant_permissions(["geolocation"])
    phone.set_geolocation({"latitude": HERE[0], "longitude": HERE[1]})
    window = open_window(phone, house)
    page = window.open(f"/s/{house.signs['hanging'].code}/report")
    page.get_by_role("button", name="证实我就在标牌旁边").tap()
    expect(page.get_by_text("比完不保存")).to_be_visible()
    assert page.locator("[name=lat]").input_value() == f"{HERE[0]:.4f}"
    assert window.faults == []


def test_a_typed_code_finds_its_sign(plain_phone: BrowserContext, house: House) -> None:
    code = house.signs["hanging"].code
    window = open_window(plain_phone, house)
    page = window.open("/s")
    page.get_by_label("牌面上的 8 位码").fill(f"{code[:4].lower()}-{code[4:].lower()}")
    page.get_by_role("button", name="打开").tap()
    expect(page).to_have_url(f"{house.url}/s/{code}")
