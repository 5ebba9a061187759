"""The shortcut before the framework answers as the view does, or not at all."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from convenience import cards, shortcut
from kernel import clock
from tests.convenience.places import DAYTIME, HERE, a_facility

pytestmark = pytest.mark.usefixtures("fresh")
NEAREST = "/api/v1/facilities/nearest"
AT_HERE = f"{NEAREST}?lat={HERE[0]}&lng={HERE[1]}"


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note for each question whether the shortcut had the answer."""
    noted: list[bool] = []
    answer = shortcut.Nearest._answer

    def noting(self: shortcut.Nearest, query: str) -> bytes | None:
        body = answer(self, query)
        noted.append(body is not None)
        return body

    monkeypatch.setattr(shortcut.Nearest, "_answer", noting)
    return noted


@pytest.fixture
def warm(
    client: FlaskClient, session: Session, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    a_facility(session, 'x"<b>\\公厕', hours=DAYTIME, is_free=True)
    a_facility(session, kind="parking", north_m=9, free_spaces=3, free_spaces_at=clock.now())
    instant = clock.now()
    monkeypatch.setattr(clock, "now", lambda: instant)
    monkeypatch.setattr(cards, "LOOK_AGAIN", timedelta(hours=1))
    client.get(AT_HERE)
    taken.clear()
    return client


@pytest.mark.parametrize(
    "more",
    [
        "",
        "&kind=toilet",
        "&datum=gcj02&limit=1",
        "&open_now=true",
        "&radius_m=20",
        "&kind=car_wash",
    ],
)
def test_it_answers_to_the_byte_as_the_view_does(
    warm: FlaskClient, taken: list[bool], more: str
) -> None:
    short = warm.get(AT_HERE + more)
    # An escape is not plain: the same question, by the long way.
    long = warm.get(AT_HERE.replace("lat=", "l%61t=") + more)
    assert taken == [True, False]
    assert short.status_code == long.status_code == 200
    assert short.get_data() == long.get_data()
    names = {name for name, _ in long.headers} - {"X-Request-ID"}
    assert {name: short.headers[name] for name in names} == {n: long.headers[n] for n in names}
    assert short.headers["X-Request-ID"] != long.headers["X-Request-ID"]
    again = warm.get(AT_HERE + more, headers={"If-None-Match": short.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize(
    "query",
    [
        "lat=nan&lng=1",
        "lat=1",
        "lat=1&lat=2&lng=3",
        "lat=29.57&lng=106.5&limit=0",
        "lat=29.57&lng=106.5&format=geojson",
        "lat=29.57&lng=106.5&kind=castle",
        "lat=29.57&lng=106.5&what=1",
        "lat=29.57&lng=106.5&",
        "",
        "lat=29.57&lng=106.5" + "&x" * 500,
    ],
)
def test_what_is_not_plain_is_left_to_the_view(
    warm: FlaskClient, taken: list[bool], query: str
) -> None:
    answer = warm.get(f"{NEAREST}?{query}")
    assert taken == [False]
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert answer.content_type == "application/problem+json"


def test_other_methods_and_formats_are_left_to_the_view(
    warm: FlaskClient, taken: list[bool]
) -> None:
    assert warm.post(AT_HERE).status_code == 405
    assert warm.head(AT_HERE).get_data() == b""
    geojson = warm.get(AT_HERE, headers={"Accept": "application/geo+json"})
    assert geojson.get_json()["type"] == "FeatureCollection"
    assert taken == []


def test_a_change_is_seen_as_soon_as_the_next_look(
    warm: FlaskClient, session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_facility(session, "新公厕", north_m=1)
    monkeypatch.setattr(cards, "LOOK_AGAIN", timedelta(0))
    assert warm.get(AT_HERE).get_json()["items"][0]["name"] == "新公厕"
