"""Make the pictures of the README: `python -m docs.screenshots` (with `make test`'s set-up).

Runs the whole service in a throw-away folder, reports a problem on the simulated phone, moves the
case at the desk, and photographs phone, console and the report's page.
"""

import shutil
import sys
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.test_photo_becomes_a_closed_case import SQUARE, link_of, number_in
from tests.journeys.town import Operator, Town, jpeg, running, until
from tests.phones import Phone

IMAGES = Path(__file__).with_name("images")


def _scene(path: Path) -> bytes:
    """Paint a broken kerb, so that no stranger's photo is needed."""
    image = Image.new("RGB", (960, 720), "#8fa3ad")
    draw = ImageDraw.Draw(image)
    for row in range(0, 720, 90):
        for column in range(-60, 960, 120):
            shift = 60 if (row // 90) % 2 else 0
            draw.rectangle(
                (column + shift, row, column + shift + 112, row + 82),
                fill="#b9b2a5",
                outline="#7d786f",
            )
    draw.polygon([(380, 300), (600, 280), (640, 420), (520, 500), (360, 430)], fill="#4c4a46")
    image.save(path, "JPEG", quality=85)
    return path.read_bytes()


def _life_of_a_case(town: Town, photo: bytes) -> tuple[Phone, str, str]:
    phone = Phone.follow(town.sim_url, name="居民")
    phone.sends_photo(photo).sends_place(*SQUARE, "观音桥步行街").says("人行道地砖松了一大片").says(
        "1"
    )
    number = number_in(phone.waits_for("报上去了").text)
    desk = Operator(town)
    case = desk.case_of(number)
    until(lambda: bool(desk.photos(case)), "the photo")
    desk.moves(case, "file")
    phone.waits_for(number)
    desk.moves(case, "dispatch", body_id=desk.body_named(case, "观音桥街道"))
    phone.waits_for(number)
    return phone, number, case


def _shoot(browser: Browser, town: Town, phone: Phone, number: str, case: str) -> None:
    narrow = browser.new_page(viewport={"width": 420, "height": 880}, device_scale_factor=2)
    narrow.goto(f"{town.sim_url}/phone/{phone.openid}")
    narrow.get_by_text(number).last.wait_for()
    narrow.screenshot(path=IMAGES / "phone.png")
    narrow.goto(link_of(phone, number))
    narrow.screenshot(path=IMAGES / "report.png")
    wide = browser.new_page(viewport={"width": 1280, "height": 900})
    wide.goto(f"{town.url}/console/")
    given = town.settings()
    wide.fill("#username", given["BAIXING_DEV_STAFF_USER"])
    wide.fill("#password", given["BAIXING_DEV_STAFF_PASSWORD"])
    wide.press("#password", "Enter")
    wide.wait_for_url("**/console/cases*")
    wide.goto(f"{town.url}{case}")
    wide.screenshot(path=IMAGES / "console.png")


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("没有找到 Chromium：请先安装，再执行。", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    with running() as town, sync_playwright() as playwright:
        photo = _scene(town.data_dir / "scene.jpg")
        _life_of_a_case(town, jpeg("steelblue"))
        phone, number, case = _life_of_a_case(town, photo)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        _shoot(browser, town, phone, number, case)
        browser.close()
    print(f"图片已更新：{IMAGES}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
