"""The operators' pages: who may call, and what they show."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import cases
from cases import desk, wording
from cases.rules import MOVES, Status, allowed
from geo.datums import wgs84_to_gcj02
from kernel import blobs
from tests import factories
from tests.cases.conftest import Desk, status_of
from tests.pages import Page, page_of, submit

# -- who may call ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["/console/cases", "/console/cases?status=filed&q=x", "/console/cases/1", "/console/photos/1"],
)
def test_a_stranger_is_sent_to_sign_in_and_then_where_he_was_going(
    client: FlaskClient, address: str
) -> None:
    response = client.get(address)
    assert response.status_code == 303
    assert response.location.startswith("/console/sign-in?next=/console/")
    assert b"JB" not in response.data


def test_a_stranger_cannot_move_a_case(client: FlaskClient, session: Session) -> None:
    case = factories.a_case(session, Status.REPORTED)
    session.commit()
    client.get("/console/sign-in")
    token = page_of(client.get("/console/sign-in")).forms[0].fields["csrf_token"]
    response = client.post(
        f"/console/cases/{case.case_id}",
        data={
            "csrf_token": token,
            "move": "file",
            "seen_version": 1,
            "request_key": factories.key(),
        },
    )
    assert (response.status_code, response.location) == (303, "/console/sign-in")
    assert status_of(session, case.case_id) is Status.REPORTED


def test_a_move_without_the_forms_token_is_refused(at_desk: Desk, session: Session) -> None:
    case = factories.a_case(session, Status.REPORTED)
    session.commit()
    form = at_desk.case(case.case_id).form("file")
    for token in (None, "", "forged"):
        response = submit(at_desk.client, form, csrf_token=token)
        assert response.status_code == 400
        assert "回到刚才的页面" in page_of(response).links
    assert status_of(session, case.case_id) is Status.REPORTED


# -- the list -------------------------------------------------------------------------


def rows(page: Page) -> list[str]:
    return [tag["href"] for name, tag in page.tags if name == "a" and "data-row" in tag]


def test_an_empty_list_says_what_will_come(at_desk: Desk) -> None:
    assert "居民在微信上报后，会出现在这里" in at_desk.page("/console/cases").text


def test_the_list_shows_cases_newest_first(at_desk: Desk, session: Session) -> None:
    made = [factories.a_case(session, status) for status in Status if status != "merged"]
    session.commit()
    page = at_desk.page("/console/cases")
    assert rows(page) == [f"/console/cases/{case.case_id}" for case in reversed(made)]
    for case in made:
        assert case.report_no in page.text
    assert "路面坑洼，积水很深" in page.text
    assert "建新东路3号附近" in page.text
    assert "刚刚" in page.text


def test_each_tab_shows_its_status_and_how_many_wait(at_desk: Desk, session: Session) -> None:
    for status in (Status.FILED, Status.FILED, Status.REFUSED):
        factories.a_case(session, status)
    session.commit()
    page = at_desk.page("/console/cases")
    assert page.links["待派遣 2"] == "/console/cases?status=filed"
    assert page.links["待立案 0"]
    assert len(rows(at_desk.page("/console/cases?status=filed"))) == 2
    assert len(rows(at_desk.page("/console/cases?status=refused"))) == 1
    assert "没有待核查的案件" in at_desk.page("/console/cases?status=disposed").text


def test_a_case_is_found_by_its_number_or_its_words(at_desk: Desk, session: Session) -> None:
    wanted = factories.a_report(session, text="井盖松了")
    factories.a_report(session, text="路灯不亮")
    session.commit()
    for search in (wanted.report_no, wanted.report_no.lower(), "井盖", wanted.report_no[-5:]):
        page = at_desk.client.get("/console/cases", query_string={"q": search})
        assert rows(page_of(page)) == [f"/console/cases/{wanted.case_id}"]
    nothing = page_of(at_desk.client.get("/console/cases", query_string={"q": "喷泉<b>"}))
    assert "没有找到「喷泉<b>」" in nothing.text
    assert "<b>」" not in nothing.html


def test_older_cases_are_on_the_next_page(
    at_desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "PAGE_LENGTH", 2)
    for _ in range(5):
        factories.a_report(session)
    session.commit()
    seen: list[str] = []
    address: str | None = "/console/cases?q=路面"
    while address:
        page = at_desk.page(address)
        seen += rows(page)
        address = page.links.get("更早的案件")
        assert address is None or "q=" in address
    assert len(seen) == len(set(seen)) == 5
    assert page.links["回到最新"]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "nonsense"},
        {"before": "9" * 40},
        {"before": "-1"},
        {"before": "1; drop table"},
        {"before": "9223372036854775807"},
        {"q": "\x00"},
        {"q": "%_\\'\"<script>"},
        {"q": "长" * 1000},
        {"q": "\ud800".encode("utf-8", "surrogatepass")},
    ],
)
def test_garbage_in_the_address_still_shows_a_list(at_desk: Desk, query: dict[str, str]) -> None:
    response = at_desk.client.get("/console/cases", query_string=query)
    assert response.status_code == 200
    page_of(response)


def test_what_residents_write_is_never_markup(at_desk: Desk, session: Session) -> None:
    case = factories.a_report(
        session, text="<script>alert(1)</script>", place_label='"><img src=x onerror=alert(1)>'
    )
    session.commit()
    for page in (at_desk.page("/console/cases"), at_desk.case(case.case_id)):
        assert "<script>alert" not in page.html
        assert "<img src=x" not in page.html
        assert "<script>alert(1)</script>" in page.text


# -- a case ---------------------------------------------------------------------------


def test_a_case_page_shows_all_that_is_known(at_desk: Desk, session: Session) -> None:
    citizen = factories.a_citizen(session)
    photo = factories.a_photo(session, citizen)
    case = factories.a_report(session, citizen_id=citizen, photo_ids=(photo,))
    factories.move_on(session, case.case_id, "file", note="情况属实")
    factories.move_on(
        session, case.case_id, "dispatch", body_id=factories.a_body(session, "环卫处")
    )
    session.commit()
    page = at_desk.case(case.case_id)
    for words in (case.report_no, "处置中", "路面坑洼，积水很深", "建新东路3号附近", "环卫处"):
        assert words in page.text
    for words in ("上报 今天", "立案 今天", "李娜", "情况属实", "派遣 环卫处"):
        assert words in page.text
    assert f"/console/photos/{photo}" in page.html
    assert page.html.count('<svg role="img"') == 2
    assert f"http://city.test/reports/{case.report_no}?k={case.access_key}" in page.html


@pytest.mark.parametrize("status", list(Status))
def test_only_legal_moves_are_offered_and_only_the_usual_one_stands_open(
    at_desk: Desk, session: Session, status: Status
) -> None:
    case = factories.a_case(session, status)
    session.commit()
    page = at_desk.case(case.case_id)
    assert set(page.moves()) == set(allowed(status)) - {"extend", "suspend", "merge"}
    open_forms = [f.fields["move"] for f in page.forms if "move" in f.fields and not f.is_folded]
    usual = {
        "reported": "file",
        "accepted": "file",
        "verifying": "verified",
        "filed": "dispatch",
        "dispatched": "dispose",
        "suspended": "resume",
        "handled": "feedback",
        "disposed": "check",
        "checked": "close",
    }
    assert open_forms == [usual[status]] if status in usual else not open_forms


@pytest.mark.parametrize("case_id", ["999999", "0", "-1", "abc", "9" * 30, "9223372036854775807"])
def test_a_case_that_is_not_there_is_a_page_that_leads_back(at_desk: Desk, case_id: str) -> None:
    response = at_desk.client.get(f"/console/cases/{case_id}")
    assert response.status_code == 404
    assert page_of(response).links["回到案件列表"] == "/console/"


@pytest.mark.parametrize(
    ("state", "words"),
    [("pending", "照片正在下载"), ("refused", "不是能打开的照片"), ("lost", "没能从微信取回")],
)
def test_a_photo_that_is_not_here_is_explained(
    at_desk: Desk, session: Session, state: str, words: str
) -> None:
    citizen = factories.a_citizen(session)
    photo = factories.a_photo(session, citizen, is_stored=False)
    case = factories.a_report(session, citizen_id=citizen, photo_ids=(photo,))
    if state != "pending":
        cases.give_up_photo(session, photo_id=photo, state=state)
    session.commit()
    page = at_desk.case(case.case_id)
    assert words in page.text
    assert f"/console/photos/{photo}" not in page.html
    assert "照片未就绪" in at_desk.page("/console/cases").text


def test_the_place_opens_on_maps_in_their_own_datum(at_desk: Desk, session: Session) -> None:
    case = factories.a_report(
        session, latitude=29.5745, longitude=106.53, place_label="路口;:|&coord_type=1"
    )
    session.commit()
    page = at_desk.case(case.case_id)
    lat, lng = wgs84_to_gcj02(29.5745, 106.53)
    amap, tencent = (page.links[f"用{name}查看（新窗口）"] for name in ("高德地图", "腾讯地图"))
    assert f"position={lng:.6f},{lat:.6f}&" in amap
    assert f"marker=coord:{lat:.6f},{lng:.6f};title:" in tencent
    assert tencent.count(";") == 2
    assert tencent.count("coord_type=") == 1
    assert tencent.endswith("&coord_type=2&referer=baixing-chengguan")


def test_a_report_without_coordinates_has_no_map_links(at_desk: Desk, session: Session) -> None:
    case = factories.a_report(session, latitude=None, longitude=None)
    session.commit()
    assert "地图查看" not in at_desk.case(case.case_id).text


def test_notes_say_who_will_read_them(at_desk: Desk, session: Session) -> None:
    case = factories.a_case(session, Status.DISPATCHED)
    session.commit()
    text = at_desk.case(case.case_id).text
    assert "处置情况 居民能看到" in text
    assert "退回原因 居民看不到" in text


def test_pages_of_the_desk_run_no_inline_code_and_are_not_kept(
    at_desk: Desk, session: Session
) -> None:
    case = factories.a_case(session, Status.CLOSED)
    session.commit()
    for address in ("/console/cases", f"/console/cases/{case.case_id}"):
        response = at_desk.client.get(address)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
        for name, given in page_of(response).tags:
            assert "style" not in given, "the policy would drop it"
            assert name != "style"
            assert name != "script" or given["src"].startswith("/static/")
            assert not any(attribute.startswith("on") for attribute in given)


# -- photos ---------------------------------------------------------------------------


def test_a_photo_is_shown_to_staff_and_asked_for_again_each_time(
    at_desk: Desk, session: Session
) -> None:
    photo = factories.a_photo(session, factories.a_citizen(session))
    session.commit()
    full = at_desk.client.get(f"/console/photos/{photo}")
    small = at_desk.client.get(f"/console/photos/{photo}?size=thumb")
    assert full.mimetype == small.mimetype == "image/jpeg"
    assert full.data == factories.a_picture().jpeg
    assert small.data == factories.a_picture().thumb
    assert full.headers["Cache-Control"] == "private, no-cache"
    assert full.headers["X-Content-Type-Options"] == "nosniff"
    again = at_desk.client.get(
        f"/console/photos/{photo}", headers={"If-None-Match": full.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


def test_a_photo_without_bytes_is_not_found(at_desk: Desk, session: Session) -> None:
    citizen = factories.a_citizen(session)
    pending = factories.a_photo(session, citizen, is_stored=False)
    gone = factories.a_photo(session, citizen)
    session.commit()
    kept = blobs.store()

    class Emptied:
        def get(self, key: str) -> bytes:
            raise blobs.BlobMissing(key)

    for photo_id in (pending, 999999):
        assert at_desk.client.get(f"/console/photos/{photo_id}").status_code == 404
    blobs.connect(Emptied())  # type: ignore[arg-type]  # only reading is tried
    try:
        assert at_desk.client.get(f"/console/photos/{gone}").status_code == 404
    finally:
        blobs.connect(kept)


# -- words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=-5), "刚刚"),
        (timedelta(seconds=59), "刚刚"),
        (timedelta(minutes=1), "1 分钟前"),
        (timedelta(minutes=59, seconds=59), "59 分钟前"),
        (timedelta(hours=23, minutes=59), "23 小时前"),
        (timedelta(days=29), "29 天前"),
        (timedelta(days=40), "10月13日 22:05"),
    ],
)
def test_an_age_is_said_as_people_say_it(passed: timedelta, said: str) -> None:
    at = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
    assert desk.age(at - passed, at=at) == said


def test_every_move_has_its_words() -> None:
    assert set(wording.MOVE_WORDS) == set(MOVES)
    assert set(wording.DESK_WORDS) == set(Status)
