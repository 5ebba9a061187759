"""The provider of phone credit tells us something: whoever signs it, in whatever order, how often."""

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from points import keys as keyring
from points import provider, recharge
from points.models import Recharge, Redemption
from points.provider import SIGNATURE, HttpProvider, signature
from points.rules import Sort
from tests.points.mall import an_item, balance, redeem, rich_citizen
from tests.points.stand_in import SECRET

PATH = "/points/credit/heard"


@pytest.fixture(autouse=True)
def adapter(app: object, monkeypatch: pytest.MonkeyPatch) -> HttpProvider:
    made = HttpProvider("http://127.0.0.1:9", SECRET)
    monkeypatch.setattr(provider, "_connected", made)
    return made


@pytest.fixture
def order_no(session: Session) -> str:
    """Return the number of an order that is on its way."""
    citizen_id = rich_citizen(session)
    item_id = an_item(session, sort=Sort.CREDIT, worth_fen=1000)
    keys = keyring.current()
    made = redeem(session, citizen_id, item_id, keys, phone="13800138000").check()
    assert recharge.claim(session, made, keys) is not None
    session.commit()
    return session.get_one(Recharge, made).order_no


def tell(client: FlaskClient, body: object, secret: str = SECRET) -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {SIGNATURE: signature(secret, b"callback", data)}
    return client.post(PATH, data=data, headers=headers)


def message(order_no: str, outcome: str = "done", event_id: str = "event-1") -> dict[str, str]:
    return {"event_id": event_id, "order_no": order_no, "outcome": outcome}


def test_what_the_provider_tells_is_acted_on_once(
    client: FlaskClient, session: Session, order_no: str
):
    for _ in range(2):
        answer = tell(client, message(order_no))
        assert (answer.status_code, answer.data) == (204, b"")
    session.expire_all()
    (made,) = session.query(Redemption).all()
    assert made.status == "fulfilled"
    assert balance(session, made.citizen_id) == (900, 0)


def test_who_does_not_know_the_secret_is_not_heard(client: FlaskClient, order_no: str):
    assert tell(client, message(order_no), secret="another").status_code == 403
    assert client.post(PATH, json=message(order_no)).status_code == 403
    assert client.post(PATH, data=b"\xff" * 1000).status_code == 403
    assert client.get(PATH).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b"x", b"\xff\xfe", b"[" * 50_000,
        message("x", outcome="perhaps"), message("x", event_id=""), message("\0"),
        message("x", event_id="y" * 65), {"event_id": 1, "order_no": "x", "outcome": "done"},
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_message_is_refused_though_it_is_signed(client: FlaskClient, body: object):
    assert tell(client, body).status_code == 403


def test_an_order_that_is_not_ours_is_not_found(client: FlaskClient):
    assert tell(client, message("0" * 32)).status_code == 404


def test_too_much_is_refused(client: FlaskClient):
    assert tell(client, b"x" * 100_000).status_code == 413


def test_without_a_provider_there_is_no_such_door(
    client: FlaskClient, order_no: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(provider, "_connected", None)
    assert tell(client, message(order_no)).status_code == 404
