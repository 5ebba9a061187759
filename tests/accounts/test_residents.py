"""A resident's browser is known by the platform's word, for a month."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

import accounts
from accounts.access import resident_only
from accounts.rules import CITIZEN_SESSION
from kernel import clock
from tests.factories import a_citizen

SignedIn = Callable[[int], FlaskClient]


def test_a_session_opens_the_pages_of_its_resident_only(session: Session) -> None:
    mine, other = a_citizen(session), a_citizen(session)

    token = accounts.open_citizen_session(session, mine)

    assert accounts.citizen_of(session, token) == mine
    assert accounts.citizen_of(session, token[:-1]) is None
    assert accounts.citizen_of(session, "") is None
    assert accounts.citizen_of(session, accounts.open_citizen_session(session, other)) == other


def test_the_table_of_sessions_opens_no_door(session: Session) -> None:
    token = accounts.open_citizen_session(session, a_citizen(session))
    session.flush()

    kept = session.execute(text("SELECT token_hash FROM accounts_citizen_sessions")).scalar_one()

    assert token.encode() not in bytes(kept)


def test_a_session_ends_after_its_time(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    token, now = accounts.open_citizen_session(session, a_citizen(session)), clock.now()

    monkeypatch.setattr(clock, "now", lambda: now + CITIZEN_SESSION + timedelta(minutes=1))

    assert accounts.citizen_of(session, token) is None


def test_all_sessions_of_a_resident_end_together(session: Session) -> None:
    mine, other = a_citizen(session), a_citizen(session)
    tokens = [accounts.open_citizen_session(session, mine) for _ in range(2)]
    theirs = accounts.open_citizen_session(session, other)

    accounts.close_citizen_sessions(session, mine)

    assert [accounts.citizen_of(session, token) for token in tokens] == [None, None]
    assert accounts.citizen_of(session, theirs) == other


@resident_only
def whose() -> str:
    return str(g.citizen_id)


def test_a_resident_s_page_opens_for_him(
    app: Flask, session: Session, resident_client: SignedIn
) -> None:
    citizen = a_citizen(session)
    cookie = resident_client(citizen).get_cookie("bx_me", domain="city.test")
    assert cookie is not None

    with app.test_request_context("/me", headers={"Cookie": f"bx_me={cookie.value}"}):
        assert whose() == str(citizen)


def test_whoever_is_unknown_is_led_to_the_sign_in_and_back(app: Flask) -> None:
    with app.test_request_context("/points?page=2", headers={"Accept": "text/html"}):
        answer = whose()
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/points?page%3D2"


def test_the_sign_in_page_says_how_to_get_there(client: FlaskClient) -> None:
    page = client.get("/sign-in?next=/points")

    assert page.status_code == 200
    assert "微信" in page.text
