"""Where a report is by the map, and what is known there already."""

import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import cases
from cases.models import Photo
from cases.voice_models import Follower
from portal import places
from tests import factories
from tests.convenience.places import HERE, a_facility
from tests.pages import page_of
from tests.portal.filling import AT_HERE, a_photo, all_cases, fields_of, send, the_case

# -- the map -------------------------------------------------------------------------------


def test_taps_on_the_map_give_a_place_without_any_script(
    client: FlaskClient, session: Session
) -> None:
    key, wanted = uuid.uuid4().hex, HERE
    fields: dict[str, str] = {}
    for _ in range(4):
        form = fields or {"level": "0", "lat": "", "lng": ""}
        here = (float(form["lat"]), float(form["lng"])) if form["lat"] else None
        x, y = places.view(here, int(form["level"])).place(*wanted)
        answer = send(
            client,
            request_key=key,
            place="",
            **{"tap.x": str(round(x)), "tap.y": str(round(y)), **form},
        )
        page = page_of(answer)
        fields = {name: page.forms[0].fields[name] for name in ("lat", "lng", "level")}
    assert fields["level"] == "3"
    assert abs(float(fields["lat"]) - wanted[0]) * 111_195 < 4
    send(client, "send", request_key=key, place="", **fields)
    assert the_case(session).latitude == pytest.approx(wanted[0], abs=0.00005)


def test_the_return_key_in_a_field_is_no_tap(client: FlaskClient) -> None:
    page = page_of(send(client, **{"tap.x": "0", "tap.y": "0"}))
    assert page.headings[0] == "看一看，对不对"


@pytest.mark.parametrize("query", ["", "?lat=29.5745&lng=106.53&level=3", "?lat=x&level=9"])
def test_the_map_is_a_small_picture_with_names(
    client: FlaskClient, session: Session, query: str
) -> None:
    a_facility(session, "<观音桥>公厕")
    answer = client.get(f"/report/map.svg{query}")
    assert answer.mimetype == "image/svg+xml"
    assert "&lt;观音桥" in answer.text
    assert "<观音桥" not in answer.text
    assert len(answer.data) < 15 * 1024


# -- the same problem, reported already ----------------------------------------------------


def test_who_is_about_to_report_the_same_is_shown_it_without_anybodys_words(
    client: FlaskClient, earlier: cases.Reported
) -> None:
    page = page_of(send(client, place="", **AT_HERE))
    assert "这里已有人上报，要关注它吗？" in page.text
    assert earlier.report_no in page.text
    assert "晚上很黑" not in page.text
    assert "建新东路" not in page.text
    assert page.links["就是它，看进度"] == f"/reports/{earlier.report_no}"
    assert fields_of(page)["seen"] == earlier.report_no


def test_what_was_not_seen_yet_is_shown_before_anything_is_filed(
    client: FlaskClient, session: Session, earlier: cases.Reported
) -> None:
    shown = send(client, "send", place="", **AT_HERE)
    assert shown.status_code == 200
    assert earlier.report_no in shown.text
    assert len(all_cases(session)) == 1
    filed = send(client, "send", **fields_of(page_of(shown)))
    assert filed.status_code == 303
    assert len(all_cases(session)) == 2


def test_a_resident_follows_instead_of_reporting_twice(
    resident_client: Callable[[int], FlaskClient], session: Session, earlier: cases.Reported
) -> None:
    citizen = factories.a_citizen(session)
    browser = resident_client(citizen)
    page = page_of(send(browser, place="", photos=[a_photo()], **AT_HERE))
    form = next(form for form in page.forms if "follow" in form.fields)
    done = send(browser, "send", **{"place": "", **form.fields})

    assert done.location == f"/report/followed?no={earlier.report_no}"
    assert "已经关注" in page_of(browser.get(done.location)).text
    assert session.scalars(select(Follower.citizen_id)).all() == [citizen]
    assert len(all_cases(session)) == 1
    assert session.scalars(select(Photo)).all() == [], "what he did not report is not kept"


def test_nobody_follows_a_case_that_is_not_near(
    resident_client: Callable[[int], FlaskClient], session: Session, earlier: cases.Reported
) -> None:
    browser = resident_client(factories.a_citizen(session))
    send(browser, "send", follow=earlier.report_no)
    assert session.scalars(select(Follower)).all() == []


def test_a_resident_reports_as_himself(
    resident_client: Callable[[int], FlaskClient], session: Session
) -> None:
    citizen = factories.a_citizen(session)
    browser = resident_client(citizen)
    assert "以您的微信身份上报" in page_of(browser.get("/report", base_url="http://city.test")).text
    send(browser, "send", phone="1381234567")
    case = the_case(session)
    assert (case.citizen_id, case.contact_phone) == (citizen, None)
