"""A case is filed, dispatched, disposed and closed: by mouse, on a phone, by keyboard, in races."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import cases
from cases.rules import Status
from convenience import import_tasks, lists_at_work
from tests import factories
from tests.browser.conftest import (
    DESKTOP,
    PASSWORD,
    PHONE,
    USERNAME,
    House,
    Window,
    open_window,
    signed_in,
)

pytestmark = pytest.mark.browser


def new_context(
    chromium: Browser, size: tuple[int, int], *, scripts: bool = True
) -> BrowserContext:
    return chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN",
        has_touch=size == PHONE,
        is_mobile=size == PHONE,
        java_script_enabled=scripts,
    )


@pytest.fixture
def window(chromium: Browser, house: House) -> Iterator[Window]:
    context = new_context(chromium, DESKTOP)
    signed_in(context, house)
    yield open_window(context, house)
    context.close()


def all_the_way(page: Page, case: cases.Reported, photo: Path) -> None:
    """Do what an operator does, from the sign-in page to the closed case."""
    page.get_by_label("用户名").fill(USERNAME)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("searchbox", name="按编号或文字查找").fill(case.report_no)
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name="路面坑洼，积水很深").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.report_no)
    expect(page.get_by_role("img", name="上报照片 1")).to_be_visible()

    page.get_by_role("button", name="立案").click()
    expect(page.get_by_role("status")).to_contain_text("已立案")
    page.get_by_label("责任单位").select_option("区市政设施管理所")
    page.get_by_role("button", name="派遣", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已派遣")
    page.get_by_label("处置情况").fill("地砖已经重新铺好")
    page.get_by_label("处置后的照片").set_input_files(photo)
    page.get_by_role("button", name="提交处置结果").click()
    expect(page.get_by_role("status")).to_contain_text("处置结果已记下")
    expect(page.get_by_role("img", name="处置后照片 1")).to_be_visible()
    page.locator("#check").get_by_label("现场照片").set_input_files(photo)
    page.get_by_role("button", name="核查合格", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("核查结果已记下")
    page.get_by_label("给居民的答复").fill("谢谢您")
    page.get_by_role("button", name="核查合格，结案").click()
    expect(page.get_by_role("status")).to_contain_text("已结案")
    expect(page.get_by_role("heading", name="已经结束")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录工作台")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_case_goes_all_the_way(
    chromium: Browser, house: House, photo_file: Path, size: tuple[int, int], *, scripts: bool
) -> None:
    case = house.new_case()
    context = new_context(chromium, size, scripts=scripts)
    window = open_window(context, house)
    all_the_way(window.open("/console/"), case, photo_file)
    assert house.case(case).status is Status.CLOSED
    assert window.faults == []
    window.open(f"/reports/{case.report_no}?k={case.access_key}")
    expect(window.page.get_by_role("heading", level=1)).to_have_text("已办结")
    expect(window.page.get_by_role("img", name="处理后照片 1")).to_be_visible()
    expect(window.page.get_by_text("地砖已经重新铺好")).to_be_visible()
    context.close()


def test_a_case_is_dispatched_by_keyboard_alone(window: Window, house: House) -> None:
    case = house.new_case(Status.FILED)
    page = window.open("/console/cases")
    keys = page.keyboard
    keys.press("/")
    keys.type(case.report_no)
    keys.press("Enter")
    expect(page.get_by_text(f"正在查找「{case.report_no}」")).to_be_visible()
    page.wait_for_load_state()  # the keys are the script's, which runs before that
    keys.press("j")
    expect(page.locator(":focus")).to_have_text("路面坑洼，积水很深")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.report_no)
    walk_to(page, "责任单位")
    keys.press("ArrowDown")
    walk_to(page, "派遣")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'"), (
        "one sees where one is"
    )
    keys.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已派遣")
    assert house.case(case).body_name == "区市政设施管理所"


def walk_to(page: Page, name: str) -> None:
    """Press Tab until the element with this name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if name == page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).innerText.trim()"
        ):
            return
    pytest.fail(f"Tab never reached {name}")


def test_the_first_tab_leads_past_the_menu(window: Window) -> None:
    page = window.open("/console/cases")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_double_click_is_one_move(window: Window, house: House) -> None:
    case = house.new_case()
    page = window.open(f"/console/cases/{case.case_id}")
    page.get_by_role("button", name="立案").dblclick()
    expect(page.get_by_role("status")).to_contain_text("已立案")
    assert [move.name for move in house.case(case).moves] == ["report", "file"]


def test_going_back_shows_the_case_as_it_is_now(window: Window, house: House) -> None:
    case = house.new_case()
    page = window.open("/console/cases")
    page.goto(f"{house.url}/console/cases/{case.case_id}")
    page.get_by_role("button", name="立案").click()
    expect(page.get_by_role("status")).to_contain_text("已立案")
    page.go_back()
    page.go_forward()
    expect(page.get_by_label("责任单位")).to_be_visible()
    expect(page.get_by_role("button", name="立案", exact=True)).to_have_count(0)


def test_the_slower_of_two_operators_keeps_his_words(window: Window, house: House) -> None:
    case = house.new_case(Status.CHECKED)
    page = window.open(f"/console/cases/{case.case_id}")
    page.get_by_label("给居民的答复").fill("写了很久的答复")
    with house.sessions.begin() as session:
        factories.move_on(session, case.case_id, "rework", staff_id=house.staff_id)
    page.get_by_role("button", name="核查合格，结案").click()
    expect(page.get_by_role("alert")).to_contain_text("您填写的时候，案件已经变了")
    expect(page.get_by_label("您刚才填写的内容（可以复制）")).to_have_value("写了很久的答复")
    assert house.case(case).status is Status.DISPATCHED


def test_photos_that_are_too_large_are_noticed_before_they_are_sent(
    window: Window, house: House, tmp_path: Path
) -> None:
    case = house.new_case(Status.DISPATCHED)
    page = window.open(f"/console/cases/{case.case_id}")
    big = tmp_path / "big.jpg"
    big.write_bytes(b"\xff" * (33 << 20))
    page.get_by_label("处置后的照片").set_input_files(big)
    assert "照片太大了" in page.get_by_label("处置后的照片").evaluate("e => e.validationMessage")
    page.get_by_label("处置情况").fill("x")
    page.get_by_role("button", name="提交处置结果").click()
    assert page.url.endswith(f"/console/cases/{case.case_id}")
    assert house.case(case).status is Status.DISPATCHED


def test_who_waits_for_a_list_sees_it_being_done(window: Window, house: House) -> None:
    address = f"/console/facilities/imports/{house.import_id}"
    page = window.open(address)
    page.get_by_label("坐标系").select_option("wgs84")
    page.get_by_label("都是哪一类").select_option("toilet")
    page.get_by_role("button", name="检查（不写入）").click()
    expect(page.get_by_role("status").filter(has_text="排队中")).to_be_visible()
    with house.sessions.begin() as session:
        import_tasks.tell(session, house.import_id, 3, 4)
    expect(page.get_by_role("status").filter(has_text="已读 75%")).to_be_visible()
    lists_at_work.work(house.import_id)
    expect(page.get_by_role("heading", name="检查结果")).to_be_visible()
    assert window.faults == []


def test_the_dispatcher_takes_the_proposal_with_one_key(window: Window, house: House) -> None:
    made = house.new_case(Status.FILED)
    page = window.open(f"/console/cases/{made.case_id}")
    expect(page.get_by_role("heading", name="建议派给：区市政设施管理所")).to_be_visible()

    page.keyboard.press("p")

    expect(page.get_by_role("status")).to_contain_text("已派遣")
    assert house.case(made).status is Status.DISPATCHED
    assert house.case(made).body_id == house.body_id
