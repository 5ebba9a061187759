"""What is kept of a resident: he sees it, takes it along, corrects it, deletes it; each choice is logged."""

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import accounts
import cases
import wechat
from accounts.models import Choice
from cases.rules import Status
from cases.voice_models import Follower
from portal.wording import FIELDS, LISTS, PRIVACY, PRIVACY_VERSIONS
from tests import factories
from tests.pages import Page, page_of
from wechat.models import Notice, Talk

HOST = "http://city.test"


@pytest.fixture
def citizen(session: Session) -> int:
    return factories.a_citizen(session, "openid-of-li-1234")


@pytest.fixture
def browser(resident_client: Callable[[int], FlaskClient], citizen: int) -> FlaskClient:
    return resident_client(citizen)


def opened(browser: FlaskClient, address: str = "/me") -> Page:
    answer = browser.get(address, base_url=HOST)
    assert answer.status_code == 200
    return page_of(answer)


def press(browser: FlaskClient, action: str, /, page: str = "/me", **fields: str) -> TestResponse:
    """Send the form with this address from the page, as a browser would."""
    form = next(form for form in opened(browser, page).forms if form.action == action)
    return browser.post(action, base_url=HOST, data={**form.fields, **fields})


def choices(session: Session) -> list[tuple[str, bool]]:
    rows = session.execute(select(Choice.about, Choice.is_given).order_by(Choice.id))
    return [(row.about, row.is_given) for row in rows]


@pytest.fixture
def report(session: Session, citizen: int) -> cases.Reported:
    """Report something, follow something, and be told of something."""
    photo = factories.a_photo(session, citizen)
    made = factories.a_report(
        session, citizen_id=citizen, photo_ids=(photo,), text="<b>井盖</b>松了"
    )
    cases.follow(session, factories.a_report(session).case_id, citizen)
    session.add(Talk(citizen_id=citizen, draft={"text": "没写完"}))
    wechat.owe(session, citizen_id=citizen, topic="t", fact="f", title="已立案", text="立案了")
    session.commit()
    return made


def test_only_the_resident_himself_gets_there(client: FlaskClient) -> None:
    for address in ("/me", "/me/data", "/me/erase"):
        assert client.get(address).location.startswith("/sign-in?next=")
    for address in ("/me/phone", "/me/notices", "/me/privacy", "/me/erase", "/me/data.json"):
        assert client.post(address).status_code == 400, "no token, no answer"


def test_what_is_kept_is_counted_and_shown_and_is_his_alone(
    browser: FlaskClient, session: Session, report: cases.Reported
) -> None:
    factories.a_report(session, text="别人的")
    session.commit()
    page = opened(browser)
    assert "您的上报：1 条" in page.text
    assert "1234" in page.text
    data = opened(browser, "/me/data")
    assert report.report_no in data.text
    assert "<b>井盖</b>松了" in data.text
    assert "没写完" in data.text
    assert "别人的" not in data.text


def test_he_takes_all_of_it_along(
    browser: FlaskClient, session: Session, report: cases.Reported
) -> None:
    answer = press(browser, "/me/data.json")
    taken = json.loads(answer.data)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert taken["resident"]["openid"] == "openid-of-li-1234"
    assert [each["report_no"] for each in taken["cases"]["reports"]] == [report.report_no]
    assert taken["cases"]["reports"][0]["photos"] == 1
    assert taken["chat"]["notices"][0]["text"] == "立案了"
    assert taken["points"]["balance"] == [{"usable": 0, "held": 0, "owed": 0}]
    assert choices(session) == [("export", True)]


def test_every_list_and_field_has_a_name_that_people_know(
    browser: FlaskClient, report: cases.Reported
) -> None:
    taken = json.loads(press(browser, "/me/data.json").data)
    for part in ("cases", "points", "facilities", "chat"):
        for name, rows in taken[part].items():
            assert name in LISTS
            assert name == "draft" or {key for row in rows for key in row} <= set(FIELDS)


def test_a_number_is_kept_corrected_and_deleted_and_the_log_holds_none(
    browser: FlaskClient, session: Session, citizen: int, report: cases.Reported
) -> None:
    press(browser, "/me/phone", phone=" 138 1234 5678 ")
    press(browser, "/me/phone", phone="138 1234 5678")
    assert cases.case_file(session, report.case_id).contact_phone == "138 1234 5678"
    assert accounts.privacy.phone_of(session, citizen) == "138 1234 5678"
    press(browser, "/me/phone", phone="")
    assert accounts.privacy.phone_of(session, citizen) is None
    assert choices(session) == [("phone", True), ("phone", False)]


def test_what_is_no_number_is_refused_and_still_there(browser: FlaskClient) -> None:
    answer = press(browser, "/me/phone", phone="打给我")
    assert answer.status_code == 422
    page = page_of(answer)
    assert "电话号码没看懂" in page.alerts[0]
    form = next(form for form in page.forms if form.action == "/me/phone")
    assert form.fields["phone"] == "打给我"


def test_who_turned_notices_off_is_told_nothing_more(
    browser: FlaskClient, session: Session, citizen: int, report: cases.Reported
) -> None:
    before = len(session.scalars(select(Notice)).all())
    press(browser, "/me/notices", wanted="0")
    press(browser, "/me/notices", wanted="0")
    factories.move_on(session, report.case_id, "file")
    assert len(session.scalars(select(Notice)).all()) == before
    press(browser, "/me/notices", wanted="1")
    factories.move_on(session, report.case_id, "dispatch")
    assert len(session.scalars(select(Notice)).all()) > before
    assert choices(session) == [("notices", False), ("notices", True)]


def test_agreeing_to_the_privacy_text_can_be_taken_back(
    browser: FlaskClient, session: Session, citizen: int
) -> None:
    press(browser, "/me/privacy", agreed="1")
    press(browser, "/me/privacy", agreed="1")
    assert accounts.privacy.resident_file(session, citizen).agreed_to == PRIVACY
    assert "您已经同意这一版" in opened(browser).text
    press(browser, "/me/privacy", agreed="0")
    assert accounts.privacy.resident_file(session, citizen).agreed_to is None
    assert choices(session) == [("privacy", True), ("privacy", False)]
    assert press(browser, "/me/privacy", version="1999", agreed="1").status_code == 400


def test_what_may_go_goes_and_what_must_stay_stays(
    browser: FlaskClient, session: Session, citizen: int, report: cases.Reported
) -> None:
    press(browser, "/me/phone", phone="13812345678")
    asked = opened(browser, "/me/erase")
    assert "必须留下" in asked.text
    press(browser, "/me/erase", page="/me/erase")

    session.expire_all()
    assert accounts.privacy.phone_of(session, citizen) is None
    assert session.scalars(select(Follower)).all() == []
    assert session.get_one(Talk, citizen).draft is None
    assert accounts.privacy.asked_to_erase(session, citizen)
    assert cases.case_file(session, report.case_id).status is Status.REPORTED
    assert "可以删除的都删除了" in opened(browser, "/me?said=erased").text


@pytest.mark.parametrize(
    "change", ["UPDATE accounts_choices SET is_given = false", "DELETE FROM accounts_choices"]
)
def test_the_log_of_choices_is_appended(session: Session, citizen: int, change: str) -> None:
    accounts.privacy.choose(session, citizen, "notices", is_given=True)
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(change))


def test_every_privacy_text_is_there_for_everybody(client: FlaskClient) -> None:
    assert page_of(client.get("/privacy")).headings[0] == "隐私说明"
    for version in PRIVACY_VERSIONS:
        assert version in page_of(client.get(f"/privacy/{version}")).text
    assert client.get("/privacy/../../etc").status_code == 404
    assert client.get("/privacy/1999").status_code == 404


# -- my reports ----------------------------------------------------------------------------


def test_a_resident_finds_his_reports_and_those_he_follows_by_their_state(
    browser: FlaskClient, session: Session, citizen: int, report: cases.Reported
) -> None:
    done = factories.a_case(session, Status.REFUSED, citizen_id=citizen)
    session.commit()
    everything = opened(browser, "/reports")
    assert everything.text.index(done.report_no) < everything.text.index(report.report_no)
    link = next(a for words, a in everything.links.items() if report.report_no in words)
    assert link == f"/reports/{report.report_no}?k={report.access_key}"
    assert "我关注的" in everything.text
    still = opened(browser, "/reports?show=open").text
    assert report.report_no in still
    assert done.report_no not in still
    ended = opened(browser, "/reports?show=ended").text
    assert done.report_no in ended
    assert report.report_no not in ended
    assert opened(browser, "/reports?show=x&before=-1")


def test_many_reports_come_a_page_at_a_time(
    browser: FlaskClient, session: Session, citizen: int
) -> None:
    numbers = [factories.a_report(session, citizen_id=citizen).report_no for _ in range(21)]
    session.commit()
    first = opened(browser, "/reports")
    assert numbers[0] not in first.text
    assert numbers[-1] in first.text
    assert numbers[0] in opened(browser, first.links["更早的"]).text


def test_a_stranger_sees_the_field_for_a_number_only(
    client: FlaskClient, report: cases.Reported
) -> None:
    page = page_of(client.get("/reports"))
    assert report.report_no not in page.text
    assert "看我的上报" not in page.links
    wechat_page = page_of(client.get("/reports", headers={"User-Agent": "MicroMessenger"}))
    assert wechat_page.links["看我的上报"] == "/sign-in?next=/reports"
