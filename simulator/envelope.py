"""What one delivery looks like on the wire: query parameters and body, true or forged."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Literal, get_args

from .crypto import MessageCipher, sign
from .xmltext import cdata

Mode = Literal["secure", "compatible", "plaintext"]
MODES: tuple[str, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """What to do differently from the platform, to see the receiver refuse it."""

    mode: Mode | None = None
    app_id: str | None = None
    token: str | None = None
    timestamp: str | None = None
    nonce: str | None = None
    body: bytes | None = None  # sent as it is
    query: dict[str, str] = field(default_factory=dict)  # replaces parameters
    without: tuple[str, ...] = ()  # leaves parameters out


HONEST = Forgery()


@dataclass(frozen=True, slots=True)
class Envelope:
    query: dict[str, str]
    body: bytes


def seal(
    xml: str, *, openid: str, now: int, mode: Mode, cipher: MessageCipher, forgery: Forgery = HONEST
) -> Envelope:
    """Wrap a message for one attempt; every attempt gets a nonce and ciphertext of its own."""
    token = cipher.token if forgery.token is None else forgery.token
    timestamp = str(now) if forgery.timestamp is None else forgery.timestamp
    nonce = str(secrets.randbelow(2 * 10**9) + 1) if forgery.nonce is None else forgery.nonce
    mode = forgery.mode or mode
    query = {
        "signature": sign(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": openid,
    }
    body = xml
    if mode != "plaintext":
        encrypted = cipher.encrypt(xml.encode("utf-8", "replace"), app_id=forgery.app_id)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = sign(token, timestamp, nonce, encrypted)
        element = f"<Encrypt>{cdata(encrypted)}</Encrypt>"
        if mode == "compatible":
            body = re.sub(r"</xml>\s*$", lambda _: element + "</xml>", xml)
        else:
            account = re.search(r"<ToUserName>.*?</ToUserName>", xml, re.DOTALL)
            body = f"<xml>{account[0] if account else ''}{element}</xml>"
    query |= forgery.query
    for name in forgery.without:
        query.pop(name, None)
    sent = body.encode("utf-8", "replace") if forgery.body is None else forgery.body
    return Envelope(query, sent)
