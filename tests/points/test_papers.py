"""A resident's statement as a file, and the anchors that everybody may see and keep."""

import csv
import io
from datetime import date, timedelta

import pytest
import python_calamine
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from kernel import clock
from points import keys as keyring
from points import papers, sealing
from points.rules import Sort
from tests import factories
from tests.pages import page_of
from tests.points.mall import an_item, award, give, redeem, rich_citizen
from tests.points.pages import SignedIn, look

TODAY = clock.city_day(clock.now())


def fetch(browser: FlaskClient, path: str) -> TestResponse:
    return browser.get(path, base_url="http://city.test")


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_resident_takes_his_history_with_him(browser: FlaskClient, rich: int, session: Session):
    award(session, rich, 5)
    redeem(session, rich, an_item(session, sort=Sort.DONATION, price=3), keyring.current()).check()
    stranger = rich_citizen(session)
    give(session, stranger, 777)
    session.commit()
    links = look(browser, "/points/history").links
    answer = fetch(browser, links["下载全部记录（CSV）"])
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    heading, *rows = rows_of(answer.data)
    assert heading == list(papers.COLUMNS)
    assert ["上报奖励", "JB5"] in [[row[1], row[4]] for row in rows]
    assert ["-3", "搪瓷杯"] in [[row[2], row[4]] for row in rows]
    assert "777" not in answer.get_data(as_text=True)
    book = python_calamine.CalamineWorkbook.from_filelike(
        io.BytesIO(fetch(browser, links["下载全部记录（Excel）"]).data)
    )
    assert len(book.get_sheet_by_index(0).to_python()) == len(rows) + 1


def test_a_statement_is_put_together_page_by_page_and_ends(
    browser: FlaskClient, rich: int, session: Session, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(papers, "PAGE", 2)
    monkeypatch.setattr(papers, "MOST_LINES", 4)
    for points in (1, 2, 3):
        give(session, rich, points)
    session.commit()
    _, *rows = rows_of(fetch(browser, "/points/statement.csv").data)
    assert [row[2] for row in rows] == ["3", "2", "1", "1000"]
    give(session, rich, 4)
    session.commit()
    _, *rows = rows_of(fetch(browser, "/points/statement.csv").data)
    assert [row[2] for row in rows] == ["4", "3", "2", "1"]


def test_a_statement_is_the_residents_own(client: FlaskClient, browser: FlaskClient):
    assert client.get("/points/statement.csv").status_code in (303, 401)
    assert fetch(browser, "/points/statement.pdf").status_code == 404


def anchored(session: Session, days: int) -> list[date]:
    """Anchor so many days up to yesterday."""
    rich_citizen(session)
    sealing.seal(session, keyring.current())
    found = [TODAY - timedelta(days=number) for number in range(1, days + 1)]
    for day in reversed(found):
        sealing.anchor(session, day=day)
    session.commit()
    return found


def test_everybody_sees_the_days_heads_and_how_to_check_them(client: FlaskClient, session: Session):
    (yesterday,) = anchored(session, 1)
    seq, head = session.execute(text("SELECT seq, head FROM points_anchors")).one()
    words = page_of(client.get("/points/anchors")).text
    assert f"{seq}:{head.hex()}" in words
    assert f"{yesterday.month}月{yesterday.day}日" in words
    assert "flask points verify --anchor" in words
    assert "发放1000 分" in words
    _, row = rows_of(client.get("/points/anchors.csv").data)
    assert row[:3] == [str(yesterday), str(seq), head.hex()]


def test_older_days_are_a_page_away(client: FlaskClient, session: Session):
    days = anchored(session, papers.ANCHORS + 2)
    page = page_of(client.get("/points/anchors"))
    older = page_of(client.get(page.links["更早的"]))
    assert f"day-{days[-1]}" not in page.text
    assert older.text.count("到这一天为止") == 2
    assert "更早的" not in older.links
    for before in ("x", "9" * 400, "2020-01-01", "%00"):
        assert client.get(f"/points/anchors?before={before}").status_code == 200


def test_before_the_first_night_there_is_nothing_to_see(client: FlaskClient):
    assert "还没有公布" in page_of(client.get("/points/anchors")).text


def test_what_is_published_names_nobody(
    client: FlaskClient, session: Session, resident_client: SignedIn
):
    """Only days, places in the chain, heads and sums: no column of a person's is read."""
    anchored(session, 1)
    columns = session.scalars(
        text(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'points_anchors'"
        )
    )
    assert set(columns) == {"day", "seq", "head", "totals", "created_at"}
    openid = session.scalar(text("SELECT openid FROM accounts_citizens LIMIT 1"))
    assert str(openid) not in client.get("/points/anchors").get_data(as_text=True)
    assert factories.PREFIX not in client.get("/points/anchors.csv").get_data(as_text=True)
