"""The platform's side of the callback, written from its documentation and not with wechatpy.

A misunderstanding would have to be made twice to go unnoticed.
"""

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TOKEN = "Qn3vXr8wLb5"
APP_ID = "wx5a1c9e27d4b8f036"
AES_KEY = "k9PzT2mWq7RxYc4NvB8sLh3JdF6gAe1UoXiK5nZtMw0"
ACCOUNT = "gh_7d2f41c09ab3"
OPENID = "oT4x9uK2mPq7Ls1Vw8ZrB3nY6cDe"
NOW = 1_790_000_000
NONCE = "415670741"


def signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324  # the platform's choice


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def padded(content: bytes) -> bytes:
    count = 32 - len(content) % 32
    return content + bytes([count]) * count


def encrypt(plain: bytes, *, aes_key: str = AES_KEY) -> str:
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def seal(message: bytes, *, app_id: str = APP_ID, aes_key: str = AES_KEY) -> str:
    content = os.urandom(16) + struct.pack(">I", len(message)) + message + app_id.encode()
    return encrypt(padded(content), aes_key=aes_key)


def unseal(sealed: str, *, aes_key: str = AES_KEY) -> tuple[bytes, bytes, bytes]:
    """Return the random prefix, the message and the AppID."""
    decryptor = _cipher(aes_key).decryptor()
    plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    assert len(plain) % 32 == 0
    assert plain[-plain[-1] :] == bytes([plain[-1]]) * plain[-1]
    content = plain[: -plain[-1]]
    (length,) = struct.unpack(">I", content[16:20])
    return content[:16], content[20 : 20 + length], content[20 + length :]


def query(*, timestamp: str = str(NOW), nonce: str = NONCE, **more: str) -> dict[str, list[str]]:
    """Return what stands in the address of every delivery, plaintext or not."""
    parameters = {
        "signature": signature(TOKEN, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": OPENID,
        **more,
    }
    return {name: [value] for name, value in parameters.items()}


def sealed_query(
    sealed: str, *, timestamp: str = str(NOW), nonce: str = NONCE
) -> dict[str, list[str]]:
    return query(
        timestamp=timestamp,
        nonce=nonce,
        encrypt_type="aes",
        msg_signature=signature(TOKEN, timestamp, nonce, sealed),
    )


def envelope(sealed: str) -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
        f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    ).encode()


def delivery(message: str | bytes, *, app_id: str = APP_ID) -> tuple[dict[str, list[str]], bytes]:
    """Return address parameters and body of an authentic delivery in secure mode."""
    message = message.encode() if isinstance(message, str) else message
    sealed = seal(message, app_id=app_id)
    return sealed_query(sealed), envelope(sealed)


def message(kind: str | None = "text", *, head: str | None = None, rest: str = "") -> str:
    """Return the XML of a message: the usual four elements and the rest as given."""
    if head is None:
        head = (
            f"<ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
            f"<FromUserName><![CDATA[{OPENID}]]></FromUserName>"
            f"<CreateTime>{NOW}</CreateTime>"
        )
    said = "" if kind is None else f"<MsgType><![CDATA[{kind}]]></MsgType>"
    return f"<xml>{head}{said}{rest}</xml>"


def event(name: str, rest: str = "", *, key: str | None = None) -> str:
    subject = "" if key is None else f"<EventKey><![CDATA[{key}]]></EventKey>"
    return message("event", rest=f"<Event><![CDATA[{name}]]></Event>{subject}{rest}")


HELLO = message(rest="<Content><![CDATA[路灯坏了]]></Content><MsgId>23456789012345678</MsgId>")
