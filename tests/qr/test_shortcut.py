"""The shortcut before the framework gives out a sign's page as the view does, or not at all."""

import gzip
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

import connections
from convenience import cards
from kernel import clock
from qr.directory import Sign
from qr.landing import Pages
from tests.convenience.places import a_facility
from tests.qr.signs import WECHAT, Planted, a_sign, do

PHONE = {"User-Agent": WECHAT, "Accept-Encoding": "gzip, deflate"}


class World:
    """The clock stands until it is moved, and facilities are as they were until it is said."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.version = object()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    # In the middle of a minute, so that none ends while the test runs.
    made = World(clock.now().replace(second=20, microsecond=0))
    monkeypatch.setattr(clock, "now", lambda: made.now)
    monkeypatch.setattr(connections.PlacesNearSigns, "version", lambda _: made.version)
    monkeypatch.setattr(cards, "LOOK_AGAIN", timedelta(0))
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, world: World) -> list[str]:
    """Note the codes for which the view was asked."""
    noted: list[str] = []
    packed = Pages.packed

    def noting(self: Pages, sign: Sign, *rest: object, **more: object) -> bytes:
        noted.append(sign.code)
        return packed(self, sign, *rest, **more)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(Pages, "packed", noting)
    return noted


@pytest.fixture
def sign(session: Session) -> Planted:
    a_facility(session, "步行街公厕", hours="24/7")
    return a_sign(session)


def scans(session: Session, sign: Planted) -> int:
    return (
        session.scalar(
            text("SELECT sum(scans) FROM qr_scans WHERE code = :code AND client = 'wechat'"),
            {"code": sign.code},
        )
        or 0
    )


def test_it_answers_to_the_byte_as_the_view_does_and_both_count(
    client: FlaskClient, session: Session, sign: Planted, asked: list[str]
) -> None:
    long = client.get(f"/s/{sign.code}", headers=PHONE)
    short = client.get(f"/s/{sign.code}", headers=PHONE)

    assert asked == [sign.code]
    assert short.status_code == long.status_code == 200
    assert short.get_data() == long.get_data()
    assert dict(short.headers) | {"X-Request-ID": ""} == dict(long.headers) | {"X-Request-ID": ""}
    assert scans(session, sign) == 2


def test_a_new_minute_that_changes_nothing_makes_no_page_and_a_changed_place_does(
    client: FlaskClient, session: Session, sign: Planted, asked: list[str], world: World
) -> None:
    client.get(f"/s/{sign.code}", headers=PHONE)
    world.now += timedelta(minutes=1)
    client.get(f"/s/{sign.code}", headers=PHONE)
    assert asked == [sign.code]
    session.execute(text("UPDATE convenience_facilities SET name = '新修的公厕'"))
    session.commit()
    world.version = object()
    assert "新修的公厕" in client.get(f"/s/{sign.code}").text
    assert asked == [sign.code] * 2


def test_a_door_that_closes_shows_in_the_minute_it_does(
    client: FlaskClient, session: Session, asked: list[str], world: World
) -> None:
    world.now = clock.in_city(world.now).replace(hour=17, minute=59)
    a_facility(session, "日间公厕", hours="Mo-Su 08:00-18:00")
    sign = a_sign(session)
    page = gzip.decompress(client.get(f"/s/{sign.code}", headers=PHONE).data).decode()
    world.now += timedelta(minutes=1)
    later = gzip.decompress(client.get(f"/s/{sign.code}", headers=PHONE).data).decode()
    assert '"yes"' in page
    assert '"no"' in later
    assert asked == [sign.code] * 2


def test_a_sign_that_moved_on_is_the_views(
    client: FlaskClient, session: Session, sign: Planted, asked: list[str]
) -> None:
    client.get(f"/s/{sign.code}", headers=PHONE)
    do(session, sign.plate_id, "retire")
    assert client.get(f"/s/{sign.code}", headers=PHONE).status_code == 410


@pytest.mark.parametrize(
    ("request_line", "encoding", "status"),
    [
        ("HEAD {}", "gzip", 200),
        ("GET {}", "identity", 200),
        ("GET {}/report", "gzip", 200),
        ("GET {}/", "gzip", 404),
        ("GET {}?lang=xx", "identity", 200),
        ("POST {}", "gzip", 405),
    ],
)
def test_what_is_not_plain_is_left_to_the_view(
    client: FlaskClient, sign: Planted, request_line: str, encoding: str, status: int
) -> None:
    client.get(f"/s/{sign.code}", headers=PHONE)
    method, path = request_line.format(f"/s/{sign.code}").split()
    answer = client.open(path, method=method, headers={**PHONE, "Accept-Encoding": encoding})
    assert answer.status_code == status
    assert "Content-Encoding" not in answer.headers or method == "HEAD"
