"""Finding the nearest as somebody does: with a script and its position, and without either."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    Route,
    ViewportSize,
    expect,
)

from tests import factories
from tests.browser.conftest import PHONE, House, open_window
from tests.convenience.places import HERE

pytestmark = pytest.mark.browser
SIZE = ViewportSize(width=PHONE[0], height=PHONE[1])


@pytest.fixture
def phone(chromium: Browser, house: House) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport=SIZE,
        locale="zh-CN",
        has_touch=True,
        geolocation={"latitude": HERE[0], "longitude": HERE[1]},
        permissions=["geolocation"],
    )
    yield context
    assert context.cookies() == []
    context.close()


def first_place(page: Page) -> str:
    return page.locator(".place h2").first.inner_text()


def test_two_taps_from_the_kinds_to_the_nearest(phone: BrowserContext, house: House) -> None:
    window = open_window(phone, house)
    page = window.open("/nearby")
    page.get_by_role("link", name="公厕", exact=True).tap()
    page.get_by_role("button", name="用我的位置").tap()
    page.wait_for_url("**/nearby/toilet?lat=29.57450&lng=106.53000&datum=wgs84")
    expect(page.locator(".place").first).to_contain_text("米")
    page.get_by_text("导航去这里").first.tap()
    link = page.get_by_role("link", name="高德地图").first
    assert (link.get_attribute("href") or "").startswith("https://uri.amap.com/navigation?to=106.5")
    page.get_by_role("link", name="现在开放", exact=True).tap()
    page.wait_for_url("**open_now=1")
    assert all("开放" in words for words in page.locator(".open").all_inner_texts())
    assert window.faults == []


def test_the_nearest_open_toilet_is_two_taps_from_a_cold_start(
    phone: BrowserContext, house: House
) -> None:
    window = open_window(phone, house)
    page = window.open("/")
    page.get_by_role("link", name="找最近的公厕").tap()
    page.get_by_role("button", name="用我的位置").tap()
    page.wait_for_url("**/nearby/toilet?open_now=1&lat=29.57450&lng=106.53000&datum=wgs84")
    expect(page.locator(".place").first).to_contain_text("开放")
    assert window.faults == []


def test_who_does_not_tell_his_position_is_led_on(chromium: Browser, house: House) -> None:
    context = chromium.new_context(viewport=SIZE, locale="zh-CN", permissions=[])
    page = context.new_page()
    page.goto(f"{house.url}/nearby/toilet")
    page.evaluate(
        "() => { navigator.geolocation.getCurrentPosition = (_, failed) => failed({code: 1}) }"
    )
    button = page.get_by_role("button", name="用我的位置")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("您没有允许读取位置")
    expect(button).to_be_enabled()
    context.close()


def test_without_scripts_words_lead_to_the_same(chromium: Browser, house: House) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport=SIZE, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{house.url}/nearby/toilet")
    assert page.get_by_role("button", name="用我的位置").count() == 0
    page.get_by_label("在哪一带？").fill("guanyinqiao")
    page.get_by_role("button", name="查找").click()
    assert "观音桥步行街" in first_place(page)
    page.get_by_text("看示意图").click()
    assert page.locator("svg.map .map__mark").count() == 10
    context.close()


def test_the_map_shows_what_the_list_says(phone: BrowserContext, house: House) -> None:
    window = open_window(phone, house)
    page = window.open(f"/nearby/toilet?lat={HERE[0]}&lng={HERE[1]}")
    page.get_by_text("看示意图").tap()
    here = page.locator(".map__here").bounding_box()
    assert here is not None
    for row in page.locator(".place").all():
        way = row.locator(".place__way").inner_text()
        number = row.locator(".place__number").inner_text()
        mark = page.locator(".map__mark", has=page.get_by_text(number, exact=True)).bounding_box()
        assert mark is not None
        if way.startswith("往北"):
            assert mark["y"] < here["y"]
        if way.startswith("往南"):
            assert mark["y"] > here["y"]
    assert window.faults == []


def test_a_correction_is_one_tap_and_a_thank_you(chromium: Browser, house: House) -> None:
    for scripts in (True, False):
        context = chromium.new_context(java_script_enabled=scripts, viewport=SIZE, locale="zh-CN")
        page = context.new_page()
        page.goto(f"{house.url}/facilities/whole")
        page.get_by_text("这里不对").click()
        page.get_by_role("button", name="已经关停").click()
        expect(page.get_by_role("status").first).to_contain_text("谢谢您，记下了")
        assert context.cookies() == []
        context.close()


def test_tiles_are_fetched_after_the_tap_and_never_before(
    phone: BrowserContext, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = house.app.extensions["baixing_settings"]
    chosen = {"map_tiles": "https://tiles.example/{z}/{x}/{y}.png", "map_tiles_credit": "© <b>某图"}
    monkeypatch.setitem(house.app.extensions, "baixing_settings", real.model_copy(update=chosen))
    asked: list[Request] = []

    def tile(route: Route) -> None:
        asked.append(route.request)
        route.fulfill(body=factories.image_bytes((256, 256)), content_type="image/png")

    phone.route("https://tiles.example/**", tile)
    page = phone.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(f"{house.url}/nearby/toilet?lat={HERE[0]}&lng={HERE[1]}")
    assert page.evaluate("typeof L") == "undefined"
    assert asked == []
    page.get_by_role("button", name="看地图").tap()
    expect(page.locator(".tiles .leaflet-tile-loaded").first).to_be_visible()
    assert page.locator(".tiles__mark").count() == page.locator(".place").count() + 1
    assert {request.headers.get("referer") for request in asked} == {f"{house.url}/"}
    expect(page.locator(".leaflet-control-attribution")).to_have_text("© <b>某图")
    page.locator(".tiles__mark:not(.tiles__mark--here)").last.tap(force=True)
    expect(page.locator(".leaflet-popup-content")).to_be_visible()
    assert faults == []
