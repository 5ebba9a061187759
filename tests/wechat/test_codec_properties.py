"""What holds for any request at all and for any reply."""

import contextlib
import dataclasses
import html

import xmltodict
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wechat.sealing import (
    ACCOUNT,
    AES_KEY,
    APP_ID,
    NOW,
    OPENID,
    TOKEN,
    delivery,
    encrypt,
    envelope,
    message,
    query,
    sealed_query,
    unseal,
)
from wechat.codec import MAX_BODY, Codec
from wechat.errors import Forged, Malformed
from wechat.inbound import Inbound
from wechat.parsing import MAX_KEY, parse
from wechat.replies import TextReply, fitting

SECURE = Codec(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY)
COMPATIBLE = Codec(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY, mode="compatible")
PLAINTEXT = Codec(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY, mode="plaintext")

few = settings(max_examples=80, deadline=None)

any_character = st.characters(codec=None, exclude_categories=())
any_text = st.text(any_character, max_size=40)

PARAMETERS = [
    "timestamp",
    "nonce",
    "signature",
    "msg_signature",
    "echostr",
    "encrypt_type",
    "openid",
]
any_value = any_text | st.sampled_from([str(NOW), "1", "0" * 40, *map(str, range(3))])
any_query = st.dictionaries(
    st.sampled_from(PARAMETERS) | any_text, st.lists(any_value, max_size=3), max_size=9
)

NAMES = [
    "ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "MsgID", "Content", "Event",
    "EventKey", "Location_X", "Location_Y", "Label", "Latitude", "Longitude", "Precision", "MediaId",
    "ScanCodeInfo", "ScanResult", "SendPicsInfo", "Count", "PicList", "item", "PicMd5Sum",
    "SendLocationInfo", "Poiname", "SubscribeMsgSentEvent", "List", "TemplateId", "Status", "Encrypt",
]  # fmt: skip
KINDS = ["text", "image", "voice", "video", "shortvideo", "location", "link", "event", "EVENT"]
EVENTS = [
    "subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW", "LOCATION", "TEMPLATESENDJOBFINISH",
    "scancode_waitmsg", "pic_weixin", "location_select", "subscribe_msg_sent_event",
]  # fmt: skip


# Real characters, often colons, and no blanks at the ends: those are not part of a name.
event_text = (
    st.text(st.just(":") | st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=5)
    .map(str.strip)
    .filter(bool)
)


def wrapped(value: str, how: int) -> str:
    if how == 0:
        return f"<![CDATA[{value}]]>"
    return value if how == 1 else html.escape(value, quote=False)


def element(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"


any_leaf = st.builds(
    wrapped,
    any_text | st.sampled_from([OPENID, str(NOW), "&#0;", "&#xD800;", "&#x1F600;", "]]>", "29.5"]),
    st.sampled_from([0, 0, 0, 1, 2]),
)
any_element = st.recursive(
    st.builds(element, st.sampled_from(NAMES), any_leaf),
    lambda inner: st.builds(element, st.sampled_from(NAMES), st.lists(inner).map("".join)),
    max_leaves=6,
)
any_message = st.builds(
    lambda kind, name, more, has_sender: message(
        kind,
        head=None if has_sender else "",
        rest=("" if name is None else f"<Event>{name}</Event>") + more,
    ),
    st.sampled_from(KINDS),
    st.none() | st.sampled_from(EVENTS),
    st.lists(any_element, max_size=6).map("".join),
    st.booleans(),
)


def storable(heard: Inbound) -> None:
    """Fail where a text of the message could not be written to PostgreSQL."""
    for field in dataclasses.fields(heard):
        value = getattr(heard, field.name)
        if isinstance(value, str):
            assert "\x00" not in value
            value.encode()
    assert heard.openid
    assert len(heard.key) <= MAX_KEY


def try_to_decode(codec: Codec, parameters: dict[str, list[str]], body: bytes) -> None:
    with contextlib.suppress(Malformed, Forged):
        storable(codec.decode(parameters, body, now=NOW))


def surrogate_bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


@few
@given(any_query, st.binary(max_size=200) | any_message.map(surrogate_bytes))
def test_no_request_breaks_the_door(parameters: dict[str, list[str]], body: bytes) -> None:
    for codec in (SECURE, COMPATIBLE, PLAINTEXT):
        try_to_decode(codec, parameters, body)
        with contextlib.suppress(Malformed, Forged):
            codec.verify_url(parameters, now=NOW)


@few
@given(st.text(max_size=80) | st.text("ABab01+/=", max_size=90), st.binary(max_size=90))
def test_no_signed_envelope_breaks_the_door(sealed: str, body: bytes) -> None:
    parameters = sealed_query(sealed)
    for codec in (SECURE, COMPATIBLE):
        try_to_decode(codec, parameters, envelope(sealed))
        try_to_decode(codec, parameters, body)
    try_to_decode(PLAINTEXT, query(), body)


@few
@given(
    st.integers(min_value=1, max_value=6).flatmap(
        lambda n: st.binary(min_size=16 * n, max_size=16 * n)
    )
)
def test_no_ciphertext_breaks_the_door(plain: bytes) -> None:
    sealed = encrypt(plain)
    try_to_decode(SECURE, sealed_query(sealed), envelope(sealed))


@few
@given(st.binary(max_size=200) | any_text.map(surrogate_bytes) | any_message.map(surrogate_bytes))
def test_no_authentic_message_breaks_the_door(inner: bytes) -> None:
    try_to_decode(SECURE, *delivery(inner))
    try_to_decode(PLAINTEXT, query(), inner)


@few
@given(
    st.sampled_from(KINDS),
    st.none() | st.sampled_from(EVENTS),
    st.lists(
        st.builds(element, st.sampled_from(NAMES[5:]), st.text().map(lambda t: wrapped(t, 2)))
    ),
)
def test_an_authentic_message_with_a_sender_is_always_something(
    kind: str, name: str | None, more: list[str]
) -> None:
    said = "" if name is None else f"<Event>{name}</Event>"
    storable(SECURE.decode(*delivery(message(kind, rest=said + "".join(more))), now=NOW))


@few
@given(st.tuples(event_text, event_text), st.tuples(event_text, event_text))
def test_events_that_differ_have_keys_that_differ(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    def heard(of: tuple[str, str]) -> Inbound:
        name, key = (wrapped(text, 2) for text in of)
        document = message("event", rest=element("Event", name) + element("EventKey", key))
        return parse(document)

    assert (heard(one).key == heard(other).key) is (one == other)


# --- replies -------------------------------------------------------------------------------------

any_reply = st.text(any_character | st.sampled_from("]>[<!&;\r\n😀\u200d"), max_size=120).flatmap(
    lambda text: st.sampled_from([text, text * 60])
)


@few
@given(any_reply)
def test_any_text_arrives_as_it_was_said(text: str) -> None:
    reply = TextReply(text)

    plain = PLAINTEXT.encode(reply, to=parse(message()), now=NOW)
    sealed = SECURE.encode(reply, to=parse(message()), now=NOW)

    if not reply.content.strip():
        assert plain == sealed == b""
        return
    _, inner, app_id = unseal(xmltodict.parse(sealed)["xml"]["Encrypt"])
    assert (inner, app_id) == (plain, APP_ID.encode())
    read = xmltodict.parse(plain, strip_whitespace=False)["xml"]
    assert read["Content"] == fitting(reply.content)
    assert (read["ToUserName"], read["FromUserName"]) == (OPENID, ACCOUNT)
    assert len(read["Content"].encode()) <= 2048
    assert len(sealed) < MAX_BODY
