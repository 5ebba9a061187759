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


def all_addresses(house: House) -> list[tuple[str, bool]]:
    """Return every address, and whether it is a resident's page."""
    groups = [(group, True) for group in residents_pages(house).values()]
    groups += [(group, False) for group in (SIGN_IN | desk_pages(house)).values()]
    return [(address, is_theirs) for group, is_theirs in groups for address in group]


def violations(page: Page, *rules: str) -> list[str]:
    """Let axe judge the page by all its rules, or by these; return what it found."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # Naming every element that is right would take most of the time.
    chosen = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
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
def test_every_page_is_sound_small_and_large_light_and_dark_and_in_large_letters(
    window: Window, house: House, part: int
) -> None:
    """Each page is opened once and asked for everything: opening takes as long as a question."""
    found: list[str] = []
    for address, is_theirs in all_addresses(house)[part::8]:
        window.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page = window.open(address)
        found += [f"{address} {what}" for what in page.evaluate(SMALL[is_theirs])]
        for fold in page.locator("details").all():
            fold.evaluate("fold => fold.open = true")
        found += violations_at_all_sizes(page)
        found += too_wide(page)
    assert found == [], "\n".join(found)
    assert window.faults == []


def violations_at_all_sizes(page: Page) -> list[str]:
    found: list[str] = []
    for width, height in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light")
        found += violations(page)
        page.emulate_media(color_scheme="dark")
        found += violations(page, *ABOUT_COLOURS)
    page.emulate_media(color_scheme="light")
    return found


def too_wide(page: Page) -> list[str]:
    """Return what runs off a narrow screen, at the usual size of letters and at twice that."""
    found = []
    page.set_viewport_size({"width": 320, "height": 640})
    for scale in ("100%", "200%"):
        # As the telephone's or WeChat's own setting does: everything in rem grows.
        page.evaluate("scale => document.documentElement.style.fontSize = scale", scale)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            found.append(f"{page.url} is {width} wide at {scale}")
    return found


# Targets and letters that older hands and eyes miss; at the desk, what is no target for a finger.
SMALL = {
    True: """() => {
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
    }""",
    False: """() => [...document.querySelectorAll('button, summary, select, input:not([type=hidden]), nav a')]
      .filter((e) => e.getClientRects().length
        && (e.closest('label') ?? e).getBoundingClientRect().height < 44)
      .map((e) => 'target ' + e.outerHTML)""",
}


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
    data = set(chinese_data(house.sessions))
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
            written = data | set(re.findall("[\u4e00-\u9fff]+", address))
            for text in sorted(written, key=len, reverse=True):
                page = page.replace(text, "")
            found += [(address, line.strip()) for line in page.splitlines() if HAN.search(line)]
    assert found == [], "\n".join(map(str, found))
