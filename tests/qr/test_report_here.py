"""A report from a sign: place known, three fields, once."""

import uuid
from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from cases.models import Case, Photo
from kernel import blobs
from qr import rules
from tests import factories
from tests.pages import page_of
from tests.qr.signs import HERE, WECHAT, Planted, a_sign, do


@pytest.fixture
def sign(session: Session) -> Planted:
    return a_sign(session)


def send(client: FlaskClient, sign: Planted, **changed: object) -> TestResponse:
    fields: dict[str, object] = {
        "what": "路灯不亮",
        "phone": "",
        "request_key": uuid.uuid4().hex,
        **changed,
    }
    headers = fields.pop("headers", {"Sec-Fetch-Site": "same-origin"})
    answer = client.post(
        f"/s/{sign.code}/report",
        data={name: value for name, value in fields.items() if value is not None},
        headers=headers,
    )
    answer.request.environ["wsgi.input"].close()
    return answer


def the_case(session: Session) -> Case:
    return session.scalars(select(Case)).one()


def a_file(data: bytes | None = None, name: str = "p.jpg") -> tuple[BytesIO, str]:
    return BytesIO(data or factories.image_bytes()), name


def test_the_form_asks_three_things_at_most(client: FlaskClient, sign: Planted) -> None:
    answer = client.get(f"/s/{sign.code}/report")
    page = page_of(answer)
    asked = [
        a["name"]
        for tag, a in page.tags
        if tag in ("input", "textarea", "select") and a.get("type") != "hidden"
    ]
    assert asked == ["what", "photos", "phone"]
    assert sign.number in page.text
    assert "Set-Cookie" not in answer.headers


def test_a_report_becomes_a_case_at_the_signs_place_and_a_number_is_shown(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    answer = send(client, sign, photos=[a_file(), a_file()], phone="138 1234 5678")
    case = the_case(session)

    assert answer.status_code == 303
    assert (case.source, case.sign_code, case.text) == ("sign", sign.code, "路灯不亮")
    assert case.latitude == pytest.approx(HERE[0])
    assert case.place_label == f"观音桥步行街路口（标牌 {sign.number}）"
    assert case.contact_phone == "138 1234 5678"
    assert case.citizen_id is None
    assert len(session.scalars(select(Photo)).all()) == 2
    receipt = client.get(answer.location)
    assert case.report_no in page_of(receipt).text
    assert f"/reports/{case.report_no}?k={case.access_key}" in receipt.text


def test_the_same_form_twice_is_one_report(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    key = uuid.uuid4().hex
    answers = [send(client, sign, request_key=key, what=f"第{n}次") for n in range(3)]

    assert len({answer.location for answer in answers}) == 1
    assert the_case(session).text == "第0次"


def test_the_same_key_at_another_sign_is_another_report(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    key, other = uuid.uuid4().hex, a_sign(session, "别处", north_m=500)
    send(client, sign, request_key=key)
    send(client, other, request_key=key)
    assert len(session.scalars(select(Case)).all()) == 2


def test_a_resident_who_signed_in_reports_as_himself(
    resident_client: Callable[[int], FlaskClient], session: Session, sign: Planted
) -> None:
    citizen = factories.a_citizen(session)
    browser = resident_client(citizen)
    page = page_of(browser.get(f"/s/{sign.code}/report", base_url="http://city.test"))
    assert "以您的微信身份上报" in page.text
    assert "phone" not in {a.get("name") for _, a in page.tags}
    browser.post(
        f"/s/{sign.code}/report",
        base_url="http://city.test",
        data={"what": "井盖破了", "request_key": uuid.uuid4().hex, "phone": "1381234"},
    )
    case = the_case(session)
    assert (case.citizen_id, case.contact_phone) == (citizen, None)


def test_in_wechat_one_may_sign_in_and_need_not(client: FlaskClient, sign: Planted) -> None:
    page = page_of(client.get(f"/s/{sign.code}/report", headers={"User-Agent": WECHAT}))
    assert page.links["用微信身份上报"] == f"/sign-in?next=/s/{sign.code}/report"
    assert "用微信身份上报" not in page_of(client.get(f"/s/{sign.code}/report")).links


@pytest.mark.parametrize(
    "case",
    [
        ({"what": "  "}, 422, "请写一句哪里有问题"),
        ({"request_key": "x"}, 422, "没有完整打开"),
        ({"request_key": None}, 422, "没有完整打开"),
        ({"phone": "打给我"}, 422, "电话号码没看懂"),
        ({"photos": [(BytesIO(b"GIF89a nothing"), "a.gif")]}, 422, "不是能打开的照片"),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403, "请从本站的页面上提交"),
        ({"headers": {"Origin": "https://evil.example"}}, 403, "请从本站的页面上提交"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_nothing_is_stored(
    client: FlaskClient,
    session: Session,
    sign: Planted,
    case: tuple[dict[str, object], int, str],
) -> None:
    changed, status, words = case
    answer = send(client, sign, **changed)
    assert answer.status_code == status
    assert words in page_of(answer).text
    assert session.scalars(select(Case)).all() == []


def test_after_a_refusal_what_was_typed_is_still_there(client: FlaskClient, sign: Planted) -> None:
    key = uuid.uuid4().hex
    answer = send(client, sign, request_key=key, what="<b>坑</b>", phone="打给我")
    form = page_of(answer).forms[0]
    assert form.fields["what"] == "<b>坑</b>"
    assert form.fields["phone"] == "打给我"
    assert uuid.UUID(form.fields["request_key"]).hex == key
    assert b"<b>" not in answer.data


def test_too_many_photos_too_much_data_and_too_many_reports(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    assert send(client, sign, photos=[a_file() for _ in range(4)]).status_code == 422
    huge = send(client, sign, photos=[a_file(b"x" * (11 * 1024 * 1024))])
    assert huge.status_code == 413
    statuses = [send(client, sign).status_code for _ in range(32)]
    assert set(statuses) == {303, 429}
    assert statuses[-1] == 429


def test_control_characters_and_long_texts_do_no_harm(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    assert send(client, sign, what="坑\x00\x07很大").status_code == 303
    assert the_case(session).text == "坑很大"
    assert send(client, sign, what="长" * 5000).status_code in (303, 422)


def test_unknown_and_retired_signs_take_no_report(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    assert client.get("/s/NOTASIGN/report").status_code == 404
    assert client.post("/s/NOTASIGN/report").status_code == 404
    loose = sign.code.lower()
    if loose != sign.code:
        assert client.get(f"/s/{loose}/report").location == f"/s/{sign.code}/report"


def test_a_receipt_is_shown_only_for_its_key(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    send(client, sign)
    case = the_case(session)
    for query in ("", f"?no={case.report_no}", f"?no={case.report_no}&k=wrong", "?no=JB1&k=%00"):
        assert client.get(f"/s/{sign.code}/receipt{query}").status_code == 404


def test_a_report_made_far_from_its_sign_is_noted_without_the_place(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    send(client, sign, lat=str(HERE[0] + 0.02), lng=str(HERE[1]))
    send(client, sign, lat=str(HERE[0] + 0.001), lng=str(HERE[1]))
    send(client, sign, lat="nan", lng="999")
    rows = session.execute(text("SELECT code, distance_m FROM qr_far_reports")).all()

    assert rows == [(sign.code, 2200)]
    assert {round(case.latitude or 0, 6) for case in session.scalars(select(Case))} == {HERE[0]}


def test_photos_come_without_their_metadata(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    send(client, sign, photos=[a_file(factories.image_bytes(exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"))])
    key = session.scalars(select(Photo.blob_key)).one()
    assert key
    assert b"Exif" not in blobs.store().get(key)
    assert rules.MOST_PHOTOS == 3


def test_a_sign_that_is_retired_meanwhile_still_takes_what_was_being_written(
    client: FlaskClient, session: Session, sign: Planted
) -> None:
    do(session, sign.plate_id, "retire")
    assert send(client, sign).status_code == 303
