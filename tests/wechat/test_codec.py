"""Who may speak: settings, parameters, freshness, signatures, and every way to get them wrong."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.wechat.door import new_codec, refusal
from tests.wechat.sealing import (
    ACCOUNT,
    AES_KEY,
    APP_ID,
    HELLO,
    NONCE,
    NOW,
    OPENID,
    TOKEN,
    delivery,
    envelope,
    query,
    seal,
    sealed_query,
    signature,
)
from wechat import codec as codec_module
from wechat.codec import Codec
from wechat.errors import BadConfiguration, Forged, Malformed
from wechat.inbound import Text


@pytest.fixture
def secure() -> Codec:
    return new_codec()


def test_an_authentic_delivery_is_read(secure: Codec) -> None:
    heard = secure.decode(*delivery(HELLO), now=NOW)

    assert heard == Text(
        to_user=ACCOUNT,
        openid=OPENID,
        created_at=NOW,
        key="m:23456789012345678",
        raw=HELLO,
        content="路灯坏了",
    )


# --- configuration -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["secure", "compatible", "plaintext"])
@pytest.mark.parametrize("token", ["", None, "   ", "ab", "abc\n", " abc"])
def test_a_missing_or_mangled_token_stops_the_service_from_starting(
    mode: str, token: str | None
) -> None:
    with pytest.raises(BadConfiguration, match="token"):
        new_codec(token=token, mode=mode)


@pytest.mark.parametrize(
    "aes_key",
    ["", None, AES_KEY[:-1], AES_KEY + "=", AES_KEY + "A", AES_KEY[:-1] + "-", "钥" * 43],
)
@pytest.mark.parametrize("mode", ["secure", "compatible"])
def test_a_bad_aes_key_is_a_sentence_and_not_an_assertion(aes_key: str | None, mode: str) -> None:
    with pytest.raises(BadConfiguration, match="EncodingAESKey must be 43"):
        new_codec(aes_key=aes_key, mode=mode)


def test_a_bad_aes_key_is_also_refused_where_python_drops_assertions() -> None:
    program = (
        "from wechat.codec import Codec\n"
        "from wechat.errors import BadConfiguration\n"
        "try:\n    Codec(token='abc', app_id='wx1', aes_key='A' * 42)\n"
        "except BadConfiguration:\n    print('refused')\n"
    )
    outcome = subprocess.run(
        [sys.executable, "-O", "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert outcome.stdout == "refused\n"


@pytest.mark.parametrize(
    "changes", [{"app_id": ""}, {"app_id": None}, {"mode": "safe"}, {"window_s": 0}]
)
def test_other_senseless_settings_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadConfiguration):
        new_codec(**changes)


def test_the_sentence_about_a_bad_setting_does_not_quote_it() -> None:
    with pytest.raises(BadConfiguration) as caught:
        new_codec(aes_key="hunter2hunter2")
    assert "hunter2" not in str(caught.value)


def test_plaintext_mode_needs_no_aes_key() -> None:
    assert new_codec(mode="plaintext", aes_key="")


# --- the parameters ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["timestamp", "nonce", "msg_signature"])
def test_every_needed_parameter_must_be_there(secure: Codec, name: str) -> None:
    parameters, body = delivery(HELLO)
    del parameters[name]
    assert refusal(secure, parameters, body) == (Malformed, "parameter_missing")
    parameters[name] = []
    assert refusal(secure, parameters, body) == (Malformed, "parameter_missing")


@pytest.mark.parametrize(
    "name", ["timestamp", "nonce", "msg_signature", "signature", "encrypt_type", "openid"]
)
def test_a_parameter_given_twice_is_refused_even_when_both_are_right(
    secure: Codec, name: str
) -> None:
    parameters, body = delivery(HELLO)
    parameters[name] *= 2
    assert refusal(secure, parameters, body) == (Malformed, "parameter_repeated")


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "179000000",
        "17900000000",
        "+179000000",
        " 1790000000",
        "1790000000\n",
        "1_79000000",
        "１７９０００００００",
        "١٧٩٠٠٠٠٠٠٠",
        "0x6ab13f80",
    ],
)
def test_a_timestamp_is_ten_ascii_digits(secure: Codec, timestamp: str) -> None:
    sealed = seal(HELLO.encode())
    parameters = sealed_query(sealed, timestamp=timestamp)
    assert refusal(secure, parameters, envelope(sealed)) == (Malformed, "timestamp")


def test_digits_moved_between_timestamp_and_nonce_do_not_pass(secure: Codec) -> None:
    """The signature has no separators, so `1790000000` + `1999` also signs `17900000001` + `999`."""
    sealed = seal(HELLO.encode())
    parameters = sealed_query(sealed, timestamp=str(NOW), nonce="1999")
    assert secure.decode(parameters, envelope(sealed), now=NOW)

    parameters |= {"timestamp": [f"{NOW}1"], "nonce": ["999"]}
    assert refusal(secure, parameters, envelope(sealed)) == (Malformed, "timestamp")


@pytest.mark.parametrize("nonce", ["", " ", "7" * 64, "随机", "\ud800", "1\n2"])
def test_a_nonce_is_short_and_printable(secure: Codec, nonce: str) -> None:
    parameters, body = delivery(HELLO)
    parameters["nonce"] = [nonce]
    assert refusal(secure, parameters, body) == (Malformed, "nonce")


def test_the_head_of_the_ciphertext_cannot_be_moved_into_the_nonce(secure: Codec) -> None:
    """48 bytes cut off at a block's edge would leave a message that begins further on."""
    for _ in range(200):  # until nonce and ciphertext are neighbours in sorted order
        sealed = seal(HELLO.encode())
        parameters = sealed_query(sealed, nonce="2")
        head, rest = sealed[:64], sealed[64:]
        if parameters["msg_signature"] == [signature(TOKEN, str(NOW), "2" + head, rest)]:
            moved = parameters | {"nonce": ["2" + head]}
            assert refusal(secure, moved, envelope(rest)) == (Malformed, "nonce")
            return
    pytest.fail("no ciphertext sorted next to the nonce")


@pytest.mark.parametrize("age", [-601, 601, 86_400, NOW - 978_307_200])
def test_a_delivery_from_another_time_is_a_replay(secure: Codec, age: int) -> None:
    sealed = seal(HELLO.encode())
    parameters = sealed_query(sealed, timestamp=f"{NOW - age:010}")
    assert refusal(secure, parameters, envelope(sealed)) == (Forged, "stale")


@pytest.mark.parametrize("age", [-600, 0, 600])
def test_the_window_includes_its_edges(secure: Codec, age: int) -> None:
    sealed = seal(HELLO.encode())
    parameters = sealed_query(sealed, timestamp=str(NOW - age))
    assert secure.decode(parameters, envelope(sealed), now=NOW).openid == OPENID


def test_the_window_is_a_setting() -> None:
    parameters, body = delivery(HELLO)
    assert new_codec(window_s=60).decode(parameters, body, now=NOW + 60)
    with pytest.raises(Forged, match="stale"):
        new_codec(window_s=60).decode(parameters, body, now=NOW + 61)


# --- the signature -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", ["", "0" * 40, "ａ" * 40, "é" * 40, "0" * 39, "0" * 41, "\ud800" * 40, "0" * 40 + "\n"]
)
def test_a_wrong_signature_is_a_forgery(secure: Codec, wrong: str) -> None:
    parameters, body = delivery(HELLO)
    parameters["msg_signature"] = [wrong]
    assert refusal(secure, parameters, body) == (Forged, "signature")


def test_an_upper_case_signature_is_the_same_signature(secure: Codec) -> None:
    parameters, body = delivery(HELLO)
    parameters["msg_signature"] = [parameters["msg_signature"][0].upper()]
    assert secure.decode(parameters, body, now=NOW).openid == OPENID


def test_signatures_are_compared_in_constant_time(
    secure: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[object, object]] = []

    def spy(left: object, right: object) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr(codec_module, "compare_digest", spy)
    parameters, body = delivery(HELLO)
    secure.decode(parameters, body, now=NOW)

    assert compared[0] == (parameters["msg_signature"][0],) * 2
    assert compared[1] == (APP_ID.encode(),) * 2


def test_the_query_signature_does_not_stand_in_for_the_one_over_the_body(secure: Codec) -> None:
    parameters, body = delivery(HELLO)
    parameters["msg_signature"] = parameters["signature"]
    assert refusal(secure, parameters, body) == (Forged, "signature")


def test_a_body_exchanged_under_a_captured_signature_is_a_forgery(secure: Codec) -> None:
    parameters, _ = delivery(HELLO)
    assert refusal(secure, parameters, envelope(seal(HELLO.encode()))) == (Forged, "signature")


@pytest.mark.parametrize("mode", ["secure", "compatible"])
@pytest.mark.parametrize("claim", [{}, {"encrypt_type": ["raw"]}, {"encrypt_type": ["aes"]}])
def test_a_plaintext_body_is_refused_whatever_the_query_says(
    mode: str, claim: dict[str, list[str]]
) -> None:
    codec = new_codec(mode=mode)
    parameters, _ = delivery(HELLO)
    kind, _ = refusal(codec, query() | claim, HELLO.encode())
    assert kind is Malformed  # no msg_signature
    captured = parameters | claim
    assert refusal(codec, captured, HELLO.encode()) == (Forged, "plaintext")
    repeated = query() | claim | {"msg_signature": query()["signature"]}
    assert refusal(codec, repeated, HELLO.encode()) == (Forged, "plaintext")


def test_a_sealed_body_is_read_whatever_the_query_says(secure: Codec) -> None:
    parameters, body = delivery(HELLO)
    parameters["encrypt_type"] = ["raw"]
    assert secure.decode(parameters, body, now=NOW).openid == OPENID


# --- entering the address ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["secure", "compatible", "plaintext"])
def test_the_echo_is_returned_to_who_knows_the_token(mode: str) -> None:
    parameters = query(echostr="4375120948345356249")
    assert new_codec(mode=mode).verify_url(parameters, now=NOW) == "4375120948345356249"


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"signature": ["0" * 40]}, Forged, "signature"),
        ({"timestamp": [str(NOW - 1)]}, Forged, "signature"),
        ({"nonce": ["1"]}, Forged, "signature"),
        ({"timestamp": ["1"]}, Malformed, "timestamp"),
        ({"signature": []}, Malformed, "parameter_missing"),
        ({"echostr": []}, Malformed, "parameter_missing"),
        ({"echostr": ["1", "2"]}, Malformed, "parameter_repeated"),
        ({"echostr": ["<script>alert(1)</script>"]}, Malformed, "echostr"),
        ({"echostr": ["\ud800"]}, Malformed, "echostr"),
        ({"echostr": ["1" * 513]}, Malformed, "echostr"),
    ],
)
def test_the_echo_is_refused_to_all_others(
    secure: Codec, changes: dict[str, list[str]], kind: type[Exception], reason: str
) -> None:
    with pytest.raises(kind, match=f"^{reason}$"):
        secure.verify_url(query(echostr="12345") | changes, now=NOW)


def test_a_stale_handshake_is_refused(secure: Codec) -> None:
    with pytest.raises(Forged, match="stale"):
        secure.verify_url(query(echostr="12345"), now=NOW + 601)


def test_a_token_of_nothing_would_have_been_forgeable() -> None:
    """The control of the empty-token test: this is all that it takes where one is accepted."""
    from wechatpy.utils import check_signature  # noqa: PLC0415  # only this test looks at it

    check_signature("", signature("", str(NOW), NONCE), str(NOW), NONCE)
