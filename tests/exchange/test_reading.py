"""What the Open311 door tells, and to whom."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft4Validator
from referencing import Registry, Resource
from sqlalchemy.orm import Session

import cases
from cases.rules import Status
from exchange.rules import is_open, update_word, written
from kernel import clock
from tests.conftest import ROOT
from tests.exchange.asking import Program, a_key
from tests.factories import a_case, a_picture, a_report, key, move_on

SCHEMAS = next(
    (each for up in ROOT.parents if (each := up / "shared" / "data" / "open311-schema").is_dir()),
    None,
)


def check(name: str, body: object) -> None:
    """Compare with the published schema of 2016, where its files are at hand."""
    if SCHEMAS is None:
        pytest.skip("the schema files of open311/schema-validation are not here")
    files = {path.name: json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        (file, Resource.opaque(schema)) for file, schema in files.items()
    )
    Draft4Validator(files[name], registry=registry).validate(body)


def test_answers_fit_the_published_schemas(patrol: Program, session: Session) -> None:
    number = patrol.hand_in()
    a_case(session, Status.REFUSED)
    check("services.json", patrol.get("services"))
    check("service-definition.json", patrol.get("services/C0101"))
    check("requests.json", patrol.get("requests"))
    check("requests.json", patrol.get(f"requests/{number}"))
    for row in patrol.get("requests"):
        check("request.json", row)
    for row in patrol.get("services"):
        check("service.json", row)


def test_the_schemas_would_refuse_a_wrong_answer(patrol: Program) -> None:
    row = patrol.get("requests", service_request_id=patrol.hand_in())[0]
    check("request.json", row)
    with pytest.raises(Exception, match="is not of type 'string'"):
        check("request.json", row | {"service_request_id": 7})


def test_everybody_is_told_where_the_door_is_and_what_can_be_reported(nobody: Program) -> None:
    found = nobody.get("discovery")
    assert found["endpoints"][0]["url"] == "http://city.test/open311/v2/"
    assert [each.text for each in nobody.xml("discovery").iter("format")] == [
        "text/xml",
        "application/json",
    ]
    services = nobody.get("services")
    assert len(services) == len(cases.classes()) + 1
    assert [each.findtext("service_code") for each in nobody.xml("services")] == [
        each["service_code"] for each in services
    ]
    assert services[0]["metadata"] is True
    assert nobody.xml("services")[0].findtext("metadata") == "true"


def test_a_service_has_attributes_in_both_forms(nobody: Program) -> None:
    told = nobody.get("services/other")
    assert [each["code"] for each in told["attributes"]] == [
        "urgent",
        "client_reference",
        "fixmystreet_id",
    ]
    page = nobody.xml("services/other")
    assert [each.findtext("key") for each in page.iter("value")] == ["no", "yes"]
    assert [each.findtext("variable") for each in page.iter("attribute")] == ["true"] * 3


@pytest.mark.parametrize("form", ["json", "xml"])
def test_what_is_not_there_is_said_in_the_form_that_was_asked_for(
    client: FlaskClient, form: str
) -> None:
    answer = client.get(f"/open311/v2/services/Z9999.{form}")
    assert answer.status_code == 404
    if form == "json":
        assert [each["code"] for each in answer.get_json()] == [404]
    else:
        assert b"<errors><error><code>404</code><description>" in answer.data


def test_nobody_s_key_sees_the_course_and_no_words_or_place(
    nobody: Program, session: Session
) -> None:
    made = a_case(session, Status.REFUSED)
    session.commit()
    row = nobody.get(f"requests/{made.report_no}")[0]
    assert row["status"] == "closed"
    assert row["status_notes"] == "不予受理"
    hidden = ("description", "address", "lat", "long", "media_url")
    assert {name: row[name] for name in hidden} == dict.fromkeys(hidden)
    assert made.access_key not in json.dumps(row)
    (listed,) = nobody.get("requests")
    assert listed == row
    nobody.get("requests", 403, lat="29.5745", long="106.53")
    nobody.get("servicerequestupdates", 403)


def test_places_are_for_who_may_read_and_words_for_who_may_read_details(
    client: FlaskClient, session: Session
) -> None:
    made = a_report(session, contact_phone="13812345678")
    reader = Program(client, a_key(session, "read"))
    knower = Program(client, a_key(session, "read", "details"))
    asked = {"service_request_id": made.report_no}
    seen, known = reader.get("requests", **asked)[0], knower.get("requests", **asked)[0]
    assert (seen["lat"], seen["description"], seen["address"]) == (29.5745, None, None)
    assert (known["lat"], known["description"]) == (29.5745, "路面坑洼，积水很深")
    assert "13812345678" not in json.dumps(known)


def test_who_handed_it_in_reads_it_whole_and_others_do_not(
    client: FlaskClient, session: Session
) -> None:
    mine = Program(client, a_key(session, "report"))
    theirs = Program(client, a_key(session, "report"))
    number = mine.hand_in()
    assert mine.get(f"requests/{number}")[0]["description"] == "井盖破损"
    assert theirs.get(f"requests/{number}")[0]["description"] is None
    mine.get("requests", 403, lat="29.5745", long="106.53")  # places are for readers


def test_numbers_go_before_all_other_filters(patrol: Program) -> None:
    first, second = patrol.hand_in(description="一"), patrol.hand_in(description="二")
    rows = patrol.get(
        "requests", service_request_id=f"{first}, {second},JB000000-0000000", status="closed"
    )
    assert [row["service_request_id"] for row in rows] == [second, first]
    patrol.get("requests", 400, service_request_id=",".join(["JB261122-0000000"] * 101))


def test_lists_are_filtered(patrol: Program, session: Session) -> None:
    here = patrol.hand_in(description="这里")
    patrol.hand_in(description="别处", lat="29.6")
    ended = a_case(session, Status.REFUSED).report_no
    other = patrol.hand_in(service_code="other", description="说不清")
    session.commit()

    def found(**query: object) -> set[str]:
        return {row["service_request_id"] for row in patrol.get("requests", **query)}

    assert found(status="closed") == {ended}
    assert ended not in found(status="open")
    assert len(found(status="open,closed")) == len(found())
    assert found(service_code="other", status="open") == {other}
    assert here not in found(service_code="E0101")
    assert found(lat="29.5745", long="106.53", radius="500", service_code="C0101") == {here}
    now = clock.now()
    assert here in found(updated_after=written(now - timedelta(minutes=1)))
    assert found(updated_before=written(now - timedelta(minutes=1))) == set()
    assert found(end_date=written(now - timedelta(minutes=1))) == set()
    pages = [found(page_size=2, page=page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 2, 0]
    assert set.union(*pages) == found()


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "yesterday"},
        {"start_date": "2026-11-22T08:00:00"},  # no zone
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
        {"start_date": "2026-11-22T08:00:00Z", "end_date": "2026-11-21T08:00:00Z"},
        {"status": "fixed"},
        {"page": "0"},
        {"page_size": "-1"},
        {"page_size": "1000", "page": "11"},
        {"page": "9" * 30},
        {"lat": "29.5"},
        {"lat": "nan", "long": "1"},
        {"lat": "91", "long": "1"},
        {"lat": "29", "long": "106", "radius": "1e9"},
        {"lat": "29", "long": "106", "radius": "0"},
    ],
)
def test_a_question_that_cannot_be_is_refused(patrol: Program, query: dict[str, str]) -> None:
    assert patrol.get("requests", 400, **query)[0]["code"] == 400


def test_garbage_is_no_defect(patrol: Program) -> None:
    for junk in ("\0", "%", "' OR 1=1", "😀", "<x>", "a" * 3000):
        assert patrol.get("requests", service_request_id=junk) == []
        patrol.get("requests", 404, service_code=junk)
        patrol.get("requests", 400, end_date=junk)


def test_an_unknown_jurisdiction_is_refused_and_ours_or_none_is_not(nobody: Program) -> None:
    nobody.get("services", jurisdiction_id="500105")
    nobody.get("services", jurisdiction_id="")
    assert nobody.get("services", 404, jurisdiction_id="sf.gov")[0]["code"] == 404


def test_a_token_is_the_number(nobody: Program, session: Session) -> None:
    number = a_report(session).report_no
    session.commit()
    assert nobody.get(f"tokens/{number}") == [{"service_request_id": number, "token": number}]
    nobody.get("tokens/nothing", 404)


def test_steps_of_cases_are_told_with_zone_and_whole_seconds(
    patrol: Program, session: Session
) -> None:
    number = patrol.hand_in()
    case_id = cases.case_id_of(session, number)
    assert case_id is not None
    move_on(session, case_id, "refuse", note="不在辖区内")
    session.commit()
    since = written(clock.now() - timedelta(hours=2))
    rows = patrol.get("servicerequestupdates", start_date=since, end_date=written(clock.now()))
    told = [row for row in rows if row["service_request_id"] == number]
    assert [(row["update_id"], row["status"]) for row in told] == [
        (f"{number}-1", "open"),
        (f"{number}-2", "no_further_action"),
    ]
    assert told[1]["description"] == "不予受理：不在辖区内"
    assert told[1]["updated_datetime"].endswith("Z")
    assert "." not in told[1]["updated_datetime"]
    page = patrol.xml("service_request_updates")
    assert [each.tag for each in page] == ["request_update"] * len(rows)


def test_a_reporter_is_told_the_steps_of_his_own_requests_alone(
    client: FlaskClient, session: Session
) -> None:
    mine = Program(client, a_key(session, "report"))
    number = mine.hand_in()
    a_case(session, Status.FILED)
    session.commit()
    rows = mine.get("servicerequestupdates")
    assert {row["service_request_id"] for row in rows} == {number}


def test_a_photo_is_shown_to_who_was_told_its_address(patrol: Program, session: Session) -> None:
    made = cases.report(
        session,
        request_key=key(),
        prefix="JB",
        source="page",
        citizen_id=None,
        place_label="桥头",
        pictures=[a_picture()],
    )
    session.commit()
    address = patrol.get(f"requests/{made.report_no}")[0]["media_url"]
    assert address.startswith("http://city.test/open311/v2/photos/")
    path = address.removeprefix("http://city.test")
    shown = patrol.client.get(path)
    assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
    assert patrol.client.get(path.replace("photos/", "photos/x")).status_code == 404


def test_every_status_has_its_words() -> None:
    for status in cases.Status:
        assert isinstance(is_open(status), bool)
        assert update_word(status, None)
    assert {s for s in cases.Status if is_open(s)} == set(cases.OPEN)
    assert update_word("refused", "elsewhere") == "not_councils_responsibility"
