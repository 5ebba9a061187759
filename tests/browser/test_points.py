"""From an award to the goods in hand: a resident's telephone and the counter, side by side."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

import points
from tests import factories
from tests.browser import points_pages
from tests.browser.conftest import DESKTOP, PHONE, House, Window, open_window, signed_in
from tests.points.mall import an_item, award

pytestmark = pytest.mark.browser


def a_resident(house: House) -> tuple[int, int]:
    """Return somebody who has just earned points, and something that he can have for them."""
    with house.sessions.begin() as session:
        citizen_id = factories.a_citizen(session)
        case_id = int(factories.key()[:7], 16)
        earned = award(session, citizen_id, case_id).points
        assert house.mall
        item_id = an_item(session, name="环保袋", price=earned, site_id=house.mall.site)
    return citizen_id, item_id


def a_phone(
    chromium: Browser, house: House, citizen_id: int, *, scripts: bool = True
) -> tuple[BrowserContext, Window]:
    context = chromium.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]},
        locale="zh-CN",
        has_touch=True,
        is_mobile=True,
        java_script_enabled=scripts,
    )
    points_pages.as_resident(context, house.url, house.sessions, citizen_id)
    return context, open_window(context, house)


def redeem_on(page: Page, house: House, item_id: int) -> None:
    """Go from the account to the pick-up code, as a resident does."""
    page.goto(f"{house.url}/points")
    expect(page.get_by_text("10 分可以用")).to_be_visible()
    page.get_by_role("link", name="去换东西").click()
    page.locator(f'a[href="/points/mall/{item_id}"]').click()
    page.get_by_role("link", name="在这里领").click()
    page.get_by_role("button", name="确认兑换").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("待领取")
    page.get_by_role("link", name="打开取货码").click()
    expect(page.get_by_role("img", name="取货的二维码")).to_be_visible()


def shown(page: Page) -> tuple[str, str]:
    """Return the number and the code that the page shows."""
    no, code = page.locator(".pickup__words dd").all_inner_texts()
    return no, code


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_earned_redeemed_and_handed_over_by_typing(
    chromium: Browser, house: House, *, scripts: bool
) -> None:
    citizen_id, item_id = a_resident(house)
    phone_context, phone = a_phone(chromium, house, citizen_id, scripts=scripts)
    redeem_on(phone.page, house, item_id)
    no, code = shown(phone.page)
    desk_context = chromium.new_context(
        viewport={"width": DESKTOP[0], "height": DESKTOP[1]},
        locale="zh-CN",
        java_script_enabled=scripts,
    )
    signed_in(desk_context, house)
    desk = open_window(desk_context, house)
    page = desk.open("/console/points/counter")
    page.get_by_label("兑换编号").fill(no)
    page.get_by_label("8 位取货码").fill(code)
    page.get_by_role("button", name="核销").click()
    expect(page.get_by_role("status").first).to_contain_text(f"请交付：环保袋（兑换编号 {no}）")
    if scripts:  # the resident's page finds out by itself
        phone.page.wait_for_url(re.compile(r"/points/redemptions/[0-9a-f-]{36}$"), timeout=20_000)
    else:
        phone.page.reload()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("已完成")
    with house.sessions() as session:
        balance = points.balance(session, citizen_id)
    assert (balance.usable, balance.held) == (0, 0)
    assert phone.faults + desk.faults == []
    phone_context.close()
    desk_context.close()


def test_the_code_on_the_telephone_is_read_from_a_photo(
    chromium: Browser, house: House, tmp_path: Path
) -> None:
    citizen_id, item_id = a_resident(house)
    phone_context, phone = a_phone(chromium, house, citizen_id)
    redeem_on(phone.page, house, item_id)
    no, _ = shown(phone.page)
    photo = tmp_path / "photo.png"
    # As a camera sees it: from a little aside, on a dark counter.
    seen = Image.open(BytesIO(phone.page.locator(".pickup__code").screenshot()))
    scene = Image.new("RGB", (1200, 900), "#333")
    scene.paste(seen.convert("RGB").resize((520, 520)).rotate(7, expand=True), (300, 150))
    scene.save(photo)
    context = chromium.new_context(locale="zh-CN")
    signed_in(context, house)
    desk = open_window(context, house)
    page = desk.open("/console/points/counter")
    page.evaluate("delete window.BarcodeDetector")
    page.get_by_label("或者拍一张取货码").set_input_files(photo)
    expect(page.get_by_role("status").first).to_contain_text(f"兑换编号 {no}", timeout=20_000)
    assert desk.faults == []
    phone_context.close()
    context.close()


def test_a_photo_of_something_else_is_said_to_be_none(
    chromium: Browser, house: House, tmp_path: Path
) -> None:
    photo = tmp_path / "cat.png"
    photo.write_bytes(factories.image_bytes((400, 300), kind="PNG"))
    context = chromium.new_context(locale="zh-CN")
    signed_in(context, house)
    desk = open_window(context, house)
    page = desk.open("/console/points/counter")
    page.evaluate("delete window.BarcodeDetector")
    page.get_by_label("或者拍一张取货码").set_input_files(photo)
    expect(page.get_by_text("没有认出二维码")).to_be_visible(timeout=20_000)
    assert desk.faults == []
    context.close()


def test_a_double_click_redeems_once(chromium: Browser, house: House) -> None:
    citizen_id, item_id = a_resident(house)
    context, phone = a_phone(chromium, house, citizen_id)
    assert house.mall
    page = phone.open(f"/points/mall/{item_id}/confirm?site_id={house.mall.site}")
    page.get_by_role("button", name="确认兑换").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("待领取")
    with house.sessions() as session:
        assert len(points.redemptions_of(session, citizen_id)) == 1
    context.close()


def test_pages_of_points_keep_to_their_weight(chromium: Browser, house: House) -> None:
    assert house.mall
    context, phone = a_phone(chromium, house, house.mall.resident)
    weights: dict[str, int] = {}
    phone.page.on("response", lambda answer: weights.update({answer.url: len(answer.body())}))
    phone.open("/points/redemptions/" + house.mall.redemptions["ready"] + "/pickup")
    heavy = {url: size for url, size in weights.items() if "vendor" not in url and size > 40_000}
    assert heavy == {}
    assert not [url for url in weights if "jsqr" in url]
    context.close()
