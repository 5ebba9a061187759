"""Photograph every page there is: `python -m docs.gallery [FOLDER]` (with `make test`'s set-up).

The pages are those of the browser tests, which are held against the URL map: none is forgotten. Each
in every state they list, on a phone and on a desk's screen, in light and in dark; index.html shows
them all. Without a folder they go to var/gallery, which is not kept.
"""

import html
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from local.postgres import temporary_postgres
from tests.browser import conftest as browsing
from tests.browser import points_pages
from tests.browser.addresses import SIGN_IN, desk_pages, residents_pages

ROOT = Path(__file__).resolve().parents[1]
SCHEMES = ("light", "dark")
SIZES = {"phone": (390, 844), "desk": browsing.DESKTOP}


def _addresses(house: browsing.House) -> Iterator[tuple[str, str]]:
    for pages in (residents_pages(house), SIGN_IN, desk_pages(house)):
        for endpoint, group in pages.items():
            for place, address in enumerate(group):
                yield f"{endpoint}-{place}" if place else endpoint, address


def _context(browser: Browser, house: browsing.House) -> BrowserContext:
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce")
    browsing.signed_in(context, house)
    if house.mall is not None:
        points_pages.as_resident(context, house.url, house.sessions, house.mall.resident)
    return context


def _shoot(context: BrowserContext, house: browsing.House, folder: Path) -> list[str]:
    page, names = context.new_page(), []
    for name, address in _addresses(house):
        page.goto(f"{house.url}{address}")
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                file = f"{re.sub('[^a-z0-9._-]', '_', name)}.{size}.{scheme}.jpg"
                page.screenshot(path=folder / file, full_page=True, type="jpeg", quality=70)
        names.append(name)
    return names


def _index(names: list[str]) -> str:
    rows = "".join(
        f"<h2>{html.escape(name)}</h2><p>"
        + "".join(
            f'<a href="{name}.{size}.{scheme}.jpg"><img src="{name}.{size}.{scheme}.jpg" '
            f'alt="{size} {scheme}" height="400" loading="lazy"></a> '
            for size in SIZES
            for scheme in SCHEMES
        )
        + "</p>"
        for name in names
    )
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>{rows}'


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as blobs,
        temporary_postgres(is_durable=False) as server,
        browsing.open_house(server, Path(blobs)) as house,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=browsing.chromium_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        names = _shoot(_context(browser, house), house, folder)
        browser.close()
    (folder / "index.html").write_text(_index(names), encoding="utf-8")
    print(f"{len(names) * len(SIZES) * len(SCHEMES)} 张：{folder}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
