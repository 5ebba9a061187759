"""Every page of the service, looked at by machines: axe, sizes, weight, other hosts."""

import gzip
import html
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response
from werkzeug.exceptions import default_exceptions

from cases.rules import Status
from local.bootstrap import AXE
from tests.browser import points_pages
from tests.browser.addresses import NOT_PAGES, SIGN_IN, desk_pages, residents_pages
from tests.browser.conftest import DESKTOP, PHONE, House, Window, open_window, signed_in
from tests.browser.written import HAN, chinese_data

pytestmark = pytest.mark.browser

# What may change with the colour scheme.
ABOUT_COLOURS = ("color-contrast", "link-in-text-block")


@pytest.fixture(scope="module", autouse=True)
def _provoked_errors(house: House) -> None:
    """Add addresses that fail on purpose, so that every error page can be looked at."""

    def provoke(code: int) -> str:
        raise default_exceptions[code]

    house.app._got_first_request = False
    house.app.add_url_rule("/provoked/<int:code>", "provoked", provoke)
    house.app.add_url_rule("/console/provoked/<int:code>", "provoked_at_desk", provoke)


@pytest.fixture(scope="module")
def context(chromium: Browser, house: House) -> Iterator[BrowserContext]:
    made = chromium.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]},
        locale="zh-CN",
        has_touch=True,
        # Colours that are still fading into the other scheme would be judged half way.
        reduced_motion="reduce",
    )
    signed_in(made, house)
    assert house.mall
    points_pages.as_resident(made, house.url, house.sessions, house.mall.resident)
    yield made
    made.close()


@pytest.fixture
def window(context: BrowserContext, house: House) -> Iterator[Window]:
    made = open_window(context, house)
    yield made
    made.page.close()


def test_no_page_is_forgotten(house: House) -> None:
    listed = {*residents_pages(house), *desk_pages(house), *SIGN_IN, *NOT_PAGES}
    known = {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if rule.methods and "GET" in rule.methods and not rule.endpoint.startswith("provoked")
    }
    assert known == listed - {"error"}


def all_addresses(house: House) -> list[str]:
    listed = {**residents_pages(house), **SIGN_IN}
    both = [*listed.values(), *desk_pages(house).values()]
    return [address for group in both for address in group]


def violations(page: Page, *rules: str) -> list[str]:
    """Let axe judge the page by all its rules, or by these; return what it found."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    chosen = {"runOnly": list(rules)} if rules else {}
    found = page.evaluate("chosen => axe.run(chosen)", chosen)["violations"]
    return [
        f"{page.url} {each['id']}: {each['nodes'][0]['html']}"
        f" {each['nodes'][0].get('failureSummary', '')}"
        for each in found
    ]


def test_axe_does_find_what_is_wrong(window: Window) -> None:
    page = window.open("/")
    page.evaluate("document.querySelector('h1').style.color = 'rgb(230, 230, 230)'")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    found = " ".join(violations(page))
    assert "color-contrast" in found
    assert "html-has-lang" in found


@pytest.mark.parametrize("part", range(8))
def test_axe_finds_nothing_on_any_page_small_and_large_light_and_dark(
    window: Window, house: House, part: int
) -> None:
    found: list[str] = []
    for address in all_addresses(house)[part::8]:
        page = window.open(address)
        for fold in page.locator("details").all():
            fold.evaluate("fold => fold.open = true")
        for width, height in (PHONE, DESKTOP):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme="light")
            found += violations(page)
            page.emulate_media(color_scheme="dark")
            found += violations(page, *ABOUT_COLOURS)
    assert found == []
    assert window.faults == []


@pytest.mark.parametrize("scale", [100, 200])
def test_nothing_runs_off_a_narrow_screen_at_any_text_size(
    window: Window, house: House, scale: int
) -> None:
    window.page.set_viewport_size({"width": 320, "height": 640})
    wide = []
    for address in all_addresses(house):
        page = window.open(address)
        # As the telephone's or WeChat's own setting does: everything in rem grows.
        page.evaluate("scale => document.documentElement.style.fontSize = scale", f"{scale}%")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide.append((address, width))
    assert wide == [], wide


def test_residents_pages_suit_older_hands_and_eyes(window: Window, house: House) -> None:
    small = []
    for group in residents_pages(house).values():
        for address in group:
            page = window.open(address)
            small += [
                (address, what)
                for what in page.evaluate(
                    """() => {
                      const seen = (e) => e.getClientRects().length && !e.matches('.skip');
                      const targets = [...document.querySelectorAll('a, button, input, summary')]
                        .filter(seen).filter((e) => e.getBoundingClientRect().height < 60
                          || e.getBoundingClientRect().width < 60)
                        .map((e) => 'target ' + e.outerHTML);
                      const texts = [...document.querySelectorAll('body *')].filter(seen)
                        .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
                        .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 18)
                        .map((e) => 'text ' + e.outerHTML);
                      return [...targets, ...texts];
                    }"""
                )
            ]
    assert small == []


def test_targets_of_the_desk_fit_a_finger(window: Window, house: House) -> None:
    small = []
    for group in desk_pages(house).values():
        for address in group:
            page = window.open(address)
            small += page.evaluate(
                """() => [...document.querySelectorAll('button, summary, select, input:not([type=hidden]), nav a')]
                  .filter((e) => e.getClientRects().length
                    && (e.closest('label') ?? e).getBoundingClientRect().height < 44)
                  .map((e) => e.outerHTML)"""
            )
    assert small == []


def test_pages_keep_to_their_weight(house: House, context: BrowserContext) -> None:
    budgets = {".css": 25 * 1024, ".js": 20 * 1024, "html": 15 * 1024}
    for address in ("/", "/report", "/console/cases", f"/console/cases/{house.new_case().case_id}"):
        weights = dict.fromkeys(budgets, 0)
        page = context.new_page()
        answers: list[Response] = []

        def note(answer: Response, heard: list[Response] = answers) -> None:
            heard.append(answer)

        page.on("response", note)
        page.goto(f"{house.url}{address}")
        for answer in answers:
            kind = answer.header_value("content-type") or ""
            for mark in budgets:
                if answer.url.endswith(mark) or (mark == "html" and kind.startswith("text/html")):
                    weights[mark] += len(gzip.compress(answer.body() if answer.ok else b""))
        page.close()
        assert weights[".css"] > 1024, "the styles are there"
        for mark, budget in budgets.items():
            assert weights[mark] <= budget, (address, mark, weights)


def test_residents_pages_stand_without_styles_that_did_not_arrive(
    chromium: Browser, house: House
) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.route("**/*.css", lambda route: route.abort())
    page.goto(f"{house.url}/reports/{house.by_status[Status.FILED].report_no}")
    assert page.get_by_role("heading", level=1).inner_text() == "已立案"
    context.close()


def test_residents_pages_are_english_all_through_but_for_what_people_wrote(
    context: BrowserContext, house: House
) -> None:
    found = []
    data = sorted(chinese_data(house.sessions), key=len, reverse=True)
    for group in residents_pages(house).values():
        for address in group:
            # Signs go by their address alone, and keep no choice; elsewhere one would be kept.
            is_sign = re.match(r"/s(?![^/?])", address)
            chosen = f"{'&' if '?' in address else '?'}lang=en" if is_sign else ""
            answer = context.request.get(
                f"{house.url}{address}{chosen}",
                headers={"Accept": "text/html", "Accept-Language": "en"},
            )
            page = re.sub(r"<a [^>]*hreflang.*?</a>", "", html.unescape(answer.text()))
            assert '<html lang="en">' in page, address
            for text in (*re.findall("[\u4e00-\u9fff]+", address), *data):
                page = page.replace(text, "")
            found += [(address, line.strip()) for line in page.splitlines() if HAN.search(line)]
    assert found == [], "\n".join(map(str, found))
