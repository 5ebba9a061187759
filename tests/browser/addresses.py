"""Where every page is: the addresses that the browser tests and the gallery open, by endpoint.

A test holds these lists against the URL map, so that no page is forgotten.
"""

from cases.rules import Status
from tests.browser import exchange_pages, points_pages, signs_pages
from tests.browser.conftest import House

AT_HERE = "lat=29.5745&lng=106.53&datum=wgs84"

# Answers that are no pages, by endpoint.
NOT_PAGES = {
    "static",
    "health.live",
    "health.ready",
    "health.api_document",
    "health.metrics",
    "cases.api_show",
    "cases.show_photo",
    "cases_desk.show_photo",
    "cases_desk.show_recording",
    "cases_board.export_figures",
    "cases_duties.export",
    "wechat.prove",
    "wechat.signed_in",
    "wechat_api.js_signature",
    "convenience.photo",
    "convenience_desk.export",
    "convenience_imports.faults",
    "convenience_imports.progress",
    "convenience_api.nearest",
    "convenience_api.listing",
    "convenience_api.one",
    *points_pages.NOT_PAGES,
    "reporting.show_map",
    "signs.check_file",
    "signs.root_check_file",
    "signs.show_place",
    "signs_desk.draw_png",
    "signs_desk.draw_svg",
    "district.show_photo",
    "signs_desk.export",
    "signs_desk.fetch_print",
    "signs_desk.show_photo",
    "console.audit_export",
    *exchange_pages.NOT_PAGES,
}


def residents_pages(house: House) -> dict[str, list[str]]:
    """Return the addresses of residents' pages, in all their states, by endpoint."""
    assert house.mall
    mine = {s: f"/reports/{c.report_no}?k={c.access_key}" for s, c in house.by_status.items()}
    assert house.unready
    return {
        "portal.home": ["/"],
        "district.show": ["/district"],
        "me.show": ["/me", "/me?said=off"],
        "me.show_data": ["/me/data"],
        "me.ask_to_erase": ["/me/erase"],
        "me.privacy": ["/privacy", "/privacy/2026-11-22"],
        "reporting.ask": ["/report"],
        "reporting.receipt": [
            mine[Status.REPORTED].replace("/reports/", "/report/receipt?no=").replace("?k", "&k"),
            "/report/receipt",
        ],
        "reporting.followed": ["/report/followed?no=" + house.by_status[Status.FILED].report_no],
        "wechat.sign_in": ["/sign-in?next=/points"],
        "wechat.agree": ["/notices"],
        "cases.find": ["/reports", "/reports?no=JB12"],
        "cases.show": [
            *mine.values(),
            mine[Status.CLOSED].partition("?")[0],
            f"/reports/{house.unready.report_no}?k={house.unready.access_key}",
            "/reports/JB261122-0000000",
        ],
        "convenience.kinds": ["/nearby", f"/nearby?{AT_HERE}", "/nearby?q=gyq", "/nearby?q=zzz"],
        "convenience.nearby": [
            "/nearby/toilet",
            f"/nearby/toilet?{AT_HERE}",
            f"/nearby/toilet?{AT_HERE}&open_now=1&free=1",
            "/nearby/toilet?lat=31.23&lng=121.47",
            "/nearby/toilet?lat=nan&lng=1",
            "/nearby/toilet?q=观音桥",
            "/nearby/toilet?q=北城天街",
            "/nearby/toilet?q=zzz",
            "/nearby/police_kiosk?q=观音桥",
            f"/nearby/parking?{AT_HERE}",
        ],
        "convenience.show": [
            "/facilities/whole",
            "/facilities/whole?told=wrong",
            "/facilities/gone",
            "/facilities/none",
        ],
        **points_pages.residents_pages(house.mall),
        **signs_pages.residents_pages(house),
        "error": ["/nothing", "/provoked/403", "/provoked/413", "/provoked/429", "/provoked/500"],
    }


def desk_pages(house: House) -> dict[str, list[str]]:
    """Return the addresses of operators' pages, in all their states, by endpoint."""
    assert house.unready
    assert house.mall
    return {
        "console.home": ["/console/"],
        "cases_desk.worklist": [
            "/console/cases",
            "/console/cases?status=refused",
            "/console/cases?q=nothing+like+it",
            "/console/cases?status=filed",
            "/console/cases?late=red&open=1",
        ],
        "console_overview.show": ["/console/overview"],
        "cases_board.show_board": ["/console/board"],
        "district.showcase": ["/console/showcase", "/console/showcase?before=1"],
        "cases_board.show_map": ["/console/map"],
        "cases_board.show_figures": ["/console/figures", "/console/figures?by=source"],
        "cases_board.show_refusals": ["/console/refusals"],
        "cases_rules.show_live": ["/console/rules/"],
        "cases_rules.show_version": [f"/console/rules/versions/{house.rule_book}"],
        "cases_rules.show_draft": ["/console/rules/draft", "/console/rules/draft?no=1"],
        "cases_rules.show_trial": ["/console/rules/draft/trial"],
        "cases_duties.show": ["/console/duties/", "/console/duties/?month=2020-01"],
        "territory_desk.show": ["/console/territory/"],
        "territory_desk.show_area": ["/console/territory/areas/500105001"],
        "territory_desk.show_bodies": [
            "/console/territory/bodies",
            "/console/territory/bodies?kind=park",
        ],
        "territory_desk.show_imports": ["/console/territory/imports"],
        "territory_desk.show_import": [f"/console/territory/imports/{house.territory_import}"],
        "cases_desk.show_case": [
            *(f"/console/cases/{case.case_id}" for case in house.by_status.values()),
            f"/console/cases/{house.unready.case_id}",
        ],
        "wechat_desk.show": ["/console/notices", "/console/notices?state=parked"],
        **points_pages.desk_pages(house.mall),
        "signs_desk.register": [
            "/console/signs/",
            "/console/signs/?upkeep=silent",
            "/console/signs/?q=nothing+like+it",
        ],
        "signs_desk.show": [f"/console/signs/at/{sign.number}" for sign in house.signs.values()],
        "signs_desk.show_usage": ["/console/signs/usage"],
        "signs_desk.patrol": [
            "/console/signs/patrol",
            "/console/signs/patrol?from=NONE&why=silent",
        ],
        "signs_desk.choose_file": ["/console/signs/import"],
        "signs_desk.show_prints": ["/console/signs/print"],
        "signs_desk.show_print": [f"/console/signs/print/{house.print_job}"],
        "signs_desk.show_check_files": ["/console/signs/check-files"],
        "console.me": ["/console/me"],
        "console.begin_second_factor": ["/console/me/second-factor"],
        "console.staff_list": ["/console/staff"],
        "console.one_staff": ["/console/staff/1", "/console/staff/2"],
        **exchange_pages.DESK_PAGES,
        "console.audit_log": ["/console/audit", "/console/audit?path=/nothing"],
        "convenience_desk.worklist": [
            "/console/facilities/",
            "/console/facilities/?state=doubtful",
            "/console/facilities/?q=gyq&kind=toilet",
            "/console/facilities/?q=zzzz",
        ],
        "convenience_desk.new": ["/console/facilities/new?kind=toilet"],
        "convenience_desk.show": ["/console/facilities/whole", "/console/facilities/gone"],
        "convenience_desk.kinds": ["/console/facilities/kinds"],
        "convenience_imports.worklist": ["/console/facilities/imports/"],
        "convenience_imports.show": [f"/console/facilities/imports/{house.import_id}"],
        "convenience_feeds.worklist": ["/console/facilities/feeds/"],
        "convenience_corrections.worklist": ["/console/facilities/corrections/"],
        "error": ["/console/nothing", "/console/provoked/403", "/console/provoked/500"],
    }


SIGN_IN = {"console.sign_in": ["/console/sign-in"]}
