"""What the platform makes of an answer."""

import pytest

from simulator.crypto import MessageCipher, sign
from simulator.envelope import Mode
from simulator.judge import Judge, Question, Verdict
from simulator.xmltext import Fields, write

from .account import AES_KEY, APP_ID, CIPHER, TOKEN, envelope, text

OPENID, ACCOUNT = "oResident", "gh_account"
MESSAGE = Question(OPENID, ACCOUNT, max_articles=1)
EVENT = Question(OPENID, ACCOUNT, max_articles=8)
UNANSWERED = Question(OPENID, ACCOUNT, max_articles=0)
MEDIA = {"picture": "image", "sound": "voice"}


def judge(mode: Mode = "secure") -> Judge:
    return Judge(cipher=CIPHER, mode=mode, type_of_medium=MEDIA.get)


def inner(fields: Fields, **changed: str) -> str:
    head = {"ToUserName": OPENID, "FromUserName": ACCOUNT, "CreateTime": "1714112445"} | changed
    return write([*head.items(), *fields])


def ruled(fields: Fields, question: Question = MESSAGE, **changed: str) -> Verdict:
    return judge().rule(200, envelope(inner(fields, **changed)), question)


def article(number: int) -> tuple[str, Fields]:
    return (
        "item",
        [
            ("Title", f"title {number}"),
            ("Description", "words"),
            ("PicUrl", ""),
            ("Url", f"http://127.0.0.1/{number}"),
        ],
    )


def news(count: int, said: int | None = None) -> Fields:
    return [
        ("MsgType", "news"),
        ("ArticleCount", count if said is None else said),
        ("Articles", [article(number) for number in range(count)]),
    ]


@pytest.mark.parametrize("body", [b"", b"success"])
def test_nothing_to_say_is_silent(body: bytes) -> None:
    assert judge().rule(200, body, MESSAGE) == Verdict("silent")


@pytest.mark.parametrize("status", [201, 204, 302, 403, 500, 502])
def test_any_status_but_200_is_a_fault_whatever_the_body_says(status: int) -> None:
    assert judge().rule(status, b"success", MESSAGE) == Verdict("fault", f"http_{status}")


def test_an_encrypted_text_is_shown() -> None:
    verdict = ruled(text("收到 😀 ]]>"))
    assert verdict.ruling == "shown"
    assert verdict.shown is not None
    assert verdict.shown.text == "收到 😀 ]]>"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"SUCCESS", "not_xml"),
        (b"success\n", "not_xml"),
        (b'{"errcode":0}', "not_xml"),
        (b"<html><body>oops</body></html>", "root_is_not_xml"),
        (b"<xml></xml>", "plaintext_in_secure_mode"),
        (inner(text("hi")).encode(), "plaintext_in_secure_mode"),
    ],
)
def test_an_answer_that_is_none_is_a_fault(body: bytes, reason: str) -> None:
    assert judge().rule(200, body, MESSAGE) == Verdict("fault", reason)


def test_a_signature_by_another_token_is_a_fault() -> None:
    sealed = CIPHER.encrypt(inner(text("hi")).encode())
    forged = sign("another", "1714112445", "1", sealed)
    body = envelope(inner(text("hi")), changed={"Encrypt": sealed, "MsgSignature": forged})
    assert judge().rule(200, body, MESSAGE) == Verdict("fault", "wrong_MsgSignature")


def test_an_upper_case_signature_is_a_fault() -> None:
    sealed = CIPHER.encrypt(inner(text("hi")).encode())
    loud = sign(TOKEN, "1714112445", "1", sealed).upper()
    parts = {"Encrypt": sealed, "TimeStamp": "1714112445", "Nonce": "1", "MsgSignature": loud}
    verdict = judge().rule(200, write(list(parts.items())).encode(), MESSAGE)
    assert verdict == Verdict("fault", "wrong_MsgSignature")


@pytest.mark.parametrize("tag", ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"])
def test_an_envelope_without_one_of_its_parts_is_a_fault(tag: str) -> None:
    whole = envelope(inner(text("hi"))).decode()
    start, end = whole.index(f"<{tag}>"), whole.index(f"</{tag}>") + len(tag) + 3
    verdict = judge().rule(200, (whole[:start] + whole[end:]).encode(), MESSAGE)
    assert verdict.ruling == "fault"


def test_another_app_id_inside_is_a_fault() -> None:
    other = MessageCipher(token=TOKEN, aes_key=AES_KEY, app_id=APP_ID[::-1])
    body = envelope(inner(text("hi")), cipher=other)
    assert judge().rule(200, body, MESSAGE) == Verdict("fault", "decrypt_app_id")


def test_another_key_is_a_fault() -> None:
    other = MessageCipher(token=TOKEN, aes_key=AES_KEY[::-1], app_id=APP_ID)
    verdict = judge().rule(200, envelope(inner(text("hi")), cipher=other), MESSAGE)
    assert verdict.ruling == "fault"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ToUserName": "oSomebodyElse"}, "wrong_ToUserName"),
        ({"FromUserName": "gh_another"}, "wrong_FromUserName"),
        ({"CreateTime": "now"}, "bad_CreateTime"),
    ],
)
def test_a_reply_to_somebody_else_is_a_fault(changed: dict[str, str], reason: str) -> None:
    assert ruled(text("hi"), MESSAGE, **changed) == Verdict("fault", reason)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ([("MsgType", "telepathy")], "unknown_MsgType"),
        ([("Content", "hi")], "missing_MsgType"),
        ([("MsgType", "text")], "missing_Content"),
        (text(""), "empty_Content"),
        (text("长" * 683), "Content_too_long"),
        ([*text("hi"), ("Content", "again")], "repeated_Content"),
        ([("MsgType", "image"), ("Image", [("MediaId", "gone")])], "unknown_MediaId"),
        ([("MsgType", "image"), ("Image", [("MediaId", "sound")])], "unknown_MediaId"),
        ([("MsgType", "image")], "missing_Image"),
        (news(1, said=0), "bad_ArticleCount"),
        (news(1, said=2), "bad_ArticleCount"),
        ([("MsgType", "news"), ("ArticleCount", 1)], "missing_Articles"),
    ],
)
def test_a_reply_that_breaks_a_limit_is_a_fault(fields: Fields, reason: str) -> None:
    assert ruled(fields) == Verdict("fault", reason)


def test_2048_bytes_of_text_are_shown() -> None:
    assert ruled(text("长" * 682 + "ab")).ruling == "shown"


def test_a_known_picture_is_shown() -> None:
    assert ruled([("MsgType", "image"), ("Image", [("MediaId", "picture")])]).ruling == "shown"


@pytest.mark.parametrize(
    ("question", "count", "kept"), [(MESSAGE, 1, 1), (MESSAGE, 3, 1), (EVENT, 3, 3), (EVENT, 10, 8)]
)
def test_surplus_articles_are_cut(question: Question, count: int, kept: int) -> None:
    shown = ruled(news(count), question).shown
    assert shown is not None
    assert len(shown.extra["articles"]) == kept  # type: ignore[arg-type]  # JSON of any kind


def test_an_answer_to_an_event_that_takes_none_is_ignored() -> None:
    assert ruled(text("hi"), UNANSWERED) == Verdict("ignored", "no_reply_to_this_event")


def test_a_transfer_to_customer_service_shows_nothing() -> None:
    verdict = ruled([("MsgType", "transfer_customer_service")])
    assert verdict == Verdict("silent", "transferred")


def test_compatible_mode_takes_both_kinds_of_reply() -> None:
    both = (inner(text("hi")).encode(), envelope(inner(text("hi"))))
    assert [judge("compatible").rule(200, body, MESSAGE).ruling for body in both] == ["shown"] * 2


def test_plaintext_mode_does_not_take_encrypted_replies() -> None:
    assert judge("plaintext").rule(200, inner(text("hi")).encode(), MESSAGE).ruling == "shown"
    verdict = judge("plaintext").rule(200, envelope(inner(text("hi"))), MESSAGE)
    assert verdict == Verdict("fault", "encrypted_in_plaintext_mode")
