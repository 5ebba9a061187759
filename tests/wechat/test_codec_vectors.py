"""The worked examples of the platform's own documentation, against three implementations."""

from typing import NamedTuple

import pytest
import xmltodict
from wechatpy.crypto import WeChatCrypto

from tests.wechat.sealing import signature, unseal
from wechat import codec as codec_module
from wechat.codec import Codec
from wechat.errors import Forged, Malformed
from wechat.inbound import Unknown

TOKEN = "AAAAA"
AES_KEY = "A" * 43
APP_ID = "wxba5fad812f8e6fb9"
PLATFORM_APP_ID = "wx134c8103faa5a59e"

PUSH = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcv"
    "ZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3F"
    "n2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSe"
    "OBrebufAlr7F9mFUPAJGj04="
)
PUSH_QUERY = {
    "signature": ["6c5c811b55cc85e0e1b54100749188c20beb3f5d"],
    "timestamp": ["1714112445"],
    "nonce": ["415670741"],
    "openid": ["o9AgO5Kd5ggOC-bXrbNODIiE3bGY"],
    "encrypt_type": ["aes"],
    "msg_signature": ["046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"],
}
PUSH_PREFIX = b"a8eedb185eb2fecf"
PUSH_MESSAGE = (
    b'{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY",'
    b'"CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}'
)

XML_PUSH = (
    "D7yzvUNAL930rd28wf21s4hvXhz0L6Uit/p2Di6C5DHyYGpEgdBRnKjBec34JwoQXicwaZC7fOVihW80F4VtsdvE//1v"
    "r7oAbqjDv8KenVp+ajKYpJnyQ4zMRhIC+a31fCVOMC03FfzV/QuC94kBP55a+Za3sJgvAn+ZbsNqZI5DkyuzkhQN8OBq"
    "CzFhizGmy0xpM0MEA4agpvE+RuNO1rhHTtuJB5yltw1FiYzecSXJ+y/D2r81VkRn2eYjh2ltsoyfbDR7Is6ookXIFxTf"
    "yeNyeHxMeT4KN5WpCDmSbTcUYrbBUlkGLJ9n/rU8YOywma6G7aTb7KZKOqCxgfoUlYEZPk4FUL/TK7ShriFDMVCLyjQJ"
    "15Ob++agDWtcxhfUfe6HIoIpRW8mKNBQiY/Jd1svvuskA1wLef1RTtzKfMpagSCX/laZINmdnX4zrF6kIaR9P4xQrWXb"
    "sTFHTYe0Mg=="
)
XML_PUSH_QUERY = {
    "signature": ["cc0c594499c1634947d5b502f158ee518947db27"],
    "timestamp": ["1715943329"],
    "nonce": ["1590219412"],
    "openid": ["o9AgO5Kd5ggOC-bXrbNODIiE3bGY"],
    "encrypt_type": ["aes"],
    "msg_signature": ["6c12a4205838198b8fa631b3220723bb07f1015c"],
}


def body(sealed: str) -> bytes:
    return (
        "<xml>\n    <ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName>\n"
        f"    <Encrypt><![CDATA[{sealed}]]></Encrypt>\n</xml>"
    ).encode()


@pytest.fixture
def codec() -> Codec:
    return Codec(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY)


def test_the_documented_handshake(codec: Codec) -> None:
    query = {
        "signature": ["f464b24fc39322e44b38aa78f5edd27bd1441696"],
        "timestamp": ["1714036504"],
        "nonce": ["1514711492"],
        "echostr": ["4375120948345356249"],
    }
    assert codec.verify_url(query, now=1714036504) == "4375120948345356249"
    assert signature(TOKEN, "1714036504", "1514711492") == query["signature"][0]


def test_the_documented_delivery_opens_for_everybody(codec: Codec) -> None:
    assert signature(TOKEN, "1714112445", "415670741", PUSH) == PUSH_QUERY["msg_signature"][0]
    assert unseal(PUSH, aes_key=AES_KEY) == (PUSH_PREFIX, PUSH_MESSAGE, APP_ID.encode())
    theirs = WeChatCrypto(TOKEN, AES_KEY, APP_ID).decrypt_message(
        body(PUSH), PUSH_QUERY["msg_signature"][0], "1714112445", "415670741"
    )
    assert theirs.encode() == PUSH_MESSAGE

    # The example holds JSON, which accounts like ours never get: authentic, and not to be read.
    with pytest.raises(Malformed, match=r"^xml$"):
        codec.decode(PUSH_QUERY, body(PUSH), now=1714112445)


def test_the_documented_xml_delivery_is_read_to_the_end() -> None:
    codec = Codec(token=TOKEN, app_id=PLATFORM_APP_ID, aes_key=AES_KEY)

    heard = codec.decode(XML_PUSH_QUERY, body(XML_PUSH), now=1715943329)

    prefix, message, app_id = unseal(XML_PUSH, aes_key=AES_KEY)
    assert (prefix, len(message), app_id) == (b"1205899eaf019bbd", 292, PLATFORM_APP_ID.encode())
    assert heard == Unknown(
        to_user="gh_97417a04a28d",
        openid="o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
        created_at=1715943329,
        key="e:o9AgO5Kd5ggOC-bXrbNODIiE3bGY:1715943329:debug_demo:",
        raw=message.decode(),
        kind="event",
        event="debug_demo",
    )


def test_the_documented_xml_delivery_is_not_for_another_account(codec: Codec) -> None:
    with pytest.raises(Forged, match="app_id"):
        codec.decode(XML_PUSH_QUERY, body(XML_PUSH), now=1715943329)


class Answer(NamedTuple):
    message: str
    app_id: str
    prefix: bytes
    sealed: str
    signature: str


JSON_ANSWER = Answer(
    message='{"demo_resp":"good luck"}',
    app_id=APP_ID,
    prefix=b"707722b803182950",
    sealed="ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==",
    signature="1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1",
)
XML_ANSWER = Answer(
    message="<xml><demo_resp>[CDATA[good luck]]</demo_resp></xml>",
    app_id=PLATFORM_APP_ID,
    prefix=b"999951349e8ee746",
    sealed=(
        "hE8R6mGXHkJJjU72KxzKUd1GEkKJaEZq7vRL8XgK3o+00k8JGq6+pZJUIlTSyhsX+bxIBQ72g3GyvDdIZcr6+3HA"
        "ZbSvPT9t/o11MI7d6WELwqrGd7jMnV0zv3Zc9Nq7"
    ),
    signature="03e0812039325c2712ef5f0f980fd14c70d6e307",
)


@pytest.mark.parametrize("answer", [JSON_ANSWER, XML_ANSWER], ids=["json", "xml"])
def test_the_documented_replies_are_sealed_to_the_byte(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wechat.codec.secrets.token_bytes", lambda _count: answer.prefix)
    sealer = codec_module._Sealer(TOKEN, AES_KEY, answer.app_id)

    reply = xmltodict.parse(sealer.encrypt_message(answer.message, "415670741", "1713424427"))

    assert reply["xml"] == {
        "Encrypt": answer.sealed,
        "MsgSignature": answer.signature,
        "TimeStamp": "1713424427",
        "Nonce": "415670741",
    }
    assert signature(TOKEN, "1713424427", "415670741", answer.sealed) == answer.signature
