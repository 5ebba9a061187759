"""A report from any browser: what is asked, where it is, what is known there, and that it is made once."""

import uuid
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import cases
from cases.models import Photo
from portal.reporting import REPORTS
from tests import factories
from tests.convenience.places import HERE, a_facility
from tests.pages import page_of
from tests.portal.filling import AT_HERE, a_photo, all_cases, fields_of, send, the_case
from tests.qr.signs import a_sign


def test_the_form_asks_four_things_and_sets_no_cookie(client: FlaskClient) -> None:
    answer = client.get("/report")
    page = page_of(answer)
    asked = [
        given["name"]
        for tag, given in page.tags
        if tag in ("input", "textarea", "select") and given.get("type") not in ("hidden", "image")
    ]
    assert asked == ["photos", "what", "place", "phone"]
    assert "Set-Cookie" not in answer.headers
    assert len(answer.data) < 15 * 1024


def test_words_place_and_photos_become_a_case_in_two_steps(
    client: FlaskClient, session: Session
) -> None:
    look = send(client, photos=[a_photo(), a_photo()], phone="138 1234 5678")
    page = page_of(look)
    assert look.status_code == 200
    assert all_cases(session) == []
    assert "2 张" in page.text
    done = send(client, "send", **fields_of(page))
    case = the_case(session)

    assert done.status_code == 303
    assert (case.source, case.text, case.place_label) == ("page", "路灯不亮", "建新东路3号")
    assert (case.contact_phone, case.citizen_id) == ("138 1234 5678", None)
    photos = session.scalars(select(Photo).where(Photo.case_id == case.id)).all()
    assert {photo.state for photo in photos} == {"stored"}
    assert len(photos) == 2
    receipt = page_of(client.get(done.location))
    assert case.report_no in receipt.text
    assert receipt.links["看办理进度"] == f"/reports/{case.report_no}?k={case.access_key}"


def test_sent_again_at_any_step_it_is_one_report(client: FlaskClient, session: Session) -> None:
    key = uuid.uuid4().hex
    answers = [
        send(client, step, request_key=key, photos=[a_photo()], **AT_HERE)
        for step in ("look", "send", "send", "look")
    ]
    assert [answer.status_code for answer in answers] == [200, 303, 303, 303]
    assert len({answer.location for answer in answers[1:]}) == 1
    the_case(session)


def test_going_back_keeps_words_place_and_photos(client: FlaskClient, session: Session) -> None:
    key = uuid.uuid4().hex
    send(client, request_key=key, photos=[a_photo()])
    page = page_of(send(client, "edit", request_key=key, **AT_HERE))
    fields = page.forms[0].fields

    assert "已收到 1 张" in page.text
    assert fields["what"] == "路灯不亮"
    assert fields["place"] == "建新东路3号"
    assert (fields["lat"], fields["lng"]) == (AT_HERE["lat"], AT_HERE["lng"])
    assert fields["request_key"] == key


def test_photos_chosen_anew_take_the_place_of_the_first_and_can_be_dropped(
    client: FlaskClient, session: Session
) -> None:
    key = uuid.uuid4().hex
    send(client, request_key=key, photos=[a_photo(), a_photo()])
    send(client, request_key=key, photos=[a_photo(data=factories.image_bytes((32, 32)))])
    assert [photo.width for photo in session.scalars(select(Photo))] == [32]
    send(client, request_key=key, drop_photos="1")
    session.expire_all()
    assert session.scalars(select(Photo)).all() == []


def test_the_photos_of_another_form_are_not_taken(client: FlaskClient, session: Session) -> None:
    send(client, photos=[a_photo()])
    send(client, "send")
    case = the_case(session)
    (photo,) = session.scalars(select(Photo)).all()
    assert photo.case_id is None
    assert case.id


@pytest.mark.parametrize(
    "case",
    [
        ({"what": "  "}, 422, "请写一句哪里有问题"),
        ({"place": " "}, 422, "请告诉我们在哪里"),
        ({"phone": "打给我"}, 422, "电话号码没看懂"),
        ({"request_key": "x"}, 422, "没有完整打开"),
        ({"request_key": None}, 422, "没有完整打开"),
        ({"photos": [(BytesIO(b"GIF89a nothing"), "a.gif")]}, 422, "不是能打开的照片"),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403, "请从本站的页面上提交"),
        ({"headers": {"Origin": "https://evil.example"}}, 403, "请从本站的页面上提交"),
    ],
)
@pytest.mark.parametrize("step", ["look", "send"])
def test_what_cannot_be_taken_is_refused_and_nothing_is_stored(
    client: FlaskClient,
    session: Session,
    step: str,
    case: tuple[dict[str, object], int, str],
) -> None:
    changed, status, words = case
    if "photos" in changed:  # a file is read once
        changed = {"photos": [(BytesIO(b"GIF89a nothing"), "a.gif")]}
    answer = send(client, step, **changed)
    assert answer.status_code == status
    assert words in page_of(answer).text
    assert all_cases(session) == []


def test_after_a_refusal_what_was_typed_is_still_there(client: FlaskClient) -> None:
    key = uuid.uuid4().hex
    answer = send(client, request_key=key, what="<b>坑</b>", phone="打给我")
    fields = page_of(answer).forms[0].fields
    assert fields["what"] == "<b>坑</b>"
    assert fields["phone"] == "打给我"
    assert fields["request_key"] == key
    assert b"<b>" not in answer.data


def test_ten_photos_too_much_data_and_a_flood_are_turned_away(
    client: FlaskClient, session: Session
) -> None:
    assert send(client, photos=[a_photo() for _ in range(10)]).status_code == 422
    huge = send(client, photos=[a_photo(data=b"x" * (11 * 1024 * 1024))])
    assert huge.status_code == 413
    for _ in range(60):
        REPORTS.take("127.0.0.1")
    assert send(client, "send").status_code == 429
    assert all_cases(session) == []


@pytest.mark.parametrize(
    "garbage",
    [
        {"lat": "nan", "lng": "1e9"},
        {"lat": "91", "lng": "0"},
        {"tap.x": "-5", "tap.y": "abc"},
        {"tap.x": "99999", "tap.y": "3", "level": "77"},
        {"class": "' OR 1=1", "other_class": "E9999"},
        {"at": "../../etc"},
        {"seen": ",,x," * 300, "follow": "JB1"},
        {"step": "jump"},
        {"what": "坑\x00\x07很大"},
    ],
)
def test_garbage_in_hidden_fields_does_no_harm(
    client: FlaskClient, session: Session, garbage: dict[str, object]
) -> None:
    assert send(client, "send", **garbage).status_code in (200, 303, 404, 422)
    for case in all_cases(session):
        assert case.latitude is None
        assert case.class_code is None


def test_a_place_of_the_phone_is_kept_with_the_nearest_name(
    client: FlaskClient, session: Session
) -> None:
    a_facility(session, "观音桥步行街公厕")
    page = page_of(send(client, place="", **AT_HERE))
    assert "观音桥步行街公厕附近" in page.text
    send(client, "send", **fields_of(page))
    case = the_case(session)
    assert case.latitude == pytest.approx(HERE[0])
    assert case.place_label == "观音桥步行街公厕附近"


def test_a_place_far_from_the_district_is_said_and_may_still_be_sent(
    client: FlaskClient, session: Session
) -> None:
    shanghai = {"lat": "31.23", "lng": "121.47"}
    page = page_of(send(client, **shanghai))
    assert "好像不在重庆市江北区" in page.text
    assert send(client, "send", **shanghai).status_code == 303


def test_a_name_that_is_known_is_offered_and_gives_the_place(
    client: FlaskClient, session: Session
) -> None:
    facility = a_facility(session, "鸿恩寺公园公厕", street="鸿恩寺路")
    page = page_of(send(client, place="鸿恩寺公园"))
    fields = fields_of(page)
    assert "鸿恩寺公园公厕" in page.text
    assert fields["at"] == ""
    send(client, "send", **{**fields, "at": facility.code})
    case = the_case(session)
    assert case.place_label == "鸿恩寺公园（鸿恩寺公园公厕附近）"
    assert case.latitude == pytest.approx(facility.latitude)


def test_the_code_of_a_plate_is_a_place(client: FlaskClient, session: Session) -> None:
    sign = a_sign(session)
    send(client, "send", place=f"{sign.code[:4].lower()}-{sign.code[4:]}")
    case = the_case(session)
    assert (case.sign_code, case.source) == (sign.code, "page")
    assert case.place_label == f"观音桥步行街路口（标牌 {sign.number}）"


def test_the_class_is_suggested_and_may_be_corrected_or_left_open(
    client: FlaskClient, session: Session
) -> None:
    page = page_of(send(client, what="路灯不亮"))
    suggested = cases.suggest("路灯不亮")[0].code
    assert fields_of(page)["class"] == suggested
    for chosen, other, kept in (
        (suggested, "", suggested),
        (suggested, "E0101", "E0101"),
        ("none", "", None),
    ):
        fields = {**fields_of(page), "class": chosen, "other_class": other}
        send(client, "send", **{**fields, "request_key": uuid.uuid4().hex})
        assert all_cases(session)[-1].class_code == kept


@pytest.mark.parametrize("query", ["", "?no=JB1&k=%00", "?no={no}", "?no={no}&k=wrong"])
def test_a_receipt_is_shown_only_for_its_key(
    client: FlaskClient, earlier: cases.Reported, query: str
) -> None:
    assert client.get("/report/receipt" + query.format(no=earlier.report_no)).status_code == 404


def test_numbers_that_are_none_are_not_said_to_be_followed(client: FlaskClient) -> None:
    assert client.get("/report/followed?no=<script>").status_code == 404
