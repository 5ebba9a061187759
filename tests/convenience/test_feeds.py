"""Live parking pushed by programs: keys, scopes, rows that are taken, old or refused."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from convenience import feeds
from convenience.errors import BadFeed, FeedTaken
from convenience.models import Facility, Feed
from kernel import clock
from tests.convenience.places import HERE, a_facility

pytestmark = pytest.mark.usefixtures("fresh")
SPACES = "/api/v1/facilities/spaces"


@pytest.fixture
def key(session: Session) -> str:
    a_facility(session, kind="parking", code="p-1", source="city", capacity=9)
    a_facility(session, kind="parking", code="p-2", source="private", north_m=200)
    made = feeds.add_feed(session, name="停车平台", source="city")
    session.commit()
    return made


def push(client: FlaskClient, key: str, items: object) -> Any:  # noqa: ANN401  # JSON
    response = client.post(
        SPACES, json={"items": items}, headers={"Authorization": f"Bearer {key}"}
    )
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_json()["items"]


def item(code: str = "p-1", free: object = 3, at: object = None) -> dict[str, object]:
    return {"id": code, "free": free, "at": at or clock.now().isoformat()}


def free_at(session: Session, code: str = "p-1") -> int | None:
    session.expire_all()
    return session.scalars(select(Facility.free_spaces).where(Facility.code == code)).one()


def test_a_value_is_told_to_whoever_asks_and_twice_is_once(
    client: FlaskClient, session: Session, key: str
) -> None:
    value = item()
    assert [one["outcome"] for one in push(client, key, [value])] == ["taken"]
    assert [one["outcome"] for one in push(client, key, [value])] == ["old"]
    answer = client.get(f"/api/v1/facilities/nearest?lat={HERE[0]}&lng={HERE[1]}&kind=parking")
    assert [each["free_spaces"] for each in answer.get_json()["items"]] == [3, None]


def test_an_old_value_is_unknown_and_never_free(
    client: FlaskClient, session: Session, key: str
) -> None:
    then = clock.now() - timedelta(minutes=16)
    assert push(client, key, [item(at=then.isoformat())])[0]["outcome"] == "taken"
    asked = f"/api/v1/facilities/nearest?lat={HERE[0]}&lng={HERE[1]}&kind=parking"
    assert client.get(asked).get_json()["items"][0]["free_spaces"] is None
    assert client.get(f"{asked}&has_spaces=true").get_json()["items"] == []


def test_garbage_is_refused_row_by_row_and_the_rest_comes_in(
    client: FlaskClient, session: Session, key: str
) -> None:
    ahead = (clock.now() + timedelta(hours=1)).isoformat()
    rubbish: list[object] = [
        None, 7, "p-1", [], {}, item(free=-1), item(free=10**9), item(free=1.5), item(free=True),
        item(free="3"), item(at="yesterday"), item(at="2026-11-22T08:00:00"), item(at=7),
        item(at=ahead), item(code="nobody"), item(code="../x"), item(code="p-2"),
    ]  # fmt: skip
    told = push(client, key, [*rubbish, item(free=5)])
    assert [one["outcome"] for one in told] == ["refused"] * len(rubbish) + ["taken"]
    assert all(one["code"] and one["detail"] for one in told[:-1])
    assert free_at(session) == 5
    assert free_at(session, "p-2") is None, "it is another source's"


def test_of_several_values_in_one_message_the_newest_stays(
    client: FlaskClient, session: Session, key: str
) -> None:
    now = clock.now()
    times = [now - timedelta(minutes=each) for each in (1, 0, 2)]
    push(client, key, [item(free=n, at=at.isoformat()) for n, at in enumerate(times)])
    assert free_at(session) == 1


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic {}", "Bearer bxf_{}", "{}"])
def test_without_its_key_nothing_is_taken(
    client: FlaskClient, session: Session, key: str, header: str
) -> None:
    headers = {"Authorization": header.format(key)}
    response = client.post(SPACES, json={"items": [item()]}, headers=headers)
    assert (response.status_code, response.get_json()["code"]) == (403, "unknown_key")
    assert free_at(session) is None


def test_a_closed_feed_is_closed_and_its_key_is_not_in_the_database(
    client: FlaskClient, session: Session, key: str
) -> None:
    feed = session.scalars(select(Feed)).one()
    assert key.encode() not in (feed.key_hash or b"")
    feeds.close_feed(session, name="停车平台")
    session.commit()
    headers = {"Authorization": f"Bearer {key}"}
    assert client.post(SPACES, json={"items": []}, headers=headers).status_code == 403
    with pytest.raises(FeedTaken):
        feeds.add_feed(session, name="停车平台")
    with pytest.raises(BadFeed):
        feeds.add_feed(session, name="")
    with pytest.raises(BadFeed):
        feeds.close_feed(session, name="nobody")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b'{"items": 3}', 422),
        (b"[" * 60_000, 422),
        (b"\xff\xfe\x00", 422),
        (json.dumps({"items": [None] * (feeds.MOST_ITEMS + 1)}).encode(), 422),
        (b" " * 200_000, 413),
    ],
)
def test_a_message_that_is_none_is_refused_whole(
    client: FlaskClient, key: str, body: bytes, status: int
) -> None:
    response = client.post(SPACES, data=body, headers={"Authorization": f"Bearer {key}"})
    assert response.status_code == status
    assert response.content_type == "application/problem+json"


def test_the_commands_give_a_key_and_take_it_back(app: Flask, session: Session) -> None:
    runner = app.test_cli_runner()
    made = runner.invoke(args=["facilities", "add-feed", "平台", "--source", "city"])
    assert made.exit_code == 0
    assert feeds.feed_of(session, made.output.split()[-1]).source == "city"
    assert runner.invoke(args=["facilities", "add-feed", "平台"]).exit_code == 1
    assert runner.invoke(args=["facilities", "close-feed", "平台"]).exit_code == 0
    assert runner.invoke(args=["facilities", "close-feed", "无"]).exit_code == 1
