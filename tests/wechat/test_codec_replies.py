"""Our answers on the wire: one sender, one receiver, nothing that breaks out, sealed if need be."""

import random

import pytest
import xmltodict

from tests.wechat.sealing import (
    ACCOUNT,
    AES_KEY,
    APP_ID,
    NOW,
    OPENID,
    TOKEN,
    event,
    message,
    signature,
    unseal,
)
from wechat.codec import Codec, Mode
from wechat.inbound import Inbound
from wechat.parsing import parse
from wechat.replies import Article, NewsReply, Reply, Silence, TextReply

INJECTION = "x]]></Content><ToUserName><![CDATA[oVICTIM]]></ToUserName><Content><![CDATA[y"


def new_codec(mode: Mode = "plaintext") -> Codec:
    return Codec(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY, mode=mode)


def said(document: bytes) -> dict[str, object]:
    """Read a reply as any other program would; a repeated element would be a list."""
    read = xmltodict.parse(document, strip_whitespace=False)["xml"]
    return {name: value for name, value in read.items() if name != "#text"}


def answer(reply: Reply, to: Inbound | None = None) -> dict[str, object]:
    return said(new_codec().encode(reply, to=to or parse(message()), now=NOW))


def cards(count: int) -> NewsReply:
    card = Article(
        title="题", description="述", picture_url="https://p/1.jpg", url="https://u/?a&b"
    )
    return NewsReply((card,) * count)


def test_a_text_goes_back_to_who_wrote() -> None:
    assert answer(TextReply("已收到。\n回复 1 提交")) == {
        "ToUserName": OPENID,
        "FromUserName": ACCOUNT,
        "CreateTime": str(NOW),
        "MsgType": "text",
        "Content": "已收到。\n回复 1 提交",
    }


@pytest.mark.parametrize(
    "content",
    [
        INJECTION,
        "]]>",
        "]]]>",
        "]]]]>>",
        "]]]]><![CDATA[>",
        "]",
        "a]]",
        ">",
        "<b>&amp;&#0;</b>",
        "{content} {} {0} %s %(a)s",
        "👨‍👩‍👧‍👦 🇨🇳 \u200f",
        "  空格  ",
    ],
)
def test_no_text_breaks_out_of_its_element(content: str) -> None:
    heard = answer(TextReply(content))
    assert heard["Content"] == content
    assert heard["ToUserName"] == OPENID


def test_no_card_breaks_out_of_its_element() -> None:
    card = Article(title=INJECTION, description=INJECTION, picture_url=INJECTION, url=INJECTION)
    heard = answer(NewsReply((card,)))
    assert heard["ToUserName"] == OPENID
    assert new_codec().encode(NewsReply((card,)), to=parse(message()), now=NOW).count(b"<Url>") == 1


def test_wechatpy_alone_would_have_let_it_out() -> None:
    """The control: were this mended, escaping in the codec would double it."""
    from wechatpy.replies import TextReply as Theirs  # noqa: PLC0415  # only this test looks at it

    document = Theirs(source=ACCOUNT, target=OPENID, content=INJECTION, time=NOW).render()
    assert xmltodict.parse(document)["xml"]["ToUserName"] == ["oVICTIM", OPENID]


def test_characters_that_xml_forbids_never_reach_the_wire() -> None:
    assert answer(TextReply("a\x00\x08\ud800\ufffeb"))["Content"] == "ab"


def test_a_text_is_cut_at_2048_bytes_of_utf8() -> None:
    assert answer(TextReply("区" * 5000))["Content"] == "区" * 682
    assert answer(TextReply("]]>" * 1000))["Content"] == ("]]>" * 683)[:2048]


def test_the_time_of_a_reply_is_in_seconds() -> None:
    assert answer(TextReply("好"))["CreateTime"] == str(NOW)


@pytest.mark.parametrize(
    "kind", ["text", "image", "voice", "video", "shortvideo", "location", "link"]
)
def test_a_message_is_answered_with_one_card(kind: str) -> None:
    heard = answer(cards(9), parse(message(kind)))
    assert heard["ArticleCount"] == "1"


def test_a_message_of_an_unknown_kind_is_answered_with_one_card() -> None:
    assert answer(cards(9), parse(message("miniprogrampage")))["ArticleCount"] == "1"


@pytest.mark.parametrize("name", ["CLICK", "subscribe", "SCAN", "scancode_waitmsg", "unheard_of"])
def test_an_event_is_answered_with_up_to_eight_cards(name: str) -> None:
    assert answer(cards(11), parse(event(name)))["ArticleCount"] == "8"
    assert answer(cards(2), parse(event(name)))["ArticleCount"] == "2"


@pytest.mark.parametrize("mode", ["secure", "compatible", "plaintext"])
@pytest.mark.parametrize("reply", [Silence(), TextReply(""), TextReply(" \n\x00"), NewsReply(())])
def test_nothing_to_say_is_an_empty_body_in_every_mode(mode: Mode, reply: Reply) -> None:
    assert new_codec(mode).encode(reply, to=parse(message()), now=NOW) == b""


@pytest.mark.parametrize(
    "name", ["LOCATION", "unsubscribe", "TEMPLATESENDJOBFINISH", "subscribe_msg_sent_event"]
)
@pytest.mark.parametrize("mode", ["secure", "plaintext"])
def test_what_may_not_be_answered_is_not(mode: Mode, name: str) -> None:
    assert new_codec(mode).encode(TextReply("好"), to=parse(event(name)), now=NOW) == b""


def test_a_message_without_our_name_is_answered_without_a_failure() -> None:
    nameless = parse(message(head=f"<FromUserName>{OPENID}</FromUserName>"))
    assert answer(TextReply("好"), nameless)["FromUserName"] is None


def test_what_is_no_reply_is_a_mistake_of_ours_and_loud() -> None:
    mistakes: list[object] = [5, b"", {}, None, "text"]
    for mistake in mistakes:
        with pytest.raises(AssertionError):
            new_codec().encode(mistake, to=parse(message()), now=NOW)  # type: ignore[arg-type]  # the test


# --- sealed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["secure", "compatible"])
@pytest.mark.parametrize("content", ["好", "]]>", "区" * 5000, "😀\n"])
def test_a_sealed_answer_opens_for_the_platform(mode: Mode, content: str) -> None:
    body = new_codec(mode).encode(TextReply(content), to=parse(message()), now=NOW)

    envelope = xmltodict.parse(body)["xml"]
    _, inner, app_id = unseal(envelope["Encrypt"])

    assert set(envelope) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
    assert envelope["TimeStamp"] == str(NOW)
    parts = (TOKEN, envelope["TimeStamp"], envelope["Nonce"], envelope["Encrypt"])
    assert envelope["MsgSignature"] == signature(*parts)
    assert app_id == APP_ID.encode()
    assert said(inner) == answer(TextReply(content))


def test_two_sealings_of_one_answer_have_nothing_in_common() -> None:
    """Also not when the predictable generator is turned back: it has no part in this."""
    codec = new_codec("secure")
    sealings = []
    for _ in range(2):
        random.seed(0)
        body = codec.encode(TextReply("好"), to=parse(message()), now=NOW)
        sealings.append(xmltodict.parse(body)["xml"])

    first, second = sealings
    assert first["Nonce"] != second["Nonce"]
    prefixes = [unseal(sealing["Encrypt"])[0] for sealing in sealings]
    assert prefixes[0] != prefixes[1]
    assert all(len(prefix) == 16 for prefix in prefixes)
