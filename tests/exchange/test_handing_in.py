"""Requests handed in at the door: each becomes one case, however it is sent."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import cases
from cases.models import Case
from exchange.models import Medium, Update
from tests.exchange.asking import ROOT, Program, a_key
from tests.factories import a_report, image_bytes


def case_of(session: Session, number: str) -> cases.CaseFile:
    session.expire_all()
    case_id = cases.case_id_of(session, number)
    assert case_id is not None
    return cases.case_file(session, case_id)


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Case)) or 0


def test_a_request_becomes_a_case_of_its_source(patrol: Program, session: Session) -> None:
    number = patrol.hand_in(
        **{
            "address_string": "建新东路3号",
            "attribute[urgent]": "yes",
            "phone": "138 1234 5678",
            "email": "somebody@example.org",
            "description": "井盖破损\r\n很危险",
        }
    )
    made = case_of(session, number)
    assert (made.source, made.class_code, made.is_urgent) == ("patrol", "C0101", True)
    assert (made.latitude, made.longitude) == (29.5745, 106.53)
    assert (made.text, made.place_label) == ("井盖破损\n很危险", "建新东路3号")
    assert made.contact_phone == "138 1234 5678"


def test_xml_is_answered_where_xml_was_asked_for(patrol: Program) -> None:
    form = {"service_code": "other", "address_string": "桥头", "description": "<&>\x0b"}
    answer = patrol.client.post(
        f"{ROOT}requests.xml", data=form | {"api_key": patrol.key, "jurisdiction_id": "500105"}
    )
    assert answer.status_code == 201
    number = answer.data.partition(b"<service_request_id>")[2].partition(b"<")[0].decode()
    assert patrol.xml(f"requests/{number}")[0].findtext("description") == "<&>"


def test_the_same_sent_again_is_the_same_case(patrol: Program, session: Session) -> None:
    first = patrol.hand_in()
    assert patrol.hand_in() == first
    assert patrol.hand_in(description="另一处井盖") != first
    assert count(session) == 2


@pytest.mark.parametrize("name", ["fixmystreet_id", "client_reference"])
def test_a_client_s_own_number_is_one_case_for_ever(patrol: Program, name: str) -> None:
    first = patrol.hand_in(**{f"attribute[{name}]": "77"})
    assert patrol.hand_in(**{f"attribute[{name}]": "77", "description": "改过的文字"}) == first
    assert patrol.hand_in(**{f"attribute[{name}]": "78"}) != first


def test_an_idempotency_key_stands_for_one_content(patrol: Program) -> None:
    patrol.headers = {"Idempotency-Key": "a-1"}
    first = patrol.hand_in()
    assert patrol.hand_in() == first
    form = {"service_code": "other", "address_string": "桥头", "description": "别的"}
    assert patrol.post("requests", 409, **form)[0]["code"] == 409


def test_one_client_s_number_is_not_another_s(
    patrol: Program, client: FlaskClient, session: Session
) -> None:
    other = Program(client, a_key(session, source="sensor"))
    same = {"attribute[client_reference]": "77"}
    assert patrol.hand_in(**same) != other.hand_in(**same)


def test_a_sensor_needs_no_words_and_a_long_text_is_kept_whole(
    patrol: Program, session: Session
) -> None:
    silent = case_of(session, patrol.hand_in(description=""))
    assert silent.text == "上水井盖"
    long = case_of(session, patrol.hand_in(description="长" * 3500))
    assert long.text == "长" * 2000
    assert [each.text for each in long.additions] == ["长" * 1500]
    assert [each.said_by for each in long.additions] == ["巡查系统"]


def test_photos_come_as_files(patrol: Program, session: Session) -> None:
    number = patrol.hand_in(photo1=(BytesIO(image_bytes()), "a.jpg"))
    assert [photo.state for photo in case_of(session, number).photos] == ["stored"]
    files = {"photo1": (BytesIO(b"no picture"), "a.jpg")}
    patrol.post("requests", 400, service_code="other", address_string="桥头", **files)


def test_photos_named_by_address_are_noted_for_the_job(patrol: Program, session: Session) -> None:
    number = patrol.hand_in(media_url=["https://photos.example/1.jpg"])
    noted = session.scalars(select(Medium)).one()
    assert noted.case_id == case_of(session, number).id
    assert (noted.url, noted.state) == ("https://photos.example/1.jpg", "owed")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"service_code": "C0101"}, 400),
        ({"service_code": "Z1", "lat": "29", "long": "106"}, 404),
        ({"service_code": "C0101", "lat": "29"}, 400),
        ({"service_code": "C0101", "lat": "nan", "long": "106"}, 400),
        ({"service_code": "C0101", "lat": "1e400", "long": "106"}, 400),
        ({"service_code": "C0101", "address_string": "桥", "description": "长" * 4001}, 400),
        ({"service_code": "C0101", "address_string": "桥", "media_url": "file:///etc/passwd"}, 400),
        ({"service_code": "C0101", "address_string": "桥", "media_url": ["http://a/"] * 10}, 400),
        ({"service_code": "C0101", "address_string": "桥", "phone": "不告诉你"}, 400),
        ({"service_code": "C0101", "address_string": "桥", "attribute[client_reference]": "x" * 201}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_a_request_is_refused(
    patrol: Program, session: Session, form: dict[str, object], status: int
) -> None:
    assert patrol.post("requests", status, **form)[0]["code"] == status
    assert count(session) == 0


def test_nobody_hands_in_without_a_key_that_may(
    nobody: Program, client: FlaskClient, session: Session
) -> None:
    form = {"service_code": "other", "address_string": "桥头", "description": "试试"}
    nobody.post("requests", 403, **form)
    Program(client, "wrong" * 8).post("requests", 403, **form)
    Program(client, "钥匙" * 20, {}).post("requests", 403, api_key="钥匙" * 20, **form)
    Program(client, a_key(session, "read")).post("requests", 403, **form)
    assert count(session) == 0


def test_too_much_is_refused_in_words(patrol: Program) -> None:
    answer = patrol.client.post(
        f"{ROOT}requests.json", data=b"x" * (25 * 1024 * 1024), headers={"X-API-Key": patrol.key}
    )
    assert answer.status_code == 413
    assert answer.get_json()[0]["code"] == 413


def test_what_a_client_says_is_kept_with_the_case_and_moves_nothing(
    patrol: Program, session: Session
) -> None:
    number = patrol.hand_in()
    said = {"service_request_id": number, "update_id": "9", "description": "还没修好"}
    first = patrol.post("servicerequestupdates", 200, status="REOPEN", **said)
    assert patrol.post("service_request_updates", 200, status="REOPEN", **said) == first
    made = case_of(session, number)
    assert [(each.said_by, each.text) for each in made.additions] == [
        ("巡查系统", "（REOPEN）还没修好")
    ]
    assert made.version == 1
    assert len(session.scalars(select(Update)).all()) == 1


def test_an_update_is_said_of_what_one_may_see(client: FlaskClient, session: Session) -> None:
    stranger = Program(client, a_key(session, "report", "update"))
    number = a_report(session).report_no
    session.commit()
    said = {"service_request_id": number, "update_id": "1", "description": "好了"}
    stranger.post("servicerequestupdates", 403, **said)
    stranger.post("servicerequestupdates", 404, **(said | {"service_request_id": "none"}))
    said["service_request_id"] = stranger.hand_in()
    stranger.post("servicerequestupdates", 400, **(said | {"update_id": ""}))
    stranger.post("servicerequestupdates", 400, **(said | {"description": ""}))
    stranger.post("servicerequestupdates", 200, **said)
