"""What residents see of a report: all of it with their link, only its course without."""

import json
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import cases
from cases import views
from cases.rules import MOVE_WORDS, STATUS_WORDS, Status, report_number
from cases.schemas import ReportAnswer
from tests import factories
from tests.pages import page_of

TEXT = "路面坑洼，积水很深"


def a_whole_case(session: Session) -> cases.Reported:
    """Return a case that saw every kind of note, with photos from before and after."""
    citizen = factories.a_citizen(session)
    photo = factories.a_photo(session, citizen)
    case = factories.a_report(session, citizen_id=citizen, photo_ids=(photo,))
    body = factories.a_body(session, "市政所")
    for name, note in (
        ("file", "情况属实"),
        ("dispatch", "交办：张主任跟进"),
        ("return", "内部：不归我们"),
        ("dispatch", None),
        ("dispose", "已经铺平"),
        ("rework", "内部：边上没压实"),
        ("dispose", "重新压实"),
        ("close", "谢谢您的反映"),
    ):
        factories.move_on(session, case.case_id, name, note=note, body_id=body)
    session.commit()
    return case


PUBLIC = ("情况属实", "已经铺平", "重新压实", "谢谢您的反映")
INTERNAL = ("张主任", "内部")


# -- the report's page -------------------------------------------------------------------


def test_the_resident_sees_all_of_his_report(client: FlaskClient, session: Session) -> None:
    case = a_whole_case(session)
    response = client.get(f"/reports/{case.report_no}?k={case.access_key}")
    assert response.status_code == 200
    page = page_of(response)
    assert page.headings[0] == "已办结"
    for words in (TEXT, "建新东路3号附近", "交给责任单位：市政所", "处理前", "处理后", *PUBLIC):
        assert words in page.text
    assert page.html.count("/photos/") == 4  # two photos, each with the link to it


def test_notes_between_colleagues_stay_there(client: FlaskClient, session: Session) -> None:
    case = a_whole_case(session)
    for address in ("/reports/{}?k={}", "/api/v1/reports/{}?k={}"):
        told = client.get(address.format(case.report_no, case.access_key)).get_data(as_text=True)
        for words in INTERNAL:
            assert words not in told
            assert json.dumps(words)[1:-1] not in told


def test_work_that_is_being_done_again_is_not_shown_as_done(
    client: FlaskClient, session: Session
) -> None:
    case = factories.a_case(session, Status.DISPOSED)
    session.commit()
    address = f"/reports/{case.report_no}?k={case.access_key}"
    assert "处理后" in page_of(client.get(address)).text
    factories.move_on(session, case.case_id, "rework")
    session.commit()
    assert "处理后" not in page_of(client.get(address)).text


@pytest.mark.parametrize("key", ["", "?k=", "?k=wrong", "?k=%00", "?k=%ed%a0%80", "?k=%E4%B8%AD"])
def test_without_the_right_key_only_the_course_is_shown(
    client: FlaskClient, session: Session, key: str
) -> None:
    case = a_whole_case(session)
    response = client.get(f"/reports/{case.report_no}{key}")
    assert response.status_code == 200
    page = page_of(response)
    assert page.headings[0] == "已办结"
    assert "核查合格，办结" in page.text
    assert "请点微信里收到的那条消息打开本页" in page.text
    for words in (TEXT, "建新东路3号", '<img src="/reports', *PUBLIC, *INTERNAL):
        assert words not in page.html


@pytest.mark.parametrize("status", list(Status))
def test_each_status_says_what_comes_next(
    client: FlaskClient, session: Session, status: Status
) -> None:
    case = factories.a_case(session, status)
    session.commit()
    page = page_of(client.get(f"/reports/{case.report_no}"))
    assert page.headings[0] == STATUS_WORDS[status]
    assert views.NEXT_WORDS[status] in page.text


def test_every_step_has_words_for_residents() -> None:
    assert set(views.STEP_WORDS) == set(MOVE_WORDS)
    assert set(views.NEXT_WORDS) == set(Status)


@pytest.mark.parametrize(
    ("state", "words"),
    [("pending", "正在接收"), ("refused", "这张照片打不开"), ("lost", "没有收到")],
)
def test_a_photo_that_is_not_here_is_explained(
    client: FlaskClient, session: Session, state: str, words: str
) -> None:
    citizen = factories.a_citizen(session)
    photo = factories.a_photo(session, citizen, is_stored=False)
    case = factories.a_report(session, citizen_id=citizen, photo_ids=(photo,))
    if state != "pending":
        cases.give_up_photo(session, photo_id=photo, state=state)
    session.commit()
    page = page_of(client.get(f"/reports/{case.report_no}?k={case.access_key}"))
    assert words in page.text
    assert '<img src="/reports' not in page.html


def test_what_people_wrote_is_never_markup(client: FlaskClient, session: Session) -> None:
    case = factories.a_report(session, text="<script>alert(1)</script>", place_label="<b>x")
    factories.move_on(session, case.case_id, "file", note="<img src=x>")
    session.commit()
    html = client.get(f"/reports/{case.report_no}?k={case.access_key}").get_data(as_text=True)
    assert "<script" not in html
    assert "<b>x" not in html
    assert "<img src=x>" not in html


def test_a_personal_page_is_not_kept_and_names_no_other_place(
    client: FlaskClient, session: Session
) -> None:
    case = a_whole_case(session)
    response = client.get(f"/reports/{case.report_no}?k={case.access_key}")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in response.headers
    page = page_of(response)
    for name, given in page.tags:
        assert name not in ("script", "style")
        assert "style" not in given
        for attribute in ("src", "href", "action"):
            assert given.get(attribute, "/").startswith(("/", "tel:", "#"))


def test_the_number_may_be_written_carelessly(client: FlaskClient, session: Session) -> None:
    case = factories.a_case(session, Status.FILED)
    session.commit()
    response = client.get(f"/reports/{case.report_no.lower().replace('-', '')}")
    assert page_of(response).headings[0] == "已立案"


@pytest.mark.parametrize(
    "number", ["JB261122-0000000", "x", "JB", "1" * 500, "%00", "%ed%a0%80", "..%2f..", "<script>"]
)
def test_a_number_that_nobody_has_leads_to_the_form(client: FlaskClient, number: str) -> None:
    response = client.get(f"/reports/{number}")
    assert response.status_code == 404
    page = page_of(response)
    assert page.headings[-1] in ("查办理进度", "没有找到")
    assert "<script>" not in page.html


# -- asking for a number -----------------------------------------------------------------


def test_the_form_leads_to_the_page(client: FlaskClient, session: Session) -> None:
    case = factories.a_case(session, Status.REPORTED)
    session.commit()
    form = page_of(client.get("/reports")).forms[0]
    assert (form.method, form.action, list(form.fields)) == ("get", "/reports", ["no"])
    wide = case.report_no.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789JB"})
    for typed in (case.report_no, f"  {case.report_no.lower()} ", wide):
        response = client.get("/reports", query_string={"no": typed})
        assert (response.status_code, response.location) == (303, f"/reports/{case.report_no}")


@pytest.mark.parametrize(
    "typed", ["JB12", "中文", "JB261122-1234560", "' OR 1=1", "9" * 3000, "<b>"]
)
def test_a_mistyped_number_is_shown_again_with_advice(client: FlaskClient, typed: str) -> None:
    response = client.get("/reports", query_string={"no": typed})
    assert response.status_code == 422
    page = page_of(response)
    assert "编号好像输错了" in page.alerts[0]
    assert page.forms[0].fields["no"] == typed[:40]


def test_a_number_without_a_case_is_shown_again_with_advice(client: FlaskClient) -> None:
    number = report_number("JB", date(2020, 2, 29), 424242)
    response = client.get("/reports", query_string={"no": number})
    assert response.status_code == 404
    page = page_of(response)
    assert "没有找到这个上报编号" in page.alerts[0]
    assert page.forms[0].fields["no"] == number


@pytest.mark.parametrize("typed", ["", "  ", "\x00"])
def test_an_empty_form_is_just_the_form(client: FlaskClient, typed: str) -> None:
    response = client.get("/reports", query_string={"no": typed})
    assert response.status_code == 200
    assert page_of(response).alerts == []


# -- photos ------------------------------------------------------------------------------


def test_photos_open_with_the_key_of_their_own_report_only(
    client: FlaskClient, session: Session
) -> None:
    citizen = factories.a_citizen(session)
    photo = factories.a_photo(session, citizen)
    mine = factories.a_report(session, citizen_id=citizen, photo_ids=(photo,))
    other = factories.a_report(session, citizen_id=citizen)
    session.commit()
    address = f"/reports/{mine.report_no}/photos/{photo}"
    response = client.get(f"{address}?k={mine.access_key}")
    assert (response.status_code, response.mimetype) == (200, "image/jpeg")
    assert response.data == factories.a_picture().jpeg
    assert response.headers["Cache-Control"] == "private, no-cache"
    small = client.get(f"{address}?k={mine.access_key}&size=thumb")
    assert small.data == factories.a_picture().thumb
    for wrong in (
        address,
        f"{address}?k=wrong",
        f"{address}?k={other.access_key}",
        f"/reports/{other.report_no}/photos/{photo}?k={other.access_key}",
        f"/reports/{mine.report_no}/photos/999999?k={mine.access_key}",
        f"/reports/nothing/photos/{photo}?k={mine.access_key}",
    ):
        assert client.get(wrong).status_code == 404


# -- JSON --------------------------------------------------------------------------------


def test_a_program_gets_the_same_as_json(client: FlaskClient, session: Session) -> None:
    case = a_whole_case(session)
    response = client.get(f"/api/v1/reports/{case.report_no}?k={case.access_key}")
    assert response.status_code == 200
    answer = ReportAnswer.model_validate(response.json)
    assert (answer.status, answer.status_words) == (Status.CLOSED, "已办结")
    assert answer.is_owner
    assert answer.text == TEXT
    assert [step.status for step in answer.steps][:3] == ["reported", "filed", "dispatched"]
    assert answer.reported_at.tzinfo is not None
    photo = answer.photos[0]
    assert photo.url
    assert photo.url.startswith("http://city.test/reports/")
    assert client.get(photo.url.removeprefix("http://city.test")).mimetype == "image/jpeg"


def test_a_program_without_the_key_gets_the_course_only(
    client: FlaskClient, session: Session
) -> None:
    case = a_whole_case(session)
    answer = ReportAnswer.model_validate(client.get(f"/api/v1/reports/{case.report_no}").json)
    assert (answer.is_owner, answer.text, answer.place_label, answer.photos) == (
        False,
        None,
        None,
        [],
    )
    assert {step.note for step in answer.steps} == {None}


def test_a_program_hears_of_a_wrong_number_as_a_problem(client: FlaskClient) -> None:
    response = client.get("/api/v1/reports/JB261122-0000000")
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert response.json
    assert response.json["code"] == "case_not_found"


def test_the_interface_is_in_the_document(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    assert document
    described = document["paths"]["/api/v1/reports/{report_no}"]["get"]
    assert {p["name"] for p in described["parameters"]} == {"report_no", "k"}
    assert "ReportAnswer" in document["components"]["schemas"]
