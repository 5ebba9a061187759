"""The callback's address under any request at all: refused or answered, never a fault of ours.

A fixed budget of examples; `python -m bench fuzz` goes on for minutes, led by coverage.
"""

import time
from urllib.parse import urlencode

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.conftest import AES_KEY
from tests.wechat.sealing import envelope, seal, signature
from tests.wechat.test_codec_properties import EVENTS, KINDS, NAMES, any_query, any_text
from wechat.models import Message

APP_ID, TOKEN = "wx0123456789abcdef", "token-of-the-tests"

budget = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
WORDS = st.sampled_from(
    [
        "1",
        "0",
        "路灯不亮",
        "建新东路36号",
        "漏气了",
        "都不是",
        "进度",
        "积分",
        "附近厕所",
        "JB261122-4839207",
        "𠀀\u200d😀",
        "]]>",
        "&amp;",
        "9" * 40,
    ]
)
VALUES = (
    WORDS | any_text | st.sampled_from(["29.5", "nan", "1e400", "-91", "1790000000", "class:C0137"])
)


def escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def xml_of(kind: str, sender: int, elements: list[tuple[str, str]]) -> str:
    rest = "".join(f"<{name}>{escaped(value)}</{name}>" for name, value in elements)
    return (
        f"<xml><ToUserName>gh_city</ToUserName><FromUserName>o-fuzz-{sender}</FromUserName>"
        f"<CreateTime>1790000000</CreateTime><MsgType>{kind}</MsgType>{rest}</xml>"
    )


LIKELY = ["Content", "MsgId", "MediaId", "Event", "EventKey", "Label", "Location_X", "Location_Y"]
LIKELY += ["Recognition", "bizmsgmenuid"]
messages = st.builds(
    xml_of,
    st.sampled_from(KINDS),
    st.integers(0, 3),
    st.lists(
        st.tuples(st.sampled_from([*LIKELY, *NAMES]), VALUES)
        | st.tuples(st.just("Event"), st.sampled_from(EVENTS)),
        max_size=7,
    ),
)


def knock(client: FlaskClient, message: bytes) -> int:
    sealed, now = seal(message, app_id=APP_ID, aes_key=AES_KEY), str(int(time.time()))
    query = {
        "timestamp": now,
        "nonce": "4711",
        "encrypt_type": "aes",
        "signature": signature(TOKEN, now, "4711"),
        "msg_signature": signature(TOKEN, now, "4711", sealed),
    }
    return client.post(f"/wechat?{urlencode(query)}", data=envelope(sealed)).status_code


@budget
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]),
    query=any_query,
    body=st.binary(max_size=300) | any_text.map(lambda said: said.encode("utf-8", "replace")),
)
def test_any_request_is_refused_and_none_is_a_fault(
    client: FlaskClient, method: str, query: dict[str, list[str]], body: bytes
) -> None:
    address = urlencode(
        [
            (k.encode("utf-8", "replace"), v.encode("utf-8", "replace"))
            for k, vs in query.items()
            for v in vs
        ]
    )
    answer = client.open(f"/wechat?{address}", method=method, data=body)
    assert answer.status_code in {200, 400, 403, 405, 413}
    assert answer.status_code != 200 or method == "OPTIONS"


@budget
@given(
    message=st.binary(max_size=400)
    | st.text(max_size=200).map(lambda s: s.encode("utf-8", "replace"))
)
def test_any_authentic_bytes_are_refused_or_answered(client: FlaskClient, message: bytes) -> None:
    assert knock(client, message) in {200, 400, 403}


@budget
@given(sequence=st.lists(messages, min_size=1, max_size=4))
def test_any_authentic_message_is_answered_and_none_fails_inside(
    client: FlaskClient, session: Session, sequence: list[str]
) -> None:
    for message in sequence:
        assert knock(client, message.encode("utf-8", "replace")) in {200, 400, 403}
    # A defect is answered with an excuse and kept: an excuse is no answer.
    assert session.scalar(select(func.count()).where(Message.state == "failed")) == 0
