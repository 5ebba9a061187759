"""The operators' pages of facilities: who may call them, what they change, what they refuse."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import accounts
from convenience import service
from convenience.models import Correction, Facility
from tests import factories
from tests.convenience.desks import CORRECTIONS, IMPORTS, LIST, Desk
from tests.convenience.places import HERE, a_facility
from tests.pages import page_of, sign_in_as

pytestmark = pytest.mark.usefixtures("fresh")


def stored(session: Session, code: str) -> Facility:
    session.expire_all()
    return session.scalars(select(Facility).where(Facility.code == code)).one()


FULL = {
    "code": "new-1",
    "kind": "toilet",
    "name": "新公厕",
    "datum": "wgs84",
    "longitude": "106.5300",
    "latitude": "29.5745",
    "hours": "6:00-22:00",
    "is_free": "是",
    "is_accessible": "否",
    "capacity": "6",
    "verified_on": "2026-11-01",
}


def add(desk: Desk, **changed: object) -> TestResponse:
    return desk.send(f"{LIST}new", f"{LIST}new", **{**FULL, **changed})


def test_other_roles_are_kept_out(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, factories.a_member_of_staff(session, role=accounts.Role.DISPATCHER))
    for address in (LIST, f"{LIST}new", IMPORTS, CORRECTIONS, f"{LIST}export.csv"):
        assert client.get(address).status_code == 403


def test_an_acceptor_reads_and_does_not_write(client: FlaskClient, session: Session) -> None:
    code = a_facility(session).code
    acceptor = factories.a_member_of_staff(session, role=accounts.Role.ACCEPTOR)
    sign_in_as(client, session, acceptor)
    assert client.get(f"{LIST}{code}").status_code == 200
    assert client.get(f"{LIST}new").status_code == 403


def test_a_form_without_its_token_changes_nothing(desk: Desk, session: Session) -> None:
    assert desk.client.post(f"{LIST}new", data=FULL).status_code == 400
    assert session.scalar(select(Facility.id).where(Facility.code == "new-1")) is None


def test_a_facility_is_added_and_found_in_the_list(desk: Desk, session: Session) -> None:
    assert add(desk).location == f"{LIST}new-1"
    made = stored(session, "new-1")
    assert (made.hours, made.is_free, made.is_accessible) == ("06:00-22:00", True, False)
    assert (made.latitude, made.longitude) == HERE
    assert "新公厕" in desk.page(LIST).links
    assert "新公厕" in desk.page(f"{LIST}?q=xingongce&kind=toilet").links
    assert "新公厕" in desk.page(f"{LIST}?q=new-1").links
    assert "新公厕" not in desk.page(f"{LIST}?kind=parking").links


def test_coordinates_are_carried_over_from_their_datum(desk: Desk, session: Session) -> None:
    add(desk, datum="gcj02", longitude="106.5338", latitude="29.5718")
    made = stored(session, "new-1")
    assert abs(made.longitude - 106.5338) > 0.002


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"datum": ""}, "坐标系"),
        ({"longitude": "nan"}, "不在地球上"),
        ({"longitude": "1e999"}, "不在地球上"),
        ({"longitude": "29.5745", "latitude": "106.53"}, "不在地球上"),
        ({"longitude": "121.47", "latitude": "31.23"}, "区外"),
        ({"longitude": "东经"}, "小数"),
        ({"name": ""}, "请写名称"),
        ({"name": "长" * 101}, "不超过 100 个字"),
        ({"hours": "看情况"}, "看不懂"),
        ({"phone": "call me"}, "不像电话号码"),
        ({"capacity": "-1"}, "不是合理的数字"),
        ({"verified_on": "2026-13-45"}, "看不懂"),
        ({"is_free": "maybe"}, "看不懂"),
        ({"kind": "castle"}, "没有这个设施类别"),
        ({"code": "../etc"}, "编号只能用"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    desk: Desk, session: Session, changed: dict[str, str], words: str
) -> None:
    response = add(desk, **{"address": "建新东路 9 号", **changed})
    assert response.status_code == 422
    page = page_of(response)
    assert words in page.alerts[0]
    assert page.forms[-1].fields["address"] == "建新东路 9 号"
    assert session.scalar(select(Facility.id)) is None


def test_a_code_is_given_once(desk: Desk) -> None:
    add(desk)
    assert add(desk).status_code == 409


def change(desk: Desk, code: str, **changed: object) -> TestResponse:
    page = desk.page(f"{LIST}{code}")
    form = next(form for form in page.forms if "longitude" in form.fields)
    return desk.send(f"{LIST}{code}", f"{LIST}{code}", **{**form.fields, **changed})


def test_a_change_is_told_in_the_history_and_can_be_undone(desk: Desk, session: Session) -> None:
    add(desk)
    assert change(desk, "new-1", name="改名公厕").status_code == 303
    page = desk.page(f"{LIST}new-1")
    assert "名称：新公厕 → 改名公厕" in page.text
    assert "李娜" in page.text
    revision = stored(session, "new-1").revision
    undone = desk.send(f"{LIST}new-1", f"{LIST}new-1", move="undo", revision=revision)
    assert undone.status_code == 303
    assert stored(session, "new-1").name == "新公厕"
    # Twice, or by an old page, it does nothing.
    again = desk.send(f"{LIST}new-1", f"{LIST}new-1", move="undo", revision=revision)
    assert again.status_code == 409
    first = stored(session, "new-1").revision
    nothing = desk.send(f"{LIST}new-1", f"{LIST}new-1", move="undo", revision=first)
    assert nothing.status_code == 409
    assert stored(session, "new-1").name == "新公厕"


def test_two_people_do_not_overwrite_each_other(desk: Desk, session: Session) -> None:
    add(desk)
    old = stored(session, "new-1").revision
    change(desk, "new-1", name="甲改的")
    late = change(desk, "new-1", name="乙改的", revision=str(old))
    assert late.status_code == 409
    assert "刚刚改过" in page_of(late).alerts[0]
    assert stored(session, "new-1").name == "甲改的"


def test_a_removed_facility_keeps_its_tombstone_and_comes_back(
    desk: Desk, session: Session
) -> None:
    add(desk)
    address, revision = f"{LIST}new-1", stored(session, "new-1").revision
    assert desk.send(address, address, move="remove", revision=revision).status_code == 422
    desk.send(address, address, move="remove", revision=revision, reason="道路改造")
    assert stored(session, "new-1").removal_reason == "道路改造"
    assert "新公厕" in desk.page(f"{LIST}?state=removed").links
    assert change(desk, "new-1").status_code == 303
    assert stored(session, "new-1").removed_at is None


def test_a_photo_is_cleaned_shown_and_dropped(desk: Desk, session: Session) -> None:
    add(desk)
    picture = factories.image_bytes((3000, 200))
    change(desk, "new-1", photo=(BytesIO(picture), "x.png"))
    shown = desk.client.get("/facilities/new-1/photo")
    assert shown.data.startswith(b"\xff\xd8")
    assert len(shown.data) < len(picture) + 20_000
    for rubbish in (b"GIF89a", b"<svg/>", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n" + b"\0" * 99):
        refused = change(desk, "new-1", photo=(BytesIO(rubbish), "x.jpg"))
        assert refused.status_code == 422
    change(desk, "new-1", drop_photo="1")
    assert desk.client.get("/facilities/new-1/photo").status_code == 404


def test_kinds_are_added_once(desk: Desk) -> None:
    address = f"{LIST}kinds"
    given = {"code": "charging", "name": "充电桩", "aliases": "充电站、充电"}
    assert desk.send(address, address, **given).status_code == 303
    assert "充电站" in desk.page(address).text
    assert desk.send(address, address, **given).status_code == 409
    assert desk.send(address, address, code="X Y", name="<b>").status_code == 422


def test_an_export_can_be_imported_again_and_runs_no_formula(desk: Desk, session: Session) -> None:
    a_facility(session, "=cmd()", code="odd-1", hours="24/7", is_free=True)
    lines = desk.client.get(f"{LIST}export.csv?kind=toilet").get_data(as_text=True)
    assert "'=cmd()" in lines
    assert desk.client.get(f"{LIST}export.csv?kind=parking").get_data(as_text=True).count("\n") == 1
    geojson = desk.client.get(f"{LIST}export.geojson").get_json()
    assert geojson["features"][0]["id"] == "odd-1"
    assert desk.client.get(f"{LIST}export.xlsx").data.startswith(b"PK")


# -- corrections ---------------------------------------------------------------------------


def a_word(session: Session, facility: Facility, kind: str = "closed", who: int = 1) -> int:
    number = service.report_wrong(
        session, facility_id=facility.id, kind=kind, note="门锁着<b>", client_key=f"client-{who:04}"
    )
    session.commit()
    return number


def state_of(session: Session, number: int) -> str:
    session.expire_all()
    return session.get_one(Correction, number).state


def test_a_resident_is_right_wrong_or_the_place_is_gone(desk: Desk, session: Session) -> None:
    made = a_facility(session, code="c-1")
    numbers = [a_word(session, made, who=who) for who in (1, 2, 3)]
    assert "存疑" in desk.page(CORRECTIONS).text
    assert "c-1" in desk.page(f"{LIST}?state=doubtful").html
    desk.send(f"{CORRECTIONS}{numbers[0]}", CORRECTIONS, move="wrong", answer="去看过，开着")
    right = desk.send(f"{CORRECTIONS}{numbers[1]}", CORRECTIONS, move="right")
    assert right.location == f"{LIST}c-1"
    assert stored(session, "c-1").removed_at is None
    desk.send(f"{CORRECTIONS}{numbers[2]}", CORRECTIONS, move="gone")
    assert stored(session, "c-1").removed_at is not None
    assert [state_of(session, n) for n in numbers] == ["declined", "accepted", "accepted"]
    assert "没有待办的纠错" in desk.page(CORRECTIONS).text


def test_a_word_is_answered_once(desk: Desk, session: Session) -> None:
    number = a_word(session, a_facility(session))
    other = a_word(session, a_facility(session), who=9)
    assert desk.send(f"{CORRECTIONS}{number}", CORRECTIONS, move="x").status_code == 422
    desk.send(f"{CORRECTIONS}{number}", CORRECTIONS, move="wrong")
    assert desk.send(f"{CORRECTIONS}{number}", CORRECTIONS, move="gone").status_code == 409
    assert desk.send(f"{CORRECTIONS}0", CORRECTIONS, move="right").status_code == 404
    long = desk.send(f"{CORRECTIONS}{other}", CORRECTIONS, move="right", answer="长" * 501)
    assert long.status_code == 422
