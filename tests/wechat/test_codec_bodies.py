"""What may be spoken: the outer document, the sealed part, and the two other modes."""

import base64
import struct

import pytest

from tests.wechat.door import new_codec, refusal
from tests.wechat.sealing import (
    APP_ID,
    HELLO,
    NOW,
    OPENID,
    delivery,
    encrypt,
    envelope,
    padded,
    query,
    seal,
    sealed_query,
)
from wechat.codec import MAX_BODY, Codec
from wechat.errors import Forged, Malformed
from wechat.inbound import Text


@pytest.fixture
def secure() -> Codec:
    return new_codec()


# --- the outer document --------------------------------------------------------------------------


def test_a_body_of_64_kilobytes_is_weighed_before_anything_is_read(secure: Codec) -> None:
    assert refusal(secure, {}, b"x" * (MAX_BODY + 1)) == (Malformed, "too_large")
    assert refusal(secure, {}, b"x" * MAX_BODY) == (Malformed, "parameter_missing")


LAUGHS = """<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><Encrypt>&c;</Encrypt></xml>"""
FILE = (
    """<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Encrypt>&f;</Encrypt></xml>"""
)
REMOTE = """<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml><Encrypt>x</Encrypt></xml>"""


@pytest.mark.parametrize("document", [LAUGHS, FILE, REMOTE], ids=["laughs", "file", "remote"])
def test_a_document_type_is_refused_outside_and_inside(secure: Codec, document: str) -> None:
    assert refusal(secure, sealed_query("x"), document.encode()) == (Malformed, "doctype")
    assert refusal(secure, *delivery(document)) == (Malformed, "doctype")


def test_a_deep_document_is_refused_at_once(secure: Codec) -> None:
    bomb = b"<xml>" + b"<a>" * 21_000
    assert refusal(secure, sealed_query("x"), bomb) == (Malformed, "depth")
    assert refusal(secure, *delivery("<xml>" + "<a>" * 15_000)) == (Malformed, "depth")


def test_a_crowded_document_is_refused_at_once(secure: Codec) -> None:
    crowd = "<xml>" + "<a/>" * 10_000 + "</xml>"
    assert refusal(secure, sealed_query("x"), crowd.encode()) == (Malformed, "elements")
    assert refusal(secure, *delivery(crowd)) == (Malformed, "elements")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "xml"),
        (b"\x00", "xml"),
        (b"{}", "xml"),
        (b"<xml>", "xml"),
        (b"<xml></xml><xml></xml>", "xml"),
        (b"<xml>&nbsp;</xml>", "xml"),
        (b"<xml><Encrypt>a\x00b</Encrypt></xml>", "xml"),
        (b"<xml><Encrypt>&#0;</Encrypt></xml>", "xml"),
        (b"<xml><Encrypt>&#xD800;</Encrypt></xml>", "xml"),
        (b"<html><Encrypt>a</Encrypt></html>", "root"),
        (b"<XML><Encrypt>a</Encrypt></XML>", "root"),
        (b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>", "encrypt"),
        (b"<xml><Encrypt><a>b</a></Encrypt></xml>", "encrypt"),
        ("<xml><Encrypt>是</Encrypt></xml>".encode("gbk"), "encoding"),
        (b'<?xml version="1.0" encoding="latin-1"?><xml><a>\xe9</a></xml>', "encoding"),
        ("<xml/>".encode("utf-16"), "encoding"),
    ],
)
def test_an_outer_document_that_is_not_one_is_malformed(
    secure: Codec, body: bytes, reason: str
) -> None:
    assert refusal(secure, sealed_query("x"), body) == (Malformed, reason)


@pytest.mark.parametrize(
    "body", [b"<xml/>", b"<xml>text</xml>", b"<xml><encrypt>a</encrypt></xml>"]
)
def test_an_outer_document_without_a_sealed_part_is_a_forgery(secure: Codec, body: bytes) -> None:
    assert refusal(secure, sealed_query("x"), body) == (Forged, "plaintext")


# --- the sealed part -----------------------------------------------------------------------------


def signed(sealed: str) -> tuple[dict[str, list[str]], bytes]:
    return sealed_query(sealed), envelope(sealed)


def with_length(length: int, rest: bytes) -> str:
    return encrypt(padded(bytes(16) + struct.pack(">I", length) + rest))


@pytest.mark.parametrize(
    ("sealed", "reason"),
    [
        ("", "block"),
        ("A", "base64"),
        ("AAA", "base64"),
        ("A" * 24 + "\n" + "A" * 20, "base64"),
        ("是" * 4, "base64"),
        ("\u00e9", "base64"),
        (base64.b64encode(bytes(15)).decode(), "block"),
        (base64.b64encode(bytes(17)).decode(), "block"),
        (encrypt(bytes(32)), "padding"),
        (encrypt(b"\x21" * 64), "padding"),
        (encrypt(bytes(30) + b"\x05\x02"), "padding"),
        (encrypt(b"\x20" * 32), "length"),
        (encrypt(b"\x10" * 16), "length"),
        (encrypt(b"\x0c" * 32), "length"),
        (encrypt(bytes(18) + b"\x0e" * 14), "length"),
        (with_length(1000, b"<xml/>" + APP_ID.encode()), "length"),
        (with_length(0xFFFFFFFF, b""), "length"),
    ],
)
def test_a_signed_but_broken_ciphertext_is_malformed(
    secure: Codec, sealed: str, reason: str
) -> None:
    assert refusal(secure, *signed(sealed)) == (Malformed, reason)


@pytest.mark.parametrize(
    "app_id", ["", "wx0000000000000000", APP_ID + "1", APP_ID[:-1], "\x00" + APP_ID]
)
def test_a_message_for_another_account_is_a_forgery(secure: Codec, app_id: str) -> None:
    assert refusal(secure, *delivery(HELLO, app_id=app_id)) == (Forged, "app_id")


def test_an_app_id_that_is_not_text_is_a_forgery(secure: Codec) -> None:
    sealed = with_length(6, b"<xml/>\xff\xfe\x80")
    assert refusal(secure, *signed(sealed)) == (Forged, "app_id")


def test_a_length_that_ends_inside_the_message_moves_no_text_into_it(secure: Codec) -> None:
    sealed = with_length(3, b"<xml/>" + APP_ID.encode())
    assert refusal(secure, *signed(sealed)) == (Forged, "app_id")


def test_a_message_sealed_with_another_key_is_refused(secure: Codec) -> None:
    sealed = seal(HELLO.encode(), aes_key="B" * 43)
    kind, _ = refusal(secure, *signed(sealed))
    assert kind in (Malformed, Forged)


# --- the other modes -----------------------------------------------------------------------------


def compatible_body(open_part: str, sealed: str) -> bytes:
    return open_part.replace("</xml>", f"<Encrypt>{sealed}</Encrypt></xml>").encode()


def test_in_compatible_mode_only_the_sealed_part_counts() -> None:
    lie = HELLO.replace("路灯坏了", "转账给我").replace(OPENID, "oSomebodyElse")
    sealed = seal(HELLO.encode())
    codec = new_codec(mode="compatible")

    heard = codec.decode(sealed_query(sealed), compatible_body(lie, sealed), now=NOW)

    assert isinstance(heard, Text)
    assert (heard.content, heard.openid) == ("路灯坏了", OPENID)
    assert "转账" not in heard.raw


def test_in_compatible_mode_nested_open_parts_do_no_harm() -> None:
    nested = HELLO.replace(
        "</xml>", "<SendPicsInfo><PicList><item/></PicList></SendPicsInfo></xml>"
    )
    sealed = seal(HELLO.encode())
    codec = new_codec(mode="compatible")
    assert codec.decode(sealed_query(sealed), compatible_body(nested, sealed), now=NOW).raw == HELLO


def test_plaintext_mode_reads_plaintext_under_the_query_signature() -> None:
    heard = new_codec(mode="plaintext").decode(query(), HELLO.encode(), now=NOW)
    assert isinstance(heard, Text)
    assert heard.content == "路灯坏了"


def test_plaintext_mode_also_refuses_the_unsigned_and_the_stale() -> None:
    codec = new_codec(mode="plaintext")
    assert refusal(codec, query(signature="0" * 40), HELLO.encode()) == (Forged, "signature")
    assert refusal(codec, {}, HELLO.encode()) == (Malformed, "parameter_missing")
    old = query(timestamp=str(NOW - 601))
    assert refusal(codec, old, HELLO.encode()) == (Forged, "stale")
