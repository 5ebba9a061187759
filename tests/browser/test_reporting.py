"""Somebody reports from his phone: by the map, by the phone's place, and with scripts off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect

from tests.browser.conftest import PHONE, House, open_window
from tests.browser.test_pages import violations
from tests.convenience.places import HERE

pytestmark = pytest.mark.browser
SIZE = ViewportSize(width=PHONE[0], height=PHONE[1])


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=SIZE, locale="zh-CN", has_touch=True, is_mobile=True)
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": HERE[0] + 0.02, "longitude": HERE[1]})
    yield context
    context.close()


def test_a_report_with_photo_place_and_class_survives_the_camera(
    phone: BrowserContext, house: House, photo_file: Path
) -> None:
    window = open_window(phone, house)
    page = window.open("/report")
    page.get_by_label("怎么了").fill("井盖松动，一踩就响")
    page.get_by_label("照片").set_input_files(photo_file)
    page.get_by_role("button", name="用我现在的位置").tap()
    expect(page.get_by_text("位置已经记下")).to_be_visible()
    page.reload()  # as a phone does that threw the page away while its camera was open
    expect(page.get_by_text("已经恢复您刚才填的内容")).to_be_visible()
    assert page.locator("[name=lat]").input_value() == f"{HERE[0] + 0.02:.5f}"
    page.wait_for_function("document.querySelector('[name=photos]').files.length === 1")
    page.get_by_role("button", name="下一步").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("看一看，对不对")
    expect(page.get_by_text("1 张", exact=True)).to_be_visible()
    page.get_by_text("自己从表里选").tap()
    assert violations(page) == []
    page.get_by_label("说不准").check()
    page.get_by_role("button", name="提交上报").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("报上去了，谢谢您")
    page = window.open("/report")
    expect(page.get_by_label("怎么了")).to_have_value("")
    assert window.faults == []


def test_taps_on_the_map_without_sending_anything(phone: BrowserContext, house: House) -> None:
    window = open_window(phone, house)
    page = window.open("/report")
    page.get_by_text("在图上点").tap()
    for words in ("图放大了", "图放大了", "图放大了", "位置已经记下"):
        page.locator("[name=tap]").tap(position={"x": 120, "y": 120})
        expect(page.get_by_role("status")).to_contain_text(words)
    assert page.url.endswith("/report")
    assert page.locator("[name=lat]").input_value().startswith("29.")
    assert window.faults == []


def test_the_map_and_the_whole_way_work_without_scripts(
    chromium: Browser, house: House, photo_file: Path
) -> None:
    context = chromium.new_context(
        viewport=SIZE, locale="zh-CN", has_touch=True, java_script_enabled=False
    )
    window = open_window(context, house)
    page = window.open("/report")
    page.get_by_label("怎么了").fill("护栏断了")
    page.get_by_label("照片").set_input_files(photo_file)
    page.get_by_text("在图上点").tap()
    page.locator("[name=tap]").tap(position={"x": 120, "y": 120})
    expect(page.get_by_text("已收到 1 张")).to_be_visible()
    page.locator("[name=tap]").tap(position={"x": 100, "y": 100})
    page.get_by_role("button", name="下一步").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("看一看，对不对")
    page.get_by_role("button", name="提交上报").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("报上去了，谢谢您")
    assert context.cookies() == []
    assert window.faults == []
    context.close()
