"""Facilities for other programs: answers that keep their shape, refusals that say why."""

import json
import logging
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from convenience import api, queries, schemas
from convenience.schemas import FacilitiesAnswer, NearestAnswer, OneFacilityAnswer
from geo import datums
from kernel import clock
from tests.convenience.places import DAYTIME, HERE, a_facility

pytestmark = pytest.mark.usefixtures("fresh")
NEAREST = "/api/v1/facilities/nearest"
AT_HERE = f"{NEAREST}?lat={HERE[0]}&lng={HERE[1]}"


def items(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    response = client.get(address)
    assert response.status_code == 200, response.get_data(as_text=True)
    found: list[dict[str, Any]] = response.get_json()["items"]
    return found


def test_an_answer_is_what_the_document_says(client: FlaskClient, session: Session) -> None:
    a_facility(
        session,
        'x"<b>\\公厕',
        hours=DAYTIME,
        fee="a\u2028b",
        phone="023-1",
        keeper="市政",
        gender="both",
        is_free=True,
        verified_on=clock.now().date(),
        capacity=3,
    )
    a_facility(
        session, kind="parking", capacity=9, free_spaces=3, free_spaces_at=clock.now(), north_m=9
    )
    response = client.get(AT_HERE)
    answer = NearestAnswer.model_validate_json(response.get_data())
    assert [item.kind for item in answer.items] == ["parking", "toilet"]
    # The text that is put together from parts holds what the models hold, and nothing else.
    assert answer.model_dump(mode="json").keys() == response.get_json().keys()
    for told, item in zip(response.get_json()["items"], answer.items, strict=True):
        assert told.keys() == item.model_dump().keys()
    assert answer.items[1].name == 'x"<b>\\公厕'
    assert answer.items[0].free_spaces == 3


def test_a_place_has_the_names_that_are_fixed(client: FlaskClient, session: Session) -> None:
    made = a_facility(session, north_m=100)
    (item,) = items(client, f"{AT_HERE}&kind=toilet")
    assert item["id"] == made.code
    assert {"id", "kind", "name", "lat", "lng", "datum", "distance_m"} <= item.keys()
    assert item["distance_m"] == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_question_in_another_datum_is_answered_in_it(
    client: FlaskClient, session: Session, datum: str
) -> None:
    made = a_facility(session, north_m=100)
    there = datums.wgs84_to_gcj02(*HERE)
    wanted = datums.wgs84_to_gcj02(made.latitude, made.longitude)
    if datum == "bd09":
        there, wanted = datums.gcj02_to_bd09(*there), datums.gcj02_to_bd09(*wanted)
    response = client.get(f"{NEAREST}?lat={there[0]}&lng={there[1]}&datum={datum}")
    (item,) = response.get_json()["items"]
    assert item["distance_m"] == pytest.approx(100, abs=0.1)
    assert (item["lat"], item["lng"]) == pytest.approx(wanted, abs=1e-6)
    assert item["datum"] == response.get_json()["origin"]["datum"] == datum


def test_without_a_datum_the_answer_says_which_it_took(client: FlaskClient) -> None:
    assert client.get(AT_HERE).get_json()["origin"] == {
        "lat": HERE[0],
        "lng": HERE[1],
        "datum": "wgs84",
    }


BAD = {
    "lat=29.5": "missing_parameter",
    "lng=106.5": "missing_parameter",
    "": "missing_parameter",
    "lat=&lng=106.5": "missing_parameter",
    "lat=nan&lng=106.5": "bad_coordinate",
    "lat=29.5&lng=inf": "bad_coordinate",
    "lat=-inf&lng=106.5": "bad_coordinate",
    "lat=1e999&lng=106.5": "bad_coordinate",
    "lat=29.5&lng=1e3": "bad_coordinate",
    "lat=29.5&lng=180": "bad_coordinate",
    "lat=91&lng=181": "bad_coordinate",
    "lat=29,5&lng=106.5": "bad_coordinate",
    "lat=２９.5&lng=106.5": "bad_coordinate",
    "lat=0x1d&lng=106.5": "bad_coordinate",
    "lat=29.5%00&lng=106.5": "bad_coordinate",
    "lat=2_9.5&lng=106.5": "bad_coordinate",
    f"lat={'9' * 5000}&lng=106.5": "bad_coordinate",
    "lat=106.53&lng=29.57": "swapped_axes",
    "lat=29.5&lng=106.5&datum=wgs72": "unknown_datum",
    "lat=29.5&lng=106.5&datum=%F0%9F%9A%BD": "unknown_datum",
    "lat=29.5&lng=106.5&kind=castle": "unknown_kind",
    "lat=29.5&lng=106.5&kind='%3B--": "unknown_kind",
    "lat=29.5&lng=106.5&limit=0": "bad_number",
    "lat=29.5&lng=106.5&limit=-1": "bad_number",
    "lat=29.5&lng=106.5&limit=1000000000": "bad_number",
    "lat=29.5&lng=106.5&limit=5.5": "bad_number",
    "lat=29.5&lng=106.5&limit=ten": "bad_number",
    "lat=29.5&lng=106.5&limit=¹": "bad_number",
    "lat=29.5&lng=106.5&radius_m=nan": "bad_number",
    "lat=29.5&lng=106.5&radius_m=0": "bad_number",
    "lat=29.5&lng=106.5&radius_m=1e9": "bad_number",
    "lat=29.5&lng=106.5&open_now=maybe": "bad_switch",
    "lat=29.5&lng=106.5&accessible=2": "bad_switch",
    "lat=29.5&lat=29.6&lng=106.5": "repeated_parameter",
    "lat=29.5&lng=106.5&kind=toilet&kind=parking": "repeated_parameter",
    "lat=29.5&lon=106.5": "unknown_parameter",
    "lat=29.5&lng=106.5&accessable=true": "unknown_parameter",
    "lat=29.5&lng=106.5&format=kml": "unknown_format",
}


@pytest.mark.parametrize("query", BAD)
def test_what_is_wrong_is_refused_with_a_code_and_a_sentence(
    client: FlaskClient, query: str
) -> None:
    response = client.get(f"{NEAREST}?{quote(query, safe='=&%')}")
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    problem = response.get_json()
    assert problem["code"] == BAD[query]
    assert problem["status"] == 422
    assert len(problem["detail"]) > 8


@pytest.mark.parametrize(
    "query",
    [
        "lat=+29.5&lng=106.5".replace("+", "%2B"),
        "lat=29.&lng=106.5",
        "lat=-0&lng=-180",
        "lat=90&lng=0",
        "lat=2.95e1&lng=106.5",
        "lat=1e-300&lng=0",
    ],
)
def test_every_way_to_write_a_number_is_read(client: FlaskClient, query: str) -> None:
    assert client.get(f"{NEAREST}?{query}").status_code == 200


def test_switches_filter(client: FlaskClient, session: Session) -> None:
    a_facility(session, "关门", north_m=1, hours="Jan 1 off")
    good = a_facility(
        session,
        "好",
        north_m=2,
        hours="24/7",
        is_accessible=True,
        is_free=True,
        has_paper=True,
    )
    a_facility(session, "远", north_m=300, hours="24/7", is_accessible=True, is_free=True)
    switches = "open_now=true&accessible=1&free=yes&paper=TRUE&radius_m=50"
    assert [item["id"] for item in items(client, f"{AT_HERE}&{switches}")] == [good.code]
    assert len(items(client, f"{AT_HERE}&open_now=false")) == 3
    assert len(items(client, f"{AT_HERE}&limit=2")) == 2


def test_who_asks_from_far_away_is_told_so(client: FlaskClient, session: Session) -> None:
    a_facility(session)
    answer = client.get(f"{NEAREST}?lat=31.2304&lng=121.4737").get_json()
    assert answer["outside_m"] > 1_000_000
    assert "重庆市江北区以外约 14" in answer["notice"]
    assert len(answer["items"]) == 1
    assert client.get(AT_HERE).get_json()["notice"] is None


@pytest.mark.parametrize("by", ["format", "accept"])
def test_geojson_is_wgs84_with_longitude_first(
    client: FlaskClient, session: Session, by: str
) -> None:
    made = a_facility(session, north_m=100)
    there = datums.wgs84_to_gcj02(*HERE)
    address = f"{NEAREST}?lat={there[0]}&lng={there[1]}&datum=gcj02"
    response = (
        client.get(f"{address}&format=geojson")
        if by == "format"
        else client.get(address, headers={"Accept": "application/geo+json"})
    )
    assert response.content_type == "application/geo+json"
    answer = response.get_json()
    assert (answer["type"], answer["next_cursor"]) == ("FeatureCollection", None)
    (feature,) = answer["features"]
    assert feature["geometry"]["coordinates"] == pytest.approx([made.longitude, made.latitude])
    assert feature["properties"]["datum"] == "wgs84"
    assert feature["properties"]["distance_m"] == pytest.approx(100, abs=0.1)


def test_who_has_the_answer_is_not_sent_it_again(client: FlaskClient, session: Session) -> None:
    a_facility(session, hours="24/7")
    first = client.get(AT_HERE)
    tag = first.headers["ETag"]
    again = client.get(AT_HERE, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
    assert "private" in first.headers["Cache-Control"]
    a_facility(session, north_m=1)
    assert client.get(AT_HERE, headers={"If-None-Match": tag}).status_code == 200


def test_answers_carry_no_cookie_and_logs_no_place(
    client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    a_facility(session)
    with caplog.at_level(logging.DEBUG):
        for address in (
            AT_HERE,
            f"{NEAREST}?lat=29.574512&lng=nan",
            f"{NEAREST}?lat=31.230412&lng=121.5",
        ):
            assert "Set-Cookie" not in client.get(address).headers
    assert not [line for line in caplog.text.splitlines() if "29.57" in line or "31.23" in line]


# -- all of them -----------------------------------------------------------------------------


def test_one_is_told_with_the_ways_to_it(client: FlaskClient, session: Session) -> None:
    made = a_facility(session)
    response = client.get(f"/api/v1/facilities/{made.code}")
    answer = OneFacilityAnswer.model_validate_json(response.get_data())
    assert response.get_json().keys() == answer.model_dump().keys()
    assert len(answer.navigation) == 5
    gcj = datums.wgs84_to_gcj02(made.latitude, made.longitude)
    assert answer.open_location["latitude"] == pytest.approx(gcj[0], abs=1e-5)
    assert client.get("/api/v1/facilities/none").get_json()["code"] == "facility_not_found"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("cursor=x", "bad_cursor"),
        ("cursor=W10", "bad_cursor"),
        ("cursor=" + "W" * 4000, "bad_cursor"),
        ("cursor=bnVsbA", "bad_cursor"),
        ("updated_since=yesterday", "bad_time"),
        ("updated_since=2026-11-22T08:00:00", "bad_time"),
        ("updated_since=0001-01-01T00:00:00Z", "bad_time"),
        ("updated_since=2026-11-22", "bad_time"),
        ("limit=1001", "bad_number"),
        ("kind=castle", "unknown_kind"),
        ("format=xml", "unknown_format"),
        ("since=2026-11-22T08:00:00Z", "unknown_parameter"),
        ("cursor=a&cursor=b", "repeated_parameter"),
    ],
)
def test_a_listing_refuses_what_it_does_not_understand(
    client: FlaskClient, query: str, code: str
) -> None:
    response = client.get(f"/api/v1/facilities?{query}")
    assert (response.status_code, response.get_json()["code"]) == (422, code)


def test_a_cursor_belongs_to_its_question(client: FlaskClient) -> None:
    since = "updated_since=2026-11-22T08:00:00%2B08:00"
    cursor = client.get(f"/api/v1/facilities?{since}").get_json()["sync_cursor"]
    assert client.get(f"/api/v1/facilities?{since}&cursor={cursor}").status_code == 200
    other = client.get(f"/api/v1/facilities?cursor={cursor}")
    assert other.get_json()["code"] == "bad_cursor"


def test_a_cursor_of_another_database_is_told_from_a_bad_one(client: FlaskClient) -> None:
    far = api._cursor(queries.Position(2**62, 1, 0), None, None)
    response = client.get(f"/api/v1/facilities?cursor={far}")
    assert (response.status_code, response.get_json()["code"]) == (409, "cursor_expired")


def test_a_tombstone_and_a_facility_keep_their_shapes(session: Session) -> None:
    made = a_facility(session)
    card = queries.facility(session, made.code)
    told = schemas.facility(card, "公厕", clock.now())
    made.removed_at, made.removal_reason = clock.now(), "拆除"
    session.commit()
    gone = schemas.removed(queries.facility(session, made.code))
    answer = {"items": [told, gone], "next_cursor": None, "sync_cursor": "x", "datum": "wgs84"}
    read = FacilitiesAnswer.model_validate_json(json.dumps(answer))
    assert [type(item).__name__ for item in read.items] == ["LiveAnswer", "RemovedAnswer"]
    feature = schemas.feature(queries.facility(session, made.code), gone)
    assert feature["geometry"] is None
    assert feature["properties"]["is_removed"] is True


def test_the_document_describes_the_parameters(client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").get_json()["paths"]
    described = paths["/api/v1/facilities/nearest"]["get"]
    parameters = {each["name"]: each for each in described["parameters"]}
    assert parameters["lat"]["required"] is True
    assert parameters["lat"]["schema"]["type"] == "number"
    assert parameters["datum"]["schema"]["enum"] == ["wgs84", "gcj02", "bd09"]
    assert "application/geo+json" in described["responses"]["200"]["content"]
    assert "/api/v1/facilities/{code}" in paths
