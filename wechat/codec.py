"""The callback: who may speak, what was said, and how our answer is sealed.

Of wechatpy 1.8.18 this module uses what is sound: the AES cipher, the layout of sealed replies,
the signer and the two reply templates. Not used, and why:

* `check_signature`, `decrypt_message`: compare with `!=`, accept an empty token and any age, parse
  before they authenticate, check neither padding nor length, and fail with a dozen exceptions.
* `random_string`: `random.sample` is predictable and never repeats a character.
* `parse_message`: see `parsing`. `create_reply`: answers None to what it does not know.
* `EmptyReply`: sealed, it is an encrypted nothing instead of an empty body.
"""

import base64
import re
import secrets
from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Literal, NamedTuple, assert_never, get_args

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.replies import ArticlesReply, TransferCustomerServiceReply
from wechatpy.replies import TextReply as TextTemplate
from wechatpy.utils import WeChatSigner

from .errors import BadConfiguration, Forged, Malformed
from .inbound import Inbound, Link, Location, Photo, Text, Unknown, Video, Voice
from .markup import inside_cdata, read
from .parsing import parse
from .replies import HandOver, NewsReply, Reply, Silence, TextReply, fitting

Mode = Literal["secure", "compatible", "plaintext"]
Query = Mapping[str, Sequence[str]]  # werkzeug's `args.to_dict(flat=False)`

MAX_BODY = 64 * 1024  # bytes; ample for anything the platform sends

_TOKEN = re.compile(r"[!-~]{3,}")
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_TIMESTAMP = re.compile(r"[0-9]{10}")
# The signature has no separators: whatever follows the nonce could move into it. 64 characters
# are the least that carry whole cipher blocks, so a shorter nonce cannot swallow any.
_NONCE = re.compile(r"[!-~]{1,63}")
_SIGNATURE = re.compile(r"[0-9A-Fa-f]{40}")
# The signature does not cover it and we send it back: nothing that a browser could take for HTML.
_ECHO = re.compile(r"[!#-%(-;=?-~]{1,512}")
_PARAMETERS = frozenset(
    ("signature", "msg_signature", "timestamp", "nonce", "echostr", "encrypt_type", "openid")
)

_PREFIX = 16  # random bytes before the length
_BLOCK = 16  # AES
_LARGEST_PADDING = 32
_NEWS_TO_MESSAGE = 1
_NEWS_TO_EVENT = 8


class _Signed(NamedTuple):
    timestamp: str
    nonce: str
    signature: str


class _Cipher(PrpCrypto):  # type: ignore[misc]  # wechatpy ships no types
    """wechatpy's cipher with unpredictable prefixes and a strict way back."""

    def get_random_string(self) -> bytes:
        return secrets.token_bytes(_PREFIX)

    def unseal(self, sealed: str) -> tuple[bytes, bytes]:
        """Return the message and the AppID that follows it; raise Malformed."""
        try:
            ciphertext = base64.b64decode(sealed, validate=True)
        except ValueError:
            raise Malformed("base64") from None
        if not ciphertext or len(ciphertext) % _BLOCK:
            raise Malformed("block")
        plain: bytes = self.cipher.decrypt(ciphertext)
        padding = plain[-1]
        if not 1 <= padding <= _LARGEST_PADDING or plain[-padding:] != bytes([padding]) * padding:
            raise Malformed("padding")
        content = plain[_PREFIX:-padding]
        length, rest = int.from_bytes(content[:4], "big"), content[4:]
        if len(content) < 4 or length > len(rest):  # 4 bytes hold the length
            raise Malformed("length")
        return rest[:length], rest[length:]


class _Sealer(WeChatCrypto):  # type: ignore[misc]  # wechatpy ships no types
    """wechatpy's sealed reply, made with our cipher."""

    def encrypt_message(self, msg: str, nonce: str, timestamp: str) -> str:
        return str(self._encrypt_message(msg, nonce, timestamp, _Cipher))


class Codec:
    """Everything between an HTTP request of the platform and our own dataclasses.

    Secure mode accepts sealed deliveries only, whatever the query claims. Compatible mode reads
    the sealed part of a delivery and ignores the open one, which no signature covers, and also
    seals its answers. In plaintext mode the signature proves no more than that its sender once
    saw a delivery: it is for trying things out.
    """

    __slots__ = ("_app_id", "_cipher", "_mode", "_sealer", "_token", "_window_s")

    def __init__(
        self, *, token: str, app_id: str, aes_key: str, mode: Mode = "secure", window_s: int = 600
    ) -> None:
        """Refuse with BadConfiguration what would accept anybody, or nobody.

        Keep `window_s` well above the 15 seconds in which the platform delivers again.
        """
        # `or ""`: a missing environment variable easily becomes None on its way here.
        if not _TOKEN.fullmatch(token or ""):
            raise BadConfiguration(
                "The WeChat token is missing, too short or holds blanks: copy it again."
            )
        if not _TOKEN.fullmatch(app_id or ""):
            raise BadConfiguration(
                "The WeChat AppID is missing, too short or holds blanks: copy it again."
            )
        if mode not in get_args(Mode):
            raise BadConfiguration("The WeChat mode must be secure, compatible or plaintext.")
        if window_s <= 0:
            raise BadConfiguration("The WeChat time window must be more than 0 seconds.")
        is_sealed = mode != "plaintext"
        if is_sealed and not _AES_KEY.fullmatch(aes_key or ""):
            raise BadConfiguration("The WeChat EncodingAESKey must be 43 letters and digits.")
        self._token = token
        self._app_id = app_id.encode()
        self._mode = mode
        self._window_s = window_s
        self._sealer = _Sealer(token, aes_key, app_id) if is_sealed else None
        self._cipher = _Cipher(self._sealer.key) if self._sealer else None

    def verify_url(self, query: Query, *, now: int) -> str:
        """Return the `echostr` to send back, as text/plain; raise Malformed or Forged.

        The platform asks this once, unsealed in every mode, when the address is entered.
        """
        signed = self._signed(query, "signature", now)
        echo = _single(query, "echostr")
        if not _ECHO.fullmatch(echo):
            raise Malformed("echostr")
        self._authenticate(signed)
        return echo

    def decode(self, query: Query, body: bytes, *, now: int) -> Inbound:
        """Return what was said; raise Malformed or Forged, and nothing else."""
        if len(body) > MAX_BODY:
            raise Malformed("too_large")
        if self._cipher is None:
            self._authenticate(self._signed(query, "signature", now))
            return parse(_utf8(body))
        signed = self._signed(query, "msg_signature", now)
        sealed = _sealed_part(body)
        self._authenticate(signed, sealed)
        message, app_id = self._cipher.unseal(sealed)
        if not compare_digest(app_id, self._app_id):
            raise Forged("app_id")
        return parse(_utf8(message))

    def encode(self, reply: Reply, *, to: Inbound, now: int) -> bytes:
        """Return the body of our answer; empty where nothing is said or nothing may be said.

        A repeated delivery gets its stored reply through here again: sealed anew, since prefix
        and nonce must not repeat.
        """
        rendered = _render(reply, to, now) if to.is_answerable else ""
        if rendered and self._sealer is not None:
            nonce = str(secrets.randbelow(10**10))
            rendered = self._sealer.encrypt_message(rendered, nonce, str(now))
        return rendered.encode()

    def _signed(self, query: Query, signature_name: str, now: int) -> _Signed:
        if any(len(query.get(name, ())) > 1 for name in _PARAMETERS):
            raise Malformed("parameter_repeated")
        signed = _Signed(
            _single(query, "timestamp"), _single(query, "nonce"), _single(query, signature_name)
        )
        if not _TIMESTAMP.fullmatch(signed.timestamp):
            raise Malformed("timestamp")
        if not _NONCE.fullmatch(signed.nonce):
            raise Malformed("nonce")
        if abs(now - int(signed.timestamp)) > self._window_s:
            raise Forged("stale")
        return signed

    def _authenticate(self, signed: _Signed, *covered: str) -> None:
        signer = WeChatSigner()
        signer.add_data(self._token, signed.timestamp, signed.nonce, *covered)
        # compare_digest takes ASCII only, which the pattern makes sure of.
        if not _SIGNATURE.fullmatch(signed.signature) or not compare_digest(
            str(signer.signature), signed.signature.lower()
        ):
            raise Forged("signature")


def _single(query: Query, name: str) -> str:
    values = query.get(name, ())
    if len(values) != 1:
        raise Malformed("parameter_missing")
    return values[0]


def _utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("encoding") from None


def _sealed_part(body: bytes) -> str:
    parts = read(_utf8(body)).named("Encrypt")
    if not parts:
        raise Forged("plaintext")
    if len(parts) > 1 or parts[0].children:
        raise Malformed("encrypt")
    return parts[0].own_text


def _render(reply: Reply, to: Inbound, now: int) -> str:
    # The templates put each value between CDATA marks and escape nothing; that is done here.
    envelope = {
        "source": inside_cdata(to.to_user),
        "target": inside_cdata(to.openid),
        "time": now,
    }
    match reply:
        case Silence():
            return ""
        case TextReply(content):
            # The platform reports a text of nothing to the resident as a fault of ours.
            if not content.strip():
                return ""
            template = TextTemplate(content=inside_cdata(fitting(content)), **envelope)
        case HandOver():
            template = TransferCustomerServiceReply(**envelope)
        case NewsReply(articles):
            shown = articles[: _NEWS_TO_MESSAGE if _is_message(to) else _NEWS_TO_EVENT]
            if not shown:
                return ""
            cards = [
                {
                    "title": inside_cdata(card.title),
                    "description": inside_cdata(card.description),
                    "image": inside_cdata(card.picture_url),
                    "url": inside_cdata(card.url),
                }
                for card in shown
            ]
            template = ArticlesReply(articles=cards, **envelope)
        case _:
            assert_never(reply)
    return str(template.render())


def _is_message(to: Inbound) -> bool:
    if isinstance(to, Unknown):
        return to.event is None
    return isinstance(to, Text | Photo | Voice | Video | Location | Link)
