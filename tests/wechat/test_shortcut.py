"""The shortcut before the framework answers deliveries as the view does, or leaves them to it."""

import time
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.conftest import AES_KEY
from tests.wechat.sealing import envelope, seal, signature
from wechat.models import Message
from wechat.shortcut import Delivery

APP_ID, TOKEN = "wx0123456789abcdef", "token-of-the-tests"
XML = (
    "<xml><ToUserName>gh_city</ToUserName><FromUserName>o-li</FromUserName>"
    "<CreateTime>1790000000</CreateTime><MsgType>{}</MsgType><Content>帮助</Content>"
    "<MsgId>77</MsgId></xml>"
)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which deliveries the shortcut answered."""
    noted: list[str] = []
    take = Delivery._take

    def noting(
        self: Delivery, environ: dict[str, object], query: str, length: int
    ) -> tuple[int, bytes]:
        noted.append("shortcut")
        return take(self, environ, query, length)

    monkeypatch.setattr(Delivery, "_take", noting)
    return noted


def query_for(body: bytes, **changed: str) -> str:
    sealed = body.partition(b"<Encrypt>")[2].partition(b"</Encrypt>")[0].decode()
    sealed = sealed.removeprefix("<![CDATA[").removesuffix("]]>")
    now = str(int(time.time()))
    given = {
        "signature": signature(TOKEN, now, "4711"),
        "timestamp": now,
        "nonce": "4711",
        "openid": "o-li",
        "encrypt_type": "aes",
        "msg_signature": signature(TOKEN, now, "4711", sealed),
    }
    return urlencode(given | changed)


@pytest.fixture
def body() -> bytes:
    return sealed("text")


def sealed(kind: str) -> bytes:
    made = envelope(seal(XML.format(kind).encode(), app_id=APP_ID, aes_key=AES_KEY))
    return made if isinstance(made, bytes) else made.encode()


def by_the_view(client: FlaskClient, query: str, body: bytes) -> TestResponse:
    """Ask the same with an escape, which the shortcut does not read."""
    return client.post(f"/wechat?{query.replace('nonce=', 'n%6Fnce=')}", data=body)


@pytest.mark.parametrize("kind", ["text", "event"])
def test_it_answers_as_the_view_does(client: FlaskClient, taken: list[str], kind: str) -> None:
    delivery = sealed(kind)
    query = query_for(delivery)
    short, long = (
        client.post(f"/wechat?{query}", data=delivery),
        by_the_view(client, query, delivery),
    )
    assert taken == ["shortcut"]
    assert short.status_code == long.status_code == 200
    changing = {"X-Request-ID", "Content-Length"}  # the sealed answer is another one each time
    headers = [{n: v for n, v in one.headers if n not in changing} for one in (short, long)]
    assert headers[0] == headers[1]
    sealed_parts = [one.data.partition(b"</Encrypt>")[0] for one in (short, long)]
    assert len(sealed_parts[0]) == len(sealed_parts[1])


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"msg_signature": "0" * 40}, 403),
        ({"timestamp": "1"}, 400),
        ({"timestamp": "1000000000"}, 403),
    ],
)
def test_it_refuses_as_the_view_does(
    client: FlaskClient, taken: list[str], body: bytes, changed: dict[str, str], status: int
) -> None:
    query = query_for(body, **changed)
    short, long = client.post(f"/wechat?{query}", data=body), by_the_view(client, query, body)
    assert taken == ["shortcut"]
    assert (short.status_code, short.data) == (long.status_code, long.data) == (status, b"")
    headers = [{n: v for n, v in one.headers if n != "X-Request-ID"} for one in (short, long)]
    assert headers[0] == headers[1]


@pytest.mark.parametrize(
    "odd", ["", "timestamp=1&timestamp", "a=b&", "nonce=a+b", "nonce=%00", "x=y;z=1", "a=b&&c=d"]
)
def test_what_is_not_plain_is_left_to_the_view(
    client: FlaskClient, taken: list[str], odd: str
) -> None:
    assert client.post(f"/wechat?{odd}", data=b"<xml/>").status_code == 400
    assert taken == []


def test_too_much_is_left_to_the_view(client: FlaskClient, taken: list[str]) -> None:
    assert client.post("/wechat?nonce=1", data=b"x" * (64 * 1024 + 1)).status_code == 400
    assert client.post("/wechat?nonce=1", data=b"").status_code == 400
    assert taken == []


def test_half_a_body_is_refused(client: FlaskClient, taken: list[str]) -> None:
    answer = client.post(
        "/wechat?nonce=1", data=b"<xml", environ_overrides={"CONTENT_LENGTH": "400"}
    )
    assert answer.status_code == 400
    assert taken == ["shortcut"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_other_questions_are_left_to_the_framework(
    client: FlaskClient, taken: list[str], method: str
) -> None:
    assert client.open("/wechat?nonce=1", method=method, data=b"x").status_code in {400, 405}
    assert taken == []


def test_both_ways_know_what_the_other_has_handled(
    client: FlaskClient, session: Session, body: bytes
) -> None:
    query = query_for(body)
    client.post(f"/wechat?{query}", data=body)
    by_the_view(client, query, body)
    assert session.scalar(select(func.count()).select_from(Message)) == 1
